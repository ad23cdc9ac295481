"""Hands at and before the face: palm, four fingers and a thumb of tubes, in gestures that people make.

A hand's own frame has its origin at the wrist, y along the fingers, z out of the palm and x = y × z, to which a right
hand's thumb points. Gestures are written for the left half of the head with the left hand, and mirrored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.synthetic.occluder_fit import HeadFit
from training.data.synthetic.occluder_looks import Colour, Drawn, cloth, pick, plastic
from training.data.synthetic.occluder_meshes import Piece, box, curve, joined, mirrored, moved, tube
from training.data.synthetic.parts import Material

Array = npt.NDArray[np.float64]

_KNUCKLES = np.array([[0.029, 0.090, 0.0], [0.009, 0.094, 0.001], [-0.011, 0.089, 0.0], [-0.029, 0.079, -0.002]])
_BONES = np.array([[0.042, 0.025, 0.020], [0.046, 0.029, 0.021], [0.042, 0.027, 0.020], [0.033, 0.020, 0.018]])
_THICK = np.array([0.0088, 0.009, 0.0085, 0.0074])
_FAN_DEG = np.array([6.0, 1.0, -4.0, -10.0])
_PALM = np.array(  # along the hand: its place, half thickness, half width, metres
    [[-0.01, 0.019, 0.028], [0.012, 0.020, 0.031], [0.04, 0.017, 0.039], [0.07, 0.014, 0.041], [0.092, 0.0105, 0.038]]
)


_PHONES = ((0.01, 0.01, 0.012), (0.6, 0.6, 0.6), (0.1, 0.02, 0.03))


@dataclass(frozen=True)
class _Pose:
    """Where the hand is and how its fingers are bent."""

    middle: Array
    """(3,) of the palm's inner side, metres in the head's frame."""
    fingers: Array
    """(3,) the way the fingers point."""
    palm: Array
    """(3,) the way the palm faces."""
    curls: Array
    """(4, 3) degrees of each finger's joints."""
    spread: float = 1.0
    thumb_deg: float = 35.0
    """Away from the fingers."""
    touches: bool = True
    left: bool = True


def _unit(vector: npt.ArrayLike) -> Array:
    v = np.asarray(vector, np.float64)
    return np.asarray(v / np.linalg.norm(v))


def _frame(pose: _Pose) -> Array:
    """(3, 3) columns: the hand's axes in the head's frame; a mirror image for the left hand."""
    z = _unit(pose.palm)
    y = _unit(pose.fingers - (pose.fingers @ z) * z)
    x = np.cross(y, z)
    return np.stack([-x if pose.left else x, y, z], axis=1)


def _finger(index: int, pose: _Pose) -> Array:
    """(4, 3) joints of a finger in the hand's frame."""
    fan = np.radians(_FAN_DEG[index] * pose.spread)
    bend = np.radians(np.cumsum(pose.curls[index]))
    along = np.stack([np.sin(fan) * np.cos(bend), np.cos(fan) * np.cos(bend), np.sin(bend)], axis=1)
    return _KNUCKLES[index] + np.concatenate([np.zeros((1, 3)), np.cumsum(_BONES[index][:, None] * along, axis=0)])


def _thumb(pose: _Pose) -> Array:
    """(4, 3) joints of the thumb in the hand's frame."""
    away = np.radians(pose.thumb_deg + np.array([12.0, 0.0, -14.0]))
    along = np.stack([np.sin(away), np.cos(away), np.array([0.45, 0.35, 0.3])], axis=1)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    steps = np.array([[0.042], [0.032], [0.026]]) * along
    return np.array([0.022, 0.018, 0.004]) + np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])


