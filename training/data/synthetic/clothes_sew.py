"""Cloth on the skin: patches between smooth lines and rolls laid around the neck, sewn once and hung often.

What is cut and how each vertex hangs on the skin is the same for all heads; only where the skin is changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.data.synthetic.clothes_cut import Hold, Line, Mesh, Values, mixed, neighbours, packed, rim
from training.data.synthetic.clothes_neck import MIDDLE, azimuth, rest_skin
from training.data.synthetic.head import HeadModel
from training.data.synthetic.mesh import Floats, Indices, Topology

_HEM = 0.004  # metres from a hem's edge to its full thickness
_TUCKED = -0.0015  # metres under the skin, where a hem begins
_UP = np.array([0, 1, 0], np.float32)
_STATIONS, _RING = 48, 12  # of a roll: along and across


@dataclass(frozen=True)
class Patch:
    """A piece of cloth that lies on the skin."""

    hems: tuple[Line, ...]
    """Where the cloth ends with a rounded edge; it lies where all are positive."""
    lift: float
    """Metres between skin and cloth."""
    ends: tuple[Line, ...] = ()
    """Where it ends without one, under another piece."""
    ease: float = 0.0
    """How far the cloth bridges hollows, 0 to 1 in each smoothing step."""
    skirt: float = 0.0
    """Metres by which it goes on beyond the edge of the model's skin."""


@dataclass(frozen=True)
class Roll:
    """A tube of cloth around the neck along one line."""

    line: Line
    """Where it is 0 the tube lies."""
    radius: Callable[[Floats], Values]
    """(n,) azimuths around the neck, 0 in front and ±π behind → (n,) metres."""
    lift: float = 0.5
    """How far its middle lies above the skin, in radii."""
    flat: float = 1.0
    """Its height along the neck over its width."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pieces of one cloth, ready to be hung on any head."""

    rows: Indices
    """(n, 6) vertices of the head."""
    weights: Floats
    """(n, 6) how much of each; rows sum to 1."""
    rest: Floats
    """(n, 3) where the vertices are on the rest head."""
    inside: Floats
    """(n,) metres from the nearest hem."""
    lift: Floats
    """(n,) metres along the skin's normal."""
    around: Floats
    """(n, 3) what is added across a roll, in metres along the skin's normal, the roll and the third axis."""
    skirt: Floats
    """(n, 3) what is added in the frame of the shoulders."""
    ease: Floats
    """(n,) share of the neighbours' mean in a smoothing step."""
    links: Indices
    """Neighbours of all vertices, one after the other."""
    starts: Indices
    """(n,) where each one's begin."""
    topology: Topology
    """Triangles, and texture coordinates in units of 0.1 m."""

    def hang(self, skin: Floats, normals: Floats, turn: Floats, folds: Floats, steps: int) -> Floats:
        """(n, 3) where the cloth is.

        Args:
            skin: (V, 3) the head's vertices.
            normals: (V, 3) unit, of the skin.
            turn: (3, 3) from the rest shoulders' frame to these shoulders'.
            folds: (n,) metres that are added along the normals.
            steps: of smoothing.
        """
        bound = np.concatenate([skin, normals], axis=1)
        both = np.einsum("nk,nkd->nd", self.weights, bound[self.rows])
        at, out = both[:, :3], both[:, 3:]
        out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
        points: Floats = at + out * (self.lift + folds)[:, None] + self.skirt @ turn.T
        if self.around.any():
            points = points + self._across(at, out)
        return np.asarray(points + self._bridged(points, out, steps), np.float32)

    def _bridged(self, points: Floats, out: Floats, steps: int) -> Floats:
        """What smoothing adds outwards: cloth spans hollows, but does not sink into what bulges."""
        smooth = points
        for _ in range(steps if self.ease.any() else 0):
            mean = np.add.reduceat(smooth[self.links], self.starts) / self._counts[:, None]
            smooth = smooth + self.ease[:, None] * np.asarray(mean - smooth, np.float32)
        outwards = ((smooth - points) * out).sum(axis=1, keepdims=True)
        return np.asarray(out * np.maximum(outwards, 0), np.float32)

    @property
    def _counts(self) -> Floats:
        return np.diff(self.starts, append=len(self.links)).astype(np.float32)

    def _across(self, at: Floats, out: Floats) -> Floats:
        """What `around` is in these axes; the roll runs horizontally around the neck."""
        along = np.cross(_UP, out)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        third = np.cross(out, along)
        return self.around[:, :1] * out + self.around[:, 1:2] * along + self.around[:, 2:] * third


