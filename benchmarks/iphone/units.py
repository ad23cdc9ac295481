"""Compute units of Core ML: what was asked for, and what the system's compute plan gave the operators to.

A compute plan tells what the system prefers, on that device and for that choice of units. It is a plan: a small
operator may still run elsewhere, and nothing public tells that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.record import UnitShare
from runtime.errors import HeadPoseError, unknown_name

COMPUTE_UNITS = {"all": "ALL", "cpuAndNeuralEngine": "CPU_AND_NE", "cpuAndGPU": "CPU_AND_GPU", "cpuOnly": "CPU_ONLY"}
"""MLComputeUnits as Swift spells its cases → as coremltools.ComputeUnit spells them."""
RAW_VALUES = {0: "cpuOnly", 1: "cpuAndGPU", 2: "all", 3: "cpuAndNeuralEngine"}
"""MLComputeUnits by raw value, as Core ML's header MLModelConfiguration.h numbers them."""
_WANTED = {"cpuAndNeuralEngine": "ane", "cpuAndGPU": "gpu"}
_ALLOWED = {
    "all": {"ane", "gpu", "cpu"},
    "cpuAndNeuralEngine": {"ane", "cpu"},
    "cpuAndGPU": {"gpu", "cpu"},
    "cpuOnly": {"cpu"},
}


@dataclass(frozen=True)
class Placed:
    """One operator of a compute plan."""

    unit: str
    """'ane', 'gpu' or 'cpu': the preferred one."""
    cost: float | None
    """Its estimated part of the model's cost, in any unit that all operators share; None where it is not told."""


def compute_units_from(text: str) -> tuple[str, ...]:
    """'all,cpuOnly' as names; HeadPoseError for an unknown or repeated one."""
    names = tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in COMPUTE_UNITS:
            raise unknown_name("choice of compute units", name, COMPUTE_UNITS)
    if len(set(names)) < len(names):
        raise HeadPoseError(f"--compute-units names one twice: {text}")
    return names


def shares(operators: Iterable[Placed]) -> tuple[UnitShare, ...]:
    """Count and cost share of each unit that has operators, the dearest first; empty for no operators.

    A cost share is None for all units if any operator's cost is not told.
    """
    placed = list(operators)
    costs = [operator.cost for operator in placed if operator.cost is not None]
    total = sum(costs) if len(costs) == len(placed) else 0.0
    found = []
    for unit in sorted({operator.unit for operator in placed}):
        own = [operator for operator in placed if operator.unit == unit]
        share = round(sum(operator.cost or 0.0 for operator in own) / total, 4) if total > 0 else None
        found.append(UnitShare(unit, len(own), share))
    return tuple(sorted(found, key=lambda share: (-(share.cost_share or 0.0), -share.operators)))


def units_used(placement: Sequence[UnitShare]) -> str | None:
    """'ane, cpu': the units of a placement, in its order; None for an empty one."""
    return ", ".join(share.unit for share in placement) or None


def reasons_against_units(asked: str, placement: Sequence[UnitShare]) -> tuple[str, ...]:
    """Why these figures are not those of the units that were asked for; empty if they are, or if nothing tells."""
    got = {share.unit for share in placement if share.operators}
    wanted, foreign = _WANTED.get(asked), got - _ALLOWED.get(asked, got)
    if got and wanted is not None and wanted not in got:
        return (f"backend not what was asked for: {asked}, but the compute plan gives no operator to the {wanted}",)
    if foreign:
        names = ", ".join(sorted(foreign))
        return (f"backend not what was asked for: {asked}, but the compute plan gives operators to the {names}",)
    return ()
