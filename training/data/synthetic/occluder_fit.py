"""The head as occluders need it: its landmarks, and how far its surface lies from a point inside in every direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from training.data.synthetic.head import Coefficients, HeadModel
from training.data.synthetic.landmarks import landmark_rows, landmarks_68
from training.data.synthetic.mesh import Floats, Indices

Array = npt.NDArray[np.float64]

_EARS_APART = 0.148  # metres, of the head of coefficients 0
_ROWS, _COLUMNS = 37, 72  # 5° apart
_STEP = np.pi / (_ROWS - 1)
_ANCHORS = {  # on the skin of the head of coefficients 0, metres
    "ear top": (0.075, 0.016, -0.036),
    "ear behind": (0.068, 0.0, -0.055),
    "ear below": (0.062, -0.03, -0.049),
    "ear front": (0.073, 0.002, -0.022),
    "temple": (0.070, 0.018, 0.000),
}


@dataclass(frozen=True, eq=False)
class Shell:
    """A surface around a centre, one radius for each direction; it hides no vertex that it was drawn over."""

    centre: Array
    """(3,) metres, in the head's frame."""
    radii: Array
    """(37, 72) metres, from straight down to straight up and from the back over the picture's left to the back."""

    @classmethod
    def over(cls, points: npt.NDArray[np.floating], centre: npt.ArrayLike, taut: int) -> Shell:
        """The surface over (P, 3) points, drawn taut over their hollows in so many steps."""
        middle = np.asarray(centre, np.float64)
        offset = np.asarray(points, np.float64) - middle
        radius = np.linalg.norm(offset, axis=1)
        row, column = _cells(np.arctan2(offset[:, 0], offset[:, 2]), np.arcsin(offset[:, 1] / radius))
        low, left = np.minimum(row.astype(int), _ROWS - 2), column.astype(int)
        bound = np.zeros(_ROWS * _COLUMNS)
        for down in (0, 1):  # to all corners of its cell, so that no surface between them is below the point
            for right in (0, 1):
                np.maximum.at(bound, (low + down) * _COLUMNS + (left + right) % _COLUMNS, radius)
        return cls(middle, _stretched(bound.reshape(_ROWS, _COLUMNS), taut))

    def at(self, azimuth: Array, elevation: Array) -> Array:
        """Radius in directions given in radians: azimuth from the face to the picture's right, elevation upwards."""
        row, column = _cells(azimuth, elevation)
        low, left = np.clip(row.astype(int), 0, _ROWS - 2), column.astype(int) % _COLUMNS
        y, x = row - low, column - np.floor(column)
        r, right = self.radii, (left + 1) % _COLUMNS
        below = r[low, left] * (1 - x) + r[low, right] * x
        above = r[low + 1, left] * (1 - x) + r[low + 1, right] * x
        return np.asarray(below * (1 - y) + above * y)

    def points(self, azimuth: Array, elevation: Array, gap: npt.ArrayLike) -> Array:
        """(…, 3) at `gap` metres outside the surface."""
        radius = self.at(azimuth, elevation) + np.asarray(gap)
        flat = radius * np.cos(elevation)
        return self.centre + np.stack(
            [flat * np.sin(azimuth), radius * np.sin(elevation), flat * np.cos(azimuth)], axis=-1
        )

    def around(self, points: npt.ArrayLike) -> tuple[Array, Array, Array]:
        """Azimuth, elevation and radius of (…, 3) points."""
        offset = np.asarray(points, np.float64) - self.centre
        radius = np.maximum(np.linalg.norm(offset, axis=-1), 1e-9)
        return np.arctan2(offset[..., 0], offset[..., 2]), np.arcsin(offset[..., 1] / radius), radius

    def pushed(self, points: npt.ArrayLike, gap: npt.ArrayLike) -> Array:
        """The (…, 3) points, those nearer than `gap` metres to the surface or below it moved outwards."""
        azimuth, elevation, radius = self.around(points)
        least = self.at(azimuth, elevation) + np.asarray(gap)
        return self.centre + (np.asarray(points) - self.centre) * (np.maximum(radius, least) / radius)[..., None]


def _cells(azimuth: Array, elevation: Array) -> tuple[Array, Array]:
    return (elevation + np.pi / 2) / _STEP, np.mod(azimuth + np.pi, 2 * np.pi) / _STEP


def _stretched(bound: Array, steps: int) -> Array:
    """A membrane that is nowhere below the bound; 0 bounds nothing."""
    bound[0], bound[-1] = bound[0].max(), bound[-1].max()  # one point each
    radii = np.where(bound > 0, bound, bound[bound > 0].mean())
    half = _COLUMNS // 2
    for step in range(steps + 12):
        above = np.concatenate([radii[1:], np.roll(radii[-2:-1], half, 1)])
        below = np.concatenate([np.roll(radii[1:2], half, 1), radii[:-1]])
        mean = (above + below + np.roll(radii, 1, 1) + np.roll(radii, -1, 1)) / 4
        radii = np.maximum(bound, mean) if step >= 12 else np.where(bound > 0, bound, mean)
        radii[0], radii[-1] = max(bound[0, 0], radii[0].mean()), max(bound[-1, 0], radii[-1].mean())
    return radii


