"""95 % percentile-bootstrap intervals that draw whole groups: images of one photograph are not independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

Array = npt.NDArray[np.floating]
Weights = npt.NDArray[np.int64]

LEVEL = 0.95
RESAMPLES = 1000
SEED = 0
_DIGITS = 6


@dataclass(frozen=True)
class Figure:
    """A figure with its interval."""

    value: float
    """Of the whole set."""
    low: float | None
    """2.5th percentile of the bootstrap; None without an interval (one group, or none asked for)."""
    high: float | None
    """97.5th percentile of the bootstrap."""

    def text(self, digits: int = 2) -> str:
        """'4.12 (3.95–4.30)', or the value alone."""
        if self.low is None or self.high is None:
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} ({self.low:.{digits}f}–{self.high:.{digits}f})"


@dataclass(frozen=True)
class IntervalFacts:
    """How intervals came about."""

    method: str
    """In words."""
    level: float
    """Share of the resamples inside."""
    resamples: int
    """How many."""
    seed: int
    """Of the random generator."""
    groups: int
    """Groups that were drawn."""
    clustered: bool
    """Whether a group holds more than one image."""


def interval_facts(groups: Sequence[str], resamples: int, seed: int = SEED) -> IntervalFacts:
    """What to write beside intervals over images of these groups."""
    count = len(set(groups))
    clustered = count < len(groups)
    whole = "whole groups are drawn, because images of one photograph, person or sequence are not independent"
    method = f"percentile bootstrap; {whole if clustered else 'images are drawn, every one is a group of its own'}"
    return IntervalFacts(method, LEVEL, resamples if count > 1 else 0, seed, count, clustered)


def resample(groups: Sequence[str], resamples: int, seed: int = SEED) -> Iterator[Weights]:
    """How often every image counts, (N,), once per resample: as many groups as there are, drawn with replacement."""
    _, member_of = np.unique(np.asarray(groups), return_inverse=True)
    count, rng = int(member_of.max()) + 1, np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = np.bincount(rng.integers(0, count, count), minlength=count)
        yield drawn[member_of]


def figures(
    statistic: Callable[[Weights], Array], groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED
) -> list[Figure]:
    """Every element of a statistic with its interval.

    Args:
        statistic: how often every image counts, (N,) → K values; NaN where a resample holds no image for it.
        groups: N names of groups.
        resamples: 0 for no intervals.
        seed: of the random generator.

    Raises:
        HeadPoseError: no image, a negative number of resamples.
    """
    if not len(groups) or resamples < 0:
        raise HeadPoseError(f"cannot resample {len(groups)} images {resamples} times: at least one and 0 are needed")
    values = np.atleast_1d(statistic(np.ones(len(groups), dtype=np.int64)))
    if resamples == 0 or len(set(groups)) < 2:
        return [Figure(_round(value), None, None) for value in values]
    draws = np.stack([np.atleast_1d(statistic(weights)) for weights in resample(groups, resamples, seed)])
    return [_figure(value, column) for value, column in zip(values, draws.T)]


def _figure(value: float, draws: Array) -> Figure:
    found = draws[np.isfinite(draws)]
    if not len(found):
        return Figure(_round(value), None, None)
    tail = (1 - LEVEL) / 2 * 100
    low, high = np.percentile(found, [tail, 100 - tail])
    return Figure(_round(value), _round(low), _round(high))


def _round(value: float) -> float:
    return round(float(value), _DIGITS)


def weighted_mean(values: Array, weights: Weights) -> Array:
    """Means of columns (N, K) → (K,) where row i counts weights[i] times; NaN entries of `values` are left out."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Array = (weights @ np.where(known, values, 0.0)) / (weights @ known)
    return mean


def weighted_percentiles(sorted_values: Array, weights: Weights, percents: Sequence[float]) -> Array:
    """`np.percentile` (linear) of a sample in which sorted_values[i] stands weights[i] times; (N,) → (K,)."""
    ends = np.cumsum(weights)
    place = np.asarray(percents, dtype=np.float64) / 100 * (ends[-1] - 1)
    below = np.floor(place)
    first, second = (np.searchsorted(ends, at, side="right") for at in (below, np.minimum(below + 1, ends[-1] - 1)))
    low, high = sorted_values[first], sorted_values[second]
    return np.asarray(low + (high - low) * (place - below), dtype=np.float64)
