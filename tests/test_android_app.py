"""The Android app compiled against stubs and run with stand-ins, where the tools are; and that each check can fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "android_app"
SOURCES = "app/src/main/kotlin/org/sixdrepnext/headpose"
SKIPPED = 77
NOTHING = "SKIPPED, the Android app was not checked"


def check(*arguments, home=HOME, **environment):
    command = ["nice", "-n", "10", str(home / "ci" / "check_app.sh"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, cwd=home, timeout=1200
    )


def told(done):
    return done.stdout[-4000:] + done.stderr[-4000:]


def passed(done):
    if done.returncode == SKIPPED:
        pytest.skip(f"{NOTHING}: get the tools with  android_app/ci/check_app.sh install")
    assert done.returncode == 0, told(done)
    return done


def test_resources_and_manifest_pass_aapt2():
    passed(check("resources"))


def test_the_app_and_its_instrumented_tests_compile_against_the_stubs():
    passed(check("types"))


def test_the_screens_keep_to_composes_rules():
    passed(check("compose"))


def test_every_test_of_the_pipeline_ran_and_passed():
    passed(check("pipeline"))
    report = Path(check("scratch").stdout.strip()) / "reports" / "TEST-junit-jupiter.xml"
    suite = ElementTree.parse(report).getroot()
    assert int(suite.get("failures")) == int(suite.get("errors")) == int(suite.get("skipped")) == 0
    cases = [case.get("name") for case in suite.iter("testcase")]
    turned = [name for name in cases if name.startswith("a head is drawn where it is seen")]
    assert len(turned) == 4 * 4 * 2 * 2, "held x screen x camera x inside or over the edge"
    assert len(cases) > 100


def test_the_sources_keep_to_ktlints_rules():
    patterns = ["app/**/*.kt", "app/*.kts", "*.kts", "ci/pipeline/*.kt"]
    done = subprocess.run(
        [str(HOME / "ci" / "kotlin.sh"), "lint", *patterns], capture_output=True, text=True, timeout=300
    )
    passed(done)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The app in a repository of its own, built once; each test changes one file and puts it back."""
    repo = tmp_path_factory.mktemp("android") / "repo"
    shutil.copytree(HOME, repo / "android_app", ignore=shutil.ignore_patterns("build", ".gradle", "__pycache__"))
    shutil.copytree(ROOT / "tests" / "golden", repo / "tests" / "golden", ignore=shutil.ignore_patterns("__pycache__"))
    return repo / "android_app"


MISTAKES = {
    "a string that does not exist": (
        "types",
        "ui/Notices.kt",
        "R.string.no_model_text",
        "R.string.no_model_txt",
        "txt",
    ),
    "a name that CameraX does not have": (
        "types",
        "platform/CameraXSource.kt",
        "it.imageInfo.timestamp",
        "it.imageInfo.time",
        "time",
    ),
    "a composable called from elsewhere": (
        "compose",
        "ui/ModelsView.kt",
        "app.take(it)",
        'Text("")',
        "@Composable invocations can only happen",
    ),
    "a mirror that is forgotten": (
        "pipeline",
        "platform/CameraXSource.kt",
        "FrameAnalyzer(side == CameraSide.FRONT)",
        "FrameAnalyzer(false)",
        "a head is drawn where it is seen",
    ),
    "an overlay that ignores the screen": (
        "pipeline",
        "logic/CameraHold.kt",
        "FrameGeometry(frame.bufferSize, screen, ",
        "FrameGeometry(frame.bufferSize, frame.turn, ",
        "a head is drawn where it is seen",
    ),
    "a sensor that is never let go": (
        "pipeline",
        "platform/CameraXSource.kt",
        "turns.disable()",
        "Unit",
        "cancelling frees the camera",
    ),
    "a GPU that is believed": (
        "pipeline",
        "logic/ModelOpening.kt",
        "expected?.let { check(facts, input, it, network) }",
        "null",
        "a GPU that reads another pose",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_seeded_mistake_is_found(copy, mistake):
    verb, name, right, wrong, words = MISTAKES[mistake]
    scratch = {"HEADPOSE_KOTLIN_SCRATCH": str(copy.parents[1] / "scratch")}
    file = copy / SOURCES / name
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    try:
        done = check(verb, home=copy, **scratch)
    finally:
        file.write_text(text, encoding="utf-8")
    if done.returncode == SKIPPED:
        pytest.skip(NOTHING)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr, told(done)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "words"),
    [
        ("AndroidManifest.xml", "@string/app_name", "@string/app_nam", "string/app_nam"),
        ("AndroidManifest.xml", "@xml/data_extraction_rules", "@xml/data_extraction", "data_extraction"),
        ("res/mipmap-anydpi-v26/ic_launcher.xml", "@color/icon_background", "@color/icon", "color/icon"),
        ("res/drawable/ic_live.xml", "</vector>", "", "ic_live.xml"),
    ],
    ids=["a string", "a rule", "a colour", "half a file"],
)
def test_a_broken_resource_is_found(tmp_path, file, right, wrong, words):
    home = tmp_path / "android_app"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("core", "assets", "__pycache__"))
    text = (home / "app/src/main" / file).read_text(encoding="utf-8")
    assert right in text
    (home / "app/src/main" / file).write_text(text.replace(right, wrong), encoding="utf-8")
    done = check("resources", home=home, HEADPOSE_KOTLIN_SCRATCH=str(tmp_path / "scratch"))
    if done.returncode == SKIPPED:
        pytest.skip(NOTHING)
    assert done.returncode == 1
    assert words in told(done)


def test_without_tools_it_is_skipped_loudly(tmp_path):
    missing = {"HEADPOSE_KOTLIN_ROOT": str(tmp_path / "none"), "HEADPOSE_KOTLIN_SCRATCH": str(tmp_path / "scratch")}
    for verb, extra in (("types", {}), ("resources", {"HEADPOSE_FRAMEWORK_RES": str(tmp_path / "none")})):
        done = check(verb, **missing, **extra)
        assert done.returncode == SKIPPED
        assert "SKIPPED" in done.stderr


def test_help_names_every_command_and_an_unknown_one_is_refused():
    shown = check("help").stdout
    for verb in ("install", "project", "resources", "types", "compose", "pipeline", "all", "Exit code 77"):
        assert verb in shown
    assert check("dance").returncode == 2
