"""What a set of rendered heads is made of, from a few paths and numbers: model, assets, backgrounds and scenes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from training.data.source import Progress, silent
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.dressing import plan_vertices
from training.data.synthetic.environments import Environments
from training.data.synthetic.generate import Painter
from training.data.synthetic.head import FORMAT, NEUTRAL_PITCH_DEG, HeadModel
from training.data.synthetic.head_model import build_head_model
from training.data.synthetic.labels import detector_box, face_landmarks, plan_camera
from training.data.synthetic.poses import MAX_YAW_DEG, draw_poses
from training.data.synthetic.scene_plan import PLAN_FORMAT, ScenePlan, plan_scene
from training.data.synthetic.shards import ShardRecord
from training.data.synthetic.studio import Studio

ASSETS_VARIABLE, CACHE_VARIABLE = "HEADPOSE_MAKEHUMAN", "HEADPOSE_CACHE"
_SIZES = (32, 1024)  # of a picture's side: below it is no face, above it no card's business


@dataclass(frozen=True)
class World:
    """Decides every picture of a set; pickles, and holds no OpenGL. `open_world` makes one from what a user gives."""

    head_model: Path
    """The file that `build_head_model` wrote."""
    assets: Path | None = None
    """The asset pack; None for drawn skins and heads without hair."""
    backgrounds: tuple[Path, ...] = ()
    """Folders of pictures besides the drawn ones."""
    environments: tuple[Path, ...] = ()
    """Folders of panoramas that light every second scene; without any all light is drawn."""
    held_out: bool = False
    """The part of the catalogue that is never trained on, instead of the other one."""
    seed: int = 0
    """Another seed gives other scenes."""
    density: str = "300w-lp"
    """Key of `poses.POSE_DENSITIES`."""
    max_yaw_deg: float = MAX_YAW_DEG
    """Bound of the yaw."""
    size: int = 224
    """Side of the pictures in pixels."""

    def __getstate__(self) -> dict[str, Any]:
        """Other processes read the files for themselves."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def model(self) -> HeadModel:
        """The head."""
        return HeadModel.load(self.head_model)

    @cached_property
    def pack(self) -> AssetPack | None:
        """The asset pack, if there is one."""
        return None if self.assets is None else AssetPack.open(self.assets)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What the scenes choose from: one of the two parts of everything."""
        return self.whole_catalogue(self.model.actions).split(self.held_out)

    def whole_catalogue(self, actions: tuple[str, ...] = ()) -> Catalogue:
        """Both parts; `actions` are those of the head model."""
        backgrounds, environments = Backgrounds(self.backgrounds).names, Environments(self.environments).names
        return Catalogue.of(self.pack, backgrounds, actions, environments)

    def plan(self, index: int) -> ScenePlan:
        """Scene `index`, 0 or more."""
        return plan_scene(self.seed, index, self.catalogue, self.density, max_yaw_deg=self.max_yaw_deg)

    def box(self, plan: ScenePlan) -> Box:
        """The face of a scene, as in the labels of its picture but without drawing it (4 ms)."""
        camera, place = plan_camera(plan)
        return detector_box(face_landmarks(self.model, plan_vertices(self.model, plan), camera, place, self.size))

    @contextmanager
    def open(self) -> Iterator[Painter]:
        """The renderer. Raises HeadPoseError without OpenGL."""
        backgrounds, environments = Backgrounds(self.backgrounds), Environments(self.environments)
        with Studio(self.model, self.pack, backgrounds, self.size, environments) as studio:

            def paint(index: int) -> Any:
                face = studio.labelled(self.plan(index))
                return face.rgb, ShardRecord(face.rotation, face.box, face.group, face.record)

            yield paint

    def parameters(self) -> dict[str, Any]:
        """Everything that the pictures follow from, as JSON types."""
        names = {name: value for name, value in asdict(self.catalogue).items() if name != "held_out"}
        return {
            "seed": self.seed,
            "density": self.density,
            "max_yaw_deg": self.max_yaw_deg,
            "size": self.size,
            "held_out": self.held_out,
            "neutral_pitch_deg": NEUTRAL_PITCH_DEG,
            "plan_format": PLAN_FORMAT,
            "head_model": hashlib.sha256(self.head_model.read_bytes()).hexdigest(),
            "assets": None if self.assets is None else _files_hash(self.assets),
            "catalogue": names | {"skins": [skin["name"] for skin in names["skins"]]},
        }


def _files_hash(folder: Path) -> str:
    """Of the names and sizes of all files: another edition of the pack is another pack."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    lines = [f"{file.relative_to(folder).as_posix()} {file.stat().st_size}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def chosen_world(*, assets: str | Path | None = None, head_model: str | Path | None = None, **choices: Any) -> World:
    """A world whose names and numbers are right and whose pack is whole; its head model may be yet to build.

    Args:
        assets: the asset pack; None takes the folder in HEADPOSE_MAKEHUMAN, and drawn skins if that is not set.
        head_model: its file; None takes `default_head_model()`.
        choices: the other fields of `World`.

    Raises:
        HeadPoseError: an unknown density, a number out of bounds, a pack or a folder of backgrounds that is not whole,
            a file of a folder of environments that is damaged or no panorama.
    """
    folder = assets or os.environ.get(ASSETS_VARIABLE) or None
    model = Path(head_model) if head_model else default_head_model()
    world = World(model, Path(folder) if folder else None, **choices)
    if not _SIZES[0] <= world.size <= _SIZES[1]:
        raise HeadPoseError(f"pictures of {world.size} pixels cannot be rendered: give {_SIZES[0]} to {_SIZES[1]}")
    if world.seed < 0:
        raise HeadPoseError(f"the seed of rendered heads is {world.seed}: give 0 or more")
    draw_poses(world.density, np.random.default_rng(0), 1, world.max_yaw_deg)
    world.whole_catalogue().split(world.held_out)
    Environments(world.environments).check()
    return world


def open_world(progress: Progress = silent, **choices: Any) -> World:
    """As `chosen_world`, and its head model is built if it is not there, which takes one to two minutes.

    Raises:
        HeadPoseError: what `chosen_world` refuses, a damaged head model.
        MissingDependencyError: the head model is to be built and anny is not installed.
    """
    world = chosen_world(**choices)
    build_head_model(world.head_model, progress)
    world.plan(0)
    return world


def default_head_model() -> Path:
    """Where the head model is kept: in HEADPOSE_CACHE, else in the user's cache folder."""
    return cache_folder() / f"head_model_{FORMAT}.npz"


def cache_folder() -> Path:
    """HEADPOSE_CACHE, or headpose in XDG_CACHE_HOME, or in the home folder's .cache."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headpose"
