"""The Kotlin core of the Android app: really compiled and tested where its tools are; where not, said aloud."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from base64 import b64decode
from pathlib import Path

import jsonschema
import kotlin_vectors
import onnxruntime
import pytest
from test_golden import differences

from benchmarks.latency import reasons_against
from benchmarks.record import SCHEMA_FILE, LatencyResult
from runtime.artifact import METADATA_KEY
from runtime.tflite_file import read_tflite_metadata

ROOT = Path(__file__).resolve().parents[1]
CI = ROOT / "android_app" / "ci"
CORE = ROOT / "android_app" / "core"
SCRIPT = CI / "kotlin.sh"
SKIPPED = 77
NOTHING = "SKIPPED, nothing of the Kotlin core was compiled or tested"
LEAST_COVERAGE = 0.90
IMPORTS = ("kotlin.", "kotlinx.coroutines.", "java.", "org.sixdrepnext.headpose.core.")  # what the core may import


def kotlin(*arguments, script=SCRIPT, cwd=None, **environment):
    return subprocess.run(
        ["nice", "-n", "10", str(script), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=cwd or script.parent,
        timeout=1200,
    )


@pytest.fixture(scope="module")
def toolchain():
    found = kotlin("where")
    if found.returncode == SKIPPED:
        pytest.skip(f"{NOTHING}: {found.stderr.split('SKIPPED: ')[1].strip()}")
    assert found.returncode == 0, found.stderr


@pytest.fixture(scope="module")
def scratch():
    return Path(kotlin("scratch").stdout.strip())


@pytest.fixture(scope="module")
def tested(toolchain, scratch):
    """The core's tests with coverage: JUnit's report, and lines of each file.

    It builds where the script always builds, so that only what was changed is built again.
    """
    done = kotlin("test")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    coverage = kotlin("coverage")
    assert coverage.returncode == 0, coverage.stderr
    return ElementTree.parse(scratch / "reports" / "TEST-junit-jupiter.xml").getroot(), json.loads(coverage.stdout)


def declared_tests():
    sources = [file.read_text(encoding="utf-8") for file in (CORE / "src" / "test").rglob("*.kt")]
    return sum(len(re.findall(r"^\s*@Test\b", source, re.MULTILINE)) for source in sources)


def test_every_test_of_the_core_ran_and_passed(tested):
    report, _ = tested
    assert int(report.get("failures")) == int(report.get("errors")) == int(report.get("skipped")) == 0
    assert int(report.get("tests")) == declared_tests() > 90


def test_the_core_is_covered(tested):
    files = tested[1]
    here = {path.relative_to(CORE / "src/main/kotlin").as_posix() for path in (CORE / "src" / "main").rglob("*.kt")}
    assert {file["file"] for file in files} == here
    share = sum(file["covered"] for file in files) / sum(file["lines"] for file in files)
    missed = {Path(file["file"]).name: file["missed"] for file in files if file["missed"]}
    assert share >= LEAST_COVERAGE, f"{share:.1%} of the core's lines are run by its tests; not: {missed}"


def test_what_kotlin_measured_is_read_and_judged_alike_by_python(tested, scratch):
    (data,) = json.loads((scratch / "written" / "measured.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    record = LatencyResult.from_json(data, "Kotlin's record")
    assert record.device.kind == "android"
    assert record.invalid_reasons == reasons_against(record.samples_ms, throttled=record.device.thermal_end)
    assert record.latency_ms == type(record.latency_ms).of(record.samples_ms)


def test_the_sources_keep_to_ktlints_rules(toolchain):
    done = kotlin("lint")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture
def copy(tmp_path):
    """The core, the golden vectors and the scripts in a repository of their own."""
    home = tmp_path / "repo"
    for part in ("android_app/core", "tests/golden"):
        shutil.copytree(ROOT / part, home / part, ignore=shutil.ignore_patterns("__pycache__", "build"))
    (home / "android_app" / "ci").mkdir()
    for name in ("kotlin.sh", "Coverage.java", "package.json", "package-lock.json"):
        shutil.copy2(CI / name, home / "android_app" / "ci")
    shutil.copy2(ROOT / "android_app" / ".editorconfig", home / "android_app")
    return home


MISTAKES = {
    "a mirror that forgets the roll": (
        "geometry/Matrix3.kt",
        "MIRROR = diagonal(-1.0, 1.0, 1.0)",
        "MIRROR = diagonal(-1.0, -1.0, 1.0)",
    ),
    "a word of a sentence": ("benchmark/LatencyValidity.kt", "the median drifted by", "the median moved by"),
    "a backend that is wished": (
        "accelerator/AcceleratorLadder.kt",
        "rung.reason(model.usedBackend)",
        "rung.reason(rung.id)",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_seeded_mistake_fails_the_tests(toolchain, copy, mistake, tmp_path):
    name, right, wrong = MISTAKES[mistake]
    file = copy / "android_app/core/src/main/kotlin/org/sixdrepnext/headpose/core" / name
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    scratch = {"HEADPOSE_KOTLIN_SCRATCH": str(tmp_path / "scratch")}
    done = kotlin("test", script=copy / "android_app" / "ci" / "kotlin.sh", **scratch)
    assert done.returncode not in (0, SKIPPED)
    assert "AssertionFailedError" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.slow
def test_a_warning_is_an_error(toolchain, copy, tmp_path):
    file = copy / "android_app/core/src/main/kotlin/org/sixdrepnext/headpose/core/HeadPoseException.kt"
    file.write_text(file.read_text(encoding="utf-8") + "\ninternal val loose = 1 / 0.0\n", encoding="utf-8")
    scratch = {"HEADPOSE_KOTLIN_SCRATCH": str(tmp_path / "scratch")}
    done = kotlin("build", script=copy / "android_app" / "ci" / "kotlin.sh", **scratch)
    assert done.returncode not in (0, SKIPPED)
    assert "HeadPoseException.kt" in done.stderr
    assert "warnings found and -Werror specified" in done.stderr


def test_badly_formatted_code_fails_the_lint(toolchain, copy):
    file = copy / "android_app/core/src/main/kotlin/org/sixdrepnext/headpose/core/HeadPoseException.kt"
    file.write_text(file.read_text(encoding="utf-8") + "\nval  loose=1\n", encoding="utf-8")
    done = kotlin("lint", script=copy / "android_app" / "ci" / "kotlin.sh")
    assert done.returncode == 1
    assert "HeadPoseException.kt" in done.stdout + done.stderr


def test_the_core_reads_the_facts_of_what_is_really_exported(toolchain, exported_m0):
    files = sorted(str(file) for suffix in ("tflite", "onnx") for file in exported_m0.glob(f"*.{suffix}"))
    assert kotlin("build").returncode == 0
    done = kotlin("java", "-cp", kotlin("classpath").stdout.strip(), str(CI / "Facts.java"), *files)
    assert done.returncode == 0, done.stderr
    entries = {entry["file"]: entry for entry in json.loads((exported_m0 / "manifest.json").read_text())["artifacts"]}
    told = [entries[Path(file).name] for file in files]
    expected = [f"{e['name']} {e['target']} {e['checkpoint']['sha256']}" for e in told]
    assert done.stdout.splitlines() == expected
    assert len(expected) == 4


# --- what needs no toolchain


@pytest.mark.parametrize("name", kotlin_vectors.FILES)
def test_the_cores_own_vectors_are_what_the_code_says(name):
    committed, today = (kotlin_vectors.FOLDER / name).read_text(encoding="utf-8"), kotlin_vectors.text_of(name)
    again = "run  python -m tests.kotlin_vectors  and look at the difference"
    assert differences(json.loads(committed), json.loads(today)) == [], again
    assert committed.count("\n") == today.count("\n"), again


def test_the_vectors_of_searches_find_every_disc_where_it_is():
    for case in json.loads((kotlin_vectors.FOLDER / "detections.json").read_text(encoding="utf-8"))["searches"]:
        discs = next(discs for name, discs, _ in kotlin_vectors.SEARCHES if name == case["name"])
        assert len(case["found"]) == len(discs)
        for face, (x, y, radius) in zip(case["found"], discs):
            width, height = case["picture"]["width"], case["picture"]["height"]
            turned = {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}
            left, top, right, bottom = face["box"]
            assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(turned[case["turn_deg"]], abs=0.5)
            assert right - left == pytest.approx(2 * radius, rel=0.25)


def read_onnx_metadata(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).get_modelmeta().custom_metadata_map


@pytest.mark.parametrize(("target", "read"), [("tflite", read_tflite_metadata), ("onnx", read_onnx_metadata)])
def test_the_vectors_of_metadata_are_files_that_the_engine_or_exporter_reads(target, read, tmp_path):
    for case in json.loads((kotlin_vectors.FOLDER / "metadata.json").read_text(encoding="utf-8"))[target]:
        path = tmp_path / f"model.{target}"
        path.write_bytes(b64decode(case["bytes"]))
        record = read(path).get(METADATA_KEY)
        assert (record and json.loads(record)) == case["facts"]


@pytest.mark.parametrize("verb", ["where", "build", "test", "coverage", "lint", "kotlinc", "classpath"])
def test_without_the_tools_it_is_skipped_loudly(verb, tmp_path):
    done = kotlin(verb, HEADPOSE_KOTLIN_ROOT=str(tmp_path / "none"), HEADPOSE_KOTLIN_SCRATCH=str(tmp_path / "scratch"))
    assert done.returncode == SKIPPED
    assert "SKIPPED" in done.stderr
    assert "android_app/ci/kotlin.sh install" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_tools_of_another_version_are_not_taken_for_those_that_are_wanted(tmp_path):
    (tmp_path / "kotlin").mkdir()
    (tmp_path / "kotlin" / ".headpose-complete").write_text("of last year\n")
    done = kotlin("build", HEADPOSE_KOTLIN_ROOT=str(tmp_path / "kotlin"))
    assert done.returncode == SKIPPED
    assert "of this version" in done.stderr


@pytest.mark.parametrize("missing", ["npm", "apt-get", "java"])
def test_packages_that_cannot_be_had_are_skipped_and_leave_nothing(missing, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("npm", "apt-get", "java", "jar", "dpkg-deb"):
        (tools / name).write_text(f"#!/bin/sh\nexit {int(name == missing)}\n")
        (tools / name).chmod(0o755)
    root = tmp_path / "cache" / "kotlin"
    done = kotlin("install", PATH=f"{tools}:{os.environ['PATH']}", HEADPOSE_KOTLIN_ROOT=str(root))
    assert done.returncode == SKIPPED, done.stderr
    assert "SKIPPED" in done.stderr
    assert [path.name for path in root.parent.glob("*")] in ([], ["kotlin.lock"])


def test_help_names_every_command_and_an_unknown_one_is_refused():
    shown = kotlin("help").stdout
    for verb in ("install", "build", "test", "coverage", "lint", "kotlinc", "classpath", "where", "Exit code 77"):
        assert verb in shown
    assert kotlin("dance").returncode == 2


def test_the_script_is_strict_and_names_no_mirror():
    text = SCRIPT.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert os.access(SCRIPT, os.X_OK)
    for file in (SCRIPT, CI / "package.json", CI / "package-lock.json"):
        assert re.findall(r"https?://\S+", file.read_text(encoding="utf-8")) == []
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)


def test_compiler_and_gradle_are_of_one_version():
    wanted = json.loads((CI / "package.json").read_text(encoding="utf-8"))["dependencies"]["kotlin-compiler"]
    locked = json.loads((CI / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert locked["node_modules/kotlin-compiler"]["version"] == wanted
    assert all(entry.get("integrity") for name, entry in locked.items() if name)
    catalogue = (ROOT / "android_app" / "gradle" / "libs.versions.toml").read_text(encoding="utf-8")
    assert re.search(r'^kotlin = "([^"]+)"', catalogue, re.MULTILINE)[1] == wanted


def test_the_core_needs_no_android_and_forces_nothing():
    sources = sorted((CORE / "src").rglob("*.kt"))
    assert len(sources) > 40
    for file in sources:
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, file.name
        if "/src/test/" in file.as_posix():
            continue
        assert all(name.startswith(IMPORTS) for name in re.findall(r"^import (\S+)", text, re.MULTILINE)), file.name
        code = re.sub(r'//.*|/\*.*?\*/|"(?:\\.|[^"\\])*"', "", text, flags=re.DOTALL)
        assert not re.search(r"!!|\bprintln?\(|\blateinit\b|\bTODO\(|@Suppress", code), file.name
