"""The results of ``headpose bench host`` on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.record import LatencyResult
from benchmarks.turns import Ratio

_OPERATORS_SHOWN = 8


def print_results(results: Sequence[LatencyResult], ratios: Sequence[Ratio]) -> None:
    """Tables of latencies, of stages and of operators where they were measured, and what may not be quoted."""
    from rich.console import Console

    console = Console()
    console.print(_latencies(results, ratios))
    engines = "; ".join(dict.fromkeys(result.run.engine for result in results))
    console.print(f"[dim]load: cold, warm; MB: peak of a process of its own; {engines}[/]")
    if any(result.stages_ms for result in results):
        console.print(_stages(results))
    for result in results:
        if result.operators:
            console.print(_operators(result))
    for result in results:
        if not result.valid:
            reasons = "; ".join(result.invalid_reasons)
            console.print(f"[yellow]{label(result)}: not to be quoted: {reasons}[/]")
    sets = {f"{r.accuracy.dataset}, n = {r.accuracy.n}" for r in results if r.accuracy}
    if sets:
        console.print(f"[dim]error: mean geodesic angle to the labels of {'; '.join(sorted(sets))}[/]")


def label(result: LatencyResult) -> str:
    """'repnext_m4 fp32 onnx', 'repnext_m4 fp32 pytorch compiled', '… with detector'."""
    model = result.model
    parts = [model.backbone, model.precision, model.target, result.run.mode]
    parts.append("with detector" if len(result.run.includes) > 1 else "")
    return " ".join(filter(None, parts))


def _latencies(results: Sequence[LatencyResult], ratios: Sequence[Ratio]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    counts = sorted({result.run.threads or 0 for result in results})
    threads = " or ".join(str(count) for count in counts)
    rounds = len(results[0].samples_ms)
    title = f"{results[0].device.model}, {threads} thread(s), {rounds} rounds in turns; milliseconds"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", overflow="fold", min_width=15)
    for name in ("p50", "p95", "load", "first", "MB", "error °", "to first"):
        table.add_column(name, justify="right", no_wrap=True)
    for i, result in enumerate(results):
        ratio = f"{ratios[i - 1].ratio:.2f}\n({ratios[i - 1].low:.2f}–{ratios[i - 1].high:.2f})" if i else "1"
        own = f", {result.run.threads} thread{'s'[: result.run.threads != 1]}" if len(counts) > 1 else ""
        table.add_row(label(result) + own, *_figures(result), ratio)
    return table


def _figures(result: LatencyResult) -> list[str]:
    stats, load = result.latency_ms, result.load_ms
    loads = ", ".join("–" if ms is None else f"{ms:.0f}" for ms in (load.cold, load.warm))
    times = [f"{stats.p50:.1f}", "–" if stats.p95 is None else f"{stats.p95:.1f}", loads]
    first = "–" if result.first_ms is None else f"{result.first_ms:.1f}"
    memory = "–" if result.memory_mb is None else f"{result.memory_mb.peak_mb:.0f}"
    error = "–" if result.accuracy is None else f"{result.accuracy.geodesic_mean_deg:.2f}"
    return [*times, first, memory, "untrained" if not result.model.trained else error]


def _stages(results: Sequence[LatencyResult]) -> Any:
    from rich.table import Table

    from benchmarks.record import STAGES

    table = Table(title="stages of the whole pipeline, medians in milliseconds")
    table.add_column("model", overflow="fold")
    for stage in STAGES:
        table.add_column(stage, justify="right")
    for result in results:
        if result.stages_ms:
            table.add_row(label(result), *(f"{result.stages_ms[stage].p50:.2f}" for stage in STAGES))
    return table


def _operators(result: LatencyResult) -> Any:
    from rich.table import Table

    table = Table(title=f"{label(result)}: time by kind of operator, as {result.run.engine} tells it")
    for name, side in (("operator", "left"), ("calls", "right"), ("ms", "right"), ("share", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in result.operators[:_OPERATORS_SHOWN]:
        table.add_row(row.kind, str(row.calls), f"{row.ms:.2f}", f"{row.share:.0%}")
    rest = result.operators[_OPERATORS_SHOWN:]
    if rest:
        calls, ms, share = sum(r.calls for r in rest), sum(r.ms for r in rest), sum(r.share for r in rest)
        table.add_row(f"{len(rest)} other kinds", str(calls), f"{ms:.2f}", f"{share:.0%}")
    return table
