"""The .mat label files of 300W-LP and AFLW2000-3D (3DDFA): the pose and the landmarks of one face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.mat_file import DamagedMatError, read_variables

_VARIABLES = ["Pose_Para", "pt2d", "roi"]  # the shape and texture parameters beside them are skipped unread


@dataclass(frozen=True, eq=False)
class MatLabels:
    """What head pose needs of a .mat file."""

    pitch_deg: float
    """Pose_Para[0], there in radians; looks up > 0."""
    yaw_deg: float
    """Pose_Para[1]; turns to the image's left > 0."""
    roll_deg: float
    """Pose_Para[2]; tilts clockwise > 0."""
    landmarks: npt.NDArray[np.float64]
    """(2, L) x and y in pixels of the picture: L = 68 in 300W-LP, 21 in AFLW2000-3D, where x < 0 marks a hidden one."""
    roi: npt.NDArray[np.float64] | None
    """(4,) as the file has it, where it has it."""


def read_mat(path: str | Path) -> MatLabels:
    """Read one .mat file.

    Raises:
        HeadPoseError: no such file, damaged or not a .mat file, `Pose_Para` or `pt2d` missing, of a wrong shape or no
            finite numbers.
    """
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise HeadPoseError(f"cannot read {file}: {error.strerror or error}") from error
    return parse_mat(data, file)


def parse_mat(data: bytes, path: str | Path) -> MatLabels:
    """The content of a .mat file → its labels; `path` is for the errors, which are those of `read_mat`."""
    variables = _load(data, path)
    pose = _numbers(variables, "Pose_Para", path).ravel()
    if pose.size < 3:
        raise HeadPoseError(f"{path} has a Pose_Para of {pose.size} numbers, not pitch, yaw and roll first of 7")
    landmarks = _numbers(variables, "pt2d", path)
    if landmarks.ndim != 2 or landmarks.shape[0] != 2 or landmarks.shape[1] == 0:
        raise HeadPoseError(f"{path} has a pt2d of shape {landmarks.shape}, not (2, landmarks)")
    if not (np.isfinite(pose[:3]).all() and np.isfinite(landmarks).all()):
        raise HeadPoseError(f"{path} has labels that are NaN or infinite: leave this face out")
    pitch, yaw, roll = (float(angle) for angle in np.degrees(pose[:3]))
    roi = variables.get("roi")
    whole = None if roi is None or roi.size != 4 else roi.ravel().astype(np.float64)
    return MatLabels(pitch, yaw, roll, landmarks, whole)


def _load(data: bytes, path: str | Path) -> dict[str, npt.NDArray[np.generic] | None]:
    if not data:
        raise HeadPoseError(f"{path} is empty: get the file again")
    try:
        return read_variables(data, _VARIABLES)
    except DamagedMatError as error:
        raise HeadPoseError(f"{path} is damaged or no .mat file ({error}): get the file again") from error


def _numbers(
    variables: dict[str, npt.NDArray[np.generic] | None], name: str, path: str | Path
) -> npt.NDArray[np.float64]:
    if name not in variables:
        raise HeadPoseError(f"{path} has no {name}: it is no label file of 300W-LP or AFLW2000-3D")
    values = variables[name]
    if values is None:
        raise HeadPoseError(f"{path} has a {name} that holds no numbers: get the file again")
    return values.astype(np.float64)
