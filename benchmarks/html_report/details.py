"""Every measurement in full: hashes, engine, tools, conditions, and its samples in the order in which they came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.html_report import labels
from benchmarks.html_report.bars import colour_of
from benchmarks.html_report.markup import Markup, el
from benchmarks.html_report.series import Entry
from benchmarks.record import LatencyResult

WIDTH, HEIGHT = 600, 90
_MOST = 600  # points of the picture of samples: more than its pixels show nothing


def details(found: Sequence[Entry]) -> Markup:
    """A closed part for each result; links to its id open it."""
    return el("div", *map(_one, found))


def _one(entry: Entry) -> Markup:
    result = entry.result
    title = f"{labels.full_label(result)} — {labels.device_name(result.device)}, {result.created[:10]}"
    doubt = "" if result.valid else f" — not quotable: {'; '.join(result.invalid_reasons)}"
    rows = [el("div", el("dt", name), el("dd", value)) for name, value in facts(result).items() if value]
    return el("details", el("summary", title + doubt), el("dl", *rows), _samples(result), id=entry.id)


def facts(result: LatencyResult) -> dict[str, str]:
    """What is said of a result, name → text; empty texts are not shown."""
    model, device, run = result.model, result.device, result.run
    thermal = " → ".join(state for state in (device.thermal_start, device.thermal_end) if state)
    return {
        "file": f"{model.name} ({model.target}), {model.size_bytes:,} bytes, sha256 {model.sha256}",
        "weights": f"{'trained' if model.trained else 'untrained'}, sha256 {model.checkpoint_sha256}",
        "exporter": _pairs(model.git),
        "input": f"{model.input_size} × {model.input_size} px",
        "device": f"{labels.device_name(device)}, {device.kind} {device.model}, {device.cores} cores, {device.os}"
        + ("" if device.memory_gb is None else f", {device.memory_gb:g} GB"),
        "thermal state": thermal,
        "power saving": {None: "", True: "on", False: "off"}[device.low_power],
        "tool": f"{run.tool}; engine {run.engine}; protocol {run.protocol}",
        "compute units": f"asked for {run.compute_units_requested}, used {run.compute_units_used or 'not told'}",
        "samples": f"{run.iterations} after {run.warmup} to warm up; they hold {', '.join(run.includes)}",
        "in turns with": ", ".join(run.interleaved_with),
        "conditions": _pairs(run.conditions),
        "statistics, ms": _statistics(result),
        "energy": "" if result.energy_mj is None else f"{result.energy_mj:g} mJ an inference",
        "parity": _pairs(result.parity or {}),
        "versions": _pairs(result.tools),
        "measured": result.created,
    }


def _statistics(result: LatencyResult) -> str:
    names = ("min", "mean", "std", "p50", "p90", "p95", "p99", "max", "trimmed_mean")
    found = ((name, getattr(result.latency_ms, name)) for name in names)
    return ", ".join(f"{name.replace('_', ' ')} {labels.ms(value)}" for name, value in found if value is not None)


def _pairs(data: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_plain(value)}" for key, value in data.items() if value is not None)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return f"({_pairs(value)})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _samples(result: LatencyResult) -> Markup | None:
    if len(result.samples_ms) < 2:
        return None
    values = np.asarray(result.samples_ms)
    chosen = np.unique(np.linspace(0, len(values) - 1, min(len(values), _MOST)).round().astype(int))
    top = float(values.max())
    points = " ".join(f"{WIDTH * i / (len(values) - 1):.1f},{HEIGHT * (1 - values[i] / top):.1f}" for i in chosen)
    line = el("polyline", points=points, class_="line")
    picture = el("svg", line, viewbox=f"0 0 {WIDTH} {HEIGHT}", preserveaspectratio="none", class_="samples")
    text = f"{len(values)} samples in order, from 0 to {labels.ms(top)} ms"
    return el("figure", picture, el("figcaption", text), class_=colour_of(result))
