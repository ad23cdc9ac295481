"""Core ML in few bits by coremltools' own passes: weights in 8 bits, palettes, and 8-bit activations without a Mac.

`linear_quantize_activations` itself measures ranges by running Core ML, which needs macOS, and in coremltools 9.0 it
keeps those of the last sample only. Its passes take ranges from elsewhere, so they get ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export.quantize.coreml_weights import put_weights, table_and_indices
from export.quantize.palettes import Rounded
from export.quantize.placement import Node, is_wide, place, quantizable
from export.quantize.ranges import Range
from export.quiet import quiet
from runtime.errors import HeadPoseError, unknown_name
from runtime.mil.load import load_program
from runtime.mil.program import Node as MilNode

_SMALLEST = 512  # numbers of a constant that is worth a table or a scale
_MOST_UNLIKE = 64  # one summand over the other: 127 times that is far from half precision's 65504


@dataclass(frozen=True)
class CoremlPrecision:
    """What is stored in how many bits."""

    weight_bits: int
    """Of a weight, or of an index into a palette."""
    palette: int = 0
    """Most output channels that share a table of which weights are indices; 0 where weights are evenly spaced."""
    activations: bool = False
    """Activations are in 8 bits too."""
    ios: int = 16
    """First iOS that reads such a file."""


PRECISIONS: dict[str, CoremlPrecision] = {
    "int8": CoremlPrecision(8),
    "palette8": CoremlPrecision(8, palette=64, ios=18),  # large tables for many channels, small ones for few
    "palette6": CoremlPrecision(6, palette=32, ios=18),
    "palette4": CoremlPrecision(4, palette=16, ios=18),
    "w8a8": CoremlPrecision(8, activations=True, ios=17),
}


class CoremlQuantizer:
    """Makes compressed models from one fp16 model.

    Args:
        model: `coremltools.models.MLModel`; left as it is.
        package: its .mlpackage.
        paths: output tensor → module path (`placement.module_paths`).
        precision: key of `PRECISIONS`.
        ranges: output tensor → range; for 'w8a8'.
        palettes: what becomes of the convolutions' weights; for the palettes.

    Raises HeadPoseError for another precision.
    """

    modules: tuple[str, ...]
    """Paths of what can be quantised, in execution order."""

    def __init__(
        self,
        model: Any,
        package: Path,
        paths: Mapping[str, str],
        precision: str,
        *,
        ranges: Mapping[str, Range] | None = None,
        palettes: Collection[Rounded] = (),
    ) -> None:
        if precision not in PRECISIONS:
            raise unknown_name("compressed precision of Core ML", precision, PRECISIONS)
        self._model, self._precision = model, PRECISIONS[precision]
        program = load_program(package).nodes
        nodes = [Node(node.name, _names(node.variables), tuple(v.name for v in node.outputs)) for node in program]
        sums = [node.inputs for node, found in zip(nodes, program) if found.op_type == "add"]
        self._ranges = comparable(ranges or {}, sums)
        self._rounded = _by_operator(palettes, program)
        self._placed = place(nodes, paths)
        self.modules = quantizable(self._placed)

    def quantize(self, wide: Collection[str] = ()) -> Any:
        """The compressed model (`MLModel`); `wide` names modules that stay in fp16."""
        with quiet():
            import coremltools.optimize.coreml as cto

        kept = {name: None for name, path in self._placed.items() if is_wide(path, wide)}
        passes = []
        with quiet():
            if self._precision.palette:
                passes += self._palettes(cto, kept)
            if self._precision.activations:
                passes += self._activations(cto, kept)
            weights = cto.OpLinearQuantizerConfig(mode="linear_symmetric", weight_threshold=_SMALLEST)
            passes.append(_pass("linear_quantize_weights", cto.OptimizationConfig(weights, op_name_configs=dict(kept))))
            return _passed(self._model, passes, self._precision.ios)

    def _palettes(self, cto: Any, kept: Collection[str]) -> list[Any]:
        """Put the values of the palettes in the weights' place, then replace each by its index."""
        chosen = {name: values for name, values in self._rounded.items() if name not in kept}
        chosen = {name: values for name, values in chosen.items() if values.weight.size >= _SMALLEST}
        find = partial(table_and_indices, 1 << self._precision.weight_bits)
        tables = {
            name: cto.OpPalettizerConfig(
                mode="custom",
                lut_function=find,
                granularity="per_grouped_channel",
                group_size=values.group,
                weight_threshold=_SMALLEST,
            )
            for name, values in chosen.items()
        }
        config = cto.OptimizationConfig(op_name_configs=tables)
        return [put_weights({n: (v.weight, v.bias) for n, v in chosen.items()}), _pass("palettize_weights", config)]

    def _activations(self, cto: Any, kept: dict[str, None]) -> list[Any]:
        config = cto.OptimizationConfig(
            cto.OpLinearQuantizerConfig(mode="linear_symmetric"), op_name_configs=dict(kept)
        )
        found = {name: {"rmin": low, "rmax": high} for name, (low, high) in self._ranges.items()}
        ends = [_pass(f"insert_{end}_quantize_dequantize_pair", config, found) for end in ("prefix", "suffix")]
        return [*ends, _registered("common::dequantize_quantize_pair_elimination")]


