"""The moving average of the weights, which is evaluated and exported in place of the last step's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from runtime.errors import HeadPoseError


class ModelEma:
    """Exponential moving average of a model's parameters and buffers, BatchNorm statistics included.

    A thin layer over torch's `AveragedModel`, which counts its updates and saves the count with the weights, so that
    a resumed average is the unbroken one to the bit. timm's ModelEmaV3 would serve as well but for the count: it takes
    the step from its caller and saves none. Added here: the ramp, integer buffers copied instead of averaged, eval
    mode and no gradients.

    The first update takes the weights as they are. With the ramp the decay of the one after t others is
    min(decay, (1 + t) / (10 + t)), as in TensorFlow's ExponentialMovingAverage, so that the start is soon forgotten.

    Args:
        model: the bare model, not its DistributedDataParallel wrapper; on the device where it will be trained.
        decay: from 0 (the last weights) to below 1, for instance 0.999.
        warmup: ramp the decay up.

    Raises:
        HeadPoseError: a decay outside [0, 1).
    """

    def __init__(self, model: nn.Module, decay: float, *, warmup: bool = True) -> None:
        if not 0.0 <= decay < 1.0:
            raise HeadPoseError(f"the decay of the weights' average is {decay}: it must be at least 0 and below 1")
        self.decay, self.warmup = decay, warmup
        self._average = AveragedModel(model, multi_avg_fn=self._blend, use_buffers=True)
        self._average.requires_grad_(False).eval()

    @property
    def module(self) -> nn.Module:
        """The averaged model, in eval mode."""
        module: nn.Module = self._average.module
        return module

    @property
    def updates(self) -> int:
        """Number of updates so far."""
        return int(self._average.n_averaged)

    def current_decay(self) -> float:
        """Decay of the next update: 0 for the first one."""
        if self.updates == 0:
            return 0.0
        ramp = (1 + self.updates) / (10 + self.updates)
        return min(self.decay, ramp) if self.warmup else self.decay

    def _blend(self, averages: Any, values: Any, count: Tensor | int) -> None:
        """One update of tensors of one type; `count` would have to be fetched from the device, `updates` is here."""
        if averages[0].is_floating_point():
            get_ema_multi_avg_fn(self.current_decay())(averages, values, count)
        else:
            for average, value in zip(averages, values, strict=True):
                average.copy_(value)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the weights after an optimiser step; `model` is the bare model."""
        self._average.update_parameters(model)

    def state_dict(self) -> dict[str, Any]:
        """Averaged tensors under 'module.…' and the number of updates, 'n_averaged'."""
        return self._average.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a `state_dict`; raises RuntimeError where it belongs to another model, as torch does."""
        self._average.load_state_dict(state)
