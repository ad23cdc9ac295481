"""Resampling against Pillow, against ramps whose result is known, and against points whose place is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from training.data.drawn_faces import draw_face
from training.data.resample import extract

PAD = 300


def pillow_extract(picture, rect, size):
    """Pillow's antialiased bilinear filter on the picture laid on black."""
    padded = np.pad(picture, ((PAD, PAD), (PAD, PAD), (0, 0)))
    box = tuple(value + PAD for value in rect)
    return np.asarray(Image.fromarray(padded).resize((size, size), Image.Resampling.BILINEAR, box=box))


def photograph_like(height=230, width=260):
    """A drawn head with some grain, so that every frequency is in it."""
    grain = np.random.default_rng(0).normal(0, 6, (height, width, 3))
    face = np.asarray(Image.fromarray(draw_face(10, 20, -5, 260))).astype(float)[:height, :width]
    return (face + grain).clip(0, 255).astype(np.uint8)


RECTS = {
    "whole pixels, shrinks by 1.4": (Box(20, 10, 209, 199), 135),
    "between pixels, shrinks by 1.4": (Box(20.3, 10.6, 209.3, 199.6), 135),
    "hardly shrinks": (Box(30, 20, 130.1, 120.1), 100),
    "copies": (Box(30, 20, 130, 120), 100),
    "grows": (Box(60, 50, 110, 100), 96),
    "grows between pixels": (Box(60.4, 50.7, 91.2, 81.5), 112),
    "shrinks by 2": (Box(10, 20, 210, 220), 100),
    "shrinks by 2.3 between pixels": (Box(5.5, 5.25, 212.5, 212.25), 90),
    "shrinks by 5": (Box(20, 15, 220, 215), 40),
    "wide": (Box(10, 40, 250, 160), 90),
    "high, grows across": (Box(100, 3, 170, 227), 112),
    "leaves the picture": (Box(-60, -80, 200, 180), 112),
    "leaves it on the other side": (Box(100.5, 90.5, 330.5, 320.5), 112),
}


@pytest.mark.parametrize(("rect", "size"), RECTS.values(), ids=RECTS)
def test_pixels_are_nearly_those_of_pillow(rect, size):
    picture = photograph_like()
    ours, theirs = (f(picture, rect, size).astype(float) for f in (extract, pillow_extract))
    assert ours.shape == (size, size, 3)
    assert np.abs(ours - theirs).mean() < 1.5
    # half a pixel of the result away from it would be three times as far and more
    moved = np.abs(np.roll(theirs, 1, axis=1) - theirs)[:, 1:-1].mean()
    assert np.abs(ours - theirs)[:, 1:-1].mean() < max(0.35 * moved, 0.6)


@given(
    left=st.floats(12, 24),
    top=st.floats(12, 24),
    width=st.floats(20, 90),
    height=st.floats(20, 90),
    size=st.integers(9, 160),
)
def test_a_ramp_tells_the_place_of_every_sample(left, top, width, height, size):
    x, y = np.meshgrid(np.arange(127), np.arange(127))
    ramp = np.stack([2 * x, 2 * y, 255 - 2 * x], axis=-1).astype(np.uint8)  # the pixel n has its centre at n + 0.5
    out = extract(ramp, Box(left, top, left + width, top + height), size).astype(float)
    at = np.arange(size) + 0.5
    across, down = 2 * (left + at * width / size - 0.5), 2 * (top + at * height / size - 0.5)
    np.testing.assert_allclose(out[:, :, 0], np.tile(across, (size, 1)), atol=1.51)  # three steps, each rounded
    np.testing.assert_allclose(out[:, :, 1].T, np.tile(down, (size, 1)), atol=1.51)
    both_ways = (out[:, :, 0] + 255 - out[:, :, 2]) / 2  # halves are rounded up in one and down in the other
    assert abs((both_ways - across).mean()) < 0.7


