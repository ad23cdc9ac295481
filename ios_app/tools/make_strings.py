"""Writes the app's string catalogue from its sources: every text for people, once, in English.

    python ios_app/tools/make_strings.py            writes HeadPose/Resources/Localizable.xcstrings
    python ios_app/tools/make_strings.py --check    fails if the file is another

Xcode fills a catalogue in the same way when it builds; this script does it where there is no Xcode. A translation that
was added to the file stays, a text that the sources no longer hold goes away. The format is that of Xcode 15 and later
(https://developer.apple.com/documentation/xcode/localizing-and-varying-text-with-a-string-catalog).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).resolve().parents[1] / "HeadPose"
CATALOGUE = SOURCES / "Resources" / "Localizable.xcstrings"

# What takes a text for people as its first argument: SwiftUI's, and our own helpers with a LocalizedStringKey.
CALLS = ("Text", "Label", "Button", "Picker", "PhotosPicker", "Toggle", "ProgressView", "StateView", "alert")
OWN_CALLS = ("row", "button")
_OPENING = re.compile(
    rf"(?<![\w])(?:{'|'.join(CALLS + OWN_CALLS)})\(\s*|String\(\s*localized:\s*|\(\s*(?=\"[^\"]+\", times\.)"
)


def keys_of(source: str) -> list[str]:
    """The texts for people in a Swift source, as the keys that Xcode gives them: `\\(…)` becomes %@."""
    found = []
    for opening in _OPENING.finditer(source):
        found += _literals(source, opening.end())
    return [key for key in found if key]


def _literals(source: str, start: int) -> list[str]:
    """The literal at `start`, or both literals of `condition ? "a" : "b"` there; none for `verbatim:` and the like."""
    if source[start : start + 1] == '"':
        return [_literal(source, start)[0]]
    choice = re.compile(r"[\w.]+ \? (?=\")").match(source, start)
    if not choice:
        return []
    first, end = _literal(source, choice.end())
    between = re.compile(r"\s*:\s*(?=\")").match(source, end)
    return [first, _literal(source, between.end())[0]] if between else [first]


def _literal(source: str, start: int) -> tuple[str, int]:
    """A string literal → its key, and where it ends. Interpolations may hold parentheses and literals themselves."""
    key, at = "", start + 1
    while source[at] != '"':
        if source.startswith("\\(", at):
            key, at = key + "%@", _after_parenthesis(source, at + 1)
        elif source[at] == "\\":
            key, at = key + {"n": "\n", "t": "\t"}.get(source[at + 1], source[at + 1]), at + 2
        else:
            key, at = key + source[at], at + 1
    return key, at + 1


def _after_parenthesis(source: str, start: int) -> int:
    depth, at = 0, start
    while True:
        if source[at] == '"':
            at = _literal(source, at)[1]
            continue
        depth += {"(": 1, ")": -1}.get(source[at], 0)
        at += 1
        if depth == 0:
            return at


def all_keys() -> set[str]:
    """The texts of all of the app's sources."""
    return {key for file in sorted(SOURCES.rglob("*.swift")) for key in keys_of(file.read_text(encoding="utf-8"))}


def catalogue(keys: set[str], old: dict[str, Any]) -> str:
    """The file's text; translations of `old` stay."""
    before = old.get("strings", {})
    strings = {key: before.get(key) or {} for key in sorted(keys)}
    whole = {"sourceLanguage": "en", "strings": strings, "version": "1.0"}
    return json.dumps(whole, indent=2, ensure_ascii=False, separators=(",", " : ")) + "\n"


def main() -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only; 1 if the file is another")
    arguments = parser.parse_args()
    there = CATALOGUE.read_text(encoding="utf-8") if CATALOGUE.exists() else "{}"
    wanted = catalogue(all_keys(), json.loads(there))
    if arguments.check:
        if wanted != there:
            print(f"{CATALOGUE.name} is not that of the sources: run  python ios_app/tools/make_strings.py")
        return int(wanted != there)
    CATALOGUE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
