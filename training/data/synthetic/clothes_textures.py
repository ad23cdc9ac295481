"""Small pictures of cloth, drawn from their names: weaves to be tinted, and patterns with colours of their own.

Each is a tile of 10 cm that repeats. The names are few, so that a card can keep all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from runtime.errors import unknown_name

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]
Colour = tuple[float, float, float]

SIDE = 128

COLOURS: dict[str, tuple[float, Colour]] = {
    "black": (18, (24, 24, 26)),
    "white": (14, (228, 228, 225)),
    "grey": (9, (128, 128, 130)),
    "light grey": (5, (184, 185, 187)),
    "charcoal": (8, (58, 58, 62)),
    "navy": (12, (32, 38, 62)),
    "denim": (7, (72, 94, 130)),
    "light blue": (5, (160, 184, 212)),
    "beige": (5, (198, 180, 152)),
    "brown": (4, (94, 70, 52)),
    "olive": (4, (88, 90, 62)),
    "burgundy": (4, (98, 30, 44)),
    "red": (3, (172, 40, 42)),
    "green": (3, (44, 98, 70)),
    "pink": (3, (220, 162, 170)),
    "yellow": (1.5, (220, 182, 76)),
    "purple": (1.5, (98, 68, 128)),
    "orange": (1, (208, 108, 54)),
    "turquoise": (1, (56, 148, 156)),
}
"""Name → (how often, sRGB 0–255)."""


def drawn_colour(rng: np.random.Generator, names: tuple[str, ...] = tuple(COLOURS)) -> Array:
    """(3,) sRGB 0–255: one of the colours as often as it is worn, a little lighter or darker and off its hue."""
    often = np.array([COLOURS[name][0] for name in names])
    colour = np.array(COLOURS[names[int(rng.choice(len(names), p=often / often.sum()))]][1])
    return np.asarray(np.clip(colour * rng.uniform(0.8, 1.15) * rng.uniform(0.95, 1.05, 3), 8, 235))


def _grid() -> tuple[Array, Array]:
    """(SIDE, SIDE) turns around the tile across and down, 0 to 1."""
    at = (np.arange(SIDE) + 0.5) / SIDE
    return np.meshgrid(at, at)


def _wave(turns: Array, sharp: float = 6.0) -> Array:
    """0 to 1 with soft steps, once a turn."""
    return np.asarray(0.5 + 0.5 * np.tanh(sharp * np.sin(2 * np.pi * turns)))


def _between(first: Array, second: Array, share: Array) -> Array:
    return np.asarray(first + (second - first) * share[..., None])


def _threads(rng: np.random.Generator, strength: float) -> Array:
    """(SIDE, SIDE, 1) of mean 1: uneven threads both ways."""
    both = 0.3 * (rng.normal(size=(SIDE, 1)) + rng.normal(size=(1, SIDE))) + rng.normal(size=(SIDE, SIDE))
    return np.asarray(1 + strength * both[..., None])


def _plain(rng: np.random.Generator) -> Array:
    return 225 * _threads(rng, rng.uniform(0.01, 0.03)) * np.ones(3)


def _denim(rng: np.random.Generator) -> Array:
    x, y = _grid()
    return 215 * _threads(rng, 0.06) * (0.94 + 0.06 * np.sin(2 * np.pi * 32 * (x + y)))[..., None] * np.ones(3)


def _knit(rng: np.random.Generator) -> Array:
    x, y = _grid()
    columns, rows = int(rng.integers(8, 24)), int(rng.integers(12, 28))
    stitch = np.abs(np.sin(np.pi * columns * x))
    slanted = np.sin(2 * np.pi * (rows * y + 0.5 * stitch))
    return 225 * (0.80 + 0.13 * stitch + 0.07 * slanted)[..., None] * _threads(rng, 0.02) * np.ones(3)


def _rib(rng: np.random.Generator) -> Array:
    x, _ = _grid()
    ribs = int(rng.integers(12, 24))
    return 225 * (0.86 + 0.14 * np.sin(2 * np.pi * ribs * x))[..., None] * _threads(rng, 0.02) * np.ones(3)


def _pinstripe(rng: np.random.Generator) -> Array:
    x, _ = _grid()
    line = np.exp(-((((x * int(rng.integers(4, 9))) % 1 - 0.5) / 0.06) ** 2))
    return (190 + 35 * line)[..., None] * _threads(rng, 0.02) * np.ones(3)


def _tweed(rng: np.random.Generator) -> Array:
    x, y = _grid()
    bones = np.sin(2 * np.pi * 16 * (y + np.abs((x * 8) % 2 - 1) / 8))
    return (200 + 14 * bones)[..., None] * _threads(rng, 0.07) * np.ones(3)


def _stripes(rng: np.random.Generator) -> Array:
    x, y = _grid()
    along = y if rng.random() < 0.7 else x
    thin = rng.uniform(-0.6, 0.6)
    share = 0.5 + 0.5 * np.tanh(6 * (np.sin(2 * np.pi * along * int(rng.integers(2, 9))) - thin))
    return _between(drawn_colour(rng), drawn_colour(rng), share) * _threads(rng, 0.02)


def _check(rng: np.random.Generator) -> Array:
    x, y = _grid()
    count = int(rng.integers(2, 9))
    across, down = _wave(x * count), _wave(y * count)
    base, other, fine = drawn_colour(rng), drawn_colour(rng), drawn_colour(rng)
    picture = _between(base, other, 0.5 * (across + down))
    line = _wave(x * count + 0.25, 12) * _wave(x * count + 0.35, 12) + _wave(y * count + 0.25, 12)
    return _between(picture, fine, 0.35 * np.clip(line - 0.9, 0, 1)) * _threads(rng, 0.03)


def _print(rng: np.random.Generator) -> Array:
    """Soft spots of three colours: flowers, camouflage, batik, by their size and number."""
    x, y = _grid()
    picture = np.broadcast_to(drawn_colour(rng), (SIDE, SIDE, 3)).astype(np.float64)
    size = rng.uniform(0.04, 0.16)
    for _ in range(3):
        colour, petals = drawn_colour(rng), int(rng.integers(0, 6))
        for _ in range(int(0.12 / size**2) + 2):
            dx, dy = ((axis - rng.random() + 0.5) % 1 - 0.5 for axis in (x, y))
            edge = size * (1 + 0.35 * np.sin(petals * np.arctan2(dy, dx) + rng.uniform(0, 6)))
            picture = _between(
                picture, colour, 0.5 + 0.5 * np.tanh((edge * rng.uniform(0.4, 1) - np.hypot(dx, dy)) * 80)
            )
    return picture * _threads(rng, 0.02)


def _dots(rng: np.random.Generator) -> Array:
    x, y = _grid()
    count = int(rng.integers(3, 12))
    row = np.floor(y * 2 * count)
    dx, dy = (x * count + 0.5 * (row % 2)) % 1 - 0.5, (y * 2 * count) % 1 - 0.5
    away = np.hypot(dx, dy / 2)
    share = 0.5 + 0.5 * np.tanh((rng.uniform(0.1, 0.22) - away) * 30)
    return _between(drawn_colour(rng), drawn_colour(rng), share) * _threads(rng, 0.02)


def _tie(rng: np.random.Generator) -> Array:
    x, y = _grid()
    base, other = drawn_colour(rng), drawn_colour(rng)
    if rng.random() < 0.4:
        return np.broadcast_to(base, (SIDE, SIDE, 3)) * _threads(rng, 0.02)
    share = _wave(int(rng.integers(3, 9)) * (x + y), 8)
    return _between(base, other, share * rng.uniform(0.3, 1)) * _threads(rng, 0.02)


PATTERNS: dict[str, tuple[int, bool, Callable[[np.random.Generator], Array]]] = {
    "plain": (4, True, _plain),
    "denim": (2, True, _denim),
    "knit": (5, True, _knit),
    "rib": (3, True, _rib),
    "pinstripe": (2, True, _pinstripe),
    "tweed": (3, True, _tweed),
    "stripes": (14, False, _stripes),
    "check": (12, False, _check),
    "print": (14, False, _print),
    "dots": (8, False, _dots),
    "tie": (14, False, _tie),
}
"""Name → (how many there are, whether it is near white and to be tinted, what draws it)."""


def cloth_key(pattern: str, rng: np.random.Generator) -> str:
    """Name of one of the pattern's pictures. Raises HeadPoseError for an unknown pattern."""
    if pattern not in PATTERNS:
        raise unknown_name("pattern of cloth", pattern, PATTERNS)
    return f"clothes/{pattern}/{int(rng.integers(PATTERNS[pattern][0]))}"


@lru_cache(maxsize=128)
def cloth_picture(key: str) -> Bytes:
    """(128, 128, 3) uint8 sRGB of a name that `cloth_key` gave; the same each time."""
    _, pattern, number = key.split("/")
    rng = np.random.default_rng([list(PATTERNS).index(pattern), int(number)])
    picture = np.clip(PATTERNS[pattern][2](rng), 0, 255).astype(np.uint8)
    picture.flags.writeable = False
    return picture
