"""Augmentation that changes colours and sharpness and nothing else: every point keeps its place, the label its bits.

Lengths in pixels are meant for a square of 224 pixels and grow with the square. OpenCV does the arithmetic, on bytes
and with tables: a step takes between 0.02 and 0.4 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from training.data.augment import Rotation
from training.data.source import Image

Matrix = npt.NDArray[np.float64]

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, of RGB
_TO_YIQ = np.array([_LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])
_SIDE = 224  # pixels, of the square that lengths are meant for


def color_matrix(brightness: float, contrast: float, saturation: float, hue_deg: float, mean: float) -> Matrix:
    """(3, 4) that changes hue, saturation, contrast and brightness of RGB in one go.

    The factors are those of torchvision: saturation blends with the pixel's luma, contrast with the mean luma of the
    image, brightness multiplies. Hue is turned in the YIQ plane, which keeps the luma.

    Args:
        brightness: factor, 1 for no change.
        contrast: factor.
        saturation: factor.
        hue_deg: turn of the colours.
        mean: mean luma of the image, 0–255.
    """
    cosine, sine = math.cos(math.radians(hue_deg)), math.sin(math.radians(hue_deg))
    turn = np.array(
        [[1, 0, 0], [0, saturation * cosine, -saturation * sine], [0, saturation * sine, saturation * cosine]]
    )
    colors = np.linalg.solve(_TO_YIQ, turn @ _TO_YIQ)
    return brightness * np.column_stack([contrast * colors, np.full(3, (1 - contrast) * mean)])


def _factor(largest: float, rng: np.random.Generator) -> float:
    """Between 1 − largest and 1 + largest, as torchvision's ColorJitter draws."""
    return float(rng.uniform(max(0.0, 1 - largest), 1 + largest))


@dataclass(frozen=True)
class ColorJitter:
    """Brightness, contrast, saturation and hue."""

    brightness: float = 0.3
    """Largest change of the factor from 1."""
    contrast: float = 0.3
    """Largest change of the factor from 1."""
    saturation: float = 0.3
    """Largest change of the factor from 1."""
    hue_deg: float = 15.0
    """Largest turn either way."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image in other colours."""
        import cv2

        brightness, contrast, saturation = (_factor(v, rng) for v in (self.brightness, self.contrast, self.saturation))
        hue_deg = float(rng.uniform(-self.hue_deg, self.hue_deg))
        mean = float(_LUMA @ cv2.mean(image)[:3])
        matrix = color_matrix(brightness, contrast, saturation, hue_deg, mean)
        return np.asarray(cv2.transform(image, matrix), dtype=np.uint8), rotation


@dataclass(frozen=True)
class ColorCast:
    """Light of another colour: every channel has its own gain, the luma of white stays."""

    strength: float = 0.25
    """Largest natural logarithm of a gain, before the luma is restored."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image with its channels multiplied."""
        import cv2

        gains = np.exp(rng.uniform(-self.strength, self.strength, 3))
        return np.asarray(cv2.transform(image, np.diag(gains / (_LUMA @ gains))), dtype=np.uint8), rotation


@dataclass(frozen=True)
class Gamma:
    """Another exposure curve: 255 · (v / 255) ** gamma."""

    largest: float = 1.8
    """Largest gamma, and its inverse the smallest one; even on a logarithmic scale."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image, darker or lighter; black and white stay."""
        import cv2

        gamma = math.exp(rng.uniform(-1, 1) * math.log(self.largest))
        table = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
        return np.asarray(cv2.LUT(image, table), dtype=np.uint8), rotation


@dataclass(frozen=True)
class Levels:
    """Shadows that drown in black and lights that burn out, as hard light and hard prints have them."""

    shadows: float = 0.3
    """The darkest part of the scale that may become black."""
    lights: float = 0.35
    """The lightest part of the scale that may become white."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image with its values between the two limits spread over the whole scale."""
        import cv2

        low, high = 255 * rng.uniform(0, self.shadows), 255 * (1 - rng.uniform(0, self.lights))
        table = np.clip((np.arange(256) - low) * (255 / (high - low)), 0, 255).round().astype(np.uint8)
        return np.asarray(cv2.LUT(image, table), dtype=np.uint8), rotation


@dataclass(frozen=True)
class Grayscale:
    """Takes the colours away."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """Three equal channels, the luma; uses no random number."""
        import cv2

        return np.asarray(cv2.transform(image, np.tile(_LUMA, (3, 1))), dtype=np.uint8), rotation


@dataclass(frozen=True)
class Noise:
    """Gaussian noise, every channel of every pixel on its own."""

    least: float = 2.0
    """Smallest standard deviation, in levels of 0–255."""
    most: float = 12.0
    """Largest standard deviation."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The noisy image. The noise has 256 different values of equal frequency: random bytes through a table."""
        import cv2

        table = np.rint(rng.uniform(self.least, self.most) * _normal_quantiles()).astype(np.int16)
        draws = np.frombuffer(rng.bytes(image.size), dtype=np.uint8).reshape(image.shape)
        return np.asarray(cv2.add(image, cv2.LUT(draws, table), dtype=cv2.CV_8U), dtype=np.uint8), rotation


