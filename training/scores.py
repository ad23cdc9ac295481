"""The figures of a set of estimates, each with its interval: the whole set, by yaw, by the size of the face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.bootstrap import RESAMPLES, SEED, Figure, Weights, figures, weighted_mean, weighted_percentiles
from training.metrics import (
    ANGLES,
    SIZE_EDGES_PX,
    YAW_EDGES_DEG,
    Bin,
    ImageErrors,
    bins_of,
    rank_correlation,
)

Array = npt.NDArray[np.floating]
_NAMES = (*ANGLES, "mean")
_GIMBAL_NEAR_DEG = 80.0


@dataclass(frozen=True)
class BinScore:
    """A part of the set."""

    name: str
    """Limits in words."""
    low: float
    """Lower limit, inside."""
    high: float | None
    """Upper limit; None where there is none."""
    n: int
    """Images in it."""
    geodesic_mean_deg: Figure | None
    """None where there is no image."""
    euler_mae_deg: Figure | None
    """Mean of pitch, yaw and roll, wrapped at ± 360°."""


@dataclass(frozen=True)
class Scores:
    """Figures of N estimates, degrees."""

    n: int
    """Images."""
    geodesic_mean_deg: Figure
    """Mean angle between truth and estimate."""
    geodesic_median_deg: Figure
    """Median."""
    geodesic_p95_deg: Figure
    """95th percentile."""
    maev_deg: Figure
    """Mean angle between matching rows of the matrices."""
    euler_mae_deg: dict[str, Figure]
    """Mean absolute errors of pitch, yaw, roll and their mean, wrapped at ± 360° only."""
    legacy_mae_deg: dict[str, Figure]
    """The same with the published ± 180° minimum, which forgives errors above 90°."""
    by_yaw: tuple[BinScore, ...]
    """By |true yaw| in degrees."""
    by_face_size: tuple[BinScore, ...]
    """By the side of the face box's square in pixels."""
    size_rank_correlation: float | None
    """Spearman's coefficient of face size and geodesic error: negative means that small faces are harder."""
    near_gimbal: int
    """Images with |true yaw| above 80°, whose pitch and roll say little: there the geodesic is the honest error."""

    @staticmethod
    def from_json(data: dict[str, Any]) -> Scores:
        """From the plain data of `dataclasses.asdict`; KeyError or TypeError if it is damaged."""
        single = ("geodesic_mean_deg", "geodesic_median_deg", "geodesic_p95_deg", "maev_deg")
        parts: dict[str, Any] = {name: Figure(**data[name]) for name in single}
        for name in ("euler_mae_deg", "legacy_mae_deg"):
            parts[name] = {angle: Figure(**data[name][angle]) for angle in _NAMES}
        for name in ("by_yaw", "by_face_size"):
            parts[name] = tuple(_bin_from_json(entry) for entry in data[name])
        return Scores(**{**data, **parts})


def _bin_from_json(data: dict[str, Any]) -> BinScore:
    names = ("geodesic_mean_deg", "euler_mae_deg")
    return BinScore(**{**data, **{name: None if data[name] is None else Figure(**data[name]) for name in names}})


def score(
    errors: ImageErrors,
    true_yaw_deg: Array,
    face_px: Array,
    groups: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Scores:
    """All figures of N ≥ 1 estimates.

    Args:
        errors: of N images.
        true_yaw_deg: (N,) of the labels.
        face_px: (N,) sides of the face boxes.
        groups: N names of what is drawn together.
        resamples: of the bootstrap; 0 for no intervals.
        seed: of the bootstrap.
    """
    euler = np.column_stack([errors.euler_deg, errors.euler_deg.mean(axis=1)])
    legacy = np.column_stack([errors.legacy_deg, errors.legacy_deg.mean(axis=1)])
    yaw = bins_of(np.abs(true_yaw_deg), YAW_EDGES_DEG, closed=True)
    size = bins_of(face_px, SIZE_EDGES_PX)
    parts = [_inside(part, errors.geodesic_deg, euler[:, -1]) for part in (*yaw, *size)]
    table = np.column_stack([errors.geodesic_deg, errors.maev_deg, euler, legacy, *parts])
    mean, median, p95, maev, *rest = figures(
        _statistic(errors.geodesic_deg, table), groups, resamples=resamples, seed=seed
    )
    binned = rest[8:]
    return Scores(
        n=len(groups),
        geodesic_mean_deg=mean,
        geodesic_median_deg=median,
        geodesic_p95_deg=p95,
        maev_deg=maev,
        euler_mae_deg=dict(zip(_NAMES, rest[:4])),
        legacy_mae_deg=dict(zip(_NAMES, rest[4:8])),
        by_yaw=tuple(_bin_score(part, binned[2 * i :]) for i, part in enumerate(yaw)),
        by_face_size=tuple(_bin_score(part, binned[2 * (i + len(yaw)) :]) for i, part in enumerate(size)),
        size_rank_correlation=_rounded(rank_correlation(face_px, errors.geodesic_deg)),
        near_gimbal=int((np.abs(true_yaw_deg) > _GIMBAL_NEAR_DEG).sum()),
    )


def _inside(part: Bin, geodesic: Array, mae: Array) -> Array:
    """(N, 2): the errors inside the part, NaN outside."""
    return np.where(part.members[:, None], np.column_stack([geodesic, mae]), np.nan)


def _statistic(geodesic: Array, table: Array) -> Callable[[Weights], Array]:
    """Weights → mean, median and 95th percentile of the geodesic error, then the means of the other columns."""
    order = np.argsort(geodesic)
    ranked = geodesic[order]

    def of(weights: Weights) -> Array:
        means = weighted_mean(table, weights)
        middle = weighted_percentiles(ranked, weights[order], (50, 95))
        return np.concatenate([means[:1], middle, means[1:]])

    return of


def _bin_score(part: Bin, found: Sequence[Figure]) -> BinScore:
    n = int(part.members.sum())
    geodesic, mae = (found[0], found[1]) if n else (None, None)
    return BinScore(part.name, part.low, part.high, n, geodesic, mae)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
