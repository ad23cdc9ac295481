"""A comparison as one picture: errors of both, image against image, and every difference with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.compare import Comparison, Difference, Side
from benchmarks.pairing import Pair
from training.figures import BLUE, INK, ORANGE, RED, Image, new_figure, rendered, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def side_names(comparison: Comparison) -> tuple[str, str]:
    """Short names of A and B that differ: the backbone, and more where that is the same."""
    a, b = comparison.a.model, comparison.b.model
    for parts in (("backbone",), ("backbone", "precision"), ("backbone", "precision", "target")):
        names = [" ".join(getattr(model, part) for part in parts) for model in (a, b)]
        if names[0] != names[1]:
            return names[0], names[1]
    return f"A: {names[0]}", f"B: {names[1]}"


def untrained_note(comparison: Comparison) -> str:
    """What a reader must know before the figures; empty if nothing."""
    names = side_names(comparison)
    found = [name for name, side in zip(names, (comparison.a, comparison.b)) if not side.model.trained]
    return f"UNTRAINED WEIGHTS ({', '.join(found)}): this comparison says nothing of the method" if found else ""


def comparison_picture(comparison: Comparison, rows: Pair) -> Image:
    """RGB (H, W, 3) uint8."""
    with styled():
        figure = new_figure(14, 5.9)
        places = ((0.05, 0.27), (0.385, 0.29), (0.795, 0.19))  # left edges and widths of the three charts
        axes = [figure.add_axes((left, 0.1, width, 0.69)) for left, width in places]
        name_a, name_b = side_names(comparison)
        title = f"{name_b} against {name_a} on {comparison.data}, n = {comparison.n:,}, framing {comparison.framing}"
        figure.text(0.05, 0.945, title, fontsize=14, fontweight="bold")
        figure.text(0.05, 0.9, _size_line(name_a, comparison.a) + "   |   " + _size_line(name_b, comparison.b))
        if note := untrained_note(comparison):
            figure.text(0.05, 0.86, note, fontsize=11, fontweight="bold", color=RED)
        _cumulative(axes[0], rows, (name_a, name_b))
        _scatter(axes[1], rows, (name_a, name_b))
        _forest(axes[2], comparison, (name_a, name_b))
        return rendered(figure)


def _size_line(name: str, side: Side) -> str:
    parts = [name]
    if side.complexity is not None:
        parts += [
            f"{side.complexity.parameters_deploy / 1e6:.1f} M parameters",
            f"{side.complexity.macs / 1e9:.2f} G MACs",
        ]
    if side.model.size_bytes is not None:
        parts.append(f"{side.model.size_bytes / 1e6:.1f} MB")
    return ", ".join(parts)


def _cumulative(axes: Axes, rows: Pair, names: tuple[str, str]) -> None:
    both = (rows.rows_a.errors.geodesic_deg, rows.rows_b.errors.geodesic_deg)
    for errors, name, color in zip(both, names, (BLUE, ORANGE)):
        share = np.arange(1, len(errors) + 1) / len(errors) * 100
        axes.step(
            np.sort(errors), share, where="post", color=color, linewidth=1.8, label=f"{name}, mean {errors.mean():.2f}°"
        )
    axes.set(xlabel="geodesic error, degrees", ylabel="images with at most that error, %", ylim=(0, 101))
    axes.set_xlim(0, max(float(np.percentile(np.concatenate(both), 99)), 1e-3))
    axes.set_title("Share of images within an error")
    axes.legend(loc="lower right")


def _scatter(axes: Axes, rows: Pair, names: tuple[str, str]) -> None:
    a, b = rows.rows_a.errors.geodesic_deg, rows.rows_b.errors.geodesic_deg
    limit = max(float(np.percentile(np.concatenate([a, b]), 99)) * 1.05, 1e-3)
    size = float(np.clip(4000 / len(a), 2, 22))
    axes.scatter(a, b, s=size, color=BLUE, alpha=0.35, linewidths=0, rasterized=True)
    axes.plot([0, limit], [0, limit], color=INK, linewidth=1)
    axes.set(xlim=(0, limit), ylim=(0, limit))
    axes.set(xlabel=f"{names[0]}, degrees", ylabel=f"{names[1]}, degrees")
    better = float((b < a).mean())
    axes.set_title(f"Image by image: {names[1]} better on {better:.0%}")


def _forest(axes: Axes, comparison: Comparison, names: tuple[str, str]) -> None:
    """Differences as dots with their intervals; those that exclude 0 are full."""
    found = comparison.errors
    for place, entry in enumerate(reversed(found)):
        d, color = entry.difference, INK
        if entry.significant:
            color = ORANGE if d.value < 0 else BLUE  # that of the better one
        if d.low is not None and d.high is not None:
            axes.plot([d.low, d.high], [place, place], color=color, linewidth=2, solid_capstyle="butt")
        axes.plot(d.value, place, "o", color=color, markerfacecolor=color if entry.significant else "white")
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(range(len(found)), [_tick(e) for e in reversed(found)], fontsize=8)
    axes.set_xlabel(f"{names[1]} − {names[0]}, degrees\nfull dots: the 95 % interval excludes 0")
    axes.set_title("Paired differences")


def _tick(entry: Difference) -> str:
    return f"{entry.name.replace(', ', chr(10))} (n = {entry.n:,})" if "," in entry.name else entry.name
