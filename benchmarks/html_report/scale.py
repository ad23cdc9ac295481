"""Axes: from values to places, and where the ticks are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic axis."""

    low: float
    """Value at the start."""
    high: float
    """Value at the end."""
    start: float
    """Place of `low`, in units of the picture."""
    end: float
    """Place of `high`; smaller than `start` where the axis points up."""
    logarithmic: bool = False
    """Whether equal distances are equal ratios."""

    def place(self, value: float) -> float:
        """Where a value stands; values outside the axis are put at its ends."""
        inside = min(max(value, self.low), self.high)
        low, high, at = (math.log(v) if self.logarithmic else v for v in (self.low, self.high, inside))
        return self.start + (self.end - self.start) * (at - low) / (high - low)


def linear(values: Sequence[float], start: float, end: float) -> Scale:
    """From zero to the next round number, which is the largest value at least."""
    largest = max(values, default=1.0) or 1.0
    step = nice_step(largest)
    return Scale(0.0, math.ceil(largest * 0.9999 / step) * step, start, end)


def around(values: Sequence[float], start: float, end: float) -> Scale:
    """Round numbers a little below and above all values: for pictures of points, which need no zero."""
    low, high = min(values), max(values)
    room = max(high - low, 0.1 * high) / 5
    step = nice_step(high - low + 2 * room)
    return Scale(max(math.floor((low - room) / step), 0) * step, math.ceil((high + room) / step) * step, start, end)


def logarithmic(values: Sequence[float], start: float, end: float) -> Scale:
    """With a little room at either end, over at least a factor of three."""
    low, high = min(values), max(values)
    room = max((3 / (high / low)) ** 0.5, 1.15)
    return Scale(low / room, high * room, start, end, logarithmic=True)


def nice_step(largest: float, ticks: int = 5) -> float:
    """1, 2 or 5 times a power of ten: about `ticks` of it reach `largest`."""
    power = 10.0 ** math.floor(math.log10(largest / ticks))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor * ticks >= largest * 0.999)


def ticks_of(scale: Scale) -> list[float]:
    """Round values on the axis, ascending."""
    if not scale.logarithmic:
        step = nice_step(scale.high - scale.low)
        return [round(scale.low + step * i, 10) for i in range(round((scale.high - scale.low) / step) + 1)]
    powers = range(math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high)) + 1)
    wide = scale.high / scale.low > 200
    factors = (1,) if wide else (1, 2, 5)
    every = [factor * 10.0**power for power in powers for factor in factors]
    return [tick for tick in every if scale.low <= tick <= scale.high]


def tick_text(value: float) -> str:
    """'0.001', '50': without trailing zeros."""
    return f"{value:.10f}".rstrip("0").rstrip(".") or "0"
