"""The faces of a run: opened, limited, split into those to learn from and those held out."""

from __future__ import annotations

import os
from dataclasses import dataclass

from runtime.errors import HeadPoseError, unknown_name
from training.config import TrainConfig
from training.data.augmentation import AUGMENTATIONS
from training.data.crops import FRAMINGS
from training.data.loader import View
from training.data.registry import DATASETS, open_dataset, spread
from training.data.source import PoseSource, Progress, Subset, silent
from training.data.split import hold_out
from training.losses import LOSSES
from training.optim import OPTIMIZERS
from training.schedule import SCHEDULES

_MOST_WORKERS = 16


@dataclass(frozen=True, eq=False)
class TrainData:
    """Where the faces come from."""

    train: PoseSource
    """Faces to learn from."""
    val: PoseSource | None
    """Held-out faces of other groups, None if no part is held out."""
    view: View
    """How they are seen in training."""
    workers: int
    """Loading processes."""


def open_data(config: TrainConfig, progress: Progress = silent) -> TrainData:
    """The faces of a config: opened, limited, split by groups.

    Raises HeadPoseError for an unknown name, damaged data, one group only, or a batch larger than the set.
    """
    check_names(config)
    source = spread(_open(config, progress), config.limit)
    framing = config.framing or DATASETS[config.dataset].train_framing
    train, val = source, None
    if config.val_fraction:
        kept, held = hold_out(source.groups, config.val_fraction, config.seed)
        train, val = Subset(source, kept), Subset(source, held)
    _check_batch(config, train)
    view = View(framing, config.augmentation, config.image_size, config.seed)
    return TrainData(train, val, view, _workers(config))


def check_names(config: TrainConfig) -> None:
    """Raise HeadPoseError, before any work, for a name that is in no registry."""
    for kind, name, known in (
        ("data set", config.dataset, DATASETS),
        ("framing", config.framing, FRAMINGS),
        ("augmentation", config.augmentation, AUGMENTATIONS),
        ("loss", config.loss, LOSSES),
        ("optimizer", config.optimizer, OPTIMIZERS),
        ("schedule", config.schedule, SCHEDULES),
    ):
        if name is not None and name not in known:
            raise unknown_name(kind, name, known)


def _open(config: TrainConfig, progress: Progress) -> PoseSource:
    options = config.data_options
    return open_dataset(config.dataset, config.data_dir, config.filename_list, options=options, progress=progress)


def _check_batch(config: TrainConfig, train: PoseSource) -> None:
    world = int(os.environ.get("WORLD_SIZE", "1"))
    batch = config.batch_size * config.accumulate * world
    if batch > len(train):
        raise HeadPoseError(
            f"a step takes {batch} faces (batch_size {config.batch_size} × accumulate {config.accumulate} × "
            f"{world} processes) and {train.name} has {len(train)} to train on: lower --batch_size"
        )


def _workers(config: TrainConfig) -> int:
    if config.workers >= 0:
        return config.workers
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return min(_MOST_WORKERS, max(1, (os.cpu_count() or 1) // processes - 1))
