"""Emulated runs as a table for people."""

from __future__ import annotations

from export.emulation.record import EmulatedParity, EmulatedReport


def print_table(report: EmulatedReport) -> None:
    """Print one row for each file and processor model, what was emulated by what, and what failed."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"EMULATED {report.architecture} (qemu {report.qemu}): degrees from the PyTorch network in training form, "
        f"float32, and from the same file on this computer ({report.host}); mean/max.\n",
        markup=False,
        highlight=False,
    )
    # no frame: an ordinary file name and all figures then fit into 80 columns
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold underline")
    table.add_column("file", overflow="fold")
    table.add_column("emulated CPU", overflow="fold")
    for column in ("PyTorch °", f"{report.host} °", "gate °"):
        table.add_column(column, justify="right", overflow="fold")
    table.add_column("result", no_wrap=True)
    for run in report.runs:
        table.add_row(run.file, run.cpu, *_cells(run))
    console.print(table)
    for run in report.runs:
        if not run.passed:
            about = run.explanation() if run.failure else f"{run.file} is {run.explanation()}"
            console.print(about, style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{_versions(report)} No figure here is a latency.", markup=False, highlight=False, soft_wrap=True)
    if not all(run.trained for run in report.runs):
        console.print("[yellow]Untrained (seeded) weights: agreement can be checked, the poses mean nothing.[/]")


def _cells(run: EmulatedParity) -> list[str]:
    limits = "/".join(f"{v:g}" for v in (run.gate.mean_deg, run.gate.max_deg) if v is not None)
    if run.figures is None:
        return ["–", "–", limits, "[red]NO END[/]"]
    pairs = [f"{d.mean_deg:.3g}/{d.max_deg:.3g}" for d in (run.figures.from_pytorch, run.figures.from_host)]
    return [*pairs, limits, "[green]passed[/]" if run.passed else "[red]FAILED[/]"]


def _versions(report: EmulatedReport) -> str:
    guests = [run.figures.guest for run in report.runs if run.figures]
    if not guests:
        return "Nothing ran to its end."
    engines = sorted({guest.engine for guest in guests})
    return f"Inside: {', '.join(engines)}, NumPy {guests[0].numpy}, Python {guests[0].python}, {guests[0].machine}."
