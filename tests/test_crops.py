"""The framings against a second statement of 6DRepNet's crops, with Pillow and torchvision as that one uses them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from face_files import draw_head, project
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import ks_2samp
from torchvision import transforms
from torchvision.transforms import functional as tv

from runtime.errors import HeadPoseError
from runtime.preprocess import Box, crop_box
from training.data.crops import FRAMINGS
from training.data.resample import extract

PUBLISHED = ("6drepnet_train", "6drepnet_2022", "6drepnet_test", "whole")
MARGIN = 600  # black pixels around the picture, for rectangles that leave it
POSE = (10.0, 35.0, -12.0)
PICTURE = draw_head(POSE, 450, (230.0, 215.0))


class Dice:
    """A generator that gives what it is told, and notes what it was asked for."""

    def __init__(self, *values: float) -> None:
        self.values, self.asked = list(values), []

    def uniform(self, low: float, high: float) -> float:
        self.asked.append((low, high))
        return low + (high - low) * self.values.pop(0)

    def integers(self, stop: int) -> int:
        self.asked.append(stop)
        return int(self.values.pop(0) * stop)


def landmark_box(pose: tuple[float, float, float] = POSE) -> Box:
    points, _ = project(pose, (230.0, 215.0), 270)
    return Box(*points.min(axis=1), *points.max(axis=1))


def test_sample_box_is_that_of_a_face():
    box = landmark_box()
    assert 80 < box.width < 200
    assert 80 < box.height < 200


def published_crop(box: Box, k: float, sides: float) -> tuple[int, int, int, int]:
    """The cut of 6DRepNet's data sets in closed form: width grows by (1 + sides·k)², height by (1 + 2k)(1 + 0.6k)."""
    x, y = box.left - sides * k * box.width, box.top - 2 * k * box.height
    right = x + box.width * (1 + sides * k) ** 2
    bottom = y + box.height * (1 + 2 * k) * (1 + 0.6 * k)
    return math.trunc(x), math.trunc(y), math.trunc(right), math.trunc(bottom)


def resample(picture: np.ndarray, rect: Box) -> np.ndarray:
    """The rectangle at once, by Pillow, black outside the picture."""
    padded = Image.fromarray(np.pad(picture, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))))
    moved = tuple(v + MARGIN for v in rect)
    return np.asarray(padded.resize((224, 224), Image.Resampling.BILINEAR, box=moved))


def assert_same_pixels(found: np.ndarray, wanted: Image.Image) -> None:
    """Two resamplings against one: equal but for the outermost pixels and rounding."""
    delta = np.abs(found.astype(int) - np.asarray(wanted).astype(int))
    assert delta[2:-2, 2:-2].mean() < 1.0
    assert np.percentile(delta[2:-2, 2:-2], 99) < 20


def is_another_picture(rect: Box, wanted: Image.Image) -> bool:
    """Whether the comparison above would notice that the rectangle is off by two pixels of the picture."""
    moved = resample(PICTURE, Box(rect.left + 2, rect.top + 2, rect.right + 2, rect.bottom + 2))
    return bool(np.abs(moved.astype(int) - np.asarray(wanted).astype(int)).mean() > 1.0)


BOXES = [
    pytest.param(landmark_box(), id="rendered head"),
    pytest.param(Box(-1.0, 106.3, 339.7, 452.0), id="hidden landmarks reach the border"),
    pytest.param(Box(120.5, 60.2, 190.1, 300.9), id="tall"),
    pytest.param(Box(40.7, 200.2, 390.1, 290.9), id="wide"),
]


@pytest.mark.parametrize("box", BOXES)
def test_test_crop_is_that_of_pillow_and_torchvision(box):
    cut = Image.fromarray(PICTURE).crop(published_crop(box, 0.2, 2.0))
    wanted = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])(cut)
    rect = FRAMINGS["6drepnet_test"](box, None)
    assert_same_pixels(resample(PICTURE, rect), wanted)
    assert is_another_picture(rect, wanted)
    assert FRAMINGS["6drepnet_test"](box, np.random.default_rng(0)) == rect


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("name", ["6drepnet_train", "6drepnet_2022"])
def test_deterministic_training_crops_are_the_centre_at_k_03(name, box):
    cut = Image.fromarray(PICTURE).crop(published_crop(box, 0.3, 0.6))
    wanted = transforms.Compose([transforms.Resize(240), transforms.CenterCrop(224)])(cut)
    rect = FRAMINGS[name](box, None)
    assert_same_pixels(resample(PICTURE, rect), wanted)
    assert is_another_picture(rect, wanted)


