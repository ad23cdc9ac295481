"""An ML Program as a list of operators, and its execution one operator after the other.

This shows what the converted program computes: graph, weights, preprocessing, quantisation, fp16 storage. It cannot
show the arithmetic of the Neural Engine or the GPU, which accumulate and approximate in their own ways: that needs a
device.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.mil.backend import Operator, Tensor, as_tensor, store, to_array, torch
from runtime.mil.package import Feature
from runtime.sessions.steps import Step

MODES = ("stored", "fp32")


@dataclass(frozen=True)
class Variable:
    """An operator's output, or an input of the program."""

    name: str
    dtype: str
    """MIL type: 'fp16', 'fp32', 'int32', 'bool', …"""
    shape: tuple[int | None, ...]
    """None for a dimension that is known only at run time."""


@dataclass(frozen=True)
class Node:
    """One operator with its constants in place."""

    name: str
    op_type: str
    compute: Operator
    constants: Mapping[str, Any]
    """Inputs that are known at load: tensors, strings, lists of tensors."""
    variables: Mapping[str, str | tuple[str, ...]]
    """Inputs that are computed: the variable's name, or several for an input that takes a list."""
    outputs: tuple[Variable, ...]
    moves_only: bool
    """True if the outputs hold only values of the inputs, so that rounding them again changes nothing."""
    last_uses: tuple[str, ...]
    """Variables that no later operator reads."""


@dataclass(frozen=True)
class OperatorCount:
    """How often an operator type occurs, and what its weights take in the file."""

    op_type: str
    count: int
    weight_bytes: int
    """Bytes of the constants of ten elements or more that these operators read, as stored (packed if compressed)."""
    weight_dtypes: tuple[str, ...]
    """Their MIL types, sorted."""


@dataclass(frozen=True)
class Execution:
    """One executed operator, its outputs before and after storage."""

    node: Node
    computed: tuple[Tensor, ...]
    stored: tuple[Tensor, ...]


@dataclass(frozen=True)
class MilProgram:
    """A loaded program. `load_program` makes one."""

    path: Path
    inputs: tuple[Feature, ...]
    """What the host feeds: images or tensors."""
    outputs: tuple[Feature, ...]
    """What the host gets."""
    metadata: Mapping[str, str]
    """User-defined metadata of the package."""
    nodes: tuple[Node, ...] = field(repr=False)
    parameters: tuple[Variable, ...] = field(repr=False)
    """The inputs as the program sees them: an image is (1, C, H, W)."""
    results: tuple[Variable, ...] = field(repr=False)
    census: Mapping[str, OperatorCount] = field(repr=False)

    def run(self, feeds: Mapping[str, npt.NDArray[Any]], mode: str = "stored") -> dict[str, np.ndarray]:
        """Execute the program once.

        Args:
            feeds: one array for each input. An image input takes RGB uint8 (H, W, 3) or (1, H, W, 3), or (H, W) if it
                is gray, and swaps the channels itself if the package says BGR; or floats 0–255 in the program's own
                layout (1, C, H, W). Preprocessing (scale and bias of ImageType) is part of the program.
            mode: 'stored' rounds every result to its variable's stored type, so that fp16 and its overflow show;
                'fp32' takes the weights as stored and computes and keeps all floats in float32.

        Returns:
            Output name → array, in the stored type ('stored') or float32 ('fp32').

        Raises:
            HeadPoseError: a missing, unknown or mis-shaped feed, an unknown mode, an operator that fails.
        """
        rounding = _rounding(mode)
        kept: dict[str, Tensor] = {p.name: t for p, t in zip(self.parameters, self._bind(feeds, rounding))}
        wanted = {r.name for r in self.results}
        for execution in self.execute(feeds, mode):
            kept.update((v.name, t) for v, t in zip(execution.node.outputs, execution.stored) if v.name in wanted)
        return {r.name: to_array(kept[r.name], r.dtype, rounding=rounding) for r in self.results}

    def steps(self, feeds: Mapping[str, npt.NDArray[Any]], mode: str = "stored") -> Iterator[Step]:
        """Execute as `run` does and yield every operator's output in order: (name, op_type, array)."""
        rounding = _rounding(mode)
        for execution in self.execute(feeds, mode):
            for variable, tensor in zip(execution.node.outputs, execution.stored):
                yield Step(variable.name, execution.node.op_type, to_array(tensor, variable.dtype, rounding=rounding))

    def operations(self) -> dict[str, OperatorCount]:
        """Operator type → count, bytes and types of its weights; the most frequent first. Constants are not counted."""
        return dict(self.census)

    def execute(self, feeds: Mapping[str, npt.NDArray[Any]], mode: str = "stored") -> Iterator[Execution]:
        """Execute as `run` does and yield tensors before and after storage, for tools that look for the difference."""
        rounding = _rounding(mode)
        values = {p.name: t for p, t in zip(self.parameters, self._bind(feeds, rounding))}
        for node in self.nodes:
            with torch.inference_mode():  # never around the yield: it would leak into the caller
                computed = _compute(node, values)
                stored = tuple(
                    store(t, v.dtype, rounding=rounding and not node.moves_only) for t, v in zip(computed, node.outputs)
                )
            values.update((v.name, t) for v, t in zip(node.outputs, stored))
            yield Execution(node, computed, stored)
            for name in node.last_uses:
                del values[name]

    def _bind(self, feeds: Mapping[str, npt.NDArray[Any]], rounding: bool) -> list[Tensor]:
        """The feeds as tensors in the order of the parameters."""
        names = [p.name for p in self.parameters]
        for name in feeds:
            if name not in names:
                raise unknown_name("input", name, names)
        features = {f.name: f for f in self.inputs}
        bound = []
        for parameter in self.parameters:
            if parameter.name not in feeds:
                raise HeadPoseError(f"the input '{parameter.name}' of {self.path.name} is missing: feed all its inputs")
            array = np.asarray(feeds[parameter.name])
            feature = features.get(parameter.name)
            if feature is not None and feature.kind == "image":
                array = image_to_planes(array, feature)
            _check_shape(array, parameter, self.path)
            bound.append(store(as_tensor(array), parameter.dtype, rounding=rounding))
        return bound


