"""Which rotations rendered heads have, and how much of a turn the neck makes.

A density draws (N, 3, 3) rotations in the convention of `runtime.rotation`. Each is symmetric: a pose and its mirror
image are equally likely. Yaw may go beyond 90°, to `max_yaw_deg`; there the reading of `rotation_to_euler`, which
folds yaw into ±90°, is ambiguous, and `wide_euler` gives the angles that were drawn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.rotation import euler_to_rotation, rotation_to_euler

Array = npt.NDArray[np.float64]
Density = Callable[[np.random.Generator, int, float], Array]

MAX_YAW_DEG = 99.0  # the bound within which 300W-LP is used for training
NECK_LIMITS_DEG = (50.0, 70.0, 35.0)
"""How far the neck turns the head against the shoulders: pitch, yaw, roll; somewhat below the range of adults."""

# Our own approximation of the shape of 300W-LP's label histograms, not fitted to its labels: photographs that look
# near the camera, most of which the set turns on, in steps, towards the profile.
_PHOTO_SHARE = 0.45  # of the pictures left as photographed
_PHOTO_YAW_DEG = 18.0
_PITCH_DEG, _ROLL_DEG = 11.0, 9.0
_WIDE_SHARE = 0.2  # of pitch and roll drawn from the tails
_WIDE_PITCH_DEG, _WIDE_ROLL_DEG = 28.0, 25.0
_PITCH_BOUND_DEG, _ROLL_BOUND_DEG = 75.0, 75.0

_UNIFORM_PITCH_DEG, _UNIFORM_ROLL_DEG = 60.0, 60.0
_NECK_SHARE = (0.35, 1.0)  # of the yaw; the shoulders make the rest
_NECK_TILT_SHARE = (0.55, 1.0)  # of pitch and roll: a body leans less than it turns


def _normal_within(rng: np.random.Generator, scale: Array, bound: float) -> Array:
    """Normal numbers of the given standard deviations, drawn again until all lie within ±bound."""
    values = rng.normal(0.0, scale)
    while (outside := np.abs(values) > bound).any():
        values[outside] = rng.normal(0.0, scale[outside])
    return values


def _tailed(rng: np.random.Generator, count: int, narrow: float, wide: float, bound: float) -> Array:
    return _normal_within(rng, np.where(rng.random(count) < _WIDE_SHARE, wide, narrow), bound)


def shaped_as_300w_lp(rng: np.random.Generator, count: int, max_yaw_deg: float = MAX_YAW_DEG) -> Array:
    """A density shaped like 300W-LP's: a frontal peak, yaw spread out to the profile; (count, 3, 3).

    Yaw of a photograph is normal (σ 18°). Of 55 % of the pictures it is turned on, on its own side, to a yaw uniform
    between the photograph's and `max_yaw_deg`. Pitch is normal (σ 11°), of 20 % wider (σ 28°), within ±75°; roll
    likewise with 9° and 25°. The figures are our own approximation of the published set's shape.
    """
    yaw = _normal_within(rng, np.full(count, _PHOTO_YAW_DEG), max_yaw_deg)
    side = np.where(yaw < 0.0, -1.0, 1.0)
    turned = side * rng.uniform(np.abs(yaw), max_yaw_deg)
    yaw = np.where(rng.random(count) < _PHOTO_SHARE, yaw, turned)
    pitch = _tailed(rng, count, _PITCH_DEG, _WIDE_PITCH_DEG, _PITCH_BOUND_DEG)
    roll = _tailed(rng, count, _ROLL_DEG, _WIDE_ROLL_DEG, _ROLL_BOUND_DEG)
    return np.asarray(euler_to_rotation(pitch, yaw, roll), dtype=np.float64)


def uniform(rng: np.random.Generator, count: int, max_yaw_deg: float = MAX_YAW_DEG) -> Array:
    """Yaw uniform within ±max_yaw_deg, pitch and roll uniform within ±60°; (count, 3, 3).

    Uniform in the angles, not over the rotations: the uniform measure of rotations has the density cos(yaw) and would
    leave out the profiles, which are what a balanced test set is for.
    """
    yaw = rng.uniform(-max_yaw_deg, max_yaw_deg, count)
    pitch = rng.uniform(-_UNIFORM_PITCH_DEG, _UNIFORM_PITCH_DEG, count)
    roll = rng.uniform(-_UNIFORM_ROLL_DEG, _UNIFORM_ROLL_DEG, count)
    return np.asarray(euler_to_rotation(pitch, yaw, roll), dtype=np.float64)


POSE_DENSITIES: dict[str, Density] = {"300w-lp": shaped_as_300w_lp, "uniform": uniform}


def draw_poses(name: str, rng: np.random.Generator, count: int, max_yaw_deg: float = MAX_YAW_DEG) -> Array:
    """(count, 3, 3) rotations of a density of `POSE_DENSITIES`, |yaw| at most `max_yaw_deg`.

    Raises HeadPoseError for an unknown density or a yaw outside 1° to 120°.
    """
    if name not in POSE_DENSITIES:
        raise unknown_name("pose density", name, POSE_DENSITIES)
    if not 1.0 <= max_yaw_deg <= 120.0:
        raise HeadPoseError(f"a largest yaw of {max_yaw_deg:g}° makes no set of faces: give 1 to 120")
    return POSE_DENSITIES[name](rng, count, max_yaw_deg)


def wide_euler(rotation: npt.ArrayLike) -> Array:
    """(…, 3, 3) → (…, 3) pitch, yaw, roll in degrees with pitch within ±90° and yaw within ±180°.

    The other reading of the same matrix than `rotation_to_euler` where that one gives |pitch| > 90°.
    """
    angles = np.asarray(rotation_to_euler(rotation), dtype=np.float64)
    pitch, yaw, roll = angles[..., 0], angles[..., 1], angles[..., 2]
    over = np.abs(pitch) > 90.0
    turned = np.stack([_wrapped(pitch + 180.0), _wrapped(180.0 - yaw), _wrapped(roll + 180.0)], axis=-1)
    return np.where(over[..., None], turned, angles)


def _wrapped(angle: Array) -> Array:
    return np.asarray((angle + 180.0) % 360.0 - 180.0, dtype=np.float64)


def split_turn(rotation: npt.ArrayLike, rng: np.random.Generator) -> tuple[Array, Array]:
    """(3, 3) of a head → (shoulders, neck), both (3, 3), with `neck @ shoulders` the head's rotation.

    The shoulders have the rotation that a head on an unturned neck would have; the neck's is the head's as seen from
    the shoulders. Each of the neck's angles is a random part of the head's (35–100 % of the yaw, 55–100 % of pitch and
    roll), within `NECK_LIMITS_DEG`. So the body leans and turns to the same side as the head, and less.
    """
    head = np.asarray(rotation, dtype=np.float64)
    tilt = rng.uniform(*_NECK_TILT_SHARE, 2)
    shares = np.array([tilt[0], rng.uniform(*_NECK_SHARE), tilt[1]])
    angles = np.clip(shares * wide_euler(head), np.negative(NECK_LIMITS_DEG), NECK_LIMITS_DEG)
    neck = np.asarray(euler_to_rotation(*angles), dtype=np.float64)
    return neck.T @ head, neck
