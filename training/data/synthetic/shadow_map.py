"""Where the main light's shadow map lies: around what the camera sees, as deep as everything that throws shadows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.synthetic.camera import Camera

Array = npt.NDArray[np.float64]

_BEYOND = 1.15  # of the picture's half side: shadows fall in from a little outside of it


@dataclass(frozen=True, eq=False)
class ShadowMap:
    """An orthographic view along the light."""

    matrix: Array
    """(4, 4) from the camera's frame to clip coordinates."""
    width: float
    """Metres across the map."""
    depth: float
    """Metres from its near to its far plane."""


def shadow_map(direction: npt.ArrayLike, points: Array, camera: Camera) -> ShadowMap:
    """The map of a light from `direction` (3,) for points (P, 3) of the camera's frame."""
    towards = np.asarray(direction, dtype=np.float64)
    z = towards / np.linalg.norm(towards)
    x = np.cross([1.0, 0, 0] if abs(z[1]) > 0.9 else [0, 1.0, 0], z)
    x /= np.linalg.norm(x)
    turn = np.stack([x, np.cross(z, x), z])
    unit = camera.project(points, 2) - 1
    inside = (np.abs(unit) < _BEYOND).all(axis=1)
    seen = (points[inside] if inside.any() else points) @ turn.T
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    depths = points @ z
    near, far = float(depths.max()) + 0.01, float(depths.min()) - 0.01
    half = max(float((high - low).max()) / 2 * 1.02, 1e-3)
    matrix = np.eye(4)
    matrix[:3, :3] = turn / np.array([[half], [half], [-(near - far) / 2]])
    matrix[:2, 3] = -(low + high) / 2 / half
    matrix[2, 3] = (near + far) / (near - far)
    return ShadowMap(matrix, 2 * half, near - far)
