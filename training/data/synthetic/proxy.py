"""Parts of a head that follow its surface: eyes, brows, lashes, hair, teeth, tongue; read from MakeHuman's JSON form.

The geometry is three.js's JSON model format 3 (faces as a flat list, each behind a word of bits that says what
follows). The binding is MakeHuman's .mhclo: each vertex hangs on three vertices of the base mesh with three weights and
an offset in decimetres.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runtime.errors import HeadPoseError
from training.data.synthetic.mesh import Floats, Indices, Topology

METRES = 0.1
"""The scale of the offsets for base vertices in metres: MakeHuman counts in decimetres."""

_QUAD, _MATERIAL, _FACE_UV, _CORNER_UV, _FACE_NORMAL, _CORNER_NORMALS, _FACE_COLOR, _CORNER_COLORS = (
    1 << bit for bit in range(8)
)


@dataclass(frozen=True, eq=False)
class Proxy:
    """One part, bound to the vertices of the base mesh."""

    name: str
    """Name of its folder, such as short01."""
    kind: str
    """Name of the folder above, such as hair."""
    references: Indices
    """(n, 3) vertices of the base mesh, counted as MakeHuman does."""
    weights: Floats
    """(n, 3) how much of each."""
    offsets: Floats
    """(n, 3) what is added, decimetres."""
    topology: Topology
    """The part's own triangles and texture coordinates."""
    textures: tuple[Path, ...]
    """The RGBA pictures to choose from, sorted by name; the alpha cuts the shape out."""

    def fit(self, base_vertices: Floats, scale: float | Floats = METRES) -> Floats:
        """Where the part's vertices are on this head.

        Args:
            base_vertices: (V, 3) vertices of the base mesh, in any frame that is only scaled and moved against
                MakeHuman's (x to the picture's right of a frontal head, y up, z out of the face).
            scale: units of `base_vertices` in a decimetre, one or three along the axes.

        Returns:
            (n, 3) float32.

        Raises:
            HeadPoseError: the part hangs on vertices that `base_vertices` does not have.
        """
        if self.references.size and self.references.max() >= len(base_vertices):
            raise HeadPoseError(
                f"{self.kind} {self.name} hangs on vertex {self.references.max()} of a base mesh that has "
                f"{len(base_vertices)}: pass the vertices as MakeHuman counts them"
            )
        hung = np.einsum("nk,nkd->nd", self.weights, base_vertices[self.references])
        return np.asarray(hung + self.offsets * np.asarray(scale, np.float32), np.float32)


def read_proxy(path: Path, textures: tuple[Path, ...]) -> Proxy:
    """Read `<kind>/<name>/<name>.json`.

    Raises:
        HeadPoseError: no such file, damaged JSON, a missing or misshaped table, corners out of range.
    """
    document = _document(path)
    try:
        references = np.asarray(document["ref_vIdxs"], np.int32)
        weights = np.asarray(document["weights"], np.float32)
        offsets = np.asarray(document["offsets"], np.float32)
        topology = _topology(document)
    except KeyError as error:
        raise HeadPoseError(f"{path} has no {error}: copy the asset again") from error
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise HeadPoseError(f"{path} is damaged ({error}): copy the asset again") from error
    if not references.shape == weights.shape == offsets.shape or references.ndim != 2 or references.shape[1] != 3:
        raise HeadPoseError(
            f"{path} binds by tables of shapes {references.shape}, {weights.shape} and {offsets.shape}, not three of "
            "(n, 3): copy the asset again"
        )
    if references.size and references.min() < 0:
        raise HeadPoseError(f"{path} hangs on a vertex below 0: copy the asset again")
    try:
        topology.check(len(references))
    except HeadPoseError as error:
        raise HeadPoseError(f"{path} is damaged ({error}): copy the asset again") from error
    return Proxy(path.stem, path.parent.parent.name, references, weights, offsets, topology, textures)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HeadPoseError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:  # json.JSONDecodeError and UnicodeDecodeError
        raise HeadPoseError(f"{path} is damaged or no JSON ({error}): copy the asset again") from error
    if not isinstance(document, dict):
        raise HeadPoseError(f"{path} is no three.js model: copy the asset again")
    return document


def _topology(document: dict[str, Any]) -> Topology:
    layers = [layer for layer in document["uvs"] if layer]
    if not layers:
        raise ValueError("no texture coordinates")
    triangles, uv_triangles = unpack_faces(document["faces"], len(layers))
    uv = np.asarray(layers[0], np.float32).reshape(-1, 2)
    return Topology(triangles, uv, uv_triangles)


def unpack_faces(words: list[int], uv_layers: int) -> tuple[Indices, Indices]:
    """Three.js's flat list of faces → ((T, 3) corners, (T, 3) corners of the first layer of texture coordinates).

    A face is a word of bits, its 3 or 4 corners, then for each set bit its indices in this order: material, texture
    coordinates of the face and of its corners (per layer), normals of the face and of its corners, colours of the face
    and of its corners. Quads become two triangles.

    Raises:
        ValueError: a face without texture coordinates, or a list that ends within a face.
    """
    triangles: list[list[int]] = []
    uv_triangles: list[list[int]] = []
    at = 0
    while at < len(words):
        bits = words[at]
        if not bits & _CORNER_UV:
            raise ValueError("a face without texture coordinates")
        corners = 4 if bits & _QUAD else 3
        uv_at = at + 1 + corners + bool(bits & _MATERIAL) + uv_layers * bool(bits & _FACE_UV)
        end = uv_at + uv_layers * corners + bool(bits & _FACE_NORMAL) + corners * bool(bits & _CORNER_NORMALS)
        end += bool(bits & _FACE_COLOR) + corners * bool(bits & _CORNER_COLORS)
        if end > len(words):
            raise ValueError("the list of faces ends within a face")
        for place, into in ((at + 1, triangles), (uv_at, uv_triangles)):
            into += [[words[place], words[place + k], words[place + k + 1]] for k in range(1, corners - 1)]
        at = end
    shape = (-1, 3)
    return np.asarray(triangles, np.int32).reshape(shape), np.asarray(uv_triangles, np.int32).reshape(shape)
