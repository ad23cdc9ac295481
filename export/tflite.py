"""Exports TFLite (LiteRT): litert-torch from PyTorch, NHWC in; fp16 stores the weights in half precision."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from export.graph import ExportGraph
from export.quiet import quiet
from export.spec import ExportSpec
from runtime.artifact import METADATA_KEY, ArtifactInfo


def to_tflite(graph: ExportGraph, spec: ExportSpec) -> bytes:
    """Convert an NHWC export graph to a float32 flatbuffer, input [1, S, S, 3] RGB 0–255."""
    with quiet():
        import litert_torch

    example = (torch.zeros(1, spec.input_size, spec.input_size, 3),)
    with quiet(), torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        litert_torch.convert(graph, example).export(str(path))
        return path.read_bytes()


def halve_weights(flatbuffer: bytes) -> bytes:
    """Store every float32 constant as float16; arithmetic stays float32 on the CPU and is half on a GPU."""
    with quiet():
        from ai_edge_quantizer import quantizer

    with quiet(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(flatbuffer)
        tool = quantizer.Quantizer(str(path))
        tool.load_quantization_recipe(_float_casting_recipe())
        return bytes(tool.quantize().quantized_model)


def _float_casting_recipe() -> list[dict[str, object]]:
    weights = {"num_bits": 16, "symmetric": True, "granularity": "TENSORWISE", "dtype": "FLOAT", "block_size": 0}
    config = {
        "weight_tensor_config": weights,
        "compute_precision": "FLOAT",
        "explicit_dequantize": True,
        "skip_checks": False,
        "min_weight_elements": 0,
    }
    names = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    return [{"regex": ".*", "operation": op, "algorithm_key": "float_casting", "op_config": config} for op in names]


def write_tflite(flatbuffer: bytes, info: ArtifactInfo, path: Path) -> None:
    """Write the file and embed the record in its metadata."""
    from runtime.tflite_file import write_tflite_metadata

    path.write_bytes(flatbuffer)
    write_tflite_metadata(path, {METADATA_KEY: info.to_json().encode()})
