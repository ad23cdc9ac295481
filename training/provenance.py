"""What code and which tools made a result: the commit of this checkout and the versions of packages."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def git_state(folder: Path | None = None) -> dict[str, Any]:
    """Commit of the checkout that this code runs from and whether its tree is dirty; both None outside a checkout."""
    where = str(folder or Path(__file__).parent)

    def ask(*args: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", where, *args], capture_output=True, text=True, timeout=10, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    commit = ask("rev-parse", "HEAD")
    status = ask("status", "--porcelain", "--untracked-files=no") if commit else None
    return {"commit": commit, "dirty": None if status is None else bool(status)}


def installed(packages: Iterable[str]) -> dict[str, str]:
    """Package → version, without those that are not installed."""
    versions = {}
    for name in packages:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
