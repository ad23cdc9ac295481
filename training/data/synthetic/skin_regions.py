"""Places on the skin's texture: what varies over the surface, drawn into texels, and shapes between landmarks.

A place is written (a, b, t): on the line from landmark a to landmark b, t of the way, also before and beyond. So every
shape follows the mesh's texture coordinates, and no pixel is counted by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.data.synthetic.head import HeadModel
from training.data.synthetic.landmarks import MIRRORED, landmark_rows
from training.data.synthetic.mesh import Floats, Topology

Place = tuple[int, int, float]
Points = npt.NDArray[np.float32]

_SUBTEXELS = 4  # bits that OpenCV's drawing counts behind a texel


def uv_texels(uv: Floats, size: int) -> Points:
    """(…, 2) texture coordinates → x and y in a picture of `size` whose first row is the top, texels' centres whole."""
    return np.asarray(uv * (size, -size) + (-0.5, size - 0.5), np.float32)


def surface_map(topology: Topology, values: Floats, size: int, margin: int = 2) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """What varies over a surface, per texel.

    Args:
        topology: of the surface.
        values: (V, C) at its vertices.
        size: side of the texture.
        margin: texels around the surface's pieces that take the nearest triangle's values.

    Returns:
        (size, size, C) float32, 0 where no triangle is, and (size, size) where one is, the margin included.
    """
    import cv2

    corners = uv_texels(topology.uv, size)[topology.uv_triangles]
    fixed = np.round(corners * (1 << _SUBTEXELS)).astype(np.int32)
    owner = np.full((size, size), -1, np.int32)
    for index, triangle in enumerate(fixed):
        cv2.polylines(owner, [triangle], True, index, 2 * margin + 1, shift=_SUBTEXELS)
    for index, triangle in enumerate(fixed):
        cv2.fillConvexPoly(owner, triangle, index, shift=_SUBTEXELS)
    covered = owner >= 0
    shares = _barycentric(corners[owner[covered]], np.argwhere(covered)[:, ::-1])
    drawn = np.zeros((size, size, values.shape[1]), np.float32)
    drawn[covered] = np.einsum("nk,nkc->nc", shares, values[topology.triangles[owner[covered]]])
    return drawn, covered


def _barycentric(corners: Points, at: npt.NDArray[np.intp]) -> Floats:
    """(n, 3, 2) corners and (n, 2) texels → (n, 3) shares of the corners, those outside drawn to the edge."""
    first, second, offset = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], at - corners[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    b = (offset[:, 0] * second[:, 1] - offset[:, 1] * second[:, 0]) / area
    c = (first[:, 0] * offset[:, 1] - first[:, 1] * offset[:, 0]) / area
    shares = np.clip(np.stack([1 - b - c, b, c], axis=1), 0, 1)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def piece_of(topology: Topology, vertex: int) -> npt.NDArray[np.bool_]:
    """(T,) the triangles of the texture's piece (UV island) that has this vertex."""
    inside = (topology.triangles == vertex).any(axis=1)
    while True:
        corners = np.zeros(len(topology.uv), bool)
        corners[topology.uv_triangles[inside]] = True
        grown = corners[topology.uv_triangles].any(axis=1)
        if (grown == inside).all():
            return np.asarray(inside)
        inside = grown


def landmark_texels(model: HeadModel, size: int) -> Points:
    """(68, 2) x and y of the landmarks in the skin's texture."""
    topology = model.topology
    first = [np.argwhere(topology.triangles == row)[0] for row in landmark_rows(model)]
    return uv_texels(topology.uv[[topology.uv_triangles[triangle, corner] for triangle, corner in first]], size)


def placed(landmarks: Points, places: Sequence[Place]) -> Points:
    """(n, 2) texels of places."""
    a, b, t = (np.array(column) for column in zip(*places, strict=True))
    return np.asarray(landmarks[a] + (landmarks[b] - landmarks[a]) * t[:, None], np.float32)


def mirrored(places: Sequence[Place]) -> tuple[Place, ...]:
    """The same shape on the other side of the face, in reverse order, so that it continues one from the left."""
    return tuple((MIRRORED[a], MIRRORED[b], t) for a, b, t in reversed(places))


def polygon(shape: tuple[int, int], points: Points, soft: float) -> Floats:
    """(H, W) 0 to 1: 1 inside the polygon; its edge is blurred by `soft` texels."""
    import cv2

    mask = np.zeros(shape, np.float32)
    fixed = np.round(points * (1 << _SUBTEXELS)).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 1.0, cv2.LINE_8, _SUBTEXELS)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32) if soft > 0 else mask


def line(shape: tuple[int, int], points: Points, width: float, soft: float) -> Floats:
    """(H, W) 0 to 1: a line through the points, `width` texels wide (less than one is fainter), blurred by `soft`."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    fixed = np.round(points * (1 << _SUBTEXELS)).astype(np.int32)
    level = round(255 * min(width, 1.0))
    cv2.polylines(mask, [fixed], False, level, max(1, round(width)), cv2.LINE_AA, _SUBTEXELS)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), soft), np.float32)
