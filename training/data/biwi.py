"""BIWI Kinect Head Pose as published: 24 sequences of frames with a pose file each, and the RGB camera's calibration.

    <dir>/01 … 24/frame_00003_rgb.png     640 × 480
                  frame_00003_pose.txt    3×3 rotation, blank line, head's centre in mm; in the depth camera's frame
                  rgb.cal                 3×3 intrinsics, zeros, 3×3 rotation, translation in mm, picture size

The stored rotation takes the head's axes (right, down, back, as OpenCV has them) to the depth camera's (right, down,
into the scene). BIWI has no face boxes: `headpose prepare biwi` finds them with this project's detector.

Fanelli et al., "Random Forests for Real Time 3D Face Analysis", IJCV 2013.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.rotation import euler_to_rotation
from training.data.biwi_boxes import BOXES_NAME, FaceBoxes, read_boxes
from training.data.biwi_split import person_of
from training.data.source import Image

Array = npt.NDArray[np.float64]

TERMS = "BIWI Kinect Head Pose Database: non-commercial use such as university research and education"
# where the sequences lie in the archive of the authors, and in its copy on Kaggle
_PLACES = (".", "hpdb", "kinect_head_pose_db/hpdb", "faces_0")
_ORTHONORMAL = 0.01  # largest error of R·Rᵀ: the files give six digits


@dataclass(frozen=True, eq=False)
class Calibration:
    """An rgb.cal: the RGB camera, and how it stands to the depth camera: X_rgb = rotation · X_depth + translation."""

    intrinsics: Array
    """(3, 3) in pixels."""
    rotation: Array
    """(3, 3)."""
    translation_mm: Array
    """(3,)."""


def _rows_of(path: Path) -> list[list[float]]:
    """The numbers of a text file by line, without blank lines."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        return [[float(word) for word in line.split()] for line in lines if line.strip()]
    except OSError as error:
        raise HeadPoseError(f"{path} cannot be read ({error.strerror or error}): get BIWI again") from error
    except ValueError as error:
        raise HeadPoseError(f"{path} holds something else than numbers ({error}): get the file again") from error


def _checked_rotation(rows: list[list[float]], path: Path) -> Array:
    rotation = np.array(rows)
    with np.errstate(invalid="ignore"):
        error = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if not error <= _ORTHONORMAL or np.linalg.det(rotation) < 0:
        raise HeadPoseError(f"{path} holds no rotation but {np.round(rotation, 3).tolist()}: get the file again")
    return rotation


def read_pose(path: Path) -> tuple[Array, Array]:
    """A frame_NNNNN_pose.txt → rotation (3, 3), head to depth camera, and the head's centre (3,) in mm.

    Raises HeadPoseError for a file that is missing, cut off, or holds no rotation (NaN, for one).
    """
    rows = _rows_of(path)
    if [len(row) for row in rows] != [3, 3, 3, 3]:
        count = sum(map(len, rows))
        raise HeadPoseError(f"{path} holds {count} numbers, not 3×3 of a rotation and 3 of a place: get the file again")
    center = np.array(rows[3])
    if not np.isfinite(center).all():
        raise HeadPoseError(f"{path} has a head's centre that is no number: get the file again")
    return _checked_rotation(rows[:3], path), center


def read_calibration(path: Path) -> Calibration:
    """Read an rgb.cal; the line of zeros (any number of them) and the picture size may be missing.

    Raises HeadPoseError for a file that is missing, cut off, or of another form.
    """
    rows = _rows_of(path)
    rest = rows[3:]
    if rest and not any(rest[0]):
        rest = rest[1:]
    if [len(row) for row in rows[:3] + rest[:4]] != [3] * 7:
        raise HeadPoseError(f"{path} is cut off or no rgb.cal (intrinsics, rotation, translation): get BIWI again")
    return Calibration(np.array(rows[:3]), _checked_rotation(rest[:3], path), np.array(rest[3]))


def published_angles(rotation: npt.ArrayLike) -> Array:
    """BIWI's rotations (…, 3, 3) → (…, 3) pitch, yaw, roll in degrees, by the formulas of FSA-Net and 6DRepNet.

    With R the transpose of what is stored: roll = -atan2(R10, R00), yaw = -atan2(-R20, √(R21² + R22²)),
    pitch = atan2(R21, R22). The transpose makes the head's axes the rows; the signs turn OpenCV's axes (down, into
    the scene) to up and towards the viewer: these are the angles of `runtime.rotation.from_opencv` of what is stored.
    """
    r = np.swapaxes(np.asarray(rotation, dtype=np.float64), -1, -2)
    pitch = np.arctan2(r[..., 2, 1], r[..., 2, 2])
    yaw = -np.arctan2(-r[..., 2, 0], np.hypot(r[..., 2, 1], r[..., 2, 2]))
    roll = -np.arctan2(r[..., 1, 0], r[..., 0, 0])
    return np.degrees(np.stack([pitch, yaw, roll], axis=-1))


def _labels(rotations: Array) -> Array:
    return np.asarray(euler_to_rotation(*np.moveaxis(published_angles(rotations), -1, 0)), dtype=np.float64)


