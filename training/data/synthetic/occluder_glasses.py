"""Spectacles and sunglasses: two rims, a bridge, lenses, and temples that reach over the ears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.synthetic.occluder_fit import HeadFit
from training.data.synthetic.occluder_looks import Drawn, lens_texture, pick
from training.data.synthetic.occluder_meshes import Piece, curve, joined, loop, mirrored, sheet, tube
from training.data.synthetic.parts import Material

Array = npt.NDArray[np.float64]

_POINTS = 32
_FRAMES = {"round": 2.0, "oval": 2.1, "rectangle": 4.5, "square": 3.5, "aviator": 2.3, "cat": 2.8, "half": 3.5}
"""Exponent of the superellipse of each shape."""


@dataclass(frozen=True)
class _Style:
    shape: str
    width: float
    """Half of a lens's, metres, as the following."""
    height: float
    rim: float
    depth: float
    low: float
    """How far down the nose they sit."""


def _style(rng: np.random.Generator, size: float, dark: bool) -> _Style:
    shape = pick(rng, tuple(_FRAMES))
    thick = rng.random() < 0.5 and shape != "aviator"
    width = rng.uniform(0.0225, 0.0285 if dark else 0.027)
    tall = {"round": 0.95, "oval": 0.72, "square": 0.85, "aviator": 0.92, "cat": 0.75}.get(shape, 0.62)
    height = width * tall * rng.uniform(0.92, 1.12 if dark else 1.05)
    rim = rng.uniform(0.0014, 0.0028) if thick else rng.uniform(0.0005, 0.0011)
    return _Style(shape, width * size, height * size, rim, max(rim, 0.0009) * rng.uniform(0.9, 1.3), rng.beta(1, 4))


def _outline(style: _Style) -> Array:
    """(32, 2) of the lens on the picture's right, around its middle, from its outer side over its top."""
    turn = np.arange(_POINTS) * (2 * np.pi / _POINTS)
    power = 2 / _FRAMES[style.shape]
    x, y = (np.sign(f) * np.abs(f) ** power for f in (np.cos(turn), np.sin(turn)))
    if style.shape == "aviator":
        x, y = x * (1 + 0.12 * y) + 0.10 * np.minimum(y, 0) * -1, y * np.where(y < 0, 1.15, 0.9)
    if style.shape == "cat":
        y = y + 0.28 * np.clip(x, 0, 1) ** 2 * np.clip(y + 0.4, 0, 1)
    return np.stack([x * style.width, y * style.height], axis=1)


def _bent(flat: Array, front: float, top: float) -> Array:
    """(…, 2) of the frame's plane → (…, 3): its sides swept back and its lower edge drawn in."""
    x, y = flat[..., 0], flat[..., 1]
    return np.stack([x, y, front - 2.2 * x**2 + 0.12 * (y - top)], axis=-1)


def glasses(rng: np.random.Generator, fit: HeadFit) -> list[Drawn]:
    """A pair on this head; about every third has dark lenses."""
    dark = bool(rng.random() < 0.35)
    style = _style(rng, fit.size, dark)
    eyes = fit.landmarks[36:48].reshape(2, 6, 3).mean(axis=1)
    level = eyes[:, 1].mean() - (0.001 + 0.007 * style.low) * fit.size
    inner = (0.0075 + 0.002 * rng.random()) * fit.size
    middle = np.array([max(abs(eyes[:, 0]).mean(), style.width + inner), level])
    outline = _outline(style) + middle
    front = _front(fit, outline, middle, level)
    rims = _bent(outline, front, level)
    frame = [*_rims(style, rims), _bridge(style, rims, fit), *_temples(style, rims, fit)]
    drawn: list[Drawn] = [(joined(*frame), _frame_material(rng), None, True)]
    if dark or rng.random() < 0.6:
        drawn.append(_lenses(rng, rims, dark))
    return drawn


