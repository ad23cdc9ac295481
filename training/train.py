"""Training from a config to a run folder. ``python -m training.train`` is ``headpose train``.

    python -m training.train --num_epochs 80 --batch_size 80 --lr 0.0001 --dataset Pose_300W_LP \\
        --data_dir ./datasets/300W_LP --filename_list ./datasets/300W_LP/filenames.txt --output_string myexp \\
        --backbone_type repnext --backbone_weights ./repnext_m4_fused.pt
    torchrun --nproc_per_node 4 -m training.train --recipe repnext_m4_300wlp --data_dir ./datasets/300W_LP
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from runtime.atomic import check_new
from runtime.errors import HeadPoseError
from training.config import TrainConfig, check
from training.data.augmentation import AUGMENTATIONS
from training.data.loader import View, evaluation_loader, training_loader
from training.data.registry import spread
from training.data.source import Progress, silent
from training.distributed import World, barrier, broadcast_object, not_alone, start, stop
from training.initial import check_image_size, initial_network
from training.inputs import to_input
from training.models.grow import can_grow
from training.models.sixdrepnet import SixDRepNet
from training.run_data import TrainData, open_data
from training.run_folder import RunFolder, check_copy_target, copy_run
from training.snapshots import TrainState, is_training_snapshot, load_state, set_aside
from training.stepper import Stepper
from training.stopping import StopRequest, listening
from training.trainer import Trainer

_CALIBRATION = 256  # faces that new BatchNorms take their statistics from


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    folder: Path
    """Its folder."""
    status: str
    """'finished', 'time', 'SIGTERM' or 'SIGINT'."""
    exit_code: int
    """0, or 128 + the signal."""
    summary: dict[str, Any]
    """What summary.json holds."""


def train(
    config: TrainConfig,
    *,
    resume: tuple[RunFolder, TrainState] | None = None,
    progress: Progress = silent,
    say: Callable[[str], None] = print,
) -> Outcome:
    """Train as the config says.

    Args:
        config: checked settings.
        resume: a run folder and its state to go on from, in that folder; None starts a new one.
        progress: told (text, done, total).
        say: told one sentence now and then.

    Returns:
        The outcome, in every process; only the main one writes files.

    Raises:
        HeadPoseError: bad data, settings or weights; a file that cannot be written; a diverged run.
    """
    check(config)
    check_copy_target(config.copy_to, resume[0].path.parent if resume else Path(config.output_dir))
    if resume and config.copy_to:
        check_new(Path(config.copy_to) / resume[0].path.name, overwrite=False)
        if resume[1].position.epoch >= config.num_epochs:
            say(f"the run is finished; copied to {copy_run(resume[0], config.copy_to)}")
            return Outcome(resume[0].path, "finished", 0, resume[0].read_summary())
    world = start(config.device)
    try:
        with not_alone(world):
            return _train(config, world, resume, progress if world.is_main else silent, say if world.is_main else _mute)
    finally:
        stop(world)


def _mute(text: str) -> None:
    """What the other processes say."""


def _train(
    config: TrainConfig,
    world: World,
    resume: tuple[RunFolder, TrainState] | None,
    progress: Progress,
    say: Callable[[str], None],
) -> Outcome:
    _set_up_torch(config)
    if config.precision == "bf16" and not _computes_bf16(world.device):
        say(f"{world.device} has no fast bfloat16: --precision fp32 is probably faster here")
    data = _open_in_turns(config, world, progress)
    network, origin, state = _network(config, data, resume)
    check_image_size(network, config.backbone_type, config.image_size)
    stepper = Stepper(config, world, network)
    if state is not None:
        _check_epochs(config, state)
        stepper.restore(state)
        say(f"continuing after {state.position.epoch} epochs and {state.position.step} steps")
    folder = resume[0] if resume else RunFolder(Path(broadcast_object(_new_folder(config, world))))
    request = StopRequest(config.max_minutes)
    trainer = Trainer(config, stepper, data, folder, request=request, progress=progress, origin=origin)
    if state is not None:
        _restore(trainer, state, in_place=resume is not None, say=say)
    if world.is_main:
        folder.write_start(config, _facts(config, world, data, origin))
        _save_samples(data, folder)
        say(f"{origin}; {len(data.train)} faces, {len(data.val or [])} held out; writing to {folder.path}")
    with listening(request):
        status = trainer.fit()
    return _finish(trainer, status, request.exit_code if status != "finished" else 0, say)


def _set_up_torch(config: TrainConfig) -> None:
    torch.manual_seed(config.seed)
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.backends.cudnn.benchmark = False  # its trials kept M4 waiting on an H100 (training/recipes/LOG.md)
    torch.backends.cudnn.deterministic = config.deterministic
    torch.set_float32_matmul_precision("high")


def _computes_bf16(device: torch.device) -> bool:
    """Whether a GPU computes bfloat16 itself. Of CPUs nothing is known but that most do not."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def _open_in_turns(config: TrainConfig, world: World, progress: Progress) -> TrainData:
    """The main process first: it may write the index of labels, which the others then read."""
    data = open_data(config, progress) if world.is_main else None
    barrier()
    return data or open_data(config)


