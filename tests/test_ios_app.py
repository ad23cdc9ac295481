"""The app's Swift sources: parsed, type-checked against stubs, and its pipeline run on Linux where the toolchain is.

Without the toolchain that part is skipped aloud; texts, privacy, the bundled example and the contract with
`headpose bench iphone` are checked by Python alone. Nothing of this is a build with Xcode.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
IOS_APP = ROOT / "ios_app"
APP = IOS_APP / "HeadPose"
LOGIC = APP / "Logic"
STUBS = IOS_APP / "ci" / "stubs"
SKIPPED = 77
INSTALL = "SKIPPED, nothing of the app's Swift was checked: get the toolchain with  ios_app/ci/swift.sh install"
SOURCES = sorted(APP.rglob("*.swift"))
TESTS = sorted([*(IOS_APP / "HeadPoseTests").glob("*.swift"), *(IOS_APP / "HeadPoseUITests").glob("*.swift")])
pytestmark = pytest.mark.xdist_group("swift")


def name(path):
    return path.relative_to(IOS_APP).as_posix()


def check(*arguments, app=IOS_APP, **environment):
    command = ["nice", "-n", "10", str(app / "ci" / "check_app.sh"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=900)


def code(path):
    """A source without its comments."""
    return re.sub(r"(?<![:\"])//.*", "", path.read_text(encoding="utf-8"))


def tool(module):
    spec = importlib.util.spec_from_file_location(module, IOS_APP / "tools" / f"{module}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


# --- with the toolchain


@pytest.fixture(scope="module")
def toolchain():
    swift = [str(IOS_APP / "ci" / "swift.sh")]
    for command in ([*swift, "where"], [*swift, "run", "true"]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == SKIPPED:
            pytest.skip(INSTALL)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder to build in, kept between runs if HEADPOSE_SWIFT_SCRATCH says where."""
    kept = os.environ.get("HEADPOSE_SWIFT_SCRATCH")
    return str(Path(kept) / "app") if kept else str(tmp_path_factory.mktemp("app"))


def test_every_file_is_read_by_the_real_compiler(toolchain, scratch):
    done = check("--only", "parse", HEADPOSE_SWIFT_SCRATCH=scratch)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    files = len(SOURCES) + len(TESTS) + len(list(STUBS.rglob("*.swift")))
    assert f"parse: {files} files" in done.stdout


def test_the_sources_keep_to_swift_formats_rules(toolchain, scratch):
    done = check("--only", "format", HEADPOSE_SWIFT_SCRATCH=scratch)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_the_pipeline_runs_and_the_app_fits_the_frameworks(toolchain, scratch):
    done = check(HEADPOSE_SWIFT_SCRATCH=scratch)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    folder = IOS_APP / "ci" / "pipeline" / "Tests"
    declared = sum(len(re.findall(r"@Test\b", file.read_text())) for file in folder.rglob("*.swift"))
    assert f"Test run with {declared} tests passed" in done.stdout
    assert declared > 30
    assert f"types: app, {len(SOURCES)} files" in done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """App, core and golden vectors in a repository of their own, and a folder to build them in."""
    repo = tmp_path_factory.mktemp("seeded") / "repo"
    ignored = shutil.ignore_patterns("__pycache__", ".build", "*.xcodeproj", "*.mlpackage")
    for part in ("ios_app", "tests/golden"):
        shutil.copytree(ROOT / part, repo / part, ignore=ignored, symlinks=True)
    return repo / "ios_app", str(tmp_path_factory.mktemp("seeded-build"))


