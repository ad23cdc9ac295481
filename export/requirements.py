"""Which versions the project asks for, and which ones are installed: read from metadata, nothing is imported."""

from __future__ import annotations

import importlib.metadata
import operator
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTION = "sixdrepnext"

# Packages that offer the same module under another name.
ALTERNATIVES = {
    "opencv-python-headless": ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "pygame-ce": ("pygame",),
    "onnxruntime": ("onnxruntime-gpu",),
}

_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


def is_checkout() -> bool:
    """True when the code runs from a source tree that has pyproject.toml and constraints.txt beside it."""
    return (ROOT / "pyproject.toml").is_file() and (ROOT / "constraints.txt").is_file()


def install_line(extra: str) -> str:
    """The command that installs an extra; '' means the project without extras."""
    suffix = f"[{extra}]" if extra else ""
    if is_checkout():
        return f"pip install -c constraints.txt -e '.{suffix}'"
    return f"pip install '{DISTRIBUTION}{suffix}'"


def declared_bounds() -> dict[str, str]:
    """Distribution name → version bounds such as '>=2,<2.4', of all dependencies and extras; {} if nothing says."""
    bounds = {}
    for requirement in _requirements():
        match = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)", requirement)
        if match and match[1] != DISTRIBUTION:
            bounds[match[1].lower()] = match[2].replace(" ", "")
    return bounds


def _requirements() -> list[str]:
    if is_checkout():
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return project["dependencies"] + [line for extra in project["optional-dependencies"].values() for line in extra]
    try:
        return importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def installed_version(distribution: str) -> str | None:
    """Version of a distribution, or of one that offers the same module; None if none is installed."""
    for name in (distribution, *ALTERNATIVES.get(distribution, ())):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def release(version: str) -> tuple[int, ...]:
    """The numbers that a version starts with: '2.14.1+cpu' → (2, 14, 1)."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def satisfies(version: str, bounds: str) -> bool:
    """Whether a version lies within bounds such as '>=2,<2.4'; only the release numbers are compared."""
    for bound in filter(None, bounds.split(",")):
        match = re.match(r"(>=|<=|==|!=|<|>)(.+)", bound)
        if match and not _COMPARE[match[1]](*_same_length(release(version), release(match[2]))):
            return False
    return True


def _same_length(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    length = max(len(a), len(b))
    return a + (0,) * (length - len(a)), b + (0,) * (length - len(b))
