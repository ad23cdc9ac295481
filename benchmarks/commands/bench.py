"""``headpose bench``: latency of artefacts on this computer, in turns, as ratios to the first one."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.host import Ratio
    from benchmarks.record import LatencyResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("artifacts", nargs="+", metavar="FILE", help="exported files; they take turns")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads per engine (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=50, metavar="N", help="samples of each (default: %(default)s)")
    parser.add_argument("--warmup", type=int, default=5, metavar="N", help="rounds before (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print every sample and fact as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure and print; 0 also where the figures may not be quoted, which the table then says."""
    from benchmarks.host import measure, ratios_to_first
    from runtime.progress import progress_bar

    with progress_bar() as progress:
        results = measure(
            args.artifacts, threads=args.threads, rounds=args.rounds, warmup=args.warmup, progress=progress
        )
    ratios = ratios_to_first(results)
    if args.json:
        from dataclasses import asdict

        data = {"results": [r.to_json() for r in results], "ratios": [asdict(ratio) for ratio in ratios]}
        print(json.dumps(data, indent=1))
    else:
        _print_table(results, ratios)
    return 0


def _print_table(results: list[LatencyResult], ratios: list[Ratio]) -> None:
    from rich.console import Console
    from rich.table import Table

    console, device = Console(), results[0].device
    rounds, threads = len(results[0].samples_ms), results[0].run.threads
    title = f"{device.model}, {threads} thread(s), {rounds} rounds in turns; milliseconds"
    table = Table(title=title)
    table.add_column("model", overflow="fold")
    for name in ("p50", "p95", "load", "first", "to the first"):
        table.add_column(name, justify="right")
    for i, result in enumerate(results):
        ratio = f"{ratios[i - 1].ratio:.2f} ({ratios[i - 1].low:.2f}–{ratios[i - 1].high:.2f})" if i else "1"
        stats = result.latency_ms
        times = (stats.p50, stats.p95, result.load_ms, result.first_ms)
        name = f"{_label(result)}\n[dim]{result.run.engine}[/]"
        table.add_row(name, *(f"{ms:.1f}" for ms in times), ratio)
    console.print(table)
    for result in results:
        if not result.valid:
            reasons = "; ".join(result.invalid_reasons)
            console.print(f"[yellow]{_label(result)}: not to be quoted: {reasons}[/]")


def _label(result: LatencyResult) -> str:
    model = result.model
    return f"{model.backbone} {model.precision} {model.target}"
