"""Things before the face: pages, cups, microphones, bars, balls and shapes of no kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from training.data.synthetic.occluder_fit import HeadFit
from training.data.synthetic.occluder_looks import Drawn, cloth, cloth_texture, pick, plastic
from training.data.synthetic.occluder_meshes import Piece, ball, box, curve, joined, moved, sheet, tube
from training.data.synthetic.parts import Material

Array = npt.NDArray[np.float64]


def _facing(rng: np.random.Generator, towards: Array, tilt: float) -> Array:
    """(3, 3) rotation whose third column points about `towards`, turned anyhow around it."""
    z = towards + rng.normal(0, tilt, 3)
    z /= np.linalg.norm(z)
    x = np.cross(rng.normal(size=3), z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def _upright(rng: np.random.Generator, towards: Array) -> Array:
    """(3, 3) rotation that stands upright about as the head does, its third column about `towards`."""
    z = towards * [1, 0.4, 1] + rng.normal(0, 0.15, 3)
    z /= np.linalg.norm(z)
    x = np.cross(np.array([rng.normal(0, 0.15), 1.0, 0.0]), z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def _place(rng: np.random.Generator, fit: HeadFit, towards: Array, depth: float) -> Array:
    """(3,) before one of the landmarks, `depth` metres before all of them at least."""
    at = fit.landmarks[int(rng.integers(68))] + rng.normal(0, 0.02, 3)
    reach = float((fit.landmarks @ towards).max())
    return np.asarray(at + (reach + depth + rng.uniform(0.005, 0.08) - at @ towards) * towards)


def _shape(rng: np.random.Generator, fit: HeadFit, towards: Array) -> list[Drawn]:
    """A flat shape: round, cornered or ragged."""
    turn = np.arange(16) * (2 * np.pi / 16)
    corners = int(rng.integers(3, 9))
    radius = np.cos(np.pi / corners) / np.cos(np.mod(turn, 2 * np.pi / corners) - np.pi / corners)
    radius = np.where(rng.random() < 0.3, 1.0, radius) * rng.uniform(0.75, 1.15, 16) ** pick(rng, (0, 1))
    flat = np.stack([np.cos(turn) * radius, np.sin(turn) * radius, 0 * turn], 1) * rng.uniform(0.02, 0.045)
    flat = flat * np.array([1.0, rng.uniform(0.5, 1.4), 1.0])
    rings = np.concatenate([share * flat[::-1] for share in (0.0, 0.5, 1.0)])
    piece = moved(
        (rings.astype(np.float32), sheet(3, 16, True)), _facing(rng, towards, 0.3), _place(rng, fit, towards, 0.02)
    )
    return [(piece, cloth(rng), cloth_texture(rng), True)]


def _page(rng: np.random.Generator, fit: HeadFit, towards: Array) -> list[Drawn]:
    """A printed page, card or book, held before the lower face."""
    half = np.array([rng.uniform(0.03, 0.09), rng.uniform(0.03, 0.09), rng.uniform(0.0005, 0.012)])
    turn = _upright(rng, towards)
    low = fit.landmarks[8] + [rng.normal(0, 0.02), rng.uniform(-0.03, 0.03), 0.0] - (half[1] - 0.01) * turn[:, 1]
    reach = float((fit.landmarks @ towards).max())
    at = low + (reach + rng.uniform(0.02, 0.1) - low @ towards) * towards
    tint = pick(rng, ((0.8, 0.8, 0.78), (0.7, 0.65, 0.5), (0.5, 0.6, 0.75)))
    return [(moved(box(half), turn, at), Material(0.4, 0.6, 0.0, tint), "occluder/print", True)]


def _cup(rng: np.random.Generator, fit: HeadFit, towards: Array) -> list[Drawn]:
    """A cup or bottle at the mouth."""
    lips = 0.5 * (fit.landmarks[62] + fit.landmarks[66])
    lean = rng.uniform(0.1, 0.6)
    axis = np.array([rng.normal(0, 0.08), -np.cos(lean), np.sin(lean)])
    wide, tall = rng.uniform(0.028, 0.042), rng.uniform(0.06, 0.12)
    top = lips + np.array([0.0, -0.002, 0.006]) + wide * np.array([0.0, np.sin(lean), np.cos(lean)])
    path = top + np.array([[0.0], [0.02], [0.6], [1.0]]) * tall * axis
    body = tube(path, wide * np.array([1.0, 1.0, rng.uniform(0.8, 1), rng.uniform(0.65, 1)]), (1, 0, 0), sides=20)
    pieces = [body]
    if rng.random() < 0.4:
        out = np.cross(axis, [0, 0, 1.0]) * pick(rng, (-1, 1))
        out /= np.linalg.norm(out)
        ends = [
            top + tall * share * axis + wide * far * out
            for share, far in ((0.2, 0.95), (0.3, 1.6), (0.7, 1.5), (0.8, 0.9))
        ]
        pieces.append(tube(curve(ends, 10), 0.005, (0, 0, 1)))
    return [(joined(*pieces), plastic(rng), cloth_texture(rng, plain=0.7), True)]


def _microphone(rng: np.random.Generator, fit: HeadFit, towards: Array) -> list[Drawn]:
    """Before the mouth, its handle downwards."""
    radius = rng.uniform(0.018, 0.03)
    at = fit.landmarks[62] + [rng.normal(0, 0.02), rng.uniform(-0.025, 0.0), radius + rng.uniform(0.02, 0.05)]
    along = np.array([rng.normal(0, 0.4), -1.0, rng.uniform(0.1, 0.8)])
    along /= np.linalg.norm(along)
    head = moved(ball([radius] * 3), np.eye(3), at)
    path = at + np.array([[0.7], [1.2], [4.0], [7.0]]) * radius * along
    handle = tube(path, np.array([0.75, 0.7, 0.55, 0.5]) * radius, (0, 0, 1), sides=10)
    return [(head, cloth(rng), "occluder/weave", True), (handle, plastic(rng), None, True)]


def _bar(rng: np.random.Generator, fit: HeadFit, towards: Array) -> list[Drawn]:
    """A pole, strap or branch across the picture."""
    turn, at = _facing(rng, towards, 0.1), _place(rng, fit, towards, 0.03)
    sag = rng.uniform(-0.03, 0.03)
    line = np.linspace(-1, 1, 13)
    path = at + (0.4 * line)[:, None] * turn[:, 0] + (sag * line**2)[:, None] * turn[:, 1]
    thick = rng.uniform(0.002, 0.013)
    piece: Piece = tube(path, np.array([thick, thick * rng.uniform(0.3, 1)]) * np.ones((13, 1)), turn[:, 1], sides=8)
    return [(piece, plastic(rng), cloth_texture(rng, plain=0.6), True)]


def _lump(rng: np.random.Generator, fit: HeadFit, towards: Array) -> list[Drawn]:
    """A ball, fruit or box."""
    half = rng.uniform(0.018, 0.042) * rng.uniform(0.7, 1.3, 3)
    shape = ball(half) if rng.random() < 0.6 else box(0.85 * half)
    piece = moved(shape, _facing(rng, towards, 1.0), _place(rng, fit, towards, float(half.max()) * 1.2))
    return [(piece, plastic(rng), cloth_texture(rng, plain=0.5), True)]


_KINDS: dict[str, Callable[[np.random.Generator, HeadFit, Array], list[Drawn]]] = {
    "shape": _shape,
    "page": _page,
    "cup": _cup,
    "microphone": _microphone,
    "bar": _bar,
    "lump": _lump,
}


def patch(rng: np.random.Generator, fit: HeadFit, eye: Array) -> list[Drawn]:
    """One thing; `eye` (3,) is where the camera is in the head's frame."""
    towards = eye / np.linalg.norm(eye)
    return _KINDS[pick(rng, tuple(_KINDS))](rng, fit, towards)
