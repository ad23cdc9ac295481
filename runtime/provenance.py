"""Where a result came from: the commit of this code and the versions of the packages it ran with."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def git_state(folder: Path | None = None) -> dict[str, Any]:
    """Commit of the checkout that this code runs from and whether its tree is dirty; both None outside a checkout.

    A package that is installed inside some other repository is outside: that repository does not track this file.
    """
    import subprocess

    def ask(*args: str) -> str | None:
        command = ["git", "-C", str(folder or Path(__file__).parent), *args]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    ours = folder is not None or ask("ls-files", "--error-unmatch", Path(__file__).name) is not None
    commit = ask("rev-parse", "HEAD") if ours else None
    status = ask("status", "--porcelain", "--untracked-files=no") if commit else None
    return {"commit": commit, "dirty": None if status is None else bool(status)}


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Installed versions by name, 'missing' for what is not there."""
    versions = {}
    for package in packages:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "missing"
    return versions
