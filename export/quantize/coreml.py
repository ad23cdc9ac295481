"""Core ML in few bits by coremltools' own passes: weights in 8 bits, palettes, and 8-bit activations without a Mac.

`linear_quantize_activations` itself measures ranges by running Core ML, which needs macOS, and in coremltools 9.0 it
keeps those of the last sample only. Its passes take ranges from elsewhere, so they get ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.quantize.placement import Node, is_wide, place, quantizable
from export.quantize.ranges import Range
from export.quiet import quiet
from runtime.errors import HeadPoseError, MissingDependencyError, unknown_name
from runtime.mil.load import load_program

_SMALLEST = 512  # numbers of a constant that is worth a table or a scale
_GROUP = 16  # output channels that share a palette


@dataclass(frozen=True)
class CoremlPrecision:
    """What is stored in how many bits."""

    weight_bits: int
    """Of a weight, or of an index into a palette."""
    palette: bool = False
    """Weights are indices into tables found by k-means."""
    activations: bool = False
    """Activations are in 8 bits too."""
    ios: int = 16
    """First iOS that reads such a file."""


PRECISIONS: dict[str, CoremlPrecision] = {
    "int8": CoremlPrecision(8),
    "palette8": CoremlPrecision(8, palette=True, ios=18),
    "palette6": CoremlPrecision(6, palette=True, ios=18),
    "palette4": CoremlPrecision(4, palette=True, ios=18),
    "w8a8": CoremlPrecision(8, activations=True, ios=17),
}


class CoremlQuantizer:
    """Makes compressed models from one fp16 model.

    Args:
        model: `coremltools.models.MLModel`; left as it is.
        package: its .mlpackage.
        paths: output tensor → module path (`placement.module_paths`).
        ranges: output tensor → range; read for 'w8a8' alone.
        precision: key of `PRECISIONS`.

    Raises HeadPoseError for another precision.
    """

    modules: tuple[str, ...]
    """Paths of what can be quantised, in execution order."""

    def __init__(
        self, model: Any, package: Path, paths: Mapping[str, str], ranges: Mapping[str, Range], precision: str
    ) -> None:
        if precision not in PRECISIONS:
            raise unknown_name("compressed precision of Core ML", precision, PRECISIONS)
        self._model, self._ranges, self._precision = model, ranges, PRECISIONS[precision]
        nodes = [
            Node(node.name, _names(node.variables), tuple(v.name for v in node.outputs))
            for node in load_program(package).nodes
        ]
        self._placed = place(nodes, paths)
        self.modules = quantizable(self._placed)

    def quantize(self, wide: Collection[str] = ()) -> Any:
        """The compressed model (`MLModel`); `wide` names modules that stay in fp16."""
        with quiet():
            import coremltools.optimize.coreml as cto

        kept = {name: None for name, path in self._placed.items() if is_wide(path, wide)}
        with quiet():
            if self._precision.palette:
                return self._palettized(cto, kept)
            model = self._with_8bit_activations(cto, kept) if self._precision.activations else self._model
            weights = cto.OpLinearQuantizerConfig(mode="linear_symmetric", weight_threshold=_SMALLEST)
            return cto.linear_quantize_weights(model, cto.OptimizationConfig(weights, op_name_configs=dict(kept)))

    def _palettized(self, cto: Any, kept: dict[str, None]) -> Any:
        try:
            import sklearn.cluster  # noqa: F401  (coremltools finds the tables with it)
        except ImportError as error:
            raise MissingDependencyError("scikit-learn", "palettes of Core ML weights", "export") from error
        tables = cto.OpPalettizerConfig(
            nbits=self._precision.weight_bits,
            mode="kmeans",
            granularity="per_grouped_channel",
            group_size=_GROUP,
            weight_threshold=_SMALLEST,
        )
        model = _for_ios(self._model, self._precision.ios)
        return cto.palettize_weights(model, cto.OptimizationConfig(tables, op_name_configs=dict(kept)))

    def _with_8bit_activations(self, cto: Any, kept: dict[str, None]) -> Any:
        from coremltools.converters.mil.mil.passes.graph_pass import PassOption
        from coremltools.converters.mil.mil.passes.pass_registry import PASS_REGISTRY

        config = cto.OptimizationConfig(
            cto.OpLinearQuantizerConfig(mode="linear_symmetric"), op_name_configs=dict(kept)
        )
        found = {name: {"rmin": low, "rmax": high} for name, (low, high) in self._ranges.items()}
        passes = []
        for end in ("prefix", "suffix"):
            one = PASS_REGISTRY[f"compression::insert_{end}_quantize_dequantize_pair"]
            one.set_options([PassOption("config", config), PassOption("activation_stats", found)])
            passes.append(one)
        passes.append(PASS_REGISTRY["common::dequantize_quantize_pair_elimination"])
        return _passed(self._model, passes, self._precision.ios)


def _names(variables: Mapping[str, str | tuple[str, ...]]) -> tuple[str, ...]:
    """The data input first, as MIL has it: x, input or values."""
    return tuple(n for value in variables.values() for n in ([value] if isinstance(value, str) else value) if n)


def _for_ios(model: Any, ios: int) -> Any:
    return _passed(model, [], ios)


def _passed(model: Any, passes: list[Any], ios: int) -> Any:
    """The model after some graph passes, for that iOS and later."""
    from coremltools import _SPECIFICATION_VERSION_IOS_17, _SPECIFICATION_VERSION_IOS_18
    from coremltools.models.utils import _apply_graph_pass

    versions = {17: _SPECIFICATION_VERSION_IOS_17, 18: _SPECIFICATION_VERSION_IOS_18}
    try:
        return _apply_graph_pass(model, passes, spec_version=versions[ios], skip_model_load=True)
    except KeyError as error:
        raise HeadPoseError(
            f"no range is known of the activation {error}: the calibration did not see that operator"
        ) from error
