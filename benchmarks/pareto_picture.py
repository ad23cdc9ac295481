"""Size and time against what rounding costs, every file a point, with the front drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.pareto import ParetoResult, Point, front
from export.accuracy import in_words
from training.figures import BLUE, FAINT, INK, ORANGE, RED, Image, new_figure, rendered, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = {"onnx": BLUE, "tflite": ORANGE, "coreml": "#6f42c1"}
_NAMES = {"onnx": "ONNX Runtime", "tflite": "LiteRT", "coreml": "Core ML (no time: no Mac)"}
_MARKS = ("o", "s", "^", "D", "v")
_REACH = (0.12, 0.1)  # decades, across and up, that a text takes
_FLOOR_DEG = 1e-4  # losses below are drawn there: the axis is logarithmic


def pareto_picture(result: ParetoResult) -> Image:
    """RGB (H, W, 3) uint8."""
    with styled():
        figure = new_figure(14, 6.4)
        backbones = list(dict.fromkeys(p.backbone for p in result.points))
        marks = dict(zip(backbones, _MARKS * len(backbones)))
        for left, cost, name, scale in (
            (0.06, "size_bytes", "MB", 1e-6),
            (0.55, "p50_ms", "ms, median, one thread", 1.0),
        ):
            _panel(figure.add_axes((left, 0.12, 0.42, 0.66)), result.points, cost, name, scale, marks)
        title = f"What files in few bits cost, on {result.n} {in_words(result.faces)}"
        figure.text(0.06, 0.94, title, fontsize=14, fontweight="bold")
        line = f"{result.device.model}, {result.rounds} rounds in turns; the lines are the fronts"
        figure.text(0.06, 0.9, line, color=INK)
        _legend(figure, marks, result)
        return rendered(figure)


def _panel(axes: Axes, points: tuple[Point, ...], cost: str, name: str, scale: float, marks: dict[str, str]) -> None:
    shown = [p for p in points if getattr(p, cost) is not None and p.loss_mean_deg is not None]
    if not shown:
        axes.set(xticks=[], yticks=[], xlabel=name)
        axes.text(0.5, 0.5, "no losses were measured", ha="center", transform=axes.transAxes)
        return
    names: dict[tuple[float, float], list[str]] = {}
    for point in shown:
        x, y = getattr(point, cost) * scale, max(point.loss_mean_deg or 0.0, _FLOOR_DEG)
        failed = point.gate_passed is False
        axes.plot(x, y, marks[point.backbone], color=RED if failed else _COLORS[point.target], markersize=7)
        near = next((place for place in names if _close(place, (x, y))), (x, y))
        names.setdefault(near, []).append(f"{point.precision}{' (misses its gate)' if failed else ''}")
    for place, texts in names.items():
        text = ", ".join(dict.fromkeys(texts))
        axes.annotate(text, place, textcoords="offset points", xytext=(7, 4), fontsize=7.5)
    for backbone in marks:
        best = front([p for p in points if p.backbone == backbone], cost)
        xs = [getattr(p, cost) * scale for p in best]
        axes.plot(xs, [max(p.loss_mean_deg or 0.0, _FLOOR_DEG) for p in best], color=FAINT, linewidth=2, zorder=0)
    axes.set(xscale="log", yscale="log", xlabel=name, ylabel="mean loss, degrees from PyTorch")
    for point in points:  # a network without trained weights has a cost and no loss
        if getattr(point, cost) is not None and not point.trained:
            axes.axvline(getattr(point, cost) * scale, color=FAINT, linestyle=":")
            place = (getattr(point, cost) * scale, axes.get_ylim()[1])
            axes.annotate(f"{point.backbone} {point.precision}", place, rotation=90, fontsize=7.5, va="top", ha="right")


def _close(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two points' texts would overlap: both axes are logarithmic."""
    return all(abs(np.log10(a / b)) < reach for a, b, reach in zip(one, other, _REACH))


def _legend(figure: object, marks: dict[str, str], result: ParetoResult) -> None:
    from matplotlib.lines import Line2D

    targets = dict.fromkeys(p.target for p in result.points)
    handles = [Line2D([], [], color=_COLORS[t], marker="o", linestyle="", label=_NAMES[t]) for t in targets]
    trained = dict.fromkeys(p.backbone for p in result.points if p.trained)
    handles += [Line2D([], [], color=INK, marker=marks[b], linestyle="", label=b) for b in trained]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.055, 0.88), ncols=len(handles))  # type: ignore[attr-defined]
