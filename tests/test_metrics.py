"""Errors of rotations, their bootstrap intervals and the scores of a set, against hand-made cases and scipy."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
import scipy.stats
from scipy.spatial.transform import Rotation

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.bootstrap import Figure, figures, interval_facts, resample, weighted_mean, weighted_percentiles
from training.metrics import (
    YAW_EDGES_DEG,
    bins_of,
    face_sizes_px,
    image_errors,
    legacy_error_deg,
    rank_correlation,
    wrapped_error_deg,
)
from training.scores import Scores, score


@pytest.mark.parametrize(
    ("truth", "predicted", "honest", "legacy"),
    [
        pytest.param(10, 15, 5, 5, id="plain"),
        pytest.param(179, -179, 2, 2, id="over the seam"),
        pytest.param(-170, 175, 15, 15, id="over the seam, other way"),
        pytest.param(0, 100, 100, 80, id="legacy forgives above 90"),
        pytest.param(0, 170, 170, 10, id="legacy forgives looking backwards"),
        pytest.param(0, 180, 180, 0, id="legacy forgives everything at 180"),
        pytest.param(33, 33, 0, 0, id="right"),
    ],
)
def test_angles_wrap_at_360_only_and_the_legacy_error_at_180_too(truth, predicted, honest, legacy):
    assert wrapped_error_deg(truth, predicted) == pytest.approx(honest)
    assert legacy_error_deg(truth, predicted) == pytest.approx(legacy)


def random_pairs(count=200, seed=0):
    truth = Rotation.random(count, random_state=seed)
    guess = truth * Rotation.random(count, random_state=seed + 1)
    return truth.as_matrix(), guess.as_matrix()


def test_the_geodesic_error_is_scipys_angle():
    truth, guess = random_pairs()
    expected = np.degrees((Rotation.from_matrix(truth) * Rotation.from_matrix(guess).inv()).magnitude())
    np.testing.assert_allclose(image_errors(truth, guess).geodesic_deg, expected, atol=1e-6)


def test_euler_errors_are_those_of_scipys_angles():
    truth, guess = random_pairs(seed=4)
    # R = Rz(roll) Ry(yaw) Rx(pitch) is scipy's extrinsic 'xyz'
    true_deg, guess_deg = (Rotation.from_matrix(m).as_euler("xyz", degrees=True) for m in (truth, guess))
    turns = (true_deg - guess_deg + 180) % 360 - 180
    np.testing.assert_allclose(image_errors(truth, guess).euler_deg, np.abs(turns), atol=1e-6)


def test_maev_compares_the_rows():
    """A turn about the image's axis moves two of the head's three axes' coordinates: rows 0 and 1 of Rz(a)."""
    errors = image_errors(np.eye(3)[None], euler_to_rotation(0, 0, 12)[None])
    assert errors.maev_deg[0] == pytest.approx((12 + 12 + 0) / 3)
    truth = euler_to_rotation(30, 40, 50)[None]
    by_rows = image_errors(truth, truth @ euler_to_rotation(0, 0, 12)).maev_deg[0]
    by_columns = image_errors(truth.swapaxes(1, 2), (truth @ euler_to_rotation(0, 0, 12)).swapaxes(1, 2)).maev_deg[0]
    assert by_rows != pytest.approx(by_columns, abs=0.1)


def test_near_the_gimbal_euler_angles_lie_and_the_geodesic_does_not():
    truth = euler_to_rotation(0, 89.9, 0)[None]
    errors = image_errors(truth, truth @ euler_to_rotation(0, 0, 1))
    assert errors.geodesic_deg[0] == pytest.approx(1)
    assert errors.euler_deg.max() > 40


def test_published_angles_beyond_90_degrees_of_yaw_are_kept():
    """A perfect answer to yaw 95 decodes to yaw 85: the published protocol counts 10 degrees, and 180 twice."""
    truth = euler_to_rotation(5, 95, 3)[None]
    decoded, published = image_errors(truth, truth), image_errors(truth, truth, [[5, 95, 3]])
    np.testing.assert_allclose(decoded.euler_deg, 0, atol=1e-9)
    np.testing.assert_allclose(published.euler_deg, [[180, 10, 180]], atol=1e-9)
    np.testing.assert_allclose(published.legacy_deg, [[0, 10, 0]], atol=1e-9)


