"""The forms of the graph that `benchmarks.graph_work` makes and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from export import graph_variants as variants

_LEVEL = "graph_optimization_level"


@dataclass(frozen=True, eq=False)
class Form:
    """One thing that was tried."""

    target: str
    """'onnx' or 'tflite'."""
    precision: str
    """'fp32', 'int8' or 'int8_static'."""
    name: str
    """What is done."""
    exported: bool = False
    """Whether this is what `headpose export` makes, run as `headpose` runs it."""
    change: variants.Change = variants.unchanged
    """Of the network, for float files."""
    bands: bool = True
    """Cut 7×7 depthwise kernels, for float TFLite."""
    how: Mapping[str, bool] = field(default_factory=dict)
    """Fields of `Quantization`, for files in few bits."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of ONNX Runtime's session."""


def _quantized(target: str, precision: str, *steps: tuple[str, Mapping[str, bool]]) -> tuple[Form, ...]:
    last = steps[-1][0]
    return tuple(Form(target, precision, name, exported=name == last, how=how) for name, how in steps)


# the first of each target and precision is what ratios are to
FORMS: tuple[Form, ...] = (
    Form("onnx", "fp32", "as the converter gives it"),
    Form("onnx", "fp32", "GELU by tanh", change=variants.tanh_gelu),
    Form("onnx", "fp32", "untouched quarter within the 3×3", exported=True, change=variants.identity_in_3x3),
    Form("onnx", "fp32", "three branches as one 7×7", change=variants.three_in_7x7),
    Form("onnx", "fp32", "7×7 in bands of rows", change=variants.row_bands),
    Form("onnx", "fp32", "session: no blocked layout", settings={_LEVEL: "ORT_ENABLE_EXTENDED"}),
    Form("onnx", "fp32", "session: basic optimisation", settings={_LEVEL: "ORT_ENABLE_BASIC"}),
    Form("onnx", "fp32", "session: no memory pattern", settings={"enable_mem_pattern": False}),
    Form("onnx", "fp32", "session: no arena", settings={"enable_cpu_mem_arena": False}),
    *_quantized(
        "onnx", "int8",
        ("as the converter gives it", {"sigmoid_gelu": False, "even_concats": False}),
        ("concatenations of one range", {"sigmoid_gelu": False}),
        ("GELU as x·σ(1.702 x)", {"even_concats": False}),
        ("both", {}),
    ),
    Form("tflite", "fp32", "as the converter gives it", bands=False),
    Form("tflite", "fp32", "7×7 in bands of rows"),
    Form("tflite", "fp32", "bands, GELU by tanh", change=variants.tanh_gelu),
    Form("tflite", "fp32", "bands, untouched quarter within the 3×3", exported=True, change=variants.identity_in_3x3),
    Form("tflite", "fp32", "bands, three branches as one 7×7", change=variants.three_in_7x7),
    Form("tflite", "fp32", "bands, strided kernels of even size, no pads there", change=variants.even_kernels),
    *_quantized(
        "tflite", "int8",
        ("as the converter gives it", {"float_depthwise": False, "row_bands": False}),
        ("7×7 in bands of rows", {"float_depthwise": False}),
        ("float depthwise kernels", {"row_bands": False}),
        ("both", {}),
    ),
    *_quantized(
        "tflite", "int8_static",
        ("as the converter gives it", {"sigmoid_gelu": False, "row_bands": False}),
        ("7×7 in bands of rows", {"sigmoid_gelu": False}),
        ("GELU as x·σ(1.702 x)", {"row_bands": False}),
        ("both", {}),
    ),
)  # fmt: skip
