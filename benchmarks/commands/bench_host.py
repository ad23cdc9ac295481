"""``headpose bench host``: latency of artefacts on this computer, in turns, as ratios to the first one."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.host import Ratio
    from benchmarks.record import LatencyResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("artifacts", nargs="+", metavar="FILE", help="exported files; they take turns")
    parser.add_argument("--against", metavar="FILE", help="what ratios are to (default: the first file)")
    parser.add_argument(
        "--threads", default="1", metavar="N[,N…]", help="threads per engine, each in turns (default: %(default)s)"
    )
    parser.add_argument(
        "--rounds", type=int, default=50, metavar="N", help="samples of each, at least (default: %(default)s)"
    )
    parser.add_argument("--min-seconds", type=float, default=0.0, metavar="S", help="measure at least so long")
    parser.add_argument("--warmup", type=int, default=5, metavar="N", help="rounds before (default: %(default)s)")
    parser.add_argument("--save", metavar="DIR", help="also keep each result as DIR/<device>/<date>-<artefact>.json")
    parser.add_argument("--json", action="store_true", help="print every sample and fact as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure and print; 0 also where the figures may not be quoted, which the table then says."""
    from benchmarks.host import measure, ratios_to_first
    from benchmarks.lock import only_benchmark
    from runtime.errors import HeadPoseError
    from runtime.progress import progress_bar

    if not 0 <= args.min_seconds < 86400:
        raise HeadPoseError(f"--min-seconds is {args.min_seconds:g}: give seconds, below a day")
    files = [args.against, *args.artifacts] if args.against else args.artifacts
    with only_benchmark(), progress_bar() as progress:
        results = measure(
            files,
            threads=threads_from(args.threads),
            rounds=args.rounds,
            warmup=args.warmup,
            min_seconds=args.min_seconds,
            progress=progress,
        )
    if args.save:
        _save(results, args.save)
    ratios = ratios_to_first(results)
    if args.json:
        from dataclasses import asdict

        data = {"results": [r.to_json() for r in results], "ratios": [asdict(ratio) for ratio in ratios]}
        print(json.dumps(data, indent=1))
    else:
        _print_table(results, ratios)
    return 0


def threads_from(text: str) -> list[int]:
    """'1,2' as numbers; HeadPoseError for anything else."""
    from runtime.errors import HeadPoseError

    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise HeadPoseError(f"--threads is '{text}': give whole numbers with commas between them, as 1,2") from None


def _save(results: list[LatencyResult], folder: str) -> None:
    from pathlib import Path

    from benchmarks.stored import store

    for result in results:
        print(f"written: {store(result, Path(folder))}", file=sys.stderr)


def _print_table(results: list[LatencyResult], ratios: list[Ratio]) -> None:
    from rich.console import Console
    from rich.table import Table

    console, device = Console(), results[0].device
    counts = sorted({result.run.threads or 0 for result in results})
    threads = " or ".join(str(count) for count in counts)
    title = f"{device.model}, {threads} thread(s), {len(results[0].samples_ms)} rounds in turns; milliseconds"
    table = Table(title=title)
    table.add_column("model", overflow="fold")
    for name in (*(("threads",) if len(counts) > 1 else ()), "p50", "p95", "load", "first", "to the first"):
        table.add_column(name, justify="right")
    for i, result in enumerate(results):
        ratio = f"{ratios[i - 1].ratio:.2f} ({ratios[i - 1].low:.2f}–{ratios[i - 1].high:.2f})" if i else "1"
        stats = result.latency_ms
        times = (stats.p50, stats.p95, result.load_ms.cold, result.first_ms)
        name = f"{label(result)}\n[dim]{result.run.engine}[/]"
        own = (str(result.run.threads),) if len(counts) > 1 else ()
        table.add_row(name, *own, *("–" if ms is None else f"{ms:.1f}" for ms in times), ratio)
    console.print(table)
    for result in results:
        if not result.valid:
            reasons = "; ".join(result.invalid_reasons)
            console.print(f"[yellow]{label(result)}: not to be quoted: {reasons}[/]")


def label(result: LatencyResult) -> str:
    """'repnext_m4 fp32 onnx'."""
    model = result.model
    return f"{model.backbone} {model.precision} {model.target}"
