"""Skin and eyes without any file: plain textures for the base mesh where the asset pack is absent.

They have a tone and soft variation, no lips, brows or pores: the head can be told from the background and its shape is
seen by its shading, which is what tests and fresh machines need. The renderer adds fine detail to every skin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from training.data.source import Image

Array = npt.NDArray[np.float64]

# sRGB of skin in even light from the least to the most melanin; our own choice along the six phototypes of Fitzpatrick
_TONES = np.array(
    [[243, 211, 193], [228, 186, 158], [206, 155, 120], [168, 117, 84], [121, 80, 56], [72, 48, 37]], dtype=np.float64
)
_FLUSH = np.array([10.0, -12.0, -9.0])  # blood under the skin: more red, less green and blue

MELANIN = {"caucasian": (0.0, 0.4), "asian": (0.12, 0.5), "african": (0.55, 1.0)}
"""Range of the melanin of a phenotype group, 0 to 1."""

_IRISES = {
    "brown": (92, 54, 28),
    "brownlight": (134, 88, 46),
    "hazel": (128, 106, 62),
    "green": (98, 122, 78),
    "grey": (128, 138, 142),
    "blue": (84, 122, 164),
    "lightblue": (138, 174, 204),
}
EYES = tuple(_IRISES)
"""Colours of the iris that `procedural_eyes` knows."""

# Places on MakeHuman's eye texture, in shares of its side: the two eyeballs (left bottom, right top) and their parts
EYE_CENTRES = ((0.29, 0.71), (0.705, 0.297))  # x, y from the left top
IRIS_RADIUS, _PUPIL_RADIUS, _BALL_RADIUS = 0.114, 0.036, 0.28


def skin_tone(melanin: float, redness: float) -> Array:
    """(3,) sRGB 0–255 of a skin.

    Args:
        melanin: 0 (lightest) to 1 (darkest).
        redness: -1 (pale) to 1 (flushed); seen less on dark skin.
    """
    place = np.clip(melanin, 0.0, 1.0) * (len(_TONES) - 1)
    steps = np.arange(len(_TONES))
    tone = np.array([np.interp(place, steps, _TONES[:, channel]) for channel in range(3)])
    return np.clip(tone + redness * (1.0 - 0.6 * melanin) * _FLUSH, 0.0, 255.0)


def _check(size: int) -> None:
    if size < 8:
        raise HeadPoseError(f"a texture of {size} pixels is too small: give a size of 8 or more")


def _patches(rng: np.random.Generator, size: int, cells: int) -> Array:
    """(size, size) of mean 0 and standard deviation 1 that varies over about size/cells pixels."""
    import cv2

    field = cv2.resize(rng.normal(0.0, 1.0, (cells, cells)), (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-6), dtype=np.float64)


def procedural_skin(
    rng: np.random.Generator, size: int = 256, *, melanin: float | None = None, group: str | None = None
) -> Image:
    """A skin for the base mesh's texture coordinates, (size, size, 3) uint8 sRGB.

    Args:
        rng: makes tone and variation; the same state, the same skin.
        size: side in pixels.
        melanin: 0 (lightest) to 1 (darkest); None draws it.
        group: key of `MELANIN` whose range it is drawn from; None for the whole range.

    Raises HeadPoseError for a size below 8 or an unknown group.
    """
    _check(size)
    if group is not None and group not in MELANIN:
        raise unknown_name("phenotype group", group, MELANIN)
    drawn = rng.uniform(*((0.0, 1.0) if group is None else MELANIN[group]))
    amount = drawn if melanin is None else melanin
    redness = rng.normal(0.0, 0.4) + 0.18 * _patches(rng, size, 9) + 0.08 * _patches(rng, size, 40)
    shade = 1.0 + 0.03 * _patches(rng, size, 5) + 0.015 * _patches(rng, size, max(size // 4, 2))
    flush = redness[..., None] * (1.0 - 0.6 * amount) * _FLUSH
    return np.asarray(np.clip((skin_tone(amount, 0.0) + flush) * shade[..., None], 0.0, 255.0), dtype=np.uint8)


def procedural_eyes(rng: np.random.Generator, colour: str | None = None, size: int = 128) -> Image:
    """Both eyeballs for MakeHuman's eye texture coordinates, (size, size, 3) uint8 sRGB.

    White with a soft rim, an iris with rays and a dark ring, a pupil.

    Raises HeadPoseError for a colour that is not in `EYES` or a size below 8.
    """
    _check(size)
    names = list(EYES)
    drawn = names[int(rng.integers(len(names)))]
    if colour is not None and colour not in _IRISES:
        raise unknown_name("colour of the iris", colour, EYES)
    base = np.array(_IRISES[colour or drawn], dtype=np.float64) * rng.uniform(0.75, 1.2)
    ramp = (np.arange(size) + 0.5) / size
    picture = np.full((size, size, 3), 170.0)
    for x, y in EYE_CENTRES:
        radius = np.hypot(ramp[None, :] - x, ramp[:, None] - y)
        angle = np.arctan2(ramp[:, None] - y, ramp[None, :] - x)
        picture = np.where((radius < _BALL_RADIUS)[..., None], _white(radius), picture)
        picture = np.where((radius < IRIS_RADIUS)[..., None], _iris(rng, base, radius, angle), picture)
        picture = np.where((radius < _PUPIL_RADIUS)[..., None], 8.0, picture)
    return np.asarray(np.clip(picture, 0.0, 255.0), dtype=np.uint8)


def _white(radius: Array) -> Array:
    rim = np.clip(radius / _BALL_RADIUS, 0.0, 1.0)[..., None]
    return np.asarray(np.array([218.0, 214.0, 210.0]) - rim**2 * np.array([10.0, 40.0, 40.0]))


def _iris(rng: np.random.Generator, base: Array, radius: Array, angle: Array) -> Array:
    rays = sum(np.sin(count * angle + rng.uniform(0.0, 6.28)) for count in (17, 29, 43)) / 3.0
    edge = np.clip((IRIS_RADIUS - radius) / (0.25 * IRIS_RADIUS), 0.25, 1.0)  # the dark ring around
    return np.asarray(base * ((1.0 + 0.25 * rays) * edge)[..., None], dtype=np.float64)
