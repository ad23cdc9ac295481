"""The sheet of samples: every view is there, unchanged below its axes, and the axes are those of its label."""

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation, image_axes
from training.sample_sheet import sample_sheet

GRAY = np.full((100, 100, 3), 128, np.uint8)


def test_every_view_has_its_place_in_rows_of_the_asked_length():
    views = [(np.full((100, 100, 3), 20 * i, np.uint8), np.eye(3)) for i in range(5)]
    sheet = sample_sheet(views, columns=3, height=100)
    gap, cell = 5, (sheet.shape[1] - 4 * 5) // 3
    rows = (sheet.shape[0] - gap) // 2
    assert cell == 100
    for i in range(5):  # a corner of each, which no axis reaches
        assert (sheet[gap + (i // 3) * rows + 95, gap + (i % 3) * (cell + gap) + 5] == 20 * i).all()


@pytest.mark.parametrize("pose", [(0, 40, 0), (30, -50, 20), (-20, 10, -60)], ids=str)
def test_axes_are_those_of_the_label(pose):
    rotation = euler_to_rotation(*pose)
    before = GRAY.copy()
    sheet = sample_sheet([(GRAY, rotation)], columns=1, height=100)
    view = sheet[5:105, 5:105].astype(int)
    np.testing.assert_array_equal(GRAY, before)
    for channel, axis in enumerate(image_axes(rotation)):
        x, y = 50 + 0.3 * 100 * axis  # three quarters along
        others = np.delete(np.arange(3), channel)
        around = view[round(y) - 2 : round(y) + 2, round(x) - 2 : round(x) + 2]
        assert (around[..., channel] - around[..., others].max(axis=-1)).max() > 60


def test_views_of_different_sizes_share_a_sheet():
    sheet = sample_sheet([(GRAY, np.eye(3)), (np.zeros((50, 50, 3), np.uint8), np.eye(3))], columns=2, height=80)
    assert sheet.shape[1] == 2 * 80 + 3 * 4


@pytest.mark.parametrize(
    ("views", "columns", "words"),
    [([], 3, "at least one"), ([(GRAY, np.eye(3))], 0, "column"), ([(GRAY, np.eye(2))], 2, "rotation")],
    ids=["no view", "no column", "no rotation"],
)
def test_what_cannot_be_drawn_is_an_error(views, columns, words):
    with pytest.raises(HeadPoseError, match=words):
        sample_sheet(views, columns)
