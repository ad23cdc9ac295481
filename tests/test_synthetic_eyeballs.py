"""Drawn eyes: balls in the sockets whose irises look where the gaze says."""

import numpy as np
import pytest
from tiny_head import write_tiny_head

from runtime.rotation import euler_to_rotation
from training.data.synthetic.eyeballs import RADIUS_M, TOPOLOGY, eyeballs
from training.data.synthetic.head import Coefficients, HeadModel
from training.data.synthetic.procedural_skin import EYES, procedural_eyes

HALF = (int(TOPOLOGY.triangles.max()) + 1) // 2  # points of one eye; the first is the middle of the iris


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    model = HeadModel.load(write_tiny_head(tmp_path_factory.mktemp("tiny") / "head.npz"))
    return model, model.shape(Coefficients())


def balls(head, pitch=0.0, yaw=0.0):
    """(2, V, 3) unit vectors from the middles of the person's right and left eye."""
    model, vertices = head
    points = eyeballs(model, vertices, euler_to_rotation(pitch, yaw, 0)).astype(np.float64)
    middles = vertices[[model.joint("eye.R"), model.joint("eye.L")]]
    return (points.reshape(2, HALF, 3) - middles[:, None]) / RADIUS_M


@pytest.mark.parametrize(("pitch", "yaw"), [(0, 0), (15, 0), (0, -20), (-10, 18)])
def test_points_lie_on_two_balls_of_an_eyes_size(head, pitch, yaw):
    np.testing.assert_allclose(np.linalg.norm(balls(head, pitch, yaw), axis=-1), 1, atol=1e-4)
    assert 0.011 < RADIUS_M < 0.0135


def test_the_persons_right_eye_is_on_the_pictures_left(head):
    model, vertices = head
    points = eyeballs(model, vertices, np.eye(3)).reshape(2, HALF, 3)
    assert points[0, :, 0].max() < 0 < points[1, :, 0].min()


@pytest.mark.parametrize(("pitch", "yaw"), [(0, 0), (12, 0), (-12, 0), (0, 20), (0, -20), (10, -15)])
def test_the_iris_faces_along_the_gaze(head, pitch, yaw):
    looks = balls(head, pitch, yaw)[:, 0]
    p, y = np.radians([pitch, yaw])
    # yaw > 0 to the picture's left, pitch > 0 up
    expected = np.array([-np.sin(y), np.sin(p) * np.cos(y), np.cos(p) * np.cos(y)])
    np.testing.assert_allclose(looks, [expected, expected], atol=1e-4)


def test_signs_of_a_gaze(head):
    left, up = balls(head, yaw=20)[0, 0], balls(head, pitch=12)[0, 0]
    assert left[0] < -0.3
    assert up[1] > 0.2


def test_the_surface_faces_outwards(head):
    points = balls(head, 10, -15).reshape(-1, 3)
    a, b, c = (points[TOPOLOGY.triangles[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    assert (np.einsum("td,td->t", normals, a + b + c) > 0).all()


def test_the_front_of_the_ball_is_whole(head):
    ahead = balls(head)[0]
    assert ahead[:, 2].min() < 0  # more than the half that lids could show
    edges = np.sort(np.concatenate([TOPOLOGY.triangles[:, [i, j]] for i, j in ((0, 1), (1, 2), (2, 0))]), axis=1)
    kinds, count = np.unique(edges, axis=0, return_counts=True)
    assert set(kinds[count == 1].ravel() % HALF) == set(np.flatnonzero(ahead[:, 2] < ahead[:, 2].min() + 1e-4))


@pytest.mark.parametrize("colour", EYES)
def test_pupil_iris_and_white_are_where_the_picture_has_them(head, colour):
    picture = procedural_eyes(np.random.default_rng(0), colour).astype(float)
    side = len(picture)
    at = (TOPOLOGY.uv * [side, -side] + [0, side]).astype(int).clip(0, side - 1)
    level = picture[at[:, 1], at[:, 0]].mean(axis=1).reshape(2, HALF)
    angle = np.degrees(np.arccos(balls(head)[..., 2].clip(-1, 1)))
    assert (level[angle < 3] < 20).all()  # the pupil
    white = (angle > 35) & (angle < 60)
    assert white.any()
    assert level[white].min() > 150
    assert level[(angle > 8) & (angle < 25)].mean() < level[white].mean()


def test_the_iris_is_as_large_as_a_persons():
    picture = procedural_eyes(np.random.default_rng(0), "brown")
    across = 2 * np.linalg.norm(TOPOLOGY.uv[1] - TOPOLOGY.uv[0])  # of the first ring, in shares of the picture
    step = 100 / 7
    degrees_a_share = 2 * step / across
    dark = picture[round(0.71 * 128), : 128 // 2].mean(axis=1) < 150
    width_mm = 1000 * 2 * RADIUS_M * np.sin(np.radians(dark.sum() / 128 * degrees_a_share / 2))
    assert 10 < width_mm < 13.5  # 11.8 mm in adults
