"""What an artefact says of itself, as a benchmark result keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.record import Model
from runtime.artifact import ArtifactInfo, sha256_of, size_bytes
from runtime.errors import HeadPoseError


@dataclass(frozen=True)
class Artefact:
    """A file or package to measure."""

    path: Path
    """Where it is."""
    info: ArtifactInfo
    """Its own record."""
    model: Model
    """The facts that a result keeps."""


def model_of(path: Path, info: ArtifactInfo) -> Model:
    """The facts that a result keeps of a file whose record is known; its hash is computed."""
    return Model(
        name=info.name,
        backbone=info.backbone,
        target=info.target,
        precision=info.precision,
        input_size=info.input_size,
        sha256=sha256_of(path),
        size_bytes=size_bytes(path),
        trained=info.checkpoint.trained,
        checkpoint_sha256=info.checkpoint.sha256,
        git=info.git,
    )


def is_emulated(info: ArtifactInfo, engine: str) -> bool:
    """True for a Core ML program that Core ML itself does not run: its time says nothing of a device."""
    return info.target == "coreml" and not engine.startswith("Core ML")


def read_artefact(path: str | Path) -> Artefact:
    """A file's record without an engine, for what runs elsewhere.

    Raises HeadPoseError for a missing, damaged or altered file, or one without our metadata.
    """
    from export.inspect import inspect
    from runtime.integrity import check_against_manifest

    file = Path(path)
    info = inspect(file).info
    if info is None:
        raise HeadPoseError(f"{file} carries no head-pose metadata: make one with  headpose export")
    check_against_manifest(file)
    return Artefact(file, info, model_of(file, info))