@dataclass(frozen=True, eq=False)
class _Rows:
    """Which vertices of the model are what."""

    anchors: dict[str, int]
    skull: npt.NDArray[np.intp]
    ears: npt.NDArray[np.intp]
    face: npt.NDArray[np.intp]
    eyes: npt.NDArray[np.intp]
    head: npt.NDArray[np.intp]
    body: npt.NDArray[np.intp]
    around_landmarks: Indices
    """(T, 3) corners of triangles at landmarks, and"""
    of_landmark: npt.NDArray[np.intp]
    """(T,) the landmark of each."""


@lru_cache(maxsize=4)
def _rows(model: HeadModel) -> _Rows:
    v = model.shape(Coefficients())
    used = np.unique(model.topology.triangles)
    x, y, z = np.abs(v[used, 0]), v[used, 1], v[used, 2]
    ear = (x > 0.0715) & (y > -0.045) & (y < 0.018) & (z > -0.064) & (z < -0.018)
    skin = used[~ear]
    anchors = {
        name: int(skin[np.argmin(np.linalg.norm(v[skin] - np.array(place), axis=1))])
        for name, place in _ANCHORS.items()
    }
    landmark, triangle = np.nonzero((model.topology.triangles == landmark_rows(model)[:, None, None]).any(axis=2))
    return _Rows(
        anchors=anchors,
        skull=used[~ear & (y > -0.075)],
        ears=used[y > -0.075],
        face=used[~ear & (z > -0.055) & (y > -0.15) & (y < 0.035)],
        eyes=used[(y > -0.045) & (y < 0.05) & (z > 0.0) & (x < 0.075)],
        head=used[y > -0.14],
        body=used[y > -0.3],
        around_landmarks=model.topology.triangles[triangle],
        of_landmark=landmark,
    )


class HeadFit:
    """One head, measured once for all that it wears.

    Args:
        model: of the head.
        vertices: (V, 3) metres, as `HeadModel.bend` returned them.

    Raises:
        HeadPoseError: vertices of another model.
    """

    def __init__(self, model: HeadModel, vertices: Floats) -> None:
        self.landmarks = landmarks_68(model, vertices).astype(np.float64)
        self.size = float(np.linalg.norm(vertices[model.joint("ear.L")] - vertices[model.joint("ear.R")])) / _EARS_APART
        self._vertices, self._of = vertices, _rows(model)

    def anchor(self, name: str) -> Array:
        """(3,) point of the head's left half, such as 'ear top', on its skin."""
        return self._vertices[self._of.anchors[name]].astype(np.float64)

    def facing(self, eye: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """(68,) which landmarks' skin faces the point (3,)."""
        a, b, c = (self._vertices[corner] for corner in self._of.around_landmarks.T)
        towards = np.cross(b - a, c - a) * (np.asarray(eye) - a)
        return np.bincount(self._of.of_landmark, towards.sum(axis=1), 68) > 0

    @cached_property
    def eyes(self) -> Array:
        """(P, 3) skin around the eyes and the nose."""
        return self._vertices[self._of.eyes].astype(np.float64)

    @cached_property
    def _middle(self) -> Array:
        return np.array([0.0, 0.03, -0.03]) * self.size

    @cached_property
    def _jaws(self) -> Array:
        return np.array([0.0, -0.025, -0.015]) * self.size

    @cached_property
    def skull(self) -> Shell:
        """Around the brain, without ears."""
        return Shell.over(self._vertices[self._of.skull], self._middle, 4)

    @cached_property
    def ears(self) -> Shell:
        """Around the brain, over the ears too."""
        return Shell.over(self._vertices[self._of.ears], self._middle, 10)

    @cached_property
    def face(self) -> Shell:
        """Around the jaw, drawn taut over mouth and nose."""
        mouth = self.landmarks[[33, 51]].mean(axis=0)
        return Shell.over(self._vertices[self._of.face], (0.0, mouth[1], 0.012 * self.size), 6)

    @cached_property
    def head(self) -> Shell:
        """Around all of the head, for what touches it."""
        return Shell.over(self._vertices[self._of.head], self._jaws, 4)

    @cached_property
    def body(self) -> Shell:
        """Around the head, over ears, neck and shoulders."""
        points = self._vertices[self._of.body]
        near = np.linalg.norm(points - self._jaws, axis=1) < 0.27
        return Shell.over(points[near], self._jaws, 30)
