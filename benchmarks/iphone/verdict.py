"""Whether a result of a phone may be quoted: judged here, by the same rules for every way it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.iphone.units import reasons_against_units
from benchmarks.latency import LatencyStats, reasons_against
from benchmarks.record import LatencyResult

THROTTLED = ("serious", "critical")
"""ProcessInfo.ThermalState in Apple's words; the system slows down from 'serious' on."""


def judged(result: LatencyResult, also: Sequence[str] = ()) -> LatencyResult:
    """The result with figures computed from its samples, `valid` and its reasons.

    Args:
        result: at least one sample; what it says of its own validity is kept as a reason more, never as one less.
        also: further reasons against it.
    """
    hot = next((s for s in (result.device.thermal_end, result.device.thermal_start) if s in THROTTLED), None)
    found = [*reasons_against(result.samples_ms, emulated=result.run.emulated, throttled=hot)]
    if result.device.low_power:
        found.append("low-power mode was on")
    found += reasons_against_units(result.run.compute_units_requested, result.placement)
    reasons = tuple(dict.fromkeys([*found, *result.invalid_reasons, *also]))
    return replace(result, latency_ms=LatencyStats.of(result.samples_ms), valid=not reasons, invalid_reasons=reasons)
