"""Where things are around the rest head's neck: the measures that clothes are cut by."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from training.data.synthetic.head import Coefficients, HeadModel
from training.data.synthetic.mesh import Floats, Indices

MIDDLE = -0.065
"""z of the neck's axis at its base, metres."""

_NECK = (0.0585, 0.0022, -0.0135, 0.0024, 0.0024, -0.0014, -0.0012)  # harmonics of its radius there, metres


def azimuth(points: Floats) -> Floats:
    """(n,) radians around the neck: 0 in front, positive to the picture's right, ±π behind."""
    return np.asarray(np.arctan2(points[:, 0], points[:, 2] - MIDDLE), np.float32)


@lru_cache(maxsize=4)
def rest_skin(model: HeadModel) -> tuple[Floats, Indices]:
    """The average head's vertices, and the triangles of neck and shoulders, where cloth can lie."""
    rest = model.shape(Coefficients())
    height = plane(rest)[model.topology.triangles].max(axis=1)
    return rest, model.topology.triangles[height < 0.07]


def plane(points: Floats) -> Floats:
    """(n,) metres above the slanted plane of a necklace."""
    height = points[:, 1] + 0.160 + 0.45 * (points[:, 2] + 0.015)
    return np.asarray(height / np.hypot(1, 0.45), np.float32)


def _necklace() -> Floats:
    """(96, 3) points of a necklace around the average neck: where the plane cuts its skin, as harmonics."""
    around = np.linspace(-np.pi, np.pi, 96, endpoint=False)
    radius = np.sum([size * np.cos(k * around) for k, size in enumerate(_NECK)], axis=0)
    x, z = radius * np.sin(around), MIDDLE + radius * np.cos(around)
    return np.stack([x, -0.160 - 0.45 * (z + 0.015), z], axis=1).astype(np.float32)


_NECKLACE = _necklace()


def up(points: Floats) -> Floats:
    """(n,) metres from the necklace, positive up the neck and negative down the body."""
    away = np.linalg.norm(points[:, None] - _NECKLACE, axis=2).min(axis=1)
    return np.asarray(np.copysign(away, plane(points)), np.float32)