def cut_patch(mesh: Mesh, patch: Patch) -> Mesh:
    """The patch's triangles, with lines of vertices where its hem bends."""
    for line in (*patch.hems, *patch.ends):
        mesh = mesh.inner(line)
    for level in (0.3 * _HEM, _HEM):
        for line in patch.hems:
            mesh, _ = mesh.split(line, level)
    return mesh


def inside_hems(points: Floats, hems: Sequence[Line]) -> Floats:
    """(n,) metres from the nearest hem; 1 without any."""
    values = [np.asarray(line(points), np.float32) for line in hems]
    return np.min(values, axis=0) if values else np.ones(len(points), np.float32)


def hem_lift(inside: Floats, lift: float) -> Floats:
    """(n,) metres above the skin: a quarter of a circle from under the skin to the full lift."""
    along = np.clip(inside / _HEM, 0.0, 1.0)
    return np.asarray(_TUCKED + (lift - _TUCKED) * np.sqrt(1.0 - (1.0 - along) ** 2), np.float32)


@dataclass
class _Seam:
    """Pieces that are put together."""

    holds: list[Hold]
    columns: list[Floats]  # rest, inside, lift, around, skirt, ease, uv
    triangles: list[Indices]

    def add(self, holds: list[Hold], columns: Floats, triangles: Indices) -> None:
        self.triangles.append(triangles + np.int32(len(self.holds)))
        self.holds.extend(holds)
        self.columns.append(columns.astype(np.float32))


def sew(model: HeadModel, pieces: Sequence[Patch | Roll]) -> Sheet:
    """One cloth of these pieces."""
    rest, triangles = rest_skin(model)
    skin, seam = Mesh.of(rest, triangles), _Seam([], [], [])
    for piece in pieces:
        if isinstance(piece, Patch):
            _add_patch(seam, skin, piece)
        else:
            _add_roll(seam, skin, piece)
    rows, weights = packed(seam.holds)
    corners, table = np.concatenate(seam.triangles), np.concatenate(seam.columns)
    links, starts = neighbours(corners, len(rows))
    parts = [np.ascontiguousarray(part) for part in np.split(table, [3, 4, 5, 8, 11, 12], axis=1)]
    point, inside, lift, around, skirt, ease, uv = parts
    topology = Topology(corners, uv, corners)
    heights = (inside[:, 0], lift[:, 0])
    return Sheet(rows, weights, point, *heights, around, skirt, ease[:, 0], links, starts, topology)


def _columns(rest: Floats, inside: Floats, lift: Floats, ease: Floats | float, uv: Floats) -> Floats:
    table = np.zeros((len(rest), 14), np.float32)
    table[:, :3], table[:, 3], table[:, 4], table[:, 11], table[:, 12:] = rest, inside, lift, ease, uv
    return table


def _add_patch(seam: _Seam, skin: Mesh, patch: Patch) -> None:
    mesh = cut_patch(skin, patch)
    inside = inside_hems(mesh.rest, patch.hems)
    edges = rim(mesh.triangles)
    ease = np.where(inside > 0.3 * _HEM, np.float32(patch.ease), 0.0)
    ease[edges] = 0.0
    flat = 10 * np.stack([mesh.rest[:, 0], -mesh.rest[:, 1] + np.abs(mesh.rest[:, 2] + 0.08)], axis=1)
    table = _columns(mesh.rest, inside, hem_lift(inside, patch.lift), ease, flat)
    seam.add(mesh.holds, table, mesh.triangles)
    if patch.skirt:
        _add_skirt(seam, mesh, table, edges, patch.skirt)


