"""The Swift package of the app: really built and tested where its toolchain is, and said aloud where it is not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "ios_app" / "ci" / "swift.sh"
PACKAGE = ROOT / "ios_app" / "HeadPoseCore"
SKIPPED = 77
NOTHING = "SKIPPED, nothing of the Swift package was built or tested"
LEAST_COVERAGE = 0.90
FRAMEWORKS = {"Foundation", "HeadPoseCore"}  # what the core and its fakes may import


def swift(*arguments, script=SCRIPT, **environment):
    command = ["nice", "-n", "10", str(script), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, cwd=script.parent, timeout=900
    )


@pytest.fixture(scope="module")
def toolchain():
    found = swift("where")
    if found.returncode == SKIPPED:
        pytest.skip(f"{NOTHING}: get the toolchain with  ios_app/ci/swift.sh install")
    assert found.returncode == 0, found.stderr
    if swift("run", "true").returncode == SKIPPED:
        pytest.skip(f"{NOTHING}: the toolchain needs root and mounts, see  ios_app/ci/swift.sh help")


@pytest.fixture(scope="module")
def tested(toolchain):
    """`swift test` with coverage: what it printed, its report of cases, its figures of coverage.

    It builds where the script always builds, so that only what was changed is built again.
    """
    report = Path(swift("scratch").stdout.strip()) / "report.xml"
    done = swift("test", "--enable-code-coverage", "--xunit-output", str(report))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    coverage = swift("coverage")
    assert coverage.returncode == 0, coverage.stderr
    cases = ElementTree.parse(report.with_name("report-swift-testing.xml"))
    return done.stdout + done.stderr, cases, json.loads(coverage.stdout)


def declared_tests():
    sources = [file.read_text(encoding="utf-8") for file in (PACKAGE / "Tests").rglob("*.swift")]
    return sum(len(re.findall(r"^\s*@Test\b", source, re.MULTILINE)) for source in sources)


def test_every_test_of_the_package_ran_and_passed(tested):
    output, cases, _ = tested
    suite = cases.getroot().find("testsuite")
    assert int(suite.get("failures")) == int(suite.get("errors")) == 0
    assert int(suite.get("tests")) == declared_tests() > 50
    assert f"Test run with {declared_tests()} tests passed" in output


def test_the_core_is_covered(tested):
    files = [f for f in tested[2]["data"][0]["files"] if "/Sources/HeadPoseCore/" in f["filename"]]
    names = {Path(file["filename"]).name for file in files}
    assert names >= {f"{name}.swift" for name in ("Matrix3", "FramePipeline", "LatencyStats", "BenchmarkRunner")}
    lines = [f["summary"]["lines"] for f in files]
    share = sum(line["covered"] for line in lines) / sum(line["count"] for line in lines)
    assert share >= LEAST_COVERAGE, f"{share:.1%} of the lines of HeadPoseCore are run by its tests"


def test_the_sources_keep_to_swift_formats_rules(toolchain):
    done = swift("format-lint")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_a_command_sees_the_repository_read_only_and_leaves_no_mount(toolchain):
    if os.environ.get("HEADPOSE_SWIFT_HOST") == "1":
        pytest.skip("the Swift of this machine needs no mounts")
    done = swift("run", "bash", "-c", f"ls {PACKAGE}/Package.swift && touch {PACKAGE}/touched")
    assert "Package.swift" in done.stdout
    assert done.returncode != 0
    assert "Read-only" in done.stderr
    assert swift("where").stdout.strip() not in Path("/proc/self/mounts").read_text()


@pytest.fixture
def copy(tmp_path):
    """The package, the golden vectors and the scripts in a repository of their own."""
    for part in ("ios_app/HeadPoseCore", "ios_app/ci", "tests/golden"):
        shutil.copytree(ROOT / part, tmp_path / "repo" / part, ignore=shutil.ignore_patterns("__pycache__", ".build"))
    return tmp_path / "repo"


MISTAKES = {
    "a mirror that forgets the roll": ("Geometry/RotationMaths.swift", "diagonal(-1, 1, 1)", "diagonal(-1, -1, 1)"),
    "a word of a sentence": ("Benchmark/LatencyValidity.swift", "the median drifted by", "the median moved by"),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_seeded_mistake_fails_the_tests(toolchain, copy, mistake, tmp_path):
    name, right, wrong = MISTAKES[mistake]
    file = copy / "ios_app" / "HeadPoseCore" / "Sources" / "HeadPoseCore" / name
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    scratch = {"HEADPOSE_SWIFT_SCRATCH": str(tmp_path / "scratch")}
    done = swift("test", script=copy / "ios_app" / "ci" / "swift.sh", **scratch)
    assert done.returncode not in (0, SKIPPED)
    assert "Expectation failed" in done.stdout + done.stderr


def test_badly_formatted_code_fails_the_lint(toolchain, copy, tmp_path):
    file = copy / "ios_app" / "HeadPoseCore" / "Sources" / "HeadPoseCore" / "HeadPoseError.swift"
    file.write_text(file.read_text(encoding="utf-8") + "\npublic  let  loose = 1\n", encoding="utf-8")
    scratch = {"HEADPOSE_SWIFT_SCRATCH": str(tmp_path / "scratch")}
    done = swift("format-lint", script=copy / "ios_app" / "ci" / "swift.sh", **scratch)
    assert done.returncode == 1
    assert "HeadPoseError.swift" in done.stderr


# --- what needs no toolchain


@pytest.mark.parametrize("verb", ["where", "build", "test", "format-lint", "run"])
def test_without_the_toolchain_it_is_skipped_loudly(verb, tmp_path):
    done = swift(verb, HEADPOSE_SWIFT_ROOT=str(tmp_path / "none"), HEADPOSE_SWIFT_HOST="")
    assert done.returncode == SKIPPED
    assert "SKIPPED" in done.stderr
    assert "ios_app/ci/swift.sh install" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["mirror", "packages"])
def test_packages_that_cannot_be_had_are_skipped_and_leave_nothing(missing, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, as the installation does")
    tools = tmp_path / "bin"
    tools.mkdir()
    stand_ins = {
        "apt-get": "exit 1" if missing == "mirror" else "echo file:///nowhere/debian/",
        "debootstrap": "echo E: cannot reach it >&2; exit 1",
    }
    for name, body in stand_ins.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    root = tmp_path / "cache" / "swift"
    done = swift("install", PATH=f"{tools}:{os.environ['PATH']}", HEADPOSE_SWIFT_ROOT=str(root), HEADPOSE_SWIFT_HOST="")
    assert done.returncode == SKIPPED
    assert "SKIPPED" in done.stderr
    assert [path.name for path in root.parent.iterdir()] == ["swift.lock"]


def test_help_names_every_command_and_an_unknown_one_is_refused():
    shown = swift("help").stdout
    for verb in ("install", "build|test", "coverage", "format-lint", "run COMMAND", "where", "Exit code 77"):
        assert verb in shown
    assert swift("dance").returncode == 2


def test_the_script_is_strict_and_names_no_mirror():
    text = SCRIPT.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert os.access(SCRIPT, os.X_OK)
    assert re.findall(r"https?://\S+", text) == []
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)


def test_the_core_needs_foundation_alone_and_forces_nothing():
    sources = sorted((PACKAGE / "Sources").rglob("*.swift"))
    assert len(sources) > 20
    for file in sources:
        text = file.read_text(encoding="utf-8")
        code = re.sub(r"//.*", "", text)
        assert set(re.findall(r"^import (\w+)", text, re.MULTILINE)) <= FRAMEWORKS, file.name
        assert not re.search(r"\btry!|\bas!|\bfatalError\b|\bprint\(", code), file.name
        assert len(text.splitlines()) <= 300, file.name
    assert "swiftLanguageModes: [.v6]" in (PACKAGE / "Package.swift").read_text(encoding="utf-8")
