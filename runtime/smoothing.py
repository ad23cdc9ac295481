"""Smoothing of a head's rotation over time, on SO(3): no angle is averaged, so nothing breaks at ±180° or gimbal lock.

Two filters with one way of use, `update(rotation, time_s)`. Both follow their input along the geodesic (slerp) from the
last estimate to the new rotation; they differ in how far they go. The apps' filters are the same ones, and golden
vectors hold all of them together.

Sources: Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
Systems", CHI 2012, algorithm 1 (https://doi.org/10.1145/2207676.2208639); Shoemake, "Animating Rotation with Quaternion
Curves", SIGGRAPH 1985, for slerp.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

Array = npt.NDArray[np.floating]

RESET_AFTER_S = 0.5  # after a longer gap the head may be anywhere: start anew instead of sweeping over
_TINY = 1e-12  # sine of half an angle below which the axis is noise


class RotationFilter(Protocol):
    """A filter of one head's rotations."""

    def update(self, rotation: npt.ArrayLike, time_s: float) -> Array:
        """Take in a rotation (3, 3) seen at `time_s`, give the smoothed one (3, 3)."""

    def reset(self) -> None:
        """Forget everything: the next rotation is taken as it is."""


def rotation_to_quaternion(rotation: npt.ArrayLike) -> Array:
    """(3, 3) → unit quaternion (4,), w x y z, w ≥ 0; of four formulas the one without cancellation (Shepperd 1978).

    Raises HeadPoseError for another shape or numbers that are not finite.
    """
    r = np.asarray(rotation, dtype=np.float64)
    if r.shape != (3, 3) or not np.isfinite(r).all():
        raise HeadPoseError(f"a rotation to smooth has the shape (3, 3) and finite numbers, not {r.shape}")
    x, y, z = r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]
    xy, xz, yz = r[0, 1] + r[1, 0], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1]
    a, b, c = np.diagonal(r)
    rows = (
        (1 + a + b + c, x, y, z),
        (x, 1 + a - b - c, xy, xz),
        (y, xy, 1 - a + b - c, yz),
        (z, xz, yz, 1 - a - b + c),
    )
    best = np.array(rows[int(np.argmax([rows[i][i] for i in range(4)]))])
    return best / np.linalg.norm(best) * (-1.0 if best[0] < 0 else 1.0)


def quaternion_to_rotation(quaternion: npt.ArrayLike) -> Array:
    """Unit quaternion (4,), w x y z → (3, 3)."""
    w, x, y, z = np.asarray(quaternion, dtype=np.float64)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


