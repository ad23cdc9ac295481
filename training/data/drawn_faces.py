"""Drawn heads with a known pose: inputs that look like faces, made without any picture or its licence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from runtime.rotation import euler_to_rotation, to_opencv

Array = npt.NDArray[np.floating]

_HEAD = np.array([0.46, 0.62, 0.52])  # semi-axes of the skull: right, down, back; the picture is 2 wide
_NOSE = np.array([0.08, 0.15, 0.13])
_NOSE_AT = np.array([0.0, 0.08, -0.50])
_WHITE, _MOUTH, _PUPIL = np.array([245.0, 244.0, 240.0]), np.array([168.0, 62.0, 66.0]), np.array([30.0, 26.0, 24.0])


class FaceStyle(NamedTuple):
    """Look of a drawn head; colours are RGB 0–255."""

    skin: tuple[float, float, float]
    hair: tuple[float, float, float]
    background: tuple[float, float, float]
    light: tuple[float, float, float]
    """Direction towards the lamp in the camera frame: x right, y down, z into the scene."""


STYLES = (
    FaceStyle((224, 172, 140), (70, 45, 30), (120, 140, 160), (-0.4, -0.6, -0.7)),
    FaceStyle((120, 78, 54), (25, 20, 18), (205, 200, 190), (0.6, -0.3, -0.7)),
    FaceStyle((198, 140, 104), (150, 110, 60), (40, 60, 45), (0.0, -0.9, -0.4)),
    FaceStyle((241, 204, 184), (190, 190, 195), (90, 30, 40), (0.7, 0.2, -0.7)),
)


def draw_face(
    pitch_deg: float, yaw_deg: float, roll_deg: float, size: int, style: FaceStyle = STYLES[0]
) -> npt.NDArray[np.uint8]:
    """A shaded head of that pose, RGB (size, size, 3) uint8, seen without perspective. Same input, same pixels."""
    axes = to_opencv(euler_to_rotation(pitch_deg, yaw_deg, roll_deg))  # columns: the head's axes in the camera
    grid = (np.arange(size) + 0.5) / size * 2 - 1
    u, v = np.meshgrid(grid, grid + 0.02)
    skull, skull_depth = _hit(u, v, axes, _HEAD, np.zeros(3))
    nose, nose_depth = _hit(u, v, axes, _NOSE, _NOSE_AT)
    in_front = nose_depth < skull_depth
    color = np.where(in_front[..., None], np.array(style.skin), _paint(skull, style))
    normal = np.where(in_front[..., None], (nose - _NOSE_AT) / _NOSE**2, skull / _HEAD**2) @ axes.T
    shaded = color * _shade(normal, style)[..., None]
    visible = np.isfinite(np.minimum(skull_depth, nose_depth))[..., None]
    return np.where(visible, shaded, _background(u, v, style)).round().clip(0, 255).astype(np.uint8)


def _hit(u: Array, v: Array, axes: Array, radii: Array, center: Array) -> tuple[Array, Array]:
    """Where the line of sight meets an ellipsoid: points (H, W, 3) in the head's frame and depths, inf for a miss."""
    to_unit = axes.T / radii[:, None]  # camera frame → frame in which the ellipsoid is the unit sphere
    start = np.stack([u, v, np.zeros_like(u)], axis=-1) @ to_unit.T - center / radii
    ray = to_unit[:, 2]
    a, b, c = ray @ ray, start @ ray, (start * start).sum(-1) - 1
    inside = b * b - a * c
    depth = np.where(inside >= 0, (-b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)
    point = start + np.where(np.isfinite(depth), depth, 0.0)[..., None] * ray
    return point * radii + center, depth


def _paint(point: Array, style: FaceStyle) -> Array:
    """Colour of the skull's surface: (H, W, 3) points in the head's frame → RGB."""
    x, y, z = np.moveaxis(point / _HEAD, -1, 0)
    side, front = np.abs(x), z < 0
    color = np.broadcast_to(np.array(style.skin), point.shape).copy()

    def spot(cx: float, cy: float, rx: float, ry: float, rgb: Array | tuple[float, float, float]) -> None:
        color[front & (((side - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1)] = rgb

    spot(0.36, -0.10, 0.17, 0.075, _WHITE)
    spot(0.36, -0.10, 0.07, 0.070, _PUPIL)
    spot(0.36, -0.27, 0.20, 0.035, style.hair)
    spot(0.00, 0.50, 0.28, 0.070, _MOUTH)
    color[(y < -0.55) | ((z > 0.1) & (y < 0.45))] = style.hair
    return color


def _shade(normal: Array, style: FaceStyle) -> Array:
    """Lambert's law with some ambient light: (H, W, 3) → (H, W)."""
    lamp = np.array(style.light) / np.linalg.norm(style.light)
    unit = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    return 0.45 + 0.6 * np.maximum(unit @ lamp, 0.0)


def _background(u: Array, v: Array, style: FaceStyle) -> Array:
    """A wall with soft stripes and a shadow below."""
    waves = 12 * np.sin(5 * u + 2 * v) + 9 * np.sin(9 * v - 3 * u) - 20 * v
    return np.array(style.background) + waves[..., None]
