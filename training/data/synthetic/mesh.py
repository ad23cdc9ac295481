"""Triangles with texture coordinates: what the geometry makes and the renderer draws.

The head's frame: origin between the eyes' height and the ears, metres, x to the right of the picture of a frontal head,
y up, z out of the face towards the viewer. A head of rotation R (`runtime.rotation`) has its point v at Rᵀ v in the
camera's frame, which has x right, y up and z towards the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Topology:
    """What stays the same while a mesh changes its shape."""

    triangles: Indices
    """(T, 3) corners as rows of the vertices."""
    uv: Floats
    """(U, 2) texture coordinates, (0, 0) at the left bottom of the picture."""
    uv_triangles: Indices
    """(T, 3) corners as rows of `uv`."""

    def check(self, vertices: int) -> None:
        """Raise HeadPoseError unless all corners are among the `vertices` and the `uv`."""
        if self.triangles.shape != self.uv_triangles.shape or self.triangles.ndim != 2 or self.triangles.shape[1] != 3:
            raise HeadPoseError(f"a mesh needs two (T, 3) tables of corners, not {self.triangles.shape}: load it again")
        for corners, count, name in ((self.triangles, vertices, "vertices"), (self.uv_triangles, len(self.uv), "uv")):
            if corners.size and not (corners.min() >= 0 and corners.max() < count):
                raise HeadPoseError(f"a mesh has corners beyond its {count} {name}: load it again")


def vertex_normals(vertices: Floats, triangles: Indices) -> Floats:
    """(V, 3) unit normals, the mean of the triangles around, weighted by area; (0, 0, 0) for a vertex of none."""
    corners = vertices[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):  # bincount adds a column far faster than np.add.at
        for axis in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], faces[:, axis], len(vertices)).astype(np.float32)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
