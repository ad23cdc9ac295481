"""Which PyTorch module an operator of a float artefact belongs to, and which modules stay in float.

Module paths are the one language in which all three targets can be told what to quantise: files name their operators
each in its own way, and converters rename, split and melt them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from export.culprit import align
from export.gates import OPERATOR_TOLERANCES
from export.tape import Record
from runtime.sessions.steps import Step

DECODING = ""  # path of the operators that turn six numbers into a rotation: they stand in no module
NORMALIZE = "normalize"
HEAD = "head"  # its six numbers in 8 bits would be half a degree apart, and it has 0.02 % of M4's weights
ALWAYS_WIDE = (DECODING, NORMALIZE, HEAD)


class Node(NamedTuple):
    """One operator of an artefact's graph."""

    name: str
    """As the target's quantiser names operators."""
    inputs: tuple[str, ...]
    """Tensors it reads, constants too."""
    outputs: tuple[str, ...]
    """Tensors it writes."""


def module_paths(steps: Iterable[Step], tape: list[Record], precision: str = "fp32") -> dict[str, str]:
    """Output tensor → path of the module that computes the same; operators without a sure partner are left out.

    Args:
        steps: the float artefact, walked on one image.
        tape: PyTorch's operators on that image.
        precision: 'fp32' or 'fp16', of the artefact.
    """
    pairs = align(steps, tape, OPERATOR_TOLERANCES[precision])
    return {pair.step.name: pair.record.module for pair in pairs}


def place(nodes: Iterable[Node], paths: Mapping[str, str]) -> dict[str, str]:
    """Operator → module path; one that only moves data belongs to where its first input comes from.

    Args:
        nodes: the graph in execution order.
        paths: what `module_paths` gave.
    """
    placed: dict[str, str] = {}
    made_by: dict[str, str] = {}
    for node in nodes:
        known = next((paths[out] for out in node.outputs if out in paths), None)
        if known is None:
            known = next((made_by[tensor] for tensor in node.inputs if tensor in made_by), NORMALIZE)
        placed[node.name] = known
        made_by.update(dict.fromkeys(node.outputs, known))
    return placed


def is_wide(path: str, wide: Collection[str]) -> bool:
    """Whether a module stays in float: it is one of `wide`, or within one, or nothing that is ever quantised."""
    return path in ALWAYS_WIDE or any(path == one or path.startswith(f"{one}.") for one in wide)


def quantizable(placed: Mapping[str, str]) -> tuple[str, ...]:
    """The module paths that can be quantised, each once, in execution order."""
    return tuple(dict.fromkeys(path for path in placed.values() if path not in ALWAYS_WIDE))


def blocks_of(paths: Iterable[str]) -> tuple[str, ...]:
    """The blocks that modules stand in: 'backbone.stages.2.blocks.7', 'backbone.stem', 'head'; others by themselves."""
    return tuple(dict.fromkeys(_block(path) for path in paths))


def _block(path: str) -> str:
    parts = path.split(".")
    if "blocks" in parts[:-1]:
        return ".".join(parts[: parts.index("blocks") + 2])
    if "downsample" in parts:
        return ".".join(parts[: parts.index("downsample") + 1])
    return ".".join(parts[:2])