def _front(fit: HeadFit, outline: Array, middle: Array, level: float) -> float:
    """Where the frame's plane meets the head's middle: nothing of the face reaches through the lenses."""
    half = np.abs(outline - middle).max(axis=0) * 1.02
    x, y, z = fit.eyes.T
    inside = (np.abs(np.abs(x) - middle[0]) < half[0]) & (np.abs(y - middle[1]) < half[1])
    inside &= ((np.abs(x) - middle[0]) / half[0]) ** 4 + ((y - middle[1]) / half[1]) ** 4 < 1
    needed = z[inside] + 2.2 * x[inside] ** 2 - 0.12 * (y[inside] - level)
    lashes = fit.landmarks[36:48, 2].mean() + 0.016
    return float(max(needed.max(initial=0.0) + 0.003, lashes))


def _rims(style: _Style, rims: Array) -> list[Piece]:
    if style.shape != "half":
        right = loop(rims, (style.depth, style.rim), (0, 0, 1))
    else:  # only from the outer corner over the top to the inner one
        right = tube(rims[:17], np.array([style.depth, style.rim]) * np.ones((17, 1)), (0, 0, 1))
    return [right, mirrored(right)]


def _bridge(style: _Style, rims: Array, fit: HeadFit) -> Piece:
    end = rims[13]
    nose = fit.landmarks[27:31]
    height = end[1] + 0.002
    over = np.interp(-height, -nose[:, 1], nose[:, 2]) + 0.0025
    top = np.array([0.0, height, max(end[2], over)])
    side = np.array([0.45 * end[0], height, max(end[2], over - 0.001)])
    flip = np.array([-1, 1, 1])
    path = curve([end * flip, side * flip, top, side, end], 9)
    thick = max(style.rim, 0.001)
    return tube(path, np.array([style.depth, thick]) * np.ones((9, 1)), (0, 0, 1))


def _temples(style: _Style, rims: Array, fit: HeadFit) -> list[Piece]:
    hinge = rims[3 if style.shape in ("aviator", "half", "rectangle") else 2]
    top = fit.anchor("ear top") + np.array([0.0, 0.002, 0.0])
    corner = hinge + np.array([min(0.005, max(top[0] - hinge[0], 0.002)), 0.0, -0.006])
    sides = fit.skull.pushed([corner + share * (top - corner) for share in (0.35, 0.7, 1.0)], 0.0022)
    hook = fit.skull.pushed([fit.anchor("ear behind"), fit.anchor("ear below")], 0.0025)
    path = curve([hinge, corner, *sides, 0.5 * (sides[-1] + hook[0]) + [0, 0.004, -0.001], *hook], 20)
    height = np.maximum(style.rim, 0.0008) * np.interp(np.arange(20), [0, 4, 19], [1.0, 1.4, 1.0])
    right = tube(path, np.stack([height, np.full(20, max(0.5 * style.rim, 0.0006))], 1), (0, 1, 0.001))
    return [right, mirrored(right)]


def _frame_material(rng: np.random.Generator) -> Material:
    shades = ((0.01, 0.01, 0.012), (0.02, 0.012, 0.008), (0.08, 0.03, 0.012), (0.3, 0.22, 0.1), (0.35, 0.35, 0.37))
    more = ((0.15, 0.01, 0.015), (0.01, 0.02, 0.08), (0.6, 0.58, 0.55), (0.02, 0.05, 0.03))
    tint = pick(rng, shades * 2 + more)
    return Material(specular=rng.uniform(0.6, 2.0), roughness=rng.uniform(0.15, 0.5), subsurface=0.0, tint=tint)


def _lenses(rng: np.random.Generator, rims: Array, dark: bool) -> Drawn:
    """Both lenses, a little domed."""
    middle = rims.mean(axis=0)
    rings = [middle + share * (rims - middle) + [0, 0, 0.0035 * (1 - share**2)] for share in (0.0, 0.35, 0.7, 1.0)]
    around = np.stack(rings)[:, ::-1]  # from the middle outwards, so the other way round
    right = np.concatenate(list(around)).astype(np.float32), sheet(4, _POINTS, True)
    clear = rng.uniform(0.05, 0.2)
    texture = lens_texture(rng.uniform(0.55, 1.0) if dark else clear)
    hue = rng.uniform(0.2, 1.0, 3) * rng.uniform(0.005, 0.05) if dark else rng.uniform(0.3, 0.8, 3)
    tint = (float(hue[0]), float(hue[1]), float(hue[2]))
    material = Material(specular=3.0, roughness=0.12, subsurface=0.0, tint=tint, alpha="blend")
    return joined(right, mirrored(right)), material, texture, dark
