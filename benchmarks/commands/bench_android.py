"""``headpose bench android``: latency of .tflite and .onnx files on an Android phone, through adb."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.android.plan import Settings
    from benchmarks.record import LatencyResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = (
        "Never yet run on a real phone: tested with the real adb client against a stand-in. 'gpu' and 'npu' are what "
        "was asked for; each result says what was used. benchmark_model reaches an NPU through NNAPI alone."
    )
    parser.add_argument(
        "artifacts",
        nargs="+",
        metavar="FILE",
        help=".tflite files made by headpose export; .onnx files with --with app, on the cpu",
    )
    parser.add_argument("--device", metavar="SERIAL", help="which phone, of those that  adb devices  lists")
    parser.add_argument(
        "--with",
        dest="ways",
        metavar="WAY[,WAY]",
        help="benchmark_model, app (our app's own benchmark); default: benchmark_model with a --tool, else app",
    )
    parser.add_argument(
        "--tool", metavar="FILE", help="Google's benchmark_model, built for Android and the phone's ABI"
    )
    parser.add_argument("--accelerator", default="cpu", metavar="A[,A…]", help="cpu, gpu, npu (default: %(default)s)")
    parser.add_argument(
        "--threads", default="4", metavar="N[,N…]", help="threads on the cpu, each measured (default: %(default)s)"
    )
    parser.add_argument(
        "--runs", type=int, default=100, metavar="N", help="inferences, at least (default: %(default)s)"
    )
    parser.add_argument(
        "--min-seconds", type=float, default=10.0, metavar="S", help="measure at least so long (default: %(default)s)"
    )
    parser.add_argument(
        "--cores",
        default="big",
        metavar="CORES",
        help="cores of benchmark_model: big, all or a hexadecimal mask (default: %(default)s)",
    )
    parser.add_argument(
        "--cool-down",
        type=float,
        default=120.0,
        metavar="S",
        help="wait at most so long for the phone to cool before each measurement (default: %(default)s)",
    )
    parser.add_argument(
        "--labels",
        default="shipped",
        metavar="FOLDER|shipped|synthetic|none",
        help="labelled faces, as of export: the file's error on them, as its engine on this computer reads them, "
        "stands beside its latency (default: %(default)s)",
    )
    parser.add_argument("--save", metavar="DIR", help="also keep each result as DIR/<device>/<date>-<artefact>.json")
    parser.add_argument("--json", action="store_true", help="print every figure and fact as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure and print; 0 also where the figures may not be quoted, which the table then says.

    What was measured before a failure is printed and saved too.
    """
    from dataclasses import replace
    from pathlib import Path

    from benchmarks.android.run import measure, open_phone
    from benchmarks.details import LabelledErrors
    from benchmarks.lock import only_benchmark
    from runtime.artifact import sha256_of
    from runtime.progress import progress_bar

    settings = _settings(args)
    results: list[LatencyResult] = []
    files = {sha256_of(Path(file)): Path(file) for file in args.artifacts if Path(file).is_file()}
    errors = LabelledErrors(args.labels)

    def keep(result: LatencyResult) -> None:
        result = replace(result, accuracy=errors.of(files[result.model.sha256], result.model))
        results.append(result)
        if args.save:
            _save(result, args.save)

    try:
        with only_benchmark():
            phone = open_phone(args.device)
            with progress_bar() as progress:
                measure(args.artifacts, phone, settings, keep=keep, progress=progress)
    finally:
        if results:
            _show(results, as_json=args.json)
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    from pathlib import Path

    from benchmarks.android.plan import APP, TOOL, Settings

    ways = args.ways or (TOOL if args.tool else APP)
    return Settings(
        accelerators=tuple(args.accelerator.split(",")),
        threads=_threads(args.threads),
        runs=args.runs,
        min_seconds=args.min_seconds,
        cores=args.cores,
        cool_down_s=args.cool_down,
        tool=Path(args.tool) if args.tool else None,
        ways=tuple(ways.split(",")),
    )


def _threads(text: str) -> tuple[int, ...]:
    from runtime.errors import HeadPoseError

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise HeadPoseError(f"--threads is '{text}': give whole numbers with commas between them, as 1,4") from None


def _save(result: LatencyResult, folder: str) -> None:
    from pathlib import Path

    from benchmarks.stored import store

    print(f"written: {store(result, Path(folder))}", file=sys.stderr)


def _show(results: list[LatencyResult], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"results": [result.to_json() for result in results]}, indent=1))
    else:
        _print_table(results)


def _print_table(results: list[LatencyResult]) -> None:
    from rich.console import Console
    from rich.table import Table

    from benchmarks.host_table import label

    console, device = Console(), results[0].device
    soc = f" ({device.soc})" if device.soc else ""
    table = Table(title=f"{device.model}{soc}, {device.os}; milliseconds")
    table.add_column("model", overflow="fold")
    table.add_column("ran on")
    for name in ("threads", "p50", "p95", "load", "first", "peak MB"):
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(*_row(result))
    console.print(table)
    for result in results:
        if not result.valid:
            reasons = "; ".join(result.invalid_reasons)
            run = result.run
            asked = f"{label(result)}, {run.tool}, {run.compute_units_requested}"
            console.print(f"[yellow]{asked}: not to be quoted: {reasons}[/]")


def _row(result: LatencyResult) -> list[str]:
    from benchmarks.host_table import label

    run, stats = result.run, result.latency_ms
    peak = result.memory_mb.peak_mb if result.memory_mb else None
    times = (stats.p50, stats.p95, result.load_ms.cold, result.first_ms, peak)
    threads = "–" if run.threads is None else str(run.threads)
    name = f"{label(result)}\n[dim]{run.tool}[/]"
    return [name, _place(result), threads, *("–" if value is None else f"{value:.1f}" for value in times)]


def _place(result: LatencyResult) -> str:
    """What ran it: 'cpu', or 'gpu 100, cpu 5 operators', and what was asked for if that is something else."""
    asked, used = result.run.compute_units_requested, result.run.compute_units_used
    if used == asked:
        return asked
    parts = ", ".join(f"{share.unit} {share.operators}" for share in result.placement)
    return f"{f'{parts} operators' if parts else used or 'not told'}; asked: {asked}"
