"""``headpose bench compare OLD NEW``: what became slower by more than chance; exit code 1 where a gate should close."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.regressions import Change

_COLOURS = {"too slow": "red", "slower": "yellow", "faster": "green", "not judged": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("old", metavar="OLD", help="result file of bench host, or a folder of them")
    parser.add_argument("new", metavar="NEW", help="the same, measured later")
    parser.add_argument(
        "--warn", type=float, default=5.0, metavar="%", help="slower by more than this warns (default: %(default)g)"
    )
    parser.add_argument(
        "--fail", type=float, default=10.0, metavar="%", help="slower by more than this fails (default: %(default)g)"
    )
    parser.add_argument("--json", action="store_true", help="print the changes as JSON")


def run(args: argparse.Namespace) -> int:
    """Compare and print; 1 if an artefact became too slow, or if none could be judged: an open gate says nothing."""
    from benchmarks.regressions import UNJUDGED, changes
    from benchmarks.stored import read_results

    warn, fail = 1 + args.warn / 100, 1 + args.fail / 100
    found = changes(read_results(args.old), read_results(args.new), warn=warn, fail=fail)
    if args.json:
        from dataclasses import asdict

        print(json.dumps([{**asdict(change), "key": change.key._asdict()} for change in found], indent=1))
    else:
        _print_table(found)
    if all(change.verdict == UNJUDGED for change in found):
        print("nothing could be judged: measure again on a quiet machine", file=sys.stderr)
        return 1
    return int(any(change.fails for change in found))


def _print_table(found: list[Change]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title="medians, milliseconds; new over old with its 95 % interval")
    table.add_column("artefact", overflow="fold")
    for name in ("old", "new", "new / old", "verdict"):
        table.add_column(name, justify="right")
    for change in found:
        colour = _COLOURS.get(change.verdict, "default")
        times = ("–" if ms is None else f"{ms:.2f}" for ms in (change.old_ms, change.new_ms))
        ratio = "–" if change.ratio is None else f"{change.ratio:.3f} ({change.low:.3f}–{change.high:.3f})"
        table.add_row(str(change.key), *times, ratio, f"[{colour}]{change.verdict}[/]")
    console.print(table)
    for change in found:
        if change.why:
            console.print(f"[dim]{change.key}: {change.why}[/]")
    console.print("the two were not measured in turns: what all files share may be the machine's")