MISTAKES = {
    "a brace too few": ("parse", "App/RootView.swift", "var body: some View {", "var body: some View", "error:"),
    "a camera that is not there": (
        "types",
        "Live/CameraSource.swift",
        "side == .back ? .back : .front",
        "side == .back ? .back : .fronty",
        "has no member 'fronty'",
    ),
    "a frame given to another task unguarded": (
        "types",
        "Inference/PixelBuffer.swift",
        "struct PixelBuffer: @unchecked Sendable",
        "struct PixelBuffer",
        "Sendable",
    ),
    "a delegate's method misspelt": (
        "types",
        "Live/CameraSource.swift",
        "didOutput sampleBuffer",
        "didOutputs sampleBuffer",
        "AVCaptureVideoDataOutputSampleBufferDelegate",
    ),
    "a screen drawn off the main actor": (
        "types",
        "Live/LiveModel.swift",
        "@MainActor\nfinal class LiveModel",
        "final class LiveModel",
        "main actor-isolated",
    ),
    "a number in a text for people": (
        "types",
        "Live/LiveFigures.swift",
        "\\(screen.framesPerSecond.shown(0)) frames/s",
        "\\(screen.framesPerSecond) frames/s",
        "error:",
    ),
    "front and back camera changed": (
        "pipeline",
        "Logic/CameraHold.swift",
        "case .landscapeLeft: side == .back ? .none : .half",
        "case .landscapeLeft: side == .back ? .half : .none",
        "Expectation failed",
    ),
    "an overlay that forgets the screen's turn": (
        "pipeline",
        "Logic/OverlayMap.swift",
        "turn: screen ?? frame.turn",
        "turn: frame.turn",
        "Expectation failed",
    ),
    "a crop cut from the mirror image": (
        "pipeline",
        "Logic/PixelCutter.swift",
        "case .quarter: (origin, stepX, stepY) = (last.bottom, -bytesPerRow, 4)",
        "case .quarter: (origin, stepX, stepY) = (0, bytesPerRow, 4)",
        "Expectation failed",
    ),
    "a stop that does not wait": (
        "pipeline",
        "Logic/LiveSession.swift",
        "        await old.stop()\n",
        "        _ = old\n",
        "Expectation failed",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_seeded_mistake_fails_the_check(toolchain, copy, mistake):
    step, file, right, wrong, complaint = MISTAKES[mistake]
    app, scratch = copy
    path = app / "HeadPose" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    try:
        if step == "types":
            assert check("--only", "stubs", app=app, HEADPOSE_SWIFT_SCRATCH=scratch).returncode == 0
        done = check("--only", step, app=app, HEADPOSE_SWIFT_SCRATCH=scratch)
    finally:
        path.write_text(text, encoding="utf-8")
    assert done.returncode not in (0, SKIPPED)
    assert complaint in done.stdout + done.stderr


def test_without_the_toolchain_it_is_skipped_loudly(tmp_path):
    done = check(HEADPOSE_SWIFT_ROOT=str(tmp_path / "none"), HEADPOSE_SWIFT_HOST="")
    assert done.returncode == SKIPPED
    assert "SKIPPED" in done.stderr
    assert "ios_app/ci/swift.sh install" in done.stderr


@pytest.mark.parametrize("arguments", [("--only", "dance"), ("dance",)])
def test_an_unknown_step_is_refused(arguments):
    assert check(*arguments).returncode == 2


# --- texts for people


def test_the_string_catalogue_is_that_of_the_sources():
    strings = tool("make_strings")
    there = strings.CATALOGUE.read_text(encoding="utf-8")
    keys = strings.all_keys()
    assert set(json.loads(there)["strings"]) == keys
    assert strings.catalogue(keys, json.loads(there)) == there
    assert len(keys) > 100


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ('Text("Hello")', ["Hello"]),
        ('Text(verbatim: "Hello")', []),
        ('Label("\\(a.shown(2)) of \\(f("x)"))", systemImage: "cube")', ["%@ of %@"]),
        ('String(localized: "a \\"b\\" c")', ['a "b" c']),
        ('button(model.isOn ? "Off" : "On", "sign") {}', ["Off", "On"]),
        ('StateView(\n    "No model", symbol: "cube"', ["No model"]),
        ('MyText("no")', []),
    ],
)
def test_texts_are_found_in_a_source(source, keys):
    assert tool("make_strings").keys_of(source) == keys


def test_a_translation_stays_and_an_unused_text_goes():
    strings = tool("make_strings")
    german = {"localizations": {"de": {"stringUnit": {"state": "translated", "value": "Pause"}}}}
    old = {"strings": {"Pause": german, "gone": {}}}
    assert json.loads(strings.catalogue({"Pause", "new"}, old))["strings"] == {"Pause": german, "new": {}}


# What begins with a capital and is not for people.
NAMES = {
    *("Compiled", "Shared", "HeadPose %@", "Core ML (%@)"),
    *("CFBundleShortVersionString", "XCTestConfigurationFilePath", "SIMULATOR_MODEL_IDENTIFIER"),
}


