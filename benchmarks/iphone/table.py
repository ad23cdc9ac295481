"""What `headpose bench iphone` prints for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.iphone.chips import name_of
from benchmarks.iphone.published import Comparison, quoted_figure
from benchmarks.record import LatencyResult

if TYPE_CHECKING:
    from rich.console import Console

TOO_SHORT = "Xcode takes 120 samples, however fast the model is: several reports of one file are joined"


def print_results(results: Sequence[LatencyResult], comparisons: Sequence[Comparison], console: Console) -> None:
    """A table of the results, why some are not to be quoted, and published figures beside them."""
    from rich.table import Table

    table = Table(title="milliseconds", caption="units: where the system's compute plan puts the operators")
    table.add_column("model", overflow="fold")
    table.add_column("iPhone", overflow="fold")
    for name in ("asked for", "units"):
        table.add_column(name, overflow="fold")
    for name in ("figure", "p50", "p95", "first", "load cold", "load warm", "samples"):
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(*_row(result))
    console.print(table)
    for result in results:
        for line in _doubts(result):
            console.print(line, style="yellow", markup=False, highlight=False)
    for comparison in comparisons:
        for line in comparison_lines(comparison):
            console.print(line, markup=False, highlight=False)


def _row(result: LatencyResult) -> tuple[str, ...]:
    device, run, stats = result.device, result.run, result.latency_ms
    name, figure = quoted_figure(result)
    chip = f", {device.soc}" if device.soc else ""
    times = (stats.p50, stats.p95, result.first_ms, result.load_ms.cold, result.load_ms.warm)
    return (
        f"{result.model.name}\n[dim]{run.tool}, {run.protocol}[/]",
        f"{name_of(device.model)}{chip}\n[dim]{device.os}[/]",
        run.compute_units_requested,
        "\n".join(_share(share.unit, share.operators, share.cost_share) for share in result.placement) or "not told",
        f"{figure:.2f}\n[dim]{name}[/]",
        *("–" if ms is None else f"{ms:.2f}" for ms in times),
        str(len(result.samples_ms)),
    )


def _share(unit: str, operators: int, cost_share: float | None) -> str:
    return f"{unit} {operators}" + ("" if cost_share is None else f" ({cost_share:.0%})")


def _doubts(result: LatencyResult) -> list[str]:
    if result.valid:
        return []
    reasons = "; ".join(result.invalid_reasons)
    hint = f" ({TOO_SHORT})" if result.run.tool == "Xcode performance report" and "s of samples" in reasons else ""
    run = result.run
    return [f"{result.model.name}, {run.protocol}, {run.compute_units_requested}: not to be quoted: {reasons}{hint}"]


def comparison_lines(comparison: Comparison) -> list[str]:
    """'NAME, PROTOCOL: measured … ms, published … ms, +9.5 %' and under it what differs."""
    head = f"{comparison.model}, {comparison.protocol}: measured {comparison.measured_ms:.2f} ms"
    if comparison.published_ms is not None and comparison.difference is not None:
        head += f", published {comparison.published_ms:.2f} ms, {comparison.difference:+.1%}"
    lines = [head if comparison.comparable else f"{head}; NOT COMPARABLE: {'; '.join(comparison.not_comparable)}"]
    if comparison.source is not None:
        lines.append(f"  published: {comparison.source}")
        lines += [f"  differs: {note}" for note in comparison.differs]
    return lines