def _add_skirt(seam: _Seam, mesh: Mesh, table: Floats, edges: Indices, length: float) -> None:
    """What hangs down, and from the arms' cuts outwards, where the model's skin ends."""
    own = np.array([len(hold) == 1 for hold in mesh.holds]) & (table[:, 3] > _HEM)
    edges = edges[own[edges].all(axis=1)]
    used, corners = np.unique(edges, return_inverse=True)
    corners = corners.reshape(-1, 2)
    upper, lower = table[used], table[used].copy()
    side = np.clip((np.abs(lower[:, 0]) - 0.15) / 0.05, 0.0, 1.0) * np.sign(lower[:, 0])
    towards = np.stack([0.5 * side, -np.ones(len(used)), np.zeros(len(used))], axis=1)
    lower[:, 8:11] = length * towards / np.linalg.norm(towards, axis=1, keepdims=True)
    lower[:, 13] += 10 * length
    holds = [mesh.holds[row] for row in used]
    a, b, n = corners[:, 0], corners[:, 1], len(used)
    bands = np.concatenate([np.stack([b, a, a + n], 1), np.stack([b, a + n, b + n], 1)])
    seam.add(holds + holds, np.concatenate([upper, lower]), bands.astype(np.int32))


def _add_roll(seam: _Seam, skin: Mesh, roll: Roll) -> None:
    holds, rest, angles = _stations(skin, roll.line)
    phase = np.linspace(0, 2 * np.pi, _RING + 1)
    radius = np.asarray(roll.radius(angles), np.float32)
    count = (_STATIONS + 1, _RING + 1)
    table = np.zeros((*count, 14), np.float32)
    table[..., :3], table[..., 3] = rest[:, None], 1.0
    table[..., 5] = radius[:, None] * (roll.lift + np.cos(phase))
    table[..., 7] = roll.flat * radius[:, None] * np.sin(phase)
    table[..., 12] = 0.65 * (angles[:, None] + np.pi)
    table[..., 13] = 10 * radius[:, None] * phase
    at = np.arange(count[0] * count[1]).reshape(count)
    a, b, c, d = at[:-1, :-1].ravel(), at[1:, :-1].ravel(), at[1:, 1:].ravel(), at[:-1, 1:].ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    seam.add([hold for hold in holds for _ in range(count[1])], table.reshape(-1, 14), triangles)


def _stations(skin: Mesh, line: Line) -> tuple[list[Hold], Floats, Floats]:
    """Places on the line at even azimuths from -π to π: how they hang, where they are at rest, their azimuths."""
    cut, value = skin.split(line)
    near = np.hypot(cut.rest[:, 0], cut.rest[:, 2] - MIDDLE) < 0.13
    on = np.flatnonzero((np.abs(value) < 1e-6) & near)
    angles, first = np.unique(azimuth(cut.rest[on]), return_index=True)
    on = on[first]
    wanted = np.linspace(-np.pi, np.pi, _STATIONS + 1).astype(np.float32)
    after = np.searchsorted(angles, wanted) % len(on)
    before = after - 1
    gap = (angles[after] - angles[before]) % (2 * np.pi)
    share = ((wanted - angles[before]) % (2 * np.pi)) / np.maximum(gap, 1e-6)
    share = np.clip(share, 0.0, 1.0)
    holds = [mixed(cut.holds[on[b]], cut.holds[on[a]], float(s)) for b, a, s in zip(before, after, share)]
    rest = cut.rest[on[before]] * (1 - share)[:, None] + cut.rest[on[after]] * share[:, None]
    return holds, rest.astype(np.float32), wanted