def test_no_text_for_people_is_left_untranslatable():
    strings = tool("make_strings")
    keys = strings.all_keys()
    for file in SOURCES:
        text = code(file)
        found = {strings._literal(text, match.start())[0] for match in re.finditer(r'"(?=[A-Z])', text)}
        literals = {literal for literal in found if re.match(r"[A-Z][\w %()@]*[a-z]", literal)}
        assert literals - keys - NAMES == set()


@pytest.mark.parametrize("file", TESTS, ids=name)
def test_identifiers_of_ui_tests_are_in_the_app(file):
    app = "\n".join(code(source) for source in SOURCES)
    for wanted in re.findall(r'(?:staticTexts|buttons)\["([a-z][\w-]*)"\]', code(file)):
        pattern = re.sub(r"-\d+$", r"-\\\\\\(head.id\\)", re.escape(wanted).replace("\\-", "-"))
        assert re.search(rf'accessibilityIdentifier\("{pattern}"\)', app), wanted


def test_the_command_that_makes_models_is_one_that_there_is():
    (command,) = re.findall(r'static let command = "headpose (.*)"', (APP / "Shared" / "StateView.swift").read_text())
    assert command == "export --install ios"
    assert f"headpose {command}" in (IOS_APP / "README.md").read_text(encoding="utf-8")


# --- privacy


def test_the_privacy_manifest_declares_what_the_app_does():
    manifest = plistlib.loads((APP / "Resources" / "PrivacyInfo.xcprivacy").read_bytes())
    assert manifest["NSPrivacyTracking"] is False
    assert manifest["NSPrivacyTrackingDomains"] == manifest["NSPrivacyCollectedDataTypes"] == []
    # https://developer.apple.com/documentation/bundleresources/describing-use-of-required-reason-api
    needed = {
        "UserDefaults": r"\bUserDefaults\b",
        "FileTimestamp": r"creationDate|modificationDate|contentModification|\bstat\(|getattrlist",
        "SystemBootTime": r"systemUptime|mach_absolute_time",
        "DiskSpace": r"volumeAvailableCapacity|systemFreeSize|systemSize|statfs",
        "ActiveKeyboards": r"activeInputModes",
    }
    used = {api for api, pattern in needed.items() if any(re.search(pattern, code(file)) for file in SOURCES)}
    declared = {entry["NSPrivacyAccessedAPIType"] for entry in manifest["NSPrivacyAccessedAPITypes"]}
    assert declared == {f"NSPrivacyAccessedAPICategory{api}" for api in used}
    assert all(entry["NSPrivacyAccessedAPITypeReasons"] for entry in manifest["NSPrivacyAccessedAPITypes"])


NETWORK = r"URLSession|URLRequest|NWConnection|NWPath|import Network|WKWebView|CFSocket|CFStream|https?://|MultipeerConnectivity"


@pytest.mark.parametrize("file", [*SOURCES, *sorted((IOS_APP / "HeadPoseCore" / "Sources").rglob("*.swift"))], ids=name)
def test_nothing_can_leave_the_phone(file):
    assert not re.search(NETWORK, re.sub(r"(?m)^\s*//.*$|\s//\s.*$", "", file.read_text(encoding="utf-8")))


def test_the_app_says_so():
    assert "Nothing leaves the phone" in (APP / "Shared" / "StateView.swift").read_text(encoding="utf-8")
    screens = [file.name for file in SOURCES if "PrivacyNote()" in code(file)]
    assert {"CameraNotice.swift", "PhotoView.swift", "ModelsView.swift"} <= set(screens)


# --- the example


