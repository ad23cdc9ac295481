"""The curves of a run as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.images import save_image
from training.figures import new_figure, rendered, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PANELS = (  # title, unit, lines of metrics.jsonl, their fields
    ("training loss", "", "train", ("loss",)),
    ("held-out error", "degrees", "val", ("geodesic_mean_deg", "geodesic_median_deg")),
    ("learning rate", "", "train", ("lr",)),
    ("images per second", "1/s", "train", ("images_per_s",)),
)


def save_curves(path: Path, metrics: list[dict[str, Any]], title: str) -> None:
    """Draw metrics.jsonl's lines: loss, held-out error, learning rate, speed against the epoch; PNG.

    Args:
        path: of the PNG; replaced if it exists.
        metrics: lines with 'group' ('train' or 'val') and 'epoch' (fractions allowed).
        title: over the picture.

    Raises:
        HeadPoseError: the file cannot be written.
    """
    figure = new_figure(11, 6.5)
    figure.set_layout_engine("constrained")
    figure.suptitle(title)
    with styled():
        _draw(figure, metrics)
    save_image(path, rendered(figure))


def _draw(figure: Figure, metrics: list[dict[str, Any]]) -> None:
    for axes, (name, unit, group, fields) in zip(figure.subplots(2, 2).flat, _PANELS, strict=True):
        lines = [line for line in metrics if line.get("group") == group]
        for field in fields:
            points = [(line["epoch"], line[field]) for line in lines if line.get(field) is not None]
            if points:
                axes.plot(*zip(*points, strict=True), marker="." if len(points) < 60 else None, label=field)
        if len(fields) > 1 and lines:
            axes.legend()
        axes.set(title=name, xlabel="epoch", ylabel=unit)
