"""Errors of estimated rotations, image by image: geodesic, MAEV, Euler angles with an honest and the published wrap.

The geodesic angle comes first: it is the only one that does not depend on how a rotation is split into three angles,
and the only honest one where |yaw| is near 90° and pitch and roll become one turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg, mean_absolute_vector_error_deg, rotation_to_euler

Array = npt.NDArray[np.floating]

ANGLES = ("pitch", "yaw", "roll")
WRAP_RULE = "smallest |truth - prediction| over prediction and prediction ± 360°"
LEGACY_RULE = (
    "smallest |truth - prediction| over prediction, ± 360° and ± 180°, as 6DRepNet's test.py has it: it forgives "
    "errors above 90°"
)
YAW_EDGES_DEG = (0.0, 30.0, 60.0, 99.0)  # of |yaw|; the published lists keep up to 99°
SIZE_EDGES_PX = (0.0, 32.0, 64.0, 128.0, 256.0)  # of the face box


@dataclass(frozen=True, eq=False)
class ImageErrors:
    """Errors of N estimates in degrees."""

    geodesic_deg: Array
    """(N,) angle between the two rotations."""
    maev_deg: Array
    """(N,) mean angle between matching rows, the head's axes (TriNet)."""
    euler_deg: Array
    """(N, 3) absolute errors of pitch, yaw, roll, wrapped at ± 360° only."""
    legacy_deg: Array
    """(N, 3) the same with the published ± 180° minimum."""


@dataclass(frozen=True, eq=False)
class Bin:
    """A named part of a set."""

    name: str
    """'30–60'."""
    low: float
    """Lower limit, inside."""
    high: float | None
    """Upper limit; None where there is none."""
    members: npt.NDArray[np.bool_]
    """(N,) which images are in it."""


def image_errors(
    truth: npt.ArrayLike, predicted: npt.ArrayLike, true_angles_deg: npt.ArrayLike | None = None
) -> ImageErrors:
    """Errors of N rotations.

    Args:
        truth: (N, 3, 3) labels.
        predicted: (N, 3, 3) estimates.
        true_angles_deg: (N, 3) pitch, yaw, roll as the label gives them; None decodes them from `truth`. They differ
            where |yaw| exceeds 90°: no decoded yaw does.

    Raises:
        HeadPoseError: arrays of other shapes, or numbers that are not finite.
    """
    true, guess = (np.asarray(a, dtype=np.float64) for a in (truth, predicted))
    angles = rotation_to_euler(true) if true_angles_deg is None else np.asarray(true_angles_deg, dtype=np.float64)
    if true.shape != guess.shape or true.shape[1:] != (3, 3) or angles.shape != (len(true), 3):
        raise HeadPoseError(
            f"rotations of shapes {true.shape} and {guess.shape} with angles {angles.shape} cannot be compared: "
            "give (N, 3, 3) twice and (N, 3)"
        )
    if not all(np.isfinite(a).all() for a in (true, guess, angles)):
        raise HeadPoseError("rotations that hold NaN or infinity have no error: find the images that gave them")
    decoded = rotation_to_euler(guess)
    return ImageErrors(
        geodesic_deg=geodesic_deg(true, guess),
        maev_deg=mean_absolute_vector_error_deg(true, guess),
        euler_deg=wrapped_error_deg(angles, decoded),
        legacy_deg=legacy_error_deg(angles, decoded),
    )


def wrapped_error_deg(truth: npt.ArrayLike, predicted: npt.ArrayLike) -> Array:
    """|truth − prediction| in degrees, the smallest over prediction and prediction ± 360°."""
    return _smallest(truth, predicted, (0.0, 360.0, -360.0))


def legacy_error_deg(truth: npt.ArrayLike, predicted: npt.ArrayLike) -> Array:
    """The published error: also over prediction ± 180°, so that 170° off counts as 10°. For comparison with papers."""
    return _smallest(truth, predicted, (0.0, 360.0, -360.0, 180.0, -180.0))


def _smallest(truth: npt.ArrayLike, predicted: npt.ArrayLike, turns: tuple[float, ...]) -> Array:
    difference = np.asarray(truth, dtype=np.float64) - np.asarray(predicted, dtype=np.float64)
    return np.min([np.abs(difference - turn) for turn in turns], axis=0)


def bins_of(values: npt.ArrayLike, edges: tuple[float, ...], *, closed: bool = False) -> tuple[Bin, ...]:
    """Parts of a set by a value: [edge, next edge) each, and one without an upper limit above the last edge.

    Args:
        values: (N,) non-negative.
        edges: rising, from 0.
        closed: the last edge belongs to the part below it, as in the field's [60°, 99°].
    """
    v, last = np.asarray(values, dtype=np.float64), edges[-1]
    bins = []
    for low, high in pairwise(edges):
        inside = (v >= low) & ((v <= high) if closed and high == last else (v < high))
        bins.append(Bin(f"{low:g}–{high:g}", low, high, inside))
    beyond = (v > last) if closed else (v >= last)
    return (*bins, Bin(f"above {last:g}" if closed else f"{last:g} and more", last, None, beyond))


def face_sizes_px(boxes: npt.ArrayLike) -> Array:
    """Face boxes (N, 4) left, top, right, bottom → (N,) sides of the squares of the same area, in pixels."""
    b = np.asarray(boxes, dtype=np.float64)
    return np.sqrt(np.maximum(b[:, 2] - b[:, 0], 0.0) * np.maximum(b[:, 3] - b[:, 1], 0.0))


def rank_correlation(a: npt.ArrayLike, b: npt.ArrayLike) -> float | None:
    """Spearman's coefficient, equal values sharing their mean rank; None if one side does not vary."""
    x, y = _ranks(a), _ranks(b)
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _ranks(values: npt.ArrayLike) -> Array:
    _, inverse, counts = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)
