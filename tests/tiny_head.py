"""A head model made by hand and worlds that render it: an ellipsoid with 68 landmarks, plain but with true labels."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.data.synthetic.head import FORMAT, JOINTS
from training.data.synthetic.labels import detector_box, face_landmarks, plan_camera, scene_record
from training.data.synthetic.landmarks import BASE_VERTICES
from training.data.synthetic.lighting import scaled_sh, sh_from_environment
from training.data.synthetic.parts import Part, Scene
from training.data.synthetic.shards import ShardRecord
from training.data.synthetic.world import World, plan_vertices

RADII = np.array([0.075, 0.11, 0.09], np.float32)
ROWS, COLUMNS = 16, 24
GAZE = [f"eyeLook{way}{side}" for way in ("In", "Out", "Up", "Down") for side in ("Left", "Right")]
EVEN = scaled_sh(sh_from_environment(np.ones((8, 16, 3))), 0.5)


def write_tiny_head(file: Path) -> Path:
    """The ellipsoid as `build_head_model` writes its file; who it is and what its face does changes little of it."""
    polar, around = np.linspace(0, np.pi, ROWS + 1), np.linspace(-np.pi, np.pi, COLUMNS + 1)
    t, p = (grid.ravel() for grid in np.meshgrid(polar, around, indexing="ij"))
    skin = np.stack([np.sin(t) * np.sin(p), np.cos(t), np.sin(t) * np.cos(p)], axis=1) * RADII
    first = np.arange(ROWS * (COLUMNS + 1)).reshape(ROWS, COLUMNS + 1)[:, :-1].ravel()
    below = first + COLUMNS + 1
    triangles = np.concatenate([np.stack([first, below, first + 1], 1), np.stack([first + 1, below, below + 1], 1)])
    face = np.flatnonzero((skin[:, 2] > 0.03) & (np.abs(skin[:, 1]) < 0.08))[: len(BASE_VERTICES)]
    names = np.arange(100_000, 100_000 + len(skin))
    names[face] = BASE_VERTICES
    template = np.concatenate([skin, [_joint(name) for name in JOINTS]]).astype(np.float32)
    weights = np.zeros((len(template), 5), np.float32)
    weights[:, 0] = 1.0
    arrays = {
        "format": np.int32(FORMAT),
        "template": template,
        "base_index": np.append(names, np.full(len(JOINTS), -1)).astype(np.int32),
        "triangles": triangles.astype(np.int32),
        "uv": np.stack([p / (2 * np.pi) + 0.5, 1 - t / np.pi], axis=1).astype(np.float32),
        "uv_triangles": triangles.astype(np.int32),
        "macro": (template * 0.1)[None].astype(np.float32),
        "macro_labels": np.array(["female"]),
        "local_labels": np.array([f"action:{name}" for name in ("jawOpen", *GAZE)]),
        "local_starts": np.array([0, *[1] * (len(GAZE) + 1)], np.int32),
        "local_rows": face[:1].astype(np.int32),
        "local_deltas": np.array([[0, -0.01, 0]], np.float32),
        "neck_weights": weights,
    }
    np.savez_compressed(file, **arrays)
    return file


def _joint(name: str) -> tuple[float, float, float]:
    side = {"L": 1, "R": -1}.get(name[-1], 0)
    return {"eye": (0.03 * side, 0.0, 0.08), "ear": (0.07 * side, 0.0, -0.08)}.get(name[:3], (0.0, -0.1, -0.02))


@dataclass(frozen=True)
class TinyWorld(World):
    """Draws the ellipsoid instead of a whole scene."""

    @contextmanager
    def open(self):
        from training.data.synthetic.renderer import Renderer

        with Renderer(self.size, shadow_size=0) as renderer:
            yield lambda index: self._paint(renderer, index)

    def _paint(self, renderer, index):
        plan = self.plan(index)
        vertices, (camera, place) = plan_vertices(self.model, plan), plan_camera(plan)
        background = np.full((self.size, self.size, 3), [index * 7 % 256, 90, 160], np.uint8)
        part = Part(vertices, self.model.topology, model=place)
        image = renderer.render(Scene((part,), camera, (), EVEN, background)).rgb
        points = face_landmarks(self.model, vertices, camera, place, self.size)
        record = scene_record(plan, camera, points, self.size)
        return image, ShardRecord(plan.rotation, detector_box(points), str(plan.identity), record)


def tiny_world(file: Path, **choices) -> TinyWorld:
    """A world of `size` 48 whose head model is written to `file`."""
    return replace(TinyWorld(write_tiny_head(file), size=48), **choices)