def _registered(name: str) -> Any:
    from coremltools.converters.mil.mil.passes.pass_registry import PASS_REGISTRY

    return PASS_REGISTRY[name]


def _pass(name: str, config: Any, ranges: dict[str, dict[str, float]] | None = None) -> Any:
    """One of coremltools' own compressions; they are objects that live as long as the program."""
    from coremltools.converters.mil.mil.passes.graph_pass import PassOption

    one = _registered(f"compression::{name}")
    options = [PassOption("config", config)]
    if ranges is not None:
        options.append(PassOption("activation_stats", ranges))
    one.set_options(options)
    return one


def _names(variables: Mapping[str, str | tuple[str, ...]]) -> tuple[str, ...]:
    """The data input first, as MIL has it: x, input or values."""
    return tuple(n for value in variables.values() for n in ([value] if isinstance(value, str) else value) if n)


def _by_operator(palettes: Iterable[Rounded], program: Iterable[MilNode]) -> dict[str, Rounded]:
    """Convolution operator → what its weights become: those whose weights are now the ones that were rounded."""
    known = {_key(values.before): values for values in palettes}
    keys = {node.name: _key(node.constants["weight"]) for node in program if node.op_type == "conv"}
    return {name: known[key] for name, key in keys.items() if key in known}


def _key(weight: npt.ArrayLike) -> tuple[tuple[int, ...], bytes]:
    half = np.asarray(weight).astype(np.float16)
    return half.shape, half.tobytes()


def comparable(ranges: Mapping[str, Range], sums: Iterable[tuple[str, ...]]) -> dict[str, Range]:
    """Ranges in which no summand is more than `_MOST_UNLIKE` times smaller than the other.

    coremltools divides a sum in 8 bits by the scale of its second summand, in half precision: where that is a
    residual branch that hardly adds anything, the first one overflows. Its steps stay far below those of the sum.
    """
    result = dict(ranges)
    for names in sums:
        sizes = {name: max(abs(end) for end in result[name]) for name in names if name in result}
        least = max(sizes.values(), default=0.0) / _MOST_UNLIKE
        for name in (name for name, size in sizes.items() if size < least):
            result[name] = Range(-least, least)
    return result


def _passed(model: Any, passes: list[Any], ios: int) -> Any:
    """The model after some graph passes, for that iOS and later."""
    from coremltools import _SPECIFICATION_VERSION_IOS_16, _SPECIFICATION_VERSION_IOS_17, _SPECIFICATION_VERSION_IOS_18
    from coremltools.models.utils import _apply_graph_pass

    versions = {16: _SPECIFICATION_VERSION_IOS_16, 17: _SPECIFICATION_VERSION_IOS_17, 18: _SPECIFICATION_VERSION_IOS_18}
    try:
        return _apply_graph_pass(model, passes, spec_version=versions[ios], skip_model_load=True)
    except KeyError as error:
        raise HeadPoseError(
            f"no range is known of the activation {error}: the calibration did not see that operator"
        ) from error
