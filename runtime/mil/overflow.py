"""Looks for numbers that half precision cannot hold, operator by operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from runtime.mil.backend import FLOATS, torch
from runtime.mil.program import MilProgram

HALF_MAX = 65504.0  # largest finite number of IEEE half precision


@dataclass(frozen=True)
class Overflow:
    """The first place where a program leaves the range of half precision."""

    name: str
    """Output variable."""
    op_type: str
    """Operator type."""
    dtype: str
    """Stored type: 'fp16' has overflowed, 'fp32' would if it were stored in half precision."""
    largest: float
    """Largest |x| that the operator computed, before storage; may be inf, or nan if no number is left."""
    count: int
    """Elements that are out of range or not finite."""
    inputs: tuple[str, ...]
    """Variables that the operator read."""


def find_overflow(program: MilProgram, feeds: Mapping[str, npt.NDArray[Any]]) -> Overflow | None:
    """Run in 'stored' mode; the first operator with an output that is not finite or above 65504, else None.

    It shows what fp16 storage does. An engine that accumulates in half precision may overflow earlier, inside an
    operator.
    """
    for execution in program.execute(feeds, "stored"):
        for variable, computed, stored in zip(execution.node.outputs, execution.computed, execution.stored):
            if variable.dtype not in FLOATS:
                continue
            outside = ~(stored.abs() <= HALF_MAX)  # also true for NaN
            if bool(outside.any()):
                numbers = computed.float().abs()
                numbers = numbers[~torch.isnan(numbers)]
                read = tuple(
                    n for v in execution.node.variables.values() for n in ([v] if isinstance(v, str) else v) if n
                )
                largest = float(numbers.max()) if len(numbers) else float("nan")
                return Overflow(
                    variable.name, execution.node.op_type, variable.dtype, largest, int(outside.sum()), read
                )
    return None
