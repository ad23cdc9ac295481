"""Meshes of few triangles that occluders are made of; what stays the same of a shape is made once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from training.data.synthetic.mesh import Floats, Topology

Piece = tuple[Floats, Topology]
"""(V, 3) vertices in the head's frame and their triangles."""

_CUBE = (  # outwards and to the right of each face
    *(((0, 0, 1), (1, 0, 0)), ((0, 0, -1), (-1, 0, 0)), ((1, 0, 0), (0, 0, -1)), ((-1, 0, 0), (0, 0, 1))),
    *(((0, 1, 0), (1, 0, 0)), ((0, -1, 0), (1, 0, 0))),
)


@lru_cache(maxsize=64)
def sheet(rows: int, columns: int, closed: bool = False) -> Topology:
    """A grid of rows × columns vertices, row after row from above, seen from the side on which columns run right.

    Args:
        rows: of vertices.
        columns: of vertices.
        closed: whether the last column is joined to the first.
    """
    across = columns + closed
    row, column = (index.ravel() for index in np.mgrid[: rows - 1, : across - 1])

    def corners(width: int) -> npt.NDArray[np.int32]:
        a, b = row * width + column % width, row * width + (column + 1) % width
        lower = np.array(width)
        quads = (np.stack([a, a + lower, b], 1), np.stack([b, a + lower, b + lower], 1))
        return np.concatenate(quads).astype(np.int32)

    v, u = np.meshgrid(np.linspace(1, 0, rows), np.linspace(0, 1, across), indexing="ij")
    uv = np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32)
    return Topology(corners(columns), uv, corners(across))


def tube(path: npt.ArrayLike, radii: npt.ArrayLike, up: npt.ArrayLike = (0, 1, 0), sides: int = 6) -> Piece:
    """A closed tube along a path.

    Args:
        path: (P, 3) metres.
        radii: (), (P,) or (P, 2) metres, the latter along `up` and across it.
        up: (3,) or (P, 3) direction that is not along the path; where a cross section has its first radius.
        sides: of a cross section.
    """
    line = np.asarray(path, np.float64)
    thick = np.asarray(radii, np.float64)
    thick = np.broadcast_to(thick if thick.ndim == 2 else np.broadcast_to(thick, len(line))[:, None], (len(line), 2))
    line, thick = _capped(line), np.pad(thick, ((1, 1), (0, 0)))
    along = np.gradient(_capped(line[1:-1], 1e-4), axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    raised = np.asarray(up, np.float64)
    raised = np.pad(raised, ((1, 1), (0, 0)), mode="edge") if raised.ndim == 2 else raised
    first = raised - (along * raised).sum(1, keepdims=True) * along
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(first, along)
    turn = np.arange(sides) * (2 * np.pi / sides)
    ring = (
        np.cos(turn)[:, None] * (first * thick[:, :1])[:, None]
        + np.sin(turn)[:, None] * (second * thick[:, 1:])[:, None]
    )
    return (line[:, None] + ring).reshape(-1, 3).astype(np.float32), sheet(len(line), sides, True)


def _capped(line: npt.NDArray[np.float64], beyond: float = 0.0) -> npt.NDArray[np.float64]:
    """The line with both ends once more, `beyond` of a step further."""
    return np.concatenate(
        [line[:1] + beyond * (line[:1] - line[1:2]), line, line[-1:] + beyond * (line[-1:] - line[-2:-1])]
    )


def loop(path: npt.ArrayLike, radii: tuple[float, float], up: npt.ArrayLike, sides: int = 6) -> Piece:
    """A ring: a tube along a closed path (P, 3); `radii` along `up` (3,) and across it, metres."""
    line = np.asarray(path, np.float64)
    along = np.roll(line, -1, 0) - np.roll(line, 1, 0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    first = np.asarray(up, np.float64) - (along * np.asarray(up)).sum(1, keepdims=True) * along
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(first, along)
    turn = np.arange(sides) * (2 * np.pi / sides)
    ring = radii[0] * np.cos(turn)[:, None] * first[:, None] + radii[1] * np.sin(turn)[:, None] * second[:, None]
    rings = line[:, None] + ring
    return np.concatenate([rings, rings[:1]]).reshape(-1, 3).astype(np.float32), sheet(len(line) + 1, sides, True)


def box(half: npt.ArrayLike) -> Piece:
    """A box around the origin with sharp edges; `half` (3,) of its sides, metres."""
    faces = []
    for outwards, right in _CUBE:
        o, r = np.array(outwards, np.float64), np.array(right, np.float64)
        down = np.cross(r, o)
        faces += [o - r - down, o + r - down, o - r + down, o + r + down]
    return (np.array(faces) * np.asarray(half)).astype(np.float32), _box()


@lru_cache(maxsize=1)
def _box() -> Topology:
    face = sheet(2, 2)
    triangles = np.concatenate([face.triangles + 4 * side for side in range(6)])
    return Topology(triangles, np.tile(face.uv, (6, 1)), triangles)


def ball(radii: npt.ArrayLike, rows: int = 10, columns: int = 14) -> Piece:
    """An ellipsoid around the origin; radii (3,) metres."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, rows), np.arange(columns) * (2 * np.pi / columns), indexing="ij")
    unit = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=-1)
    return (unit.reshape(-1, 3) * np.asarray(radii)).astype(np.float32), sheet(rows, columns, True)


def moved(piece: Piece, turn: npt.ArrayLike, place: npt.ArrayLike) -> Piece:
    """The piece turned by the matrix (3, 3) and moved by (3,) metres."""
    return (piece[0] @ np.asarray(turn).T + np.asarray(place)).astype(np.float32), piece[1]


def joined(*pieces: Piece) -> Piece:
    """Several pieces as one mesh."""
    return np.concatenate([vertices for vertices, _ in pieces]), _joined(
        tuple((topology, len(vertices)) for vertices, topology in pieces)
    )


@lru_cache(maxsize=64)
def _joined(pieces: tuple[tuple[Topology, int], ...]) -> Topology:
    triangles, uv, uv_triangles = [], [], []
    vertices = texture = 0
    for topology, count in pieces:
        triangles.append(topology.triangles + vertices)
        uv_triangles.append(topology.uv_triangles + texture)
        uv.append(topology.uv)
        vertices, texture = vertices + count, texture + len(topology.uv)
    return Topology(
        np.concatenate(triangles).astype(np.int32),
        np.concatenate(uv),
        np.concatenate(uv_triangles).astype(np.int32),
    )


def mirrored(piece: Piece) -> Piece:
    """The piece's mirror image in x."""
    return (piece[0] * np.array([-1, 1, 1], np.float32)), _mirrored(piece[1])


@lru_cache(maxsize=64)
def _mirrored(topology: Topology) -> Topology:
    return Topology(
        np.ascontiguousarray(topology.triangles[:, ::-1]),
        topology.uv,
        np.ascontiguousarray(topology.uv_triangles[:, ::-1]),
    )


def curve(points: npt.ArrayLike, count: int) -> npt.NDArray[np.float64]:
    """(count, 3) of a smooth line through the points (P, 3): Catmull and Rom's spline."""
    p = np.asarray(points, np.float64)
    padded = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    place = np.linspace(0, len(p) - 1, count)
    index = np.minimum(place.astype(int), len(p) - 2)
    t = (place - index)[:, None]
    a, b, c, d = (padded[index + k] for k in range(4))
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
