"""One way to run any artefact: ``open_session(path).run(images)``, whatever the format."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from runtime.artifact import ArtifactInfo
from runtime.errors import HeadPoseError, unknown_name
from runtime.integrity import check_against_manifest

# suffix → "module:class". Names, not imports: a user without onnxruntime can still open a .tflite,
# and PyTorch checkpoints are opened by the training package, which the runtime itself never needs.
SESSIONS = {
    ".onnx": "runtime.sessions.onnx:OnnxSession",
    ".tflite": "runtime.sessions.tflite:TfliteSession",
    ".mlpackage": "runtime.sessions.coreml:CoreMLSession",
    ".safetensors": "training.session:TorchSession",
    ".pth": "training.session:TorchSession",
    ".pt": "training.session:TorchSession",
    ".tar": "training.session:TorchSession",
}


class Session(Protocol):
    """An opened artefact."""

    info: ArtifactInfo
    """The facts embedded in the file."""

    def run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """RGB images (N, H, W, 3) uint8 of the artefact's input size → rotations (N, 3, 3)."""
        ...


def open_session(path: str | Path, *, threads: int | None = None, verify: bool = True, **options: object) -> Session:
    """Open an artefact by its suffix.

    Args:
        path: .onnx, .tflite, .mlpackage or a PyTorch checkpoint (.safetensors, .pth, .pt, .tar).
        threads: CPU threads of the engine; None leaves the engine's own choice.
        verify: refuse a file whose hash is not the one in the manifest.json beside it.
        options: passed to the session class (`provider=` for ONNX, `mode=` for Core ML on Linux).

    Raises:
        HeadPoseError: no such file, unknown suffix, damaged or altered file, missing package.
    """
    file = Path(path)
    if not file.exists():
        raise HeadPoseError(f"{file} does not exist: give the path of an exported artefact (headpose export makes one)")
    if file.suffix not in SESSIONS:
        raise unknown_name("artefact suffix", file.suffix or file.name, SESSIONS)
    if verify:
        check_against_manifest(file)
    module, _, name = SESSIONS[file.suffix].partition(":")
    session: Session = getattr(importlib.import_module(module), name)(file, threads=threads, **options)
    return session


def check_images(images: npt.NDArray[np.uint8], size: int) -> None:
    """Raise HeadPoseError unless `images` is (N ≥ 1, size, size, 3) uint8."""
    shape = np.shape(images)
    if len(shape) != 4 or shape[0] < 1 or shape[1:] != (size, size, 3) or images.dtype != np.uint8:
        raise HeadPoseError(
            f"this artefact takes uint8 RGB images of shape (N, {size}, {size}, 3), not {images.dtype} {tuple(shape)}: "
            "crop and resize first (runtime.preprocess.crop_face)"
        )
