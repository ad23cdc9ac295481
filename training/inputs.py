"""From bytes to what the networks take: ImageNet-normalised floats, made on the device."""

from __future__ import annotations

import torch
from torch import Tensor

from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD


def normalize(images: Tensor, out: Tensor | None = None) -> Tensor:
    """RGB (N, H, W, 3) uint8 → (N, 3, H, W) float32 in channels-last memory, on the device of `images`.

    (x / 255 − mean) / std as one multiplication and one addition. Constants are repeated along a row of the picture:
    a processor's wide registers work along W · 3 numbers, but not along 3.

    Args:
        images: what a loader gives; it is not changed.
        out: (N, H, W, 3) float32 that becomes the result's memory. On a processor a batch in fresh memory takes four
            times as long as one in memory that was used before.
    """
    n, height, width, _ = images.shape
    mean, std = (torch.tensor(v, device=images.device).repeat(width) for v in (IMAGENET_MEAN, IMAGENET_STD))
    floats = torch.empty(images.shape, device=images.device) if out is None else out
    floats.copy_(images)
    floats.view(n, height, width * 3).mul_(1 / (255 * std)).add_(-mean / std)
    return floats.permute(0, 3, 1, 2)


def to_input(images: Tensor, device: torch.device | str = "cpu", *, channels_last: bool = False) -> Tensor:
    """RGB (N, H, W, 3) uint8 anywhere → normalised (N, 3, H, W) float32 on `device`.

    With `channels_last` the result keeps the bytes' order in memory, which convolutions on CPUs and recent GPUs like.
    """
    normal = normalize(images.to(device, non_blocking=True))
    return normal if channels_last else normal.contiguous()
