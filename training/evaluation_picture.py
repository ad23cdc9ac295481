"""An evaluation as one picture: how errors are distributed, where they come from, and the worst faces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from runtime.atomic import make_folder
from runtime.draw import draw_axes, draw_label
from runtime.images import save_image
from runtime.rotation import euler_to_rotation, image_axes
from training.data.source import Progress, silent
from training.evaluation_files import PerImage
from training.evaluation_record import EvaluationRecord
from training.figures import BLUE, FAINT, INK, ORANGE, RED, new_figure, outlined_line, rendered, show_crop, styled
from training.metrics import ANGLES
from training.robustness import CONDITIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from training.evaluate import Evaluation

Array = npt.NDArray[np.floating]
Image = npt.NDArray[np.uint8]

WORST = 12
_PER_ROW = 6
_CHARTS_IN, _FACES_IN, _HEADING_IN = 4.9, 2.42, 0.3  # heights: the charts, a row of faces, the line above them
_PREDICTED = ("#ff2d2d", "#00c853", "#2979ff")  # x right, y down, z out of the face, as draw_axes has them
_TRUE = ("#ff9f9f", "#93f0b4", "#a3c8ff")
_YAW_STEP = 15.0  # degrees of a bin of the running mean
_SHOWN_KEY = 26  # letters of a key in a caption


def worst(per_image: PerImage, count: int = WORST) -> list[int]:
    """Rows with the largest geodesic errors, the largest first."""
    order = np.argsort(-per_image.errors.geodesic_deg, kind="stable")
    return [int(row) for row in order[:count]]


def evaluation_picture(record: EvaluationRecord, per_image: PerImage, crops: Sequence[Image]) -> Image:
    """RGB (H, W, 3) uint8.

    Args:
        record: the figures.
        per_image: the rows.
        crops: network inputs of the rows that `worst(per_image, len(crops))` names, in its order.
    """
    rows = -(-len(crops) // _PER_ROW)
    with styled():
        figure = new_figure(13, _CHARTS_IN + _FACES_IN * rows + _HEADING_IN * bool(rows))
        heights = (_CHARTS_IN, max(_FACES_IN * rows + _HEADING_IN, 0.01))
        top, faces = np.ravel(figure.subfigures(2, 1, height_ratios=heights))  # type: ignore[arg-type]
        _headline(top, record)
        left, middle, right = top.subplots(1, 3, width_ratios=(1.1, 1.2, 0.7))
        top.subplots_adjust(left=0.055, right=0.985, top=0.79, bottom=0.12, wspace=0.22)
        _histogram(left, record, per_image.errors.geodesic_deg)
        _against_yaw(middle, per_image)
        _per_angle(right, per_image)
        if crops:
            _faces(faces, per_image, crops)
        return rendered(figure)


def title_of(record: EvaluationRecord) -> str:
    """'sixdrepnet_repnext_m4_fp32 (onnx) on AFLW2000-3D, n = 1969'."""
    model, data = record.model, record.data
    return f"{model.name} ({model.target}) on {data.name}, n = {data.n:,}"


def warnings_of(record: EvaluationRecord) -> str:
    """What a reader must know before the figures; empty if nothing."""
    parts = [] if record.model.trained else ["UNTRAINED WEIGHTS: these errors say nothing of the method"]
    if record.data.seen_in_training:
        parts.append("THE MODEL WAS TRAINED ON THIS DATA SET: this is no test")
    return " · ".join(parts)


def _headline(figure: SubFigure, record: EvaluationRecord) -> None:
    s = record.scores
    figure.text(0.055, 0.955, title_of(record), fontsize=14, fontweight="bold", va="center")
    brackets = "   (95 % intervals in brackets)" if s.geodesic_mean_deg.low is not None else ""
    line = (
        f"geodesic {s.geodesic_mean_deg.text()}°   MAE {s.euler_mae_deg['mean'].text()}°   MAEV {s.maev_deg.text()}°"
        f"   always straight ahead: {record.straight_ahead_deg:.1f}°   framing {record.protocol.framing}{brackets}"
    )
    figure.text(0.055, 0.905, line, fontsize=10, va="center")
    if warning := warnings_of(record):
        figure.text(0.055, 0.862, warning, fontsize=11, fontweight="bold", color=RED, va="center")


def _histogram(axes: Axes, record: EvaluationRecord, errors: Array) -> None:
    s, limit = record.scores, max(float(np.percentile(errors, 99.5)) * 1.05, 1e-3)
    axes.hist(np.minimum(errors, limit), bins=40, range=(0, limit), color="#9ec5fe", edgecolor="white", linewidth=0.4)
    marks = (("median", s.geodesic_median_deg, BLUE), ("mean", s.geodesic_mean_deg, INK))
    for name, figure, color in (*marks, ("95 %", s.geodesic_p95_deg, ORANGE)):
        axes.axvline(figure.value, color=color, linewidth=1.6, label=f"{name} {figure.value:.2f}°")
    axes.locator_params(axis="y", integer=True)  # images are counted
    beyond = int((errors > limit).sum())
    axes.set(xlabel="geodesic error, degrees", ylabel="images", xlim=(0, limit))
    axes.set_title("Errors" + (f" ({beyond} beyond the edge: in the last bar)" if beyond else ""))
    axes.legend(frameon=True, facecolor="white", edgecolor="none", framealpha=0.9)


def _against_yaw(axes: Axes, per_image: PerImage) -> None:
    yaw, errors = per_image.true_deg[:, 1], per_image.errors.geodesic_deg
    size = float(np.clip(4000 / len(yaw), 2, 22))
    axes.scatter(yaw, errors, s=size, color="#9ec5fe", alpha=0.6, linewidths=0, rasterized=True, label="image")
    edges = np.arange(np.floor(yaw.min() / _YAW_STEP), np.floor(yaw.max() / _YAW_STEP) + 2) * _YAW_STEP
    bin_of = np.digitize(yaw, edges)
    present = np.unique(bin_of)
    middles = edges[present - 1] + _YAW_STEP / 2
    means = [errors[bin_of == b].mean() for b in present]
    axes.plot(middles, means, "o-", color=INK, linewidth=1.6, markersize=4, label=f"mean of {_YAW_STEP:g}°")
    axes.set(xlabel="true yaw, degrees (positive: to the image's left)", ylabel="geodesic error, degrees")
    axes.set_ylim(0, max(float(np.percentile(errors, 99.8)) * 1.05, 1e-3))
    axes.set_title("Against yaw")
    axes.legend(frameon=True, facecolor="white", edgecolor="none", framealpha=0.9)


def _per_angle(axes: Axes, per_image: PerImage) -> None:
    columns = list(per_image.errors.euler_deg.T)
    axes.boxplot(
        columns,
        whis=(5, 95),
        showfliers=False,
        showmeans=True,
        widths=0.55,
        patch_artist=True,
        boxprops={"facecolor": "#dbe9ff", "edgecolor": BLUE},
        medianprops={"color": BLUE, "linewidth": 1.6},
        meanprops={"marker": "o", "markerfacecolor": INK, "markeredgecolor": INK, "markersize": 4},
        whiskerprops={"color": BLUE},
        capprops={"color": BLUE},
    )
    labels = [f"{name}\n{column.mean():.2f}°" for name, column in zip(ANGLES, columns)]
    axes.set_xticks(range(1, 4), labels)
    axes.set(ylabel="absolute error, degrees", title="Per angle (5–95 %, ● mean)")
    axes.set_ylim(bottom=0)


def _faces(figure: SubFigure, per_image: PerImage, crops: Sequence[Image]) -> None:
    rows = -(-len(crops) // _PER_ROW)
    grid = figure.subplots(rows, _PER_ROW, squeeze=False)
    inch = 1 / (_FACES_IN * rows + _HEADING_IN)
    figure.subplots_adjust(
        left=0.02, right=0.98, top=1 - (_HEADING_IN + 0.36) * inch, bottom=0.06 * inch, wspace=0.04, hspace=0.2
    )
    text = f"The worst {len(crops)}: thick axes are the estimate, thin pale ones the label"
    figure.text(0.055, 1 - 0.12 * inch, text, fontsize=10.5, fontweight="bold", va="center")
    for axes in grid.flat[len(crops) :]:
        axes.set_axis_off()
    for axes, crop, row in zip(grid.flat, crops, worst(per_image, len(crops))):
        show_crop(axes, crop, f"{_short(per_image.keys[row])}\n{per_image.errors.geodesic_deg[row]:.1f}°")
        draw_pair(axes, crop.shape[0], per_image.true_deg[row], per_image.predicted_deg[row])


def _short(key: str) -> str:
    return key if len(key) <= _SHOWN_KEY else "…" + key[-_SHOWN_KEY + 1 :]


def draw_pair(axes: Axes, size: int, true_deg: Array, predicted_deg: Array) -> None:
    """Both poses from the middle of a square of `size` pixels; pitch, yaw, roll in degrees."""
    middle = np.array([size / 2, size / 2])
    for angles, colors, width, length in ((predicted_deg, _PREDICTED, 3.0, 0.36), (true_deg, _TRUE, 1.5, 0.46)):
        for axis, color in zip(image_axes(euler_to_rotation(*angles)), colors):
            outlined_line(axes, middle, middle + axis * size * length, color, width)


def draw_faces(folder: Path, result: Evaluation, progress: Progress = silent) -> None:
    """Write every network input with both poses as NNNNN_key.jpg, numbered by rising error.

    Raises HeadPoseError if the folder cannot be written.
    """
    make_folder(folder)
    rows = np.argsort(result.per_image.errors.geodesic_deg, kind="stable")
    for place, row in enumerate(rows):
        progress("drawing faces", place, len(rows))
        crop = result.faces.crops(int(result.indices[row]))[0]
        poses = (
            euler_to_rotation(*angles[row]) for angles in (result.per_image.true_deg, result.per_image.predicted_deg)
        )
        true, predicted = (draw_axes(crop, pose, size=0.4 * len(crop)) for pose in poses)
        name = re.sub(r"[^\w.-]+", "_", result.per_image.keys[row])
        lines = [f"label | estimate, {result.per_image.errors.geodesic_deg[row]:.1f}°"]
        sheet = draw_label(np.concatenate([true, predicted], axis=1), lines, (0, 0), 13)
        save_image(folder / f"{place:05d}_{name}.jpg", sheet)


def robustness_picture(records: Sequence[EvaluationRecord]) -> Image:
    """Mean geodesic error against the level of every disturbance, one curve per record; RGB (H, W, 3) uint8."""
    with styled():
        figure = new_figure(12, 7.2)
        grid = figure.subplots(2, 3, sharey=True)
        figure.subplots_adjust(left=0.06, right=0.985, top=0.86, bottom=0.085, wspace=0.08, hspace=0.42)
        figure.text(0.06, 0.955, "Under disturbances: " + "  |  ".join(map(title_of, records)), fontweight="bold")
        if warning := " · ".join(dict.fromkeys(filter(None, map(warnings_of, records)))):
            figure.text(0.06, 0.92, warning, fontweight="bold", color=RED)
        for axes, name in zip(grid.flat, CONDITIONS):
            for record, color in zip(records, (BLUE, ORANGE)):
                _curve(axes, record, name, color)
            axes.set(title=name.capitalize(), xlabel=f"{CONDITIONS[name].text}: {CONDITIONS[name].unit}")
            axes.xaxis.label.set_fontsize(8)
        for axes in grid[:, 0]:
            axes.set_ylabel("mean geodesic error, degrees")
        grid[0, 0].set_ylim(bottom=0)
        grid[0, 0].legend(loc="upper left", fontsize=8)
        return rendered(figure)


def _curve(axes: Axes, record: EvaluationRecord, condition: str, color: str) -> None:
    points = [p for p in record.robustness if p.condition == condition]
    values = [record.scores.geodesic_mean_deg, *(p.geodesic_mean_deg for p in points)]
    places = range(len(values))
    axes.plot(places, [v.value for v in values], "o-", color=color, markersize=4, label=record.model.name)
    low = [v.value if v.low is None else v.low for v in values]
    high = [v.value if v.high is None else v.high for v in values]
    axes.fill_between(places, low, high, color=color, alpha=0.15, linewidth=0)
    axes.set_xticks(places, ["none", *(f"{p.level:g}" for p in points)])
    axes.axhline(record.scores.geodesic_mean_deg.value, color=FAINT, linewidth=1, zorder=0)
