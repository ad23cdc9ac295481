"""The pinhole camera of rendered heads, and the rotation that a picture of an off-axis head is labelled with.

The camera's frame has its origin in the eye, x right, y up and z towards the viewer, so that what is seen has z < 0. A
head of rotation R (`runtime.rotation`) at `position` has its point v at Rᵀ v + position. Picture coordinates are in
pixels, x right and y down from the picture's left upper corner, so that the middle of the first pixel is (0.5, 0.5).

**The label of a head that is not on the axis.** Let p be the head's place and Q the smallest rotation that carries the
z axis to the ray from the head to the eye, −p / |p|. Turning the camera by Q about its eye only warps the picture (a
homography, no parallax) and brings the head onto the axis, where its rotation is R·Q. A crop around the face, which is
all that a network sees, is nearly that warped picture. So the label is R·Q: a head that is carried around the eye and
turned with its ray keeps its looks and its label, and a head that faces the eye is frontal wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

Array = npt.NDArray[np.float64]

_NEAR, _FAR = 0.05, 30.0  # metres: nothing nearer than a hand before the lens, nothing beyond a room


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with a square picture.

    Raises HeadPoseError for an angle outside 1–150° or a distance that is not beyond the near plane.
    """

    fov_deg: float
    """Angle across the picture's side, as it is without `offset`."""
    distance: float
    """Metres along the axis from the eye to the plane in which `place` puts a head."""
    offset: tuple[float, float] = (0.0, 0.0)
    """Where the optical axis meets the picture, x right and y up in half sides from the picture's middle: other than
    (0, 0) for a picture that was cut out of a larger one."""

    def __post_init__(self) -> None:
        if not (1.0 <= self.fov_deg <= 150.0 and _NEAR < self.distance < _FAR):
            raise HeadPoseError(
                f"a camera of {self.fov_deg}° at {self.distance} m cannot be: choose 1–150° and {_NEAR}–{_FAR:.0f} m"
            )

    @property
    def half_width(self) -> float:
        """Half of the picture's side at one metre from the eye, in metres."""
        return float(np.tan(np.radians(self.fov_deg) / 2))

    def place(self, x: float = 0.0, y: float = 0.0) -> Array:
        """(3,) point at `distance` seen at (x, y), right and up in half sides from the picture's middle."""
        across = (np.array([x, y]) - np.array(self.offset)) * self.half_width * self.distance
        return np.array([across[0], across[1], -self.distance])

    def projection(self) -> Array:
        """(4, 4) OpenGL clip matrix for column vectors of the camera's frame."""
        scale = 1.0 / self.half_width
        depth = np.array([-(_FAR + _NEAR), -2 * _FAR * _NEAR]) / (_FAR - _NEAR)
        x, y = self.offset
        rows = [[scale, 0, -x, 0], [0, scale, -y, 0], [0, 0, depth[0], depth[1]], [0, 0, -1, 0]]
        return np.array(rows, dtype=np.float64)

    def project(self, points: npt.ArrayLike, size: int) -> Array:
        """(N, 3) points of the camera's frame → (N, 2) pixels of a picture of `size`; NaN for points behind the eye."""
        p = np.asarray(points, dtype=np.float64)
        away = np.where(p[:, 2] < -1e-9, -p[:, 2], np.nan)
        unit = p[:, :2] / (away[:, None] * self.half_width) + np.array(self.offset)
        return (1.0 + unit * np.array([1.0, -1.0])) * (size / 2)

    def intrinsics(self, size: int) -> Array:
        """(3, 3) matrix of the same camera for OpenCV, whose pixel centres are whole numbers: half a pixel less."""
        focal, middle = size / 2 / self.half_width, size / 2 - 0.5
        x, y = self.offset
        return np.array([[focal, 0, middle + x * size / 2], [0, focal, middle - y * size / 2], [0, 0, 1.0]])


def head_matrix(rotation: npt.ArrayLike, position: npt.ArrayLike) -> Array:
    """(4, 4): from the head's frame to the camera's, Rᵀ v + position."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.asarray(rotation, dtype=np.float64).T
    matrix[:3, 3] = np.asarray(position, dtype=np.float64)
    return matrix


def ray_turn(position: npt.ArrayLike) -> Array:
    """(3, 3) Q: the smallest rotation that carries (0, 0, 1) to the ray from `position` (3,) to the eye.

    Raises HeadPoseError for a position that is not in front of the camera.
    """
    p = np.asarray(position, dtype=np.float64)
    if not (np.isfinite(p).all() and p[2] < 0):
        raise HeadPoseError(f"a head at {p.tolist()} is not before the camera: place it at z < 0")
    x, y, z = -p / np.linalg.norm(p)
    # Rodrigues' formula for the axis (0, 0, 1) × d, with (1 − cos) / sin² = 1 / (1 + cos), finite for z > 0
    return np.array(
        [[1 - x * x / (1 + z), -x * y / (1 + z), x], [-x * y / (1 + z), 1 - y * y / (1 + z), y], [-x, -y, z]]
    )


def toward_ray(rotation: npt.ArrayLike, position: npt.ArrayLike) -> Array:
    """The label R·Q of a head whose rotation in the camera's frame is R (3, 3); see the module's text."""
    return np.asarray(rotation, dtype=np.float64) @ ray_turn(position)


def from_ray(label: npt.ArrayLike, position: npt.ArrayLike) -> Array:
    """The rotation in the camera's frame of a head whose label is `label` (3, 3): inverse of `toward_ray`."""
    return np.asarray(label, dtype=np.float64) @ ray_turn(position).T
