"""Statistics of latency samples, and whether they may be quoted: the same arithmetic on computers and on phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

MIN_SAMPLES = 20  # below this a p95 is one sample
MIN_SECONDS = 0.25  # all samples together: below this one interruption is all that was seen
MAX_DRIFT = 0.10  # medians of the first and the last third: a machine that heats up or gets busy
MAX_SPREAD = 1.5  # p90 / p50: other work on the same cores
MAX_CLOCK_JUMP_S = 1.0  # wall clock against monotonic clock: the computer slept, or its clock was set
ROUND = 50  # samples of a round of ModelBench
ROUND_TRIM = 0.2  # share of a round that ModelBench leaves out at either end: 10 of 50


@dataclass(frozen=True)
class LatencyStats:
    """Figures of a list of samples, milliseconds; None where a foreign tool does not tell. Percentiles interpolate."""

    p50: float
    """Median."""
    mean: float | None = None
    """Arithmetic mean."""
    std: float | None = None
    """Standard deviation of the sample (n − 1)."""
    min: float | None = None
    """Fastest."""
    p90: float | None = None
    """90th percentile."""
    p95: float | None = None
    """95th percentile."""
    p99: float | None = None
    """99th percentile."""
    max: float | None = None
    """Slowest."""
    trimmed_mean: float | None = None
    """As Apple's ModelBench computes it, see `trimmed_mean`."""

    @staticmethod
    def of(samples_ms: Sequence[float]) -> LatencyStats:
        """The figures of at least one sample; raises HeadPoseError for none."""
        values = np.asarray(samples_ms, dtype=np.float64)
        if values.size == 0:
            raise HeadPoseError("a latency needs at least one sample: measure again with more rounds")
        p50, p90, p95, p99 = np.percentile(values, [50, 90, 95, 99])
        std = values.std(ddof=1) if values.size > 1 else 0.0
        trimmed = trimmed_mean(values)
        figures = (p50, values.mean(), std, values.min(), p90, p95, p99, values.max(), trimmed)
        return LatencyStats(*(round(float(figure), 4) for figure in figures))


def trimmed_mean(samples_ms: npt.NDArray[np.floating] | Sequence[float]) -> float:
    """Rounds of 50 samples in order, each without its 10 fastest and 10 slowest; the mean of the rounds' means.

    A last round that is not full is left out. If it is the only one, a fifth of it (rounded down) goes at either end.

    Source: the protocol of Apple's ml-mobileone ModelBench, 20 rounds of 50.
    """
    values = np.asarray(samples_ms, dtype=np.float64)
    full = len(values) // ROUND
    rounds = values[: full * ROUND].reshape(full, ROUND) if full else values[None]
    cut = int(rounds.shape[1] * ROUND_TRIM)
    ordered = np.sort(rounds, axis=1)
    return float(ordered[:, cut : rounds.shape[1] - cut].mean(axis=1).mean())


def reasons_against(
    samples_ms: Sequence[float], *, emulated: bool = False, clock_jump_s: float = 0.0, throttled: str | None = None
) -> tuple[str, ...]:
    """Why these samples may not be quoted as the device's latency; empty if they may.

    Args:
        samples_ms: in the order in which they were taken.
        emulated: whether something else than the device's own engine ran.
        clock_jump_s: by how much the wall clock ran ahead of the monotonic one meanwhile.
        throttled: the thermal state in the system's words if it slowed the device down, else None.
    """
    reasons = _outer_reasons(emulated, clock_jump_s, throttled)
    if len(samples_ms) < MIN_SAMPLES:
        return (*reasons, f"{len(samples_ms)} samples, fewer than {MIN_SAMPLES}")
    seconds = float(np.sum(samples_ms)) / 1e3
    if seconds < MIN_SECONDS:
        reasons.append(f"{seconds:.2f} s of samples, less than {MIN_SECONDS:g} s")
    third = len(samples_ms) // 3
    first, last = float(np.median(samples_ms[:third])), float(np.median(samples_ms[-third:]))
    drift = last / first - 1
    if abs(drift) > MAX_DRIFT:
        reasons.append(f"the median drifted by {drift:+.0%} from the first to the last third")
    p50, p90 = np.percentile(samples_ms, [50, 90])
    if p90 > MAX_SPREAD * p50:
        reasons.append(f"p90 is {p90 / p50:.1f} times p50: other work ran on the same cores")
    return tuple(reasons)


def reasons_against_summary(
    stats: LatencyStats,
    iterations: int,
    *,
    emulated: bool = False,
    clock_jump_s: float = 0.0,
    throttled: str | None = None,
) -> tuple[str, ...]:
    """As `reasons_against`, for a tool that tells figures and no samples; drift cannot be seen then.

    Args:
        stats: what the tool tells.
        iterations: how many samples it took.
        emulated: whether something else than the device's own engine ran.
        clock_jump_s: by how much the wall clock ran ahead of the monotonic one meanwhile.
        throttled: the thermal state in the system's words if it slowed the device down, else None.
    """
    reasons = _outer_reasons(emulated, clock_jump_s, throttled)
    if iterations < MIN_SAMPLES:
        return (*reasons, f"{iterations} samples, fewer than {MIN_SAMPLES}")
    seconds = iterations * (stats.p50 if stats.mean is None else stats.mean) / 1e3
    if seconds < MIN_SECONDS:
        reasons.append(f"{seconds:.2f} s of samples, less than {MIN_SECONDS:g} s")
    name, high = ("p90", stats.p90) if stats.p90 is not None else ("p95", stats.p95)
    if high is not None and high > MAX_SPREAD * stats.p50:
        reasons.append(f"{name} is {high / stats.p50:.1f} times p50: other work ran on the same cores")
    return tuple(reasons)


def _outer_reasons(emulated: bool, clock_jump_s: float, throttled: str | None) -> list[str]:
    reasons = ["the times are those of an emulation"] if emulated else []
    if throttled is not None:
        reasons.append(f"the device was throttled: thermal state {throttled}")
    if abs(clock_jump_s) > MAX_CLOCK_JUMP_S:
        reasons.append(f"the clock jumped by {clock_jump_s:+.0f} s: the computer slept, or its time was set")
    return reasons
