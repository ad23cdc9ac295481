"""Skins and eyes without files: tones in the right order, soft variation, parts of the eye where the mesh has them."""

import colorsys

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from training.data.synthetic.procedural_skin import EYES, MELANIN, procedural_eyes, procedural_skin, skin_tone

LUMA = np.array([0.299, 0.587, 0.114])


def test_more_melanin_is_darker_and_every_tone_is_skin_coloured():
    tones = np.array([skin_tone(melanin, 0.0) for melanin in np.linspace(0, 1, 21)])
    assert np.all(np.diff(tones @ LUMA) < 0)
    assert tones[0] @ LUMA > 200 > 60 > tones[-1] @ LUMA
    for red, green, blue in tones / 255.0:
        hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
        assert 10 <= hue * 360 <= 35
        assert 0.15 < saturation < 0.6


def test_redness_makes_red_of_the_same_skin():
    pale, flushed = skin_tone(0.2, -1.0), skin_tone(0.2, 1.0)
    assert flushed[0] > pale[0]
    assert flushed[1] < pale[1]
    assert np.abs(skin_tone(1.0, 1.0) - skin_tone(1.0, -1.0)).sum() < np.abs(flushed - pale).sum()


@pytest.mark.parametrize("group", MELANIN)
def test_a_group_has_its_range_of_tones(group):
    luma = [procedural_skin(np.random.default_rng(seed), 32, group=group).mean((0, 1)) @ LUMA for seed in range(40)]
    low, high = (skin_tone(melanin, 0.0) @ LUMA for melanin in reversed(MELANIN[group]))
    assert low - 6 < min(luma) < max(luma) < high + 6
    assert max(luma) - min(luma) > 0.6 * (high - low)


def test_a_skin_varies_softly_and_by_its_seed():
    skin = procedural_skin(np.random.default_rng(1), 256)
    assert skin.shape == (256, 256, 3)
    assert skin.dtype == np.uint8
    gray = skin @ LUMA
    assert 1.5 < gray.std() < 20
    assert np.abs(np.diff(gray, axis=1)).mean() < 4  # no speckle
    assert np.array_equal(procedural_skin(np.random.default_rng(1), 256), skin)
    assert not np.array_equal(procedural_skin(np.random.default_rng(2), 256), skin)


def test_a_given_melanin_changes_the_tone_and_not_the_pattern():
    light, dark = (procedural_skin(np.random.default_rng(4), 64, melanin=m).astype(float) for m in (0.1, 0.9))
    assert np.all(light @ LUMA > dark @ LUMA)
    assert np.corrcoef((light @ LUMA).ravel(), (dark @ LUMA).ravel())[0, 1] > 0.6


@pytest.mark.parametrize("colour", EYES)
def test_the_eyes_have_white_iris_and_pupil_where_the_mesh_looks_for_them(colour):
    eyes = procedural_eyes(np.random.default_rng(0), colour, 256).astype(float)
    for x, y in ((74, 182), (180, 76)):  # centres of the two eyeballs on 256 pixels
        assert eyes[y, x].max() < 20
        assert eyes[y, x + 45].min() > 150
        iris = eyes[y - 20 : y + 21, x - 20 : x + 21].max(axis=2)
        assert 30 < np.median(iris[np.hypot(*np.mgrid[-20:21, -20:21]) > 14]) < 230
    iris = eyes[182, 74 + 14 : 74 + 24].mean(axis=0)
    assert (iris[2] > iris[0]) == ("blue" in colour or colour == "grey")


def test_what_cannot_be_drawn():
    with pytest.raises(HeadPoseError, match="colour of the iris 'pink'"):
        procedural_eyes(np.random.default_rng(0), "pink")
    with pytest.raises(HeadPoseError, match="did you mean 'asian'"):
        procedural_skin(np.random.default_rng(0), group="asia")
    with pytest.raises(HeadPoseError, match="too small"):
        procedural_skin(np.random.default_rng(0), 4)
