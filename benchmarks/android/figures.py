"""The figures that benchmark_model tells, from its result file or from its text."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.latency import LatencyStats
from runtime.errors import HeadPoseError


@dataclass(frozen=True)
class Figures:
    """Times in milliseconds, memory in 10⁶ bytes; None where it was not told."""

    runs: int
    """Inferences that were timed."""
    warmup: int
    """Inferences before them."""
    mean_ms: float | None = None
    """Arithmetic mean."""
    min_ms: float | None = None
    """Fastest."""
    max_ms: float | None = None
    """Slowest."""
    std_ms: float | None = None
    """Standard deviation."""
    p50_ms: float | None = None
    """Median; only newer tools tell it."""
    p95_ms: float | None = None
    """95th percentile; only newer tools tell it."""
    init_ms: float | None = None
    """From the path to a session that is ready."""
    first_ms: float | None = None
    """First inference."""
    peak_mb: float | None = None
    """Peak of the whole process, with --report_peak_memory_footprint."""
    growth_mb: float | None = None
    """By how much the process grew from its start to its end."""

    def stats(self) -> LatencyStats:
        """As a result keeps them; HeadPoseError if the tool told no median."""
        if self.p50_ms is None:
            raise HeadPoseError(
                "this benchmark_model tells no median, neither in its text nor in a result file: take a newer one"
            )
        return LatencyStats(
            p50=self.p50_ms, mean=self.mean_ms, std=self.std_ms, min=self.min_ms, p95=self.p95_ms, max=self.max_ms
        )
