"""Folded weights split into branches again: the same function, and every branch learns."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from training.models.backbones import create_backbone
from training.models.default import seed_weights
from training.models.expand import calibrate_norms, expand
from training.models.reparam import reparameterize
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet
from training.rotation import geodesic_deg

NETWORKS = ["repnext_m0", "repvgg_a0"]


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def images(count: int = 4, size: int = 64, seed: int = 0) -> torch.Tensor:
    """Smooth pictures with a little noise, normalised."""
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, 6, 6, generator=rng)
    smooth = nn.functional.interpolate(coarse, size=(size, size), mode="bicubic")
    return smooth + 0.1 * torch.randn(count, 3, size, size, generator=rng)


def expanded(name: str) -> tuple[SixDRepNet, SixDRepNet]:
    folded = reparameterize(seed_weights(build_sixdrepnet(name)))
    assert isinstance(folded, SixDRepNet)
    network = expand(folded, build_sixdrepnet(name)).eval()
    assert isinstance(network, SixDRepNet)
    return folded, network


@pytest.mark.parametrize("name", [*NETWORKS, "repnext_m3", "repvgg_b1g4"])
@pytest.mark.parametrize("size", [64, 97], ids=["even", "odd"])
def test_the_function_stays_the_same(name, size):
    folded, network = expanded(name)
    with torch.no_grad():
        features = folded.backbone(images(size=size))
        difference = (network.backbone(images(size=size)) - features).abs().max()
        turn = geodesic_deg(network(images(size=size)), folded(images(size=size))).max()
    assert difference <= 2e-5 * max(1.0, float(features.abs().max()))
    assert turn <= 0.005


@pytest.mark.parametrize("name", NETWORKS)
def test_the_result_is_in_training_form(name):
    _, network = expanded(name)
    shapes = {n: t.shape for n, t in network.state_dict().items()}
    assert shapes == {n: t.shape for n, t in build_sixdrepnet(name).state_dict().items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_folding_again_gives_the_kernels_back(name):
    folded, network = expanded(name)
    again = reparameterize(network).state_dict()
    for key, tensor in folded.state_dict().items():
        torch.testing.assert_close(again[key], tensor, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_folded_network_is_left_alone(name):
    folded = reparameterize(seed_weights(build_sixdrepnet(name)))
    before = {n: t.clone() for n, t in folded.state_dict().items()}
    expand(folded, build_sixdrepnet(name))
    assert all(torch.equal(t, before[n]) for n, t in folded.state_dict().items())


def test_the_seed_decides():
    folded = reparameterize(seed_weights(create_backbone("repnext_m0")))
    first, same, other = (expand(folded, create_backbone("repnext_m0"), seed=s).state_dict() for s in (0, 0, 1))
    name = "stages.0.blocks.0.token_mixer.conv_m.conv_7_w.weight"
    assert torch.equal(first[name], same[name])
    assert not torch.equal(first[name], other[name])


@pytest.mark.parametrize("name", NETWORKS)
def test_no_serial_factor_is_zero(name):
    _, network = expanded(name)
    kernels = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert all(float(conv.weight.abs().max()) > 0 for conv in kernels)


def test_empty_kernels_get_branches_that_learn():
    folded = reparameterize(seed_weights(create_backbone("repnext_m0")))
    with torch.no_grad():
        for parameter in folded.parameters():
            parameter.zero_()
    network = expand(folded, create_backbone("repnext_m0")).eval()
    assert float(network.stages[1].downsample.token_mixer.conv_s.conv_3_w.weight.abs().min()) > 0
    with torch.no_grad():
        assert network(images()).abs().max() < 1e-6


@pytest.mark.parametrize("name", NETWORKS)
def test_one_step_of_training_moves_every_parameter(name):
    _, network = expanded(name)
    calibrate_norms(network, [images()])
    before = {n: p.detach().clone() for n, p in network.named_parameters()}
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    target = torch.eye(3).expand(4, 3, 3)
    (network(images()) - target).square().sum().backward()
    gradients = {n: p.grad for n, p in network.named_parameters()}
    assert all(g is not None and bool(torch.isfinite(g).all()) for g in gradients.values())
    optimizer.step()
    still = [n for n, p in network.named_parameters() if torch.equal(p, before[n])]
    assert still == []


@pytest.mark.parametrize("name", NETWORKS)
def test_calibration_keeps_the_function_and_tames_training_mode(name):
    folded, network = expanded(name)
    batch = images(16)
    with torch.no_grad():
        expected = folded(batch)
        naive = geodesic_deg(network.train()(batch), expected).mean()
    network = expand(folded, build_sixdrepnet(name)).eval()
    calibrate_norms(network, [batch[:8], batch[8:]])
    with torch.no_grad():
        assert not network.training
        assert geodesic_deg(network(batch), expected).max() <= 0.005
        tamed = geodesic_deg(network.train()(batch), expected).mean()
    assert tamed < 0.1 < naive


def test_calibration_measures_mean_and_variance():
    norm = nn.BatchNorm2d(2)
    x = torch.stack([torch.arange(32.0), torch.arange(32.0) * -2]).reshape(1, 2, 4, 8)
    calibrate_norms(norm, [x[..., :4], x[..., 4:]])
    flat = x[0].flatten(1).double()
    torch.testing.assert_close(norm.running_mean, flat.mean(1).float())
    torch.testing.assert_close(norm.running_var, flat.var(1, unbiased=False).float())
    torch.testing.assert_close(norm(x), nn.BatchNorm2d(2).eval()(x))
