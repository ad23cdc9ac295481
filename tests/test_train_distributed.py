"""Several processes under torchrun: the same weights as one process with as large a batch."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_runs import flags, only_run, train

from training.run_folder import read_metrics
from training.snapshots import load_state, snapshots_in

pytestmark = pytest.mark.slow  # every test starts processes that each import PyTorch: most of a minute on two cores

ROOT = Path(__file__).resolve().parent.parent
# Plain SGD: Adam divides a gradient that is zero but for rounding (a bias before a BatchNorm) by itself.
SAME = {"optimizer": "sgd", "lr": 0.01, "ema": 0.8, "num_epochs": 2, "data_options": "count=40"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def torchrun(out, *, processes=2, **changes):
    command = [sys.executable, "-m", "torch.distributed.run", f"--nproc_per_node={processes}"]
    command += ["--master_addr=127.0.0.1", f"--master_port={free_port()}", "-m", "training.train"]
    command += flags(output_dir=out, **changes)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=out)


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    out = tmp_path_factory.mktemp("two")
    done = torchrun(out, batch_size=4, sync_bn="true", **SAME)
    assert done.returncode == 0, done.stderr[-3000:]
    return only_run(out), done


@pytest.fixture(scope="module")
def one_process(tmp_path_factory):
    out = tmp_path_factory.mktemp("one")
    assert train(out, batch_size=8, **SAME) == 0
    return only_run(out)


def test_two_processes_reach_the_weights_of_one_with_twice_the_batch(two_processes, one_process):
    two, one = (load_state(snapshots_in(run)[0]) for run in (two_processes[0], one_process))
    assert two.model.keys() == one.model.keys()
    for name in one.model:
        assert torch.allclose(two.model[name].double(), one.model[name].double(), rtol=1e-4, atol=1e-5), name
    moved = (one.model["head.weight"] - two.model["head.weight"]).abs().max()
    fresh = load_state(snapshots_in(one_process)[-1]).model["head.weight"]
    assert moved < 1e-2 * (one.model["head.weight"] - fresh).abs().max()


def test_they_log_and_validate_as_one(two_processes, one_process):
    ours, theirs = read_metrics(two_processes[0] / "metrics.jsonl"), read_metrics(one_process / "metrics.jsonl")
    assert [(a["step"], a["group"]) for a in ours] == [(b["step"], b["group"]) for b in theirs]
    for a, b in zip(ours, theirs, strict=True):
        name = "loss" if a["group"] == "train" else "geodesic_mean_deg"
        assert a[name] == pytest.approx(b[name], rel=1e-3)


def test_only_the_first_process_writes_and_speaks(two_processes):
    run, done = two_processes
    assert json.loads((run / "summary.json").read_text())["status"] == "finished"
    assert (done.stdout + done.stderr).count("run folder:") == 1
    assert json.loads((run / "run.json").read_text())["starts"][0]["world"] == 2


def test_bad_input_ends_all_processes(tmp_path):
    done = torchrun(tmp_path, batch_size=400)
    assert done.returncode != 0
    assert "error: a step takes 800 faces (batch_size 400 × accumulate 1 × 2 processes)" in done.stderr
    assert not re.search(r"^\[rank\d\]: Traceback", done.stderr, re.MULTILINE)  # the one that waited ends in words too
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("SixDRepNet")]
