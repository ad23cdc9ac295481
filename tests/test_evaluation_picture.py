"""Pictures of evaluations: the worst faces in order, both poses, warnings in red, no window and no display."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pose_source import KnowingSession, NumberedHeads

from training.data.drawn_heads import DrawnHeads
from training.evaluate import evaluate
from training.evaluation_picture import (
    draw_faces,
    draw_pair,
    evaluation_picture,
    robustness_picture,
    title_of,
    warnings_of,
    worst,
)
from training.figures import new_figure, rendered, show_crop
from training.robustness import Variant

RED = (196, 40, 28)  # of warnings


def evaluation(count=8, errors=5.0, **options):
    source = NumberedHeads(count)
    tested = [Variant("blur", 2), Variant("crop shift", 5)]
    session = KnowingSession(source, errors, **options)
    return evaluate(session, source, framing="square", resamples=20, disturbances=tested)


def red_pixels(picture):
    return int((np.abs(picture.astype(int) - RED).max(axis=2) < 12).sum())


def test_the_worst_rows_come_first_and_ties_keep_their_order():
    result = evaluation(6, np.array([3.0, 9, 1, 30, 9, 2]))
    assert worst(result.per_image, 4)[0] == 3
    assert set(worst(result.per_image, 3)) == {3, 1, 4}
    assert len(worst(result.per_image)) == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"trained": False}, ("UNTRAINED",), id="untrained"),
        pytest.param({"training_data": "numbered heads"}, ("TRAINED ON THIS DATA SET",), id="seen"),
        pytest.param({"trained": False, "training_data": "numbered heads"}, ("UNTRAINED", "NO TEST"), id="both"),
    ],
)
def test_warnings_stand_in_red_above_the_charts(options, words):
    record = evaluation(**options).record
    assert all(word in warnings_of(record).upper() for word in words)
    assert bool(warnings_of(record)) == bool(words)
    result = evaluation(**options)
    headline = evaluation_picture(result.record, result.per_image, [])[:110]
    assert (red_pixels(headline) > 200) == bool(words)
    curves = robustness_picture([record])[:90]
    assert (red_pixels(curves) > 200) == bool(words)


def test_the_title_names_model_data_and_count():
    assert title_of(evaluation(8).record) == "sixdrepnet_fake_fp32 (fake) on numbered heads, n = 8"


@pytest.mark.parametrize(
    ("count", "errors"),
    [
        pytest.param(1, 4.0, id="one image"),
        pytest.param(5, 0.0, id="no error"),
        pytest.param(9, np.arange(9.0), id="two rows of faces"),
    ],
)
def test_pictures_of_odd_sets_are_made_and_hold_the_faces(count, errors):
    result = evaluation(count, errors)
    crops = [result.faces.crops(i)[0] for i in worst(result.per_image)]
    picture = evaluation_picture(result.record, result.per_image, crops)
    without = evaluation_picture(result.record, result.per_image, [])
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert picture.shape[0] > without.shape[0] + 200 * (1 + (count > 6))
    for crop in crops:  # every face is of one colour, and that colour is in the sheet
        color = crop[16, 16].astype(int)
        assert (np.abs(picture.astype(int) - color).max(axis=2) < 3).sum() > 2000


def test_estimate_and_label_are_drawn_where_draw_axes_has_them():
    figure = new_figure(3, 3)
    axes = figure.add_axes((0, 0, 1, 1))
    show_crop(axes, np.zeros((300, 300, 3), dtype=np.uint8), "")
    draw_pair(axes, 300, np.array([0.0, 0, 90]), np.zeros(3))
    picture = rendered(figure).astype(int)
    side = picture.shape[0]
    middle, arm = side // 2, round(0.3 * side)
    assert picture[middle, middle + arm].tolist() == [255, 45, 45]  # estimate: x to the right, thick
    assert picture[middle + arm, middle].tolist()[0] == 255  # label rolled by 90°: its x points down, pale red
    assert picture[middle + arm, middle].tolist()[1] > 100
    assert picture[middle, middle - arm].tolist()[1] > 200  # label's y points to the left, pale green


def test_curves_of_two_models_are_both_in_the_picture():
    one, two = evaluation(8, 3.0).record, evaluation(8, 12.0).record
    alone, both = robustness_picture([one]).astype(int), robustness_picture([one, two]).astype(int)
    orange = (217, 115, 13)
    found = [(np.abs(p - orange).max(axis=2) < 25).sum() for p in (alone, both)]
    assert found[0] == 0
    assert found[1] > 200


def test_every_face_is_drawn_into_a_folder_from_best_to_worst(tmp_path):
    from runtime.images import read_image

    source = DrawnHeads(4)

    class Turned:
        info = KnowingSession(NumberedHeads(1), size=64).info

        def run(self, images):
            return np.tile(np.eye(3), (len(images), 1, 1))

    result = evaluate(Turned(), source, framing="square", resamples=0)
    draw_faces(tmp_path / "faces", result)
    names = sorted(path.name for path in (tmp_path / "faces").iterdir())
    order = np.argsort(result.per_image.errors.geodesic_deg)
    assert names == [f"{place:05d}_{source.keys[row]}.jpg" for place, row in enumerate(order)]
    assert read_image(tmp_path / "faces" / names[0]).shape == (64, 128, 3)


def test_no_window_system_is_touched():
    code = (
        "import sys; from training.figures import new_figure, rendered; rendered(new_figure(1, 1)); "
        "assert 'matplotlib.pyplot' not in sys.modules and 'tkinter' not in sys.modules"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env={"PATH": ""}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
