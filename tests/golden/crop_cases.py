"""Cases of the crop rule, and of the way of a pixel from a camera's buffer to the network and to the screen.

Frames, each with x to the right and y down, in pixels whose corners are whole numbers:
buffer: as the sensor delivers it; upright: turned clockwise by `turn_deg`; display: mirrored left to right if
`mirrored`; network: the crop, scaled to the input's side. With the view "upright" the crop is cut from the upright
picture, with "buffer" from the buffer as it is, so that the network sees the head turned.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from runtime import rotation as rot
from runtime.preprocess import Box, crop_box

Case = dict[str, Any]

BOXES = {
    "in the middle": (100.0, 120.0, 220.0, 260.0),
    "wide": (10.0, 20.0, 210.0, 90.0),
    "halves": (0.5, 0.5, 3.5, 3.5),
    "side rounds half up": (0.0, 0.0, 1.0, 1.0),
    "corner rounds half up": (10.0, 10.0, 11.0, 13.0),
    "negative corner rounds half up": (-11.0, -13.0, -10.0, -10.0),
    "fractions": (33.37, 18.92, 91.11, 99.04),
    "reaches out on the left and above": (-20.0, -15.0, 40.0, 65.0),
    "outside altogether": (-500.0, -400.0, -300.0, -180.0),
    "smaller than a pixel": (5.2, 5.2, 5.4, 5.3),
    "large": (0.0, 0.0, 4032.0, 3024.0),
}
EMPTY = {
    "no width": (10.0, 10.0, 10.0, 20.0),
    "no height": (10.0, 20.0, 30.0, 20.0),
    "left and right exchanged": (30.0, 10.0, 10.0, 20.0),
}
BUFFER = (64, 48)
FACE_UPRIGHT_SHARE = (0.3, 0.25, 0.7, 0.7)  # of the picture's width and height
SIZE = 28
MARKS = ((0.0, 0.0), (64.0, 48.0), (20.5, 30.5), (41.5, 12.5))


def crops() -> dict[str, list[Case]]:
    boxes = [{"name": n, "face_box": list(b), "crop_box": list(crop_box(Box(*b)))} for n, b in BOXES.items()]
    return {
        "crop_box": boxes,
        "empty": [{"name": n, "face_box": list(b)} for n, b in EMPTY.items()],
        "transform": [
            _transform(turn, mirrored, view)
            for view in ("upright", "buffer")
            for turn in (0, 90, 180, 270)
            for mirrored in (False, True)
        ],
    }


def upright_map(turn_deg: int, width: float, height: float) -> np.ndarray:
    """(3, 3) of homogeneous buffer coordinates → upright ones."""
    return np.array(
        {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            90: [[0, -1, height], [1, 0, 0], [0, 0, 1]],
            180: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
            270: [[0, 1, 0], [-1, 0, width], [0, 0, 1]],
        }[turn_deg],
        dtype=np.float64,
    )


def _transform(turn: int, mirrored: bool, view: str) -> Case:
    width, height = BUFFER
    upright_size = (width, height) if turn % 180 == 0 else (height, width)
    to_upright = upright_map(turn, width, height)
    seen_size = upright_size if view == "upright" else BUFFER
    face = Box(*(share * seen_size[i % 2] for i, share in enumerate(FACE_UPRIGHT_SHARE)))
    crop = crop_box(face)
    scale = SIZE / crop.width
    cut = np.array([[scale, 0, -crop.left * scale], [0, scale, -crop.top * scale], [0, 0, 1]])
    flip = np.array([[-1, 0, upright_size[0]], [0, 1, 0], [0, 0, 1]]) if mirrored else np.eye(3)
    to_network = cut @ (to_upright if view == "upright" else np.eye(3))
    read = rot.euler_to_rotation(-12.0, 35.0, 8.0)
    upright = rot.rotate_in_plane(read, 0.0 if view == "upright" else turn)
    maps = {"upright": to_upright, "display": flip @ to_upright, "network": to_network}
    points = [{"buffer": list(mark)} | {n: _apply(matrix, mark) for n, matrix in maps.items()} for mark in MARKS]
    return {
        "name": f"{view}, {turn} degrees{', mirrored' if mirrored else ''}",
        "buffer_size": list(BUFFER),
        "turn_deg": turn,
        "mirrored": mirrored,
        "view": view,
        "input_size": SIZE,
        "face_box": list(face),
        "crop_box": list(crop),
        "upright_size": list(upright_size),
        "points": points,
        "network_rotation": read,
        "upright_rotation": upright,
        "display_rotation": rot.mirror(upright) if mirrored else upright,
    }


def _apply(matrix: np.ndarray, point: tuple[float, float]) -> list[float]:
    return [float(v) for v in (matrix @ [*point, 1.0])[:2]]