@pytest.mark.parametrize("side", [64, 256, 300])
def test_whole_is_the_centre_of_a_ready_crop(side):
    ready = Image.fromarray(PICTURE).resize((side, side))
    wanted = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])(ready)
    rect = FRAMINGS["whole"](Box(0, 0, side, side), None)
    assert_same_pixels(resample(np.asarray(ready), rect), wanted)
    assert rect == pytest.approx((side / 16, side / 16, side * 15 / 16, side * 15 / 16))


@pytest.mark.parametrize("box", BOXES)
def test_first_training_crop_is_resize_240_and_a_cut(box):
    dice = Dice(0.7, 0.9, 0.2)  # k, left, top
    rect = FRAMINGS["6drepnet_2022"](box, dice)
    cut = Image.fromarray(PICTURE).crop(published_crop(box, 0.2 + 0.7 * 0.2, 0.6))
    resized = transforms.Resize(240)(cut)
    left, top = int(0.9 * (resized.width - 223)), int(0.2 * (resized.height - 223))
    assert_same_pixels(resample(PICTURE, rect), tv.crop(resized, top, left, 224, 224))
    assert dice.asked == [(0.2, 0.4), resized.width - 223, resized.height - 223]


def test_training_crop_is_one_rectangle_of_the_cut():
    dice = Dice(0.25, 0.2, 0.1, 0.5, 0.99)  # k, area, aspect, top, left
    rect = FRAMINGS["6drepnet_train"](landmark_box(), dice)
    left, top, right, bottom = published_crop(landmark_box(), 0.25, 0.6)
    cut = Image.fromarray(PICTURE).crop((left, top, right, bottom))
    area, aspect = 0.84 * cut.width * cut.height, (3 / 4) ** 0.9 * (4 / 3) ** 0.1
    width, height = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
    at = int(0.99 * (cut.width - width + 1)), int(0.5 * (cut.height - height + 1))
    assert rect == (left + at[0], top + at[1], left + at[0] + width, top + at[1] + height)
    assert_same_pixels(resample(PICTURE, rect), tv.resized_crop(cut, at[1], at[0], height, width, [224, 224]))


def test_training_crop_spreads_as_torchvisions_does():
    box, count = Box(100.0, 90.0, 231.0, 242.0), 3000
    rng, ours, theirs = np.random.default_rng(5), [], []
    torch.manual_seed(5)
    for _ in range(count):
        ours.append(FRAMINGS["6drepnet_train"](box, rng))
        left, top, right, bottom = published_crop(box, 0.2 + 0.2 * torch.rand(1).item(), 0.6)
        blank = torch.empty(3, bottom - top, right - left)
        i, j, height, width = transforms.RandomResizedCrop.get_params(blank, [0.8, 1.0], [3 / 4, 4 / 3])
        theirs.append((left + j, top + i, left + j + width, top + i + height))
    for a, b in zip(np.array(ours).T, np.array(theirs).T):
        assert ks_2samp(a, b).pvalue > 0.01


@pytest.mark.parametrize(
    "box", [pytest.param(Box(0.3, 50.4, 300.7, 100.2), id="wide"), pytest.param(Box(9.2, 5.1, 40.4, 400.9), id="tall")]
)
def test_long_boxes_fall_back_to_torchvisions_centre(box):
    k = Dice(0.5, *[0.5] * 30)
    left, top, right, bottom = published_crop(box, 0.3, 0.6)
    blank = torch.empty(3, bottom - top, right - left)
    i, j, height, width = transforms.RandomResizedCrop.get_params(blank, [0.8, 1.0], [3 / 4, 4 / 3])
    assert FRAMINGS["6drepnet_train"](box, k) == (left + j, top + i, left + j + width, top + i + height)


@pytest.mark.parametrize("name", PUBLISHED)
def test_own_resampling_gives_the_same_pixels_as_pillows(name):
    rect = FRAMINGS[name](landmark_box(), np.random.default_rng(1))
    assert_same_pixels(extract(PICTURE, rect, 224), Image.fromarray(resample(PICTURE, rect)))


