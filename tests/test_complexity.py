"""Parameters and MACs, against published counts and against counting by hooks on a real network."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from runtime.errors import HeadPoseError
from training.complexity import complexity, count_macs, parameter_count
from training.models.sixdrepnet import build_sixdrepnet


@pytest.mark.parametrize(
    ("name", "deploy", "macs"),
    [
        pytest.param("repnext_m0", 2_007_080 + 320 * 6 + 6, 0.388e9, id="M0"),
        pytest.param("repnext_m4", 12_811_590, 2.289e9, id="M4"),
    ],
)
def test_published_counts(name, deploy, macs):
    found = complexity(name)
    assert found.parameters_deploy == deploy
    assert found.macs == pytest.approx(macs, rel=0.003)  # the table includes a classifier of 1000 classes
    assert found.parameters_train > deploy


@pytest.mark.parametrize("name", ["repnext_m0", "repvgg_a0"])
def test_counts_are_those_of_the_networks_that_are_built(name):
    found = complexity(name, 64)
    assert found.parameters_train == parameter_count(build_sixdrepnet(name))
    shipped = build_sixdrepnet(name, deploy=True)
    assert found.parameters_deploy == parameter_count(shipped)
    assert found.macs == macs_by_hooks(shipped, 64)


def macs_by_hooks(network, size):
    total = 0

    def count(module, inputs, output):
        nonlocal total
        weights = module.weight.numel()
        total += weights * (output.shape[-1] * output.shape[-2] if isinstance(module, nn.Conv2d) else 1)

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, size, size))
    return total


def test_counting_leaves_the_network_as_it_was():
    network = build_sixdrepnet("repnext_m0").train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert count_macs(network, 64) > 0
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_timm_backbone_is_counted_too():
    timm = pytest.importorskip("timm")
    network = timm.create_model("resnet18", num_classes=0)
    found = complexity("timm:resnet18")
    assert found.parameters_deploy == parameter_count(network) + 512 * 6 + 6
    assert found.macs == pytest.approx(1.814e9, rel=0.002)  # torchvision's documentation


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        pytest.param("repnext_m9", 224, "did you mean 'repnext_m", id="unknown"),
        pytest.param("repnext_m0", 0, "cannot take images of 0 × 0", id="no pixels"),
    ],
)
def test_what_cannot_be_counted_is_said(name, size, words):
    with pytest.raises(HeadPoseError, match=words):
        complexity(name, size)
