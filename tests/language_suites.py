"""The tests of Python, Swift and Kotlin that read golden files, run on the golden files of any folder.

What is built where the scripts of the apps build is run as it is: nothing is built anew, and no report and no coverage
is written, so that nothing that other tests read there is changed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_kotlin_core import kotlin
from test_swift_core import swift

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = 77
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Outcome:
    """What a suite found."""

    code: int
    failed: frozenset[str]
    """Names of tests, as tests/wrong_values.py has them."""
    passed: int
    text: str
    """Everything that it printed."""


Suite = Callable[[Path], Outcome]


def outcome(done: Done, failed: str, passed: str) -> Outcome:
    """Out of what a suite printed: patterns of failed tests, the parts of their names, and of how many passed."""
    text = done.stdout + done.stderr
    names = (".".join(part for part in match.groups() if part) for match in re.finditer(failed, text, re.MULTILINE))
    count = re.search(passed, text, re.MULTILINE)
    return Outcome(done.returncode, frozenset(names), int(count[1]) if count else 0, text)


def needed(done: Done, language: str) -> str:
    """What was printed; without the language's tools the test is skipped, in the script's own words."""
    if done.returncode == SKIPPED:
        why = "; ".join(line.partition("SKIPPED: ")[2] for line in done.stderr.splitlines() if "SKIPPED: " in line)
        pytest.skip(f"SKIPPED, {language} did not read the golden files: {why}")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout.strip()


def python_suite() -> Suite:
    files = sorted(str(path) for path in (ROOT / "tests").glob("test_golden*.py"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]

    def run(golden: Path) -> Outcome:
        told = {**os.environ, "HEADPOSE_GOLDEN": str(golden)}
        done = subprocess.run(command, capture_output=True, text=True, env=told, cwd=ROOT, timeout=600)
        return outcome(done, r"^FAILED \S+::(\w+)", r"(\d+) passed")

    return run


def swift_suite() -> Suite:
    """With coverage in it, because tests/test_swift_core.py builds it so: what one of them built serves the other."""
    build = ("build", "--build-tests", "--enable-code-coverage")
    needed(swift(*build), "Swift")
    tests = Path(needed(swift(*build, "--show-bin-path"), "Swift").splitlines()[-1]) / "HeadPoseCorePackageTests.xctest"
    if not tests.is_file():
        pytest.skip("SKIPPED, Swift did not read the golden files: this system's tests are no program of their own")

    def run(golden: Path) -> Outcome:
        command = ("env", "LLVM_PROFILE_FILE=/dev/null", str(tests), "--testing-library", "swift-testing")
        done = swift("run", *command, HEADPOSE_GOLDEN=str(golden))
        return swift_outcome(done)

    return run


def swift_outcome(done: Done) -> Outcome:
    """A test is named by its source and itself, which stand the other way round in a line."""
    found = outcome(done, r"^✘ Test (.+?) recorded an issue .*?at (\w+)\.swift", r"^✔ Test run with (\d+) tests passed")
    turned = (re.fullmatch(r'"?(.+?)(?:\([^()]*\))?"?\.(\w+)', name) for name in found.failed)
    names = frozenset(f"{name[2]}.{name[1]}" for name in turned if name)
    return Outcome(found.code, names, found.passed, found.text)


def kotlin_suite() -> Suite:
    needed(kotlin("build"), "Kotlin")
    classpath = ":".join(needed(kotlin("classpath", name), "Kotlin") for name in ("core", "fakes", "junit"))
    launcher = ("org.junit.platform.console.ConsoleLauncher", "--disable-ansi-colors", "--disable-banner")
    chosen = ("--details", "summary", "--select-package", "org.sixdrepnext.headpose.core")

    def run(golden: Path) -> Outcome:
        core = ROOT / "android_app" / "core"
        done = kotlin("java", "-cp", classpath, *launcher, *chosen, cwd=core, HEADPOSE_GOLDEN=str(golden))
        return outcome(done, r"^  JUnit Jupiter:(\w+):(\w+)\(", r"^\[ *(\d+) tests successful")

    return run


SUITES: dict[str, Callable[[], Suite]] = {"Python": python_suite, "Swift": swift_suite, "Kotlin": kotlin_suite}
