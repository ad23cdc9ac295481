"""The facts that travel inside every artefact: one frozen record, its JSON form, and the hash of a file or package."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from runtime.errors import HeadPoseError

METADATA_KEY = "headpose"  # ONNX metadata_props key, Core ML user-defined key, TFLite metadata buffer name
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class CheckpointInfo:
    """Where the weights came from."""

    source: str
    """File name as given, or a name: 'default-m0' or 'default-m4' for shipped weights, 'untrained' for seeded ones."""
    sha256: str
    """Hash of the file, or of the generated tensors for untrained weights."""
    trained: bool
    """False for seeded weights: the poses mean nothing."""
    training_data: str
    """Data that the weights were fitted to, 'none' for untrained ones."""
    licence: str
    """Licence of the weights."""

    def sentence(self) -> str:
        """For people: 'weights default-m0, trained on …; licence: …', or that they are untrained."""
        if not self.trained:
            return f"weights {self.source}: UNTRAINED (seeded), the poses mean nothing"
        return f"weights {self.source}, trained on {self.training_data}; licence: {self.licence}"


@dataclass(frozen=True)
class ArtifactInfo:
    """What a host must know to run an artefact, and what a person must know to trust it."""

    name: str
    """<model>_<backbone>_<precision>, also the file's stem."""
    model: str
    """Network family, 'sixdrepnet'."""
    backbone: str
    """Backbone name, e.g. 'repnext_m4'."""
    target: str
    """'onnx', 'tflite' or 'coreml'."""
    precision: str
    """'fp32', 'fp16', …"""
    output: str
    """'rotation' (N, 3, 3) or 'sixd' (N, 6)."""
    input_size: int
    """Side of the square input in pixels."""
    input: dict[str, Any]
    """Input contract: name, layout, dtype, channel order, range."""
    normalization: dict[str, Any]
    """ImageNet mean and std that are inside the graph."""
    crop: dict[str, Any]
    """Crop rule that the host applies to a face box."""
    conventions: dict[str, str]
    """Rotation convention in words and formulas."""
    checkpoint: CheckpointInfo
    """The weights."""
    git: dict[str, Any]
    """Commit of the exporter and whether its tree was dirty."""
    tools: dict[str, str]
    """Versions of the packages that made the file."""
    created: str
    """UTC time, ISO 8601."""
    parity: dict[str, Any] | None = None
    """Figures of the parity check, None before it ran."""
    quantization: dict[str, Any] | None = None
    """How the numbers were made smaller: calibration, preparation, modules that stayed wide; None for float files."""
    accuracy: dict[str, Any] | None = None
    """Errors against labels, of this file and of PyTorch on the same pictures; None if they were not measured."""
    license: str = "Apache-2.0"
    """Licence of the graph (code); the weights' licence is in `checkpoint`."""
    schema: int = field(default=SCHEMA_VERSION)
    """Version of this record."""

    def to_json(self) -> str:
        """One line of JSON with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str, where: str = "the artefact") -> ArtifactInfo:
        """Read the record; raise HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            data = json.loads(text)
            if data.get("schema") != SCHEMA_VERSION:
                raise HeadPoseError(
                    f"{where} has metadata of schema {data.get('schema')}, "
                    f"this version reads {SCHEMA_VERSION}: export it again"
                )
            known = {f.name for f in fields(ArtifactInfo)}
            data = {k: v for k, v in data.items() if k in known}
            return ArtifactInfo(**{**data, "checkpoint": CheckpointInfo(**data["checkpoint"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise HeadPoseError(f"the metadata of {where} cannot be read ({error}): export it again") from error


def artifact_name(backbone: str, precision: str) -> str:
    """<model>_<backbone>_<precision>, the stem of a file; a timm name's colon and slashes become underscores."""
    return f"sixdrepnet_{backbone.replace(':', '_').replace('/', '_')}_{precision}"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, or of a folder's relative names and contents in sorted order (for .mlpackage)."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            name = file.relative_to(path).as_posix().encode()
            digest.update(len(name).to_bytes(4, "little") + name + bytes.fromhex(sha256_of(file)))
    else:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def size_bytes(path: Path) -> int:
    """Size of a file, or of all files of a folder."""
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size
