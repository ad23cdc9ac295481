"""The points of a Pareto run as table rows, for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.pareto import ParetoResult, Point
from export.accuracy import in_words

COLUMNS = ("network", "format", "precision", "MB", "p50 ms", "loss °, mean", "loss °, max", "error °", "wide")


def cells(point: Point) -> list[str]:
    """One row; '–' where there is nothing to tell."""
    late = "–" if point.p50_ms is None else f"{point.p50_ms:.1f}{'' if point.quotable else ' (not quotable)'}"
    failed = " (misses its gate)" if point.gate_passed is False else ""
    return [
        point.backbone,
        point.target,
        point.precision + failed,
        f"{point.size_bytes / 1e6:.1f}",
        late,
        _degrees(point.loss_mean_deg),
        _degrees(point.loss_max_deg),
        _degrees(point.error_mean_deg),
        str(len(point.wide)) if point.wide else "",
    ]


def _degrees(angle: float | None) -> str:
    return "–" if angle is None else f"{angle:.2f}" if angle >= 0.005 else "< 0.01"


def pareto_markdown(result: ParetoResult, source: str, points: Sequence[Point] | None = None) -> str:
    """A Markdown table of some or all points; `source` is the result file as the reader shall find it."""
    points = result.points if points is None else points
    head = (
        f"{result.device.model}, one thread, {result.rounds} rounds in turns; losses and errors on {result.n} "
        f"{in_words(result.faces)}. Source: `{source}`."
    )
    lines = [head, "", f"| {' | '.join(COLUMNS)} |", f"|---|---|---|{'--:|' * (len(COLUMNS) - 3)}"]
    lines += [f"| {' | '.join(cells(point))} |" for point in points]
    notes = [
        "'loss' is the angle to the PyTorch network, 'error' that to the labels, 'wide' how many blocks stay float."
    ]
    if any(point.p50_ms is None for point in points):
        notes.append("Core ML files have no time here: nothing but an emulation runs them on Linux.")
    if any(not point.trained for point in points):
        notes.append("Networks without trained weights have size and time alone.")
    return "\n".join([*lines, "", " ".join(notes)])
