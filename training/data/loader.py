"""Batches of a source: the same views in the same order whatever the number of workers, and from any step on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from training.data.augmentation import AUGMENTATIONS, Augmentation, make_view
from training.data.crops import FRAMINGS, Framing
from training.data.source import PoseSource

Item = tuple[int, int]  # epoch and position in the source
_ENDING_S = 5.0  # for a process whose connection broke; more than a busy machine needs


class Batch(NamedTuple):
    """What reaches the network's device: bytes, four times less than floats."""

    images: Tensor
    """(N, S, S, 3) uint8 RGB."""
    rotations: Tensor
    """(N, 3, 3) float32."""
    indices: list[int]
    """N positions in the source."""
    failures: list[tuple[str, str]]
    """(key, reason) of pictures that could not be read; they are not among the N."""


@dataclass(frozen=True)
class View:
    """How a face becomes an input."""

    framing: str
    """Key of `FRAMINGS`."""
    augmentation: str
    """Key of `AUGMENTATIONS`."""
    size: int
    """Pixels."""
    seed: int = 0
    """Of everything random."""
    random: bool = True
    """False: the framing's deterministic form and no augmentation."""


class ViewDataset(Dataset):  # type: ignore[type-arg]
    """A source seen through a view. Takes (epoch, index); what is random depends on seed, epoch and index alone."""

    def __init__(self, source: PoseSource, view: View) -> None:
        self._source, self._view = source, view
        self._rotations, self._boxes = source.rotations, source.boxes
        self._keys = list(source.keys)

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, item: Item) -> tuple[int, np.ndarray, np.ndarray] | tuple[str, str]:
        epoch, index = item
        rng = np.random.default_rng([self._view.seed, epoch, index]) if self._view.random else None
        try:
            rect = self._framing(Box(*self._boxes[index]), rng)
            picture, rotation = self._source.picture(index), self._rotations[index]
            image, turned = make_view(picture, rect, rotation, self._view.size, self._augmentation, rng)
        except HeadPoseError as error:
            return self._keys[index], str(error)
        return index, image, turned.astype(np.float32)

    @property
    def _framing(self) -> Framing:
        return FRAMINGS[self._view.framing]

    @property
    def _augmentation(self) -> Augmentation:
        return AUGMENTATIONS[self._view.augmentation]


def collate(items: list[tuple[int, np.ndarray, np.ndarray] | tuple[str, str]]) -> Batch:
    """Stack the views that could be made, list those that could not."""
    made = [item for item in items if len(item) == 3]
    failures = [item for item in items if len(item) == 2]
    if not made:
        return Batch(torch.empty(0, 0, 0, 3, dtype=torch.uint8), torch.empty(0, 3, 3), [], failures)
    indices, images, rotations = zip(*made, strict=True)
    return Batch(
        torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(rotations)), [int(i) for i in indices], failures
    )


class EpochBatches:
    """The share of one process in every global batch of an epoch. Set `epoch` and `start`, then iterate.

    All processes see one order. A global batch is cut into as many runs as there are processes, so that together
    they do what one process with a batch as large as all of theirs does.
    """

    def __init__(self, count: int, batch: int, *, rank: int = 0, world: int = 1, seed: int = 0) -> None:
        self.count, self.batch, self.rank, self.world, self.seed = count, batch, rank, world, seed
        self.epoch = 0
        self.start = 0

    def __len__(self) -> int:
        return self.steps - self.start

    @property
    def steps(self) -> int:
        """Whole global batches of an epoch; the rest of the faces have their turn in another epoch's order."""
        return self.count // (self.batch * self.world)

    def __iter__(self) -> Iterator[list[Item]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.count)
        for step in range(self.start, self.steps):
            first = (step * self.world + self.rank) * self.batch
            yield [(self.epoch, int(i)) for i in order[first : first + self.batch]]


@contextmanager
def attended(loader: DataLoader[Batch]) -> Iterator[DataLoader[Batch]]:
    """The loader; its processes end with the block, whatever happens in it.

    Raises HeadPoseError if one of them died, which comes as a RuntimeError of PyTorch anywhere in the main process, or
    as a connection that breaks.
    """
    try:
        yield loader
    except (RuntimeError, OSError, EOFError) as error:
        if not _one_died(loader):
            raise
        raise HeadPoseError(
            f"a process that loads pictures died ({str(error).splitlines()[0].rstrip('.')}), probably for want of "
            "memory or shared memory: go on from the last snapshot with --resume and fewer --workers"
        ) from error
    finally:
        _end_processes(loader)


def _processes(loader: DataLoader[Batch]) -> list[Any]:
    return getattr(getattr(loader, "_iterator", None), "_workers", [])  # PyTorch has no public way to them


def _one_died(loader: DataLoader[Batch]) -> bool:
    """A process closes its connections, its sentinel among them, a little before it has an exit code: wait for both."""
    processes = _processes(loader)
    ending = wait([process.sentinel for process in processes], timeout=_ENDING_S)
    for process in processes:
        if process.sentinel in ending:
            process.join()
    return any(process.exitcode for process in processes)


def _end_processes(loader: DataLoader[Batch]) -> None:
    """Left to Python's exit they would be sent SIGTERM, which they ignore, and waited for without end."""
    processes = _processes(loader)
    try:
        if processes:
            loader._iterator._shutdown_workers()  # type: ignore[union-attr]
    finally:
        for process in processes:
            process.kill()


def training_loader(source: PoseSource, view: View, batches: EpochBatches, workers: int) -> DataLoader[Batch]:
    """A loader over `batches`; its processes live as long as it does."""
    return _loader(ViewDataset(source, view), batches, workers)


def evaluation_loader(source: PoseSource, view: View, positions: range, batch: int, workers: int) -> DataLoader[Batch]:
    """Every face of `positions` once, in order."""
    starts = range(positions.start, positions.stop, batch)
    batches = [[(0, i) for i in range(s, min(s + batch, positions.stop))] for s in starts]
    return _loader(ViewDataset(source, view), batches, workers)


def _loader(dataset: ViewDataset, batches: EpochBatches | list[list[Item]], workers: int) -> DataLoader[Batch]:
    options = {"persistent_workers": True, "prefetch_factor": 4, "worker_init_fn": _one_thread} if workers else {}
    return DataLoader(
        dataset,
        batch_sampler=batches,  # type: ignore[arg-type]
        collate_fn=collate,
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator(),  # of its own: PyTorch's global one belongs to the network's dropout
        **options,  # type: ignore[arg-type]
    )


def _one_thread(worker: int) -> None:
    """The workers share the cores; a signal to the whole group is for the main process, which saves and ends them."""
    import signal

    import cv2

    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
