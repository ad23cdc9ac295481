"""Named disturbances of a face crop in steps, to see when a model fails; apart from the augmentations of training.

The same image gets the same disturbance every time and for every model: the random numbers come from its key, and
those of all levels of one condition are the same, so that only the strength changes from level to level.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.preprocess import Box

Image = npt.NDArray[np.uint8]
PixelChange = Callable[[Image, float, np.random.Generator], Image]
BoxChange = Callable[[Box, float, np.random.Generator], Box]

_REFERENCE_PX = 224.0  # blur is stated for crops of this side and scales with them
_GAMMA = 2.2  # display gamma: light is dimmed where it adds up, before the camera's curve
_PATCH_GRAY = 110


@dataclass(frozen=True)
class Condition:
    """One kind of disturbance."""

    text: str
    """What it is, for people."""
    unit: str
    """Of the levels."""
    levels: tuple[float, ...]
    """From weak to strong."""
    pixels: PixelChange | None = None
    """Changes the crop."""
    box: BoxChange | None = None
    """Changes the rectangle that is cut out."""


@dataclass(frozen=True)
class Variant:
    """A condition at one level."""

    condition: str
    """Key of `CONDITIONS`."""
    level: float
    """One of its levels."""

    @property
    def name(self) -> str:
        """'blur 2 px', as tables and files have it."""
        return f"{self.condition} {self.level:g} {CONDITIONS[self.condition].unit}"

    def cut(self, box: Box, key: str) -> Box:
        """The rectangle to cut out for an image of that key."""
        change = CONDITIONS[self.condition].box
        return box if change is None else change(box, self.level, self._random(key))

    def disturb(self, crop: Image, key: str) -> Image:
        """The pixels (S, S, 3) that the network gets for an image of that key; `crop` is not changed."""
        change = CONDITIONS[self.condition].pixels
        return crop if change is None else change(crop, self.level, self._random(key))

    def _random(self, key: str) -> np.random.Generator:
        digest = hashlib.sha256(f"{self.condition}\0{key}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def variants() -> tuple[Variant, ...]:
    """Every condition at every level, from weak to strong."""
    return tuple(Variant(name, level) for name, condition in CONDITIONS.items() for level in condition.levels)


def occlude(crop: Image, percent: float, rng: np.random.Generator) -> Image:
    """A gray square over `percent` of the crop's area, at a random place; stronger levels cover weaker ones."""
    size = crop.shape[0]
    side = size * (percent / 100) ** 0.5
    x, y = (rng.random(2) * 0.6 + 0.2) * size  # its middle: a patch beside the face would disturb nobody
    left, top = (int(np.clip(round(v - side / 2), 0, size - round(side))) for v in (x, y))
    out = crop.copy()
    out[top : top + round(side), left : left + round(side)] = _PATCH_GRAY
    return out


def blur(crop: Image, sigma_px: float, rng: np.random.Generator) -> Image:
    """A Gaussian blur of that sigma at 224 pixels; other sizes in proportion."""
    import cv2

    sigma = sigma_px * crop.shape[0] / _REFERENCE_PX
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)


def shrink(crop: Image, side_px: float, rng: np.random.Generator) -> Image:
    """As if the face had filled that many pixels: area average down, bilinear up."""
    import cv2

    side, size = int(side_px), crop.shape[0]
    if side >= size:
        return crop
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def dim(crop: Image, stops: float, rng: np.random.Generator) -> Image:
    """That many photographic stops less light, stored in 8 bits as ever, so that shades are lost."""
    light = (np.arange(256) / 255.0) ** _GAMMA / 2.0**stops
    table = np.floor(255.0 * light ** (1 / _GAMMA) + 0.5).astype(np.uint8)
    dimmed: Image = table[crop]
    return dimmed


def add_noise(crop: Image, sigma: float, rng: np.random.Generator) -> Image:
    """Gaussian noise of that standard deviation in grey levels of 255, every channel for itself."""
    noisy = crop.astype(np.float32) + sigma * rng.standard_normal(crop.shape, dtype=np.float32)
    return np.clip(np.floor(noisy + 0.5), 0, 255).astype(np.uint8)


def shift(box: Box, percent: float, rng: np.random.Generator) -> Box:
    """The rectangle moved by that percentage of its size in a random direction, as by a detector that misses."""
    angle = rng.random() * 2 * np.pi
    dx, dy = np.cos(angle) * box.width * percent / 100, np.sin(angle) * box.height * percent / 100
    return Box(float(box.left + dx), float(box.top + dy), float(box.right + dx), float(box.bottom + dy))


CONDITIONS: dict[str, Condition] = {
    "occlusion": Condition("a gray square over the face", "% of the crop", (5, 10, 20, 40), pixels=occlude),
    "blur": Condition("Gaussian blur (sigma at 224 px)", "px", (1, 2, 4, 8), pixels=blur),
    "low resolution": Condition("face shrunk and enlarged again", "px wide", (96, 64, 32, 16), pixels=shrink),
    "low light": Condition("less light, 8 bits", "stops", (1, 2, 4, 6), pixels=dim),
    "noise": Condition("Gaussian noise", "levels of 255", (5, 10, 20, 40), pixels=add_noise),
    "crop shift": Condition("rectangle moved in a random direction", "% of its side", (5, 10, 15, 20), box=shift),
}
