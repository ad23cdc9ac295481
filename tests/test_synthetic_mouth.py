"""Teeth and tongue: there when the mouth is open, and moved by the jaw."""

import os
from pathlib import Path

import numpy as np
import pytest

ASSETS, HEAD = (Path(os.environ.get(name, "none")) for name in ("HEADPOSE_MAKEHUMAN", "HEADPOSE_HEAD_MODEL"))
pytestmark = pytest.mark.skipif(
    not (ASSETS.is_dir() and HEAD.is_file()), reason="HEADPOSE_MAKEHUMAN and HEADPOSE_HEAD_MODEL name no assets"
)


@pytest.fixture(scope="module")
def model():
    from training.data.synthetic.head import HeadModel

    return HeadModel.load(HEAD)


@pytest.fixture(scope="module")
def mouth(model):
    from training.data.synthetic.assets import AssetPack
    from training.data.synthetic.mouth import Mouth

    return Mouth(model, AssetPack.open(ASSETS))


def shape(model, **actions):
    from training.data.synthetic.head import Coefficients

    return model.shape(Coefficients(actions=actions))


@pytest.mark.parametrize(
    ("actions", "seen"),
    [
        ({}, False),
        ({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}, False),
        ({"mouthPressLeft": 1.0, "mouthPressRight": 1.0}, False),
        ({"jawOpen": 0.5}, True),
        ({"jawOpen": 0.15}, True),
        (
            {"mouthUpperUpLeft": 0.7, "mouthUpperUpRight": 0.7, "mouthLowerDownLeft": 0.7, "mouthLowerDownRight": 0.7},
            True,
        ),
    ],
    ids=["rest", "smile", "press", "open", "ajar", "teeth bared"],
)
def test_the_inside_is_drawn_while_the_mouth_is_open(model, mouth, actions, seen):
    parts = mouth.parts(shape(model, **actions), np.eye(4))
    assert len(parts) == (2 if seen else 0)
    for part in parts:
        assert part.texture in mouth.textures
        part.check()


def teeth(mouth, vertices):
    return next(part for part in mouth.parts(vertices, np.eye(4)) if part.texture == "mouth/teeth").vertices


@pytest.mark.parametrize("sideways", [0.0, 0.7], ids=["straight", "aside"])
def test_lower_teeth_follow_the_jaw_and_upper_ones_stay(model, mouth, sideways):
    """The jaw turns rigidly: lower front teeth keep their distances among each other."""
    ajar, wide = (shape(model, jawOpen=amount, jawLeft=sideways) for amount in (0.3, 0.9))
    before, after = teeth(mouth, ajar), teeth(mouth, wide)
    moved = np.linalg.norm(after - before, axis=1)
    still, low = moved < 1e-5, moved > 0.011
    assert still.sum() > 500
    assert low.sum() > 100
    from training.data.synthetic.landmarks import landmarks_68

    chin = landmarks_68(model, wide)[8] - landmarks_68(model, ajar)[8]
    front = low & (before[:, 2] > before[low, 2].max() - 0.01)
    assert (after - before)[front, 1].mean() == pytest.approx(chin[1], abs=0.006)
    assert before[still, 1].mean() > before[low, 1].mean()


def test_lower_front_teeth_keep_their_shape(model, mouth):
    ajar, wide = (shape(model, jawOpen=amount) for amount in (0.2, 0.8))
    before, after = teeth(mouth, ajar), teeth(mouth, wide)
    moved = np.linalg.norm(after - before, axis=1)
    low = moved > 0.8 * moved.max()
    first, second = before[low], after[low]
    turn, _, other = np.linalg.svd((first - first.mean(0)).T @ (second - second.mean(0)))
    fitted = (first - first.mean(0)) @ turn @ other + second.mean(0)
    assert np.linalg.norm(fitted - second, axis=1).max() < 0.002


def test_teeth_stay_behind_the_lips(model, mouth):
    from training.data.synthetic.landmarks import landmarks_68

    vertices = shape(model, jawOpen=0.4)
    assert teeth(mouth, vertices)[:, 2].max() < landmarks_68(model, vertices)[[51, 57], 2].max()


def test_the_throat_is_darker_than_the_front(mouth):
    for picture in mouth.textures.values():
        assert picture.shape == (256, 256, 3)
        assert picture.dtype == np.uint8
    tongue = mouth.textures["mouth/tongue"]
    assert np.percentile(tongue, 95) > 2.5 * np.percentile(tongue, 30)


def test_teeth_are_whiter_and_yellower_by_seed_only(model, mouth):
    vertices = shape(model, jawOpen=0.5)
    tints = [mouth.parts(vertices, np.eye(4), seed)[0].material.tint for seed in (1, 1, 2)]
    assert tints[0] == tints[1] != tints[2]
