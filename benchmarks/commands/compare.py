"""``headpose compare``: two evaluations of the same images, side by side, with paired intervals."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.compare import Comparison, Difference, Side
    from benchmarks.pairing import Pair

RECORD_NAME, PICTURE_NAME, ROBUSTNESS_NAME = "comparison.json", "comparison.png", "robustness.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("a", metavar="A", help="evaluation that is compared with: folder or evaluation.json")
    parser.add_argument("b", metavar="B", help="the other one")
    parser.add_argument("--out", metavar="DIR", help="write comparison.json and comparison.png there")
    parser.add_argument("--overwrite", action="store_true", help="replace what an earlier comparison left there")
    parser.add_argument("--common", action="store_true", help="leave out images that only one of them has")
    parser.add_argument("--no-latency", action="store_true", help="do not measure the two files on this computer")
    parser.add_argument("--rounds", type=int, default=50, metavar="N", help="latency samples (default: %(default)s)")
    parser.add_argument(
        "--bootstrap", type=int, default=1000, metavar="N", help="resamples of the intervals, 0: none (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")


def run(args: argparse.Namespace) -> int:
    """Compare, print and write; 0 when done, whichever is better."""
    from benchmarks.compare import compare
    from runtime.atomic import check_new
    from runtime.progress import progress_bar

    for name in (RECORD_NAME, PICTURE_NAME, ROBUSTNESS_NAME) if args.out else ():
        check_new(Path(args.out) / name, overwrite=args.overwrite)
    with progress_bar() as progress:
        comparison, rows = compare(
            args.a,
            args.b,
            common=args.common,
            latency=not args.no_latency,
            rounds=args.rounds,
            resamples=args.bootstrap,
            seed=args.seed,
            progress=progress,
        )
    written = _write(Path(args.out), comparison, rows) if args.out else []
    if args.json:
        print(json.dumps(comparison.to_json(), indent=1, ensure_ascii=False))
    else:
        print_comparison(comparison)
        print(*written, sep="\n", end="\n" if written else "")
    return 0


def _write(folder: Path, comparison: Comparison, rows: Pair) -> list[Path]:
    from benchmarks.comparison_picture import comparison_picture
    from runtime.atomic import make_folder, write_text
    from runtime.images import save_image
    from training.evaluation_picture import robustness_picture

    make_folder(folder)
    text = json.dumps(comparison.to_json(), indent=1, ensure_ascii=False)
    write_text(folder / RECORD_NAME, text + "\n")
    save_image(folder / PICTURE_NAME, comparison_picture(comparison, rows))
    names = [RECORD_NAME, PICTURE_NAME]
    if comparison.robustness:
        save_image(folder / ROBUSTNESS_NAME, robustness_picture([rows.a, rows.b]))
        names.append(ROBUSTNESS_NAME)
    return [folder / name for name in names]


def print_comparison(comparison: Comparison) -> None:
    """Print the comparison to standard output."""
    from rich.console import Console
    from rich.panel import Panel

    from benchmarks.comparison_picture import side_names, untrained_note

    console = Console()
    if note := untrained_note(comparison):
        console.print(Panel(f"[bold]{note}[/]", style="red"))
    names = side_names(comparison)
    a, b = (name.removeprefix(f"{letter}: ") for name, letter in zip(names, "AB"))
    console.print(
        f"A = {a}, B = {b}; {comparison.data}, n = {comparison.n:,}; degrees", soft_wrap=True, highlight=False
    )
    _print_differences(console, "errors", comparison.errors)
    if comparison.robustness:
        _print_differences(console, "mean geodesic error under disturbances", comparison.robustness)
    _print_cost(console, comparison, names)
    console.print(_verdict(comparison, names), soft_wrap=True, highlight=False)
    left_out = comparison.only_a + comparison.only_b
    if left_out:
        console.print(f"{left_out} images that only one of them has are left out", style="yellow")
    console.print(f"{comparison.framing} framing; {comparison.interval.method}", style="dim", soft_wrap=True)


def _print_differences(console: Console, title: str, differences: tuple[Difference, ...]) -> None:
    from rich.table import Table

    table = Table("error", title=title, title_justify="left")
    for name in ("A", "B", "B − A (95 % interval)", "significant"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in differences:
        verdict = "yes" if entry.significant else "no"
        table.add_row(entry.name, f"{entry.a:.2f}", f"{entry.b:.2f}", difference_text(entry), verdict)
    console.print(table)


def difference_text(entry: Difference) -> str:
    """'-0.42 (-0.61 to -0.20)'."""
    d = entry.difference
    interval = "" if d.low is None or d.high is None else f" ({_signed(d.low)} to {_signed(d.high)})"
    return f"{_signed(d.value)}{interval}"


def _signed(value: float) -> str:
    """Two decimals, or two digits of what is smaller: no difference is printed as zero that is none."""
    return f"{value:+.2f}" if abs(value) >= 0.05 or value == 0 else f"{value:+.2g}"


def _print_cost(console: Console, comparison: Comparison, names: tuple[str, str]) -> None:
    from rich.table import Table

    table = Table("cost", title_justify="left")
    for name in (*names, "B / A"):
        table.add_column(name, justify="right", overflow="fold")
    for text, a, b in _costs(comparison):
        shown = [f"{value:,.2f}" if value is not None else "unknown" for value in (a, b)]
        table.add_row(text, *shown, f"{b / a:.2f}" if a and b else "")
    console.print(table)
    if comparison.latency:
        ratio, results = comparison.latency_ratio, comparison.latency
        assert ratio is not None
        console.print(f"latency B / A {ratio.ratio:.2f} ({ratio.low:.2f}–{ratio.high:.2f}): {comparison.latency_note}")
        for result in results:
            if not result.valid:
                console.print(
                    f"{result.model.name}: not to be quoted: {'; '.join(result.invalid_reasons)}", style="yellow"
                )
    else:
        console.print(f"LATENCY {comparison.latency_note}", style="yellow", soft_wrap=True, markup=False)


def _costs(comparison: Comparison) -> list[tuple[str, float | None, float | None]]:
    """Name, A, B of what a model costs."""
    a, b = (_cost(side) for side in (comparison.a, comparison.b))
    rows = [(name, a[name], b[name]) for name in a]
    if comparison.latency:
        first, second = (result.latency_ms.p50 for result in comparison.latency)
        rows.append(("ms, median, this CPU", first, second))
    return rows


def _cost(side: Side) -> dict[str, float | None]:
    size, file = side.complexity, side.model.size_bytes
    return {
        "M parameters shipped": None if size is None else size.parameters_deploy / 1e6,
        "G multiply-accumulates": None if size is None else size.macs / 1e9,
        "MB on disk": None if file is None else file / 1e6,
    }


def _verdict(comparison: Comparison, names: tuple[str, str]) -> str:
    """One sentence on the geodesic error; 'significant' only where the interval excludes 0."""
    first = comparison.errors[0]
    d = first.difference
    if d.low is None:
        return f"B − A = {_signed(d.value)}° geodesic; without an interval nothing can be said of significance"
    if first.significant:
        better, worse = (names[1], names[0]) if d.value < 0 else (names[0], names[1])
        return f"{better} errs less than {worse} by {_signed(abs(d.value))[1:]}°: the difference is significant"
    return f"B − A = {difference_text(first)}°: no significant difference between {names[0]} and {names[1]}"
