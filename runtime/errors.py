"""The errors that a user can cause, each one sentence: what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HeadPoseError(Exception):
    """Bad input. The command line prints the message after ``error:`` and exits with code 2."""


class MissingDependencyError(HeadPoseError):
    """An optional package is not installed; the message ends with the install line."""

    def __init__(self, package: str, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the package {package}: install it with  pip install 'sixdrepnext[{extra}]'")
        self.package, self.extra = package, extra


def unknown_name(kind: str, name: str, known: Iterable[str]) -> HeadPoseError:
    """An error that names the nearest known spelling: ``unknown target 'onx': did you mean 'onnx'? (known: …)``."""
    options = list(known)
    near = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return HeadPoseError(f"unknown {kind} '{name}': {hint}(known: {', '.join(options)})")
