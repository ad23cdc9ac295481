"""Weights made friendlier to rounding: the same function, channels more alike, means kept."""

from __future__ import annotations

import re
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from export.quantize.bias import correct_biases, rounded_8bit
from export.quantize.equalize import equalize
from training.models.default import seed_weights
from training.models.reparam import reparameterize
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet
from training.rotation import geodesic_deg


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def images(count: int = 4, size: int = 64, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, 6, 6, generator=rng)
    return nn.functional.interpolate(coarse, size=(size, size), mode="bicubic")


def uneven(name: str = "repnext_m0") -> SixDRepNet:
    """A folded network whose channels were pulled apart, as those of trained networks are."""
    network = reparameterize(seed_weights(build_sixdrepnet(name)))
    assert isinstance(network, SixDRepNet)
    rng = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d) and module.groups > 1:
                module.weight.mul_(torch.exp(torch.randn(module.out_channels, 1, 1, 1, generator=rng)))
    return network


def rounded(network: SixDRepNet) -> SixDRepNet:
    small = deepcopy(network)
    with torch.no_grad():
        for name, module in small.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.copy_(rounded_8bit(name, module.weight))
    return small


@pytest.mark.parametrize("name", ["repnext_m0", "repnext_m3"])
@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_equalising_keeps_the_function(name, balance):
    network = uneven(name)
    equal = equalize(network, [images()], balance)
    for size in (64, 97):
        with torch.no_grad():
            assert geodesic_deg(network(images(size=size)), equal(images(size=size))).max() <= 0.005


def test_equalising_leaves_the_network_alone():
    network = uneven()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    equalize(network, [images()])
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_channels_are_more_alike():
    """Behind every token mixer, the largest channel stands out less over the median one."""
    network = uneven()
    equal = equalize(network, [images()])

    def spread(net: SixDRepNet) -> float:
        ratios = []

        def note(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
            sizes = output.abs().amax((0, 2, 3))
            ratios.append(float(sizes.max() / sizes.median()))

        blocks = [m for name, m in net.named_modules() if name.endswith("token_mixer") and "blocks" in name]
        handles = [block.register_forward_hook(note) for block in blocks]
        with torch.no_grad():
            net(images())
        for handle in handles:
            handle.remove()
        return float(np.mean(ratios))

    assert spread(equal) < 0.6 * spread(network)


def features(network: SixDRepNet, test: torch.Tensor, *, rounding: bool = False) -> torch.Tensor:
    """What the body gives, its activations rounded to 8 bits behind every token mixer and on the stream if asked."""

    def coarse(module: nn.Module, inputs: object, output: torch.Tensor) -> torch.Tensor:
        step = output.abs().max() / 127
        return (output / step).round() * step

    places = [m for n, m in network.backbone.named_modules() if re.fullmatch(r".*(blocks\.\d+|token_mixer)", n)]
    handles = [place.register_forward_hook(coarse) for place in places] if rounding else []
    try:
        with torch.no_grad():
            return network.backbone(test)
    finally:
        for handle in handles:
            handle.remove()


@pytest.mark.parametrize("what", ["weights", "activations"])
def test_rounding_hurts_less_after_equalising(what):
    """Weights, where they and the activations share the scales evenly; activations, as the balance is by default."""
    network, test = uneven(), images(8, seed=9)
    equal = equalize(network, [images()], **({"balance": 0.5} if what == "weights" else {}))
    exact = features(network, test)
    stream = (features(equal, test) / exact).nanmedian(0).values  # the stream's scale of each feature
    if what == "weights":
        plain, better = features(rounded(network), test), features(rounded(equal), test)
    else:
        plain, better = (features(net, test, rounding=True) for net in (network, equal))
    factor = 1.0 if what == "weights" else 0.9
    assert (better / stream - exact).norm() < factor * (plain - exact).norm()


def test_a_network_without_such_places_comes_back_as_it_is():
    network = reparameterize(seed_weights(build_sixdrepnet("repvgg_a0")))
    assert equalize(network, [images()]) is network


def test_8_bits_are_symmetric_and_per_channel():
    weight = torch.tensor([[1.0, -0.5], [100.0, 30.0]]).reshape(2, 2, 1, 1)
    got = rounded_8bit("", weight).reshape(2, 2).numpy()
    np.testing.assert_allclose(got[0], [1.0, np.round(-0.5 * 127) / 127], rtol=1e-6)
    np.testing.assert_allclose(got[1], [100.0, np.round(30 / 100 * 127) / 127 * 100], rtol=1e-6)


class OneConv(nn.Module):
    """A backbone of one convolution, so that a correction can be worked out by hand."""

    num_features = 2

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).mean((2, 3))


def test_a_correction_is_the_mean_error_of_the_layer():
    torch.manual_seed(0)
    network = SixDRepNet(OneConv(), 2).eval()
    x = images(6) + 1.0

    def crude(name: str, weight: torch.Tensor) -> torch.Tensor:
        return weight.round() if name == "backbone.conv" else weight

    corrected = correct_biases(network, crude, x.split(2))
    conv = network.backbone.conv
    error = (conv.weight.detach().round() - conv.weight.detach()).reshape(2, 3).double()
    by_hand = conv.bias.detach().double() - error @ x.double().mean((0, 2, 3))
    torch.testing.assert_close(corrected.backbone.conv.bias.detach().double(), by_hand, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(corrected.backbone.conv.weight, conv.weight)
    torch.testing.assert_close(corrected.head.bias, network.head.bias)


def test_corrected_biases_bring_the_means_back():
    network = uneven()
    x = images(8)

    def coarse(name: str, weight: torch.Tensor) -> torch.Tensor:
        scale = weight.abs().flatten(1).amax(1).reshape(-1, *([1] * (weight.ndim - 1))) / 7
        return (weight / scale).round() * scale

    first = "backbone.stem.stem.0"
    means = {}
    for tag, net in (("float", network), ("plain", network), ("corrected", correct_biases(network, coarse, [x]))):
        conv = deepcopy(net.get_submodule(first))
        with torch.no_grad():
            if tag != "float":
                conv.weight.copy_(coarse(first, conv.weight))
            means[tag] = conv(x).mean((0, 2, 3))
    assert (means["plain"] - means["float"]).abs().max() > 1e-3
    assert (means["corrected"] - means["float"]).abs().max() < 1e-5
