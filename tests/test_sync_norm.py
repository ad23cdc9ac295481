"""Synchronised BatchNorm: two processes with half a batch each train as one with the whole of it."""

from __future__ import annotations

import copy

import gloo_worker
import pytest
import torch
from torch import nn

from runtime.errors import HeadPoseError
from training.sync_norm import SyncBatchNorm2d, convert_sync_norm


def apart(a, b):
    """Largest difference of two state dicts."""
    assert a.keys() == b.keys()
    return max((a[name] - b[name]).abs().max().item() for name in a)


@pytest.mark.parametrize("rank", [0, 1])
def test_two_processes_reach_the_weights_of_one(rank):
    # batches of 8, of 7 (4 and 3) and of 1 (a process without images); weights and statistics
    one, two, _ = gloo_worker.runs()
    assert apart(one["sync"], two[rank]["sync"]) < 1e-11


def test_without_it_they_do_not():
    one, two, _ = gloo_worker.runs()
    for name in ("head.weight", "layers.0.weight", "layers.1.running_var"):
        assert (one["plain"][name] - two[0]["plain"][name]).abs().max() > 1e-2


def test_with_one_process_it_changes_nothing():
    one, _, _ = gloo_worker.runs()
    assert apart(one["sync"], one["plain"]) == 0.0
    model = nn.Sequential(nn.BatchNorm2d(2))
    assert convert_sync_norm(model, "cpu") is convert_sync_norm(model, "cuda") is model
    assert type(model[0]) is nn.BatchNorm2d


def test_statistics_under_autocast_are_those_of_the_whole_batch_in_float32():
    _, two, _ = gloo_worker.runs()
    x = (torch.randn(6, 4, 5, 5, generator=torch.Generator().manual_seed(8)) * 3 + 100).bfloat16().double()
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=True)
    expected = (x - mean[:, None, None]) / torch.sqrt(x.var((0, 2, 3), unbiased=False) + 1e-5)[:, None, None]
    out = torch.cat([found["autocast"]["out"] for found in two])
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.double(), expected, atol=1e-2, rtol=4e-3)  # bfloat16 has eight bits
    for found in two:
        torch.testing.assert_close(found["autocast"]["0.running_mean"].double(), 0.1 * mean, atol=0, rtol=1e-6)
        torch.testing.assert_close(found["autocast"]["0.running_var"].double(), 0.9 + 0.1 * var, atol=0, rtol=1e-5)


@pytest.mark.parametrize(("device", "kind"), [("cpu", "SyncBatchNorm2d"), ("cuda", "SyncBatchNorm")])
def test_conversion_keeps_names_values_and_modes(monkeypatch, device, kind):
    monkeypatch.setattr("training.sync_norm._world_size", lambda: 2)
    model = gloo_worker.network(seed=3)
    model.layers[1].eval()
    before = copy.deepcopy(model.state_dict())
    parameters = {name: id(p) for name, p in model.named_parameters()}
    assert convert_sync_norm(model, device) is model
    assert [type(model.layers[i]).__name__ for i in (1, 4)] == [kind, kind]
    assert [model.layers[i].training for i in (1, 4)] == [False, True]
    assert {name: id(p) for name, p in model.named_parameters()} == parameters
    assert apart(model.state_dict(), before) == 0.0
    plain = gloo_worker.network(seed=4)
    plain.load_state_dict(model.state_dict())
    assert apart(plain.state_dict(), before) == 0.0


def test_a_norm_of_another_kind_is_refused_before_anything_is_changed(monkeypatch):
    monkeypatch.setattr("training.sync_norm._world_size", lambda: 2)
    layers = nn.Sequential(nn.BatchNorm2d(2), nn.BatchNorm1d(2))
    with pytest.raises(HeadPoseError, match="BatchNorm1d cannot be synchronised on the cpu"):
        convert_sync_norm(layers, "cpu")
    assert type(layers[0]) is nn.BatchNorm2d


@pytest.mark.parametrize("training", [True, False])
def test_alone_it_is_the_batch_norm_that_it_was(training):
    torch.manual_seed(0)
    plain = nn.BatchNorm2d(3)
    plain.weight.data.uniform_(0.5, 2.0)
    plain.running_mean.uniform_(-1.0, 1.0)
    sync = SyncBatchNorm2d(3)
    sync.load_state_dict(copy.deepcopy(plain.state_dict()))
    x = torch.randn(4, 3, 6, 6)
    assert torch.equal(sync.train(training)(x), plain.train(training)(x))
    assert apart(sync.state_dict(), plain.state_dict()) == 0
