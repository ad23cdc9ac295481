"""Losses of all blocks or operators as bars in the order in which they run, for people who would rather look."""

from __future__ import annotations

from export.sensitivity import Sensitivity
from training.figures import BLUE, INK, ORANGE, RED, Image, new_figure, rendered, styled

_NAMED = 50  # units beyond which their names would overlap
_WORST = 3  # named units


def sensitivity_picture(found: Sensitivity) -> Image:
    """RGB (H, W, 3) uint8."""
    with styled():
        figure = new_figure(13, 5.6)
        axes = figure.add_axes((0.06, 0.24 if len(found.units) <= _NAMED else 0.12, 0.92, 0.58))
        places = range(len(found.units))
        worst = {loss.unit for loss in found.ranked[:_WORST]}
        colors = [ORANGE if loss.unit in worst else BLUE for loss in found.units]
        axes.bar(places, [loss.mean_deg for loss in found.units], color=colors, width=0.8)
        axes.set_ylabel("mean loss, degrees")
        axes.set_xlim(-0.7, len(found.units) - 0.3)
        if len(found.units) <= _NAMED:
            axes.set_xticks(places, [_short(loss.unit) for loss in found.units], rotation=90, fontsize=8)
        else:
            axes.set_xlabel(f"{found.by}s in execution order")
        title = f"{found.backbone}, {found.target} {found.precision}: each {found.by} quantised alone"
        figure.text(0.06, 0.94, title, fontsize=14, fontweight="bold")
        line = f"mean angle to the float file over {found.images} faces; all together {found.whole.mean_deg:.2f}°"
        figure.text(0.06, 0.89, line, color=INK)
        if not found.trained:
            figure.text(0.6, 0.94, "UNTRAINED WEIGHTS", fontsize=12, fontweight="bold", color=RED)
        return rendered(figure)


def _short(unit: str) -> str:
    return (
        unit.removeprefix("backbone.").replace("stages.", "s").replace(".blocks.", " b").replace("downsample", "down")
    )
