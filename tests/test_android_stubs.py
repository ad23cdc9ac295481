"""The stubs that the Android app is compiled against: each names its source, and those of android.* are audited."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[1] / "android_app"
SIGNATURES = "chaquopy-stubs-android"


def stub_files():
    return sorted((HOME / "ci" / "stubs").rglob("*.kt"))


def test_every_stub_names_the_published_signature_it_follows():
    for file in stub_files():
        head = file.read_text(encoding="utf-8").split("package ", 1)[0]
        assert "https://" in head or file.name == "stub.kt", file.name


def published_signatures():
    """Qualified class → name → numbers of parameters, of the whole Android API."""
    try:
        found = importlib.metadata.distribution(SIGNATURES)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"the stubs of android.* were not audited: pip install {SIGNATURES} gives Android's signatures")
    classes: dict[str, dict[str, set[int]]] = {}
    for entry in found.files or []:
        if entry.name == "__init__.pyi" and entry.parts[0] == "android-stubs":
            package = ".".join(["android", *entry.parts[1:-1]])
            add_classes(ast.parse(Path(found.locate_file(entry)).read_text(encoding="utf-8")).body, package, classes)
    return classes


def add_classes(body, prefix, classes):
    for node in body:
        if isinstance(node, ast.ClassDef):
            members = classes.setdefault(f"{prefix}.{node.name}", {})
            members[" bases"] = {ast.unparse(base) for base in node.bases}
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    static = any("static" in ast.unparse(d) or "class" in ast.unparse(d) for d in part.decorator_list)
                    arguments = part.args
                    count = len(arguments.posonlyargs) + len(arguments.args) - (not static)
                    members.setdefault(part.name, set()).add(count)
                elif isinstance(part, ast.AnnAssign):
                    members.setdefault(part.target.id, set()).add(-1)
            add_classes(node.body, f"{prefix}.{node.name}", classes)


def stub_members(file):
    """(qualified class, kind, name, number of parameters) of what a stub file says; our own additions are left out."""
    text = file.read_text(encoding="utf-8")
    package = re.search(r"^package (\S+)", text, re.MULTILINE)[1]
    path: list[str] = []
    before = ""
    for line in text.splitlines():
        depth, code = (len(line) - len(line.lstrip())) // 4, line.strip()
        ours, before = "ot in the real class" in before, code
        opened = re.match(
            r"(?:@\w+ )?(?:abstract |open |sealed |fun )*(?:class|interface|object) (\w+)|companion object", code
        )
        if opened:
            path = [*path[:depth], *([""] * (depth - len(path))), opened[1] or ""]
            continue
        member = re.match(
            r"(?:@\w+ )*(?:override |open |abstract |protected |const )*(fun|val|var) (?:<\w+> )?`?(\w+)`?(\(.*)?", code
        )
        if member and not code.startswith("private") and not ours and path[:depth]:
            name = ".".join([package, *[part for part in path[:depth] if part]])
            yield name, member[1], member[2], code


def parameters(code):
    inside = re.search(r"\((.*?)\)(?::|\s*=|\s*\{|$)", code)
    return 0 if not inside or not inside[1].strip() else len(re.findall(r"\w+`?: ", inside[1]))


def audit(folder, classes):
    """What the stubs of a folder say that the published API does not, and how much was looked at."""
    faults, checked = [], 0
    for file in sorted(folder.glob("*.kt")):
        for owner, kind, name, code in stub_members(file):
            checked += 1
            members = with_inherited(classes, owner) if owner in classes else {}
            if kind == "fun" and name in members and not code.endswith("("):  # over several lines: its name alone
                if parameters(code) not in members[name]:
                    faults.append(f"{owner}.{name}() takes {sorted(members[name])}")
            elif not {f"get{name[0].upper()}{name[1:]}", name} & set(members):
                faults.append(f"{owner} has no {name}")
    return faults, checked


def test_the_stubs_of_android_agree_with_the_published_api():
    faults, checked = audit(HOME / "ci" / "stubs" / "android", published_signatures())
    assert faults == []
    assert checked > 60


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        (
            "fun getIntProperty(id: Int)",
            "fun getIntProperty(id: Int, or: Int)",
            "BatteryManager.getIntProperty() takes",
        ),
        ("val currentThermalStatus", "val thermalStatus", "PowerManager has no thermalStatus"),
        ("class BatteryManager", "class BatteryKeeper", "BatteryKeeper has no isCharging"),
    ],
    ids=["parameters", "a property", "a class"],
)
def test_an_invented_stub_is_found(tmp_path, right, wrong, fault):
    text = (HOME / "ci" / "stubs" / "android" / "android.os.kt").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "android.os.kt").write_text(text.replace(right, wrong), encoding="utf-8")
    assert fault in " ".join(audit(tmp_path, published_signatures())[0])


def with_inherited(classes, owner):
    members = dict(classes[owner])
    for base in members.pop(" bases", set()):
        for known in classes:
            if known == base or known.endswith(f".{base}"):
                for name, counts in classes[known].items():
                    if name != " bases":
                        members.setdefault(name, set()).update(counts)
    return members
