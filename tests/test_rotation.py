"""Rotation maths against scipy, against 6DRepNet's published numbers and formulas, and by properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from runtime import rotation as rot

ANGLE = st.floats(-179.9, 179.9)
YAW = st.floats(-89.0, 89.0)
POSES = st.tuples(ANGLE, YAW, ANGLE)
SIXD = arrays(np.float64, 6, elements=st.floats(-10, 10))
TABLE = [
    pytest.param((0, 0, 0), id="frontal"),
    pytest.param((20, 0, 0), id="looks up"),
    pytest.param((0, 40, 0), id="image left"),
    pytest.param((0, 0, 30), id="tilted clockwise"),
    pytest.param((-31.3, 39.3, -9.5), id="all three"),
    pytest.param((170, -80, -100), id="beyond 90"),
]


def scipy_matrix(pitch: float, yaw: float, roll: float) -> np.ndarray:
    return Rotation.from_euler("ZYX", [roll, yaw, pitch], degrees=True).as_matrix()


def turn(axis: str, angle: float) -> np.ndarray:
    return Rotation.from_euler(axis, angle, degrees=True).as_matrix()


def well_posed(v: np.ndarray) -> bool:
    a, b = v[:3], v[3:]
    return np.linalg.norm(a) > 1e-2 and np.linalg.norm(np.cross(a, b)) > 1e-2 * np.linalg.norm(a)


@pytest.mark.parametrize("pose", TABLE)
def test_euler_to_rotation_is_scipys_intrinsic_zyx(pose):
    np.testing.assert_allclose(rot.euler_to_rotation(*pose), scipy_matrix(*pose), atol=1e-12)


@given(POSES)
def test_euler_to_rotation_agrees_with_scipy_everywhere(pose):
    np.testing.assert_allclose(rot.euler_to_rotation(*pose), scipy_matrix(*pose), atol=1e-12)


@given(POSES)
def test_euler_round_trip(pose):
    np.testing.assert_allclose(rot.rotation_to_euler(rot.euler_to_rotation(*pose)), pose, atol=1e-8)


@given(st.floats(-179.9, 179.9), st.floats(-179.9, 179.9), st.sampled_from([-90.0, 90.0]))
def test_gimbal_lock_puts_the_whole_turn_into_pitch(pitch, roll, yaw):
    matrix = rot.euler_to_rotation(pitch, yaw, roll)
    found = rot.rotation_to_euler(matrix)
    assert found[1] == pytest.approx(yaw, abs=1e-4)
    assert found[2] == 0.0
    np.testing.assert_allclose(rot.euler_to_rotation(*found), matrix, atol=1e-6)


def test_gimbal_branch_by_hand():
    # Ry(90) = [[0,0,1],[0,1,0],[-1,0,0]]; Rz(r)·Ry(90)·Rx(p) depends on p - r only
    np.testing.assert_allclose(rot.rotation_to_euler(scipy_matrix(50, 90, 20)), [30, 90, 0], atol=1e-6)
    np.testing.assert_allclose(rot.rotation_to_euler(scipy_matrix(50, -90, 20)), [70, -90, 0], atol=1e-6)


def test_euler_of_the_published_network_outputs():
    # thohemp/6DRepNet (464b2ba) on a fixed input with fixed weights: its rotation, and its own pitch, yaw, roll
    first = [[0.44431788, 0.8628187, -0.24109215], [-0.26576674, 0.38394845, 0.88428026]]
    first.append([0.8555406, -0.32882726, 0.39990368])
    second = [[0.44558161, 0.8616884, -0.24279682], [-0.27087432, 0.3882631, 0.88083994]]
    second.append([0.85327846, -0.3267187, 0.40641215])
    euler = [[-39.4293, -58.819504, -30.885561], [-38.79614, -58.570065, -31.295912]]
    np.testing.assert_allclose(rot.rotation_to_euler([first, second]), euler, atol=2e-5)


@given(SIXD.filter(well_posed))
def test_sixd_gives_the_textbook_gram_schmidt(v):
    a, b = v[:3], v[3:]
    first = a / np.linalg.norm(a)
    second = b - (first @ b) * first
    second /= np.linalg.norm(second)
    expected = np.stack([first, second, np.cross(first, second)], axis=1)
    np.testing.assert_allclose(rot.sixd_to_rotation(v), expected, atol=1e-9)


@given(SIXD.filter(well_posed), st.floats(1e-3, 1e3))
def test_sixd_is_a_rotation_and_ignores_scale(v, scale):
    matrix = rot.sixd_to_rotation(v)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    np.testing.assert_allclose(rot.sixd_to_rotation(v * scale), matrix, atol=1e-9)


@given(POSES)
def test_sixd_round_trip(pose):
    matrix = scipy_matrix(*pose)
    np.testing.assert_allclose(rot.sixd_to_rotation(rot.rotation_to_sixd(matrix)), matrix, atol=1e-12)


@pytest.mark.parametrize("v", [np.zeros(6), np.array([1.0, 2, 3, 2, 4, 6])], ids=["zero", "parallel"])
def test_degenerate_sixd_stays_finite(v):
    assert np.isfinite(rot.sixd_to_rotation(v)).all()


@given(POSES, POSES)
def test_geodesic_is_scipys_magnitude(p, q):
    a, b = scipy_matrix(*p), scipy_matrix(*q)
    expected = np.degrees(Rotation.from_matrix(a @ b.T).magnitude())
    assert rot.geodesic_deg(a, b) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-6, 1e-3, 1.0, 90.0, 179.0, 180 - 1e-6, 180.0])
@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_geodesic_keeps_its_digits(axis, angle):
    start = scipy_matrix(20, -50, 70)
    assert rot.geodesic_deg(start @ turn(axis, angle), start) == pytest.approx(angle, rel=1e-6, abs=1e-13)


@given(POSES)
def test_mirror_negates_yaw_and_roll(pose):
    pitch, yaw, roll = pose
    np.testing.assert_allclose(rot.mirror(scipy_matrix(*pose)), scipy_matrix(pitch, -yaw, -roll), atol=1e-12)


@given(POSES, ANGLE)
def test_in_plane_turn_is_rz_on_the_right(pose, angle):
    expected = scipy_matrix(*pose) @ turn("z", angle)
    np.testing.assert_allclose(rot.rotate_in_plane(scipy_matrix(*pose), angle), expected, atol=1e-12)


@pytest.mark.parametrize("angle", [25.0, 90.0, -140.0])
def test_in_plane_turn_turns_the_drawn_axes(angle):
    """Turning the picture clockwise (y down: x → x·cos − y·sin) turns what is drawn in it."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    pose = scipy_matrix(-10, 35, 12)
    drawn = rot.image_axes(pose) @ np.array([[c, -s], [s, c]]).T
    np.testing.assert_allclose(rot.image_axes(rot.rotate_in_plane(pose, angle)), drawn, atol=1e-12)


