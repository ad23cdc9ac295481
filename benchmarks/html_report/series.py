"""Which results are of the same thing: an artefact on a device, measured in one way. The newest of each is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.record import LatencyResult


class Series(NamedTuple):
    """What must agree; not the file's hash, since its change is what a history shows, and no version of a tool."""

    device_kind: str
    device: str
    name: str
    target: str
    input_size: int
    threads: int | None
    compute_units: str
    includes: tuple[str, ...]
    protocol: str
    mode: str
    tool: str
    engine: str


@dataclass(frozen=True)
class Entry:
    """One result on the page."""

    id: str
    """Unique on the page, as 'm12'."""
    result: LatencyResult
    """What was measured."""
    newest: bool
    """False if its series has a later one."""


def series_of(result: LatencyResult) -> Series:
    """The series that a result belongs to."""
    model, run, device = result.model, result.run, result.device
    return Series(
        device.kind,
        device.model,
        model.name,
        model.target,
        model.input_size,
        run.threads,
        run.compute_units_requested,
        run.includes,
        run.protocol,
        run.mode,
        without_versions(run.tool),
        without_versions(run.engine),
    )


def without_versions(text: str) -> str:
    """'onnxruntime 1.31.1 (CPU)' → 'onnxruntime (CPU)'."""
    return " ".join(re.sub(r"(?<!\S)v?\d+(\.\d+)*\S*", " ", text).split())


def histories(results: Sequence[LatencyResult]) -> dict[Series, list[LatencyResult]]:
    """Every series in the order of its name, its results by date."""
    found: dict[Series, list[LatencyResult]] = {}
    for result in sorted(results, key=lambda r: r.created):
        found.setdefault(series_of(result), []).append(result)
    return dict(sorted(found.items(), key=lambda pair: tuple(map(str, pair[0]))))


def entries(results: Sequence[LatencyResult]) -> list[Entry]:
    """Results for the page: by kind of device, device and median."""
    last = {id(of_one[-1]) for of_one in histories(results).values()}
    kinds = ("host", "android", "iphone")
    ordered = sorted(
        results, key=lambda r: (kinds.index(r.device.kind), r.device.model, r.latency_ms.p50, r.model.name, r.created)
    )
    return [Entry(f"m{number}", result, id(result) in last) for number, result in enumerate(ordered, 1)]


def fewest_threads(results: Sequence[LatencyResult]) -> list[LatencyResult]:
    """Of results that differ in the number of threads alone, the one with the fewest; own choice counts 0."""
    found: dict[Series, LatencyResult] = {}
    for result in sorted(results, key=lambda r: r.run.threads or 0):
        found.setdefault(series_of(result)._replace(threads=None), result)
    return [result for result in results if found[series_of(result)._replace(threads=None)] is result]


def newest(results: Sequence[LatencyResult]) -> list[LatencyResult]:
    """The newest result of each series, fastest first within each device."""
    return [entry.result for entry in entries(results) if entry.newest]
