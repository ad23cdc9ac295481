"""The .mat label files of 300W-LP and AFLW2000-3D (3DDFA): the pose and the landmarks of one face."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

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
    roi = np.asarray(variables["roi"]).ravel() if "roi" in variables else None
    whole = roi is not None and roi.size == 4 and roi.dtype.kind in "iuf"
    return MatLabels(pitch, yaw, roll, landmarks, roi.astype(np.float64) if roi is not None and whole else None)


def _load(data: bytes, path: str | Path) -> dict[str, Any]:
    from scipy.io import loadmat

    if not data:
        raise HeadPoseError(f"{path} is empty: get the file again")
    try:
        variables: dict[str, Any] = loadmat(io.BytesIO(data), variable_names=_VARIABLES)
    except NotImplementedError as error:  # version 7.3 is HDF5
        raise HeadPoseError(f"{path} is a .mat file of version 7.3: save it as version 7 in MATLAB") from error
    except Exception as error:  # scipy's parser fails in a dozen ways on damaged bytes
        raise HeadPoseError(f"{path} is damaged or no .mat file ({_one_line(error)}): get the file again") from error
    return variables


def _one_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _numbers(variables: dict[str, Any], name: str, path: str | Path) -> npt.NDArray[np.float64]:
    if name not in variables:
        raise HeadPoseError(f"{path} has no {name}: it is no label file of 300W-LP or AFLW2000-3D")
    values = np.asarray(variables[name])
    if values.dtype.kind not in "iuf":
        raise HeadPoseError(f"{path} has a {name} that holds no numbers: get the file again")
    return values.astype(np.float64)
