"""What is drawn: colours where the geometry says, nothing elsewhere, the input untouched."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from runtime import draw
from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation

BLACK = np.zeros((400, 400, 3), np.uint8)
COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
CENTER = np.array([200.0, 200.0])


def tip_of(image: np.ndarray, color: str) -> np.ndarray:
    """The pixel of a colour that is farthest from the centre, x and y."""
    y, x = np.nonzero((image == COLORS[color]).all(axis=-1))
    points = np.stack([x, y], axis=-1)
    return points[np.linalg.norm(points - CENTER, axis=-1).argmax()]


def end_points_6drepnet(pitch: float, yaw: float, roll: float) -> dict[str, tuple[float, float]]:
    """End points of unit axes as 6DRepNet's draw_axis computes them."""
    p, y, r = np.radians([pitch, -yaw, roll])
    return {
        "red": (np.cos(y) * np.cos(r), np.cos(p) * np.sin(r) + np.cos(r) * np.sin(p) * np.sin(y)),
        "green": (-np.cos(y) * np.sin(r), np.cos(p) * np.cos(r) - np.sin(p) * np.sin(y) * np.sin(r)),
        "blue": (np.sin(y), -np.cos(y) * np.sin(p)),
    }


@pytest.mark.parametrize(
    "pose", [(0, 40, 0), (30, -50, 10), (-31, 39, -10), (20, 20, 70)], ids=["left", "right up", "left down", "tilted"]
)
def test_axes_end_where_6drepnet_ends_them(pose):
    drawn = draw.draw_axes(BLACK, euler_to_rotation(*pose), CENTER, 150)
    for color, end in end_points_6drepnet(*pose).items():
        assert np.linalg.norm(tip_of(drawn, color) - (CENTER + 150 * np.array(end))) < 6, color


def test_axes_start_in_the_middle_by_default():
    drawn = draw.draw_axes(BLACK[:200, :300], np.eye(3), size=60)
    assert drawn[100, 200].tolist() == [255, 0, 0]
    assert drawn[150, 150].tolist() == [0, 255, 0]
    assert not drawn[:90].any()


def test_cube_of_a_frontal_head_is_a_square_with_the_front_on_top():
    drawn = draw.draw_cube(BLACK, np.eye(3), CENTER, 100)
    for x, y in ((150, 200), (250, 200), (200, 150), (200, 250)):
        assert drawn[y, x].tolist() == [0, 255, 0]
    assert not drawn[200, 200].any()
    assert not drawn[:140].any()


def test_front_of_the_cube_goes_where_the_nose_points():
    drawn = draw.draw_cube(BLACK, euler_to_rotation(0, 30, 0), CENTER, 100)
    _, x = np.nonzero((drawn == COLORS["green"]).all(axis=-1))
    assert x.mean() == pytest.approx(200 - 100 * np.sin(np.radians(30)), abs=4)
    _, x = np.nonzero((drawn == COLORS["red"]).all(axis=-1))
    assert x.mean() == pytest.approx(200, abs=6)
    assert (drawn == COLORS["blue"]).all(axis=-1).any()


@pytest.mark.parametrize("function", [draw.draw_axes, draw.draw_cube])
def test_lines_are_antialiased_and_grow_with_the_size(function):
    small, large = (function(BLACK, euler_to_rotation(10, 20, 5), CENTER, size) for size in (60, 180))
    assert ((small > 0) & (small < 255)).any()
    assert np.count_nonzero(large) > 3.5 * np.count_nonzero(small)  # three times as long, and thicker


DRAWINGS = {
    "axes": lambda image: draw.draw_axes(image, np.eye(3)),
    "cube": lambda image: draw.draw_cube(image, np.eye(3)),
    "label": lambda image: draw.draw_label(image, ["yaw +1.0°"], (3, 3)),
    "annotate": lambda image: draw.annotate(image, [pose(Box(10, 10, 60, 60))]),
}