@pytest.mark.parametrize(
    ("truth", "guess", "angles", "words"),
    [
        pytest.param(np.zeros((2, 3, 3)), np.zeros((3, 3, 3)), None, "cannot be compared", id="lengths"),
        pytest.param(np.zeros((2, 9)), np.zeros((2, 9)), np.zeros((2, 3)), "cannot be compared", id="flat"),
        pytest.param(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)), np.zeros((1, 3)), "cannot be compared", id="angles"),
        pytest.param(np.eye(3)[None], np.full((1, 3, 3), np.nan), None, "NaN or infinity", id="nan"),
    ],
)
def test_what_is_no_pair_of_rotations_is_refused(truth, guess, angles, words):
    with pytest.raises(HeadPoseError, match=words):
        image_errors(truth, guess, angles)


def test_bins_of_yaw_hold_their_edges_as_published():
    parts = bins_of([0, 29.99, 30, 59.99, 60, 99, 99.01, 150], YAW_EDGES_DEG, closed=True)
    assert [part.name for part in parts] == ["0–30", "30–60", "60–99", "above 99"]
    assert [np.flatnonzero(part.members).tolist() for part in parts] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_open_bins_split_every_value_into_one_part():
    parts = bins_of([0, 31.9, 32, 500], (0, 32, 64))
    assert [part.name for part in parts] == ["0–32", "32–64", "64 and more"]
    assert np.sum([part.members for part in parts], axis=0).tolist() == [1, 1, 1, 1]


def test_the_size_of_a_face_is_the_side_of_a_square_of_its_area():
    assert face_sizes_px([[0, 0, 9, 4], [10, 10, 20, 20], [5, 5, 5, 9]]).tolist() == [6, 10, 0]


def test_rank_correlation_is_spearmans_also_with_ties():
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 6, 80), rng.normal(size=80).round(1)
    assert rank_correlation(x, y) == pytest.approx(scipy.stats.spearmanr(x, y).statistic)
    assert rank_correlation([1, 2, 3], [10, 20, 25]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [4, 4, 4]) is None
    assert rank_correlation([1], [2]) is None


@pytest.mark.parametrize("seed", range(4))
def test_weighted_percentiles_are_numpys_of_the_repeated_sample(seed):
    rng = np.random.default_rng(seed)
    values, weights = np.sort(rng.gamma(2, 3, 37)), rng.integers(0, 4, 37)
    expected = np.percentile(np.repeat(values, weights), [0, 12.5, 50, 95, 100])
    np.testing.assert_allclose(weighted_percentiles(values, weights, (0, 12.5, 50, 95, 100)), expected)


def test_weighted_means_leave_out_what_does_not_count():
    values = np.array([[1.0, np.nan], [3.0, 5.0], [100.0, np.nan]])
    assert weighted_mean(values, np.array([3, 1, 0])).tolist() == [1.5, 5]
    assert np.isnan(weighted_mean(values, np.array([1, 0, 1]))[1])


def mean_of(values):
    return lambda weights: weighted_mean(np.asarray(values)[:, None], weights)


def test_intervals_agree_with_scipys_bootstrap():
    values = np.random.default_rng(5).gamma(2, 2, 150)
    ours = figures(mean_of(values), [str(i) for i in range(150)], resamples=4000)[0]
    low, high = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(9)
    ).confidence_interval
    assert ours.value == pytest.approx(values.mean(), abs=1e-6)
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.1 * (high - low))


