"""The objects of HeadPose.xcodeproj: three targets on synchronized folders, one local Swift package.

A synchronized folder (PBXFileSystemSynchronizedRootGroup, Xcode 16) is built as it lies on disk, so no source file is
listed here and the project changes only when a target does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openstep import Ref, project_text, ref
from settings import (
    APP,
    CONFIGURATIONS,
    UI_TESTS,
    UNIT_TESTS,
    Settings,
    app_settings,
    project_settings,
    ui_test_settings,
    unit_test_settings,
)

OBJECT_VERSION = 77
PACKAGE = "HeadPoseCore"
XCCONFIG = "HeadPose.xcconfig"
_EVERY_BUILD = 2147483647
_XCODE = "1600"


@dataclass(frozen=True)
class Target:
    """One target, of the folder that bears its name."""

    name: str
    kind: str
    """Xcode's product type, without `com.apple.product-type.`."""
    suffix: str
    """Of the product: '.app' or '.xctest'."""
    file_type: str
    """Xcode's name for the product's kind of file."""
    settings: Settings
    packages: tuple[str, ...] = ()
    """Products of the Swift package that it links."""
    left_out: tuple[str, ...] = ()
    """Files of the folder that are not built into it."""
    tests: str | None = None
    """The target that it tests."""

    @property
    def product(self) -> str:
        """Name of the product's file."""
        return self.name + self.suffix

    @property
    def ref(self) -> Ref:
        """The target's object."""
        return ref("PBXNativeTarget", self.name, self.name)


TARGETS = (
    Target(APP, "application", ".app", "wrapper.application", app_settings(), (PACKAGE,), ("Models/README.md",)),
    Target(UNIT_TESTS, "bundle.unit-test", ".xctest", "wrapper.cfbundle", unit_test_settings(), tests=APP),
    Target(UI_TESTS, "bundle.ui-testing", ".xctest", "wrapper.cfbundle", ui_test_settings(), tests=APP),
)
PROJECT = ref("PBXProject", APP, "Project object")


@dataclass
class _Objects:
    """The objects so far."""

    all: dict[Ref, dict[str, Any]] = field(default_factory=dict)

    def add(self, isa: str, key: str, comment: str, /, **fields: Any) -> Ref:
        """One more; `key` tells it from others of its kind."""
        made = ref(isa, key, comment)
        if made in self.all:
            raise ValueError(f"two objects {isa} '{key}'")
        self.all[made] = {"isa": isa, **fields}
        return made


def pbxproj() -> str:
    """The text of project.pbxproj."""
    objects = _Objects()
    package = objects.add(
        "XCLocalSwiftPackageReference", PACKAGE, f'XCLocalSwiftPackageReference "{PACKAGE}"', relativePath=PACKAGE
    )
    folders = [_target(objects, target, package) for target in TARGETS]
    _project(objects, folders, package)
    return project_text(objects.all, PROJECT, OBJECT_VERSION)


def _project(objects: _Objects, folders: list[Ref], package: Ref) -> None:
    xcconfig = objects.add(
        "PBXFileReference",
        XCCONFIG,
        XCCONFIG,
        lastKnownFileType="text.xcconfig",
        path=XCCONFIG,
        sourceTree="<group>",
    )
    config = objects.add("PBXGroup", "Config", "Config", children=[xcconfig], path="Config", sourceTree="<group>")
    made = [_product(target) for target in TARGETS]
    products = objects.add("PBXGroup", "Products", "Products", children=made, name="Products", sourceTree="<group>")
    main = objects.add("PBXGroup", "main", "", children=[*folders, config, products], sourceTree="<group>")
    objects.all[PROJECT] = {
        "isa": "PBXProject",
        "attributes": {
            "BuildIndependentTargetsInParallel": 1,
            "LastSwiftUpdateCheck": _XCODE,
            "LastUpgradeCheck": _XCODE,
            "TargetAttributes": {target.ref: _attributes(target) for target in TARGETS},
        },
        "buildConfigurationList": _configurations(
            objects, f'PBXProject "{APP}"', {name: project_settings(name) for name in CONFIGURATIONS}, xcconfig
        ),
        "developmentRegion": "en",
        "hasScannedForEncodings": 0,
        "knownRegions": ["en", "Base"],
        "mainGroup": main,
        "minimizedProjectReferenceProxies": 1,
        "packageReferences": [package],
        "preferredProjectObjectVersion": OBJECT_VERSION,
        "productRefGroup": products,
        "projectDirPath": "",
        "projectRoot": "",
        "targets": [target.ref for target in TARGETS],
    }


