"""``headpose pareto``: exported files beside each other: size, time, degrees lost, error against labels."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("artifacts", nargs="+", metavar="FILE|DIR", help="exported files, or folders that hold some")
    parser.add_argument(
        "--labels",
        default="shipped",
        metavar="FOLDER|shipped|synthetic|none",
        help="faces with rotations, as of export (default: %(default)s)",
    )
    parser.add_argument("--rounds", type=int, default=50, metavar="N", help="samples of each (default: %(default)s)")
    parser.add_argument("--out", metavar="DIR", help="write pareto.json, pareto.md and pareto.png there")
    parser.add_argument("--overwrite", action="store_true", help="replace what --out wrote before")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure; 0."""
    from benchmarks.pareto import run_pareto
    from runtime.atomic import check_new, make_folder
    from runtime.progress import progress_bar

    folder = Path(args.out) if args.out else None
    for name in ("pareto.json", "pareto.md", "pareto.png") if folder else ():
        check_new(folder / name, overwrite=args.overwrite)  # type: ignore[operator]
    with progress_bar() as progress:
        result = run_pareto(args.artifacts, labels=args.labels, rounds=args.rounds, progress=progress)
    if folder:
        _write(result, make_folder(folder), overwrite=args.overwrite)
    if args.json:
        print(json.dumps(result.to_json(), indent=1, ensure_ascii=False))
    else:
        _print(result)
    return 0


def _write(result: Any, folder: Path, *, overwrite: bool) -> None:
    from benchmarks.pareto_picture import pareto_picture
    from benchmarks.pareto_table import pareto_markdown
    from runtime.atomic import write_text
    from runtime.images import save_image

    write_text(folder / "pareto.json", json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "pareto.md", pareto_markdown(result, "pareto.json") + "\n")
    save_image(folder / "pareto.png", pareto_picture(result), overwrite=overwrite)


def _print(result: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    from benchmarks.pareto_table import COLUMNS, cells

    table = Table(
        title=f"{result.device.model}, one thread, {result.rounds} rounds in turns; {result.n} labelled faces"
    )
    for i, column in enumerate(COLUMNS):
        table.add_column(column, justify="left" if i < 3 else "right")
    for point in result.points:
        table.add_row(*cells(point))
    Console().print(table)