@lru_cache(maxsize=1)
def _normal_quantiles() -> Matrix:
    """The standard normal distribution's quantiles of 256 equal shares, scaled to a standard deviation of 1."""
    values = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)])
    return values / values.std()


@dataclass(frozen=True)
class PillowBlur:
    """Pillow's ImageFilter.BLUR to the bit, 6DRepNet's only blur: the mean of the 16 pixels around the 3×3 inmost."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The blurred image, whose two outmost rows and columns stay as they are; uses no random number."""
        import cv2

        ring = np.ones((5, 5), dtype=np.float32)
        ring[1:4, 1:4] = 0
        # Sixteen pixels are summed in integers; 8 more, because Pillow rounds a half up.
        total = np.asarray(cv2.filter2D(image, cv2.CV_16S, ring, delta=8), dtype=np.int16)
        total >>= 4
        out = total.astype(np.uint8)
        for line in (0, 1, -2, -1):
            out[line], out[:, line] = image[line], image[:, line]
        return out, rotation


@dataclass(frozen=True)
class GaussianBlur:
    """A lens out of focus."""

    least: float = 0.4
    """Smallest standard deviation in pixels of a 224-pixel square."""
    most: float = 2.2
    """Largest standard deviation."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The blurred image."""
        import cv2

        sigma = float(rng.uniform(self.least, self.most)) * image.shape[0] / _SIDE
        blurred = cv2.GaussianBlur(image, (0, 0), max(sigma, 0.1), borderType=cv2.BORDER_REPLICATE)
        return np.asarray(blurred, dtype=np.uint8), rotation


@dataclass(frozen=True)
class Sharpen:
    """The unsharp mask that cameras put over every picture: edges overshoot, skin and hair look crisper."""

    most: float = 2.0
    """Largest part of the difference to the blurred image that is added."""
    radius: tuple[float, float] = (0.8, 2.5)
    """Standard deviation of that blur in pixels of a 224-pixel square."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The sharpened image."""
        import cv2

        sigma = max(float(rng.uniform(*self.radius)) * image.shape[0] / _SIDE, 0.3)
        amount = float(rng.uniform(0.0, self.most))
        blurred = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.addWeighted(image, 1 + amount, blurred, -amount, 0.0), dtype=np.uint8), rotation


@dataclass(frozen=True)
class MotionBlur:
    """A head or a camera that moved while the shutter was open: the mean along a line in any direction."""

    least: float = 3.0
    """Shortest line in pixels of a 224-pixel square."""
    most: float = 9.0
    """Longest line."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The blurred image; the middle of the line is where the pixel was."""
        import cv2

        length = float(rng.uniform(self.least, self.most)) * image.shape[0] / _SIDE
        kernel = _line(length, float(rng.uniform(0, math.pi)))
        blurred = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(blurred, dtype=np.uint8), rotation


def _line(length: float, angle: float) -> npt.NDArray[np.float32]:
    """Weights of a centred line, each point shared by the four pixels around it; odd side, sum 1."""
    half = math.ceil(length / 2)  # up to 11×11 OpenCV adds up the weights that are not 0, beyond it transforms
    at = np.linspace(-length / 2, length / 2, 4 * half + 1)
    offsets = np.arange(-half, half + 1)
    across, down = (np.maximum(0, 1 - np.abs(offsets[:, None] - at * f(angle))) for f in (math.cos, math.sin))
    return ((down @ across.T) / len(at)).astype(np.float32)


@dataclass(frozen=True)
class Coarse:
    """A face far away: reduced to a few pixels and enlarged again."""

    least: int = 32
    """Fewest pixels along a side."""
    most: int = 64
    """Most pixels along a side."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image without fine detail; the way back is bilinear or bicubic, as players and browsers enlarge."""
        import cv2

        side = min(int(rng.integers(self.least, self.most + 1)), image.shape[0])
        way = cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, image.shape[1::-1], interpolation=way), dtype=np.uint8), rotation


@dataclass(frozen=True)
class Jpeg:
    """The marks of JPEG compression, colours at half resolution."""

    least: int = 20
    """Lowest quality, 1–100."""
    most: int = 95
    """Highest quality."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The image, encoded and decoded."""
        import cv2

        quality = int(rng.integers(self.least, self.most + 1))
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        _, raw = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(raw, cv2.IMREAD_COLOR_RGB), dtype=np.uint8), rotation