def pose(box: Box) -> SimpleNamespace:
    return SimpleNamespace(box=box, rotation=np.eye(3), yaw_deg=1.0, pitch_deg=-2.0, roll_deg=3.0)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_input_is_not_changed(name):
    image = np.full((90, 120, 3), 77, np.uint8)
    image.setflags(write=False)
    drawn = DRAWINGS[name](image)
    assert drawn.shape == image.shape
    assert (drawn != image).any()
    assert (image == 77).all()


@pytest.mark.parametrize("name", DRAWINGS)
def test_one_pixel_is_enough(name):
    assert DRAWINGS[name](np.zeros((1, 1, 3), np.uint8)).shape == (1, 1, 3)


def test_far_outside_nothing_breaks():
    assert not draw.draw_axes(BLACK, np.eye(3), (1e9, -1e9), 100).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(4),), r"a rotation to draw has the shape \(3, 3\)"),
        ((np.full((3, 3), np.nan),), "finite numbers"),
        ((np.eye(3), (1.0,)), "centre of a drawing is a pair"),
        ((np.eye(3), (np.nan, 1.0)), "centre of a drawing is a pair"),
    ],
    ids=["shape", "nan", "one number", "nan centre"],
)
def test_bad_arguments(arguments, message):
    for function in (draw.draw_axes, draw.draw_cube):
        with pytest.raises(HeadPoseError, match=message):
            function(BLACK, *arguments)


def test_a_label_is_readable_and_stays_inside():
    image = np.full((120, 200, 3), 200, np.uint8)
    drawn = draw.draw_label(image, ["yaw +12.3°", "roll"], (190, 110), 16)
    changed = (drawn != image).any(axis=-1)
    y, x = np.nonzero(changed)
    plate = drawn[y.min() : y.max() + 1, x.min() : x.max() + 1]
    assert (plate.max(axis=-1) == 255).any()  # letters
    assert np.median(plate) < 90  # on a dark plate
    assert 30 < plate.shape[0] < 60
    assert plate.shape[1] < 110


def test_pose_lines():
    assert draw.pose_lines(12.34, -5.0, 0.04) == ["yaw +12.3°", "pitch -5.0°", "roll +0.0°"]


def test_annotate_draws_every_head():
    heads = [pose(Box(40, 40, 100, 100)), pose(Box(240, 200, 320, 280))]
    drawn = draw.annotate(BLACK, heads, "cube")
    for head in heads:
        center = (round((head.box.left + head.box.right) / 2), round((head.box.top + head.box.bottom) / 2))
        assert drawn[center[1], round(head.box.left)].tolist() == [0, 255, 0]
    np.testing.assert_array_equal(draw.annotate(BLACK, []), BLACK)
    with pytest.raises(HeadPoseError, match="unknown drawing style 'cubes': did you mean 'cube'"):
        draw.annotate(BLACK, heads, "cubes")


def test_side_by_side_places_every_picture_and_caption():
    colors = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    panels = [(np.full((60, 90, 3), c, np.uint8), f"panel {i}\nsecond line") for i, c in enumerate(colors)]
    sheet = draw.side_by_side(panels, height=120, columns=2, gap=10)
    assert sheet.shape[1] == 10 + 2 * (180 + 10)
    for color, (x, row) in zip(colors, ((10, 0), (200, 0), (10, 1)), strict=True):
        top = 10 + row * ((sheet.shape[0] - 10) // 2)
        assert (sheet[top : top + 120, x : x + 180] == color).all()
        caption = sheet[top + 120 : top + 120 + 25, x : x + 180]
        assert caption.min() < 80  # ink
        assert caption.max() == 255
    assert (sheet[:10] == 255).all()


def test_a_long_caption_is_made_to_fit():
    sheet = draw.side_by_side(
        [(np.zeros((50, 50, 3), np.uint8), "a very long caption that cannot fit" * 2)], height=200
    )
    under = sheet[16 + 200 : -16]
    assert under.min() < 200
    assert (under[:, :16] == 255).all()
    assert (under[:, -16:] == 255).all()


def test_side_by_side_of_nothing_is_told():
    with pytest.raises(HeadPoseError, match="no pictures to put side by side"):
        draw.side_by_side([])
