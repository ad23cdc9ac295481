"""Scissors for cloth: a mesh cut along level sets of functions of its points.

Triangles are split where a line crosses them, so that a hem is as smooth as its function. Each vertex hangs on some of
the head model's with fixed weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.synthetic.mesh import Floats, Indices

Values = npt.NDArray[np.floating[Any]]
Line = Callable[[Floats], Values]
"""(n, 3) points of the rest head → (n,) about how many metres each lies inside of a line; negative outside."""
Hold = dict[int, float]
"""Row of the head's vertices → weight."""

LINKS = 6
"""Vertices of the head that one of the cloth hangs on, at most."""


class Mesh:
    """Triangles under the scissors: how each vertex hangs on the skin, and where it is at rest."""

    def __init__(self, holds: list[Hold], rest: Floats, triangles: Indices) -> None:
        self.holds, self.rest, self.triangles = holds, rest, triangles

    @classmethod
    def of(cls, rest: Floats, triangles: Indices) -> Mesh:
        """The skin's own triangles."""
        rows, corners = np.unique(triangles, return_inverse=True)
        return cls([{int(row): 1.0} for row in rows], rest[rows], corners.reshape(-1, 3).astype(np.int32))

    def split(self, line: Line, level: float = 0.0) -> tuple[Mesh, Floats]:
        """The mesh with every triangle that the line crosses cut in three, and the line's (n,) values less `level`."""
        value = np.asarray(line(self.rest) - np.float32(level), np.float32)
        value[np.abs(value) < 1e-5] = 0.0
        holds, rest = list(self.holds), [self.rest]
        made: dict[tuple[int, int], int] = {}

        def crossing(a: int, b: int) -> int:
            key = (min(a, b), max(a, b))
            if key not in made:
                share = float(value[key[0]] / (value[key[0]] - value[key[1]]))
                made[key] = len(holds)
                holds.append(mixed(holds[key[0]], holds[key[1]], share))
                rest.append(((1 - share) * self.rest[key[0]] + share * self.rest[key[1]])[None])
            return made[key]

        sign = np.sign(value)[self.triangles]
        crossed = (sign.min(axis=1) < 0) & (sign.max(axis=1) > 0)
        triangles = self.triangles[~crossed].tolist()
        for corners, signs in zip(self.triangles[crossed].tolist(), sign[crossed].tolist(), strict=True):
            triangles += _three(corners, signs, crossing)
        values = np.concatenate([value, np.zeros(len(holds) - len(value), np.float32)])
        return Mesh(holds, np.concatenate(rest).astype(np.float32), np.asarray(triangles, np.int32)), values

    def inner(self, line: Line, level: float = 0.0) -> Mesh:
        """The part where the line is above `level`, with the vertices on it."""
        cut, value = self.split(line, level)
        kept = value[cut.triangles].max(axis=1) > 0
        used, corners = np.unique(cut.triangles[kept], return_inverse=True)
        holds = [cut.holds[row] for row in used]
        return Mesh(holds, cut.rest[used], corners.reshape(-1, 3).astype(np.int32))


def _three(corners: list[int], signs: list[float], crossing: Callable[[int, int], int]) -> list[list[int]]:
    """One triangle that is crossed → two if the line goes through a corner, else three."""
    for turn in range(3):
        a, b, c = (corners[(turn + k) % 3] for k in range(3))
        s, t, u = (signs[(turn + k) % 3] for k in range(3))
        if s == 0 and t * u < 0:
            m = crossing(b, c)
            return [[a, b, m], [a, m, c]]
        if s * t < 0 and s * u < 0:
            ab, ac = crossing(a, b), crossing(a, c)
            return [[a, ab, ac], [ab, b, c], [ab, c, ac]]
    return [corners]


def mixed(first: Hold, second: Hold, share: float) -> Hold:
    """(1 - share) of the first and the rest of the second."""
    rows = {*first, *second}
    return {row: (1 - share) * first.get(row, 0.0) + share * second.get(row, 0.0) for row in rows}


def packed(holds: list[Hold]) -> tuple[Indices, Floats]:
    """(n, 6) rows and weights; the lightest beyond six are left out."""
    rows, weights = np.zeros((len(holds), LINKS), np.int32), np.zeros((len(holds), LINKS), np.float32)
    for index, hold in enumerate(holds):
        heavy = sorted(hold.items(), key=lambda item: -item[1])[:LINKS]
        rows[index, : len(heavy)] = [row for row, _ in heavy]
        weights[index, : len(heavy)] = [weight for _, weight in heavy]
    return rows, weights / weights.sum(axis=1, keepdims=True)


def neighbours(triangles: Indices, count: int) -> tuple[Indices, Indices]:
    """Neighbours of all vertices, one after the other, and where each one's begin; a lone vertex has itself."""
    pairs = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    lone = np.setdiff1d(np.arange(count), pairs)
    pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1], np.stack([lone, lone], 1)]), axis=0)
    starts = np.searchsorted(pairs[:, 0], np.arange(count))
    return pairs[:, 1].astype(np.int32), starts.astype(np.int32)


def rim(triangles: Indices) -> Indices:
    """(e, 2) edges that one triangle alone has, in its direction."""
    edges = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    _, which, counts = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
    return edges[which[counts == 1]]
