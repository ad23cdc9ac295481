"""The README's table of what each language's tests read of the golden files, out of the tests' own sources.

    python -m tests.languages               # from the repository's root; --check writes nothing

A test names group and file where it reads them, in plain text: `Golden.cases("crop_box", of: "crops.json")`. What is
written otherwise is not seen, and tests/test_three_languages.py refuses it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.marked import with_tables
from runtime.atomic import write_text

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
GOLDEN = ROOT / "tests" / "golden"
ANDROID = ROOT / "android_app" / "core" / "src" / "test"
IOS = ROOT / "ios_app" / "ci" / "pipeline" / "Tests"

ABOUT = {
    "rotations.json": "six numbers, Euler angles, geodesic, mirror, in-plane turn, OpenCV, axes in the picture",
    "projections.json": "drawn axes, cubes and labels",
    "crops.json": "the crop rule; ways from the camera's buffer to network and screen",
    "smoothing.json": "both filters over time",
    "statistics.json": "figures of latencies, and what speaks against quoting them",
    "json_forms.json": "canonical JSON",
    "record_full.json": "a benchmark's record, byte for byte",
    "record_minimal.json": "one without what may be missing, byte for byte",
    "manifest.json": "a manifest with all its fields",
    "picks.json": "which file of it is chosen; suffixes",
    "protocols.json": "ways to measure; Core ML's units and iPhones' chips",
    "order.json": "what an iPhone is asked to measure",
    "android_orders.json": "what an Android phone is asked to measure",
}
ABOUT_ONE_PHONE = {
    "cuts": "crops, pixel by pixel",
    "detections": "BlazeFace's answers and whole searches",
    "metadata": "what model files say of themselves",
}
WHOLE = ("record_full.json", "record_minimal.json", "manifest.json", "order.json")  # without groups of cases
OTHER_PHONES = {  # what a language need not read: file and groups
    "Kotlin": {("order.json", None), ("protocols.json", "units"), ("protocols.json", "chips")},
    "Swift": {("android_orders.json", "orders")},
}
NOTE = "A dash, or *not*: what only the other phone is asked for, or has. Suffixes: each app its own."


@dataclass(frozen=True)
class Language:
    """Where a language's tests are, and how they read a golden file."""

    name: str
    folder: Path
    files: str
    reads: tuple[re.Pattern[str], ...]
    """With the groups `file` and, where there is one, `group`."""


FILE, GROUP = r'"(?P<file>[\w.]+\.json)"', r'"(?P<group>\w+)"'
LANGUAGES = (
    Language(
        "Python",
        ROOT / "tests",
        "test_golden*.py",
        (re.compile(rf"\bcases\({FILE}, {GROUP}\)"), re.compile(rf"\bread\({FILE}\)(?:\[{GROUP}\])?")),
    ),
    Language(
        "Swift",
        ROOT / "ios_app" / "HeadPoseCore" / "Tests",
        "*Tests.swift",
        (re.compile(rf"Golden\.cases\({GROUP}, of: {FILE}"), re.compile(rf"Golden\.data\({FILE}\)")),
    ),
    Language(
        "Kotlin",
        ANDROID,
        "*Test.kt",
        (re.compile(rf"Golden\.cases\({GROUP}, {FILE}\)"), re.compile(rf"Golden\.text\({FILE}\)")),
    ),
)


@dataclass(frozen=True)
class Reading:
    """A test's source reads a group of a golden file."""

    language: str
    source: str
    """'CropTests', without its suffix."""
    file: str
    group: str | None
    """None: a file without groups."""


def sources(language: Language) -> Iterator[tuple[str, str]]:
    """Name without suffix, and text."""
    for path in sorted(language.folder.rglob(language.files)):
        yield path.stem, path.read_text(encoding="utf-8")


def readings() -> frozenset[Reading]:
    found = set()
    for language in LANGUAGES:
        for source, text in sources(language):
            for match in (match for pattern in language.reads for match in pattern.finditer(text)):
                file, group = match["file"], match.groupdict().get("group")
                if file in WHOLE:
                    found.add(Reading(language.name, source, file, None))
                elif group is not None:
                    found.add(Reading(language.name, source, file, group))
    return frozenset(found)


def groups(file: str) -> dict[str | None, int]:
    """How many cases there are in each group of a golden file; a file without groups is one case."""
    if file in WHOLE:
        return {None: 1}
    return {group: len(cases) for group, cases in json.loads((GOLDEN / file).read_text(encoding="utf-8")).items()}


def _cell(found: frozenset[Reading], file: str, language: str) -> str:
    own = [reading for reading in found if (reading.file, reading.language) == (file, language)]
    missing = [f"`{group}`" for group in groups(file) if group not in {reading.group for reading in own}]
    names = ", ".join(f"`{name}`" for name in sorted({reading.source for reading in own}))
    if not own:
        return "–"
    return f"{names}, not {', '.join(missing)}" if missing else names


def table() -> str:
    """The table, a line for each file, and the reasons for what is missing."""
    found = readings()
    lines = ["| file | what | cases | Python | Swift | Kotlin |", "|---|---|--:|---|---|---|"]
    for file, about in ABOUT.items():
        cells = [_cell(found, file, language.name) for language in LANGUAGES]
        lines.append(f"| `{file}` | {about} | {sum(groups(file).values())} | {' | '.join(cells)} |")
    lines += [_row_of_one_phone(path) for path in one_phones()]
    return "\n".join([*lines, "", NOTE])


# --- what one app does itself, and the other leaves to its system


def one_phones() -> list[Path]:
    """Vectors of one app: Python writes them too."""
    return sorted([*(ANDROID / "resources").glob("*.json"), *IOS.rglob("Golden/*.json")])


def _row_of_one_phone(path: Path) -> str:
    if path.is_relative_to(ANDROID):
        whose, python = "Android's", _who(ROOT / "tests", "test_*.py", "kotlin_vectors.FILES")
        swift, kotlin = "–", _who(ANDROID, "*Test.kt", f'Golden.own("{path.name}")')
    else:
        whose, python = "iOS's", _who(ROOT / "tests", "test_*.py", "CUTS.read_text")
        swift, kotlin = _who(IOS, "*Tests.swift", f'"Golden/{path.name}"'), "–"
    data = json.loads(path.read_text(encoding="utf-8"))
    count = sum(len(group) for group in data.values() if isinstance(group, list))
    cells = (f"`{path.name}`, {whose}", ABOUT_ONE_PHONE[path.stem], str(count), python, swift, kotlin)
    return f"| {' | '.join(cells)} |"


def _who(folder: Path, files: str, words: str) -> str:
    """The tests in whose sources these words stand."""
    found = (path.stem for path in sorted(folder.rglob(files)) if words in path.read_text(encoding="utf-8"))
    return ", ".join(f"`{stem}`" for stem in found)


def current() -> str:
    """The README as it should be."""
    return with_tables(README.read_text(encoding="utf-8"), table(), "languages", "tests.languages")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.languages", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, tell whether the README is up to date")
    check = parser.parse_args().check
    text, before = current(), README.read_text(encoding="utf-8")
    if not check and text != before:
        write_text(README, text)
    print("README.md " + ("is up to date" if text == before else "is out of date" if check else "was updated"))
    return int(check and text != before)


if __name__ == "__main__":
    sys.exit(main())