def _network(
    config: TrainConfig, data: TrainData, resume: tuple[RunFolder, TrainState] | None
) -> tuple[SixDRepNet, str, TrainState | None]:
    def images() -> Iterator[Tensor]:
        plain = View(data.view.framing, "none", data.view.size, random=False)
        first = spread(data.train, _CALIBRATION)
        for batch in evaluation_loader(first, plain, range(len(first)), config.batch_size, 0):
            if batch.indices:
                yield to_input(batch.images)

    state = resume[1] if resume else None
    if state is None and config.snapshot and not config.grow and is_training_snapshot(Path(config.snapshot)):
        state = load_state(Path(config.snapshot))
    if state is not None:
        if state.backbone != config.backbone_type:
            raise HeadPoseError(
                f"the snapshot is of {state.backbone}, not of {config.backbone_type}: "
                f"pass --backbone_type {state.backbone}{_or_grow(state.backbone, config.backbone_type)}"
            )
        network, _ = initial_network(config.backbone_type, images=images)
        return network, str(state.record.get("origin") or f"{state.backbone} from a snapshot"), state
    found = initial_network(
        config.backbone_type,
        weights=config.backbone_weights,
        snapshot=config.snapshot,
        grows=config.grow,
        images=images,
    )
    return *found, None


def _or_grow(small: str, large: str) -> str:
    return f", or --grow true to start as a {large} that computes what it computes" if can_grow(small, large) else ""


def _check_epochs(config: TrainConfig, state: TrainState) -> None:
    if state.position.epoch >= config.num_epochs:
        raise HeadPoseError(
            f"the snapshot has done {state.position.epoch} of {config.num_epochs} epochs: raise --num_epochs to go on, "
            "or start anew from its weights: --snapshot with the run's best.safetensors"
        )


def _restore(trainer: Trainer, state: TrainState, *, in_place: bool, say: Callable[[str], None]) -> None:
    if in_place and trainer.world.is_main:
        trainer.folder.remove_leftovers()
        for path in set_aside(trainer.folder.path, state.position):
            say(f"a snapshot from further on is now {path.name}")
    trainer.restore(state)
    before, now = state.record.get("steps_per_epoch", 0), trainer.progressed.steps_per_epoch
    if before not in (0, now):
        say(f"an epoch had {before} steps and has {now} now: the run goes on, to other weights than it would have had")
    moved = [name for name in ("seed", "val_fraction") if state.config.get(name) != getattr(trainer.config, name)]
    if moved and trainer.data.val:
        trainer.progressed.forget_best()  # its error was on other faces
        say(f"with another {' and '.join(moved)} faces are held out that were trained on: their error will be too low")


def _new_folder(config: TrainConfig, world: World) -> str:
    return str(RunFolder.create(config).path) if world.is_main else ""


def _facts(config: TrainConfig, world: World, data: TrainData, origin: str) -> dict[str, Any]:
    return {
        "origin": origin,
        "data": {
            "name": data.train.name,
            "terms": data.train.terms,
            "train": len(data.train),
            "held_out": len(data.val) if data.val else 0,
            "held_out_groups": len(set(data.val.groups)) if data.val else 0,
            "framing": data.view.framing,
            "augmentation": AUGMENTATIONS[config.augmentation].describe(),
        },
        "world": world.size,
        "device": str(world.device),
        "seed": config.seed,
    }


def _save_samples(data: TrainData, folder: RunFolder) -> None:
    """The first views of the first epoch with their axes."""
    from runtime.images import save_image
    from training.data.loader import EpochBatches
    from training.sample_sheet import sample_sheet

    batches = EpochBatches(len(data.train), min(16, len(data.train)), seed=data.view.seed)
    batch = next(iter(training_loader(data.train, data.view, batches, 0)))
    if batch.indices:
        views = list(zip(batch.images.numpy(), batch.rotations.numpy().astype(float), strict=True))
        save_image(folder.path / "samples.png", sample_sheet(views))


def _finish(trainer: Trainer, status: str, exit_code: int, say: Callable[[str], None]) -> Outcome:
    summary = _summary(trainer, status)
    folder, config = trainer.folder, trainer.config
    if trainer.world.is_main:
        folder.write_summary(summary)
        if status == "finished" and config.copy_to:
            say(f"copied to {copy_run(folder, config.copy_to)}")
    return Outcome(folder.path, status, exit_code, summary)


def _summary(trainer: Trainer, status: str) -> dict[str, Any]:
    done = trainer.progressed
    return {
        "status": status,
        "epochs": trainer.position.epoch,
        "steps": trainer.global_step,
        "backbone": trainer.config.backbone_type,
        "parameters": sum(p.numel() for p in trainer.stepper.network.parameters()),
        "best_epoch": done.best_epoch,
        "best_held_out_geodesic_deg": done.best_deg,
        "last_held_out_geodesic_deg": done.last_deg,
        "images": done.images,
        "seconds": round(done.seconds, 1),
        "images_per_s": round(done.images / max(done.seconds, 1e-9), 2),
        "bad_steps": done.bad_steps,
        "skipped": [list(pair) for pair in done.skipped],
        "origin": trainer.progressed.origin,
        "data": trainer.data.train.name,
        "terms": trainer.data.train.terms,
    }


def main(argv: list[str] | None = None) -> int:
    """``python -m training.train``: the options of ``headpose train``."""
    import sys

    from runtime.command_line import run_command, stop_on_sigterm
    from training.commands import train as command

    arguments = sys.argv[1:] if argv is None else argv
    stop_on_sigterm()
    return run_command(command, "python -m training.train", "Train 6DRepNet on any backbone.", arguments)


if __name__ == "__main__":
    raise SystemExit(main())
