"""Rotation maths of head pose, in NumPy, batched over leading axes.

One convention everywhere (the 6DRepNet target): R = Rz(roll) · Ry(yaw) · Rx(pitch), angles as in the 300W-LP files:
yaw > 0 turns to the image's left, pitch > 0 looks up, roll > 0 tilts clockwise in the image. The rows of R are the
head's right, up and forward axes in a camera frame with x right, y up and z towards the viewer.

The 6D form and the decoding follow "6D Rotation Representation for Unconstrained Head Pose Estimation"
(Hempel, Abdelrahman, Al-Hamadi, ICIP 2022).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

_NORM_FLOOR = 1e-8  # a zero vector stays zero instead of becoming NaN
_GIMBAL = 1e-6  # cos(yaw) below which pitch and roll are the same turn
_MIRROR = np.diag([-1.0, 1.0, 1.0])
_FLIP_YZ = np.diag([1.0, -1.0, -1.0])


def _normalize(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), _NORM_FLOOR)


def sixd_to_rotation(sixd: npt.ArrayLike) -> Array:
    """Gram–Schmidt as 6DRepNet does it: (…, 6) → (…, 3, 3), columns x = n(a), y = z × x, z = n(x × b)."""
    v = np.asarray(sixd, dtype=np.float64)
    x = _normalize(v[..., 0:3])
    z = _normalize(np.cross(x, v[..., 3:6]))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def rotation_to_sixd(rotation: npt.ArrayLike) -> Array:
    """The first two columns, one after the other: (…, 3, 3) → (…, 6); `sixd_to_rotation` inverts it."""
    r = np.asarray(rotation, dtype=np.float64)
    return np.concatenate([r[..., :, 0], r[..., :, 1]], axis=-1)


def euler_to_rotation(pitch_deg: npt.ArrayLike, yaw_deg: npt.ArrayLike, roll_deg: npt.ArrayLike) -> Array:
    """Angles in degrees, broadcast against each other, → R = Rz(roll) · Ry(yaw) · Rx(pitch), (…, 3, 3)."""
    p, y, r = np.broadcast_arrays(
        *(np.radians(np.asarray(a, dtype=np.float64)) for a in (pitch_deg, yaw_deg, roll_deg))
    )
    cp, sp, cy, sy, cr, sr = np.cos(p), np.sin(p), np.cos(y), np.sin(y), np.cos(r), np.sin(r)
    rows = [
        [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp],
        [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp],
        [-sy, cy * sp, cy * cp],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def rotation_to_euler(rotation: npt.ArrayLike) -> Array:
    """(…, 3, 3) → (…, 3) pitch, yaw, roll in degrees; yaw in [-90, 90], the other two in (-180, 180].

    At |yaw| = 90° pitch and roll turn about one axis: roll is then 0 and pitch carries the whole turn, as in 6DRepNet.
    """
    r = np.asarray(rotation, dtype=np.float64)
    cos_yaw = np.hypot(r[..., 0, 0], r[..., 1, 0])
    locked = cos_yaw < _GIMBAL
    pitch = np.where(locked, np.arctan2(-r[..., 1, 2], r[..., 1, 1]), np.arctan2(r[..., 2, 1], r[..., 2, 2]))
    yaw = np.arctan2(-r[..., 2, 0], cos_yaw)
    roll = np.where(locked, 0.0, np.arctan2(r[..., 1, 0], r[..., 0, 0]))
    return np.degrees(np.stack([pitch, yaw, roll], axis=-1))


def geodesic_deg(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Angle of the rotation between a and b in degrees, (…, 3, 3) × (…, 3, 3) → (…).

    atan2 of sine and cosine: exact for tiny angles, where arccos of the trace loses half of the digits.
    """
    d = np.asarray(a, dtype=np.float64) @ np.swapaxes(np.asarray(b, dtype=np.float64), -1, -2)
    axis = np.stack([d[..., 2, 1] - d[..., 1, 2], d[..., 0, 2] - d[..., 2, 0], d[..., 1, 0] - d[..., 0, 1]], axis=-1)
    return np.degrees(np.arctan2(np.linalg.norm(axis, axis=-1), np.trace(d, axis1=-2, axis2=-1) - 1.0))


def mean_absolute_vector_error_deg(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """MAEV (TriNet): mean angle between matching rows, the head's axes; (…, 3, 3) × (…, 3, 3) → (…) degrees."""
    a64, b64 = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    cosine = np.clip(np.sum(a64 * b64, axis=-1), -1.0, 1.0)
    return np.degrees(np.arccos(cosine)).mean(axis=-1)


def mirror(rotation: npt.ArrayLike) -> Array:
    """The pose in the left-right mirrored image: (pitch, −yaw, −roll)."""
    return _MIRROR @ np.asarray(rotation, dtype=np.float64) @ _MIRROR


def rotate_in_plane(rotation: npt.ArrayLike, angle_deg: npt.ArrayLike) -> Array:
    """The pose after the image is turned by `angle_deg` clockwise: R · Rz(α), which is not roll + α."""
    return np.asarray(rotation, dtype=np.float64) @ euler_to_rotation(0.0, 0.0, angle_deg)


def to_opencv(rotation: npt.ArrayLike) -> Array:
    """Head-to-camera rotation in OpenCV's frame, F · Rᵀ · F with F = diag(1, −1, −1).

    OpenCV: x right, y down, z into the scene; the head's axes likewise.
    """
    return _FLIP_YZ @ np.swapaxes(np.asarray(rotation, dtype=np.float64), -1, -2) @ _FLIP_YZ


def from_opencv(rotation: npt.ArrayLike) -> Array:
    """Inverse of `to_opencv`; the formula is its own inverse."""
    return to_opencv(rotation)


def image_axes(rotation: npt.ArrayLike) -> Array:
    """The head's axes in the image: (…, 3, 3) → (…, 3, 2), rows X (right), Y (down), Z (out of the face).

    Orthographic; x to the right and y down in the picture, length 1 for an axis that lies in the image plane.
    The same picture as 6DRepNet's draw_axis gives.
    """
    camera = to_opencv(rotation)
    return np.stack([camera[..., :2, 0], camera[..., :2, 1], -camera[..., :2, 2]], axis=-2)
