"""Disturbances: each does what its name says, in the same way every time, and more at every level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from runtime.preprocess import Box
from training.data.drawn_faces import draw_face
from training.robustness import CONDITIONS, Variant, add_noise, blur, dim, occlude, shift, shrink, variants

FACE = draw_face(10, 30, -5, 112)
BOX = Box(10.0, 20.0, 110.0, 100.0)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("variant", variants(), ids=lambda v: v.name)
def test_a_disturbance_is_the_same_every_time_and_changes_nothing_but_a_copy(variant):
    before = FACE.copy()
    out = variant.disturb(FACE, "AFLW/image00002")
    np.testing.assert_array_equal(FACE, before)
    np.testing.assert_array_equal(out, variant.disturb(FACE, "AFLW/image00002"))
    assert (out.shape, out.dtype) == (FACE.shape, np.uint8)
    moved = variant.cut(BOX, "AFLW/image00002")
    assert moved == variant.cut(BOX, "AFLW/image00002")
    assert (out != FACE).any() != (moved != BOX)  # pixels or rectangle, never both, never neither


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_level_is_stronger_than_the_one_before(name):
    levels = [Variant(name, level) for level in CONDITIONS[name].levels]
    pixels = [np.abs(v.disturb(FACE, "k").astype(int) - FACE).mean() for v in levels]
    boxes = [np.abs(np.subtract(v.cut(BOX, "k"), BOX)).sum() for v in levels]
    strength = boxes if CONDITIONS[name].box else pixels
    assert len(levels) == 4
    assert strength == sorted(set(strength))
    assert strength[0] > 0


@pytest.mark.parametrize("name", ["occlusion", "noise", "crop shift"])
def test_other_images_are_disturbed_in_another_way(name):
    variant = Variant(name, CONDITIONS[name].levels[0])
    same_pixels = (variant.disturb(FACE, "a") == variant.disturb(FACE, "b")).all()
    assert not same_pixels or variant.cut(BOX, "a") != variant.cut(BOX, "b")


def test_names_are_told_apart():
    assert len({v.name for v in variants()}) == len(variants()) == 24


@pytest.mark.parametrize("percent", CONDITIONS["occlusion"].levels)
def test_an_occlusion_covers_its_share_of_the_crop(percent):
    white = np.full((200, 200, 3), 255, dtype=np.uint8)
    covered = (occlude(white, percent, np.random.default_rng(3)) != 255).all(axis=2)
    assert covered.mean() * 100 == pytest.approx(percent, rel=0.03)
    weakest = (occlude(white, 5, np.random.default_rng(3)) != 255).all(axis=2)
    assert covered[weakest].all()


@pytest.mark.parametrize("sigma", [2.0, 8.0])
def test_blur_is_a_gaussian_of_its_sigma_at_224_pixels(sigma):
    expected = gaussian_filter(FACE.astype(float), (sigma / 2, sigma / 2, 0), mode="nearest", truncate=5)
    assert np.abs(blur(FACE, sigma, RNG) - expected).max() < 2.5  # 112 pixels: half of it


def test_dimming_halves_the_light_per_stop():
    white = np.full((4, 4, 3), 255, dtype=np.uint8)
    assert dim(white, 1, RNG)[0, 0, 0] == 186  # 255 · 0.5^(1/2.2)
    assert dim(white, 2, RNG)[0, 0, 0] == 136
    assert len(np.unique(dim(np.arange(256, dtype=np.uint8), 6, RNG))) < 60  # shades are lost


@pytest.mark.parametrize("sigma", [5.0, 20.0])
def test_noise_has_its_standard_deviation_and_no_bias(sigma):
    gray = np.full((128, 128, 3), 128, dtype=np.uint8)
    noise = add_noise(gray, sigma, np.random.default_rng(0)).astype(float) - 128
    assert noise.std() == pytest.approx(sigma, rel=0.03)
    assert abs(noise.mean()) < 0.3


def test_low_resolution_removes_what_fits_between_its_pixels():
    stripes = np.zeros((128, 128, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    assert shrink(stripes, 32, RNG).std() < 1
    assert shrink(stripes, 32, RNG).mean() == pytest.approx(100, abs=1)
    np.testing.assert_array_equal(shrink(stripes, 128, RNG), stripes)


def test_a_shift_moves_the_rectangle_by_its_share_and_keeps_its_size():
    moved = shift(BOX, 20, np.random.default_rng(1))
    dx, dy = (moved.left - BOX.left) / BOX.width, (moved.top - BOX.top) / BOX.height
    assert np.hypot(dx, dy) == pytest.approx(0.2)
    assert (moved.width, moved.height) == pytest.approx((BOX.width, BOX.height))