@pytest.fixture(scope="module")
def golden():
    return json.loads((APP / "Resources" / "golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def picture(golden):
    from runtime.images import read_image

    return read_image(APP / "Resources" / golden["image"]["file"])


def test_the_example_is_the_photograph_that_may_be_shipped(golden, picture):
    data = pytest.importorskip("skimage.data")
    assert picture.shape == (golden["image"]["height"], golden["image"]["width"], 3)
    assert np.abs(picture.astype(int) - data.astronaut()).mean() < 2
    assert "Public domain" in golden["image"]["licence"]
    assert "NASA" in golden["image"]["origin"]


def test_its_face_is_where_the_detector_finds_it(golden, picture):
    from runtime.detector import FaceDetector

    found = max(FaceDetector().detect(picture), key=lambda face: face.score)
    assert np.abs(np.array(found.box) - golden["face_box"]).max() < 0.5


def test_its_poses_are_those_of_the_shipped_weights(golden):
    shipped = {json.loads(file.read_text())["sha256"] for file in (ROOT / "weights").glob("repnext_*.json")}
    assert {pose["checkpoint_sha256"] for pose in golden["poses"]} == shipped


@pytest.mark.parametrize("weights", ["repnext_m0", "repnext_m4"])
def test_a_pose_is_what_pytorch_reads(golden, picture, weights):
    from runtime.preprocess import Box, crop_face
    from runtime.rotation import geodesic_deg, rotation_to_euler
    from runtime.sessions import open_session

    session = open_session(ROOT / "weights" / f"{weights}.safetensors")
    (pose,) = [p for p in golden["poses"] if p["checkpoint_sha256"] == session.info.checkpoint.sha256]
    read = session.run(crop_face(picture, Box(*golden["face_box"]), session.info.input_size)[None])[0]
    rotation = np.array(pose["rotation"]).reshape(3, 3)
    assert geodesic_deg(rotation, read) < 0.5  # the gate of fp16
    pitch, yaw, roll = rotation_to_euler(rotation)
    assert np.allclose([pitch, yaw, roll], [pose["pitch_deg"], pose["yaw_deg"], pose["roll_deg"]], atol=0.02)


def test_tolerances_are_the_gates_with_room_for_another_decoder(golden):
    from export.gates import GATES

    gates = {precision: gate.max_deg for (target, precision), gate in GATES.items() if target == "coreml"}
    assert golden["tolerance_deg"].keys() == gates.keys()
    assert all(gates[p] < golden["tolerance_deg"][p] <= gates[p] + 1 for p in gates)


def test_crops_for_the_apps_cutter_are_those_of_this_version():
    example = tool("make_example")
    assert json.loads(example.CUTS.read_text(encoding="utf-8")) == json.loads(json.dumps(example.cuts()))


# --- the contract with headpose bench iphone, and the rules of the house


def test_the_benchmark_test_is_the_one_that_is_called():
    from benchmarks.iphone import app_benchmark

    target, test = app_benchmark.TEST.split("/")
    text = (IOS_APP / target / f"{test}.swift").read_text(encoding="utf-8")
    order = (IOS_APP / "HeadPoseCore/Sources/HeadPoseCore/Benchmark/BenchmarkOrder.swift").read_text(encoding="utf-8")
    assert f"final class {test}: XCTestCase" in text
    assert "environment[BenchmarkOrder.variable]" in text
    assert "attachment.name = BenchmarkOrder.attachment" in text
    assert "lifetime = .keepAlways" in text
    assert f'variable = "{app_benchmark.VARIABLE}"' in order
    assert f'attachment = "{app_benchmark.ATTACHMENT}"' in order


@pytest.mark.parametrize("file", [*SOURCES, *TESTS], ids=name)
def test_files_are_short_and_force_nothing(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 250
    assert not re.search(r"\btry!|\bas!|\bfatalError\b|\bprint\(|@objc|#selector|nonisolated\(unsafe\)", code(file))


def test_logic_needs_no_framework():
    files = sorted(LOGIC.glob("*.swift"))
    assert len(files) >= 14
    for file in files:
        assert set(re.findall(r"(?m)^(?:@\w+ )?import (\w+)", file.read_text())) <= {"Foundation", "HeadPoseCore"}


@pytest.mark.parametrize("file", sorted(STUBS.rglob("*.swift")), ids=name)
def test_every_stub_says_where_its_signature_is_documented(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert "https://developer.apple.com/documentation/" in "".join(lines[:4]) or file.stem == "FoundationGap"
    for before, line in itertools.pairwise(lines):
        if re.match(r"(?:@\S+ )*(?:public|open) (?:final )?(?:class|struct|enum|protocol|func) ", line):
            assert before.lstrip().startswith(("//", "@")), f"{file.name}: {line}"


def test_stubs_and_imports_are_the_same_frameworks():
    modules = {file.stem if file.parent == STUBS else file.parent.name for file in STUBS.rglob("*.swift")}
    imported = {
        module
        for file in [*SOURCES, *TESTS]
        for module in re.findall(r"(?m)^(?:@\w+ )?import (\w+)", file.read_text(encoding="utf-8"))
    }
    assert imported - {"Foundation", "HeadPoseCore", "HeadPose"} == modules - {"FoundationGap"}
