"""The parts of a scene, each drawn from its own random numbers: who it is, face, occluders, camera, light, picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from training.data.synthetic.catalogue import Catalogue, SkinChoice
from training.data.synthetic.hair import HAIR_SHARES
from training.data.synthetic.head import HeadModel
from training.data.synthetic.identity import sample_actions
from training.data.synthetic.lighting import ENVIRONMENTS

OCCLUDERS = {"glasses": 0.22, "hat": 0.12, "mask": 0.06, "hand": 0.08, "patch": 0.1}
"""What may cover a part of the face, and how often."""

_PERSON = 7_351  # apart from all (seed, index, stream)
_SEED_END = 2**31
_SPREAD = 1_640_531_527  # odd, so that no two identities below 2³¹ have one seed
_HEAD_HEIGHT_M = 0.24
_GAZE_DEG, _MOST_GAZE_DEG = (5.0, 9.0), (15.0, 20.0)  # pitch and yaw
_AGE = {
    "young": (0.52, 0.74),
    "middleage": (0.74, 0.88),
    "old": (0.88, 1.0),
}  # of the head model: 1/3 child, 2/3 young, 1 old
_MOST_OFF_AXIS_DEG, _PHOTOGRAPH_DEG = 20.0, 70.0
_FILE_LIGHT_SHARE = 0.5
_BALD = {"male": 0.12, "female": 0.02}
_BROWN_SHARE = {"african": 0.97, "asian": 0.95, "caucasian": 0.4}
_HAIR_COLOURS = {
    "black": (28, 24, 24),
    "brown": (74, 50, 34),
    "light brown": (120, 86, 54),
    "blond": (190, 156, 104),
    "red": (142, 70, 36),
    "grey": (150, 148, 146),
    "white": (222, 220, 216),
}


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def draw_seed(rng: np.random.Generator) -> int:
    """A seed for what is made later, below 2³¹."""
    return int(rng.integers(_SEED_END))


def choose(rng: np.random.Generator, names: Sequence[str], none: float = 0.0) -> str:
    """One of the names; '' if there is none, and with the probability `none`."""
    number = int(rng.integers(max(len(names), 1)))
    return "" if rng.random() < none or not names else names[number]


def draw_person(identity: int, catalogue: Catalogue) -> dict[str, Any]:
    """What a person keeps from picture to picture; the phenotype follows the skin."""
    rng = np.random.default_rng([_PERSON, identity])
    groups = sorted({skin.group for skin in catalogue.skins})
    group = groups[int(rng.integers(len(groups)))]  # groups equally often, however many skins each has
    skins = [skin for skin in catalogue.skins if skin.group == group]
    skin = skins[int(rng.integers(len(skins)))]
    return {
        "identity": identity,
        "identity_seed": identity * _SPREAD % _SEED_END,
        "phenotypes": _phenotypes(rng, skin),
        "group": skin.group,
        "sex": skin.sex,
        "age": skin.age,
        "skin": skin.name,
        "hair_colour": _hair_colour(rng, skin),
        "brows": choose(rng, catalogue.brows),
        "lashes": choose(rng, catalogue.lashes),
        "eyes": choose(rng, _eye_names(rng, catalogue.eyes, skin.group)),
    }


def _phenotypes(rng: np.random.Generator, skin: SkinChoice) -> dict[str, float]:
    shares = rng.dirichlet([0.7, 0.7, 0.7]) * 0.3  # nobody is of one group alone, and the skin's prevails
    groups = dict(zip(("african", "asian", "caucasian"), shares.tolist()))
    groups[skin.group] += 0.7
    return {
        **groups,
        "gender": _between(rng, 0.0, 0.3) if skin.sex == "male" else _between(rng, 0.7, 1.0),
        "age": _between(rng, *_AGE[skin.age]),
        "muscle": _between(rng, 0.3, 0.7),
        "weight": _between(rng, 0.25, 0.8),
    }


def _hair_colour(rng: np.random.Generator, skin: SkinChoice) -> tuple[float, float, float]:
    greying = {"young": 0.0, "middleage": 0.25, "old": 0.85}[skin.age]
    fair = ["black", "brown", "brown", "light brown", "blond", "blond", "red"]
    names = (
        ["grey", "white"]
        if rng.random() < greying
        else fair
        if skin.group == "caucasian"
        else ["black"] * 3 + ["brown"]
    )
    base = np.array(_HAIR_COLOURS[choose(rng, names)]) * rng.uniform(0.75, 1.2)
    red, green, blue = np.clip(base, 0.0, 255.0).tolist()
    return red, green, blue


def _eye_names(rng: np.random.Generator, names: Sequence[str], group: str) -> Sequence[str]:
    brown = [name for name in names if "brown" in name]
    other = [name for name in names if name not in brown]
    return (brown if rng.random() < _BROWN_SHARE[group] else other) or names


def choose_hair(rng: np.random.Generator, catalogue: Catalogue, sex: str) -> str:
    """A hair style as often as `hair.HAIR_SHARES` says (unknown ones as the rarest there), or '' for a bald head."""
    bald, place = rng.random() < _BALD[sex], rng.random()
    if bald or not catalogue.hair:
        return ""
    rarest = min(shares[sex] for shares in HAIR_SHARES.values())
    often = np.array([HAIR_SHARES[name][sex] if name in HAIR_SHARES else rarest for name in catalogue.hair])
    number = int(np.searchsorted(np.cumsum(often / often.sum()), place))
    return catalogue.hair[min(number, len(catalogue.hair) - 1)]


def draw_face(rng: np.random.Generator, catalogue: Catalogue) -> dict[str, Any]:
    """Expression and gaze, the latter as far as the eyes of the head model turn."""
    named = cast(HeadModel, catalogue)  # only asked for the names of its actions
    drawn = sample_actions(named, rng) if catalogue.actions else {}
    gaze = np.clip(rng.normal(0.0, _GAZE_DEG), np.negative(_MOST_GAZE_DEG), _MOST_GAZE_DEG).tolist()
    return {
        "expression": {name: value for name, value in drawn.items() if name in catalogue.actions},
        "gaze": (gaze[0], gaze[1]),
    }


def draw_occluders(rng: np.random.Generator) -> dict[str, Any]:
    """Which occluders are there, each by itself with its frequency."""
    present = rng.random(len(OCCLUDERS)) < np.array(list(OCCLUDERS.values()))
    return {
        "occluders": tuple(name for name, here in zip(OCCLUDERS, present) if here),
        "occluder_seed": draw_seed(rng),
    }


def draw_camera(rng: np.random.Generator) -> dict[str, Any]:
    """A lens from tele to wide, the head filling 50–85 % of the picture's height, not quite in its middle.

    Every second picture is cut out of a photograph of up to 70°, up to 20° off its axis in width and height.
    """
    fov = math.exp(_between(rng, math.log(10.0), math.log(50.0)))
    share = _between(rng, 0.5, 0.85)
    half = math.tan(math.radians(fov) / 2.0)
    cut_out = rng.random() < 0.5
    reach = min(_MOST_OFF_AXIS_DEG, _PHOTOGRAPH_DEG / 2.0 - fov / 2.0)
    axis = (np.tan(np.radians(rng.uniform(-reach, reach, 2))) / half).tolist()
    return {
        "fov_deg": fov,
        "distance": _HEAD_HEIGHT_M / (share * 2.0 * half),
        "place": (_between(rng, -0.15, 0.15), _between(rng, -0.15, 0.15)),
        "axis": (axis[0], axis[1]) if cut_out else (0.0, 0.0),
    }


def draw_light(rng: np.random.Generator, catalogue: Catalogue) -> dict[str, Any]:
    """Environment and what is done to it; where there are environments of files, half of the scenes have one."""
    light = {
        "turn_deg": _between(rng, 0.0, 360.0),
        "level": math.exp(_between(rng, math.log(0.25), math.log(1.6))),
        "most": float(rng.integers(1, 4)),
        "exposure": float(np.clip(rng.normal(0.0, 0.5), -1.2, 1.2)),
        "warmth": float(np.clip(rng.normal(0.0, 0.4), -1.0, 1.0)),
    }
    return {
        "environment": _choose_environment(rng, catalogue.environments),
        "light_seed": draw_seed(rng),
        "light": light,
    }


def _choose_environment(rng: np.random.Generator, names: Sequence[str]) -> str:
    drawn = [name for name in names if name in ENVIRONMENTS]
    files = [name for name in names if name not in ENVIRONMENTS]
    return choose(rng, files if files and rng.random() < _FILE_LIGHT_SHARE else drawn or files)


def draw_post(rng: np.random.Generator) -> dict[str, float]:
    """What lens and sensor do to the picture; strong augmentation comes later, in training."""
    return {
        "blur": _between(rng, 0.0, 1.2) if rng.random() < 0.4 else 0.0,
        "noise": _between(rng, 0.0, 6.0),
        "saturation": _between(rng, 0.6, 1.25),
        "contrast": _between(rng, 0.8, 1.2),
        "seed": float(draw_seed(rng)),
    }
