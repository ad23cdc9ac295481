"""Figures without a screen: the one place where matplotlib is imported for pictures of results."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Image = npt.NDArray[np.uint8]
Point = npt.NDArray[np.floating]

DPI = 110
INK, FAINT, BLUE, ORANGE, RED = "#1f2328", "#c9d1d9", "#1f6feb", "#d9730d", "#c4281c"
STYLE = {
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8b949e",
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#eaeef2",
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, drawn by Agg: no window, no display, no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def styled() -> AbstractContextManager[None]:
    """A context manager in which axes are created with this project's looks."""
    from matplotlib import rc_context

    return rc_context(STYLE)  # type: ignore[arg-type]


def rendered(figure: Figure) -> Image:
    """The figure as RGB (H, W, 3) uint8."""
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]
    return np.ascontiguousarray(pixels[..., :3])


def outlined_line(axes: Axes, start: Point, end: Point, color: str, width: float) -> None:
    """A line that is seen on any picture, because it has a dark rim; width in points."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=width + 1.2, foreground="#000000a0")]
    (x0, y0), (x1, y1) = start, end
    axes.plot([x0, x1], [y0, y1], color=color, linewidth=width, path_effects=rim, solid_capstyle="round")


def show_crop(axes: Axes, crop: Image, title: str) -> None:
    """A picture without ticks under its title; coordinates stay those of its pixels."""
    axes.imshow(crop, extent=(0, crop.shape[1], crop.shape[0], 0))
    axes.set(xticks=[], yticks=[], xlim=(0, crop.shape[1]), ylim=(crop.shape[0], 0))
    axes.set_title(title, fontsize=8, fontweight="normal", loc="center")
    axes.grid(visible=False)
