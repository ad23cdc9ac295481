"""One optimiser step: forward in parts, gradients over all processes, clip, update, running average."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from runtime.errors import HeadPoseError
from training.config import TrainConfig
from training.data.loader import Batch
from training.distributed import World, all_sum, wrap
from training.ema import ModelEma
from training.inputs import to_input
from training.losses import get_loss
from training.models.sixdrepnet import SixDRepNet
from training.optim import build_optimizer, clip_gradients, freeze_norms, parameter_groups, stem_of
from training.rotation import sixd_to_rotation
from training.schedule import apply_schedule
from training.snapshots import TrainState
from training.sync_norm import convert_sync_norm


class _MixedPrecision(nn.Module):
    """The network with its backbone under autocast. The 6D head and Gram–Schmidt stay in fp32: in bfloat16 the matrix
    alone would be wrong by 0.1° in the mean and by degrees where the two vectors are nearly parallel.
    """

    def __init__(self, network: SixDRepNet, precision: str) -> None:
        super().__init__()
        self.network = network
        self._enabled = precision == "bf16"

    def forward(self, x: Tensor) -> Tensor:
        """ImageNet-normalised RGB (N, 3, H, W) → rotation matrices (N, 3, 3) in fp32."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self._enabled):
            features = self.network.forward_features(x)
        return sixd_to_rotation(self.network.head(features.float()))


class StepResult(NamedTuple):
    """What a step did."""

    loss: float
    """Mean over the global batch."""
    norm: float
    """Of the gradient before clipping; not finite: the step was left out."""
    images: int
    """In the global batch."""


class Stepper:
    """The network, its optimiser and its running average.

    Args:
        config: what was asked for.
        world: this process among the others.
        network: training form; moved to the device.
    """

    def __init__(self, config: TrainConfig, world: World, network: SixDRepNet) -> None:
        self._config, self.world = config, world
        self._loss = get_loss(config.loss)
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        self.network = network.to(device=world.device, memory_format=layout)  # type: ignore[call-overload]
        if config.sync_bn:
            convert_sync_norm(self.network, world.device.type)
        groups = parameter_groups(
            self.network,
            lr=config.lr,
            weight_decay=config.weight_decay,
            head_lr_factor=config.head_lr_factor,
            freeze_stem=config.freeze_stem,
        )
        self.optimizer = build_optimizer(config.optimizer, groups, config.lr)
        self.ema = ModelEma(self.network, config.ema) if config.ema else None
        wrapped = wrap(_MixedPrecision(self.network, config.precision), world)
        self._net: Any = torch.compile(wrapped) if config.compile else wrapped

    @property
    def averaged(self) -> nn.Module:
        """The network that is validated and kept: the running average, or the network itself."""
        return self.ema.module if self.ema else self.network

    def step(self, batch: Batch, lr_factor: float) -> StepResult:
        """One update with this process's share of the global batch; the same result in every process."""
        count = int(all_sum(torch.tensor(float(len(batch.indices)), device=self.world.device)))
        self._net.train()
        if self._config.freeze_bn:
            freeze_norms(self.network)
        if self._config.freeze_stem:
            freeze_norms(stem_of(self.network))
        apply_schedule(self.optimizer, lr_factor, self._config.lr)
        loss = self._backward(batch, max(count, 1))
        norm = float(clip_gradients(self.network.parameters(), self._config.clip_norm or math.inf))
        if math.isfinite(norm) and count:
            self.optimizer.step()
            if self.ema:
                self.ema.update(self.network)
        self.optimizer.zero_grad(set_to_none=True)
        return StepResult(loss, norm, count)

    def _backward(self, batch: Batch, count: int) -> float:
        """Gradients of the mean loss over the global batch of `count` faces; returns that mean."""
        parts = self._parts(batch)
        total = torch.zeros((), device=self.world.device)
        for i, (images, truth) in enumerate(parts):
            last = i == len(parts) - 1
            with nullcontext() if last or self.world.size == 1 else self._net.no_sync():
                loss = self._losses(images, truth).sum() / count
                (loss * self.world.size).backward()  # DDP takes the mean over the processes
            total += loss.detach()
        return float(all_sum(total))

    def _parts(self, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """As many parts in every process, empty ones where pictures failed: the processes' exchanges must pair."""
        size, side = self._config.batch_size, self._config.image_size
        images = batch.images if batch.indices else torch.zeros(0, side, side, 3, dtype=torch.uint8)
        starts = range(0, size * self._config.accumulate, size)
        return [(images[i : i + size], batch.rotations[i : i + size].to(self.world.device)) for i in starts]

    def _losses(self, images: Tensor, truth: Tensor) -> Tensor:
        x = to_input(images, self.world.device, channels_last=self._config.channels_last)
        try:
            return self._loss(self._net(x), truth)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise HeadPoseError(
                f"a batch of {len(x)} of {x.shape[-1]} pixels leaves a BatchNorm one value a channel, which has no "
                "spread: raise --batch_size or --image_size, or pass --freeze_bn true"
            ) from error

    def parts_of_state(self) -> dict[str, Any]:
        """What a `TrainState` takes from here."""
        return {
            "model": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state_dict() if self.ema else None,
            "rng": torch.get_rng_state(),
        }

    def restore(self, state: TrainState) -> None:
        """Take over a state; raises HeadPoseError if it does not fit the network or the optimiser."""
        try:
            self.network.load_state_dict(state.model)
            self.optimizer.load_state_dict(state.optimizer)
            if self.ema:
                self.ema.load_state_dict(state.ema or {})
        except (RuntimeError, ValueError, KeyError) as error:
            raise HeadPoseError(
                f"the snapshot does not fit these settings ({str(error).splitlines()[0][:160]}): resume with those "
                "of its run, or start from weights alone with --snapshot and the run's best.safetensors"
            ) from error
        if state.rng is not None:
            torch.set_rng_state(state.rng)
