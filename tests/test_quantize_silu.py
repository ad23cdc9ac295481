"""GELU as x·σ(1.702 x): the folded factors against the formula itself, and what the mean's correction is worth."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from export.quantize.calibration import open_calibration
from export.quantize.silu import FACTOR, as_silu, has_silu
from runtime.rotation import geodesic_deg
from training.models.checkpoints import open_checkpoint
from training.models.reparam import reparameterize
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet
from training.session import normalize

SIZE = 128


class ByFormula(nn.Module):
    """What the engine will compute, written out."""

    def forward(self, x: Tensor) -> Tensor:
        return x / (1 + torch.exp(-FACTOR * x))


@pytest.fixture(scope="module")
def images() -> Tensor:
    return normalize(open_calibration("shipped", samples=24, size=SIZE).crops)


@pytest.fixture(scope="module")
def network() -> SixDRepNet:
    return reparameterize(open_checkpoint("default-m0").model)


@pytest.fixture(scope="module")
def changed(network, images) -> SixDRepNet:
    return as_silu(network, [images[:8], images[8:16]])


def triples(network: nn.Module) -> list[nn.Sequential]:
    return [m for m in network.modules() if isinstance(m, nn.Sequential) and len(m) == 3 and not list(m[1].children())]


def test_every_gelu_is_replaced_and_the_original_left_alone(network, changed):
    kinds = [type(module) for module in changed.modules()]
    assert kinds.count(nn.SiLU) == 1 + 14 + 3
    assert nn.GELU not in kinds
    assert [type(module) for module in network.modules()].count(nn.GELU) == 1 + 14 + 3
    assert has_silu(changed)
    assert not has_silu(network)


@torch.no_grad()
def test_folded_factors_are_the_formula(network, changed, images):
    """The network with the formula in place of GELU, and the same shifts of the biases, answers the same."""
    written = deepcopy(network)
    for plain, folded in zip(triples(written), triples(changed)):
        plain[1] = ByFormula()
        plain[2].bias.copy_(folded[2].bias)
    torch.testing.assert_close(changed(images), written(images), atol=2e-4, rtol=0)


@torch.no_grad()
def test_means_behind_the_first_gelu_are_kept(network, changed, images):
    """The stem is where the inputs are still the same in both; only its padding, which has no mean, is left over."""
    before, after = (net.backbone.stem(images[:16]).mean((0, 2, 3)) for net in (network, changed))
    plain = deepcopy(network)
    triples(plain)[0][1] = ByFormula()
    uncorrected = plain.backbone.stem(images[:16]).mean((0, 2, 3))
    torch.testing.assert_close(after, before, atol=4e-4, rtol=0)
    assert (uncorrected - before).abs().max() > 10 * (after - before).abs().max()


@torch.no_grad()
def test_rotations_stay_near_and_the_correction_helps(network, changed, images):
    truth = network(images).numpy()
    plain = deepcopy(network)
    for triple in triples(plain):
        triple[1] = ByFormula()
    with_it, without = (float(np.median(geodesic_deg(net(images).numpy(), truth))) for net in (changed, plain))
    assert with_it < 1.5
    assert with_it < without


def test_another_backbone_comes_back_as_it_is(images):
    network = reparameterize(build_sixdrepnet("repvgg_b1g2"))
    assert as_silu(network, [images[:1]]) is network
    assert not has_silu(network)
