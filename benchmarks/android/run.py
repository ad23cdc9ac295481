"""Measures artefacts on one phone, one after the other, cool each time, and says which figures may be quoted.

**Unverified on a phone**: built and tested with the real adb client against a stand-in server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.android import device
from benchmarks.android.adb import Phone, connected, find_adb
from benchmarks.android.app import check_installed, measure_with_app
from benchmarks.android.benchmark_model import core_mask, measure_with_tool
from benchmarks.android.device import PhoneFacts, PhoneState, read_facts, read_state
from benchmarks.android.elf import check_runs_on
from benchmarks.android.listing import chosen_phone
from benchmarks.android.plan import APP, TOOL, Job, Settings, jobs_of, phone_artefact
from benchmarks.android.verdict import is_cool, judged
from benchmarks.android.workplace import Workplace, workplace
from benchmarks.record import LatencyResult

Progress = Callable[[str, int, int], None]
POLL_S = 5.0
"""Seconds between two looks at a phone that cools."""


@dataclass(frozen=True)
class _Bench:
    place: Workplace
    settings: Settings
    facts: PhoneFacts
    start: PhoneState
    progress: Progress


def open_phone(serial: str | None = None) -> Phone:
    """The phone that is connected, or the one with this serial number; HeadPoseError if there is none that is ready."""
    adb = find_adb()
    return Phone(adb, chosen_phone(connected(adb), serial))


def measure(
    paths: Sequence[str | Path],
    phone: Phone,
    settings: Settings,
    *,
    keep: Callable[[LatencyResult], None],
    progress: Progress = lambda text, done, total: None,
) -> None:
    """Measure every artefact in every way, on every accelerator, with every number of threads.

    Args:
        paths: .tflite files; .onnx files too, which our app alone runs, on the cpu.
        phone: where.
        settings: how.
        keep: called with each result as it comes, so that what was measured is not lost if a later one fails.
        progress: called with a text, steps done and steps in all.

    Raises HeadPoseError for bad input, a phone that may not be measured or goes away, and a tool that fails; the
    phone is cleaned up then too.
    """
    jobs = jobs_of([phone_artefact(path) for path in paths], settings)
    facts, start = read_facts(phone), read_state(phone)
    device.check_battery(start, phone.name)
    if settings.tool and TOOL in settings.ways:
        check_runs_on(settings.tool, facts.abis, phone.name)
    if APP in settings.ways:
        check_installed(phone)
    with workplace(phone) as place:
        bench = _Bench(place, settings, facts, start, progress)
        for number, job in enumerate(jobs):
            keep(_measure(bench, job, number, len(jobs)))


def _measure(bench: _Bench, job: Job, number: int, total: int) -> LatencyResult:
    phone, facts = bench.place.phone, bench.facts
    before, waited_s = _cooled(bench, number, total)
    device.check_battery(before, phone.name)
    device.check_thermal(before, phone.name)
    bench.progress(f"measuring {job.text}", number, total)
    if job.way == TOOL:
        own = device.device_of(facts, before, before)
        result = measure_with_tool(bench.place, job, bench.settings, facts, own)
    else:
        result = measure_with_app(bench.place, job, bench.settings)
    after = read_state(phone)
    bench.progress(f"measured {job.text}", number + 1, total)
    return judged(result, facts, (bench.start, before, after), _conditions(bench.settings, job, facts, waited_s))


def _cooled(bench: _Bench, number: int, total: int) -> tuple[PhoneState, float]:
    """The state once the phone is cool or the time for that is over, and the seconds that it took."""
    begun, limit_s = time.monotonic(), bench.settings.cool_down_s
    while True:
        state, waited_s = read_state(bench.place.phone), time.monotonic() - begun
        if is_cool(state, bench.start) or waited_s >= limit_s:
            return state, waited_s
        heat = f"{state.battery_c} °C, thermal state {state.thermal}"
        bench.progress(f"cooling down ({heat}): {waited_s:.0f} of at most {limit_s:.0f} s", number, total)
        time.sleep(min(POLL_S, max(limit_s - waited_s, 0.01)))


def _conditions(settings: Settings, job: Job, facts: PhoneFacts, waited_s: float) -> dict[str, str]:
    """Conditions of a run that do not come from the phone's state."""
    mask = core_mask(settings.cores, facts.big_cores) if job.way == TOOL else None
    return {
        "abi": facts.abis[0] if facts.abis else "unknown",
        "cores": f"taskset {mask}" if mask else "all",
        "cooled_down_s": f"{waited_s:.0f}",
    }
