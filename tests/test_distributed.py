"""Several processes: who they are, how they meet or fail to, what they exchange and how they divide the work."""

from __future__ import annotations

from itertools import chain

import gloo_worker
import pytest
import torch
from torch import nn

from runtime.errors import HeadPoseError
from training import distributed
from training.distributed import World, shard_batch, shard_evaluation, start, stop, unwrap, wrap


def world(rank, size):
    return World(rank, size, rank, torch.device("cpu"), "gloo" if size > 1 else "")


def environment(monkeypatch, **variables):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def gpus(monkeypatch, count):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)


def test_every_process_knows_its_place():
    one, two, _ = gloo_worker.runs()
    assert one["world"] == (0, 1, 0, "cpu", "", True)
    assert [found["world"] for found in two] == [(0, 2, 0, "cpu", "gloo", True), (1, 2, 1, "cpu", "gloo", False)]


def test_values_are_exchanged():
    one, two, _ = gloo_worker.runs()
    for found in two:
        assert found["sum"].tolist() == [3.0, 20.0]
        assert not found["sum"].requires_grad
        assert found["told"] == {"name": "run of 0"}
        assert [rank for rank, _ in found["gathered"]] == [0, 1]
    assert one["sum"].tolist() == [1.0, 10.0]
    assert one["told"] == {"name": "run of 0"}


def test_an_evaluation_is_gathered_whole_and_in_order():
    one, two, _ = gloo_worker.runs()
    for found in (one, *two):
        assert [i for _, part in found["gathered"] for i in part] == list(range(11))
    assert two[0]["gathered"][1][1]  # the second one did have a part of it


def test_only_the_first_process_writes():
    _, two, text = gloo_worker.runs()
    assert text == "written by 0\n"
    assert all(found["file is there"] for found in two)


def test_buffers_are_shared_where_statistics_went_apart():
    _, (first, second), _ = gloo_worker.runs()
    name = "layers.1.running_mean"
    assert not torch.equal(first["plain"][name], second["plain"][name])
    for found in (first, second):
        assert found["shared"].keys() == {n for n in first["plain"] if "running" in n or "tracked" in n}
        assert all(torch.equal(value, first["plain"][n]) for n, value in found["shared"].items())


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 24, 1969])
def test_shares_are_whole_contiguous_and_even(count, size):
    evaluation = [list(shard_evaluation(count, world(rank, size))) for rank in range(size)]
    assert list(chain(*evaluation)) == list(range(count))
    assert max(map(len, evaluation)) - min(map(len, evaluation)) <= 1
    samples = [3 * i for i in range(count)]
    assert list(chain(*(shard_batch(samples, world(rank, size)) for rank in range(size)))) == samples


def test_a_global_batch_is_the_batches_of_the_processes_one_after_the_other():
    assert [shard_batch([5, 3, 9, 1, 0, 7], world(rank, 3)) for rank in range(3)] == [[5, 3], [9, 1], [0, 7]]


def test_one_process_needs_no_others(monkeypatch):
    environment(monkeypatch)
    here = start("cpu")
    assert here == World(0, 1, 0, torch.device("cpu"), "")
    model = nn.Linear(2, 2)
    assert wrap(model, here) is unwrap(model) is model
    distributed.barrier()
    distributed.share_buffers(model)
    stop(here)


def test_torchrun_with_one_process_is_one_process(monkeypatch):
    environment(monkeypatch, RANK="0", WORLD_SIZE="1", LOCAL_RANK="0")
    assert start("cpu").backend == ""


@pytest.mark.parametrize(
    ("count", "device", "expected"),
    [
        pytest.param(0, "auto", "cpu", id="no GPU"),
        pytest.param(2, "auto", "cuda:0", id="GPU"),
        pytest.param(2, "cuda:1", "cuda:1", id="a certain GPU"),
        pytest.param(2, "cpu", "cpu", id="CPU in spite of GPUs"),
    ],
)
def test_the_device_is_found(monkeypatch, count, device, expected):
    environment(monkeypatch)
    gpus(monkeypatch, count)
    assert start(device).device == torch.device(expected)


SECOND = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
REFUSED = [
    pytest.param({}, 0, ("cuda",), "finds no CUDA GPU", id="no GPU"),
    pytest.param({}, 1, ("cuda:3",), "no GPU 3, PyTorch sees 1", id="no such GPU"),
    pytest.param(SECOND, 1, ("cuda",), "no GPU 1, PyTorch sees 1", id="more processes than GPUs"),
    pytest.param(SECOND, 4, ("cuda:0",), "cannot share cuda:0", id="one GPU for two"),
    pytest.param({}, 0, ("gpu",), "unknown device 'gpu'", id="unknown device"),
    pytest.param({}, 0, ("cuda:first",), "unknown device 'cuda:first'", id="no number"),
    pytest.param(SECOND, 0, ("cpu", "nccl"), "nccl needs GPUs", id="nccl without GPU"),
    pytest.param(SECOND, 0, ("cpu", "glo"), "unknown backend 'glo': did you mean 'gloo'", id="unknown backend"),
    pytest.param({"RANK": "1"}, 0, ("cpu",), "WORLD_SIZE is '', not a number", id="half an environment"),
    pytest.param({**SECOND, "RANK": "two"}, 0, ("cpu",), "RANK is 'two', not a number", id="no rank"),
    pytest.param({**SECOND, "RANK": "2"}, 0, ("cpu",), "count from 0 to 1", id="rank too large"),
    pytest.param({**SECOND, "MASTER_ADDR": ""}, 0, ("cpu",), "MASTER_ADDR expected, but not set", id="no address"),
]


@pytest.mark.parametrize(("variables", "count", "arguments", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(monkeypatch, variables, count, arguments, sentence):
    environment(monkeypatch, **variables)
    gpus(monkeypatch, count)
    with pytest.raises(HeadPoseError, match=sentence) as caught:
        start(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rank", ["0", "1"])
def test_a_meeting_without_the_others_ends_in_a_sentence(monkeypatch, rank):
    port = str(gloo_worker.free_port())  # nobody listens there, and nobody will come
    environment(monkeypatch, **{**SECOND, "RANK": rank, "MASTER_PORT": port})
    with pytest.raises(HeadPoseError, match=rf"process {rank} of 2 .*'127.0.0.1:{port}' within 1 s") as caught:
        start("cpu", meeting_s=1.0)
    assert "\n" not in str(caught.value)
    assert not torch.distributed.is_initialized()
