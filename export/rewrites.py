"""What a target's converter gets instead of the plain graph: the same network in a form that the target runs faster."""

from __future__ import annotations

from typing import Any

from export.branches import merge_quarter
from export.depthwise import cut_wide_depthwise


def rewritten(graph: Any, target: str, *, bands: bool = True, quarter: bool = True) -> Any:
    """A module in deploy form as it is converted.

    Args:
        graph: it is not changed.
        target: 'onnx', 'tflite' or 'coreml'; for Core ML nothing could be timed here, and nothing is rewritten.
        bands: for TFLite, cut wide depthwise kernels (export/depthwise.py).
        quarter: for ONNX and TFLite, take the untouched quarter into the 3×3 branch (export/branches.py); files in few
            bits are made without.
    """
    if quarter and target in ("onnx", "tflite"):
        graph = merge_quarter(graph)
    return cut_wide_depthwise(graph) if bands and target == "tflite" else graph