def test_copies_of_a_photograph_do_not_narrow_the_interval():
    values = np.random.default_rng(6).gamma(2, 2, 60)
    single = figures(mean_of(values), [str(i) for i in range(60)])[0]
    copied = [f"photo {i // 4}" for i in range(240)]
    assert figures(mean_of(np.repeat(values, 4)), copied)[0] == single
    believed = figures(mean_of(np.repeat(values, 4)), [str(i) for i in range(240)])[0]
    assert believed.high - believed.low < 0.65 * (single.high - single.low)


def test_whole_groups_are_drawn_and_the_seed_decides():
    groups = ["a", "b", "a", "c", "b"]
    drawn = list(resample(groups, 50))
    assert all(w[0] == w[2] and w[1] == w[4] and w[0] + w[1] + w[3] == 3 for w in drawn)
    assert {tuple(w) for w in drawn} != {tuple(w) for w in resample(groups, 50, seed=1)}
    assert all((w == again).all() for w, again in zip(drawn, resample(groups, 50)))


@pytest.mark.parametrize(
    ("groups", "resamples"), [pytest.param(["a"] * 5, 100, id="one group"), pytest.param(list("abcde"), 0, id="none")]
)
def test_where_nothing_can_be_drawn_there_is_no_interval(groups, resamples):
    assert figures(mean_of([1.0, 2, 3, 4, 5]), groups, resamples=resamples) == [Figure(3.0, None, None)]
    assert interval_facts(groups, resamples).resamples == 0


def test_the_record_says_whether_groups_were_drawn():
    assert "whole groups" in interval_facts(["a", "a", "b"], 10).method
    assert interval_facts(["a", "a", "b"], 10).clustered
    assert "group of its own" in interval_facts(["a", "b"], 10).method


@pytest.mark.parametrize("resamples", [pytest.param(-1, id="negative"), pytest.param(5, id="no image")])
def test_resampling_needs_images(resamples):
    with pytest.raises(HeadPoseError, match="cannot resample"):
        figures(mean_of([1.0]), ["a"] if resamples < 0 else [], resamples=resamples)


def four_images():
    """True yaw 0, 40, 70, 85; the estimate is turned by 2, 4, 6, 8 degrees about the image's axis: roll errs alone."""
    truth = euler_to_rotation([0, 0, 0, 0], [0, 40, 70, 85], [0, 0, 0, 0])
    guess = euler_to_rotation(0, 0, [2, 4, 6, 8]) @ truth
    return image_errors(truth, guess), np.array([0.0, 40, 70, 85]), np.array([300.0, 100, 60, 20])


def test_scores_of_four_images_by_hand():
    errors, yaw, size = four_images()
    s = score(errors, yaw, size, list("abcd"), resamples=50)
    assert (s.n, s.near_gimbal, s.size_rank_correlation) == (4, 1, -1)
    assert (s.geodesic_mean_deg.value, s.geodesic_median_deg.value) == pytest.approx((5, 5))
    assert s.geodesic_p95_deg.value == pytest.approx(7.7)  # 95 % of the way through 2, 4, 6, 8
    assert s.maev_deg.value == pytest.approx(5 * 2 / 3)
    euler = {name: figure.value for name, figure in s.euler_mae_deg.items()}
    assert euler == pytest.approx({"pitch": 0, "yaw": 0, "roll": 5, "mean": 5 / 3})
    assert [(b.name, b.n) for b in s.by_yaw] == [("0–30", 1), ("30–60", 1), ("60–99", 2), ("above 99", 0)]
    assert [b.geodesic_mean_deg and b.geodesic_mean_deg.value for b in s.by_yaw] == pytest.approx([2, 4, 7, None])
    assert s.by_yaw[2].euler_mae_deg.value == pytest.approx(7 / 3)
    assert [b.n for b in s.by_face_size] == [1, 1, 1, 0, 1]
    assert s.geodesic_mean_deg.low < 5 < s.geodesic_mean_deg.high
    assert Scores.from_json(json.loads(json.dumps(asdict(s)))) == s


def test_a_figure_reads_well():
    assert Figure(4.123, 3.9, 4.35).text() == "4.12 (3.90–4.35)"
    assert Figure(4.123, None, None).text(1) == "4.1"
