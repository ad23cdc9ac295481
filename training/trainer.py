"""The training loop: epochs of steps, validation, snapshots. What comes next depends on config and state alone."""

from __future__ import annotations

import math
import time
from typing import Any

from runtime.errors import HeadPoseError
from training.config import TrainConfig
from training.curves import save_curves
from training.data.loader import Batch, EpochBatches, attended, training_loader
from training.data.source import Progress, silent
from training.distributed import broadcast_object, gather_objects, share_buffers
from training.meter import Meter
from training.models.checkpoints import save_checkpoint
from training.progressed import Progressed
from training.run_data import TrainData
from training.run_folder import MetricsLog, RunFolder, read_metrics
from training.schedule import ScheduleSpec, build_schedule
from training.snapshots import Position, TrainState, prune, save_state
from training.stepper import Stepper
from training.stopping import StopRequest
from training.validation import HeldOut, validate

MAX_BAD_STEPS = 20  # one after the other with a gradient that is no number: the run has diverged
_DRAW_EVERY_S = 20.0


class Trainer:
    """One run. `fit` takes it to its end or to a stop; `state` and `restore` carry it from one process to the next.

    Args:
        config: what was asked for.
        stepper: the network and its optimiser.
        data: the faces.
        folder: where the main process writes.
        request: asked between steps whether to stop.
        progress: told (text, done, total) about every step.
        origin: where the first weights came from, for the record of the last ones.
    """

    def __init__(
        self,
        config: TrainConfig,
        stepper: Stepper,
        data: TrainData,
        folder: RunFolder,
        *,
        request: StopRequest,
        progress: Progress = silent,
        origin: str = "",
    ) -> None:
        self.config, self.data, self.folder = config, data, folder
        self.stepper, self.world = stepper, stepper.world
        world = stepper.world
        self._request, self._progress = request, progress
        batch = config.batch_size * config.accumulate
        self._batches = EpochBatches(len(data.train), batch, rank=world.rank, world=world.size, seed=config.seed)
        self.position, self.progressed = Position(), Progressed(steps_per_epoch=self._batches.steps, origin=origin)
        self._factor = build_schedule(config.schedule, schedule_spec(config, self._batches.steps))
        self._bad_in_a_row = 0
        self._drawn = -math.inf
        self._reason: str | None = None
        self._meter = Meter()

    @property
    def global_step(self) -> int:
        """Optimiser steps done since the beginning."""
        return self.position.epoch * self._batches.steps + self.position.step

    def state(self) -> TrainState:
        """Everything that the next step depends on."""
        return TrainState(
            position=self.position,
            backbone=self.config.backbone_type,
            config=self.config.to_dict(),
            record=self.progressed.to_dict(),
            **self.stepper.parts_of_state(),
        )

    def restore(self, state: TrainState) -> None:
        """Take over how far a run was; its tensors are the stepper's (`Stepper.restore`).

        Where an epoch has another number of steps now, the same part of it counts as done. A best epoch whose weights
        are not in the folder is forgotten, unless they are those of the state.
        """
        origin, now = self.progressed.origin, self._batches.steps
        self.progressed = Progressed.of(state.record)
        before = self.progressed.steps_per_epoch or now
        self.position = Position(state.position.epoch, state.position.step * now // before)
        self.progressed.steps_per_epoch = now
        self.progressed.origin = self.progressed.origin or origin
        self._restore_best()

    def _restore_best(self) -> None:
        epoch = self.progressed.best_epoch
        if epoch is None or broadcast_object(self.world.is_main and self.folder.best_epoch()) == epoch:
            return
        if self.position == Position(epoch, 0):
            if self.world.is_main:
                self._save_weights(self.folder.best)
        else:
            self.progressed.forget_best()

    def fit(self) -> str:
        """Train to the end: 'finished', or the reason of a stop: 'SIGTERM', 'SIGINT', 'time'.

        Raises HeadPoseError if too many pictures cannot be read, the gradient stays no number, or a file cannot be
        written; the snapshots of before stay.
        """
        log = self._open_log()
        loader = training_loader(self.data.train, self.data.view, self._batches, self.data.workers)
        try:
            with attended(loader):
                return self._epochs(loader, log)
        finally:
            if log is not None:
                log.close()

    def _epochs(self, loader: Any, log: MetricsLog | None) -> str:
        while self.position.epoch < self.config.num_epochs:
            reason = self._epoch(loader, log) or self._finish_epoch(log)
            if reason is not None:
                self.save()
                self._draw(at_once=True)
                return reason
        return "finished"

    def _open_log(self) -> MetricsLog | None:
        if not self.world.is_main:
            return None
        board, steps = self.config.tensorboard, self._batches.steps
        return MetricsLog(self.folder, tensorboard=board, done=self.position, steps_per_epoch=steps)

    def save(self) -> None:
        """Write a training snapshot and remove the oldest ones; the main process only."""
        if self.world.is_main:
            save_state(self.folder.path, self.state(), prefix=self.config.output_string)
            prune(self.folder.path, self.config.keep)

    def _epoch(self, loader: Any, log: MetricsLog | None) -> str | None:
        """The rest of the current epoch; None, or why it was left."""
        self._batches.epoch, self._batches.start = self.position.epoch, self.position.step
        self._meter = Meter()
        for batch in loader:
            self._step(batch)
            if log is not None and self.global_step % self.config.log_every == 0:
                log.write(self.global_step, self._line(), group="train")
                self._meter.forget_losses()
            self._show()
            if self._reason is not None:
                return self._reason
            if self.position.step == self._batches.steps:
                break
            if self.config.save_every_steps and self.position.step % self.config.save_every_steps == 0:
                self.save()
        return None

    def _step(self, batch: Batch) -> None:
        started = time.perf_counter()
        before = self._meter.seconds
        self._exchange(batch)
        result = self.stepper.step(batch, self._factor(self.global_step))
        self._bad_in_a_row = 0 if math.isfinite(result.norm) else self._bad_in_a_row + 1
        self.progressed.bad_steps += self._bad_in_a_row > 0
        if self._bad_in_a_row >= MAX_BAD_STEPS:
            raise HeadPoseError(
                f"the gradient was no number in {MAX_BAD_STEPS} steps one after the other: resume from a snapshot "
                "of before with a lower --lr, a --clip_norm, or --precision fp32"
            )
        self.position = Position(self.position.epoch, self.position.step + 1)
        self._meter.add(result.loss, result.norm, result.images, started)
        self.progressed.images += result.images
        self.progressed.seconds += self._meter.seconds - before

    def _exchange(self, batch: Batch) -> None:
        """All processes learn of every picture that failed and of the first reason that any of them has to stop."""
        parts = gather_objects((batch.failures, self._request.reason))
        self._reason = next((reason for _, reason in parts if reason), None)
        self._count([pair for failures, _ in parts for pair in failures])

    def _count(self, failures: list[tuple[str, str]]) -> None:
        """Note pictures that could not be read; too many end the run."""
        known = {key for key, _ in self.progressed.skipped}
        self.progressed.skipped += [pair for pair in failures if pair[0] not in known]
        if len(self.progressed.skipped) > self.config.max_skipped:
            key, why = self.progressed.skipped[-1]
            raise HeadPoseError(
                f"{len(self.progressed.skipped)} pictures of {self.data.train.name} could not be read, the last one "
                f"{key} ({why}): repair the data (headpose prepare check lists them) or raise --max_skipped"
            )

    def _line(self) -> dict[str, Any]:
        return {
            "epoch": round(self.global_step / self._batches.steps, 6),
            "loss": self._meter.loss,
            "lr": self.config.lr * self._factor(self.global_step - 1),
            "grad_norm": self._meter.norm,
            "images_per_s": round(self._meter.images_per_s, 2),
            "skipped": len(self.progressed.skipped),
        }

    def _show(self) -> None:
        total = self._batches.steps * self.config.num_epochs
        best = f"  best {self.progressed.best_deg:.2f}°" if self.progressed.best_deg is not None else ""
        text = f"epoch {self.position.epoch + 1}/{self.config.num_epochs}  loss {self._meter.loss:.4f}{best}"
        self._progress(f"{text}  {self._meter.images_per_s:.0f} images/s", self.global_step, total)

    def _finish_epoch(self, log: MetricsLog | None) -> str | None:
        """Validate, keep the weights if they are the best so far, save everything, draw the curves.

        Returns the reason if a stop broke off the validation: all of it is left for the next time then.
        """
        found = self._validate()
        if found.stopped is not None:
            return found.stopped
        self.position = Position(self.position.epoch + 1, 0)
        self._count(found.failures)
        better = self.progressed.validated(found.figures.get("geodesic_mean_deg"), self.position.epoch)
        if log is None:
            return None
        if better:
            self._save_weights(self.folder.best)
        self._save_weights(self.folder.last)
        if found.figures:
            log.write(self.global_step, {"epoch": self.position.epoch, **found.figures}, group="val")
        self.save()
        self._draw()
        return None

    def _draw(self, *, at_once: bool = False) -> None:
        """curves.png, now and then: drawing takes half a second, an epoch may take less."""
        due = at_once or self.position.epoch == self.config.num_epochs or time.monotonic() - self._drawn > _DRAW_EVERY_S
        if self.world.is_main and due:
            save_curves(self.folder.path / "curves.png", read_metrics(self.folder.metrics), self.folder.path.name)
            self._drawn = time.monotonic()

    def _validate(self) -> HeldOut:
        if self.data.val is None:
            return HeldOut({}, [])
        network, size = self.stepper.averaged, self.config.batch_size
        share_buffers(network)  # each process has BatchNorm statistics of its own
        return validate(
            network,
            self.data.val,
            self.data.view,
            self.world,
            batch=size,
            workers=self.data.workers,
            request=self._request,
        )

    def _save_weights(self, path: Any) -> None:
        source = self.data.train
        extra = {
            "epoch": self.position.epoch,
            "held_out_geodesic_deg": self.progressed.last_deg,
            "started_from": self.progressed.origin,
            "image_size": self.config.image_size,
            "framing": self.data.view.framing,
        }
        save_checkpoint(
            self.stepper.averaged,  # type: ignore[arg-type]
            path,
            backbone=self.config.backbone_type,
            training_data=source.name,
            licence=f"trained on {source.name}: {source.terms}",
            extra=extra,
            overwrite=True,
        )


def schedule_spec(config: TrainConfig, steps_per_epoch: int) -> ScheduleSpec:
    """The schedule's numbers in steps."""
    total = steps_per_epoch * config.num_epochs
    return ScheduleSpec(
        total_steps=total,
        warmup_steps=min(round(steps_per_epoch * config.warmup_epochs), total // 2),
        steps_per_epoch=steps_per_epoch,
        milestones=config.milestones,
        gamma=config.gamma,
        floor=config.lr_floor,
    )