def test_in_plane_turn_of_a_turned_head_is_not_added_roll():
    pitch, yaw, roll = rot.rotation_to_euler(rot.rotate_in_plane(scipy_matrix(0, 60, 0), 30))
    assert abs(roll - 30) > 5
    assert abs(yaw - 60) > 5
    assert abs(pitch) > 5


@given(POSES)
def test_to_opencv_formula(pose):
    pitch, yaw, roll = pose
    expected = turn("x", -pitch) @ turn("y", yaw) @ turn("z", roll)
    np.testing.assert_allclose(rot.to_opencv(scipy_matrix(*pose)), expected, atol=1e-12)
    np.testing.assert_allclose(rot.from_opencv(expected), scipy_matrix(*pose), atol=1e-12)


@given(POSES)
def test_image_axes_are_6drepnets_draw_axis(pose):
    """The end points as 6DRepNet's drawing computes them, angle by angle, with y' = −yaw."""
    p, y, r = np.radians(pose) * [1, -1, 1]
    cos, sin = np.cos, np.sin
    expected = [
        [cos(y) * cos(r), cos(p) * sin(r) + cos(r) * sin(p) * sin(y)],
        [-cos(y) * sin(r), cos(p) * cos(r) - sin(p) * sin(y) * sin(r)],
        [sin(y), -cos(y) * sin(p)],
    ]
    np.testing.assert_allclose(rot.image_axes(scipy_matrix(*pose)), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("pose", "nose"),
    [((0, 40, 0), (-1, 0)), ((0, -40, 0), (1, 0)), ((30, 0, 0), (0, -1)), ((-30, 0, 0), (0, 1))],
    ids=["yaw > 0 image left", "yaw < 0 image right", "pitch > 0 up", "pitch < 0 down"],
)
def test_signs_in_the_picture(pose, nose):
    seen = rot.image_axes(rot.euler_to_rotation(*pose))[2]
    np.testing.assert_allclose(seen / np.linalg.norm(seen), nose, atol=1e-12)


def test_roll_tilts_clockwise_in_the_picture():
    right, down, _ = rot.image_axes(rot.euler_to_rotation(0, 0, 20))
    assert right[1] > 0  # the person's axis to the image's right sinks
    assert down[0] < 0


def test_maev_is_the_mean_angle_between_rows():
    a, b = scipy_matrix(0, 0, 0), turn("z", 30)  # two rows turn by 30 degrees, the third stays
    assert rot.mean_absolute_vector_error_deg(a, b) == pytest.approx(20.0)
    assert rot.mean_absolute_vector_error_deg(a, a) == pytest.approx(0.0, abs=1e-6)


def test_everything_is_batched():
    rng = np.random.default_rng(3)
    angles = rng.uniform(-80, 80, (2, 5, 3))
    stack = rot.euler_to_rotation(angles[..., 0], angles[..., 1], angles[..., 2])
    assert stack.shape == (2, 5, 3, 3)
    for name in ("rotation_to_euler", "mirror", "to_opencv", "image_axes", "rotation_to_sixd"):
        function = getattr(rot, name)
        np.testing.assert_allclose(function(stack)[1, 3], function(stack[1, 3]), atol=1e-12, err_msg=name)
    np.testing.assert_allclose(rot.geodesic_deg(stack, stack[:, :1])[1, 3], rot.geodesic_deg(stack[1, 3], stack[1, 0]))
