"""Face masks: cloth drawn over nose, mouth and chin, or worn lower, with loops around the ears or the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.synthetic.occluder_fit import HeadFit
from training.data.synthetic.occluder_looks import Drawn, cloth, cloth_texture, pick
from training.data.synthetic.occluder_meshes import Piece, curve, joined, mirrored, sheet, tube
from training.data.synthetic.parts import Material

Array = npt.NDArray[np.float64]

_ROWS, _COLUMNS = 17, 25
_SURGICAL = ((0.35, 0.55, 0.68), (0.75, 0.78, 0.8), (0.012, 0.012, 0.014), (0.2, 0.45, 0.35), (0.75, 0.45, 0.5))


@dataclass(frozen=True)
class _Style:
    kind: str
    """surgical, cloth or shell (of FFP masks)."""
    top: float
    """Where its upper edge's middle lies, degrees above the mouth's level as seen from inside the jaw."""
    bottom: float
    side_top: float
    side_bottom: float
    wide: float
    """Degrees to either side."""
    gap: float
    """Metres off the skin."""


def _style(rng: np.random.Generator, fit: HeadFit) -> _Style:
    """Over the nose, three times in four; else under the nose or around the chin."""
    kind = pick(rng, ("surgical", "surgical", "cloth", "shell"))
    worn = rng.random()
    seen = {name: float(np.degrees(fit.face.around(fit.landmarks[row])[1])) for name, row in _EDGES.items()}
    if worn < 0.75:
        top = seen["bridge"] + rng.uniform(-9, 3)
    elif worn < 0.88 or kind == "shell":
        top = seen["under nose"] - 2
    else:
        top = seen["under lip"] - 2
    low = top < seen["under nose"]
    wide = rng.uniform(58, 68) if kind == "shell" else rng.uniform(66, 80)
    side = rng.uniform(-6, 4) - (14 if low else 0)
    bottom = seen["chin"] - rng.uniform(9, 16)
    return _Style(kind, top, bottom, side, side - rng.uniform(16, 26), wide, rng.uniform(0.0025, 0.0045))


_EDGES = {"bridge": 28, "under nose": 33, "under lip": 57, "chin": 8}
"""Landmarks."""


def mask(rng: np.random.Generator, fit: HeadFit) -> list[Drawn]:
    """A mask on this head, with what holds it."""
    style = _style(rng, fit)
    surface = _surface(rng, style, fit)
    piece: Piece = (surface.reshape(-1, 3).astype(np.float32), sheet(_ROWS, _COLUMNS))
    if style.kind == "surgical" or style.kind == "shell":
        material = Material(0.3, 0.8, 0.0, pick(rng, _SURGICAL[: 3 if style.kind == "shell" else 5]), two_sided=True)
        texture = None
    else:
        material, texture = cloth(rng), cloth_texture(rng, plain=0.5)
    band = Material(0.2, 0.8, 0.0, pick(rng, ((0.8, 0.8, 0.8), material.tint)))
    held = _straps(surface, fit) if style.kind == "shell" and rng.random() < 0.6 else _loops(surface, fit)
    return [(piece, material, texture, True), (joined(*held), band, None, False)]


def _surface(rng: np.random.Generator, style: _Style, fit: HeadFit) -> Array:
    """(17, 25, 3) from the upper edge down, from the picture's left to its right."""
    down, across = np.meshgrid(np.linspace(0, 1, _ROWS), np.linspace(-1, 1, _COLUMNS), indexing="ij")
    side = np.abs(across)
    low = side**2.2 if style.kind != "surgical" else side**3
    peak = np.exp(-((across / 0.28) ** 2))  # of the upper edge over the nose
    top = style.side_top + (style.top - style.side_top) * (0.45 * peak + 0.55 * (1 - low))
    bottom = style.bottom + (style.side_bottom - style.bottom) * low
    elevation = np.radians(top + (bottom - top) * down)
    inside = np.sin(np.pi * down) ** 0.7 * (1 - side**4)
    gap = style.gap + 0.003 * inside
    if style.kind == "surgical":
        gap = gap + 0.0016 * inside * (np.mod(down * 3.999, 1.0) - 0.5)
    if style.kind == "shell":
        cup = rng.uniform(0.006, 0.014)
        gap = gap + cup * np.sin(np.pi * down) ** 0.8 * np.exp(-((across / 0.55) ** 2))
    if style.kind == "cloth":
        gap = gap + 0.002 * inside * np.exp(-((across / 0.06) ** 2))  # the seam in the middle
    return fit.face.points(np.radians(style.wide) * across, elevation, gap)


def _loops(surface: Array, fit: HeadFit) -> list[Piece]:
    """From the upper corner over the ear and behind it to the lower corner, both sides."""
    upper, lower = surface[1, -1], surface[-2, -1]
    ear = [fit.anchor(name) + np.array([0.002, 0.001, 0.0]) for name in ("ear front", "ear top", "ear behind")]
    below = fit.anchor("ear below") + np.array([0.002, -0.008, 0.004])
    path = [upper, 0.5 * (upper + ear[0]), ear[0] + [0.001, 0.012, 0], *ear[1:], below, 0.5 * (below + lower), lower]
    path[1:-2] = fit.skull.pushed(path[1:-2], 0.002)
    path[-2:-1] = fit.face.pushed(path[-2:-1], 0.002)
    right = tube(curve(path, 24), 0.0013, (0.3, 0.2, 1.0), sides=5)
    return [right, mirrored(right)]


def _straps(surface: Array, fit: HeadFit) -> list[Piece]:
    """Two bands from the edges around the back of the head."""
    straps = []
    for row, height in ((2, 0.030), (-3, -0.055)):
        right = surface[row, -1]
        azimuth, elevation, _ = fit.ears.around(right)
        back = fit.ears.around(np.array([0.0, height, -0.13]))[1]
        share = np.linspace(0, 1, 13)
        around = azimuth + (np.pi - azimuth) * share
        half = fit.ears.points(around, elevation + (back - elevation) * share, 0.002)
        half[0] = right
        straps.append(tube(half, np.array([0.0025, 0.0008]) * np.ones((13, 1)), (0, 1, 0.01), sides=5))
    return straps + [mirrored(strap) for strap in straps]
