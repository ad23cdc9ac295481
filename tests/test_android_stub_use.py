"""What the app may not take from the stubs: our own additions to them, and the names of Java's parameters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[1] / "android_app"
SOURCES = sorted((HOME / "app" / "src").rglob("*.kt"))
STUBS = [file for file in (HOME / "ci" / "stubs").rglob("*.kt") if file.name != "stub.kt"]
OURS = re.compile(
    r"/\*\*(?:(?!\*/).)*not in the real (?:class|library)(?:(?!\*/).)*\*/\s*"
    r"(?:override )?(?:(val|var|fun|object|class) (\w+)|constructor)",
    re.IGNORECASE | re.DOTALL,
)
# Written in Java: Kotlin lets nobody name their parameters, and of stubs in Kotlin it would.
JAVA = re.compile(r"android\.|androidx\.(?:core|camera\.(?:core|view)|lifecycle\.livedata)|ai\.onnxruntime|org\.junit")


def additions(text):
    """The names that a stub adds to the real thing; of a constructor, the class's."""
    for found in OURS.finditer(text):
        if found[2] is None:
            yield re.findall(r"class (\w+)", text[: found.start()])[-1]
        else:
            yield found[2]


def used(name, text):
    """Whether the name is called or read; a class that is only mentioned as a type is not made."""
    return re.search(rf"(?:\.{name}\b(?!:)|\b{name}\()" if name[0].islower() else rf"\b{name}[(.]", text)


def java_parameters():
    """Function or class → the names of its parameters, of what is Java's."""
    found: dict[str, set[str]] = {}
    for file in STUBS:
        if JAVA.match(file.name):
            text = file.read_text(encoding="utf-8")
            for name, inside in re.findall(r"(?:fun (?:<[^>]*> )?|class )`?(\w+)`?[^(\n=]*\(([^)]*)\)", text):
                found.setdefault(name, set()).update(re.findall(r"(\w+)`?:", inside))
    return found


def arguments(text, start):
    """The arguments of the call whose bracket opens just before `start`, split where no bracket is open."""
    depth, parts = 0, [""]
    for letter in text[start:]:
        if letter in ")]}" and depth == 0:
            break
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def named_in_java(text, known):
    for name, parameters in known.items():
        for call in re.finditer(rf"\b{name}\(", text):
            named = [re.match(r"\s*(\w+) = ", part) for part in arguments(text, call.end())]
            yield from (f"{name}({match[1]} = )" for match in named if match and match[1] in parameters)


def test_the_additions_to_the_stubs_are_seen():
    found = {name for file in STUBS for name in additions(file.read_text(encoding="utf-8"))}
    assert {"held", "bound", "lenses", "opens", "analyzer", "lensFacing", "AssetManager", "StubRuntime"} <= found


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_the_app_uses_nothing_that_only_the_stubs_have(file):
    text = file.read_text(encoding="utf-8")
    ours = {name for stub in STUBS for name in additions(stub.read_text(encoding="utf-8"))}
    assert sorted(name for name in ours if used(name, text)) == []


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_the_app_names_no_parameter_of_java(file):
    assert list(named_in_java(file.read_text(encoding="utf-8"), java_parameters())) == []


def test_a_named_parameter_of_java_is_found():
    text = "Bitmap.createBitmap(picture, 0, 0, f(a, b), 9, m = turned { it, 1 }, filter = true)"
    assert list(named_in_java(text, java_parameters())) == ["createBitmap(m = )", "createBitmap(filter = )"]
    assert list(named_in_java("state.copy(model = a)", java_parameters())) == []


@pytest.mark.parametrize("text", ["provider.opens()", "AssetManager(folder)", "StubRuntime.open", "analysis.analyzer"])
def test_the_use_of_an_addition_is_found(text):
    ours = {name for stub in STUBS for name in additions(stub.read_text(encoding="utf-8"))}
    assert any(used(name, text) for name in ours)
