"""Writes tiny data sets in the exact formats of 300W-LP and AFLW2000-3D, with drawn heads whose pose is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.io import savemat

from runtime.rotation import euler_to_rotation, to_opencv
from training.data.drawn_faces import STYLES, draw_face

Pose = tuple[float, float, float]
"""pitch, yaw, roll in degrees."""
Array = npt.NDArray[np.float64]

PUBLISHED_SIZE = 450  # side of the pictures of both data sets
SUBSETS = ("AFW", "HELEN", "IBUG", "LFPW")
INVISIBLE = (-1.0, 452.0)  # how AFLW2000-3D writes a point that is hidden
VISIBLE_COSINE = 0.1  # a point counts as hidden when its surface turns further away than that
HEAD_SHARE = 0.6  # side of the drawn head's square over the side of the picture
_SKULL = np.array([0.46, 0.62, 0.52])  # of training/data/drawn_faces.py, in half sides of its square
# the 21 points of AFLW among the 68: brows, eyes, ear, nose, ear, mouth, chin
AFLW_POINTS = [17, 19, 21, 22, 24, 26, 36, 37, 39, 42, 43, 45, 0, 31, 30, 35, 16, 48, 62, 54, 8]


def _ring(cx: float, cy: float, rx: float, ry: float, count: int) -> Array:
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False) + np.pi  # from the image-left corner over the top
    return np.stack([cx + rx * np.cos(turn), cy + ry * np.sin(turn)], axis=1)


def _row(x0: float, x1: float, y0: float, y1: float, count: int) -> Array:
    return np.stack([np.linspace(x0, x1, count), np.linspace(y0, y1, count)], axis=1)


def _points_68() -> Array:
    """(68, 3) in the drawn head's frame (right, down, back), the order of iBUG, mirror-symmetric as a set."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 17)
    jaw = np.stack([0.92 * np.sin(turn), 0.05 + 0.80 * np.cos(turn)], axis=1)
    parts = [
        jaw,
        _row(-0.56, -0.16, -0.27, -0.27, 5),
        _row(0.16, 0.56, -0.27, -0.27, 5),
        _row(0.0, 0.0, -0.10, 0.12, 4),
        _row(-0.12, 0.12, 0.22, 0.22, 5),
        _ring(-0.36, -0.10, 0.17, 0.07, 6),
        _ring(0.36, -0.10, 0.17, 0.07, 6),
        _ring(0.0, 0.50, 0.28, 0.08, 12),
        _ring(0.0, 0.50, 0.20, 0.03, 8),
    ]
    plane = np.concatenate(parts)
    depth = -np.sqrt(np.maximum(1 - (plane**2).sum(axis=1), 0.0))
    return np.column_stack([plane, depth]) * _SKULL


POINTS_68 = _points_68()


def project(pose: Pose, center: tuple[float, float], side: float) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The 68 points of a head drawn by `draw_head`: (2, 68) pixels and (68,) whether each faces the viewer."""
    to_camera = to_opencv(euler_to_rotation(*pose))  # x right, y down, z into the scene
    seen = POINTS_68 @ to_camera.T
    normal = (POINTS_68 / _SKULL**2) @ to_camera.T
    facing = -normal[:, 2] / np.linalg.norm(normal, axis=1) > VISIBLE_COSINE
    x, y = center[0] + seen[:, 0] * side / 2, center[1] + (seen[:, 1] - 0.02) * side / 2  # draw_face looks 0.02 down
    return np.stack([x, y]), facing


def draw_head(pose: Pose, size: int, center: tuple[float, float], style: int = 0) -> npt.NDArray[np.uint8]:
    """RGB (size, size, 3): a head of that pose around `center`; a red corner left above, a blue one right above."""
    side = round(HEAD_SHARE * size)
    picture = np.full((size, size, 3), 90, np.uint8)
    picture[: size // 8, : size // 8] = (230, 20, 20)
    picture[: size // 8, -(size // 8) :] = (20, 20, 230)
    left, top = round(center[0] - side / 2), round(center[1] - side / 2)
    picture[top : top + side, left : left + side] = draw_face(*pose, side, STYLES[style % len(STYLES)])
    return picture


def write_mat(
    path: Path, pose: Pose, landmarks: npt.ArrayLike, size: int = PUBLISHED_SIZE, **more: npt.ArrayLike
) -> None:
    """A .mat file as 300W-LP has it; `more` replaces or adds variables."""
    points = np.asarray(landmarks, dtype=np.float64)
    translation = (size / 2, size / 2, -60.0, 1e-3)  # tx, ty, tz, scale
    variables: dict[str, npt.ArrayLike] = {
        "Pose_Para": np.array([[*np.radians(pose), *translation]], np.float32),
        "pt2d": points,
        "roi": np.array([[1, size, 1, size]], np.int16),
        "Shape_Para": np.zeros((199, 1)),
        "Exp_Para": np.zeros((29, 1)),
        "Illum_Para": np.zeros((1, 10), np.float32),
        "Color_Para": np.ones((1, 7), np.float32),
        "Tex_Para": np.zeros((199, 1), np.float32),
    }
    savemat(path, {**variables, **more})


def write_jpg(path: Path, picture: npt.NDArray[np.uint8]) -> None:
    """RGB (H, W, 3) uint8 → a JPEG file; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, quality=92)


