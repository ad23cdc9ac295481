"""``headpose demo``: one network becomes every artefact, each is proven and run on a photograph, in one table."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.demo import DemoResult

UNTRAINED = "The weights are UNTRAINED (seeded): the files agree with PyTorch, but the poses MEAN NOTHING."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", default="out/demo", help="folder for artefacts and picture (default: %(default)s)")
    parser.add_argument(
        "--checkpoint",
        default="default",
        metavar="FILE|NAME",
        help="a file, or shipped weights: default, default-m0, default-m4; or untrained (default: %(default)s)",
    )
    parser.add_argument("--backbone", help="backbone name (default: the checkpoint's own)")
    parser.add_argument("--targets", default="onnx,tflite,coreml", help="comma-separated (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace what an earlier demo left there")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 if every artefact is within its gate, 1 if one is not."""
    from benchmarks.demo import demo
    from runtime.progress import progress_bar

    targets = [name.strip() for name in args.targets.split(",") if name.strip()]
    with progress_bar() as progress:
        result = demo(
            Path(args.out),
            checkpoint=args.checkpoint,
            backbone=args.backbone,
            targets=targets,
            overwrite=args.overwrite,
            progress=progress,
        )
    if args.json:
        print(json.dumps(result.to_json(), indent=1))
    else:
        _print(result)
    return 0 if result.passed else 1


def _print(result: DemoResult) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    from benchmarks.report import in_degrees

    console = Console()
    if not result.trained:
        console.print(Panel(f"[bold]{UNTRAINED}[/]", style="yellow"))
    table = Table(title=f"6DRepNet on {result.backbone}: degrees from PyTorch, ms on this CPU (one thread)")
    table.add_column("file", no_wrap=True)
    for name in ("MB", "mean °", "max °", "ms"):
        table.add_column(name, justify="right")
    for row in result.rows:
        time = f"{row.latency_ms:.0f} emulated" if row.emulated else f"{row.latency_ms:.1f}"
        degrees = in_degrees(row.mean_deg), in_degrees(row.max_deg)
        table.add_row(row.file, f"{row.size_bytes / 1e6:.1f}", *degrees, time)
    console.print(table)
    for row in result.rows:
        if not row.passed:
            console.print(f"[red]{row.file}[/]: {row.verdict}", soft_wrap=True)
    if any(row.emulated for row in result.rows):
        console.print(
            "emulated: the Core ML program was executed operation by operation, which proves the conversion; "
            "its time says nothing of a phone.",
            soft_wrap=True,
        )
    if result.trained:
        console.print(result.weights, soft_wrap=True, highlight=False, markup=False)
    verdict = "[green]every file is within its gate[/]" if result.passed else "[red]A FILE MISSED ITS GATE[/]"
    console.print(f"{verdict}\nmanifest: {result.manifest}\npicture:  {result.picture}", soft_wrap=True)
