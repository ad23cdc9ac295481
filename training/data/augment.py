"""Augmentation that moves pixels: flip, turn, scale and shift in the image plane, and occluders.

A step is a pure function of an image, its rotation and random numbers; its parameters are the fields of a small
frozen dataclass, so that it travels into worker processes and is written into the record of a run. What moves pixels
moves the label as the geometry asks (runtime/rotation.py): never an angle alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.rotation import mirror, rotate_in_plane
from training.data.source import Image

Rotation = npt.NDArray[np.floating]
Step = Callable[[Image, Rotation, np.random.Generator], tuple[Image, Rotation]]
"""RGB (S, S, 3) uint8, (3, 3) → the same shapes; the inputs are left as they are."""


@dataclass(frozen=True)
class Flip:
    """Mirrors left and right: (pitch, −yaw, −roll)."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """Image and label, mirrored; uses no random number."""
        import cv2

        return np.asarray(cv2.flip(image, 1), dtype=np.uint8), mirror(rotation)


@dataclass(frozen=True)
class Move:
    """Turns, scales and shifts the image in its plane; only the turn touches the label, R · Rz(α)."""

    angle_deg: float = 0.0
    """Largest turn either way."""
    scale: float = 1.0
    """Largest factor, and its inverse the smallest one; even on a logarithmic scale."""
    shift: float = 0.0
    """Largest shift either way, across and down, in sides of the result."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """Image of the same size, black where nothing was, and label."""
        return self.to_size(image, rotation, rng, image.shape[0])

    def to_size(self, image: Image, rotation: Rotation, rng: np.random.Generator, size: int) -> tuple[Image, Rotation]:
        """The same, but only the middle of the result, (size, size, 3): what surrounds it fills the turned corners."""
        import cv2

        angle_deg = float(rng.uniform(-self.angle_deg, self.angle_deg))
        factor = math.exp(rng.uniform(-1, 1) * math.log(self.scale))
        shift = rng.uniform(-self.shift, self.shift, 2) * size
        matrix = _similarity(image.shape, size, angle_deg, factor, shift)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(image, matrix, (size, size), flags=flags)
        return np.asarray(moved, dtype=np.uint8), rotate_in_plane(rotation, angle_deg)


def _similarity(
    shape: tuple[int, ...], size: int, angle_deg: float, factor: float, shift: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(2, 3) from a pixel of the result to the image's: middle to middle, turned clockwise by `angle_deg`."""
    cosine, sine = math.cos(math.radians(angle_deg)) / factor, math.sin(math.radians(angle_deg)) / factor
    turn_back = np.array([[cosine, sine], [-sine, cosine]])
    middle_in, middle_out = np.array([shape[1], shape[0]]) / 2 - 0.5, size / 2 - 0.5  # pixel 0 has its centre at 0
    return np.column_stack([turn_back, middle_in - turn_back @ (middle_out + shift)])


@dataclass(frozen=True)
class Occlude:
    """Covers up to `most` patches: hands, hair, masks, phones. The label stays.

    All patches together cover at most `most` · `largest` of the square. The face fills about 0.44 of it (a crop is
    1.5 times the face), so 3 · 0.08 leaves nearly half of a face at the very least.
    """

    most: int = 3
    """Patches at most; one at least."""
    largest: float = 0.08
    """Area of the largest patch over that of the square; the smallest has an eighth of it."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image with ellipses and turned rectangles of one colour, of noise or of the picture's own texture."""
        import cv2

        out = image.copy()
        for _ in range(rng.integers(1, self.most + 1)):
            mask = _patch(image.shape, float(rng.uniform(self.largest / 8, self.largest)), rng)
            cv2.copyTo(_FILLS[rng.integers(len(_FILLS))](image, rng), mask, out)
        return out, rotation


@dataclass(frozen=True)
class Edge:
    """The picture ends within the crop: black along one side or two that meet, as the crop rule fills it."""

    largest: float = 0.25
    """Of the square's side, how much may be black."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image with a black margin; the label stays."""
        out = image.copy()
        for axis in rng.permutation(2)[: rng.integers(1, 3)]:
            width = math.ceil(float(rng.uniform(0, self.largest)) * image.shape[axis])
            margin = slice(width) if rng.random() < 0.5 else slice(image.shape[axis] - width, None)
            out[(slice(None),) * int(axis) + (margin,)] = 0
        return out, rotation


def _patch(shape: tuple[int, ...], share: float, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Mask (H, W), 255 inside an ellipse or a rectangle of that share of the area, anywhere and turned anyhow."""
    import cv2

    height, width = shape[:2]
    aspect = math.exp(rng.uniform(-1, 1))  # a finger or a strap is about e times as long as wide
    ellipse = rng.random() < 0.5
    area = share * height * width * (4 / math.pi if ellipse else 1.0)  # of the rectangle around it
    center = float(rng.uniform(0, width)), float(rng.uniform(0, height))
    turned = center, (math.sqrt(area * aspect), math.sqrt(area / aspect)), float(rng.uniform(0, 180))
    mask = np.zeros((height, width), dtype=np.uint8)
    if ellipse:
        cv2.ellipse(mask, turned, 255, -1)
    else:
        cv2.fillConvexPoly(mask, np.rint(cv2.boxPoints(turned)).astype(np.int32), 255)
    return mask


def _any_color(image: Image, rng: np.random.Generator) -> Image:
    return np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), image.shape).copy()


def _own_color(image: Image, rng: np.random.Generator) -> Image:
    """A colour of the picture: a hand has that of the face."""
    color = image[rng.integers(image.shape[0]), rng.integers(image.shape[1])]
    return np.broadcast_to(color, image.shape).copy()


def _coarse_noise(image: Image, rng: np.random.Generator) -> Image:
    import cv2

    cells = int(rng.integers(4, 33))
    noise = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _own_texture(image: Image, rng: np.random.Generator) -> Image:
    """The picture upside down: the texture of a photograph, in its light."""
    import cv2

    return np.asarray(cv2.flip(image, int(rng.integers(-1, 1))), dtype=np.uint8)


_FILLS = (_any_color, _own_color, _coarse_noise, _own_texture)
