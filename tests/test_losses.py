"""Losses against scipy's angles, against the derivative that geometry demands, and in every precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from runtime import rotation as twin
from runtime.errors import HeadPoseError
from training.losses import LOSSES, arccos, chordal, geodesic, get_loss
from training.rotation import sixd_to_rotation

AXES = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.6, 0.0, -0.8), (1 / 3, -2 / 3, 2 / 3)]
TINY = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3]
ORDINARY = [0.01, 0.5, 1.5, np.pi / 2, 2.5, 3.1]
NEAR_PI = [np.pi - 1e-3, np.pi - 1e-5, np.pi - 1e-7]
BASE = Rotation.from_euler("ZYX", [20.0, -50.0, 35.0], degrees=True)
DEGENERATE = [
    pytest.param([0, 0, 0, 0, 1, 0], id="first zero"),
    pytest.param([1, 0, 0, 0, 0, 0], id="second zero"),
    pytest.param([1, 0, 0, 2, 0, 0], id="parallel"),
    pytest.param([1, 2, 3, -2, -4, -6], id="antiparallel"),
    pytest.param([0, 0, 0, 0, 0, 0], id="all zero"),
]


def turn(axis, angle, dtype=torch.float64):
    return torch.from_numpy(Rotation.from_rotvec(np.array(axis) * angle).as_matrix()).to(dtype)[None]


def base(dtype=torch.float64):
    return torch.from_numpy(BASE.as_matrix()).to(dtype)[None]


def skew(v):
    return torch.tensor([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]], dtype=torch.float64)


def tangent(loss, prediction, target):
    """Derivatives of the loss by small turns about x, y, z in front of the prediction, from the gradient's entries."""
    matrix = prediction.clone().requires_grad_(True)
    loss(matrix, target).sum().backward()
    return np.array([float((matrix.grad[0].double() * (skew(e) @ prediction[0].double())).sum()) for e in np.eye(3)])


def numerical(loss, axis, angle, step=1e-6):
    """The same by central differences: the prediction is turned with scipy, nothing is differentiated."""
    found = []
    for e in np.eye(3):
        near = [
            torch.from_numpy(
                (Rotation.from_rotvec(s * step * e) * Rotation.from_rotvec(np.array(axis) * angle) * BASE).as_matrix()
            )[None]
            for s in (1, -1)
        ]
        found.append(float(loss(near[0], base()) - loss(near[1], base())) / (2 * step))
    return np.array(found)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("angle", [0.0, *TINY, *ORDINARY, *NEAR_PI, np.pi])
def test_geodesic_is_the_angle(axis, angle):
    wide = geodesic(turn(axis, angle) @ base(), base())
    assert wide.shape == (1,)
    assert wide.item() == pytest.approx(angle, abs=1e-14, rel=1e-7)
    narrow = geodesic(turn(axis, angle, torch.float32), torch.eye(3)[None])
    assert narrow.dtype == torch.float32
    assert narrow.item() == pytest.approx(angle, abs=1e-14 if angle < 0.1 else 3e-7, rel=1e-6)


def test_geodesic_of_a_batch_is_scipys():
    a, b = (Rotation.random(300, random_state=np.random.default_rng(seed)) for seed in (0, 1))
    found = geodesic(torch.from_numpy(a.as_matrix()), torch.from_numpy(b.as_matrix())).numpy()
    np.testing.assert_allclose(found, (a * b.inv()).magnitude(), atol=1e-10)


@pytest.mark.parametrize("angle", [1e-6, 1e-5, 1e-4, 1e-2])
def test_geodesic_keeps_the_digits_of_a_tiny_angle_in_float32(angle):
    a, b = (turn((0.6, 0.0, -0.8), angle) @ base()).float(), base(torch.float32)
    exact = np.radians(twin.geodesic_deg(a.numpy(), b.numpy()))  # of the same rounded matrices, in float64
    assert geodesic(a, b).item() == pytest.approx(exact.item(), rel=1e-5)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("angle", [*TINY, *ORDINARY, *NEAR_PI])
def test_gradient_of_the_geodesic_is_the_unit_turn_towards_the_target(axis, angle):
    # d θ / d (turn about e) is the axis' component e, at every angle: the angle grows as fast as one turns further
    found = tangent(geodesic, turn(axis, angle) @ base(), base())
    np.testing.assert_allclose(found, axis, atol=1e-7)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("angle", [1e-3, *ORDINARY, np.pi - 1e-3])
@pytest.mark.parametrize("name", ["geodesic", "chordal", "arccos"])
def test_gradients_are_those_of_finite_differences(name, axis, angle):
    loss, found = LOSSES[name], tangent(LOSSES[name], turn(axis, angle) @ base(), base())
    np.testing.assert_allclose(found, numerical(loss, axis, angle), atol=2e-6)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("angle", [1e-6, 1e-4, 1e-2, 1.0, 3.0, np.pi - 1e-2, np.pi - 1e-4])
