"""From the face box of a data set to the rectangle that the network sees: the published crops, and ours.

6DRepNet cuts twice (a loose crop around the landmarks, then a resize with a crop of the result) and resamples twice.
Here both cuts are composed to one rectangle of the picture, so that it is resampled once. The rules are those of
"6D Rotation Representation for Unconstrained Head Pose Estimation" (ICIP 2022) and of its code, thohemp/6DRepNet:

- `6drepnet_train`: landmarks' box with margins of k ~ U(0.2, 0.4), then RandomResizedCrop(224, scale 0.8–1), which
  stretches (the code since May 2022);
- `6drepnet_2022`: the same box, then Resize(240) and RandomCrop(224), which keep the aspect (the paper);
- `6drepnet_test`: k = 0.2 with wider sides, then Resize(256) and CenterCrop(224), for AFLW2000-3D;
- `whole`: the box is a ready crop, as in FSA-Net's .npz of BIWI: Resize(256) and CenterCrop(224).

Two keep the aspect for good: `square` for landmarks' boxes and `runtime` for those of a face detector.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from runtime.errors import HeadPoseError
from runtime.preprocess import Box, crop_box

Framing = Callable[[Box, np.random.Generator | None], Box]
"""Face box, random numbers → rectangle of the picture, which may leave it. Without random numbers: one fixed form.

Raises HeadPoseError, with the framing's name, for a box without area.
"""

_K_RANGE, _K_MEAN = (0.2, 0.4), 0.3  # margin of the training crop in sides of the landmarks' box
_K_TEST = 0.2
_INPUT, _RESIZE_2022, _RESIZE_TEST = 224, 240, 256  # pixels, in 6DRepNet's transforms
_AREA, _ASPECT, _TRIES = (0.8, 1.0), (3 / 4, 4 / 3), 10  # of torchvision's RandomResizedCrop as 6DRepNet calls it
_SQUARE_SCALE, _SQUARE_SHIFT = 1.15, 0.05  # about the spread that k gives the published crop
_RUNTIME_SCALE, _RUNTIME_SHIFT = 1.25, 0.1  # a detector's box is that uncertain


def _check(box: Box, framing: str) -> Box:
    """The box in plain floats, if it has an area."""
    if not np.isfinite(box).all() or box.width <= 0 or box.height <= 0:
        raise HeadPoseError(
            f"framing {framing}: the face box {tuple(float(v) for v in box)} has no area: leave this face out"
        )
    return Box(*(float(v) for v in box))


def landmark_crop(box: Box, k: float, side: float) -> Box:
    """6DRepNet's loose crop: margins of side·k at the sides, 2·k above, 0.6·k below, in whole pixels.

    In its order: the right and lower margins are measured after the left and upper ones have moved. Coordinates are
    cut off towards zero, as int() does.
    """
    left = box.left - side * k * (box.right - box.left)
    top = box.top - 2 * k * (box.bottom - box.top)
    right = box.right + side * k * (box.right - left)
    bottom = box.bottom + 0.6 * k * (box.bottom - top)
    return Box(*(float(int(v)) for v in (left, top, right, bottom)))


def _train_crop(box: Box, rng: np.random.Generator | None, framing: str) -> Box:
    k = _K_MEAN if rng is None else float(rng.uniform(*_K_RANGE))
    return _check(landmark_crop(_check(box, framing), k, 0.6), framing)


def _part(crop: Box, left: float, top: float, width: float, height: float) -> Box:
    return Box(crop.left + left, crop.top + top, crop.left + left + width, crop.top + top + height)


def _resized(crop: Box, size: int) -> tuple[int, int]:
    """Width and height after torchvision's Resize(size): the shorter side becomes `size`."""
    if crop.width <= crop.height:
        return size, int(size * crop.height / crop.width)
    return int(size * crop.width / crop.height), size


def _cut_after_resize(crop: Box, size: int, rng: np.random.Generator | None) -> Box:
    """Resize(size), then RandomCrop(224), or CenterCrop(224) without random numbers: where that lies in the picture."""
    width, height = _resized(crop, size)
    if rng is None:
        left, top = round((width - _INPUT) / 2), round((height - _INPUT) / 2)
    else:
        left, top = int(rng.integers(width - _INPUT + 1)), int(rng.integers(height - _INPUT + 1))
    x, y = crop.width / width, crop.height / height  # pixels of the picture per pixel after the resize
    return _part(crop, left * x, top * y, _INPUT * x, _INPUT * y)


