"""From a face box to the network's input: one crop rule, used by training, the runtime and both apps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

# Found on labelled photographs: the median, over faces, of the square with the centre and the area of the published
# 300W-LP training crop (landmarks' box, k = 0.3), against the detector's box (runtime/detector.py) of the same face.
CROP_SCALE = 1.5  # side of the crop over the longer side of the face box
CROP_SHIFT_Y = -0.1  # the crop's centre above the box's centre, in box heights: keeps the forehead
IMAGENET_MEAN = (0.485, 0.456, 0.406)  # RGB, of values in 0..1
IMAGENET_STD = (0.229, 0.224, 0.225)


class Box(NamedTuple):
    """A rectangle in pixels of the image: left, top, right, bottom; right and bottom are outside the box."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.bottom - self.top


def crop_rule() -> dict[str, float | str]:
    """The crop rule as data, for manifests: Swift and Kotlin replay it from here."""
    return {"name": "square", "scale": CROP_SCALE, "shift_y": CROP_SHIFT_Y, "outside": "black", "rounding": "half_up"}


def crop_box(face_box: Box) -> Box:
    """The square that the network sees for a face box; may reach beyond the image. Corners are whole pixels.

    side = round(scale · max(width, height)); the centre moves by shift_y box heights; left and top are rounded half up.
    Raises HeadPoseError for an empty or non-finite box.
    """
    if not np.isfinite(face_box).all() or face_box.width <= 0 or face_box.height <= 0:
        raise HeadPoseError(f"the face box {tuple(face_box)} is empty: left < right and top < bottom are needed")
    side = max(1.0, np.floor(CROP_SCALE * max(face_box.width, face_box.height) + 0.5))
    center_x = (face_box.left + face_box.right) / 2
    center_y = (face_box.top + face_box.bottom) / 2 + CROP_SHIFT_Y * face_box.height
    left, top = np.floor(center_x - side / 2 + 0.5), np.floor(center_y - side / 2 + 0.5)
    return Box(float(left), float(top), float(left + side), float(top + side))


def cut(image: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    """The pixels of a whole-pixel box, (H, W, 3) → (height, width, 3); black where the box leaves the image."""
    left, top, right, bottom = (int(v) for v in box)
    out = np.zeros((bottom - top, right - left, image.shape[2]), dtype=image.dtype)
    y0, y1, x0, x1 = max(top, 0), min(bottom, image.shape[0]), max(left, 0), min(right, image.shape[1])
    if y0 < y1 and x0 < x1:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    return out


def resize_square(image: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """Resize to (size, size, C): area average when shrinking, bilinear when growing."""
    import cv2

    if image.shape[:2] == (size, size):
        return np.ascontiguousarray(image)
    mode = cv2.INTER_AREA if image.shape[0] >= size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=mode), dtype=np.uint8)


def crop_face(image: npt.NDArray[np.uint8], face_box: Box, size: int) -> npt.NDArray[np.uint8]:
    """Face box → network input: RGB (H, W, 3) uint8 → (size, size, 3) uint8."""
    return resize_square(cut(image, crop_box(face_box)), size)
