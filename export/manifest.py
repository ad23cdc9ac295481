"""manifest.json: the record of every artefact in a folder, with the hash that tells whether a file was altered."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runtime.artifact import ArtifactInfo, sha256_of, size_bytes
from runtime.atomic import write_text
from runtime.errors import HeadPoseError

MANIFEST_NAME = "manifest.json"
MANIFEST_SCHEMA = 1


def manifest_entry(path: Path, info: ArtifactInfo) -> dict[str, Any]:
    """One artefact's line: file, hash, size and everything that is embedded in it."""
    return {"file": path.name, "sha256": sha256_of(path), "size_bytes": size_bytes(path), **asdict(info)}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder, an empty one where there is none; HeadPoseError if it is damaged."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return {"schema": MANIFEST_SCHEMA, "artifacts": []}
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != MANIFEST_SCHEMA or not isinstance(data["artifacts"], list):
            raise ValueError(f"schema {data['schema']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadPoseError(f"{path} cannot be read ({error}): delete it and export again") from error
    return data


def update_manifest(folder: Path, entries: list[dict[str, Any]]) -> Path:
    """Write `entries` into the folder's manifest; entries of other files stay. Returns its path."""
    names = {entry["file"] for entry in entries}
    kept = [e for e in read_manifest(folder)["artifacts"] if e["file"] not in names and (folder / e["file"]).exists()]
    artifacts = sorted([*kept, *entries], key=lambda e: e["file"])
    path = folder / MANIFEST_NAME
    write_text(path, json.dumps({"schema": MANIFEST_SCHEMA, "artifacts": artifacts}, indent=1, ensure_ascii=False))
    return path
