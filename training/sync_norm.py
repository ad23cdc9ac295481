"""BatchNorm over the batch of all processes: n processes with b images each then train as one with n · b would."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from runtime.errors import HeadPoseError


def _world_size() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


class _Sum(torch.autograd.Function):
    """Sum over the processes. Every process' loss depends on the sum, so the gradients are summed as well.

    torch.distributed.nn.functional.all_reduce does the same, but is deprecated.
    """

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        total = part.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:  # type: ignore[override]
        total = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total


def _column(v: Tensor) -> Tensor:
    return v[None, :, None, None]


def _statistics(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(N, C, H, W) here → mean (C,), biased variance (C,) and number of values per channel everywhere.

    Two rounds, as the difference of the mean square and the squared mean would lose digits. A process without images
    takes part too.
    """
    here = x.new_tensor([x.numel() // x.shape[1]])
    first = _Sum.apply(torch.cat([x.sum((0, 2, 3)), here]))
    count = first[-1].detach()
    mean = first[:-1] / count
    var = _Sum.apply((x - _column(mean)).square().sum((0, 2, 3))) / count
    return mean, var, count


class SyncBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d that, in training mode, normalises by the statistics of all processes' batches together.

    For the CPU: torch's own SyncBatchNorm runs on GPUs only. The batches may differ in size. The statistics are in
    float32 at least, under autocast too, and the running ones are those of one process with the whole batch. With one
    process, and in eval mode, it is the BatchNorm2d that it was.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W), in the type of the input."""
        if not self.training or _world_size() == 1:
            return super().forward(x)
        self._check_input_dim(x)
        with torch.autocast(x.device.type, enabled=False):
            wide = x.to(torch.promote_types(x.dtype, torch.float32))
            mean, var, count = _statistics(wide)
            self._track(mean.detach(), var.detach(), count)
            out = (wide - _column(mean)) * _column(torch.rsqrt(var + self.eps))
            if self.affine:
                out = out * _column(self.weight) + _column(self.bias)
        return out.to(x.dtype)

    def _track(self, mean: Tensor, var: Tensor, count: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        factor = 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        unbiased = var * (count / (count - 1.0).clamp_min(1.0))
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), factor)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), factor)


def convert_sync_norm(model: nn.Module, device_type: str) -> nn.Module:
    """Make every BatchNorm of `model` a synchronised one; parameters, buffers and their names stay.

    Call it after `training.distributed.start` and before the model is wrapped. With one process it does nothing.

    Args:
        model: changed in place and returned.
        device_type: 'cuda' takes torch's SyncBatchNorm (by timm's conversion, which knows timm's norms with an
            activation inside), anything else `SyncBatchNorm2d`.

    Raises:
        HeadPoseError: off the GPU, for a norm that is not exactly a BatchNorm2d.
    """
    if _world_size() == 1:
        return model
    if device_type == "cuda":
        from timm.layers import convert_sync_batchnorm

        return convert_sync_batchnorm(model)
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        if type(norm) not in (nn.BatchNorm2d, SyncBatchNorm2d):
            raise HeadPoseError(
                f"{type(norm).__name__} cannot be synchronised on the {device_type}: "
                "train in one process, on GPUs, or without synchronised norms"
            )
    for norm in norms:
        norm.__class__ = SyncBatchNorm2d  # the same object: whoever holds a reference sees the change
    return model
