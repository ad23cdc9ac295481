"""Smoothing on SO(3): against the paper's filter of a number, against scipy's slerp, and by properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation, geodesic_deg, mirror, rotate_in_plane
from runtime.smoothing import OneEuroFilter, SlerpFilter, quaternion_to_rotation, rotation_to_quaternion

FILTERS = [
    pytest.param(lambda: OneEuroFilter(0.8, 2.0, 1.3), id="one euro"),
    pytest.param(lambda: SlerpFilter(0.12), id="slerp"),
]


class PaperOneEuro:
    """Algorithm 1 of the paper, for a number; written down once more."""

    def __init__(self, min_cutoff: float, beta: float, d_cutoff: float) -> None:
        self.min_cutoff, self.beta, self.d_cutoff = min_cutoff, beta, d_cutoff
        self.x: float | None = None
        self.dx = 0.0

    @staticmethod
    def alpha(rate: float, cutoff: float) -> float:
        tau, te = 1.0 / (2 * math.pi * cutoff), 1.0 / rate
        return 1.0 / (1.0 + tau / te)

    def __call__(self, value: float, rate: float) -> float:
        if self.x is None:
            self.x = value
            return value
        a = self.alpha(rate, self.d_cutoff)
        self.dx = a * (value - self.x) * rate + (1 - a) * self.dx
        a = self.alpha(rate, self.min_cutoff + self.beta * abs(self.dx))
        self.x = a * value + (1 - a) * self.x
        return self.x


def noisy_poses(count: int = 40, seed: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    angles = np.stack([20 * np.sin(np.arange(count) / 7), 60 * np.sin(np.arange(count) / 11), np.arange(count) / 2.0])
    return [euler_to_rotation(*column) for column in (angles + rng.normal(0, 1.5, angles.shape)).T]


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_turns_about_one_axis_are_the_papers_filter_of_the_angle(axis):
    rng, rate = np.random.default_rng(1), 30.0
    radians = 0.6 * np.sin(np.arange(60) / 9) + rng.normal(0, 0.02, 60)
    ours, paper = OneEuroFilter(0.9, 2.5, 1.2), PaperOneEuro(0.9, 2.5, 1.2)
    for i, angle in enumerate(radians):
        found = Rotation.from_matrix(ours.update(Rotation.from_euler(axis, angle).as_matrix(), i / rate))
        np.testing.assert_allclose(found.as_rotvec()["xyz".index(axis)], paper(angle, rate), atol=1e-12)


def test_the_slerp_filter_goes_its_part_of_the_geodesic():
    a, b = noisy_poses(2)
    smooth = SlerpFilter(0.1)
    smooth.update(a, 5.0)
    found = smooth.update(b, 5.04)
    part = 1 - math.exp(-0.4)
    wanted = Slerp([0, 1], Rotation.from_matrix([a, b]))(part).as_matrix()
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_the_slerp_filter_does_not_depend_on_the_frame_rate():
    start, end, ends = euler_to_rotation(0, 0, 0), euler_to_rotation(20, 50, -10), []
    for steps in (1, 4, 12):
        smooth = SlerpFilter(0.15)
        smooth.update(start, 0.0)
        ends.append([smooth.update(end, 0.2 * (i + 1) / steps) for i in range(steps)][-1])
    np.testing.assert_allclose(ends[1:], [ends[0]] * 2, atol=1e-12)


@pytest.mark.parametrize("make", FILTERS)
def test_what_comes_out_is_a_rotation_and_a_still_head_stays(make):
    smooth = make()
    for i, pose in enumerate(noisy_poses()):
        out = smooth.update(pose, i / 30)
        np.testing.assert_allclose(out @ out.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(out) == pytest.approx(1)
    still = noisy_poses(1)[0]
    for i in range(300):
        out = smooth.update(still, 2 + i / 30)
    assert geodesic_deg(out, still) < 1e-3


@pytest.mark.parametrize("make", FILTERS)
@pytest.mark.parametrize("change", [mirror, lambda r: rotate_in_plane(r, 90)], ids=["mirror", "quarter turn"])
def test_smoothing_and_then_turning_the_picture_is_turning_and_then_smoothing(make, change):
    first, second = make(), make()
    for i, pose in enumerate(noisy_poses()):
        after = change(first.update(pose, i / 25))
        np.testing.assert_allclose(second.update(change(pose), i / 25), after, atol=1e-10)


@pytest.mark.parametrize("make", FILTERS)
def test_the_shorter_way_is_taken_across_180_degrees(make):
    smooth = make()
    smooth.update(euler_to_rotation(0, 0, 175), 0.0)
    between = smooth.update(euler_to_rotation(0, 0, -175), 0.03)
    assert geodesic_deg(between, euler_to_rotation(0, 0, 180)) < 5


@pytest.mark.parametrize("make", FILTERS)
def test_noise_shrinks(make):
    rng, smooth = np.random.default_rng(0), make()
    still = euler_to_rotation(5, 20, -3)
    noise = [Rotation.from_rotvec(rng.normal(0, 0.02, 3)).as_matrix() @ still for _ in range(200)]
    before = np.mean([geodesic_deg(r, still) for r in noise[50:]])
    after = np.mean([geodesic_deg(smooth.update(r, i / 30), still) for i, r in enumerate(noise)][50:])
    assert after < 0.7 * before


def test_beta_takes_away_lag():
    poses = [euler_to_rotation(0, min(3.0 * i, 60), 0) for i in range(30)]  # 90 degrees per second, then still
    ends = [[f.update(p, i / 30) for i, p in enumerate(poses)][18] for f in (OneEuroFilter(beta=0), OneEuroFilter())]
    slow, fast = (geodesic_deg(end, poses[18]) for end in ends)
    assert fast < 0.6 * slow


@pytest.mark.parametrize("make", FILTERS)
def test_gaps_start_anew_and_old_frames_change_nothing(make):
    smooth, (a, b, c) = make(), noisy_poses(3)
    smooth.update(a, 10.0)
    there = smooth.update(b, 10.03)
    np.testing.assert_array_equal(smooth.update(c, 10.03), there)
    np.testing.assert_array_equal(smooth.update(c, 9.0), there)
    np.testing.assert_allclose(smooth.update(c, 10.54), c, atol=1e-12)
    smooth.reset()
    np.testing.assert_allclose(smooth.update(a, 10.55), a, atol=1e-12)


@pytest.mark.parametrize("degrees", [0, 1e-7, 90, 179.9, 180])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, -2, 3)])
def test_quaternions_agree_with_scipy(degrees, axis):
    turn = Rotation.from_rotvec(np.radians(degrees) * np.array(axis) / np.linalg.norm(axis))
    found = rotation_to_quaternion(turn.as_matrix())
    wanted = turn.as_quat(scalar_first=True)
    assert min(np.abs(found - wanted).max(), np.abs(found + wanted).max()) < 1e-12
    np.testing.assert_allclose(quaternion_to_rotation(found), turn.as_matrix(), atol=1e-12)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: OneEuroFilter(0.0), "min_cutoff_hz"),
        (lambda: OneEuroFilter(beta=-1), "beta"),
        (lambda: OneEuroFilter(derivative_cutoff_hz=math.nan), "derivative_cutoff_hz"),
        (lambda: SlerpFilter(0.0), "time_constant_s"),
        (lambda: SlerpFilter(reset_after_s=math.inf), "reset_after_s"),
        (lambda: SlerpFilter().update(np.eye(2), 0.0), "shape"),
        (lambda: SlerpFilter().update(np.full((3, 3), np.nan), 0.0), "finite"),
        (lambda: SlerpFilter().update(np.eye(3), math.nan), "time"),
    ],
)
def test_what_cannot_be_smoothed_is_refused(make, named):
    with pytest.raises(HeadPoseError, match=named):
        make()