class _Geodesic:
    """The last estimate and its time; subclasses say how far to go towards a new rotation."""

    def __init__(self, reset_after_s: float) -> None:
        self._reset_after_s = _positive("reset_after_s", reset_after_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next rotation is taken as it is."""
        self._estimate: Array | None = None
        self._time_s = 0.0

    def update(self, rotation: npt.ArrayLike, time_s: float) -> Array:
        """Take in a rotation (3, 3) seen at `time_s` (seconds of any steady clock), give the smoothed one (3, 3).

        The first rotation, and the first after a gap of more than `reset_after_s`, comes back as it is; a frame that is
        not later than the last one changes nothing. Raises HeadPoseError for what is no finite (3, 3) matrix or time.
        """
        new = rotation_to_quaternion(rotation)
        if not np.isfinite(time_s):
            raise HeadPoseError(f"the time of a frame is a number of seconds, not {time_s}")
        step_s = time_s - self._time_s
        if self._estimate is None or step_s > self._reset_after_s:
            self.reset()
            self._estimate, self._time_s = new, time_s
        elif step_s > 0:
            turn = _rotation_vector(_product(new, self._estimate * (1, -1, -1, -1)))
            moved = _product(_quaternion(self._weight(turn, step_s) * turn), self._estimate)
            self._estimate, self._time_s = moved / np.linalg.norm(moved), time_s
        return quaternion_to_rotation(self._estimate)

    def _weight(self, turn: Array, step_s: float) -> float:
        raise NotImplementedError


class SlerpFilter(_Geodesic):
    """Exponential smoothing: of the way to a new rotation it goes 1 − exp(−Δt / time constant), at any frame rate.

    Args:
        time_constant_s: after this long 63 % of a sudden turn are followed.
        reset_after_s: a longer gap between frames starts anew.
    """

    def __init__(self, time_constant_s: float = 0.1, *, reset_after_s: float = RESET_AFTER_S) -> None:
        self._time_constant_s = _positive("time_constant_s", time_constant_s)
        super().__init__(reset_after_s)

    def _weight(self, turn: Array, step_s: float) -> float:
        return float(-np.expm1(-step_s / self._time_constant_s))


class OneEuroFilter(_Geodesic):
    """The 1€ filter: still heads are smoothed much, fast ones little, so that noise goes and lag does not come.

    The paper's x is a number; here it is a rotation, its difference to the last estimate the rotation vector between
    them, and its speed the length of the smoothed vector. Turns about one axis give the paper's filter of the angle.

    Args:
        min_cutoff_hz: cutoff of a head at rest; lower means less jitter.
        beta: cutoff added for each radian per second of speed, Hz; higher means less lag. 0 switches that off.
        derivative_cutoff_hz: cutoff for the speed itself; the paper takes 1 Hz.
        reset_after_s: a longer gap between frames starts anew.
    """

    def __init__(
        self,
        min_cutoff_hz: float = 1.0,
        beta: float = 1.5,
        derivative_cutoff_hz: float = 1.0,
        *,
        reset_after_s: float = RESET_AFTER_S,
    ) -> None:
        self._min_cutoff_hz = _positive("min_cutoff_hz", min_cutoff_hz)
        self._derivative_cutoff_hz = _positive("derivative_cutoff_hz", derivative_cutoff_hz)
        if not (np.isfinite(beta) and beta >= 0):
            raise HeadPoseError(f"beta is {beta}: a number from 0 on is needed")
        self._beta = beta
        super().__init__(reset_after_s)

    def reset(self) -> None:
        """Forget everything: the next rotation is taken as it is."""
        super().reset()
        self._velocity = np.zeros(3)  # of the first sample, as in the paper

    def _weight(self, turn: Array, step_s: float) -> float:
        weight = _alpha(self._derivative_cutoff_hz, step_s)
        self._velocity = weight * (turn / step_s) + (1 - weight) * self._velocity
        speed = float(np.linalg.norm(self._velocity))
        return _alpha(self._min_cutoff_hz + self._beta * speed, step_s)


def _alpha(cutoff_hz: float, step_s: float) -> float:
    """Smoothing factor of a first-order low-pass filter, 1 / (1 + τ / Δt) with τ = 1 / (2π · cutoff)."""
    return 1.0 / (1.0 + 1.0 / (2.0 * np.pi * cutoff_hz * step_s))


def _positive(name: str, value: float) -> float:
    if not (np.isfinite(value) and value > 0):
        raise HeadPoseError(f"{name} is {value}: a number above 0 is needed")
    return value


def _product(a: Array, b: Array) -> Array:
    w, v = a[0] * b[0] - a[1:] @ b[1:], a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])
    return np.array([w, *v])


def _rotation_vector(q: Array) -> Array:
    """Axis times angle in radians, at most π: of the two quaternions of a rotation the one with w ≥ 0."""
    q = -q if q[0] < 0 else q
    sine = float(np.linalg.norm(q[1:]))
    return 2.0 * q[1:] if sine < _TINY else (2.0 * np.arctan2(sine, q[0]) / sine) * q[1:]


def _quaternion(vector: Array) -> Array:
    half = float(np.linalg.norm(vector)) / 2.0
    scale = 0.5 if half < _TINY else np.sin(half) / (2.0 * half)
    return np.array([np.cos(half), *(scale * vector)])
