"""What drawn backgrounds are made of: colours, noise, blur, a tilt. All pictures are RGB float32, values 0–255."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]
Kind = Callable[[np.random.Generator, int], Values]
"""(rng, size) → RGB (size, size, 3)."""


def draw_colour(rng: np.random.Generator, low: float = 15.0, high: float = 240.0, vivid: float = 0.5) -> Values:
    """(3,) RGB: a gray of random brightness and a hue of random strength."""
    gray = rng.uniform(low, high)
    hue = rng.normal(0.0, 1.0, 3)
    return np.clip(gray + rng.uniform(0.0, vivid) * 70.0 * (hue - hue.mean()), 0.0, 255.0).astype(np.float32)


def flat(rng: np.random.Generator, size: int, low: float = 15.0, high: float = 240.0) -> Values:
    """(size, size, 3) of one random colour."""
    return np.broadcast_to(draw_colour(rng, low, high), (size, size, 3)).copy()


def grid(size: int) -> tuple[Values, Values]:
    """x and y of the pixels, 0..1, (size, size) each."""
    ramp = (np.arange(size, dtype=np.float32) + 0.5) / size
    return np.broadcast_to(ramp, (size, size)), np.broadcast_to(ramp[:, None], (size, size))


def noise(rng: np.random.Generator, size: int, octaves: int = 5, start: int = 2, fall: float = 0.55) -> Values:
    """Value noise of several octaves, (size, size) in 0..1."""
    import cv2

    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        cells = min(start * 2**octave + 1, size)
        coarse = rng.random((cells, cells), dtype=np.float32)
        total += fall**octave * cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / max(high - low, 1e-6), dtype=np.float32)


def mix(share: Values, first: Values, second: Values) -> Values:
    """`first` where `share` (H, W) is 0, `second` where it is 1; both colours (3,) or pictures."""
    return np.asarray(first + share[..., None] * (second - first), dtype=np.float32)


def blurred(picture: Values, sigma: float) -> Values:
    """Gaussian blur of `sigma` pixels, 0.3 at least."""
    import cv2

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(sigma, 0.3)), dtype=np.float32)


def plain(colour: Values) -> tuple[float, ...]:
    """A colour as OpenCV wants it for drawing, in the order of the picture's channels."""
    return tuple(float(value) for value in colour)


def fill(picture: Values, x: float, y: float, right: float, bottom: float, colour: Values) -> None:
    """Fill a rectangle given in shares of the picture."""
    size = len(picture)
    rows, columns = (slice(max(round(a * size), 0), max(round(b * size), 0)) for a, b in ((y, bottom), (x, right)))
    picture[rows, columns] = colour


def tilted(rng: np.random.Generator, picture: Values) -> Values:
    """Seen at a random angle: a homography that moves the corners inwards, so that no border shows."""
    import cv2

    size = len(picture)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    inside = corners + (0.5 - corners) * rng.uniform(0.0, 0.55, (4, 2)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(inside * size, corners * size)
    return np.asarray(cv2.warpPerspective(picture, matrix, (size, size), flags=cv2.INTER_LINEAR), dtype=np.float32)
