"""The 68 landmarks of iBUG's 300-W mark-up on the head, as vertices of MakeHuman's base mesh.

Where they are was read from the mesh: brows from the middle of MakeHuman's twelve eyebrows, lids and lips from the rims
of the eyes' and the mouth's openings and where the skin textures turn to the lips' red, the nose from its ridge (28 to
31 in iBUG's own count from 1), the jaw from the line between cheek and throat. The points of the jaw are fixed to the
bone, as in 300W-LP's 3D landmarks, and do not slide along the outline when the head turns.
"""

from __future__ import annotations

import numpy as np

from runtime.errors import HeadPoseError
from training.data.synthetic.head import HeadModel
from training.data.synthetic.mesh import Floats, Indices

JAW = slice(0, 17)
BROWS = slice(17, 27)
NOSE = slice(27, 36)
EYES = slice(36, 48)
MOUTH = slice(48, 68)

_JAW = (5402, 868, 869, 912, 5240, 892, 891, 914, 5225, 7616, 7593, 7594, 11849, 7614, 7574, 7573, 12001)
_BROWS = (211, 207, 176, 180, 166, 6943, 6956, 6952, 6982, 6986)
_NOSE = (132, 131, 201, 5054, 358, 359, 343, 7120, 7119)
_EYES = (18, 0, 54, 68, 47, 41, 6852, 6838, 6784, 6802, 6825, 6831)
_LIPS = (3735, 5352, 461, 467, 7220, 11954, 10403, 7235, 7241, 492, 486, 480)
_MOUTH = (444, 470, 474, 7226, 7204, 7236, 493, 481)

BASE_VERTICES = (*_JAW, *_BROWS, *_NOSE, *_EYES, *_LIPS, *_MOUTH)
"""The 68 vertices in iBUG's order, from the left of a frontal head's picture to its right; numbers of the base mesh."""

MIRRORED = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *(27, 28, 29, 30, 35, 34, 33, 32, 31),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
)
"""Which landmark each becomes in the mirrored picture."""


def landmark_rows(model: HeadModel) -> Indices:
    """(68,) the landmarks' rows in the vertices of this model.

    Raises:
        HeadPoseError: the model lacks one of them.
    """
    rows = np.full(max(int(model.base_index.max()), *BASE_VERTICES) + 1, -1, np.int32)
    known = model.base_index >= 0
    rows[model.base_index[known]] = np.flatnonzero(known)
    found = rows[list(BASE_VERTICES)]
    if (found < 0).any():
        missing = [base for base, row in zip(BASE_VERTICES, found, strict=True) if row < 0]
        raise HeadPoseError(f"the head model lacks the landmarks' vertices {missing[:5]}: build it again")
    return found


def landmarks_68(model: HeadModel, vertices: Floats) -> Floats:
    """(V, 3) vertices that `shape` or `bend` returned → the (68, 3) landmarks in the same frame.

    Raises:
        HeadPoseError: vertices of another model.
    """
    if vertices.shape != model.template.shape:
        raise HeadPoseError(f"landmarks need vertices of shape {model.template.shape}, not {vertices.shape}")
    return vertices[landmark_rows(model)]
