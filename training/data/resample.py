"""Cuts a rectangle out of a picture and resamples it to a square: any place between pixels, antialiased, fast.

Antialiasing is that of Pillow's BILINEAR filter, a triangle as wide as the scale. The triangle's variance, scale² / 6
in pixels of the picture, is shared out: an area average over whole pixels, a small filter, and the bilinear sampling
itself (1 / 6). OpenCV has a fast routine for each of the three, and none for the whole.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from training.data.source import Image

Weights = npt.NDArray[np.floating]

_MARGIN = 2  # pixels around the rectangle that the small filter reads
_WIDE = 0.5  # variance from which three weights would be hollow in the middle: five are used
_LARGEST = 100_000_000  # pixels of a rectangle: beyond that a label or a framing is wrong


class _Axis(NamedTuple):
    """How one direction is resampled."""

    scale: float
    """Pixels of the picture for one of the result."""
    reduce: int
    """Whole pixels that are averaged first; what follows is in pixels of that average."""
    origin: int
    """First pixel of the picture that is read."""
    shift: float
    """Where the rectangle begins, less the margin: within ±0.5, and 0 where it begins with a whole pixel."""
    span: int
    """Pixels that the rectangle spans."""

    @staticmethod
    def of(start: float, stop: float, size: int) -> _Axis:
        scale = (stop - start) / size
        reduce = max(1, int(math.sqrt((2 * scale**2 + 1) / 3)))  # as far as its variance leaves room for the sampling
        nearest = math.floor(start + 0.5)
        span = math.ceil((stop - start) / reduce)
        return _Axis(scale, reduce, nearest - _MARGIN * reduce, (start - nearest) / reduce, span)

    @property
    def step(self) -> float:
        """Reduced pixels for one of the result."""
        return self.scale / self.reduce

    @property
    def length(self) -> int:
        """Pixels of the picture that are read."""
        return (self.span + 2 * _MARGIN) * self.reduce

    def taps(self) -> Weights:
        """Weights of the small filter: their variance is what reduction and sampling leave over, at least 0."""
        reduced = (self.reduce**2 - 1) / 12
        variance = max(0.0, (self.scale**2 / 6 - reduced) / self.reduce**2 - 1 / 6)
        if variance <= _WIDE:
            return _three(variance)
        return np.convolve(_three(variance / 2), _three(variance / 2))


def _three(variance: float) -> Weights:
    return np.array([variance / 2, 1 - variance, variance / 2], dtype=np.float32)


def extract(picture: Image, rect: Box, size: int) -> Image:
    """The pixels of a rectangle as a square; one that begins with whole pixels takes half of the time.

    Args:
        picture: RGB (H, W, 3) uint8.
        rect: in pixels of the picture, whose left top corner is (0, 0) and whose first pixel's centre is (0.5, 0.5);
            may lie between pixels, leave the picture and have any aspect ratio.
        size: side of the square in pixels.

    Returns:
        RGB (size, size, 3) uint8, black where the rectangle leaves the picture; shares no memory with `picture`.

    Raises:
        HeadPoseError: an empty, non-finite or absurdly large rectangle, or a size below 1.
    """
    _check(rect, size)
    x, y = _Axis.of(rect.left, rect.right, size), _Axis.of(rect.top, rect.bottom, size)
    block = _smooth(_block(picture, x, y), x, y)
    return _resize(block, x, y, size) if _resizable(x, y) else _warp(block, x, y, size)


def _check(rect: Box, size: int) -> None:
    finite = all(map(math.isfinite, rect))
    if not finite or rect.right <= rect.left or rect.bottom <= rect.top:
        raise HeadPoseError(f"the rectangle {tuple(rect)} is empty: left < right and top < bottom are needed")
    if rect.width * rect.height > _LARGEST or max(map(abs, rect)) > _LARGEST:
        raise HeadPoseError(f"the rectangle {tuple(rect)} is larger than any picture: look at the label's box")
    if size < 1:
        raise HeadPoseError(f"a square has at least one pixel, not {size}: give a size of 1 or more")


def _block(picture: Image, x: _Axis, y: _Axis) -> Image:
    """The pixels that are read: a view of the picture where it holds them all, else a copy on black."""
    height, width = picture.shape[:2]
    left, top, right, bottom = x.origin, y.origin, x.origin + x.length, y.origin + y.length
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return picture[top:bottom, left:right]
    out = np.zeros((y.length, x.length, 3), dtype=np.uint8)
    x0, x1, y0, y1 = max(left, 0), min(right, width), max(top, 0), min(bottom, height)
    if x0 < x1 and y0 < y1:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = picture[y0:y1, x0:x1]
    return out


def _smooth(block: Image, x: _Axis, y: _Axis) -> Image:
    """Area average and small filter, where there is something to smooth."""
    import cv2

    out: npt.NDArray[Any] = block
    if x.reduce > 1 or y.reduce > 1:
        out = cv2.resize(out, None, fx=1 / x.reduce, fy=1 / y.reduce, interpolation=cv2.INTER_AREA)
    across, down = x.taps(), y.taps()
    if min(across.max(), down.max()) < 1:
        out = cv2.sepFilter2D(out, -1, across, down)
    return np.asarray(out, dtype=np.uint8)


def _resizable(x: _Axis, y: _Axis) -> bool:
    """Whether OpenCV's resize, three times as fast as its warp, sets every sample in its place.

    It begins with a whole pixel, and it copies what keeps its number of pixels, whatever the scale.
    """
    whole = x.shift == 0 and y.shift == 0
    return whole and ((x.step == 1 and y.step == 1) or any(round(a.span / a.step) != a.span for a in (x, y)))


def _resize(block: Image, x: _Axis, y: _Axis, size: int) -> Image:
    """An enlargement's outmost samples repeat the rectangle's border, as in Pillow's crop and resize."""
    import cv2

    inner = block[_MARGIN : _MARGIN + y.span, _MARGIN : _MARGIN + x.span]
    out = cv2.resize(inner, None, fx=1 / x.step, fy=1 / y.step, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(out[:size, :size], dtype=np.uint8)  # a rounded-up count gives one more now and then


def _warp(block: Image, x: _Axis, y: _Axis, size: int) -> Image:
    import cv2

    first = [_MARGIN + axis.shift + (axis.step - 1) / 2 for axis in (x, y)]  # centre of the result's first pixel
    matrix = np.array([[x.step, 0, first[0]], [0, y.step, first[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(block, matrix, (size, size), flags=flags), dtype=np.uint8)
