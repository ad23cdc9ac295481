"""Tells whether an artefact is still the file that was exported."""

from __future__ import annotations

import json
from pathlib import Path

from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError

MANIFEST_NAME = "manifest.json"


def manifest_sha256(path: str | Path) -> str | None:
    """The hash that the manifest.json beside an artefact gives for it; None where there is none.

    Raises HeadPoseError for a manifest that cannot be read.
    """
    file = Path(path)
    manifest = file.parent / MANIFEST_NAME
    if not manifest.is_file():
        return None
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))["artifacts"]
        hashes = {entry["file"]: str(entry["sha256"]) for entry in entries}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadPoseError(f"{manifest} cannot be read ({error}): delete it or export again") from error
    return hashes.get(file.name)


def check_against_manifest(path: str | Path) -> None:
    """Raise HeadPoseError if the manifest.json beside an artefact gives another hash for it; a lone file passes."""
    file = Path(path)
    expected = manifest_sha256(file)
    if expected is not None and sha256_of(file) != expected:
        raise HeadPoseError(
            f"{file} was altered since it was exported (its hash is not the one in {MANIFEST_NAME}): "
            f"export it again, or take it out of {MANIFEST_NAME} if the change was meant"
        )
