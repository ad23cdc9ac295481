"""Which figures of a phone may be quoted: its state around a measurement, against that before the first one."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.android.device import PhoneFacts, PhoneState, device_of
from benchmarks.latency import reasons_against, reasons_against_summary
from benchmarks.record import LatencyResult

_WARMER_C = 3.0  # than before the first measurement: within what a battery drifts by itself


def is_cool(state: PhoneState, start: PhoneState) -> bool:
    """Whether nothing throttles and the battery is about as warm as before the first measurement."""
    if state.thermal not in (None, "none"):
        return False
    return state.battery_c is None or start.battery_c is None or state.battery_c <= start.battery_c + _WARMER_C


def judged(
    result: LatencyResult,
    facts: PhoneFacts,
    states: tuple[PhoneState, PhoneState, PhoneState],
    conditions: dict[str, str],
) -> LatencyResult:
    """A result with the phone's facts, and with every reason against quoting it.

    Args:
        result: as the tool or the app told it, with its own reasons.
        facts: the phone's.
        states: before the first measurement, before this one, after it.
        conditions: what else is known.
    """
    start, before, after = states
    hot = next((s.thermal for s in (before, after) if s.thermal not in (None, "none")), None)
    stats, emulated = result.latency_ms, facts.emulated or result.run.emulated
    if result.samples_ms:
        found = reasons_against(result.samples_ms, emulated=emulated, throttled=hot)
    else:
        found = reasons_against_summary(stats, result.run.iterations, emulated=emulated, throttled=hot)
    reasons = tuple(dict.fromkeys([*result.invalid_reasons, *found, *_reasons_of_state(start, before, after)]))
    told = {**result.run.conditions, **conditions, **_conditions_of_state(before, after)}
    return replace(
        result,
        device=device_of(facts, before, after),
        run=replace(result.run, emulated=emulated, conditions=told),
        valid=not reasons,
        invalid_reasons=reasons,
    )


def _reasons_of_state(start: PhoneState, before: PhoneState, after: PhoneState) -> list[str]:
    reasons = []
    if before.thermal in (None, "none") and not is_cool(before, start):
        reasons.append(f"the phone had not cooled: battery {before.battery_c} °C, {start.battery_c} °C at first")
    if before.low_power or after.low_power:
        reasons.append("power saving was on")
    asleep = next((s.screen for s in (before, after) if s.screen not in (None, "Awake")), None)
    if asleep:
        reasons.append(f"the screen was off ({asleep}), and the system slows down then")
    return reasons


def _conditions_of_state(before: PhoneState, after: PhoneState) -> dict[str, str]:
    told = {
        "battery_percent": before.battery_percent,
        "charging": None if before.charging is None else ("yes" if before.charging else "no"),
        "battery_c_start": before.battery_c,
        "battery_c_end": after.battery_c,
        "screen": before.screen,
    }
    return {name: str(value) for name, value in told.items() if value is not None}
