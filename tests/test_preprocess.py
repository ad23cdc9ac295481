"""The crop rule: against a slow second implementation, by properties and by known pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import preprocess
from runtime.errors import HeadPoseError
from runtime.preprocess import Box, crop_box, crop_face, cut, resize_square

COORDINATE = st.floats(-500, 500)
BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), COORDINATE, COORDINATE, st.floats(0.5, 400), st.floats(0.5, 400)
)


def gradient(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x % 256, y % 256, (x + y) % 256], axis=-1).astype(np.uint8)


def test_crop_box_by_hand():
    # longer side 100 → side 150; the centre (50, 40) moves up by 0.1 · 80 = 8
    assert (preprocess.CROP_SCALE, preprocess.CROP_SHIFT_Y) == (1.5, -0.1)
    assert crop_box(Box(0, 0, 100, 80)) == Box(-25, -43, 125, 107)


def test_halves_are_rounded_up():
    assert crop_box(Box(0, 0, 10, 10)) == Box(-2, -3, 13, 12)  # left -2.5 → -2, top -3.5 → -3
    assert crop_box(Box(0, 0, 3, 3)).width == 5  # 4.5 → 5


@given(BOXES)
def test_crop_box_is_a_whole_pixel_square_around_the_shifted_centre(box):
    crop = crop_box(box)
    assert all(float(v).is_integer() for v in crop)
    assert crop.width == crop.height >= 1
    assert abs(crop.width - max(1.0, 1.5 * max(box.width, box.height))) <= 0.5 + 1e-9
    assert abs((crop.left + crop.right) / 2 - (box.left + box.right) / 2) <= 0.5 + 1e-9
    assert abs((crop.top + crop.bottom) / 2 - ((box.top + box.bottom) / 2 - 0.1 * box.height)) <= 0.5 + 1e-9


@given(BOXES, st.integers(-300, 300), st.integers(-300, 300))
def test_crop_box_moves_with_the_face_by_whole_pixels(box, dx, dy):
    on_grid = Box(*(math.floor(v * 8) / 8 for v in box))  # eighths: adding whole pixels is exact
    if on_grid.width <= 0 or on_grid.height <= 0:
        return
    moved = Box(on_grid.left + dx, on_grid.top + dy, on_grid.right + dx, on_grid.bottom + dy)
    a, b = crop_box(on_grid), crop_box(moved)
    assert b.width == a.width
    assert abs(b.left - a.left - dx) <= 1e-9
    assert abs(b.top - a.top - dy) <= 1  # 0.1 · height is not exact in binary: a tie may fall to either side


@pytest.mark.parametrize(
    "box",
    [Box(5, 0, 5, 9), Box(0, 9, 5, 2), Box(0, 0, math.nan, 3), Box(0, 0, math.inf, 3)],
    ids=["no width", "upside down", "nan", "inf"],
)
def test_empty_boxes_are_told(box):
    with pytest.raises(HeadPoseError, match=r"face box .* is empty: left < right and top < bottom"):
        crop_box(box)


def cut_pixel_by_pixel(image: np.ndarray, box: Box) -> np.ndarray:
    left, top, right, bottom = (int(v) for v in box)
    out = np.zeros((bottom - top, right - left, 3), np.uint8)
    for y in range(top, bottom):
        for x in range(left, right):
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                out[y - top, x - left] = image[y, x]
    return out


@settings(deadline=None)
@given(st.integers(-12, 25), st.integers(-12, 25), st.integers(1, 20), st.integers(1, 20))
def test_cut_is_black_outside(left, top, width, height):
    image, box = gradient(11, 13), Box(left, top, left + width, top + height)
    np.testing.assert_array_equal(cut(image, box), cut_pixel_by_pixel(image, box))


def test_shrinking_by_whole_factors_is_the_mean_of_blocks():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    blocks = image.reshape(16, 4, 16, 4, 3).astype(np.float64).mean(axis=(1, 3))
    assert np.abs(resize_square(image, 16) - blocks).max() <= 0.5 + 1e-6


def test_growing_is_bilinear_with_pixel_centres():
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, 1] = 200
    np.testing.assert_allclose(resize_square(image, 4)[0, :, 0], [0, 50, 150, 200], atol=1)


def test_same_size_is_untouched():
    image = gradient(32, 32)
    np.testing.assert_array_equal(resize_square(image, 32), image)


def test_crop_face_without_scaling_is_cut():
    image, box = gradient(300, 300), Box(100, 120, 200, 220)
    np.testing.assert_array_equal(crop_face(image, box, 150), cut_pixel_by_pixel(image, crop_box(box)))


def test_crop_rule_says_what_the_code_does():
    rule = preprocess.crop_rule()
    assert (rule["scale"], rule["shift_y"]) == (preprocess.CROP_SCALE, preprocess.CROP_SHIFT_Y)
    assert (rule["name"], rule["outside"], rule["rounding"]) == ("square", "black", "half_up")
