"""ONNX in 8 bits: QDQ by ONNX Runtime's own tools, weights per channel, activations by our ranges."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from export.quantize.placement import Node, is_wide, place, quantizable
from export.quantize.ranges import Range
from export.quiet import quiet

# What the quantiser may touch. GELU has no integer kernel in ONNX Runtime (export/quantize/silu.py) and means have none
# worth having; between them tensors are in 8 bits all the same, since their neighbours' inputs and outputs are.
_MOVES = ("Concat", "Split", "Clip", "MaxPool")
_KINDS = ("Conv", "Gemm", "MatMul", "Add", "Mul", "Relu", "Sigmoid", "GlobalAveragePool", *_MOVES)


class OnnxQuantizer:
    """Makes QDQ models from one float model.

    Args:
        model: float32 `onnx.ModelProto`; left as it is.
        paths: output tensor → module path (`placement.module_paths`).
        ranges: output tensor → range.
        even_concats: give what a concatenation takes from convolutions the range of what comes out: then it copies.
    """

    modules: tuple[str, ...]
    """Paths of what can be quantised, in execution order."""

    def __init__(
        self, model: Any, paths: Mapping[str, str], ranges: Mapping[str, Range], *, even_concats: bool = True
    ) -> None:
        self._model, self._ranges = model, dict(ranges)
        if even_concats:
            self._ranges |= _even(model, ranges)
        nodes = [Node(node.name, tuple(node.input), tuple(node.output)) for node in model.graph.node]
        self._placed = place(nodes, paths)
        self.modules = quantizable(self._placed)

    def quantize(self, wide: Collection[str] = ()) -> Any:
        """The QDQ model (`onnx.ModelProto`); `wide` names modules that stay in float32."""
        with quiet():
            import onnx
            from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
            from onnxruntime.quantization.calibrate import CalibrationMethod, TensorData, TensorsData, save_tensors_data

        with quiet(), tempfile.TemporaryDirectory(prefix="headpose-onnx-") as folder:
            table, file = Path(folder) / "ranges.json", Path(folder) / "model.onnx"
            data = {
                name: TensorData(lowest=np.float32(low), highest=np.float32(high))
                for name, (low, high) in self._ranges.items()
            }
            save_tensors_data(TensorsData(CalibrationMethod.MinMax, data), table)
            copy = onnx.ModelProto()
            copy.CopyFrom(self._model)
            quantize_static(
                copy,
                file,
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(_KINDS),
                nodes_to_exclude=[name for name, path in self._placed.items() if is_wide(path, wide)],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibration_cache_path=table,
            )
            return onnx.load(str(file))


def _even(model: Any, ranges: Mapping[str, Range]) -> dict[str, Range]:
    """Range of every convolution's output that is concatenated: that of the concatenation."""
    convolved = {name for node in model.graph.node if node.op_type == "Conv" for name in node.output}
    concats = [node for node in model.graph.node if node.op_type == "Concat" and node.output[0] in ranges]
    return {name: ranges[node.output[0]] for node in concats for name in node.input if name in convolved}
