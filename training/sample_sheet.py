"""A sheet of views as the network sees them, with their labels drawn: whether augmentation is right, at one look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from runtime.draw import draw_axes, pose_lines, side_by_side
from runtime.errors import HeadPoseError
from runtime.rotation import rotation_to_euler
from training.data.augment import Rotation
from training.data.source import Image

_ARM = 0.4  # length of an axis over the side of a view: it stays inside


def sample_sheet(views: Sequence[tuple[Image, Rotation]], columns: int = 6, height: int = 224) -> Image:
    """Views on one white sheet, RGB (H, W, 3) uint8, each with its axes (X red, Y green, Z blue) and its angles.

    Args:
        views: pairs of RGB (S, S, 3) uint8 and (3, 3), as `make_view` gives them; they are not changed.
        columns: views in a row.
        height: height of every view on the sheet in pixels.

    Raises:
        HeadPoseError: no view, fewer than one column, or a rotation that is none.
    """
    if columns < 1:
        raise HeadPoseError(f"a sheet has at least one column, not {columns}: give a number from 1")
    panels = [(draw_axes(image, rotation, size=_ARM * image.shape[0]), _caption(rotation)) for image, rotation in views]
    return side_by_side(panels, height=height, columns=columns, gap=max(4, height // 20))


def _caption(rotation: Rotation) -> str:
    pitch, yaw, roll = np.round(rotation_to_euler(rotation)) + 0.0  # no minus before a zero
    return "\n".join(pose_lines(float(yaw), float(pitch), float(roll))).replace(".0", "")
