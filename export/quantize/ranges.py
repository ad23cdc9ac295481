"""Ranges of activations, measured on calibration crops by walking the float artefact itself, the same for every target.

The converters' own calibrations are passed by: coremltools 9.0 needs a Mac and keeps the last sample's range only, and
ai-edge-quantizer's default is a moving average that leaves most of a regressor's large activations outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from export.quantize.calibration import Crops
from runtime.errors import HeadPoseError, unknown_name
from runtime.sessions.steps import Step
from training.data.source import Progress, silent

BINS = 4096
_PERCENTILE = 99.99  # of the values of a tensor that 'percentile' keeps at either end
_SHARES = np.linspace(0.1, 1.0, 91)  # of the larger end that 'mse' tries


class Range(NamedTuple):
    """What a tensor's values lie within; zero is always inside, as every integer format stores zero exactly."""

    low: float
    high: float


class Walkable(Protocol):
    """A session that can be walked operator by operator."""

    def steps(self, image: npt.NDArray[np.uint8]) -> Iterable[Step]:
        """Every operator's output for one image (S, S, 3) uint8."""
        ...


@dataclass
class Histogram:
    """Values of one tensor over all images: exact ends, and counts in `BINS` bins over [−reach, reach]."""

    low: float = np.inf
    """Smallest value."""
    high: float = -np.inf
    """Largest value."""
    reach: float = 0.0
    """Half the width of the bins together; doubles when a value lies beyond."""
    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    """Per bin."""

    def add(self, values: npt.NDArray[np.floating]) -> None:
        """Count the values of one image."""
        flat = np.asarray(values, dtype=np.float32).ravel()
        self.low, self.high = min(self.low, float(flat.min())), max(self.high, float(flat.max()))
        largest = max(-self.low, self.high)
        if self.reach == 0.0:
            self.reach = largest
        while largest > self.reach > 0.0:
            self._widen()
        if self.reach > 0.0:
            self.counts += np.histogram(flat, bins=BINS, range=(-self.reach, self.reach))[0]

    def _widen(self) -> None:
        pairs = self.counts.reshape(BINS // 2, 2).sum(1)
        self.counts = np.pad(pairs, BINS // 4)
        self.reach *= 2

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """(BINS,) middle of every bin."""
        width = 2 * self.reach / BINS
        return np.asarray(-self.reach + width * (np.arange(BINS) + 0.5), dtype=np.float64)


def measure(session: Walkable, crops: Crops, progress: Progress = silent) -> dict[str, Histogram]:
    """Output tensor of every operator → its values over all crops.

    Args:
        session: the float artefact, opened.
        crops: RGB (N, S, S, 3) uint8.
        progress: told of every crop.

    Raises HeadPoseError where an operator gives NaN or infinity.
    """
    found: dict[str, Histogram] = {}
    for done, crop in enumerate(crops):
        progress("measuring ranges", done, len(crops))
        for step in session.steps(crop):
            if not np.issubdtype(step.value.dtype, np.floating) or step.value.size == 0:
                continue
            if not np.isfinite(step.value).all():
                raise HeadPoseError(
                    f"{step.kind} '{step.name}' gives NaN or infinity on calibration image {done}: the float file is "
                    "wrong, look at its parity first"
                )
            found.setdefault(step.name, Histogram()).add(step.value)
    return found


def _whole(values: Histogram, levels: int) -> Range:
    return Range(values.low, values.high)


def _percentile(values: Histogram, levels: int) -> Range:
    if not values.counts.any():  # all zero
        return Range(values.low, values.high)
    cumulated = np.cumsum(values.counts) / max(values.counts.sum(), 1)
    rest = 1 - _PERCENTILE / 100
    low, high = (int(i) for i in np.searchsorted(cumulated, [rest, 1 - rest]))
    centres = values.centres
    return Range(max(values.low, float(centres[low])), min(values.high, float(centres[min(high, BINS - 1)])))


def _least_square(values: Histogram, levels: int) -> Range:
    """The reach, of the larger end, whose rounding and clipping together cost least, in squares."""
    centres, counts = values.centres, values.counts / max(values.counts.sum(), 1)
    largest = max(-values.low, values.high)

    def clipped(share: float) -> Range:
        return Range(max(min(values.low, 0.0), -share * largest), min(max(values.high, 0.0), share * largest))

    def cost(share: float) -> float:
        low, high = clipped(share)
        beyond = np.maximum(np.abs(centres) - share * largest, 0.0)
        step = (high - low) / (levels - 1)
        return float((counts * beyond**2).sum() + counts[beyond == 0].sum() * step**2 / 12)

    return clipped(min(_SHARES.tolist(), key=cost))


METHODS = {"minmax": _whole, "percentile": _percentile, "mse": _least_square}


def ranges(found: Mapping[str, Histogram], method: str = "minmax", bits: int = 8) -> dict[str, Range]:
    """Tensor → range that its integers shall span; zero is inside.

    Args:
        found: what `measure` gave.
        method: 'minmax' all values, 'percentile' all but one in 10,000 at either end, 'mse' what costs least in
            squares.
        bits: of the integers.

    Raises HeadPoseError for an unknown method.
    """
    if method not in METHODS:
        raise unknown_name("method of clipping", method, METHODS)
    chosen = {name: METHODS[method](values, 2**bits) for name, values in found.items()}
    return {name: _usable(r) for name, r in chosen.items()}


def _usable(found: Range) -> Range:
    """With zero inside; a tensor that is all zero gets a range all the same, since no engine takes a scale of zero.

    There are such: at small inputs the last rows of a 7×7 kernel see nothing but padding.
    """
    low, high = min(found.low, 0.0), max(found.high, 0.0)
    return Range(low, high) if high > low else Range(-1.0, 1.0)
