"""What parity looks at: a real face and its variants, drawn heads, edge cases, or the pictures of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from export.heads import HELD_OUT
from runtime.errors import HeadPoseError, MissingDependencyError
from runtime.images import find_images, read_image
from runtime.preprocess import Box, crop_face, resize_square
from training.data.drawn_faces import STYLES, draw_face

Image = npt.NDArray[np.uint8]

_RENDERED, _EVERY = 16, 8  # heads, and every how many of those that are shipped
_ASTRONAUT_FACE = Box(176, 70, 272, 190)  # of the 512 × 512 picture, forehead to chin

# pitch, yaw, roll in degrees: the frontal pose, each axis alone, both signs, and the far ends
_HEADS = (
    (0, 0, 0), (0, 30, 0), (0, -45, 0), (0, 75, 0), (25, 0, 0), (-30, 0, 0),
    (0, 0, 30), (15, -25, -20), (-20, 50, 15), (10, -80, 5),
)  # fmt: skip


class ParityImage(NamedTuple):
    """One input of the check."""

    name: str
    pixels: Image
    """RGB (S, S, 3) uint8."""
    face: bool = True
    """Whether it shows a face as cameras see it; files in few bits are judged on those alone."""


def parity_images(size: int) -> list[ParityImage]:
    """The standard inputs at `size` × `size` pixels, always the same 45 in the same order.

    13 variants of a photograph and 16 rendered heads are faces; half a face, 10 drawn heads and 5 edge cases are not.

    Raises MissingDependencyError without scikit-image, which ships the photograph: noise alone hides faults.
    """
    return [*_astronaut(size), *_rendered(size), *_drawn(size), *_edge_cases(size)]


def _astronaut(size: int) -> list[ParityImage]:
    """Crops of NASA's portrait of Eileen Collins (public domain)."""
    photo = _photograph()
    left, top, right, bottom = _ASTRONAUT_FACE
    face = crop_face(photo, _ASTRONAUT_FACE, size)
    gray = face @ np.array([0.299, 0.587, 0.114])
    variants = {
        "": face,
        "mirrored": face[:, ::-1],
        "shifted_right": crop_face(photo, Box(left - 20, top, right - 20, bottom), size),
        "shifted_down": crop_face(photo, Box(left, top - 24, right, bottom - 24), size),
        "closer": crop_face(photo, Box(left + 12, top + 15, right - 12, bottom - 15), size),
        "farther": crop_face(photo, Box(left - 45, top - 45, right + 45, bottom + 45), size),
        "cut_off": crop_face(photo, Box(left, top - 110, right, bottom - 110), size),
        "tilted_20": _tilted(photo, 20, size),
        "tilted_-35": _tilted(photo, -35, size),
        "dark": _rounded(255 * (face / 255.0) ** 2.5),
        "bright": _rounded(face * 1.8),
        "gray": _rounded(np.repeat(gray[..., None], 3, axis=2)),
        "small": resize_square(resize_square(face, 32), size),
        "jpeg": _jpeg(face, quality=12),
    }
    return [
        ParityImage(f"astronaut_{name}".rstrip("_"), np.ascontiguousarray(pixels), face=name != "cut_off")
        for name, pixels in variants.items()
    ]


def _rendered(size: int) -> list[ParityImage]:
    """Some of the held-out heads that come with the program."""
    files = find_images(HELD_OUT)[::_EVERY][:_RENDERED]
    return [ParityImage(f"rendered_{file.stem}", resize_square(read_image(file), size)) for file in files]


def _photograph() -> Image:
    try:
        from skimage.data import astronaut
    except ImportError as error:
        raise MissingDependencyError("scikit-image", "the parity check's photograph", "export") from error
    return np.asarray(astronaut(), dtype=np.uint8)


def _rounded(values: npt.NDArray[np.floating]) -> Image:
    return values.round().clip(0, 255).astype(np.uint8)


def _tilted(photo: Image, angle_deg: float, size: int) -> Image:
    """The face crop after the photograph is turned clockwise about the face's centre."""
    import cv2

    left, top, right, bottom = _ASTRONAUT_FACE
    turn = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), -angle_deg, 1.0)
    turned = cv2.warpAffine(photo, turn, photo.shape[1::-1], flags=cv2.INTER_LINEAR)
    return crop_face(np.asarray(turned, dtype=np.uint8), _ASTRONAUT_FACE, size)


def _jpeg(image: Image, quality: int) -> Image:
    """The image after strong JPEG compression."""
    import io

    from PIL import Image as PillowImage

    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.asarray(PillowImage.open(stream).convert("RGB"))


def _drawn(size: int) -> list[ParityImage]:
    return [
        ParityImage(f"head_p{p}_y{y}_r{r}", draw_face(p, y, r, size, STYLES[i % len(STYLES)]), face=False)
        for i, (p, y, r) in enumerate(_HEADS)
    ]


def _edge_cases(size: int) -> list[ParityImage]:
    """Inputs at the ends of the range, where an overflow or a border fault shows."""
    noise = np.random.default_rng(0).integers(0, 2, (size, size, 3)) * 255
    y, x = np.mgrid[:size, :size]
    ramp = np.stack([x, y, size - 1 - x], axis=-1) * (255 / max(size - 1, 1))
    edges = {
        "black": np.zeros((size, size, 3), dtype=np.uint8),
        "white": np.full((size, size, 3), 255, dtype=np.uint8),
        "saturated_noise": noise.astype(np.uint8),
        "checkerboard": np.repeat((((x + y) % 2) * 255)[..., None], 3, axis=2).astype(np.uint8),
        "gradient": _rounded(ramp),
    }
    return [ParityImage(name, pixels, face=False) for name, pixels in edges.items()]


def folder_images(folder: str | Path, size: int) -> list[ParityImage]:
    """The pictures of a folder, by name, each cut to its central square and resized.

    Raises HeadPoseError if there is none or one cannot be read.
    """
    return [ParityImage(file.name, _central_square(read_image(file), size)) for file in find_images(folder)]


def _central_square(image: Image, size: int) -> Image:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return resize_square(np.ascontiguousarray(image[top : top + side, left : left + side]), size)


def spread(images: list[ParityImage], limit: int | None) -> list[ParityImage]:
    """At most `limit` of the images, evenly spread; all for None. HeadPoseError for a limit below 1."""
    if limit is None:
        return images
    if limit < 1:
        raise HeadPoseError(f"--limit {limit} leaves no image: give 1 or more")
    picks = np.linspace(0, len(images) - 1, min(limit, len(images))).round().astype(int)
    return [images[i] for i in picks]
