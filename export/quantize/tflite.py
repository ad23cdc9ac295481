"""TFLite in 8 bits by ai-edge-quantizer on the float file: dynamic, static, and 16-bit activations."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from export.quantize.placement import Node, is_wide, place, quantizable
from export.quantize.ranges import Range
from export.quiet import quiet
from runtime.errors import unknown_name
from runtime.tflite_file import read_tflite_graph

# precision → bits of the activations; None leaves them in float32 and lets the engine round them as they come
ACTIVATION_BITS: dict[str, int | None] = {"int8": None, "int8_static": 8, "int16x8": 16}


class TfliteQuantizer:
    """Makes quantised flatbuffers from one float flatbuffer; input and output stay float32.

    Args:
        flatbuffer: float32 model; left as it is.
        paths: output tensor → module path (`placement.module_paths`).
        ranges: output tensor → range; not read for 'int8'.
        precision: key of `ACTIVATION_BITS`.
        float_depthwise: keep depthwise kernels in float32 where activations are float too: their 8-bit kernels for
            float activations are slow.

    Raises HeadPoseError for another precision.
    """

    modules: tuple[str, ...]
    """Paths of what can be quantised, in execution order."""

    def __init__(
        self,
        flatbuffer: bytes,
        paths: Mapping[str, str],
        ranges: Mapping[str, Range],
        precision: str,
        *,
        float_depthwise: bool = True,
    ) -> None:
        if precision not in ACTIVATION_BITS:
            raise unknown_name("8-bit precision of TFLite", precision, ACTIVATION_BITS)
        self._flatbuffer, self._ranges, self._bits = flatbuffer, ranges, ACTIVATION_BITS[precision]
        self._float_depthwise = float_depthwise and self._bits is None
        with tempfile.TemporaryDirectory(prefix="headpose-tflite-") as folder:
            file = Path(folder) / "float.tflite"
            file.write_bytes(flatbuffer)
            graph = read_tflite_graph(file)
        names = [tensor.name for tensor in graph.tensors]
        self._tensors = names
        nodes = [
            Node(_scope([names[i] for i in op.outputs]), _named(names, op.inputs), _named(names, op.outputs))
            for op in graph.ops
        ]
        self._placed = place(nodes, paths)
        self.modules = quantizable(self._placed)

    def quantize(self, wide: Collection[str] = ()) -> bytes:
        """The quantised flatbuffer; `wide` names modules that stay in float32."""
        with quiet():
            from ai_edge_quantizer import quantizer

        with quiet():
            tool = quantizer.Quantizer(bytearray(self._flatbuffer), self._recipe(wide))
            ranges = None if self._bits is None else self._statistics()
            return bytes(tool.quantize(ranges, enable_progress_report=False).quantized_model)

    def _recipe(self, wide: Collection[str]) -> list[dict[str, Any]]:
        from ai_edge_quantizer.algorithm_manager import AlgorithmName
        from ai_edge_quantizer.qtyping import TFLOperationName as Kind
        from ai_edge_quantizer.recipe_manager import RecipeManager

        recipe, never = RecipeManager(), AlgorithmName.NO_QUANTIZE
        if self._bits is None:
            recipe.add_dynamic_config(".*", Kind.ALL_SUPPORTED, 8)
            if self._float_depthwise:
                recipe.add_quantization_config(".*", Kind.DEPTHWISE_CONV_2D, algorithm_key=never)
        else:
            recipe.add_static_config(".*", Kind.ALL_SUPPORTED, self._bits, 8)
        scopes = [re.escape(scope) for scope, path in self._placed.items() if is_wide(path, wide)]
        recipe.add_quantization_config(f"^(?:{'|'.join(scopes)})(?:;|$)", Kind.ALL_SUPPORTED, algorithm_key=never)
        for end in (Kind.INPUT, Kind.OUTPUT):
            recipe.add_quantization_config(".*", end, algorithm_key=never)
        return list(recipe.get_quantization_recipe())

    def _statistics(self) -> dict[str, Any]:
        """Ranges as the tool's own calibration would give them; an operator's input has its producer's."""
        known = {name: self._ranges[name] for name in self._tensors if name in self._ranges}
        return {name: {"min": _one(low), "max": _one(high)} for name, (low, high) in known.items()}


def _one(value: float) -> np.ndarray:
    return np.full((1, 1, 1, 1), value, dtype=np.float32)


def _named(names: list[str], indices: list[int]) -> tuple[str, ...]:
    return tuple(names[i] for i in indices if i >= 0)


def _scope(outputs: list[str]) -> str:
    """What the tool searches for the names of a recipe."""
    return ";".join(outputs)
