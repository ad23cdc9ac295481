"""Reads and writes pictures: whatever the file holds, the program sees upright RGB of 8 bits."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from runtime.atomic import make_folder, replacing
from runtime.errors import HeadPoseError, unknown_name

if TYPE_CHECKING:
    from PIL import Image as PillowImage

Image = npt.NDArray[np.uint8]

READ_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
WRITE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_BACKGROUND = (255, 255, 255)  # behind transparent pixels: white, as on paper
_16_BIT = 257  # 65535 / 255: full white stays full white


def read_image(path: str | Path) -> Image:
    """A picture file → RGB (H, W, 3) uint8, turned upright by its EXIF orientation.

    Transparent pixels are laid on white; gray, palette and CMYK become RGB; 16-bit gray is scaled to 8 bits; float
    gray is 0..1 or, if it goes beyond 1, 0..255. Of an animation or a multi-page file the first picture is taken.

    Raises:
        HeadPoseError: no such file, not a picture, damaged or cut off, or beyond Pillow's limit of 179 megapixels.
    """
    from PIL import Image as pillow
    from PIL import ImageOps

    file = Path(path)
    if not file.is_file():
        raise HeadPoseError(f"{file} is {'a folder' if file.is_dir() else 'not there'}: give the path of a picture")
    try:
        with warnings.catch_warnings(), pillow.open(file) as picture:
            warnings.simplefilter("ignore")  # odd EXIF tags and big pictures are read all the same
            picture.load()
            return _to_rgb(ImageOps.exif_transpose(picture))
    except pillow.UnidentifiedImageError as error:
        raise HeadPoseError(f"{file} {_what_it_is(file)}: give a PNG, JPEG, WebP, TIFF, GIF or BMP file") from error
    except pillow.DecompressionBombError as error:
        raise HeadPoseError(f"{file} has more than 179 million pixels: make it smaller first") from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise HeadPoseError(f"{file} is damaged or cut off ({error}): get the file again") from error


def _to_rgb(picture: PillowImage.Image) -> Image:
    if picture.mode.startswith(("I", "F")):
        return np.repeat(_gray_8_bit(np.asarray(picture))[..., None], 3, axis=2)
    if picture.has_transparency_data:
        from PIL import Image as pillow

        layer = picture.convert("RGBA")
        picture = pillow.alpha_composite(pillow.new("RGBA", layer.size, (*_BACKGROUND, 255)), layer)
    return np.array(picture.convert("RGB"), dtype=np.uint8)


def _gray_8_bit(values: npt.NDArray[np.generic]) -> Image:
    gray = np.nan_to_num(values.astype(np.float64), posinf=255.0, neginf=0.0)
    if values.dtype.kind == "f":
        scaled = gray * 255 if gray.max() <= 1 else gray
    else:
        scaled = gray / _16_BIT
    return np.clip(np.floor(scaled + 0.5), 0, 255).astype(np.uint8)


def _what_it_is(file: Path) -> str:
    with file.open("rb") as stream:
        head = stream.read(512).lstrip().lower()
    if not head:
        return "is empty"
    if head.startswith((b"<!doctype html", b"<html")):
        return "is a web page, not a picture"
    return "is not a picture that can be read"


def find_images(folder: str | Path) -> list[Path]:
    """The picture files directly in a folder, by name; hidden files are left out.

    Raises HeadPoseError if the folder cannot be listed or holds no picture.
    """
    try:
        names = sorted(Path(folder).iterdir())
    except OSError as error:
        raise HeadPoseError(f"the folder {folder} cannot be listed: {error.strerror or error}") from error
    found = [p for p in names if p.suffix.lower() in READ_SUFFIXES and not p.name.startswith(".") and p.is_file()]
    if not found:
        raise HeadPoseError(f"the folder {folder} holds no picture ({', '.join(READ_SUFFIXES)}): give another one")
    return found


def save_image(path: str | Path, image: Image, *, overwrite: bool = True) -> None:
    """Write RGB (H, W, 3) uint8 as PNG, JPEG, WebP, BMP or TIFF by the suffix; the folder is created.

    Raises HeadPoseError for another suffix, an existing file without `overwrite`, or a place that cannot be written.
    """
    from PIL import Image as pillow

    file = Path(path)
    if file.suffix.lower() not in WRITE_SUFFIXES:
        raise unknown_name("picture suffix", file.suffix or file.name, WRITE_SUFFIXES)
    make_folder(file.parent)
    try:
        with replacing(file, overwrite=overwrite) as part:
            pillow.fromarray(image).save(part, quality=95)
    except ValueError as error:  # a size that the format cannot hold
        raise HeadPoseError(f"{file} cannot be written ({error}): choose another suffix") from error
