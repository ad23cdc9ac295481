"""Networks whose answers are turned: the turn is exact, and nothing else changes."""

import numpy as np
import pytest
import torch

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation, geodesic_deg
from training.models.reparam import reparameterize
from training.models.sixdrepnet import build_sixdrepnet
from training.models.turned import turned


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return build_sixdrepnet("repnext_m0").eval()


@pytest.fixture(scope="module")
def pictures():
    return torch.from_numpy(np.random.default_rng(0).normal(size=(6, 3, 64, 64)).astype(np.float32))


def answers(network, pictures):
    with torch.inference_mode():
        return network(pictures).numpy().astype(np.float64)


@pytest.mark.parametrize("angles", [(-2, 0, 0), (30, -50, 10), (0, 0, 180)], ids=str)
def test_every_answer_is_turned_from_the_left(network, pictures, angles):
    turn = euler_to_rotation(*angles)
    before, after = answers(network, pictures), answers(turned(network, turn), pictures)
    assert geodesic_deg(after, turn @ before).max() < 0.01
    assert geodesic_deg(before, after).min() > 1.9


def test_the_network_itself_and_its_backbone_stay(network, pictures):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    other = turned(network, euler_to_rotation(5, 0, 0)).state_dict()
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    changed = [name for name in before if not torch.equal(before[name], other[name])]
    assert changed == ["head.weight", "head.bias"]


def test_a_turned_network_folds(network, pictures):
    turn = euler_to_rotation(-2, 0, 0)
    folded = reparameterize(turned(network, turn))
    assert geodesic_deg(answers(folded, pictures), turn @ answers(network, pictures)).max() < 0.01


@pytest.mark.parametrize(
    "turn",
    [np.eye(4), np.diag([1.0, 1.0, -1.0]), 2 * np.eye(3), np.full((3, 3), np.nan)],
    ids=["4", "mirror", "2", "nan"],
)
def test_what_is_no_rotation_is_refused(network, turn):
    with pytest.raises(HeadPoseError, match="rotation, and this is none"):
        turned(network, turn)
