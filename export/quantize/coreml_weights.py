"""Puts other weights into a Core ML program: a graph pass, since coremltools has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Values = Mapping[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]]
"""Convolution operator → its weight, and its bias unless it has none."""


def put_weights(values: Values) -> Any:
    """A pass (coremltools' AbstractGraphPass) that gives the named convolutions these weights, in their own type."""
    from coremltools.converters.mil.mil import Builder, Operation
    from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass
    from coremltools.converters.mil.mil.passes.helper import block_context_manager

    def put(op: Operation, name: str, value: npt.NDArray[np.float32]) -> None:
        old = op.inputs[name]
        with op.enclosing_block:
            new = Builder.const(val=value.astype(old.val.dtype), name=f"{old.name}_rounded", before_op=op)
        op.enclosing_block.replace_uses_of_var_after_op(
            anchor_op=new.op, old_var=old, new_var=new, end_op=op, force_replace=True
        )

    class PutWeights(AbstractGraphPass):  # type: ignore[misc]
        def apply(self, prog: Any) -> None:
            for function in prog.functions.values():
                self._in_block(function)

        @block_context_manager  # type: ignore[untyped-decorator]
        def _in_block(self, block: Any) -> None:
            for op in list(block.operations):
                if op.name in values:
                    weight, bias = values[op.name]
                    put(op, "weight", weight)
                    if bias is not None:
                        put(op, "bias", bias)

    return PutWeights()


def table_and_indices(
    size: int, weight: npt.NDArray[np.float16]
) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.uint8]]:
    """The values of a group of weights, filled up to `size`, and the flat indices into them.

    coremltools' mode 'unique' would do, but for NumPy 2.3, which sorts half precision wrongly on processors with
    AVX-512 and so finds values twice.
    """
    values, indices = np.unique(weight.astype(np.float32), return_inverse=True)
    table = np.zeros(size, dtype=weight.dtype)
    table[: len(values)] = values
    return table, indices.ravel().astype(np.uint8)
