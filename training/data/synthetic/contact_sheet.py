"""A sheet of rendered heads with their labels drawn: whether a set is right, at one look."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.draw import draw_axes, pose_lines, side_by_side
from runtime.images import save_image
from runtime.preprocess import Box
from training.data.face_list import open_face_list
from training.data.source import Image, PoseSource
from training.data.synthetic.poses import wide_euler

SHEET_NAME = "contact_sheet.png"
_COLUMNS, _HEIGHT = 6, 224
_ARM = 0.6  # length of an axis over the side of the face's box


def write_contact_sheet(labels: Path, faces: int) -> Path:
    """The sheet of a set, beside its face list.

    Args:
        labels: the face list.
        faces: how many, evenly spread over the set; all of a smaller one.

    Raises HeadPoseError for a picture that cannot be read, or a full disk.
    """
    file = labels.parent / SHEET_NAME
    save_image(file, contact_sheet(open_face_list(labels), faces))
    return file


def contact_sheet(source: PoseSource, faces: int) -> Image:
    """`faces` of a source, evenly spread, each with its axes from the middle of its box and its three angles."""
    chosen = np.unique(np.linspace(0, len(source) - 1, min(faces, len(source))).round().astype(int))
    panels = []
    for index in chosen.tolist():
        rotation, box = source.rotations[index], Box(*source.boxes[index].tolist())
        middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        picture = draw_axes(source.picture(index), rotation, middle, _ARM * max(box.width, box.height))
        panels.append((picture, _angles(rotation)))
    return side_by_side(panels, height=_HEIGHT, columns=_COLUMNS, gap=8)


def _angles(rotation: npt.ArrayLike) -> str:
    pitch, yaw, roll = (float(angle) for angle in np.round(wide_euler(rotation)) + 0.0)  # no minus before a zero
    return "\n".join(pose_lines(yaw, pitch, roll)).replace(".0", "")
