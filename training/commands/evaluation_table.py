"""An evaluation for people, in the terminal: what must be known first, then the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.evaluation_record import EvaluationRecord
from training.metrics import ANGLES

if TYPE_CHECKING:
    from rich.console import Console

    from training.scores import BinScore


def print_evaluation(record: EvaluationRecord) -> None:
    """Print the record to standard output."""
    from rich.console import Console

    console = Console()
    _print_warnings(console, record)
    _print_scores(console, record)
    _print_bins(console, "by |true yaw|, degrees", record.scores.by_yaw)
    _print_bins(console, "by face size, pixels", record.scores.by_face_size)
    if record.robustness:
        _print_robustness(console, record)
    _print_facts(console, record)


def _print_warnings(console: Console, record: EvaluationRecord) -> None:
    from rich.panel import Panel

    from training.evaluation_picture import warnings_of

    if warning := warnings_of(record):
        console.print(Panel(f"[bold]{warning}[/]", style="red"))
    if record.data.skipped:
        names = ", ".join(list(record.data.skipped)[:5])
        more = " …" if len(record.data.skipped) > 5 else ""
        console.print(
            f"[yellow]{len(record.data.skipped)} pictures could not be read and are left out: {names}{more}[/]"
        )


def _print_scores(console: Console, record: EvaluationRecord) -> None:
    from rich.table import Table

    from training.evaluation_picture import title_of

    s = record.scores
    table = Table(title=title_of(record), title_justify="left")
    for name in ("error", "degrees (95 % interval)", "legacy, ± 180°"):
        table.add_column(name, justify="left" if name == "error" else "right", no_wrap=True)
    for name, figure in (
        ("geodesic, mean", s.geodesic_mean_deg),
        ("geodesic, median", s.geodesic_median_deg),
        ("geodesic, 95th percentile", s.geodesic_p95_deg),
        ("MAEV", s.maev_deg),
    ):
        table.add_row(name, figure.text())
    for name, text in (("mean", "Euler MAE"), *((angle, f"  {angle}") for angle in ANGLES)):
        table.add_row(text, s.euler_mae_deg[name].text(), s.legacy_mae_deg[name].text())
    table.add_row("always 'straight ahead'", f"{record.straight_ahead_deg:.2f}", style="dim")
    console.print(table)


def _print_bins(console: Console, title: str, bins: tuple[BinScore, ...]) -> None:
    from rich.table import Table

    table = Table("part", title=title, title_justify="left")
    for name in ("n", "geodesic", "Euler MAE"):
        table.add_column(name, justify="right")
    for part in bins:
        if part.geodesic_mean_deg and part.euler_mae_deg:
            table.add_row(part.name, str(part.n), part.geodesic_mean_deg.text(), part.euler_mae_deg.text())
    console.print(table)


def _print_robustness(console: Console, record: EvaluationRecord) -> None:
    from rich.table import Table

    table = Table("disturbance", title="mean geodesic error under disturbances", title_justify="left")
    for name in ("level", "degrees", "more than undisturbed"):
        table.add_column(name, justify="right")
    clean, last = record.scores.geodesic_mean_deg.value, ""
    for point in record.robustness:
        name = "" if point.condition == last else f"{point.condition} [dim]({point.unit})[/]"
        rise = point.geodesic_mean_deg.value - clean
        table.add_row(name, f"{point.level:g}", point.geodesic_mean_deg.text(), f"{rise:+.2f}")
        last = point.condition
    console.print(table)


def _print_facts(console: Console, record: EvaluationRecord) -> None:
    model, size = record.model, record.complexity
    near = record.scores.near_gimbal
    lines = [
        f"framing {record.protocol.framing}, {record.data.label_form}, wrap at ± 360°; {record.interval.method}",
        f"weights {model.checkpoint_sha256[:12]}, trained on: {model.training_data}; licence: {model.licence}; "
        f"terms of the data: {record.data.terms}",
    ]
    if size is not None:
        lines.append(
            f"{size.parameters_deploy / 1e6:.2f} M parameters shipped ({size.parameters_train / 1e6:.2f} M in "
            f"training), {size.macs / 1e9:.2f} G multiply-accumulates at {size.input_size} px"
        )
    if model.size_bytes is not None:
        lines.append(f"{model.path}: {model.size_bytes / 1e6:.1f} MB, run by {model.engine}")
    if near:
        lines.append(f"{near} labels have |yaw| above 80°: there pitch and roll say little, the geodesic error does")
    console.print("\n".join(lines), style="dim", soft_wrap=True, highlight=False)
