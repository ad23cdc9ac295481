"""Pose densities: bounds, symmetry, shape; and the split of a turn into shoulders and neck."""

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation, geodesic_deg, mirror, rotation_to_euler
from training.data.synthetic.poses import (
    MAX_YAW_DEG,
    NECK_LIMITS_DEG,
    POSE_DENSITIES,
    draw_poses,
    split_turn,
    wide_euler,
)

COUNT = 40_000


@pytest.fixture(scope="module", params=POSE_DENSITIES)
def drawn(request):
    rotations = draw_poses(request.param, np.random.default_rng(3), COUNT)
    return request.param, rotations, wide_euler(rotations)


def test_every_draw_is_a_rotation(drawn):
    _, rotations, _ = drawn
    assert rotations.shape == (COUNT, 3, 3)
    assert np.abs(rotations @ rotations.transpose(0, 2, 1) - np.eye(3)).max() < 1e-12
    assert np.allclose(np.linalg.det(rotations), 1.0)


def test_yaw_fills_its_bounds_and_stays_inside(drawn):
    _, rotations, angles = drawn
    assert 97.0 < np.abs(angles[:, 1]).max() <= MAX_YAW_DEG + 1e-9
    assert np.abs(angles[:, [0, 2]]).max() <= 75.0 + 1e-9
    # independent of Euler angles: the face never points further away from the camera than 99°
    assert rotations[:, 2, 2].min() >= np.cos(np.radians(MAX_YAW_DEG)) - 1e-12


@pytest.mark.parametrize("name", POSE_DENSITIES)
@pytest.mark.parametrize("bound", [30.0, 60.0, 110.0])
def test_the_largest_yaw_is_the_callers(name, bound):
    yaw = wide_euler(draw_poses(name, np.random.default_rng(0), 4000, bound))[:, 1]
    assert 0.95 * bound < np.abs(yaw).max() <= bound + 1e-9


def test_a_pose_and_its_mirror_image_are_equally_likely(drawn):
    name, _, angles = drawn
    other = wide_euler(mirror(draw_poses(name, np.random.default_rng(11), COUNT)))
    for axis in range(3):
        ours, theirs = np.sort(angles[:, axis]), np.sort(other[:, axis])
        gap = np.abs(np.searchsorted(ours, ours) - np.searchsorted(theirs, ours)).max() / COUNT
        assert gap < 1.95 * np.sqrt(2 / COUNT)  # Kolmogorov–Smirnov at 0.1 %
    # a density of mirrored pairs has no correlation of pitch with the angles that change their sign
    assert abs(np.corrcoef(angles[:, 0], angles[:, 1])[0, 1]) < 0.02
    assert abs(np.corrcoef(angles[:, 0], angles[:, 2])[0, 1]) < 0.02


def test_the_shape_of_300w_lp():
    pitch, yaw, roll = wide_euler(draw_poses("300w-lp", np.random.default_rng(1), COUNT)).T
    counts, _ = np.histogram(np.abs(yaw), bins=[0, 15, 30, 45, 60, 75, 90])
    assert counts[0] == counts.max()  # a frontal peak
    assert counts[0] > 2 * counts[3]
    assert counts.min() > 0.08 * COUNT  # and still every yaw out to the profile
    assert 0.03 < np.mean(np.abs(yaw) > 90) < 0.09
    assert roll.std() < pitch.std() < yaw.std() / 2
    assert np.mean(np.abs(pitch) < 30) > 0.9


def test_uniform_is_flat_in_each_angle():
    pitch, yaw, roll = wide_euler(draw_poses("uniform", np.random.default_rng(1), COUNT)).T
    for values, bound in ((pitch, 60.0), (yaw, MAX_YAW_DEG), (roll, 60.0)):
        counts, _ = np.histogram(values, bins=10, range=(-bound, bound))
        assert counts.sum() == COUNT
        assert np.sum((counts - COUNT / 10) ** 2 / (COUNT / 10)) < 27.9  # χ², 9 degrees of freedom, 0.1 %


def test_the_same_seed_draws_the_same(drawn):
    name, rotations, _ = drawn
    assert np.array_equal(draw_poses(name, np.random.default_rng(3), COUNT), rotations)
    assert not np.array_equal(draw_poses(name, np.random.default_rng(4), COUNT), rotations)


@pytest.mark.parametrize("angles", [(10, 95, -5), (-40, -99, 30), (0, 120, 0), (20, 30, 40), (-70, 0, 75)])
def test_wide_angles_are_those_that_made_the_matrix(angles):
    assert np.allclose(wide_euler(euler_to_rotation(*angles)), angles)


def test_wide_angles_are_a_reading_of_the_same_matrix(drawn):
    _, rotations, angles = drawn
    assert np.allclose(euler_to_rotation(*angles.T), rotations)
    inside = np.abs(angles[:, 1]) < 90
    assert np.allclose(angles[inside], rotation_to_euler(rotations[inside]))


@pytest.mark.parametrize(
    ("name", "bound", "words"),
    [("300wlp", 99, "did you mean '300w-lp'"), ("uniform", 0, "0°"), ("uniform", 200, "200°")],
)
def test_what_cannot_be_drawn(name, bound, words):
    with pytest.raises(HeadPoseError, match=words):
        draw_poses(name, np.random.default_rng(0), 1, bound)


def test_neck_and_shoulders_make_the_turn(drawn):
    _, rotations, _ = drawn
    rng = np.random.default_rng(5)
    for rotation in rotations[:3000]:
        shoulders, neck = split_turn(rotation, rng)
        assert np.abs(neck @ shoulders - rotation).max() < 1e-12
        assert np.all(np.abs(rotation_to_euler(neck)) <= np.add(NECK_LIMITS_DEG, 1e-9))
        whole = geodesic_deg(rotation, np.eye(3))
        assert geodesic_deg(shoulders, np.eye(3)) < whole  # the body turns less than the head
        assert geodesic_deg(neck, np.eye(3)) <= whole + 1e-9


def test_a_head_far_round_takes_the_shoulders_with_it():
    shoulders, neck = split_turn(euler_to_rotation(0, 99, 0), np.random.default_rng(0))
    assert 29.0 - 1e-9 <= wide_euler(shoulders)[1] <= 65.0
    assert wide_euler(neck)[1] + wide_euler(shoulders)[1] == pytest.approx(99.0)


def test_the_split_varies_and_is_repeatable():
    rotation = euler_to_rotation(10, 60, 5)
    yaw = [wide_euler(split_turn(rotation, np.random.default_rng(seed))[1])[1] for seed in range(50)]
    assert min(yaw) < 30 < 50 < max(yaw)
    assert (
        split_turn(rotation, np.random.default_rng(7))[1].tobytes()
        == split_turn(rotation, np.random.default_rng(7))[1].tobytes()
    )
