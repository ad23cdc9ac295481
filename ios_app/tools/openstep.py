"""The text of a project.pbxproj, laid out as Xcode lays it out, so that Xcode's own saving changes little of it.

Sections by kind in alphabetical order, objects by id within a section, keys in alphabetical order after `isa`, and a
comment after every reference. The layout is that of Xcode 16 projects, e.g. apple/ml-fastvlm's FastVLM.xcodeproj.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9_./$]+")
_ON_ONE_LINE = {"PBXBuildFile", "PBXFileReference"}


@dataclass(frozen=True)
class Ref:
    """A reference to an object: its id and what Xcode writes about it in a comment."""

    id: str
    """24 hexadecimal digits."""
    comment: str
    """Empty for none."""

    def __str__(self) -> str:
        return f"{self.id} /* {self.comment} */" if self.comment else self.id


def ref(isa: str, name: str, comment: str) -> Ref:
    """A reference whose id depends on kind and name alone, so that the same project gets the same ids again."""
    return Ref(hashlib.sha256(f"{isa} {name}".encode()).hexdigest()[:24].upper(), comment)


def project_text(objects: dict[Ref, dict[str, Any]], root: Ref, object_version: int) -> str:
    """The whole file.

    Args:
        objects: each with its kind under `isa`; values are strings, numbers, `Ref`, lists and dicts of those.
        root: the PBXProject.
        object_version: 77 is Xcode 16's.
    """
    head = f"// !$*UTF8*$!\n{{\n\tarchiveVersion = 1;\n\tclasses = {{\n\t}};\n\tobjectVersion = {object_version};\n"
    sections = "".join(_section(isa, objects) for isa in sorted({o["isa"] for o in objects.values()}))
    return f"{head}\tobjects = {{\n{sections}\t}};\n\trootObject = {root};\n}}\n"


def _section(isa: str, objects: dict[Ref, dict[str, Any]]) -> str:
    chosen = sorted((o for o in objects.items() if o[1]["isa"] == isa), key=lambda item: item[0].id)
    lines = "".join(f"\t\t{reference} = {_object(fields)};\n" for reference, fields in chosen)
    return f"\n/* Begin {isa} section */\n{lines}/* End {isa} section */\n"


def _object(fields: dict[str, Any]) -> str:
    rest = {key: fields[key] for key in sorted(fields) if key != "isa"}
    ordered = {"isa": fields["isa"], **rest}
    if fields["isa"] in _ON_ONE_LINE:
        return "{" + "".join(f"{key} = {_value(value, 0)}; " for key, value in ordered.items()) + "}"
    return _value(ordered, 2, ordered=True)


def _value(value: Any, depth: int, *, ordered: bool = False) -> str:
    indent = "\t" * depth
    if isinstance(value, dict):
        keys = value if ordered else sorted(value, key=str)
        return "{\n" + "".join(f"{indent}\t{_key(k)} = {_value(value[k], depth + 1)};\n" for k in keys) + indent + "}"
    if isinstance(value, list):
        return "(\n" + "".join(f"{indent}\t{_value(item, depth + 1)},\n" for item in value) + indent + ")"
    return str(value) if isinstance(value, Ref) else _quoted(str(value))


def _key(key: Any) -> str:
    return _quoted(key.id if isinstance(key, Ref) else key)


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and "//" not in text and "___" not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
