"""Finds the first operator of an artefact whose output leaves the tolerance, by walking it beside PyTorch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from export.gates import OperatorTolerance
from export.tape import KINDS, Record
from runtime.sessions.steps import Step

Array = npt.NDArray[np.float32]
_PSNR_CAP_DB = 200.0  # of equal arrays, whose PSNR is infinite


@dataclass(frozen=True)
class Culprit:
    """Where an artefact goes wrong."""

    operator: str
    """Name of the operator's output tensor in the file."""
    kind: str
    """Operator type as the format spells it."""
    module: str
    """Path of the PyTorch module that computes the same."""
    psnr_db: float
    """Of its output against PyTorch's."""
    max_abs: float | None
    """max|x| of its output; None if that holds NaN or infinity."""
    reference_max_abs: float
    """max|x| of PyTorch's output."""
    relative: float | None
    """max|Δ| over max|x| of PyTorch's output; None if not finite."""
    within_tolerance: bool
    """True if no operator left the tolerance and this one is merely the farthest off."""
    position: int
    """Its place in execution order, from 0."""
    image: str
    """Name of the input that showed it."""

    def sentence(self) -> str:
        """For people."""
        size = "NaN or infinity" if self.max_abs is None else f"max|x| {self.max_abs:.4g}"
        lead = "no single operator leaves the tolerance, farthest off is" if self.within_tolerance else "first at"
        return (
            f"{lead} {self.kind} '{self.operator}' (module {self.module}): PSNR {self.psnr_db:.1f} dB, {size}, "
            f"PyTorch's {self.reference_max_abs:.4g}, on {self.image}"
        )


class Difference(NamedTuple):
    """How far an array is from the true one."""

    psnr_db: float
    relative: float

    def within(self, tolerance: OperatorTolerance) -> bool:
        """Whether both figures are; NaN never is."""
        return self.psnr_db >= tolerance.min_psnr_db and self.relative <= tolerance.max_relative


class Pair(NamedTuple):
    """A step of the artefact and the record that it should equal."""

    position: int
    step: Step
    record: Record
    difference: Difference
    sure: bool
    """Whether artefact and PyTorch have equally many operators of this kind and shape."""


def psnr_db(value: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """20·log10(max|reference| / RMSE), at most 200; 0 if `value` holds NaN or infinity."""
    return difference(np.asarray(value, dtype=np.float32), np.asarray(reference, dtype=np.float32)).psnr_db


def difference(value: Array, reference: Array) -> Difference:
    """PSNR and relative peak error of two arrays with equally many elements in the same order."""
    value64, reference64 = value.astype(np.float64).ravel(), reference.astype(np.float64).ravel()
    if not np.isfinite(value64).all():
        return Difference(0.0, float("inf"))
    peak = max(float(np.abs(reference64).max(initial=0.0)), 1e-12)
    delta = value64 - reference64
    rmse = float(np.sqrt(np.mean(delta * delta))) if delta.size else 0.0
    psnr = _PSNR_CAP_DB if rmse == 0 else min(_PSNR_CAP_DB, 20 * float(np.log10(peak / rmse)))
    return Difference(psnr, float(np.abs(delta).max(initial=0.0)) / peak)


def _closest(value: Array, record: Record) -> Difference:
    """Against the record's own output or what was melted into it, whichever is nearer."""
    return max((difference(value, known) for known in record.values), key=lambda d: d.psnr_db)


def align(steps: Iterable[Step], tape: list[Record], tolerance: OperatorTolerance) -> list[Pair]:
    """Pair an artefact's operators with PyTorch's, whatever the converter renamed, melted or reordered.

    Within each kind and shape, equal values find each other first, wherever they stand; what is left, the damaged
    ones, pairs up in order. Pairs come in execution order of the artefact.
    """
    wanted: dict[tuple[str, tuple[int, ...]], list[Record]] = defaultdict(list)
    for record in tape:
        wanted[record.kind, _squeezed(record.values[0])].append(record)
    found: dict[tuple[str, tuple[int, ...]], list[tuple[int, Step]]] = defaultdict(list)
    for position, step in enumerate(steps):
        key = KINDS.get(step.kind, ""), _squeezed(step.value)
        if key in wanted:
            found[key].append((position, step))
    pairs = [pair for key in found for pair in _align_group(found[key], wanted[key], tolerance)]
    return sorted(pairs, key=lambda pair: pair.position)


def _squeezed(value: npt.NDArray[Any]) -> tuple[int, ...]:
    return tuple(n for n in value.shape if n != 1)


def _align_group(steps: list[tuple[int, Step]], records: list[Record], tolerance: OperatorTolerance) -> list[Pair]:
    sure = len(steps) == len(records)
    pairs: list[Pair] = []
    left_steps: list[tuple[int, Step]] = []
    left = list(records)
    for position, step in steps:
        match = next(((r, d) for r in left if (d := _closest(step.value, r)).within(tolerance)), None)
        if match is None:
            left_steps.append((position, step))
            continue
        left.remove(match[0])
        pairs.append(Pair(position, step, *match, sure))
    rest = [Pair(p, s, r, _closest(s.value, r), sure) for (p, s), r in zip(left_steps, left)]
    return pairs + rest


def find_culprit(steps: Iterable[Step], tape: list[Record], tolerance: OperatorTolerance, image: str) -> Culprit | None:
    """The first operator in execution order that leaves the tolerance, else the one that is farthest off.

    Operators whose partner is certain decide; the others are asked only if all of those are fine. None if nothing in
    the artefact has a partner.
    """
    pairs = align(steps, tape, tolerance)
    wrong = [pair for pair in pairs if not pair.difference.within(tolerance)]
    for pair in [p for p in wrong if p.sure] or wrong:
        return _culprit(pair, image, within=False)
    farthest = max(pairs, key=lambda pair: pair.difference.relative, default=None)
    return None if farthest is None else _culprit(farthest, image, within=True)


def _culprit(pair: Pair, image: str, *, within: bool) -> Culprit:
    peak = float(np.abs(pair.step.value).max(initial=0.0))
    return Culprit(
        operator=pair.step.name,
        kind=pair.step.kind,
        module=pair.record.module or "(decoding of the six numbers)",
        psnr_db=round(pair.difference.psnr_db, 2),
        max_abs=peak if np.isfinite(peak) else None,
        reference_max_abs=float(np.abs(pair.record.values[0]).max(initial=0.0)),
        relative=pair.difference.relative if np.isfinite(pair.difference.relative) else None,
        within_tolerance=within,
        position=pair.position,
        image=image,
    )
