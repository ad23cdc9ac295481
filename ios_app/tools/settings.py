"""Build settings of the project and of its three targets; every name is one of Xcode's.

https://developer.apple.com/documentation/xcode/build-settings-reference
"""

from __future__ import annotations

Settings = dict[str, str | list[str]]

APP = "HeadPose"
UNIT_TESTS = "HeadPoseTests"
UI_TESTS = "HeadPoseUITests"
CONFIGURATIONS = ("Debug", "Release")
DEPLOYMENT_TARGET = "16.0"

CAMERA_TEXT = "The camera's frames are looked at on this device, to find heads and their pose. None is kept or sent."
PHOTO_ADD_TEXT = "A picture with its head poses drawn in is added to your library when you ask for it."
_ORIENTATIONS = " ".join(
    f"UIInterfaceOrientation{name}" for name in ("Portrait", "PortraitUpsideDown", "LandscapeLeft", "LandscapeRight")
)


def project_settings(configuration: str) -> Settings:
    """What all targets share. The bundle id and the team are in Config/HeadPose.xcconfig."""
    shared: Settings = {
        "ALWAYS_SEARCH_USER_PATHS": "NO",
        "CLANG_ENABLE_MODULES": "YES",
        "CLANG_ENABLE_OBJC_ARC": "YES",
        "CODE_SIGN_STYLE": "Automatic",
        "COPY_PHASE_STRIP": "NO",
        # the app opens every model through MLModel; a generated class per model would not know of Swift 6's rules
        "COREML_CODEGEN_LANGUAGE": "None",
        "CURRENT_PROJECT_VERSION": "1",
        "ENABLE_STRICT_OBJC_MSGSEND": "YES",
        # in Release too: the benchmark is a test, tests import the app with @testable, and they run in Release
        "ENABLE_TESTABILITY": "YES",
        "ENABLE_USER_SCRIPT_SANDBOXING": "YES",
        "GENERATE_INFOPLIST_FILE": "YES",
        "IPHONEOS_DEPLOYMENT_TARGET": DEPLOYMENT_TARGET,
        "LOCALIZATION_PREFERS_STRING_CATALOGS": "YES",
        "MARKETING_VERSION": "1.0",
        "PRODUCT_NAME": "$(TARGET_NAME)",
        "SDKROOT": "iphoneos",
        "SUPPORTED_PLATFORMS": "iphoneos iphonesimulator",
        "SUPPORTS_MACCATALYST": "NO",
        "SWIFT_EMIT_LOC_STRINGS": "YES",
        "SWIFT_VERSION": "6.0",
        "TARGETED_DEVICE_FAMILY": "1,2",
    }
    return {**shared, **(_DEBUG if configuration == "Debug" else _RELEASE)}


_DEBUG: Settings = {
    "DEBUG_INFORMATION_FORMAT": "dwarf",
    "ONLY_ACTIVE_ARCH": "YES",
    "SWIFT_ACTIVE_COMPILATION_CONDITIONS": "DEBUG $(inherited)",
    "SWIFT_OPTIMIZATION_LEVEL": "-Onone",
}
_RELEASE: Settings = {
    "DEBUG_INFORMATION_FORMAT": "dwarf-with-dsym",
    "ENABLE_NS_ASSERTIONS": "NO",
    "SWIFT_COMPILATION_MODE": "wholemodule",
    "SWIFT_OPTIMIZATION_LEVEL": "-O",
    "VALIDATE_PRODUCT": "YES",
}


def app_settings() -> Settings:
    """The app: generated Info.plist, to which Config/Info.plist adds what no setting can express."""
    return {
        "ASSETCATALOG_COMPILER_APPICON_NAME": "AppIcon",
        "ASSETCATALOG_COMPILER_GLOBAL_ACCENT_COLOR_NAME": "AccentColor",
        "ENABLE_PREVIEWS": "YES",
        "INFOPLIST_FILE": "Config/Info.plist",
        "INFOPLIST_KEY_CFBundleDisplayName": "Head Pose",
        "INFOPLIST_KEY_LSApplicationCategoryType": "public.app-category.developer-tools",
        "INFOPLIST_KEY_NSCameraUsageDescription": CAMERA_TEXT,
        "INFOPLIST_KEY_NSPhotoLibraryAddUsageDescription": PHOTO_ADD_TEXT,
        "INFOPLIST_KEY_UIApplicationSceneManifest_Generation": "YES",
        "INFOPLIST_KEY_UIApplicationSupportsIndirectInputEvents": "YES",
        "INFOPLIST_KEY_UILaunchScreen_Generation": "YES",
        "INFOPLIST_KEY_UISupportedInterfaceOrientations_iPad": _ORIENTATIONS,
        "INFOPLIST_KEY_UISupportedInterfaceOrientations_iPhone": _ORIENTATIONS,
        "LD_RUNPATH_SEARCH_PATHS": ["$(inherited)", "@executable_path/Frameworks"],
        "PRODUCT_BUNDLE_IDENTIFIER": "$(HEADPOSE_BUNDLE_ID)",
    }


def unit_test_settings() -> Settings:
    """Tests inside the app.

    They link no package of their own: the app's copy serves both (BUNDLE_LOADER), and ENABLE_TESTABILITY keeps all of
    its symbols. A second copy in the test bundle would be other types to Swift than the app's.
    """
    return {
        "BUNDLE_LOADER": "$(TEST_HOST)",
        "PRODUCT_BUNDLE_IDENTIFIER": "$(HEADPOSE_BUNDLE_ID).tests",
        "TEST_HOST": f"$(BUILT_PRODUCTS_DIR)/{APP}.app/$(BUNDLE_EXECUTABLE_FOLDER_PATH)/{APP}",
    }


def ui_test_settings() -> Settings:
    """Tests that drive the app from outside."""
    return {"PRODUCT_BUNDLE_IDENTIFIER": "$(HEADPOSE_BUNDLE_ID).uitests", "TEST_TARGET_NAME": APP}