def _meshes(pose: _Pose, fit: HeadFit, size: float, forearm: Array) -> tuple[Piece, Piece]:
    """The hand with a piece of its arm, and the sleeve."""
    frame = _frame(pose)
    wrist = pose.middle - frame @ (np.array([0.0, 0.05, 0.014]) * size)

    def placed(points: Array, gap: npt.ArrayLike) -> Array:
        at = wrist + size * points @ frame.T
        return fit.head.pushed(at, gap) if pose.touches else at

    pieces = []
    for index in range(4):
        thick = _THICK[index] * size
        joints = placed(_finger(index, pose), 0.85 * thick)
        line = curve([joints[0] - 0.3 * (joints[1] - joints[0]), *joints], 13)
        pieces.append(tube(line, _tapered(thick, 13), frame[:, 2], sides=8))
    line = curve(placed(_thumb(pose), 0.009 * size), 11)
    pieces.append(tube(line, _tapered(0.0115 * size, 11), frame[:, 2] + 0.5 * frame[:, 0], sides=8))
    along, thick, _ = _PALM.T
    palm = placed(np.stack([0 * along, along, 0 * along], axis=1), thick * size)
    arm = palm[0] + np.array([[0.24], [0.16], [0.08], [0.03]]) * forearm
    sections = np.concatenate([[[0.040, 0.042], [0.035, 0.038], [0.026, 0.031], [0.02, 0.028]], _PALM[:, 1:]]) * size
    pieces.append(tube(np.concatenate([arm, palm]), sections, frame[:, 2], sides=12))
    vertices, topology = joined(*pieces)
    if pose.touches:
        vertices = fit.head.pushed(vertices, 0.0005).astype(np.float32)
    sleeve = tube(arm[:3] - 0.01 * forearm, sections[:3] * 1.15 + 0.004, frame[:, 2], sides=12)
    return (vertices, topology), sleeve


def _tapered(thick: float, count: int) -> Array:
    """Radii of a finger from its knuckle to its round tip."""
    return thick * np.interp(np.linspace(0, 1, count), [0, 0.8, 0.9, 0.96, 1], [1.08, 0.86, 0.8, 0.62, 0.3])


def _bent(rng: np.random.Generator, *each: float) -> Array:
    """(4, 3) curls: one for each finger, of all of its joints, with some disorder."""
    return np.clip(np.array(each)[:, None] * np.array([0.8, 1.1, 0.7]) + rng.normal(0, 5, (4, 3)), -8, 100)


