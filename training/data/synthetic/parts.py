"""What the renderer is asked to draw: parts, their material, the scene and the picture that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.synthetic.camera import Camera
from training.data.synthetic.lighting import Light
from training.data.synthetic.mesh import Floats, Topology, vertex_normals

AlphaMode = Literal["opaque", "cutout", "blend"]
ALPHA_MODES = ("opaque", "cutout", "blend")
MOST_LIGHTS = 3


@dataclass(frozen=True)
class Material:
    """How a surface answers to light. The defaults are skin."""

    specular: float = 1.0
    """Strength of the gloss; 1 is that of skin, water and glass (4 % at right angles)."""
    roughness: float = 0.5
    """0.05 (a wet eye) to 1 (cloth)."""
    subsurface: float = 1.0
    """How far light wraps around the surface, reddened as by skin; 0 for everything else."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Linear RGB by which the texture is multiplied."""
    alpha: AlphaMode = "opaque"
    """`cutout` cuts at half of the texture's alpha with smooth edges, for lashes and hair of sharp cards; `blend` draws
    what is soft from back to front, for brows and thin hair; `opaque` disregards alpha."""
    two_sided: bool = False
    """Whether the backs of triangles (corners clockwise) of an opaque part are drawn too; the others' always are."""
    detail: float = 0.0
    """Strength of the procedural bumps and mottling of the skin; 0.3 is quiet, 1 is weather-beaten.
    Opaque parts only."""
    detail_scale: float = 8.0
    """How often the detail's tile fits into the texture."""

    def __post_init__(self) -> None:
        if self.alpha not in ALPHA_MODES:
            raise HeadPoseError(f"a material of alpha '{self.alpha}' is unknown: choose {', '.join(ALPHA_MODES)}")


@dataclass(frozen=True, eq=False)
class Part:
    """One mesh with one texture."""

    vertices: Floats
    """(V, 3) in the frame that `model` carries to the camera's."""
    topology: Topology
    """Keep the object between scenes: what the graphics card holds of it is found again by its identity."""
    texture: str | None = None
    """Key given to `Renderer.add_texture`; None is white."""
    material: Material = field(default_factory=Material)
    model: npt.NDArray[np.float64] = field(default_factory=lambda: np.eye(4))
    """(4, 4) rigid, to the camera's frame, as of `camera.head_matrix`."""
    normals: Floats | None = None
    """(V, 3) unit; None computes them."""
    casts_shadow: bool = True
    """Whether the main light is held up by it."""

    def check(self) -> None:
        """Raise HeadPoseError unless the mesh can be drawn."""
        vertices = np.asarray(self.vertices)
        if vertices.ndim != 2 or vertices.shape[1] != 3 or not len(vertices) or not len(self.topology.triangles):
            raise HeadPoseError(f"a mesh of vertices {vertices.shape} has nothing to draw: give (V, 3) and triangles")
        if self.normals is not None and self.normals.shape != vertices.shape:
            raise HeadPoseError(
                f"{self.normals.shape} normals do not fit vertices {vertices.shape}: compute them again"
            )
        finite = np.isfinite(vertices).all() and np.isfinite(self.model).all()
        if not finite or (self.normals is not None and not np.isfinite(self.normals).all()):
            raise HeadPoseError("a mesh has a vertex, a normal or a place that is no number: check its deformation")

    def interleaved(self) -> Floats:
        """(V, 6) float32 position and normal."""
        vertices = np.asarray(self.vertices, dtype=np.float32)
        normals = vertex_normals(vertices, self.topology.triangles) if self.normals is None else self.normals
        return np.concatenate([vertices, np.asarray(normals, dtype=np.float32)], axis=1)

    def seen(self) -> npt.NDArray[np.float64]:
        """(V, 3) vertices in the camera's frame."""
        return np.asarray(self.vertices, dtype=np.float64) @ self.model[:3, :3].T + self.model[:3, 3]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that one picture shows."""

    parts: tuple[Part, ...]
    camera: Camera
    lights: tuple[Light, ...]
    """At most three; the first throws shadows."""
    sh: npt.NDArray[np.float64]
    """(9, 3) of `lighting.sh_from_environment`."""
    background: npt.NDArray[np.uint8]
    """(S, S, 3) sRGB, S the renderer's size."""

    def check(self, size: int) -> None:
        """Raise HeadPoseError unless a renderer of `size` can draw it."""
        if self.background.shape != (size, size, 3) or self.background.dtype != np.uint8:
            raise HeadPoseError(
                f"a background of shape {self.background.shape} and type {self.background.dtype} does not fit: "
                f"give ({size}, {size}, 3) uint8"
            )
        if len(self.lights) > MOST_LIGHTS:
            raise HeadPoseError(f"{len(self.lights)} lights are too many: give at most {MOST_LIGHTS}")
        if np.shape(self.sh) != (9, 3) or not np.isfinite(self.sh).all():
            raise HeadPoseError("the ambient light is no (9, 3) table of numbers: use lighting.sh_from_environment")
        for part in self.parts:
            part.check()


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture and how much of each pixel the parts cover."""

    rgb: npt.NDArray[np.uint8]
    """(S, S, 3) sRGB."""
    coverage: npt.NDArray[np.float32]
    """(S, S) 0 to 1."""
