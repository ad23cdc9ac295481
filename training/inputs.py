"""From bytes to what the networks take: ImageNet-normalised floats, made on the device."""

from __future__ import annotations

import torch
from torch import Tensor

from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD


def to_input(images: Tensor, device: torch.device | str = "cpu", *, channels_last: bool = False) -> Tensor:
    """RGB (N, H, W, 3) uint8 → (N, 3, H, W) float32 on `device`: (x / 255 − mean) / std.

    With `channels_last` the result keeps the bytes' order in memory, which convolutions on CPUs and recent GPUs like.
    """
    x = images.to(device, non_blocking=True).permute(0, 3, 1, 2).float() / 255.0
    mean, std = (torch.tensor(v, device=x.device).reshape(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    normal = (x - mean) / std
    return normal.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