def _cheek(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    azimuth, elevation = np.radians([rng.uniform(48, 82), rng.uniform(-50, -30)])
    at = fit.head.points(azimuth, elevation, 0.002)
    fingers = np.array([rng.uniform(-0.1, 0.2), 1.0, rng.uniform(-0.45, 0.35)])
    return _Pose(at, fingers, fit.head.centre - at, _bent(rng, *[rng.uniform(0, 30)] * 4), thumb_deg=50)


def _chin(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    chin = fit.landmarks[8]
    at = chin + np.array([rng.uniform(0.0, 0.03), rng.uniform(-0.055, -0.035), rng.uniform(0.02, 0.035)])
    curls = _bent(rng, *[rng.uniform(75, 90)] * 4)
    return _Pose(at, np.array([rng.uniform(-0.4, 0.1), 1.0, -0.1]), np.array([0.2, 0.1, -1.0]), curls, thumb_deg=15)


def _mouth(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    at = fit.landmarks[62] + np.array([rng.uniform(0.02, 0.045), rng.uniform(-0.02, 0.005), 0.01])
    fingers = np.array([-1.0, rng.uniform(0.2, 0.9), 0.0])
    return _Pose(at, fingers, np.array([-0.35, 0.0, -1.0]), _bent(rng, *[rng.uniform(8, 25)] * 4), thumb_deg=30)


def _forehead(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    at = fit.head.points(np.radians(rng.uniform(25, 60)), np.radians(rng.uniform(35, 52)), 0.004)
    fingers = np.array([-1.0, rng.uniform(-0.3, 0.7), 0.2])
    return _Pose(at, fingers, fit.head.centre - at, _bent(rng, *[rng.uniform(5, 25)] * 4), thumb_deg=40)


def _eye(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    """A loose fist that rubs an eye."""
    at = fit.landmarks[42:48].mean(axis=0) + np.array([0.03, -0.035, 0.028])
    return _Pose(at, np.array([-0.6, 1.0, 0.1]), np.array([-0.5, 0.1, -1.0]), _bent(rng, 65, 70, 75, 75), thumb_deg=25)


def _lips(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    """One finger before or beside the lips."""
    at = fit.landmarks[8] + np.array([rng.uniform(0.0, 0.03), rng.uniform(-0.045, -0.02), 0.03])
    curls = _bent(rng, 8, 85, 90, 90)
    return _Pose(at, np.array([rng.uniform(-0.5, 0.0), 1.0, 0.0]), np.array([0.1, 0.0, -1.0]), curls, thumb_deg=20)


def _before(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    """Somewhere between face and eye, its fingers spread or not."""
    towards = _unit(eye)
    reach = float((fit.landmarks @ towards).max())
    aside = fit.landmarks[int(rng.integers(68))] + rng.normal(0, 0.03, 3)
    at = aside + (reach + rng.uniform(0.03, 0.12) - aside @ towards) * towards
    turn = rng.uniform(-1.2, 1.2)
    up = np.array([np.sin(turn), np.cos(turn), 0.0]) + rng.normal(0, 0.2, 3)
    palm = towards * pick(rng, (1, 1, -1)) + rng.normal(0, 0.25, 3)
    curls = _bent(rng, *rng.uniform(0, pick(rng, (12, 40)), 4))
    spread = rng.uniform(0.6, 2.4)
    return _Pose(at, up, palm, curls, spread, rng.uniform(25, 60), touches=False, left=bool(rng.random() < 0.5))


def _call(rng: np.random.Generator, fit: HeadFit, eye: Array) -> _Pose:
    """Round a telephone at the ear, which `hand` adds."""
    phone, down, _ = _phone(fit)
    at = phone + np.array([0.012, -0.012, 0.0])
    curls = _bent(rng, 35, 38, 40, 42)
    return _Pose(at, -down + np.array([0.0, 0.2, 0.35]), np.array([-1.0, 0.0, 0.1]), curls, 0.4, 20)


def _phone(fit: HeadFit) -> tuple[Array, Array, Array]:
    """Middle of a telephone at the left ear, the way down along it, and outwards."""
    ear = fit.anchor("ear front") + np.array([0.020, 0.0, -0.008])
    jaw = fit.landmarks[13] + np.array([0.014, -0.025, 0.035])
    down = _unit(jaw - ear)
    outwards = _unit(np.cross(np.cross(down, np.array([1.0, 0, 0.15])), down))
    return ear + 0.045 * down, down, outwards


_GESTURES: dict[str, Callable[[np.random.Generator, HeadFit, Array], _Pose]] = {
    "cheek": _cheek,
    "chin": _chin,
    "mouth": _mouth,
    "forehead": _forehead,
    "eye": _eye,
    "lips": _lips,
    "call": _call,
    "before": _before,
}


def hand(rng: np.random.Generator, fit: HeadFit, eye: Array, skin: Colour) -> list[Drawn]:
    """A hand of that skin on either side; `eye` (3,) is where the camera is in the head's frame."""
    name = pick(rng, tuple(_GESTURES))
    flip = bool(rng.random() < 0.5)
    look = eye * np.array([-1, 1, 1]) if flip else eye
    pose = _GESTURES[name](rng, fit, look)
    forearm = _unit(-0.6 * _unit(pose.fingers) + [0.25, -0.9, rng.uniform(0.0, 0.3)] + rng.normal(0, 0.1, 3))
    body, sleeve = _meshes(pose, fit, fit.size * rng.uniform(0.88, 1.08), forearm)
    red, green, blue = (float(np.clip(c * rng.uniform(0.9, 1.1), 0, 1)) for c in skin)
    drawn: list[Drawn] = [(body, Material(tint=(red, green, blue), detail=0.3, detail_scale=1.5), None, True)]
    if rng.random() < 0.6:
        drawn.append((sleeve, cloth(rng), None, True))
    if name == "call":
        middle, down, outwards = _phone(fit)
        turn = np.stack([np.cross(down, outwards), -down, outwards], axis=1)
        phone = moved(box(np.array([0.036, 0.074, 0.0042]) * rng.uniform(0.92, 1.05)), turn, middle)
        drawn.append((phone, plastic(rng, pick(rng, _PHONES)), None, True))
    return [(mirrored(piece), *rest) for piece, *rest in drawn] if flip else drawn  # type: ignore[misc]
