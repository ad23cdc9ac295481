"""What each process does in the tests of distributed training: two by gloo, and one alone as the reference.

`runs()` starts the two once for all tests, with the environment that torchrun would give them. Each writes what it
found to rank.pt in the folder that it is told; the tests compare.
"""

from __future__ import annotations

import functools
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import nn

from training.distributed import (
    all_sum,
    barrier,
    broadcast_object,
    gather_objects,
    shard_batch,
    shard_evaluation,
    share_buffers,
    start,
    stop,
    unwrap,
    wrap,
)
from training.losses import chordal
from training.rotation import sixd_to_rotation
from training.sync_norm import convert_sync_norm

SAMPLES = 15
BATCHES = [list(range(0, 8)), list(range(4, 12)), list(range(8, 15)), [14]]  # 4 + 4, 4 + 4, 4 + 3 and 1 + 0 samples


class Net(nn.Module):
    """Two convolutions with BatchNorms, one with a momentum and one with a plain mean, and the 6D head.

    Not a `SixDRepNet`, whose module imports timm: every process would spend seconds on that.
    """

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 6, 3, bias=False),
            nn.BatchNorm2d(6),
            nn.GELU(),
            nn.Conv2d(6, 8, 3, 2),
            nn.BatchNorm2d(8, momentum=None),
        )
        self.head = nn.Linear(8, 6)

    def forward(self, x):
        return sixd_to_rotation(self.head(self.layers(x).mean((2, 3))))


def data():
    rng = torch.Generator().manual_seed(5)
    images = torch.randn(SAMPLES, 3, 12, 12, generator=rng, dtype=torch.float64)
    images += 3.0 * torch.randn(SAMPLES, 3, 1, 1, generator=rng, dtype=torch.float64)  # so that halves differ
    targets, _ = torch.linalg.qr(torch.randn(SAMPLES, 3, 3, generator=rng, dtype=torch.float64))
    return images, targets


def network(seed):
    torch.manual_seed(seed)
    return Net().double()


def train(world, *, sync, epochs=2):
    """The weights and buffers after a few steps of SGD on the global batches."""
    images, targets = data()
    model = network(seed=world.rank)  # other weights in every process: the wrapper must take those of process 0
    if sync:
        convert_sync_norm(model, world.device.type)
    wrapped = wrap(model, world)
    wrapped.train()
    for batch in BATCHES * epochs:
        own = shard_batch(batch, world)
        losses = chordal(wrapped(images[own]), targets[own])
        model.zero_grad()
        (losses.sum() * (world.size / len(batch))).backward()
        with torch.no_grad():
            for parameter in model.parameters():  # SGD by hand: making torch's costs every process four seconds
                parameter -= 0.1 * parameter.grad
    return {name: value.clone() for name, value in unwrap(wrapped).state_dict().items()}


def autocast(world):
    """Outputs and statistics of one synchronised norm whose input is bfloat16."""
    rng = torch.Generator().manual_seed(8)
    x = (torch.randn(6, 4, 5, 5, generator=rng) * 3 + 100).bfloat16()
    norm = nn.Sequential(nn.BatchNorm2d(4)).train()
    convert_sync_norm(norm, "cpu")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = norm(x[shard_batch(list(range(6)), world)])
    return {"out": out.detach(), **norm.state_dict()}


def main(folder):
    world = start("cpu")
    found = {
        "world": (world.rank, world.size, world.local_rank, str(world.device), world.backend, world.is_main),
        "sync": train(world, sync=True),
        "plain": train(world, sync=False),
        "autocast": autocast(world),
        "sum": all_sum(torch.tensor([1.0 + world.rank, 10.0], requires_grad=True)),
        "told": broadcast_object({"name": f"run of {world.rank}"}),
        "gathered": gather_objects((world.rank, list(shard_evaluation(11, world)))),
    }
    diverged = network(seed=0)
    diverged.load_state_dict(found["plain"])
    share_buffers(diverged)
    found["shared"] = {name: buffer.clone() for name, buffer in diverged.named_buffers()}
    if world.is_main:
        with (folder / "main.txt").open("a") as file:  # a second writer would add a second line
            file.write(f"written by {world.rank}\n")
    barrier()
    found["file is there"] = (folder / "main.txt").is_file()
    torch.save(found, folder / f"{world.rank}.pt")
    stop(world)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _start(rank, port, folder):
    place = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    root = str(Path(__file__).resolve().parent.parent)
    return subprocess.Popen(
        [sys.executable, __file__, str(folder)],
        env={**os.environ, **place, **meeting, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait(processes):
    try:
        for process in processes:
            output, _ = process.communicate(timeout=120)
            assert process.returncode == 0, output[-3000:]
    finally:
        for process in processes:
            process.kill()


@functools.cache
def runs():
    """What one process found, and what each of two found; and the file that only the first of them writes."""
    with tempfile.TemporaryDirectory() as name:
        (alone := Path(name, "alone")).mkdir()
        (two := Path(name, "two")).mkdir()
        port = free_port()
        processes = [_start(rank, port, two) for rank in (0, 1)]
        main(alone)
        _wait(processes)
        one, first, second = (torch.load(f, weights_only=False) for f in (alone / "0.pt", two / "0.pt", two / "1.pt"))
        return one, (first, second), (two / "main.txt").read_text()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
