"""The app's Xcode project: written by its generator, read by somebody else's parser, whole. Xcode never saw it here."""

from __future__ import annotations

import json
import plistlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from benchmarks.iphone import app_benchmark

pytest.importorskip("openstep_parser", reason="SKIPPED, the Xcode project was not read: pip install pbxproj")

from xcode_project import (
    folder_faults,
    named,
    project_faults,
    read_project,
    scheme_faults,
    settings,
    targets,
    xcconfig_faults,
)

IOS_APP = Path(__file__).resolve().parents[1] / "ios_app"
PROJECT = IOS_APP / "HeadPose.xcodeproj"
PBXPROJ = PROJECT / "project.pbxproj"
SCHEMES = sorted((PROJECT / "xcshareddata" / "xcschemes").glob("*.xcscheme"))
GENERATOR = IOS_APP / "tools" / "generate_project.py"
APP, UNIT_TESTS, UI_TESTS = "HeadPose", "HeadPoseTests", "HeadPoseUITests"


@pytest.fixture(scope="module")
def project():
    return read_project(PBXPROJ)


def generate(*arguments):
    return subprocess.run([sys.executable, str(GENERATOR), *map(str, arguments)], capture_output=True, text=True)


def files_below(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_is_committed_is_what_the_generator_writes(tmp_path):
    assert generate("--out", tmp_path).returncode == 0
    mine = {path for path in files_below(PROJECT) if "xcuserdata" not in path.parts}
    written = files_below(tmp_path / PROJECT.name)
    assert mine == written.keys()
    assert {path: (PROJECT / path).read_bytes() for path in mine} == written
    assert generate("--check").returncode == 0


def test_the_generator_notices_a_project_that_was_edited(tmp_path):
    generate("--out", tmp_path)
    file = tmp_path / PROJECT.name / "project.pbxproj"
    file.write_text(file.read_text().replace("SWIFT_VERSION = 6.0", "SWIFT_VERSION = 5.0"))
    checked = generate("--check", "--out", tmp_path)
    assert checked.returncode == 1
    assert checked.stdout == f"differs: {file}\n"
    assert "SWIFT_VERSION = 5.0" in file.read_text()  # --check writes nothing


def test_pbxproj_loads_it(capsys):
    loaded = pytest.importorskip("pbxproj").XcodeProject.load(str(PBXPROJ))
    assert [target.name for target in loaded.objects.get_targets()] == [APP, UNIT_TESTS, UI_TESTS]
    assert loaded.objectVersion == "77"
    assert capsys.readouterr().err == ""  # where it warns of missing references


def test_it_is_whole(project):
    assert project_faults(project, IOS_APP) == []


def _without_object(text):
    return re.sub(r"\t\t\w{24} /\* Sources \*/ = \{.*?\n\t\t\};\n", "", text, count=1, flags=re.DOTALL)


MISTAKES = {
    "an object is missing": (_without_object, "dangling"),
    "an object that nobody uses": (
        lambda t: t.replace("\tobjects = {\n", "\tobjects = {\n\t\t" + "A" * 24 + " = {isa = PBXGroup; };\n"),
        f"orphan {'A' * 24} PBXGroup",
    ),
    "a folder by another name": (lambda t: t.replace("path = HeadPoseTests;", "path = Tests;"), "no folder Tests"),
    "one configuration": (lambda t: t.replace("name = Debug;", "name = Release;"), "Debug and Release"),
    "phases in another order": (
        lambda t: t.replace("PBXSourcesBuildPhase", "X").replace("PBXResourcesBuildPhase", "PBXSourcesBuildPhase"),
        "needs the phases",
    ),
    "an exception that is not there": (lambda t: t.replace("Models/README.md", "Models/READ.md"), "Models/READ.md"),
    "the package elsewhere": (lambda t: t.replace("relativePath = HeadPoseCore", "relativePath = Core"), "no package"),
    "a product that no package has": (
        lambda t: t.replace("productName = HeadPoseCore", "productName = C"),
        "product C",
    ),
}


@pytest.mark.parametrize(("change", "fault"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_it_is_found(tmp_path, change, fault):
    text = PBXPROJ.read_text()
    (tmp_path / "project.pbxproj").write_text(change(text))
    assert change(text) != text
    assert fault in "; ".join(project_faults(read_project(tmp_path / "project.pbxproj"), IOS_APP))


def test_a_damaged_file_is_not_read(tmp_path):
    (tmp_path / "project.pbxproj").write_text(PBXPROJ.read_text().replace("objects = {", "objects = ", 1))
    with pytest.raises(Exception, match=r"\w"):
        read_project(tmp_path / "project.pbxproj")


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        pytest.param(["a/One.swift", "b/One.swift"], "have one name", id="two sources of one name"),
        pytest.param(["a/notes.json", "notes.json"], "have one name", id="two resources of one name"),
        pytest.param(["a/.gitkeep"], "hidden", id="hidden"),
        pytest.param(["a/README.md"], "copied into the bundle", id="readme"),
        pytest.param(["a/One.swift", "Models/x.mlpackage/m.json", "Models/y.mlpackage/m.json"], "", id="none"),
    ],
)
def test_files_that_a_flat_bundle_cannot_hold_are_found(tmp_path, files, fault):
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    found = "; ".join(folder_faults(tmp_path, ["Models/README.md"]))
    assert fault in found
    assert bool(fault) == bool(found)


@pytest.mark.parametrize("target", [APP, UNIT_TESTS, UI_TESTS])
@pytest.mark.parametrize("configuration", ["Debug", "Release"])
def test_settings_that_others_rely_on(project, target, configuration):
    chosen = settings(project, target)[configuration]
    package = (IOS_APP / "HeadPoseCore" / "Package.swift").read_text()
    assert f".iOS(.v{chosen['IPHONEOS_DEPLOYMENT_TARGET'].removesuffix('.0')})" in package
    assert chosen["IPHONEOS_DEPLOYMENT_TARGET"] == "16.0"
    assert chosen["SWIFT_VERSION"] == "6.0"
    assert chosen["COREML_CODEGEN_LANGUAGE"] == "None"
    assert chosen["ENABLE_TESTABILITY"] == "YES"  # tests run in Release and import the app with @testable
    assert chosen["GENERATE_INFOPLIST_FILE"] == "YES"
    assert chosen["PRODUCT_BUNDLE_IDENTIFIER"].startswith("$(HEADPOSE_BUNDLE_ID)")


def test_targets_have_different_bundle_ids(project):
    chosen = {settings(project, target)["Release"]["PRODUCT_BUNDLE_IDENTIFIER"] for target in targets(project)}
    assert len(chosen) == 3


def test_nobody_s_team_is_in_it():
    texts = [path.read_text() for path in (PBXPROJ, IOS_APP / "Config" / "HeadPose.xcconfig", *SCHEMES)]
    assert not any(
        re.search(r"^\s*DEVELOPMENT_TEAM\b.*=|ProvisioningStyle|PROVISIONING_PROFILE", t, re.M) for t in texts
    )
    assert ".gitignore" in {path.name for path in IOS_APP.iterdir()}


def test_the_bundle_id_comes_from_the_xcconfig(project):
    text = (IOS_APP / "Config" / "HeadPose.xcconfig").read_text()
    assert xcconfig_faults(text) == []
    assert re.search(r"^HEADPOSE_BUNDLE_ID = [A-Za-z][\w.-]*\$\(DEVELOPMENT_TEAM\)$", text, re.MULTILINE)
    assert text.rstrip().endswith('#include? "Local.xcconfig"')  # last, so that it overrides
    objects = project["objects"]
    whole = objects[objects[project["rootObject"]]["buildConfigurationList"]]["buildConfigurations"]
    assert {objects[objects[i]["baseConfigurationReference"]]["path"] for i in whole} == {"HeadPose.xcconfig"}


@pytest.mark.parametrize("line", ["KEY value", "KEY =", '#include Local.xcconfig"', "key-name = x"])
def test_a_line_that_is_no_setting_is_found(line):
    assert xcconfig_faults(f"// comment\nKEY = value // why\n{line}\n") == [line]


@pytest.mark.parametrize(
    "ignored", ["Config/Local.xcconfig", "HeadPose/Models/a.mlpackage", "HeadPose/Models/manifest.json"]
)
def test_what_is_one_s_own_is_not_committed(ignored):
    if shutil.which("git") is None or not (IOS_APP.parent / ".git").exists():
        pytest.skip("this is no git checkout")
    command = ["git", "-C", str(IOS_APP), "check-ignore", "--quiet", "--no-index"]
    assert subprocess.run([*command, ignored]).returncode == 0
    assert subprocess.run([*command, "HeadPose/Models/README.md"]).returncode == 1


@pytest.mark.parametrize("file", SCHEMES, ids=lambda file: file.stem)
def test_a_scheme_names_targets_of_the_project(file, project):
    text = file.read_text()
    assert scheme_faults(text, project, PROJECT.name) == []
    target = next(iter(named(project, "PBXNativeTarget")))
    assert scheme_faults(text.replace(target, "A" * 24), project, PROJECT.name)
    assert scheme_faults(text.replace('"HeadPose.app"', '"Other.app"'), project, PROJECT.name)


def test_the_scheme_that_the_phone_benchmark_runs(project):
    assert app_benchmark.PROJECT == PROJECT
    app_benchmark.check_project(PROJECT)
    scheme = ElementTree.parse(PROJECT / "xcshareddata/xcschemes" / f"{app_benchmark.SCHEME}.xcscheme")
    action = scheme.getroot().find("TestAction")
    assert action.get("buildConfiguration") == "Release"
    assert action.get("selectedDebuggerIdentifier") == ""
    assert action.get("codeCoverageEnabled", "NO") == "NO"
    tested = [e.get("BlueprintName") for e in action.iterfind("Testables/TestableReference/BuildableReference")]
    assert app_benchmark.TEST.partition("/")[0] in tested
    assert all(e.get("skipped") == "NO" for e in action.iterfind("Testables/TestableReference"))


@pytest.mark.parametrize("file", SCHEMES, ids=lambda file: file.stem)
def test_no_scheme_stands_in_the_way_of_the_benchmark_s_order(file):
    assert app_benchmark.VARIABLE not in file.read_text()


def test_the_workspace_is_that_of_the_project():
    root = ElementTree.parse(PROJECT / "project.xcworkspace" / "contents.xcworkspacedata").getroot()
    assert [reference.get("location") for reference in root.iter("FileRef")] == ["self:"]


def test_the_app_says_why_it_asks(project):
    chosen = settings(project, APP)["Release"]
    for key in ("NSCameraUsageDescription", "NSPhotoLibraryAddUsageDescription"):
        assert len(chosen[f"INFOPLIST_KEY_{key}"]) > 40
    extra = plistlib.loads((IOS_APP / chosen["INFOPLIST_FILE"]).read_bytes())
    (declared,) = extra["UTImportedTypeDeclarations"]
    assert declared["UTTypeTagSpecification"] == {"public.filename-extension": ["mlpackage"]}


def test_icon_and_colour_are_in_an_asset_catalogue(project):
    chosen = settings(project, APP)["Release"]
    sets = {path.name for path in (IOS_APP / APP).rglob("*.xcassets/*")}
    wanted = {
        f"{chosen['ASSETCATALOG_COMPILER_APPICON_NAME']}.appiconset",
        f"{chosen['ASSETCATALOG_COMPILER_GLOBAL_ACCENT_COLOR_NAME']}.colorset",
    }
    assert wanted - sets == set()


def test_the_icon_is_as_the_app_store_wants_it():
    from PIL import Image

    (folder,) = (IOS_APP / APP).rglob("AppIcon.appiconset")
    (entry,) = json.loads((folder / "Contents.json").read_text())["images"]
    with Image.open(folder / entry["filename"]) as icon:
        assert (icon.size, icon.mode, icon.format) == ((1024, 1024), "RGB", "PNG")


def _inside(*suffixes):
    mine = [IOS_APP / name for name in (APP, UNIT_TESTS, UI_TESTS, "Config")]
    found = [path for folder in mine for path in sorted(folder.rglob("*")) if path.suffix in suffixes]
    return [path for path in found if not any(part.endswith(".mlpackage") for part in path.parts)]


@pytest.mark.parametrize("file", _inside(".plist", ".xcprivacy"), ids=lambda path: path.name)
def test_property_lists_are_well_formed(file):
    assert isinstance(plistlib.loads(file.read_bytes()), dict)


@pytest.mark.parametrize("file", _inside(".json", ".xcstrings"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_catalogues_are_well_formed(file):
    assert isinstance(json.loads(file.read_text(encoding="utf-8")), dict)


def test_targets_import_only_what_they_can_link(project):
    packages = {d["productName"] for d in named(project, "XCSwiftPackageProductDependency").values()}
    local = {"HeadPoseCore", "HeadPoseCoreTesting", APP}
    can_link = {APP: packages, UNIT_TESTS: packages | {APP}, UI_TESTS: set()}
    for target, allowed in can_link.items():
        sources = [path.read_text(encoding="utf-8") for path in (IOS_APP / target).rglob("*.swift")]
        used = {name for text in sources for name in re.findall(r"(?m)^(?:@\w+ +)?import +(\w+)", text)}
        assert (used & local) - allowed == set(), target
