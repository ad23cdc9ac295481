"""Eyes without any file: two balls in the head's sockets, for the pictures of `procedural_skin.procedural_eyes`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.data.synthetic.head import HeadModel
from training.data.synthetic.mesh import Floats, Topology
from training.data.synthetic.procedural_skin import EYE_CENTRES, IRIS_RADIUS

RADIUS_M = 0.0125
"""Of an eyeball; adults' are 12 mm."""

_RINGS, _SPOKES = 7, 16
_IRIS_DEG = 28.0  # what the iris covers of the ball, from its middle


def _cap() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """(V, 3) unit points around z, (V, 2) in the picture from the iris's middle, (T, 3) corners."""
    polar = np.linspace(0.0, np.radians(100.0), _RINGS + 1)[1:]
    around = np.arange(_SPOKES) * (2 * np.pi / _SPOKES)
    t, p = (grid.ravel() for grid in np.meshgrid(polar, around, indexing="ij"))
    flat = np.concatenate([[[0.0, 0.0]], np.stack([np.cos(p), np.sin(p)], axis=1)])
    tilt = np.concatenate([[0.0], t])
    points = np.concatenate([flat * np.sin(tilt)[:, None], np.cos(tilt)[:, None]], axis=1)
    first = [[0, 1 + k, 1 + (k + 1) % _SPOKES] for k in range(_SPOKES)]
    rest = [
        corner
        for ring in range(_RINGS - 1)
        for k in range(_SPOKES)
        for a, b in [(1 + ring * _SPOKES + k, 1 + ring * _SPOKES + (k + 1) % _SPOKES)]
        for corner in ([a, a + _SPOKES, b], [b, a + _SPOKES, b + _SPOKES])
    ]
    return points, flat * (tilt / np.radians(_IRIS_DEG) * IRIS_RADIUS)[:, None], np.array(first + rest)


_POINTS, _UV, _CORNERS = _cap()


def _topology() -> Topology:
    count = len(_POINTS)
    uv = np.concatenate([_UV + np.array([x, 1.0 - y]) for x, y in EYE_CENTRES])
    corners = np.concatenate([_CORNERS, _CORNERS + count]).astype(np.int32)
    return Topology(corners, uv.astype(np.float32), corners)


TOPOLOGY = _topology()
"""Of both eyes."""


def eyeballs(model: HeadModel, vertices: Floats, gaze: npt.NDArray[np.float64]) -> Floats:
    """Vertices for `TOPOLOGY`.

    Args:
        model: the head.
        vertices: (V, 3) from `HeadModel.bend`, metres.
        gaze: (3, 3) rotation of the eyes against the head, in the convention of `runtime.rotation`.
    """
    ball = RADIUS_M * _POINTS @ gaze  # rows: gazeᵀ v
    centres = [vertices[model.joint(name)] for name in ("eye.R", "eye.L")]
    return np.concatenate([ball + centre for centre in centres]).astype(np.float32)
