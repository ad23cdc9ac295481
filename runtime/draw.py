"""Draws poses into pictures: axes and cubes in the colours of 6DRepNet, labels, and panels side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.rotation import image_axes

if TYPE_CHECKING:
    from PIL import ImageFont

    from runtime.estimator import HeadPose

Image = npt.NDArray[np.uint8]
Array = npt.NDArray[np.floating]
Point = tuple[float, float] | Array
Color = tuple[int, int, int]

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
STYLES = ("axes", "cube")
_SHIFT = 4  # fractional bits of OpenCV's coordinates: lines between pixels
_FAR = 1 << 24  # beyond this OpenCV's fixed-point coordinates overflow
_PAPER, _INK = (255, 255, 255), (25, 25, 25)
_LABEL_SHADE = 0.65  # how much a label darkens the picture behind it


def _line(image: Image, start: Array, end: Array, color: Color, thickness: int) -> None:
    import cv2

    points = np.clip(np.stack([start, end]) * (1 << _SHIFT), -_FAR, _FAR)
    a, b = ((round(float(x)), round(float(y))) for x, y in points)
    cv2.line(image, a, b, color, thickness, cv2.LINE_AA, _SHIFT)


def _place(image: Image, center: Point | None) -> Array:
    place = np.array([image.shape[1] / 2, image.shape[0] / 2] if center is None else center, dtype=np.float64)
    if place.shape != (2,) or not np.isfinite(place).all():
        raise HeadPoseError(f"the centre of a drawing is a pair of x and y in pixels, not {center!r}")
    return place


def _axes_of(rotation: npt.ArrayLike) -> Array:
    matrix = np.asarray(rotation, dtype=np.float64)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise HeadPoseError(f"a rotation to draw has the shape (3, 3) and finite numbers, not {matrix.shape}")
    return image_axes(matrix)


def draw_axes(image: Image, rotation: npt.ArrayLike, center: Point | None = None, size: float = 100.0) -> Image:
    """A copy of an RGB (H, W, 3) uint8 picture with the head's axes: X red, Y green (down), Z blue (out of the face).

    Args:
        image: the picture; it is not changed.
        rotation: (3, 3), 6DRepNet's convention.
        center: x and y in pixels where the axes start; None is the middle of the picture.
        size: length of an axis that lies in the picture, in pixels; lines are size / 25 thick.
    """
    out, place = np.ascontiguousarray(image).copy(), _place(image, center)
    thickness = max(1, round(size / 25))
    for axis, color in zip(_axes_of(rotation), (RED, GREEN, BLUE), strict=True):
        _line(out, place, place + size * axis, color, thickness)
    return out


def draw_cube(image: Image, rotation: npt.ArrayLike, center: Point | None = None, size: float = 100.0) -> Image:
    """A copy of an RGB picture with a wire cube in front of the face: back red, edges blue, front green.

    The arguments are those of `draw_axes`; `size` is the cube's edge in pixels, `center` the middle of its back.
    """
    out, (x, y, z) = np.ascontiguousarray(image).copy(), _axes_of(rotation) * size
    thickness = max(1, round(size / 40))
    corners = [sx * x / 2 + sy * y / 2 for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    back = [_place(image, center) + corner for corner in corners]
    for start, end in zip(back, back[1:] + back[:1]):
        _line(out, start, end, RED, thickness)
    for corner in back:
        _line(out, corner, corner + z, BLUE, thickness)
    for start, end in zip(back, back[1:] + back[:1]):
        _line(out, start + z, end + z, GREEN, thickness)
    return out


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size=max(8.0, float(size)))


def draw_label(image: Image, lines: Sequence[str], left_top: Point, size: float = 16.0) -> Image:
    """A copy of an RGB picture with white text lines on a darkened plate, moved so that it stays inside the picture.

    Args:
        image: RGB (H, W, 3) uint8.
        lines: the text.
        left_top: wanted left top corner of the plate, x and y in pixels.
        size: height of the letters' line in pixels.
    """
    from PIL import Image as pillow
    from PIL import ImageDraw

    font, text, pad = _font(size), "\n".join(lines), max(2, round(size / 4))
    picture = pillow.fromarray(image)
    left, top, right, bottom = ImageDraw.Draw(picture).multiline_textbbox((0, 0), text, font=font, spacing=pad)
    width, height = int(np.ceil(right - left)) + 2 * pad, int(np.ceil(bottom - top)) + 2 * pad
    x = int(np.clip(left_top[0], 0, max(0, image.shape[1] - width)))
    y = int(np.clip(left_top[1], 0, max(0, image.shape[0] - height)))
    picture.paste(pillow.new("RGB", (width, height)), (x, y), pillow.new("L", (width, height), int(255 * _LABEL_SHADE)))
    ImageDraw.Draw(picture).multiline_text((x + pad - left, y + pad - top), text, font=font, fill=_PAPER, spacing=pad)
    return np.array(picture, dtype=np.uint8)


def pose_lines(yaw_deg: float, pitch_deg: float, roll_deg: float) -> list[str]:
    """The three angles as a label shows them."""
    named = (("yaw", yaw_deg), ("pitch", pitch_deg), ("roll", roll_deg))
    return [f"{name} {angle:+.1f}°" for name, angle in named]


def annotate(image: Image, poses: Sequence[HeadPose], style: str = "axes") -> Image:
    """A copy of an RGB picture with axes or a cube and the angles at every head.

    Raises HeadPoseError for a style other than "axes" and "cube".
    """
    if style not in STYLES:
        raise unknown_name("drawing style", style, STYLES)
    out = np.ascontiguousarray(image).copy()
    for pose in poses:
        box, size = pose.box, max(pose.box.width, pose.box.height)
        center = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        draw, length = (draw_axes, 0.75 * size) if style == "axes" else (draw_cube, size)
        out = draw(out, pose.rotation, center, length)
    for pose in poses:  # labels last: no axis may cross a number
        letter = float(np.clip(pose.box.height / 7, 11, max(11, image.shape[0] / 20)))
        lines = pose_lines(pose.yaw_deg, pose.pitch_deg, pose.roll_deg)
        out = draw_label(out, lines, (pose.box.left, pose.box.bottom + letter), letter)
    return out


def _panel(image: Image, caption: str, height: int, letter: float) -> Image:
    """One picture scaled to `height` above its caption, black on white; the caption is made small enough to fit."""
    from PIL import Image as pillow
    from PIL import ImageDraw

    width = max(1, round(image.shape[1] * height / image.shape[0]))
    picture = pillow.fromarray(image).resize((width, height), pillow.Resampling.LANCZOS)
    lines = caption.count("\n") + 1
    sheet = pillow.new("RGB", (width, height + round(letter * (1.35 * lines + 0.5))), _PAPER)
    sheet.paste(picture, (0, 0))
    pen = ImageDraw.Draw(sheet)
    longest = max(pen.textlength(line, font=_font(letter)) for line in caption.split("\n"))
    font = _font(letter * min(1.0, 0.96 * width / max(longest, 1.0)))
    pen.multiline_text((width / 2, height + letter * 0.3), caption, _INK, font=font, anchor="ma", align="center")
    return np.array(sheet, dtype=np.uint8)


def side_by_side(
    panels: Sequence[tuple[Image, str]], *, height: int = 480, columns: int | None = None, gap: int = 16
) -> Image:
    """Captioned pictures on one white sheet, RGB (H, W, 3) uint8.

    Args:
        panels: pairs of an RGB picture of any size and its caption (may hold line breaks).
        height: height of every picture on the sheet in pixels; letters are 1/18 of it.
        columns: pictures in a row; None puts up to four there.
        gap: white pixels between and around pictures.
    """
    if not panels:
        raise HeadPoseError("no pictures to put side by side: give at least one")
    per_row = columns or min(4, len(panels))
    cells = [_panel(image, caption, height, height / 18) for image, caption in panels]
    wide, high = max(c.shape[1] for c in cells), max(c.shape[0] for c in cells)
    rows = -(-len(cells) // per_row)
    sheet = np.full((gap + rows * (high + gap), gap + min(per_row, len(cells)) * (wide + gap), 3), 255, dtype=np.uint8)
    for i, cell in enumerate(cells):
        y, x = gap + (i // per_row) * (high + gap), gap + (i % per_row) * (wide + gap) + (wide - cell.shape[1]) // 2
        sheet[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    return sheet
