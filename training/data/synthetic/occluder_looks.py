"""Colours, cloths and glass of occluders: small pictures that are uploaded once, and draws of materials."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from training.data.synthetic.occluder_meshes import Piece, sheet
from training.data.synthetic.parts import Material

Bytes = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]
Drawn = tuple[Piece, Material, str | None, bool]
"""A mesh in the head's frame, its material, the key of its texture, and whether it casts a shadow."""

T = TypeVar("T")

_LENSES = (0.06, 0.12, 0.2, 0.55, 0.7, 0.84, 1.0)
CLOTHS = ("knit", "weave", "stripes", "checks", "dots", "camouflage")
_SIDE = 128


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices, all equally often."""
    return choices[int(rng.integers(len(choices)))]


def colour(rng: np.random.Generator) -> Colour:
    """Linear RGB of cloth or plastic: black, grey or white as often as a hue."""
    if rng.random() < 0.5:
        grey = float(np.interp(rng.random(), [0, 0.5, 1], [0.01, 0.06, 0.75]))
        shift = rng.uniform(0.93, 1.07, 3) * grey
    else:
        shift = np.abs(rng.dirichlet((0.7, 0.7, 0.7))) * rng.uniform(0.05, 0.9) + rng.uniform(0.005, 0.1)
    red, green, blue = np.clip(shift, 0.004, 0.85).tolist()
    return red, green, blue


def cloth(rng: np.random.Generator, two_sided: bool = True) -> Material:
    """A matt material of a drawn colour."""
    return Material(
        specular=float(rng.uniform(0.05, 0.4)),
        roughness=float(rng.uniform(0.65, 1.0)),
        subsurface=0.0,
        tint=colour(rng),
        two_sided=two_sided,
    )


def plastic(rng: np.random.Generator, tint: Colour | None = None) -> Material:
    """A smooth, more or less glossy material."""
    return Material(
        specular=float(rng.uniform(0.4, 1.5)),
        roughness=float(rng.uniform(0.15, 0.5)),
        subsurface=0.0,
        tint=tint or colour(rng),
        two_sided=True,
    )


def grid(points: npt.NDArray[np.float64], material: Material, texture: str | None, closed: bool = True) -> Drawn:
    """Points (rows, columns, 3) as a mesh, seen from outside when rows run down and columns to the right."""
    return (points.reshape(-1, 3).astype(np.float32), sheet(*points.shape[:2], closed)), material, texture, True


def cloth_texture(rng: np.random.Generator, plain: float = 0.3) -> str | None:
    """Key of a cloth's picture, or None for an even one with the probability `plain`."""
    name = pick(rng, CLOTHS)
    return None if rng.random() < plain else f"occluder/{name}"


def lens_texture(alpha: float) -> str:
    """Key of the glass whose share of covered light is nearest to `alpha`."""
    return f"occluder/lens {min(_LENSES, key=lambda level: abs(level - alpha))}"


@lru_cache(maxsize=1)
def occluder_textures() -> dict[str, Bytes]:
    """Key → (H, W, 4) uint8 sRGB of all pictures that parts of occluders name. Always the same."""
    rng = np.random.default_rng(7)
    made = {f"occluder/{name}": _opaque(_cloth(name, rng)) for name in CLOTHS}
    made["occluder/print"] = _opaque(_print(rng))
    for level in _LENSES:
        made[f"occluder/lens {level}"] = np.full((4, 4, 4), (255, 255, 255, round(255 * level)), np.uint8)
    return made


def _opaque(shade: npt.NDArray[np.float64]) -> Bytes:
    grey = np.clip(255 * shade, 0, 255).round().astype(np.uint8)
    return np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)


def _cloth(name: str, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(128, 128) shades up to 1, by which a colour is multiplied; it repeats."""
    y, x = np.mgrid[:_SIDE, :_SIDE] / _SIDE
    noise = rng.uniform(0.9, 1.0, (_SIDE, _SIDE))
    wave = 2 * np.pi
    if name == "knit":
        return noise * (0.72 + 0.28 * np.abs(np.sin(wave * (12 * x + 0.25 * np.abs(np.sin(wave * 16 * y))))))
    if name == "weave":
        return noise * (0.86 + 0.14 * np.sign(np.sin(wave * 32 * x) * np.sin(wave * 32 * y)))
    if name == "stripes":
        return noise * np.where(np.sin(wave * 6 * y) > 0.2, 1.0, 0.35)
    if name == "checks":
        return noise * (0.4 + 0.3 * (np.sin(wave * 5 * x) > 0) + 0.3 * (np.sin(wave * 5 * y) > 0))
    if name == "dots":
        return noise * np.where(np.hypot((8 * x) % 1 - 0.5, (8 * y) % 1 - 0.5) < 0.25, 0.35, 1.0)
    spectrum = np.fft.rfft2(rng.normal(size=(_SIDE, _SIDE)))
    frequency = np.hypot(np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)[None]) * _SIDE
    blotches = np.fft.irfft2(spectrum * np.exp(-((frequency / 6) ** 2)), (_SIDE, _SIDE))
    return noise * np.choose(np.digitize(blotches / blotches.std(), (-0.6, 0.5)), (0.3, 0.6, 1.0))


def _print(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A page with lines of words and a picture."""
    page = np.full((_SIDE, _SIDE), 0.97)
    page[12:52, 12:60] = np.clip(np.cumsum(rng.normal(0, 0.08, (40, 48)), axis=1) + 0.5, 0.1, 0.9)
    for line in range(10, 118, 7):
        start = 66 if line < 56 else 12
        words = rng.random(116 - start) < 0.8
        page[line : line + 3, start:116] = np.where(words, 0.15, page[line : line + 3, start:116])
    return page