@pytest.mark.parametrize("scale", [0.4, 0.9, 1.0, 1.01, 1.3, 2.0, 2.7, 4.0])
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5])
def test_a_spot_keeps_its_place(scale, phase):
    x, y = np.meshgrid(np.arange(300) + 0.5, np.arange(300) + 0.5)
    cx, cy, radius = 151.3, 140.8, 9.0
    spot = 250 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2))
    picture = np.repeat(spot.round().astype(np.uint8)[..., None], 3, axis=2)
    size = round(160 / scale)
    rect = Box(70 + phase, 65 - phase, 70 + phase + size * scale, 65 - phase + size * scale)
    out = extract(picture, rect, size)[..., 0].astype(float)
    rows, columns = np.mgrid[:size, :size] + 0.5
    found_x, found_y = (np.sum(out * grid) / out.sum() for grid in (columns, rows))
    assert found_x == pytest.approx((cx - rect.left) / scale, abs=0.06 / scale + 0.02)
    assert found_y == pytest.approx((cy - rect.top) / scale, abs=0.06 / scale + 0.02)


def test_fine_detail_is_averaged_and_makes_no_pattern():
    checkers = np.indices((240, 240)).sum(axis=0) % 2 * 255
    picture = np.repeat(checkers.astype(np.uint8)[..., None], 3, axis=2)
    for rect, size in [(Box(20, 20, 216, 216), 98), (Box(20, 20, 220, 220), 61), (Box(9.5, 9.5, 219.5, 219.5), 45)]:
        out = extract(picture, rect, size)
        assert np.abs(out.astype(float) - 127.5).max() < 12


def test_outside_is_black_and_inside_is_the_picture():
    white = np.full((50, 60, 3), 255, np.uint8)
    out = extract(white, Box(-30, -10, 30, 50), 60)
    assert (out[:9] == 0).all()
    assert (out[:, :29] == 0).all()
    assert (out[11:, 31:] == 255).all()
    assert not extract(white, Box(100, 100, 150, 160), 20).any()
    assert not extract(white, Box(-3e5, 10, -3e5 + 40, 50), 20).any()


def test_a_rectangle_at_the_border_of_a_filled_picture_is_not_darkened():
    white = np.full((100, 100, 3), 255, np.uint8)
    out = extract(white, Box(0, 0, 100, 100), 80)
    assert (out[1:-1, 1:-1] == 255).all()


@pytest.mark.parametrize(
    ("rect", "size"), [(Box(2, 3, 22, 23), 20), (Box(2.5, 3, 32, 33), 20)], ids=["copies", "samples"]
)
def test_the_picture_is_neither_changed_nor_shared(rect, size):
    picture = photograph_like()
    before = picture.copy()
    out = extract(picture, rect, size)
    out[:] = 7
    np.testing.assert_array_equal(picture, before)
    assert out.flags["C_CONTIGUOUS"]


def test_a_picture_that_may_not_be_written_or_is_a_view_is_read():
    picture = photograph_like()
    view = picture[::-1, :, ::-1]
    view.flags.writeable = False
    rect = Box(20.5, 10, 120.5, 110)
    np.testing.assert_array_equal(extract(view, rect, 60), extract(np.ascontiguousarray(view), rect, 60))


@pytest.mark.parametrize(
    ("rect", "size", "words"),
    [
        (Box(5, 5, 5, 20), 32, "empty"),
        (Box(5, 25, 15, 20), 32, "empty"),
        (Box(float("nan"), 5, 15, 20), 32, "empty"),
        (Box(5, 5, float("inf"), 20), 32, "empty"),
        (Box(0, 0, 1e5, 1e5), 32, "larger than any picture"),
        (Box(1e9, 0, 1e9 + 30, 30), 32, "larger than any picture"),
        (Box(5, 5, 15, 20), 0, "size of 1 or more"),
    ],
)
def test_bad_rectangles_are_named(rect, size, words):
    with pytest.raises(HeadPoseError, match=words):
        extract(np.zeros((40, 40, 3), np.uint8), rect, size)
