"""The camera of rendered heads against OpenCV's, its clip matrix, and the label of heads off the axis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation, geodesic_deg, image_axes, rotation_to_euler, to_opencv
from training.data.synthetic.camera import Camera, from_ray, head_matrix, ray_turn, toward_ray

CAMERAS = {
    "portrait": Camera(20, 1.0),
    "wide": Camera(60, 0.4),
    "cut out": Camera(25, 0.9, (0.7, -1.9)),
}
angle = st.floats(-80, 80)
across = st.floats(-1.5, 1.5)


def points_before(camera, seed=0):
    return np.random.default_rng(seed).uniform(-0.15, 0.15, (40, 3)) + camera.place(0.2, -0.3)


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_projects_as_opencv_does(camera):
    import cv2

    rotation, position = euler_to_rotation(20, -35, 15), camera.place(-0.4, 0.3)
    head = np.random.default_rng(1).uniform(-0.1, 0.1, (30, 3))
    ours = camera.project(head @ rotation + position, 224)  # v as a row: Rᵀ v = v R
    turn, _ = cv2.Rodrigues(to_opencv(rotation))
    flip = np.array([1.0, -1.0, -1.0])
    theirs, _ = cv2.projectPoints(head * flip, turn, position * flip, camera.intrinsics(224), None)
    np.testing.assert_allclose(ours - 0.5, theirs[:, 0], atol=1e-9)  # OpenCV counts from the first pixel's middle


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_the_clip_matrix_draws_where_project_says(camera):
    points = points_before(camera)
    clip = np.c_[points, np.ones(len(points))] @ camera.projection().T
    unit = clip[:, :3] / clip[:, 3:]
    np.testing.assert_allclose((1 + unit[:, :2] * [1, -1]) * 112, camera.project(points, 224), atol=1e-9)
    nearer_first = np.argsort(-points[:, 2])
    assert (np.diff(unit[nearer_first, 2]) > 0).all()
    assert (np.abs(unit[:, 2]) < 1).all()


def test_the_picture_has_its_corner_left_above_and_spans_the_angle():
    camera = Camera(90, 2.0)
    corners = camera.project([[0, 0, -2], [-2, 2, -2], [2, -2, -2]], 100)
    np.testing.assert_allclose(corners, [[50, 50], [0, 0], [100, 100]], atol=1e-9)
    assert np.isnan(camera.project([[0, 0, 1.0]], 100)).all()


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_place_is_seen_where_it_was_asked(camera):
    np.testing.assert_allclose(camera.project([camera.place(0.5, -0.25)], 200), [[150, 125]], atol=1e-9)


@given(angle, angle, angle)
def test_a_head_far_away_shows_the_axes_that_the_convention_draws(pitch, yaw, roll):
    rotation = euler_to_rotation(pitch, yaw, roll)
    camera = Camera(1.0, 25.0)
    ends = np.array([[0, 0, 0], [1, 0, 0], [0, -1, 0], [0, 0, 1.0]]) * 0.01  # X right, Y down, Z out of the face
    matrix = head_matrix(rotation, camera.place())
    seen = camera.project(ends @ matrix[:3, :3].T + matrix[:3, 3], 100)
    drawn = (seen[1:] - seen[0]) / (50 / (camera.half_width * 25.0) * 0.01)
    np.testing.assert_allclose(drawn, image_axes(rotation), atol=2e-3)


@given(angle, angle, angle, across, across)
def test_the_label_is_what_a_camera_turned_to_the_head_sees(pitch, yaw, roll, x, y):
    label, camera = euler_to_rotation(pitch, yaw, roll), Camera(50, 0.8)
    position = camera.place(x, y)
    rotation = from_ray(label, position)
    head = np.random.default_rng(2).uniform(-0.1, 0.1, (20, 3))
    off_axis = head @ rotation + position
    turned = off_axis @ ray_turn(position)  # the world as seen after the camera was turned by Q about its eye
    on_axis = head @ label + [0, 0, -np.linalg.norm(position)]
    np.testing.assert_allclose(turned, on_axis, atol=1e-12)
    assert geodesic_deg(toward_ray(rotation, position), label) < 1e-9


@given(across, across)
def test_the_turn_to_the_ray_is_a_rotation_without_roll(x, y):
    position = Camera(70, 0.5).place(x, y)
    turn = ray_turn(position)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    np.testing.assert_allclose(turn @ [0, 0, 1], -position / np.linalg.norm(position), atol=1e-12)
    axis_z = turn[1, 0] - turn[0, 1]
    assert axis_z == pytest.approx(0, abs=1e-12)


def test_the_label_on_the_axis_is_the_rotation_itself():
    rotation = euler_to_rotation(10, 20, 30)
    assert (toward_ray(rotation, [0, 0, -1.0]) == rotation).all()


@pytest.mark.parametrize(
    ("position", "which", "sign"),
    [((0.3, 0, -1.0), 1, 1), ((-0.3, 0, -1.0), 1, -1), ((0, 0.3, -1.0), 0, 1), ((0, -0.3, -1.0), 0, -1)],
    ids=["right", "left", "above", "below"],
)
def test_a_head_that_looks_along_the_axis_looks_past_the_eye(position, which, sign):
    """A head on the right that looks along the axis shows more of its cheek on the left, as one turned to the right."""
    angles = rotation_to_euler(toward_ray(np.eye(3), position))
    seen = np.degrees(np.arctan(0.3))
    expected = -sign * seen if which == 1 else sign * seen
    assert angles[which] == pytest.approx(expected, abs=1e-6)
    assert abs(angles[2]) < 1e-9


@pytest.mark.parametrize("arguments", [(0, 1), (170, 1), (30, 0.01), (30, float("nan"))])
def test_an_impossible_camera_is_refused(arguments):
    with pytest.raises(HeadPoseError, match="cannot be"):
        Camera(*arguments)


def test_a_head_behind_the_camera_is_refused():
    with pytest.raises(HeadPoseError, match="not before the camera"):
        toward_ray(np.eye(3), [0, 0, 1.0])