def _stems(subset: str, photo: int) -> list[str]:
    """Names of the faces of one photograph without the number of the rotation; AFW's first photograph has two."""
    if subset == "AFW":
        return [f"AFW_{134212 + photo}_{face}_" for face in ((1, 2) if photo == 0 else (1,))]
    if subset == "HELEN":
        return [f"HELEN_{2908549 + photo}_1_"]
    if subset == "IBUG":
        return [f"IBUG_image_{3 + photo:03d}_1_" if photo % 2 == 0 else f"IBUG_image_{13 + photo:03d}_01_"]
    return [f"LFPW_image_{'train' if photo % 2 == 0 else 'test'}_{1 + photo:04d}_"]


def write_300w_lp(
    root: Path,
    *,
    photos: int = 2,
    rotations: int = 3,
    seed: int = 0,
    size: int = PUBLISHED_SIZE,
    subsets: Sequence[str] = SUBSETS,
) -> dict[str, Pose]:
    """Write `photos` photographs of each subset in `rotations` turns, and their mirrored twins in the _Flip folders.

    The first photograph of AFW has two faces. Returns the pose in degrees of each key ('AFW/AFW_134212_1_0').
    """
    rng = np.random.default_rng(seed)
    poses: dict[str, Pose] = {}
    for subset in subsets:
        for stem in [s for photo in range(photos) for s in _stems(subset, photo)]:
            start, style = rng.uniform([-25, -35, -25], [25, 5, 25]), int(rng.integers(len(STYLES)))
            center = tuple(size * rng.uniform(0.4, 0.6, 2))
            for turn in range(rotations):
                pose = (float(start[0]), float(start[1] + 60 * turn / max(rotations, 1)), float(start[2]))
                poses |= _write_pair(root, subset, f"{stem}{turn}", pose, center, style, size)
    return poses


def _write_pair(
    root: Path, subset: str, name: str, pose: Pose, center: tuple[float, ...], style: int, size: int
) -> dict[str, Pose]:
    """One face and its mirrored twin."""
    side = round(HEAD_SHARE * size)
    twin = (pose[0], -pose[1], -pose[2])
    picture = draw_head(pose, size, (center[0], center[1]), style)
    left = round(center[0] - side / 2) + side / 2, round(center[1] - side / 2) + side / 2  # where draw_head puts it
    written: dict[str, Pose] = {}
    for folder, label, image, x in (
        (subset, pose, picture, left[0]),
        (f"{subset}_Flip", twin, picture[:, ::-1], size - left[0]),
    ):
        write_jpg(root / folder / f"{name}.jpg", np.ascontiguousarray(image))
        write_mat(root / folder / f"{name}.mat", label, project(label, (x, left[1]), side)[0], size)
        written[f"{folder}/{name}"] = label
    return written


def write_aflw2000(root: Path, *, count: int = 6, seed: int = 0, size: int = PUBLISHED_SIZE) -> dict[str, Pose]:
    """Write `count` faces image00002 …; the last one has a roll beyond 99° and is no part of the published list.

    pt2d is (2, 21) with hidden points at (-1, 452), pt3d_68 is (3, 68). Returns the pose in degrees of every key,
    the last one's too.
    """
    rng = np.random.default_rng(seed)
    poses: dict[str, Pose] = {}
    for index in range(count):
        pitch, yaw, roll = (float(v) for v in rng.uniform([-35, -75, -35], [35, 75, 35]))
        pose = (pitch, yaw, 130.0 if index == count - 1 else roll)
        side = round(HEAD_SHARE * size)
        corner = np.round(size * rng.uniform(0.4, 0.6, 2) - side / 2)
        center = (float(corner[0] + side / 2), float(corner[1] + side / 2))
        name = f"image{2 + 2 * index:05d}"
        points, facing = project(pose, center, side)
        sparse = np.where(facing[AFLW_POINTS], points[:, AFLW_POINTS], np.array([INVISIBLE]).T)
        write_jpg(root / f"{name}.jpg", draw_head(pose, size, center, index))
        write_mat(root / f"{name}.mat", pose, sparse, size, pt3d_68=np.vstack([points, np.zeros((1, 68))]))
        poses[name] = pose
    return poses
