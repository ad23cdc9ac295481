"""What is to be exported: targets, precisions and the facts that every artefact carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runtime.artifact import ArtifactInfo, CheckpointInfo, artifact_name
from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD, crop_rule
from runtime.provenance import package_versions

SUFFIXES = {"onnx": ".onnx", "tflite": ".tflite", "coreml": ".mlpackage"}
FLOATS = ("fp32", "fp16")
# target → what it is made in; export/quantize makes all but the floats
PRECISIONS = {
    "onnx": (*FLOATS, "int8"),
    "tflite": (*FLOATS, "int8", "int8_static", "int16x8"),
    "coreml": (*FLOATS, "int8", "palette8", "palette6", "palette4", "w8a8"),
}
OUTPUTS = ("rotation", "sixd")
MIN_SIZE, MAX_SIZE = 32, 1024  # the network halves its input five times; above 1024 nothing was tried

# target → input contract (DESIGN of the artefact: RGB 0–255 everywhere, normalisation inside)
INPUTS: dict[str, dict[str, Any]] = {
    "onnx": {"name": "image", "layout": "NCHW", "dtype": "float32", "channels": "RGB", "range": [0, 255]},
    "tflite": {"name": "image", "layout": "NHWC", "dtype": "float32", "channels": "RGB", "range": [0, 255]},
    "coreml": {"name": "image", "layout": "image", "dtype": "uint8", "channels": "RGB", "range": [0, 255]},
}

CONVENTIONS = {
    "rotation": "R = Rz(roll) Ry(yaw) Rx(pitch), row-major; the rows are the head's right, up and forward axes "
    "in a camera frame with x right, y up, z towards the viewer",
    "angles": "degrees; yaw > 0 turns to the image's left, pitch > 0 looks up, roll > 0 tilts clockwise in the image",
    "sixd": "x = n(v[0:3]), z = n(x × v[3:6]), y = z × x, columns [x y z]",
    "opencv": "F Rᵀ F with F = diag(1, -1, -1)",
}

_TOOLS = {
    "onnx": ("torch", "onnx", "onnxscript", "onnxsim", "onnxruntime"),
    "tflite": ("torch", "litert-torch", "ai-edge-litert", "ai-edge-quantizer"),
    "coreml": ("torch", "coremltools"),
}


@dataclass(frozen=True)
class ExportSpec:
    """One artefact to make."""

    backbone: str
    """Backbone name, e.g. 'repnext_m4'."""
    target: str
    """'onnx', 'tflite' or 'coreml'."""
    precision: str
    """Of `PRECISIONS`."""
    output: str = "rotation"
    """'rotation' or 'sixd'."""
    input_size: int = 224
    """Side of the square input in pixels."""

    def __post_init__(self) -> None:
        if self.target not in SUFFIXES:
            raise unknown_name("target", self.target, SUFFIXES)
        if self.precision not in PRECISIONS[self.target]:
            raise unknown_name(f"precision of {self.target}", self.precision, PRECISIONS[self.target])
        if self.output not in OUTPUTS:
            raise unknown_name("output", self.output, OUTPUTS)
        if not MIN_SIZE <= self.input_size <= MAX_SIZE:
            raise HeadPoseError(
                f"the input size {self.input_size} is out of range: choose a side from {MIN_SIZE} to {MAX_SIZE} pixels"
            )

    @property
    def quantized(self) -> bool:
        """Whether it is made by export/quantize from a float file."""
        return self.precision not in FLOATS

    @property
    def name(self) -> str:
        """<model>_<backbone>_<precision>."""
        return artifact_name(self.backbone, self.precision)

    @property
    def file_name(self) -> str:
        """Name with the target's suffix."""
        return self.name + SUFFIXES[self.target]


def plan_specs(
    backbone: str, targets: Sequence[str], precisions: Sequence[str], output: str, input_size: int
) -> list[ExportSpec]:
    """Every target in every precision that it can do, in the order targets × precisions.

    Raises HeadPoseError for an unknown name, and for a precision that none of the targets can do.
    """
    known = sorted({p for ones in PRECISIONS.values() for p in ones})
    for target in targets:
        if target not in SUFFIXES:
            raise unknown_name("target", target, SUFFIXES)
    for precision in precisions:
        if precision not in known:
            raise unknown_name("precision", precision, known)
        if targets and not any(precision in PRECISIONS[target] for target in targets):
            able = "; ".join(f"{target}: {', '.join(PRECISIONS[target])}" for target in targets)
            raise HeadPoseError(f"{precision} is made for none of these targets; they can do {able}")
    return [
        ExportSpec(backbone, target, precision, output, input_size)
        for target in targets
        for precision in precisions
        if precision in PRECISIONS[target]
    ]


def tool_versions(target: str) -> dict[str, str]:
    """Installed versions of the packages that make this target's files."""
    return package_versions(_TOOLS[target])


def describe(spec: ExportSpec, checkpoint: CheckpointInfo, git: dict[str, Any]) -> ArtifactInfo:
    """The record that goes into the file that `spec` asks for; parity is filled in after it was checked."""
    side = [spec.input_size, spec.input_size]
    shape: list[int | str] = ["N", 3, *side] if spec.target == "onnx" else [1, *side, 3]
    return ArtifactInfo(
        name=spec.name,
        model="sixdrepnet",
        backbone=spec.backbone,
        target=spec.target,
        precision=spec.precision,
        output=spec.output,
        input_size=spec.input_size,
        input={**INPUTS[spec.target], "shape": shape},
        normalization={"inside": True, "mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)},
        crop=crop_rule(),
        conventions=CONVENTIONS,
        checkpoint=checkpoint,
        git=git,
        tools=tool_versions(spec.target),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