def _attributes(target: Target) -> dict[str, str]:
    tested = {"TestTargetID": _named(target.tests).ref.id} if target.tests else {}
    return {"CreatedOnToolsVersion": "16.0", **tested}


def _target(objects: _Objects, target: Target, package: Ref) -> Ref:
    """Add a target with all that belongs to it; returns its folder."""
    objects.all[_product(target)] = {
        "isa": "PBXFileReference",
        "explicitFileType": target.file_type,
        "includeInIndex": 0,
        "path": target.product,
        "sourceTree": "BUILT_PRODUCTS_DIR",
    }
    folder = _folder(objects, target)
    linked = [_linked(objects, target, name, package) for name in target.packages]
    objects.all[target.ref] = {
        "isa": "PBXNativeTarget",
        "buildConfigurationList": _configurations(
            objects, f'PBXNativeTarget "{target.name}"', dict.fromkeys(CONFIGURATIONS, target.settings)
        ),
        "buildPhases": [
            _phase(objects, target, "Sources", []),
            _phase(objects, target, "Frameworks", [file for _, file in linked]),
            _phase(objects, target, "Resources", []),
        ],
        "buildRules": [],
        "dependencies": [_dependency(objects, target, _named(target.tests))] if target.tests else [],
        "fileSystemSynchronizedGroups": [folder],
        "name": target.name,
        "packageProductDependencies": [product for product, _ in linked],
        "productName": target.name,
        "productReference": _product(target),
        "productType": f"com.apple.product-type.{target.kind}",
    }
    return folder


def _folder(objects: _Objects, target: Target) -> Ref:
    exceptions = {}
    if target.left_out:
        exceptions["exceptions"] = [
            objects.add(
                "PBXFileSystemSynchronizedBuildFileExceptionSet",
                target.name,
                f'Exceptions for "{target.name}" folder in "{target.name}" target',
                membershipExceptions=list(target.left_out),
                target=target.ref,
            )
        ]
    kind = "PBXFileSystemSynchronizedRootGroup"
    return objects.add(kind, target.name, target.name, path=target.name, sourceTree="<group>", **exceptions)


def _linked(objects: _Objects, target: Target, product: str, package: Ref) -> tuple[Ref, Ref]:
    name = f"{target.name} {product}"
    dependency = objects.add("XCSwiftPackageProductDependency", name, product, package=package, productName=product)
    return dependency, objects.add("PBXBuildFile", name, f"{product} in Frameworks", productRef=dependency)


def _phase(objects: _Objects, target: Target, kind: str, files: list[Ref]) -> Ref:
    return objects.add(
        f"PBX{kind}BuildPhase",
        target.name,
        kind,
        buildActionMask=_EVERY_BUILD,
        files=files,
        runOnlyForDeploymentPostprocessing=0,
    )


def _dependency(objects: _Objects, target: Target, on: Target) -> Ref:
    proxy = objects.add(
        "PBXContainerItemProxy",
        target.name,
        "PBXContainerItemProxy",
        containerPortal=PROJECT,
        proxyType=1,
        remoteGlobalIDString=on.ref.id,
        remoteInfo=on.name,
    )
    kind = "PBXTargetDependency"
    return objects.add(kind, target.name, kind, target=on.ref, targetProxy=proxy)


def _configurations(objects: _Objects, owner: str, settings: dict[str, Settings], base: Ref | None = None) -> Ref:
    based = {"baseConfigurationReference": base} if base else {}
    made = [
        objects.add("XCBuildConfiguration", f"{owner} {name}", name, buildSettings=each, name=name, **based)
        for name, each in settings.items()
    ]
    return objects.add(
        "XCConfigurationList",
        owner,
        f"Build configuration list for {owner}",
        buildConfigurations=made,
        defaultConfigurationIsVisible=0,
        defaultConfigurationName="Release",
    )


def _product(target: Target) -> Ref:
    return ref("PBXFileReference", target.product, target.product)


def _named(name: str | None) -> Target:
    return next(target for target in TARGETS if target.name == name)
