"""What one rendered picture shows: everything that is needed to render it again, drawn from a seed and a number.

Scene `index` of a seed is the same whichever scenes are planned before it and however many: each part of it has a
stream of random numbers of its own, made from (seed, index, part). A person's looks depend on the identity alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from runtime.errors import HeadPoseError
from training.data.face_list import checked_rotation
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.poses import MAX_YAW_DEG, draw_poses, split_turn
from training.data.synthetic.scene_draws import (
    choose,
    choose_hair,
    draw_camera,
    draw_face,
    draw_light,
    draw_occluders,
    draw_person,
    draw_post,
    draw_seed,
)

Matrix = tuple[tuple[float, float, float], ...]

PLAN_FORMAT = 1

_STREAMS = ("identity", "hair", "face", "occluders", "pose", "camera", "light", "background", "post")


@dataclass(frozen=True)
class ScenePlan:
    """One scene; all angles in degrees, lengths in metres."""

    seed: int
    """Of the whole set."""
    index: int
    """Number of the scene in it."""
    identity: int
    """Who it is: the group that a split keeps together."""
    identity_seed: int
    """Makes the person's changes of shape and, where they are drawn, skin and eyes."""
    phenotypes: dict[str, float]
    """As in `head.Coefficients`."""
    group: str
    """Of the skin: african, asian or caucasian."""
    sex: str
    """female or male."""
    age: str
    """young, middleage or old."""
    skin: str
    """Name in the catalogue, as the following; '' for none."""
    hair: str
    """Hair style; '' for a bald head."""
    hair_colour: tuple[float, float, float]
    """sRGB 0–255 of hair and brows."""
    brows: str
    """Eyebrows."""
    lashes: str
    """Eyelashes."""
    eyes: str
    """Texture of the eyes."""
    expression: dict[str, float]
    """Facial action → 0 to 1."""
    gaze: tuple[float, float]
    """Pitch and yaw of the eyes against the head, with the signs of a head's."""
    occluders: tuple[str, ...]
    """Keys of `scene_draws.OCCLUDERS`."""
    occluder_seed: int
    """Makes their shapes and places."""
    rotation: Matrix
    """The label: the head's rotation relative to the ray from the eye to it (`camera.toward_ray`)."""
    shoulders: Matrix
    """The body's rotation, relative to the same ray."""
    neck: Matrix
    """The head's rotation against the body: neck · shoulders = rotation."""
    fov_deg: float
    """Angle of view across the picture."""
    distance: float
    """From the eye to the head's plane."""
    place: tuple[float, float]
    """Where the head is seen, right and up in half sides from the picture's middle."""
    axis: tuple[float, float]
    """`Camera.offset`: where the optical axis meets the picture; (0, 0) for a picture that is not cut out."""
    environment: str
    """What surrounds the head with light."""
    light_seed: int
    """Makes the environment, where it is drawn, and the lights."""
    light: dict[str, float]
    """turn_deg of the environment, level of its light, most lights (1 to 3), exposure in stops, warmth -1 to 1."""
    background: str
    """Name in the catalogue."""
    background_seed: int
    """Makes the piece of it."""
    post: dict[str, float]
    """blur (pixels of 224), noise (levels of 255), saturation, contrast and seed: how the camera draws the picture."""

    def to_json(self) -> dict[str, Any]:
        """A plain dict of JSON types."""
        return {"format": PLAN_FORMAT, **asdict(self)}

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> ScenePlan:
        """The plan of `to_json`'s dict, exactly.

        Raises HeadPoseError for another format, a field that is missing or unknown, or a matrix that is no rotation.
        """
        names = {field.name for field in fields(ScenePlan)}
        if record.get("format") != PLAN_FORMAT or set(record) - {"format"} != names:
            raise HeadPoseError(f"a scene is not in format {PLAN_FORMAT} of this version: render the set again")
        for name in ("rotation", "shoulders", "neck"):
            checked_rotation(record[name], f"the {name} of scene {record['index']}")
        return ScenePlan(**{name: _frozen(record[name]) for name in names})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value


def _matrix(values: np.ndarray) -> Matrix:
    return tuple((float(a), float(b), float(c)) for a, b, c in values)


def plan_scene(
    seed: int, index: int, catalogue: Catalogue, density: str = "300w-lp", *, max_yaw_deg: float = MAX_YAW_DEG
) -> ScenePlan:
    """Scene `index` of the set of `seed`.

    Args:
        seed: of the set, 0 or more.
        index: of the scene, 0 or more.
        catalogue: what there is to choose from, usually a part of a split.
        density: key of `poses.POSE_DENSITIES`.
        max_yaw_deg: bound of the yaw.

    Raises:
        HeadPoseError: a negative seed or index, an unknown density, a bound that `draw_poses` refuses.
    """
    if seed < 0 or index < 0:
        raise HeadPoseError(f"scene {index} of seed {seed} cannot be: both are whole numbers from 0 on")
    streams = {name: np.random.default_rng([seed, index, number]) for number, name in enumerate(_STREAMS)}
    person = draw_person(int(streams["identity"].integers(*catalogue.identities)), catalogue)
    rotation = draw_poses(density, streams["pose"], 1, max_yaw_deg)[0]
    shoulders, neck = split_turn(rotation, streams["pose"])
    return ScenePlan(
        seed=seed,
        index=index,
        **person,
        **draw_face(streams["face"], catalogue),
        hair=choose_hair(streams["hair"], catalogue, person["sex"]),
        **draw_occluders(streams["occluders"]),
        rotation=_matrix(rotation),
        shoulders=_matrix(shoulders),
        neck=_matrix(neck),
        **draw_camera(streams["camera"]),
        **draw_light(streams["light"], catalogue),
        background=choose(streams["background"], catalogue.backgrounds),
        background_seed=draw_seed(streams["background"]),
        post=draw_post(streams["post"]),
    )
