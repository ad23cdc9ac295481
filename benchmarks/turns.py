"""Several pieces of work timed in turns, so that what disturbs one disturbs all, and their ratios with intervals."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from runtime.errors import HeadPoseError

Progress = Callable[[str, int, int], None]
_RESAMPLES = 2000


@dataclass(frozen=True)
class Ratio:
    """Median latency of one model over that of another, measured in turns."""

    slow: str
    """Numerator."""
    fast: str
    """Denominator."""
    ratio: float
    """Of the medians: 2 means that `slow` takes twice the time."""
    low: float
    """2.5th percentile of the bootstrap."""
    high: float
    """97.5th percentile of the bootstrap."""


def take_turns(
    work: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    warmup: int,
    min_seconds: float = 0.0,
    progress: Progress = lambda text, done, total: None,
) -> dict[str, list[float]]:
    """Time every piece of work `rounds` times in turns; the order is reversed every other round.

    Args:
        work: name → what to time.
        rounds: samples of each, at least.
        warmup: rounds before the first sample.
        min_seconds: go on with more rounds until all samples together took so long.
        progress: called with a text, rounds done and rounds in all.

    Returns:
        name → samples in milliseconds, in order.
    """
    samples: dict[str, list[float]] = {name: [] for name in work}
    turn, begun = -warmup, time.perf_counter()
    while turn < rounds or time.perf_counter() - begun < min_seconds:
        if turn == 0:
            begun = time.perf_counter()
        if turn in (-warmup, 0) or turn % (rounds // 4 + 1) == 0:  # seldom: drawing a bar takes time too
            progress("warming up" if turn < 0 else "measuring", max(turn, 0), max(rounds, turn + 1))
        for name in sorted(work, reverse=bool(turn % 2)):
            start = time.perf_counter_ns()
            work[name]()
            elapsed_ms = (time.perf_counter_ns() - start) / 1e6
            if turn >= 0:
                samples[name].append(round(elapsed_ms, 4))
        turn += 1
    return samples


def ratio_of(slow: str, fast: str, samples: Mapping[str, Sequence[float]], *, seed: int = 0) -> Ratio:
    """Ratio of two medians with its 95 % bootstrap interval; whole rounds are drawn, so that their pairing is kept."""
    a, b = np.asarray(samples[slow]), np.asarray(samples[fast])
    if len(a) != len(b):
        raise HeadPoseError(f"{slow} and {fast} were not measured in turns: {len(a)} and {len(b)} samples")
    draws = np.random.default_rng(seed).integers(0, len(a), (_RESAMPLES, len(a)))
    ratios = np.median(a[draws], axis=1) / np.median(b[draws], axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    middle = np.median(a) / np.median(b)
    return Ratio(slow, fast, *(round(float(value), 4) for value in (middle, low, high)))
