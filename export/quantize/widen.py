"""What it costs, in degrees, to quantise one block or one operator alone; and which to keep wide until a gate holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from export.quantize.placement import blocks_of
from export.quantize.quantizers import Quantizer
from runtime.errors import unknown_name
from runtime.rotation import geodesic_deg
from training.data.source import Progress, silent

UNITS = ("block", "operator")
_MOST = 0.5  # part of the blocks that may be kept wide: beyond it the file is no longer a quantised one

Run = Callable[[Any], npt.NDArray[np.float32]]
"""In-memory model → its rotations (N, 3, 3) on the images that decide."""


@dataclass(frozen=True)
class UnitLoss:
    """One block or operator, quantised while everything else is wide."""

    unit: str
    """Path of the PyTorch module."""
    mean_deg: float
    """Mean angle to the float network's rotations."""
    max_deg: float
    """Worst image."""

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def units_of(quantizer: Quantizer, kind: str) -> tuple[str, ...]:
    """What can be quantised alone: 'block's or 'operator's; HeadPoseError for another kind."""
    if kind not in UNITS:
        raise unknown_name("unit of sensitivity", kind, UNITS)
    return blocks_of(quantizer.modules) if kind == "block" else quantizer.modules


def unit_losses(
    quantizer: Quantizer,
    run: Run,
    truth: npt.NDArray[np.float32],
    kind: str = "block",
    progress: Progress = silent,
) -> list[UnitLoss]:
    """The loss of each unit alone, in execution order.

    Args:
        quantizer: of one target in one precision.
        run: the engine.
        truth: (N, 3, 3) rotations of the float network on the same images.
        kind: 'block' or 'operator'.
        progress: told of every unit.
    """
    units = units_of(quantizer, kind)
    losses = []
    for done, unit in enumerate(units):
        progress(f"quantising {unit} alone", done, len(units))
        losses.append(angles_to(truth, run(quantizer.quantize(_others(quantizer.modules, unit))), unit))
    return losses


def angles_to(truth: npt.NDArray[np.float32], rotations: npt.NDArray[np.float32], unit: str) -> UnitLoss:
    """The loss that rotations (N, 3, 3) show against the true ones; NaN and infinity count as 180°."""
    finite: npt.NDArray[np.bool_] = np.asarray(np.isfinite(rotations).all(axis=(1, 2)))
    angles = np.where(finite, geodesic_deg(np.where(finite[:, None, None], rotations, 0), truth), 180.0)
    return UnitLoss(unit, float(np.mean(angles)), float(np.max(angles)))


def _others(modules: Sequence[str], unit: str) -> list[str]:
    return [path for path in modules if path != unit and not path.startswith(f"{unit}.")]


def widening_steps(losses: Sequence[UnitLoss]) -> list[int]:
    """How many of the worst units to keep wide, one try after the other: 1, 2, 3, 4, 6, 8, 12, … up to half of them."""
    most = int(len(losses) * _MOST)
    steps, count = [], 1
    while count <= most:
        steps.append(count)
        count = count + 1 if count < 4 else count + max(2, count // 2)
    return steps


def worst(losses: Sequence[UnitLoss], count: int) -> tuple[str, ...]:
    """The units that lose most."""
    ranked = sorted(losses, key=lambda loss: loss.mean_deg, reverse=True)
    return tuple(loss.unit for loss in ranked[:count])


def widen(
    quantizer: Quantizer,
    losses: Sequence[UnitLoss],
    holds: Callable[[Any, tuple[str, ...]], bool],
    kept: Collection[str] = (),
    progress: Progress = silent,
) -> tuple[str, ...] | None:
    """The fewest of the tried numbers of worst units that, kept wide, make `holds` true; None if none does.

    Args:
        quantizer: makes the models.
        losses: of each unit alone.
        holds: judges a model and the modules that are wide in it.
        kept: modules that are wide in any case.
        progress: told of every try.
    """
    steps = widening_steps(losses)
    for done, count in enumerate(steps):
        wide = (*kept, *worst(losses, count))
        progress(f"keeping {count} wide", done, len(steps))
        if holds(quantizer.quantize(wide), wide):
            return wide
    return None
