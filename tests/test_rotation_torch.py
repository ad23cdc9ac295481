"""The torch rotation maths against its NumPy twin, against textbook formulas, and under differentiation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from runtime import rotation as twin
from training import rotation as rot

SIXD = np.random.default_rng(0).normal(size=(200, 6))
TABLE = [
    pytest.param([1, 0, 0, 0, 1, 0], id="identity"),
    pytest.param([0, 1, 0, -1, 0, 0], id="quarter turn in the plane"),
    pytest.param([5, 0, 0, 3, 0.1, 0], id="far from orthogonal"),
    pytest.param([1e-4, 0, 0, 0, 1e3, 0], id="lengths far apart"),
    pytest.param([1, 2, 3, 1.001, 2, 3], id="nearly parallel"),
    pytest.param([-1, 0, 0, 0, -1, 0], id="half turn"),
]
DEGENERATE = [
    pytest.param([0, 0, 0, 0, 1, 0], id="first zero"),
    pytest.param([1, 0, 0, 0, 0, 0], id="second zero"),
    pytest.param([1, 2, 3, 2, 4, 6], id="parallel"),
    pytest.param([0, 0, 0, 0, 0, 0], id="all zero"),
]
ANGLES = [0.0, 1e-6, 1e-3, 0.5, 45.0, 90.0, 179.0, 180.0]


def gram_schmidt(sixd: np.ndarray) -> np.ndarray:
    """Golub and Van Loan's: subtract the projection on the first vector; the third is orthogonal to both."""
    a, b = sixd[:3], sixd[3:]
    first = a / np.linalg.norm(a)
    second = b - first * (first @ b)
    second = second / np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def turned(angle_deg: float, axis: tuple[float, float, float] = (0.6, 0.0, 0.8)) -> torch.Tensor:
    return torch.from_numpy(Rotation.from_rotvec(np.array(axis) * angle_deg, degrees=True).as_matrix())


@pytest.mark.parametrize("sixd", TABLE)
def test_decoding_is_gram_schmidt(sixd):
    found = rot.sixd_to_rotation(torch.tensor(sixd, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(found, gram_schmidt(np.array(sixd, dtype=np.float64)), atol=1e-9)
    assert np.linalg.det(found) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("sixd", TABLE + DEGENERATE)
def test_decoding_is_the_numpy_twins(sixd):
    found = rot.sixd_to_rotation(torch.tensor(sixd, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(found, twin.sixd_to_rotation(sixd), atol=1e-12)


def test_a_batch_is_decoded_row_by_row():
    found = rot.sixd_to_rotation(torch.from_numpy(SIXD.reshape(10, 20, 6)))
    assert found.shape == (10, 20, 3, 3)
    expected = np.stack([gram_schmidt(row) for row in SIXD]).reshape(10, 20, 3, 3)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-10)
    np.testing.assert_allclose(found.numpy(), twin.sixd_to_rotation(SIXD).reshape(10, 20, 3, 3), atol=1e-12)


def test_float32_is_precise_to_a_thousandth_of_a_degree():
    found = rot.sixd_to_rotation(torch.from_numpy(SIXD).float())
    assert found.dtype == torch.float32
    assert twin.geodesic_deg(found.numpy(), twin.sixd_to_rotation(SIXD)).max() < 1e-3


def test_sixd_are_the_first_two_columns_and_decode_back():
    matrices = torch.from_numpy(Rotation.random(20, random_state=np.random.default_rng(1)).as_matrix())
    sixd = rot.rotation_to_sixd(matrices)
    np.testing.assert_array_equal(sixd.numpy(), twin.rotation_to_sixd(matrices.numpy()))
    np.testing.assert_array_equal(sixd[:, 3:].numpy(), matrices[:, :, 1].numpy())
    torch.testing.assert_close(rot.sixd_to_rotation(sixd), matrices, rtol=0, atol=1e-12)


def test_cross_product_is_numpys():
    a, b = SIXD[:, :3], SIXD[:, 3:]
    found = rot.cross(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_allclose(found, np.cross(a, b), atol=1e-14)


@pytest.mark.parametrize("sixd", TABLE[:3] + TABLE[5:])
def test_gradient_of_the_decoding_is_the_numerical_one(sixd):
    point = torch.tensor(sixd, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(rot.sixd_to_rotation, (point,))


@pytest.mark.parametrize("sixd", TABLE)
def test_gradients_of_the_decoding_are_finite(sixd):
    point = torch.tensor(sixd, dtype=torch.float32, requires_grad=True)
    (rot.sixd_to_rotation(point) * torch.arange(9.0).reshape(3, 3)).sum().backward()
    assert torch.isfinite(point.grad).all()
    assert point.grad.abs().max() > 0


@pytest.mark.parametrize("sixd", DEGENERATE)
def test_one_degenerate_row_does_not_poison_a_batch(sixd):
    rows = torch.tensor([sixd, [1, 0, 0.5, 0, 1, 0]], dtype=torch.float32, requires_grad=True)
    out = rot.sixd_to_rotation(rows)
    assert torch.isfinite(out).all()
    out[:, 0, 2].sum().backward()
    assert torch.isfinite(rows.grad).all()


@pytest.mark.parametrize("angle", ANGLES)
def test_geodesic_is_the_angle_of_the_turn(angle):
    base = turned(70.0, (0.0, 1.0, 0.0))
    found = rot.geodesic_deg(turned(angle) @ base, base)
    assert found.item() == pytest.approx(angle, abs=1e-9)
    assert rot.geodesic_rad(base, turned(angle) @ base).item() == pytest.approx(np.radians(angle), abs=1e-11)


def test_geodesic_is_the_numpy_twins_and_scipys():
    a, b = (Rotation.random(50, random_state=np.random.default_rng(seed)) for seed in (2, 3))
    found = rot.geodesic_deg(torch.from_numpy(a.as_matrix()), torch.from_numpy(b.as_matrix())).numpy()
    np.testing.assert_allclose(found, twin.geodesic_deg(a.as_matrix(), b.as_matrix()), atol=1e-10)
    np.testing.assert_allclose(found, np.degrees((a * b.inv()).magnitude()), atol=1e-10)


@pytest.mark.parametrize("angle", ANGLES)
def test_gradients_of_the_geodesic_are_finite(angle):
    matrix = turned(angle).float().requires_grad_(True)
    rot.geodesic_rad(matrix, torch.eye(3)).backward()
    assert torch.isfinite(matrix.grad).all()


@pytest.mark.parametrize("angle", [1e-3, 0.5, 45.0, 170.0])
def test_the_geodesic_never_saturates(angle):
    # turning further about the same axis by t changes the angle by t, however small or large it is
    t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    skew = torch.tensor([[0, -0.8, 0], [0.8, 0, -0.6], [0, 0.6, 0]], dtype=torch.float64)
    rot.geodesic_rad(torch.linalg.matrix_exp(t * skew) @ turned(angle), torch.eye(3).double()).backward()
    assert t.grad.item() == pytest.approx(1.0, abs=1e-6)
