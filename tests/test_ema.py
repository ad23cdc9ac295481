"""The average of the weights against a plain loop, and bit for bit through saving."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from runtime.errors import HeadPoseError
from training.ema import ModelEma
from training.models.sixdrepnet import SixDRepNet


def network(seed=0):
    torch.manual_seed(seed)
    return SixDRepNet(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), 4)


def steps(model, count, seed=1):
    """The model after each of `count` training steps."""
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(count):
        optimizer.zero_grad()
        model.train()(torch.rand(4, 3, 8, 8, generator=rng)).square().sum().backward()
        optimizer.step()
        yield model


def decay_by_hand(t, decay, warmup):
    return min(decay, (1 + t) / (10 + t)) if warmup else decay


@pytest.mark.parametrize("warmup", [True, False])
@pytest.mark.parametrize("decay", [0.0, 0.3, 0.99])
def test_the_average_is_that_of_a_plain_loop(decay, warmup):
    model = network()
    ema, expected = ModelEma(model, decay, warmup=warmup), None
    for t, current in enumerate(steps(model, 12)):
        assert ema.current_decay() == (decay_by_hand(t, decay, warmup) if t else 0.0)
        ema.update(current)
        state = {k: v.clone() for k, v in current.state_dict().items()}
        if expected is None:
            expected = {k: v.double() if v.is_floating_point() else v for k, v in state.items()}
            continue
        d = decay_by_hand(t, decay, warmup)
        for name, value in state.items():
            expected[name] = d * expected[name] + (1 - d) * value if value.is_floating_point() else value
    assert ema.updates == 12
    for name, value in ema.module.state_dict().items():
        torch.testing.assert_close(value.to(expected[name].dtype), expected[name], atol=1e-6, rtol=1e-5)


def test_statistics_are_averaged_and_counters_copied():
    model = network()
    ema = ModelEma(model, 0.9)
    for current in steps(model, 5):
        ema.update(current)
    own, shadow = model.backbone[1], ema.module.backbone[1]
    assert shadow.num_batches_tracked.item() == own.num_batches_tracked.item() == 5
    assert shadow.num_batches_tracked.dtype == torch.int64
    assert not torch.equal(shadow.running_mean, own.running_mean)


def test_the_shadow_stands_apart():
    model = network()
    ema = ModelEma(model, 0.9)
    before = copy.deepcopy(model.state_dict())
    ema.module(torch.rand(2, 3, 8, 8))
    assert not ema.module.training
    assert not any(p.requires_grad for p in ema.module.parameters())
    assert all(p.requires_grad for p in model.parameters())
    assert model.training
    for _ in steps(model, 1):
        pass
    assert all(torch.equal(v, before[k]) for k, v in ema.module.state_dict().items())


def test_updating_leaves_the_model_as_it_is():
    model = network()
    ema = ModelEma(model, 0.5)
    for current in steps(model, 3):
        before = copy.deepcopy(current.state_dict())
        ema.update(current)
        assert all(torch.equal(v, before[k]) for k, v in current.state_dict().items())


@pytest.mark.parametrize("cut", [0, 1, 7])
def test_a_resumed_average_is_the_unbroken_one_to_the_bit(cut, tmp_path):
    unbroken, model = ModelEma(network(), 0.99), network()
    for t, current in enumerate(steps(model, 14)):
        if t == cut:
            torch.save(unbroken.state_dict(), tmp_path / "ema.pt")
            resumed = ModelEma(network(seed=9), 0.99)
            resumed.load_state_dict(torch.load(tmp_path / "ema.pt", weights_only=True))
            assert resumed.updates == cut
        unbroken.update(current)
        if t >= cut:
            resumed.update(current)
    assert resumed.state_dict().keys() == unbroken.state_dict().keys()
    assert all(torch.equal(v, unbroken.state_dict()[k]) for k, v in resumed.state_dict().items())
    assert resumed.updates == 14


def test_the_state_of_another_model_is_refused():
    with pytest.raises(RuntimeError, match="Missing key"):
        ModelEma(network(), 0.9).load_state_dict(ModelEma(nn.Linear(2, 2), 0.9).state_dict())


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0])
def test_an_impossible_decay_is_refused(decay):
    with pytest.raises(HeadPoseError, match="at least 0 and below 1"):
        ModelEma(network(), decay)
