"""Exports Core ML: an ML Program with an RGB image input, for iOS 16 and later; the only writer of .mlpackage files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn

from export.graph import ExportGraph
from export.quiet import quiet
from export.spec import ExportSpec
from runtime.artifact import METADATA_KEY, ArtifactInfo
from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD


def divide_stem_by_std(graph: ExportGraph) -> ExportGraph:
    """A copy whose first convolution divides by ImageNet's std: an image input has one scale for all channels."""
    new = copy.deepcopy(graph)
    stem = next(m for m in new.backbone.modules() if isinstance(m, nn.Conv2d))
    std = torch.tensor(IMAGENET_STD, dtype=torch.float64).reshape(1, 3, 1, 1)
    with torch.no_grad():
        stem.weight.copy_((stem.weight.double() / std).float())
    return new


def to_coreml(graph: ExportGraph, spec: ExportSpec) -> Any:
    """Convert to an in-memory `coremltools.models.MLModel`.

    Args:
        graph: NCHW export graph *without* normalisation (`normalized=True`) and not yet divided by std.
        spec: precision and input size.

    The image arrives as v/255 − mean (ImageType scale and bias); std sits in the stem's weights. Zero padding then is
    the mean colour, as in training.
    """
    with quiet():
        import coremltools as ct

    size = spec.input_size
    image = ct.ImageType(
        name="image",
        shape=(1, 3, size, size),
        scale=1 / 255,
        bias=[-m for m in IMAGENET_MEAN],
        color_layout=ct.colorlayout.RGB,
    )
    precision = ct.precision.FLOAT16 if spec.precision == "fp16" else ct.precision.FLOAT32
    with quiet(), torch.no_grad():
        traced = torch.jit.trace(divide_stem_by_std(graph), torch.zeros(1, 3, size, size), check_trace=False)
        return ct.convert(
            traced,
            inputs=[image],
            outputs=[ct.TensorType(name=spec.output, dtype=float)],
            convert_to="mlprogram",
            compute_precision=precision,
            minimum_deployment_target=ct.target.iOS16,
            skip_model_load=True,
        )


def write_coreml(model: Any, info: ArtifactInfo, path: Path) -> None:
    """Embed the record and write the package; its files can be read by everyone (coremltools leaves mode 0600)."""
    model.author = "6DRepNeXt"
    model.license = info.license
    model.version = "1"
    model.short_description = f"Head pose ({info.backbone}, {info.precision}): RGB face crop in, {info.output} out"
    model.user_defined_metadata[METADATA_KEY] = info.to_json()
    with quiet():
        model.save(str(path))
    for file in path.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
