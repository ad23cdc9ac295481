"""Writes tiny BIWI sets in the published formats: raw sequences, and the .npz of FSA-Net, with drawn heads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation, to_opencv
from training.data.biwi_boxes import BOXES_NAME, FaceBoxes, write_boxes
from training.data.drawn_faces import STYLES, draw_face

Pose = tuple[float, float, float]
"""pitch, yaw, roll in degrees."""
Array = npt.NDArray[np.float64]

WIDTH, HEIGHT = 640, 480
INTRINSICS = np.array([[517.679, 0.0, 320.0], [0.0, 517.679, 240.5], [0.0, 0.0, 1.0]])
# as published for one of the sequences: RGB camera from depth camera
CALIBRATION = np.array(
    [[0.999947, 0.00432361, 0.00929419], [-0.00446314, 0.999877, 0.0150443], [-0.009228, -0.015085, 0.999844]]
)
TRANSLATION_MM = np.array([-24.0198, 5.8896, -13.2308])
HEAD_SIDE = 240  # of the drawn head's square in pixels
FACE_IN_SQUARE = (0.27, 0.32, 0.72, 0.76)  # where the face detector sees the face of the square
_DISTANCE_MM = 900.0


def _rows(values: npt.ArrayLike) -> str:
    """Numbers as BIWI writes them: six digits and a blank at the end of each line."""
    return "".join("".join(f"{v:.6g} " for v in row) + "\n" for row in np.atleast_2d(values))


def write_calibration(path: Path, rotation: Array = CALIBRATION, translation: Array = TRANSLATION_MM) -> None:
    """An rgb.cal: intrinsics, zeros, rotation and translation of the RGB camera, picture size."""
    parts = [_rows(INTRINSICS), _rows([0.0, 0.0, 0.0, 0.0]), _rows(rotation), _rows(translation), f"{WIDTH} {HEIGHT}\n"]
    path.write_text("\n".join(parts))


def write_pose(path: Path, rotation: Array, translation: Array) -> None:
    """A frame_NNNNN_pose.txt: rotation, blank line, translation in mm."""
    path.write_text(f"{_rows(rotation)}\n{_rows(translation)}\n")


def draw_frame(pose: Pose, center: tuple[float, float], style: int = 0) -> npt.NDArray[np.uint8]:
    """RGB (480, 640, 3): a drawn head around `center` on gray, a red stripe at the left edge."""
    frame = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    frame[:, :40] = (220, 30, 40)
    left, top = (round(c - HEAD_SIDE / 2) for c in center)
    frame[top : top + HEAD_SIDE, left : left + HEAD_SIDE] = draw_face(*pose, HEAD_SIDE, STYLES[style % len(STYLES)])
    return frame


def face_box(center: tuple[float, float]) -> Box:
    """Where the face of `draw_frame` is, roughly as the face detector says it."""
    left, top = (round(c - HEAD_SIDE / 2) for c in center)
    x0, y0, x1, y1 = (HEAD_SIDE * share for share in FACE_IN_SQUARE)
    return Box(left + x0, top + y0, left + x1, top + y1)


def write_biwi(
    root: Path,
    sequences: Sequence[str] = ("01", "02"),
    frames: int = 4,
    seed: int = 0,
    *,
    calibration: Array = CALIBRATION,
    boxes: bool = False,
) -> dict[str, Pose]:
    """Write raw sequences, frames numbered from 3 as published; with `boxes` the file of face boxes too.

    Returns the pose of every frame ('01/frame_00003') in the depth camera: what labels='6drepnet' must give. The head
    is drawn as the RGB camera sees it.
    """
    rng = np.random.default_rng(seed)
    poses: dict[str, Pose] = {}
    found: dict[str, Box] = {}
    for sequence in sequences:
        folder = root / sequence
        folder.mkdir(parents=True)
        write_calibration(folder / "rgb.cal", calibration)
        style, start = int(rng.integers(len(STYLES))), rng.uniform([300, 210], [380, 260])
        pose = rng.uniform([-15, -30, -15], [15, 30, 15])
        for number in range(3, 3 + frames):
            key = f"{sequence}/frame_{number:05d}"
            pose, center = pose + rng.uniform(-3, 3, 3), start + rng.uniform(-8, 8, 2)
            poses[key] = (float(pose[0]), float(pose[1]), float(pose[2]))
            found[key] = face_box((center[0], center[1]))
            _write_frame(root, key, poses[key], (center[0], center[1]), style, calibration)
    if boxes:
        write_boxes(root / BOXES_NAME, FaceBoxes("drawn", "drop", len(poses), found, {}))
    return poses


def _write_frame(root: Path, key: str, pose: Pose, center: tuple[float, float], style: int, calibration: Array) -> None:
    in_depth = to_opencv(euler_to_rotation(*pose))
    seen = to_opencv(calibration @ in_depth)  # its own inverse: back from OpenCV's form
    pitch, yaw = np.arctan2(seen[2, 1], seen[2, 2]), np.arcsin(-seen[2, 0])
    roll = np.arctan2(seen[1, 0], seen[0, 0])
    drawn = draw_frame((np.degrees(pitch), np.degrees(yaw), np.degrees(roll)), center, style)
    Image.fromarray(drawn).save(root / f"{key}_rgb.png", compress_level=1)
    at = np.linalg.inv(INTRINSICS) @ [*center, 1.0] * _DISTANCE_MM
    write_pose(root / f"{key}_pose.txt", in_depth, at)


def write_biwi_npz(
    path: Path, count: int = 6, size: int = 64, seed: int = 0, *, names: Sequence[str] | None = None
) -> list[Pose]:
    """Write FSA-Net's form: image (N, S, S, 3) BGR, pose (N, 3) yaw, pitch, roll, img_size. Returns the N poses.

    The left eighth of every picture is red. `names` adds the frames' names, as this project's own files have them.
    """
    rng = np.random.default_rng(seed)
    poses = [(float(p), float(y), float(r)) for p, y, r in rng.uniform([-40, -60, -30], [40, 60, 30], (count, 3))]
    pictures = np.stack([draw_face(*pose, size, STYLES[i % len(STYLES)]) for i, pose in enumerate(poses)])
    pictures[:, :, : size // 8] = (230, 20, 40)
    columns = {"image": pictures[..., ::-1], "pose": np.array(poses)[:, [1, 0, 2]], "img_size": np.array(size)}
    if names is not None:
        columns["names"] = np.array(names)
    np.savez(path, **columns)
    return poses