def test_square_keeps_centre_and_area_of_the_training_crop():
    box = landmark_box()
    left, top, right, bottom = published_crop(box, 0.3, 0.6)
    rect = FRAMINGS["square"](box, None)
    assert rect.width == pytest.approx(rect.height)
    assert rect.width * rect.height == pytest.approx((right - left) * (bottom - top))
    center = (rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2
    assert center == pytest.approx(((left + right) / 2, (top + bottom) / 2))


def test_runtime_is_the_crop_rule_of_the_apps():
    box = Box(101.2, 80.9, 190.4, 205.0)
    assert FRAMINGS["runtime"](box, None) == crop_box(box)


@pytest.mark.parametrize(("name", "scale", "shift"), [("square", 1.15, 0.05), ("runtime", 1.25, 0.1)])
def test_jitter_fills_its_range_and_stays_in_it(name, scale, shift):
    box, rng = Box(1000.0, 1000.0, 1400.0, 1600.0), np.random.default_rng(2)
    still = FRAMINGS[name](box, None)
    moved = np.array([FRAMINGS[name](box, rng) for _ in range(2000)])
    sides = (moved[:, 2] - moved[:, 0]) / still.width
    assert sides.min() == pytest.approx(1 / scale, abs=0.01)
    assert sides.max() == pytest.approx(scale, abs=0.01)
    unit = (still.width, still.height) if name == "square" else (box.width, box.height)
    centers = (moved[:, :2] + moved[:, 2:]) / 2 - (np.array(still)[:2] + np.array(still)[2:]) / 2
    if name == "runtime":  # the rule's own shift of a tenth of the height scales with the box
        centers[:, 1] += 0.1 * box.height * (sides - 1)
    reached = np.abs(centers / unit).max(axis=0)
    np.testing.assert_allclose(reached, shift, atol=0.01)


SIDES = st.floats(20, 700)
ASPECTS = st.floats(0.6, 1.7)  # beyond, a random square of a published crop may miss the face
PLACES = st.floats(-300, 500)


@pytest.mark.parametrize("name", FRAMINGS)
@settings(deadline=None)
@given(left=PLACES, top=PLACES, width=SIDES, aspect=ASPECTS, seed=st.none() | st.integers(0, 9))
def test_every_framing_gives_a_rectangle_over_the_face(name, left, top, width, aspect, seed):
    box = Box(left, top, left + width, top + width / aspect)
    rect = FRAMINGS[name](box, None if seed is None else np.random.default_rng(seed))
    assert all(type(v) is float for v in rect)
    assert np.isfinite(rect).all()
    assert rect.width > 0
    assert rect.height > 0
    assert rect.left < box.right
    assert rect.right > box.left
    assert rect.top < box.bottom
    assert rect.bottom > box.top
    if seed is None or name in ("square", "runtime", "6drepnet_2022", "6drepnet_test", "whole"):
        # a part of the resized crop is square but for the rounding of the longer side to whole pixels
        assert rect.width == pytest.approx(rect.height, rel=0.005)


@pytest.mark.parametrize("name", FRAMINGS)
@pytest.mark.parametrize(
    "box",
    [
        pytest.param(Box(5, 5, 5, 90), id="no width"),
        pytest.param(Box(5, 90, 50, 90), id="no height"),
        pytest.param(Box(50, 5, 5, 90), id="turned round"),
        pytest.param(Box(5, float("nan"), 50, 90), id="NaN"),
        pytest.param(Box(5, 5, float("inf"), 90), id="infinite"),
    ],
)
@pytest.mark.parametrize("seed", [None, 0])
def test_a_box_without_area_is_an_error_that_names_the_framing(name, box, seed):
    with pytest.raises(HeadPoseError, match=f"framing {name}: the face box .* has no area"):
        FRAMINGS[name](box, None if seed is None else np.random.default_rng(seed))


@pytest.mark.parametrize("name", [n for n in FRAMINGS if n not in ("whole", "runtime")])
def test_landmarks_within_one_pixel_are_no_face(name):
    with pytest.raises(HeadPoseError, match=f"framing {name}.*no area"):
        FRAMINGS[name](Box(10.1, 10.1, 10.3, 10.3), None)
