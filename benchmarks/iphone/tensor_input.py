"""Our packages with a tensor where they take an image: coremltools 9.0 hands no images to a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.iphone.units import COMPUTE_UNITS
from runtime.mil.package import coremltools


def as_tensor_input(path: Path, units: str) -> Any:
    """The package as an MLModel whose image inputs are declared as tensors; not loaded, so it works on every system.

    Args:
        path: .mlpackage of ours, an ML program.
        units: MLComputeUnits as Swift spells them.
    """
    ct = coremltools()
    chosen = ct.ComputeUnit[COMPUTE_UNITS[units]]
    stored = ct.models.MLModel(str(path), compute_units=chosen, skip_model_load=True)
    spec = stored.get_spec()
    program_inputs = {value.name: value.type.tensorType for value in spec.mlProgram.functions["main"].inputs}
    for feature in spec.description.input:
        if feature.type.WhichOneof("Type") == "imageType":
            sizes = [dimension.constant.size for dimension in program_inputs[feature.name].dimensions]
            array = feature.type.multiArrayType  # reading it does not choose it, the next line does
            array.shape.extend(sizes)
            array.dataType = ct.proto.FeatureTypes_pb2.ArrayFeatureType.ArrayDataType.FLOAT32
    return ct.models.MLModel(spec, weights_dir=stored.weights_dir, compute_units=chosen, skip_model_load=True)


def tensor_of(images: npt.NDArray[np.uint8], model: Any) -> dict[str, npt.NDArray[np.float32]]:
    """The one input of a model of `as_tensor_input`: (1, H, W, 3) uint8 RGB as (1, 3, H, W) float32, 0 to 255."""
    (feature,) = model.get_spec().description.input
    return {feature.name: np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32)}