def _random_resized(crop: Box, rng: np.random.Generator) -> Box:
    """The rectangle of torchvision's RandomResizedCrop; after ten misfits the largest one of an allowed aspect."""
    for _ in range(_TRIES):
        area = crop.width * crop.height * rng.uniform(*_AREA)
        aspect = math.exp(rng.uniform(math.log(_ASPECT[0]), math.log(_ASPECT[1])))
        width, height = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < width <= crop.width and 0 < height <= crop.height:
            top = int(rng.integers(int(crop.height) - height + 1))
            left = int(rng.integers(int(crop.width) - width + 1))
            return _part(crop, left, top, width, height)
    width, height = int(crop.width), int(crop.height)
    if width / height < _ASPECT[0]:
        height = round(width / _ASPECT[0])
    elif width / height > _ASPECT[1]:
        width = round(height * _ASPECT[1])
    return _part(crop, (int(crop.width) - width) // 2, (int(crop.height) - height) // 2, width, height)


def sixdrepnet_train(box: Box, rng: np.random.Generator | None) -> Box:
    """6DRepNet's training crop since May 2022, for landmarks' boxes; the network's square is stretched.

    Without random numbers: k = 0.3 and the centre square of Resize(240) and CenterCrop(224), which is about the mean
    of the random form and keeps the aspect.
    """
    crop = _train_crop(box, rng, "6drepnet_train")
    return _cut_after_resize(crop, _RESIZE_2022, None) if rng is None else _random_resized(crop, rng)


def sixdrepnet_2022(box: Box, rng: np.random.Generator | None) -> Box:
    """The training crop of 6DRepNet's paper, for landmarks' boxes; without random numbers k = 0.3 and the centre."""
    return _cut_after_resize(_train_crop(box, rng, "6drepnet_2022"), _RESIZE_2022, rng)


def sixdrepnet_test(box: Box, rng: np.random.Generator | None) -> Box:
    """6DRepNet's crop of AFLW2000-3D, for landmarks' boxes; the same with and without random numbers."""
    crop = landmark_crop(_check(box, "6drepnet_test"), _K_TEST, 2.0)
    return _cut_after_resize(_check(crop, "6drepnet_test"), _RESIZE_TEST, None)


def whole(box: Box, rng: np.random.Generator | None) -> Box:
    """The box is a ready crop: its centre square, 7/8 of the shorter side; the same with and without random numbers."""
    return _cut_after_resize(_check(box, "whole"), _RESIZE_TEST, None)


def _jitter(box: Box, scale: float, shift: float, rng: np.random.Generator) -> Box:
    """The box scaled by up to `scale` either way and moved by up to `shift` of its own sides."""
    factor = math.exp(rng.uniform(-math.log(scale), math.log(scale)))
    x, y = rng.uniform(-shift, shift, 2) * (box.width, box.height)
    center_x, center_y = (box.left + box.right) / 2 + x, (box.top + box.bottom) / 2 + y
    half_x, half_y = box.width / 2 * factor, box.height / 2 * factor
    return Box(float(center_x - half_x), float(center_y - half_y), float(center_x + half_x), float(center_y + half_y))


def square(box: Box, rng: np.random.Generator | None) -> Box:
    """A square with the centre and the area of 6DRepNet's training crop at k = 0.3, for landmarks' boxes.

    What the runtime's crop rule was fitted to. With random numbers its side changes by up to 15 % and its centre by
    up to 5 % of the side.
    """
    crop = _check(landmark_crop(_check(box, "square"), _K_MEAN, 0.6), "square")
    half = math.sqrt(crop.width * crop.height) / 2
    center_x, center_y = (crop.left + crop.right) / 2, (crop.top + crop.bottom) / 2
    centered = Box(center_x - half, center_y - half, center_x + half, center_y + half)
    return centered if rng is None else _jitter(centered, _SQUARE_SCALE, _SQUARE_SHIFT, rng)


def runtime(box: Box, rng: np.random.Generator | None) -> Box:
    """The crop rule of the runtime and of the apps, for boxes as a face detector gives them.

    With random numbers the face box is first scaled by 0.8 to 1.25 and moved by up to a tenth of its sides.
    """
    _check(box, "runtime")
    return crop_box(box if rng is None else _jitter(box, _RUNTIME_SCALE, _RUNTIME_SHIFT, rng))


FRAMINGS: dict[str, Framing] = {
    "6drepnet_train": sixdrepnet_train,
    "6drepnet_2022": sixdrepnet_2022,
    "6drepnet_test": sixdrepnet_test,
    "whole": whole,
    "square": square,
    "runtime": runtime,
}