def image_to_planes(image: npt.NDArray[Any], feature: Feature) -> npt.NDArray[Any]:
    """RGB uint8 (H, W, 3) or (1, H, W, 3), or gray (H, W), → (1, C, H, W) in the package's channel order.

    Anything that is not uint8 is left as it is: it is in the program's layout already.
    """
    if image.dtype != np.uint8:
        return image
    batch = image if image.ndim == 4 else image[None]
    gray = (feature.color_layout or "").startswith("GRAYSCALE")
    wanted = (1, *feature.shape) if gray else (1, *feature.shape, 3)
    if batch.shape != wanted:
        raise HeadPoseError(
            f"the image input '{feature.name}' takes uint8 of shape {wanted[1:]}, not {image.shape}: "
            "crop and resize first"
        )
    if gray:
        return batch[:, None]
    return np.moveaxis(batch[..., ::-1] if feature.color_layout == "BGR" else batch, -1, 1)


def _check_shape(array: npt.NDArray[Any], parameter: Variable, path: Path) -> None:
    fits = array.ndim == len(parameter.shape) and all(
        want is None or got == want for got, want in zip(array.shape, parameter.shape)
    )
    if not fits:
        shape = "×".join("any" if n is None else str(n) for n in parameter.shape)
        got = "×".join(map(str, array.shape))
        raise HeadPoseError(f"the input '{parameter.name}' of {path.name} takes an array of shape {shape}, not {got}")


def _rounding(mode: str) -> bool:
    if mode not in MODES:
        raise unknown_name("mode", mode, MODES)
    return mode == "stored"


def _compute(node: Node, values: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    arguments = dict(node.constants)
    for key, names in node.variables.items():
        arguments[key] = values[names] if isinstance(names, str) else _joined(node.constants.get(key), names, values)
    try:
        result = node.compute(**arguments)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise HeadPoseError(
            f"operator {node.op_type} '{node.name}' cannot be executed with {describe(arguments)}: {reason}"
        ) from error
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def _joined(constants: Any, names: tuple[str, ...], values: Mapping[str, Tensor]) -> list[Tensor]:
    """A list input: computed members by name, constant members (name '') from their places."""
    return [values[name] if name else constants[i] for i, name in enumerate(names)]


def describe(arguments: Mapping[str, Any]) -> str:
    """Inputs in words: ``x float32 [1, 3, 8, 8], mode 'EXACT'``."""
    words = []
    for name, value in arguments.items():
        if hasattr(value, "dtype"):
            words.append(f"{name} {str(value.dtype).removeprefix('torch.')} {list(value.shape)}")
        else:
            words.append(f"{name} {value!r}" if isinstance(value, str) else f"{name} ({len(value)} values)")
    return ", ".join(words)