def depth_labels(rotations: Array, cameras: Array) -> Array:
    """As FSA-Net and 6DRepNet take them: the pose as the depth camera sees it, though the picture is the RGB camera's.

    (N, 3, 3) stored rotations → (N, 3, 3) in the convention of `runtime.rotation`; `cameras` is not used.
    """
    return _labels(rotations)


def rgb_labels(rotations: Array, cameras: Array) -> Array:
    """The pose as the RGB camera sees it, about 1° from the published labels.

    A point of the head is X_depth = R·X + t and X_rgb = C·X_depth + d with C, d of rgb.cal (so the heads' meshes fall
    onto the pictures), hence the head-to-camera rotation is C·R; the angles follow as for the published labels.
    (N, 3, 3) stored rotations and (N, 3, 3) C of their sequences → (N, 3, 3).
    """
    return _labels(cameras @ rotations)


LABELS: dict[str, Callable[[Array, Array], Array]] = {"6drepnet": depth_labels, "rgb": rgb_labels}


def find_sequences(data_dir: Path) -> Path:
    """The folder that holds 01 … 24: `data_dir` itself or where the archives put it.

    Raises HeadPoseError if there is no such folder.
    """
    if not data_dir.is_dir():
        raise HeadPoseError(f"the BIWI folder {data_dir} {'is a file' if data_dir.exists() else 'does not exist'}")
    for place in _PLACES:
        root = data_dir / place
        if any(root.glob("[0-9][0-9]/frame_*")):
            return root
    raise HeadPoseError(f"{data_dir} holds no BIWI sequence (01/frame_00003_rgb.png …): give the folder above 01")


def frame_keys(root: Path) -> list[str]:
    """The frames that have a picture, '01/frame_00003', by sequence and number."""
    pictures = root.glob("[0-9][0-9]/frame_*_rgb.png")
    return sorted(f"{p.parent.name}/{p.name.removesuffix('_rgb.png')}" for p in pictures)


@dataclass(frozen=True, eq=False)
class BiwiFrames:
    """N frames of BIWI. Fulfils `PoseSource`."""

    root: Path
    """The folder that holds 01 … 24."""
    labels: str
    """Key of `LABELS`."""
    keys: Sequence[str]
    """N names '01/frame_00003'."""
    rotations: Array
    """(N, 3, 3), the convention of `runtime.rotation`."""
    boxes: Array
    """(N, 4) the face detector's boxes."""
    terms: str = TERMS

    @property
    def name(self) -> str:
        """With the camera if the labels are not the published ones."""
        return "BIWI" if self.labels == "6drepnet" else f"BIWI ({self.labels} labels)"

    @property
    def groups(self) -> Sequence[str]:
        """N people: four of the twenty have two sequences."""
        return [person_of(key.partition("/")[0]) for key in self.keys]

    def __len__(self) -> int:
        return len(self.keys)

    def frame(self, index: int) -> Path:
        """The picture file of one frame."""
        return self.root / f"{self.keys[index]}_rgb.png"

    def picture(self, index: int) -> Image:
        """The frame, RGB (480, 640, 3); HeadPoseError naming the file if it cannot be read."""
        from training.data.decode import read_rgb

        return read_rgb(self.frame(index))


def open_biwi(
    data_dir: str | Path, *, boxes: FaceBoxes | str | Path | None = None, labels: str = "6drepnet"
) -> BiwiFrames:
    """Open raw BIWI: the frames that have a face box, in order.

    Args:
        data_dir: the folder above 01 … 24, or the one that the archives unpack to.
        boxes: what `headpose prepare biwi` wrote; None takes headpose_boxes.json in `data_dir`.
        labels: '6drepnet' as published, in the depth camera's frame; 'rgb' corrected to the RGB camera's.

    Raises:
        HeadPoseError: no such folder, no sequence, no boxes, a damaged pose or calibration file, unknown labels.
    """
    if labels not in LABELS:
        raise unknown_name("BIWI labels", labels, LABELS)
    root = find_sequences(Path(data_dir))
    table = boxes if isinstance(boxes, FaceBoxes) else read_boxes(Path(boxes or Path(data_dir) / BOXES_NAME))
    keys = sorted(table.boxes)
    if not keys:
        raise HeadPoseError(f"no BIWI frame of {data_dir} has a face box: run  headpose prepare biwi  again")
    stored = np.stack([read_pose(root / f"{key}_pose.txt")[0] for key in keys])
    cameras = _cameras(root, keys) if labels == "rgb" else np.broadcast_to(np.eye(3), stored.shape)
    corners = np.array([table.boxes[key] for key in keys], dtype=np.float64)
    return BiwiFrames(root, labels, keys, LABELS[labels](stored, cameras), corners)


def _cameras(root: Path, keys: Sequence[str]) -> Array:
    """(N, 3, 3): the rotation of the RGB camera of each frame's sequence."""
    sequences = [key.partition("/")[0] for key in keys]
    rotations = {s: read_calibration(root / s / "rgb.cal").rotation for s in sorted(set(sequences))}
    return np.stack([rotations[s] for s in sequences])
