"""Training in several processes, one per GPU or CPU share, as torchrun starts them; in one, all of it does nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from runtime.errors import HeadPoseError, unknown_name

DEVICES = ("auto", "cpu", "cuda", "mps")
BACKENDS = ("auto", "gloo", "nccl")

_MEETING_S = 300.0  # for all processes to start and find each other
_COLLECTIVE_S = 3600.0  # for the slowest to arrive: the first process may write files while the others wait
_GONE = re.compile(r"gloo|connection (closed|reset|refused)|nccl", re.IGNORECASE)  # in errors about the others


@dataclass(frozen=True)
class World:
    """The processes of a run, and which of them this one is."""

    rank: int
    """Number of this process, from 0."""
    size: int
    """Number of processes."""
    local_rank: int
    """Number of this process on its machine: the GPU that it takes."""
    device: torch.device
    """Where this process computes."""
    backend: str
    """'nccl' or 'gloo'; empty with one process, which needs none."""

    @property
    def is_main(self) -> bool:
        """Whether this is the process that prints and writes files."""
        return self.rank == 0


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    if not text.isdecimal():
        raise HeadPoseError(f"the environment variable {name} is '{text}', not a number: start several with torchrun")
    return int(text)


def _place() -> tuple[int, int, int]:
    """Rank, size and local rank as torchrun tells them."""
    if "RANK" not in os.environ and "WORLD_SIZE" not in os.environ:
        return 0, 1, 0
    rank, size, local_rank = _number("RANK"), _number("WORLD_SIZE"), _number("LOCAL_RANK")
    if rank >= size:
        raise HeadPoseError(f"RANK is {rank} and WORLD_SIZE {size}: ranks count from 0 to {size - 1}")
    return rank, size, local_rank


def _device(wanted: str, size: int, local_rank: int) -> torch.device:
    kind, _, index = wanted.partition(":")
    if kind not in DEVICES or (index and not index.isdecimal()):
        raise unknown_name("device", wanted, DEVICES)
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    if kind == "mps" and not torch.backends.mps.is_available():
        raise HeadPoseError("PyTorch finds no Apple GPU here: choose the device cpu")
    if kind != "cuda":
        return torch.device(kind)
    if not torch.cuda.is_available():
        raise HeadPoseError("PyTorch finds no CUDA GPU here: choose the device cpu, or look at what nvidia-smi says")
    if index and size > 1:
        raise HeadPoseError(f"{size} processes cannot share {wanted}: choose the device cuda, each takes its own GPU")
    number, count = int(index or local_rank), torch.cuda.device_count()
    if number >= count:
        raise HeadPoseError(f"there is no GPU {number}, PyTorch sees {count}: start at most that many per machine")
    return torch.device("cuda", number)


def _backend(wanted: str, device: torch.device) -> str:
    if wanted not in BACKENDS:
        raise unknown_name("backend", wanted, BACKENDS)
    if wanted == "auto":
        return "nccl" if device.type == "cuda" else "gloo"
    if wanted == "nccl" and device.type != "cuda":
        raise HeadPoseError(f"the backend nccl needs GPUs, and the device is {device.type}: choose gloo")
    return wanted


def _meet(world: World, meeting_s: float) -> None:
    address = f"{os.environ.get('MASTER_ADDR', '')}:{os.environ.get('MASTER_PORT', '')}"
    try:
        # The rendezvous apart from the group, since waiting for a process that never comes should end sooner than
        # waiting for one that works.
        found = dist.rendezvous("env://", world.rank, world.size, timeout=timedelta(seconds=meeting_s))
        store, _, _ = next(iter(found))
        dist.init_process_group(
            world.backend,
            store=dist.PrefixStore("sixdrepnext", store),
            rank=world.rank,
            world_size=world.size,
            timeout=timedelta(seconds=_COLLECTIVE_S),
            device_id=world.device if world.backend == "nccl" else None,
        )
    except (RuntimeError, ValueError, OSError) as error:  # those of torch.distributed are RuntimeErrors
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise HeadPoseError(
            f"process {world.rank} of {world.size} found no others at '{address}' within {meeting_s:g} s ({reason}): "
            "check that all were started with the same MASTER_ADDR and MASTER_PORT"
        ) from error


def start(device: str = "auto", backend: str = "auto", *, meeting_s: float = _MEETING_S) -> World:
    """Join the other processes that torchrun started, or be the only one.

    Args:
        device: 'auto' (a GPU if there is one, else the CPU), 'cpu', 'mps', 'cuda' (the GPU of this process' number on
            its machine), or with one process 'cuda:N'.
        backend: 'auto' (nccl for GPUs, gloo for the CPU), 'gloo' or 'nccl'.
        meeting_s: seconds to wait for the others to start.

    Returns:
        The place of this process; `stop` ends it.

    Raises:
        HeadPoseError: a device that is not there, an incomplete environment, or others that cannot be reached.
    """
    rank, size, local_rank = _place()
    chosen = _device(device, size, local_rank)
    name = _backend(backend, chosen)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    world = World(rank, size, local_rank, chosen, name if size > 1 else "")
    if size > 1:
        if chosen.type == "mps" or not dist.is_available():
            raise HeadPoseError(f"this PyTorch cannot train in {size} processes on {chosen.type}: start one")
        _meet(world, meeting_s)
    return world


def stop(world: World) -> None:
    """Leave the others. Waits for nobody, so that a failed process does not hang."""
    if world.size > 1 and dist.is_initialized():
        dist.destroy_process_group()


@contextmanager
def not_alone(world: World) -> Iterator[None]:
    """Turn the error of a process whose others have gone into a HeadPoseError; theirs says what happened."""
    try:
        yield
    except RuntimeError as error:
        if world.size == 1 or not _GONE.search(str(error)):
            raise
        raise HeadPoseError(
            f"process {world.rank} of {world.size} lost the others: the error of the one that ended first is the one "
            "to look at; the snapshots of before are whole, --resume goes on from the last one"
        ) from error


def _alone() -> bool:
    return not (dist.is_available() and dist.is_initialized())


def barrier() -> None:
    """Wait until every process is here."""
    if not _alone():
        dist.barrier()


def broadcast_object(value: Any) -> Any:
    """The value of process 0, in every process. It is pickled; a tensor should be on the CPU."""
    if _alone():
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def gather_objects(value: Any) -> list[Any]:
    """The values of all processes, in the order of their ranks, in every process; pickled as above."""
    if _alone():
        return [value]
    box: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(box, value)
    return box


def all_sum(tensor: Tensor) -> Tensor:
    """The sum over the processes, as a new tensor without gradient. With nccl the tensor must be on the GPU."""
    total = tensor.detach().clone()
    if not _alone():
        dist.all_reduce(total)
    return total


def share_buffers(model: nn.Module) -> None:
    """Copy the buffers of process 0 into every other process' bare model.

    Without synchronised norms each process has statistics of its own: call it before an evaluation that is divided
    between them, on the model or on its moving average.
    """
    if not _alone():
        for buffer in model.buffers():
            dist.broadcast(buffer, src=0)


def wrap(model: nn.Module, world: World, **options: Any) -> nn.Module:
    """The model with averaged gradients (DistributedDataParallel), or with one process the model itself.

    Call it after `convert_sync_norm` and after parameters were frozen. All processes start with the weights of
    process 0.

    Args:
        model: on `world.device`.
        world: of `start`.
        options: for DistributedDataParallel.
    """
    if world.size == 1:
        return model
    devices = [world.device.index] if world.device.type == "cuda" else None
    return DistributedDataParallel(model, device_ids=devices, gradient_as_bucket_view=True, **options)


def unwrap(model: nn.Module) -> nn.Module:
    """The bare model."""
    return model.module if isinstance(model, DistributedDataParallel) else model


def _share(count: int, world: World) -> range:
    """Contiguous shares in the order of the ranks, whose sizes differ by one at most; the first are the larger ones."""
    base, extra = divmod(count, world.size)
    begin = world.rank * base + min(world.rank, extra)
    return range(begin, begin + base + (world.rank < extra))


def shard_batch(indices: list[int], world: World) -> list[int]:
    """This process' part of a global batch: `size` processes with b samples see what one with size · b sees.

    The last batch of an epoch need not divide evenly. DistributedDataParallel averages the gradients of the processes
    whatever their batches' sizes are, so each calls backward() on the sum of its own losses · size / global count: that
    gives the gradient of the mean over the global batch. A process whose part is empty still runs the step, with an
    empty batch, because the others wait for it.
    """
    own = _share(len(indices), world)
    return indices[own.start : own.stop]


def shard_evaluation(n: int, world: World) -> range:
    """This process' samples of 0 … n − 1, each in exactly one process.

    Shares are contiguous: the results of `gather_objects`, joined in its order, are in the order of the samples.
    """
    return _share(n, world)