def test_gradient_of_the_geodesic_holds_in_float32(axis, angle):
    found = tangent(geodesic, turn(axis, angle, torch.float32), torch.eye(3)[None])
    np.testing.assert_allclose(found, axis, atol=1e-5 if angle < 3.1 else 5e-3)


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1),
    st.floats(0.0, np.pi),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_gradient_of_the_geodesic_is_bounded_everywhere(axis, angle, dtype):
    unit = np.array(axis) / np.linalg.norm(axis)
    found = tangent(geodesic, (turn(unit, angle) @ base()).to(dtype), base(dtype))
    assert np.linalg.norm(found) <= 1.0 + 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["geodesic", "chordal"])
def test_equal_rotations_cost_nothing_and_pull_nowhere(name, dtype):
    same = base(dtype).requires_grad_(True)
    loss = LOSSES[name](same, base(dtype))
    loss.sum().backward()
    assert loss.item() == 0.0
    assert torch.equal(same.grad, torch.zeros_like(same))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("axis", AXES)
def test_half_turns(axis, dtype):
    half = (2 * torch.tensor(np.outer(axis, axis)) - torch.eye(3))[None].to(dtype)
    assert geodesic(half, torch.eye(3)[None]).item() == pytest.approx(np.pi, abs=1e-6)
    assert chordal(half, torch.eye(3)[None]).item() == pytest.approx(1.0, abs=1e-6)
    for name in ("geodesic", "chordal"):
        assert np.linalg.norm(tangent(LOSSES[name], half, torch.eye(3)[None])) <= 1.0 + 1e-5


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("sixd", DEGENERATE)
@pytest.mark.parametrize("target", [torch.eye(3), torch.from_numpy(BASE.as_matrix())], ids=["identity", "other"])
def test_degenerate_vectors_give_finite_gradients(name, sixd, target):
    point = torch.tensor([sixd], dtype=torch.float32, requires_grad=True)
    loss = LOSSES[name](sixd_to_rotation(point), target[None])
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(point.grad).all()


@pytest.mark.parametrize("sixd", DEGENERATE)
def test_degenerate_vectors_are_no_hit(sixd):
    assert geodesic(sixd_to_rotation(torch.tensor([sixd], dtype=torch.float64)), base()).item() > 1.0


@pytest.mark.parametrize("name", ["geodesic", "chordal"])
def test_descent_finds_the_target_from_the_other_side(name):
    target = base(torch.float32)
    point = torch.cat([-target[..., 0], target[..., 1]], -1) + 0.01  # nearly a half turn away
    point.requires_grad_(True)
    optimizer = torch.optim.Adam([point], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        LOSSES[name](sixd_to_rotation(point), target).sum().backward()
        optimizer.step()
    assert geodesic(sixd_to_rotation(point), target).item() < 0.05


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("angle", [0.05, *ORDINARY[1:-1], np.pi - 0.05])
def test_arccos_is_the_published_formula(axis, angle):
    a, b = turn(axis, angle)[0].numpy() @ BASE.as_matrix(), BASE.as_matrix()
    expected = np.arccos((np.trace(a @ b.T) - 1) / 2)
    found = arccos(torch.from_numpy(a)[None].float(), torch.from_numpy(b)[None].float())
    assert found.item() == pytest.approx(expected, abs=1e-5)


def test_arccos_stands_still_inside_its_clamp():
    near = turn((0, 0, 1), 1e-4, torch.float32).requires_grad_(True)
    loss = arccos(near, torch.eye(3)[None])
    loss.sum().backward()
    assert loss.item() == pytest.approx(np.radians(0.028), rel=0.01)
    assert near.grad.abs().max() == 0.0


@pytest.mark.parametrize("angle", [0.0, 0.3, 2.0, np.pi])
def test_chordal_is_opentracks_form(angle):
    a = turn((0.6, 0.0, -0.8), angle) @ base()
    trace = np.trace(a[0].numpy() @ base()[0].numpy().T)
    assert chordal(a, base()).item() == pytest.approx(0.75 - 0.25 * trace, abs=1e-12)
    assert chordal(a, base()).item() == pytest.approx(np.sin(angle / 2) ** 2, abs=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_bfloat16_is_widened_before_anything_is_computed(name):
    a, b = (turn((0.6, 0.0, -0.8), 0.7) @ base()).bfloat16(), base()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = LOSSES[name](a, b.float())
    assert found.dtype == torch.float32
    assert torch.equal(found, LOSSES[name](a.float(), b.float()))


@pytest.mark.parametrize("name", LOSSES)
def test_one_number_per_sample(name):
    a, b = (torch.from_numpy(Rotation.random(7, random_state=np.random.default_rng(i)).as_matrix()) for i in (4, 5))
    found = LOSSES[name](a, b)
    assert found.shape == (7,)
    for i in range(7):
        assert found[i].item() == pytest.approx(LOSSES[name](a[i : i + 1], b[i : i + 1]).item(), abs=1e-12)
    assert LOSSES[name](a[:0], b[:0]).shape == (0,)


def test_an_unknown_loss_is_named():
    assert get_loss("geodesic") is geodesic
    with pytest.raises(HeadPoseError, match="unknown loss 'geodesc': did you mean 'geodesic'"):
        get_loss("geodesc")
