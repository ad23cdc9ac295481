"""Recipes: what they do, how often, how they are written down, and that the label follows through all of it."""

import json
import pickle
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image, ImageFilter

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation, geodesic_deg, image_axes, mirror
from training.data.augment import Flip, Move
from training.data.augment_photometric import PillowBlur
from training.data.augmentation import AUGMENTATIONS, Augmentation, Chance, make_view
from training.data.crops import FRAMINGS
from training.data.drawn_faces import draw_face
from training.data.resample import extract

RECT, POSE = Box(30.5, 20.25, 190.5, 180.25), euler_to_rotation(10, 35, -15)
NONE = AUGMENTATIONS["none"]


@lru_cache
def picture():
    """A drawn head with grain, read-only."""
    grain = np.random.default_rng(3).normal(0, 5, (220, 220, 3))
    pixels = (draw_face(10, 35, -15, 220) + grain).clip(0, 255).astype(np.uint8)
    pixels.flags.writeable = False
    return pixels


def spots(size, rotation, arm):
    """Four pictures (size, size, 3), each with one spot: the middle and the ends of the head's three axes."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    for tip in [np.zeros(2), *(arm * image_axes(rotation))]:
        x, y = size / 2 + tip
        light = 10 + 240 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 5.0**2))
        yield np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def place(image):
    light = image.mean(axis=2)
    weight = np.where(light > 120, light, 0.0)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()


def test_every_recipe_has_a_name_a_line_and_a_framing():
    assert list(AUGMENTATIONS) == ["none", "6drepnet", "paper", "strong", "rendered"]
    for name, recipe in AUGMENTATIONS.items():
        assert recipe.name == name
        assert 10 < len(recipe.text) < 110
        assert "\n" not in recipe.text
        assert recipe.framing in FRAMINGS


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_recipe_is_written_down_whole(name):
    described = json.loads(json.dumps(AUGMENTATIONS[name].describe()))
    recipe = AUGMENTATIONS[name]
    assert len(described) == len(recipe.on_picture) + len(recipe.on_square) + (recipe.move is not None)
    assert all({"stage", "step", "probability"} <= step.keys() for step in described)
    assert all(0 < step["probability"] <= 1 for step in described)


def test_the_record_shows_parameters():
    assert AUGMENTATIONS["6drepnet"].describe() == [
        {"stage": "picture", "step": "PillowBlur", "probability": 0.05},
        {"stage": "square", "step": "Flip", "probability": 0.5},
    ]
    strong = {step["step"]: step for step in AUGMENTATIONS["strong"].describe()}
    assert strong["Move"] == {
        "stage": "crop", "step": "Move", "probability": 0.5, "angle_deg": 30.0, "scale": 1.1, "shift": 0.03,
        "context": 1.4,
    }  # fmt: skip
    assert (strong["Jpeg"]["least"], strong["Jpeg"]["most"]) == (20, 95)
    assert (strong["Coarse"]["least"], strong["Coarse"]["most"]) == (32, 64)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_same_seed_same_view_also_after_the_way_into_a_worker(name):
    recipe, before = AUGMENTATIONS[name], picture().copy()
    for seed in range(8):
        image, label = make_view(before, RECT, POSE, 64, recipe, np.random.default_rng(seed))
        copy = pickle.loads(pickle.dumps(recipe))
        again, same = make_view(before, RECT, POSE, 64, copy, np.random.default_rng(seed))
        np.testing.assert_array_equal(image, again)
        np.testing.assert_array_equal(label, same)
        assert (image.shape, image.dtype) == ((64, 64, 3), np.uint8)
        assert image.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(before, picture())


def test_other_seeds_give_other_views():
    views = [make_view(picture(), RECT, POSE, 64, AUGMENTATIONS["strong"], np.random.default_rng(s)) for s in range(12)]
    assert len({image.tobytes() for image, _ in views}) == 12


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_without_random_numbers_nothing_is_changed(name):
    image, label = make_view(picture(), RECT, POSE, 96, AUGMENTATIONS[name], None)
    np.testing.assert_array_equal(image, extract(picture(), RECT, 96))
    np.testing.assert_array_equal(label, POSE)


def test_none_changes_nothing_with_random_numbers_either():
    image, label = make_view(picture(), RECT, POSE, 96, NONE, np.random.default_rng(0))
    np.testing.assert_array_equal(image, extract(picture(), RECT, 96))
    np.testing.assert_array_equal(label, POSE)


def test_6drepnet_mirrors_half_and_blurs_a_twentieth_before_the_resize():
    blurred = np.asarray(Image.fromarray(picture()).filter(ImageFilter.BLUR))
    sharp, soft = extract(picture(), RECT, 48), extract(blurred, RECT, 48)
    kinds = {
        ("sharp", "plain"): sharp, ("sharp", "mirrored"): sharp[:, ::-1],
        ("soft", "plain"): soft, ("soft", "mirrored"): soft[:, ::-1],
    }  # fmt: skip
    seen = []
    for seed in range(600):
        image, label = make_view(picture(), RECT, POSE, 48, AUGMENTATIONS["6drepnet"], np.random.default_rng(seed))
        kind = next(key for key, expected in kinds.items() if np.array_equal(image, expected))
        np.testing.assert_array_equal(label, mirror(POSE) if kind[1] == "mirrored" else POSE)
        seen.append(kind)
    assert np.mean([kind[1] == "mirrored" for kind in seen]) == pytest.approx(0.5, abs=0.06)
    assert np.mean([kind[0] == "soft" for kind in seen]) == pytest.approx(0.05, abs=0.025)


@pytest.mark.parametrize("seed", range(10))
def test_the_label_follows_the_pixels_through_a_whole_view(seed):
    recipe = Augmentation(
        "test", "", "square", move=(0.8, Move(30, 1.1, 0.05)), context=1.4, on_square=(Chance(0.5, Flip()),)
    )
    rect = Box(60, 60, 240, 240)
    results = [
        make_view(image, rect, POSE, 160, recipe, np.random.default_rng(seed)) for image in spots(300, POSE, 45.0)
    ]
    center, *tips = (place(image) for image, _ in results)
    label = results[0][1]
    mirrored = np.linalg.det(np.array(tips[:2]) - center) * np.linalg.det(image_axes(POSE)[:2]) < 0
    expected = image_axes(label) * ([[-1], [1], [1]] if mirrored else [[1], [1], [1]])
    arms = (np.array(tips) - center) / (45.0 * 160 / 180)
    factor = (arms * expected).sum() / (expected**2).sum()
    np.testing.assert_allclose(arms, factor * expected, atol=0.012)
    assert 1 / 1.11 < factor < 1.11


def test_strong_turns_labels_by_as_much_as_it_says():
    recipe = replace(AUGMENTATIONS["strong"], on_square=())
    turns = [
        float(geodesic_deg(make_view(picture(), RECT, POSE, 32, recipe, np.random.default_rng(s))[1], POSE))
        for s in range(200)
    ]
    assert 25 < max(turns) <= 30
    assert np.mean([turn > 0 for turn in turns]) == pytest.approx(0.5, abs=0.1)


def test_turned_corners_show_the_picture_and_not_black():
    white = np.full((400, 400, 3), 255, np.uint8)
    turn = AUGMENTATIONS["strong"].move[1]
    with_context = Augmentation("test", "", "square", move=(1.0, replace(turn, scale=1.0, shift=0.0)), context=1.4)
    without = replace(with_context, context=1.0)
    dark = {}
    for recipe in (with_context, without):
        views = [
            make_view(white, Box(110, 110, 290, 290), POSE, 90, recipe, np.random.default_rng(s)) for s in range(20)
        ]
        dark[recipe.context] = max((image < 255).any(axis=2).mean() for image, _ in views)
    assert dark[1.4] == 0
    assert dark[1.0] > 0.1


def test_the_middle_of_the_wide_crop_is_the_crop():
    still = Augmentation("test", "", "square", move=(1.0, Move()), context=1.4)
    image, label = make_view(picture(), RECT, POSE, 80, still, np.random.default_rng(0))
    np.testing.assert_allclose(image.astype(int), extract(picture(), RECT, 80).astype(int), atol=1)
    np.testing.assert_array_equal(label, POSE)


def test_a_recipe_runs_on_a_ready_square():
    recipe = AUGMENTATIONS["6drepnet"]
    square = np.ascontiguousarray(picture()[:96, :96])
    seen = {recipe(square, POSE, np.random.default_rng(seed))[0].tobytes() for seed in range(12)}
    assert {square.tobytes(), np.ascontiguousarray(square[:, ::-1]).tobytes()} <= seen
    image, label = AUGMENTATIONS["strong"](square, POSE, np.random.default_rng(1))
    assert image.shape == square.shape
    np.testing.assert_allclose(label @ label.T, np.eye(3), atol=1e-12)


def test_strong_leaves_some_views_sharp_and_most_faces_recognisable():
    reference = extract(picture(), RECT, 96).astype(float)
    recipe = replace(AUGMENTATIONS["strong"], move=None)
    distances = []
    for seed in range(150):
        image, label = make_view(picture(), RECT, POSE, 96, recipe, np.random.default_rng(seed))
        same = image if np.allclose(label, POSE) else image[:, ::-1]
        distances.append(np.corrcoef(same.mean(axis=2).ravel(), reference.mean(axis=2).ravel())[0, 1])
    assert np.median(distances) > 0.93  # the picture is still there
    assert np.mean(np.array(distances) > 0.6) > 0.97


def test_a_bad_rectangle_is_an_error():
    with pytest.raises(HeadPoseError, match="empty"):
        make_view(picture(), Box(5, 5, 5, 9), POSE, 32, AUGMENTATIONS["strong"], np.random.default_rng(0))


def test_a_chance_names_its_step():
    assert Chance(0.25, PillowBlur()).describe() == {"step": "PillowBlur", "probability": 0.25}
