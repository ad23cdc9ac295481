"""ImageNet normalisation of a whole batch of bytes, in as few passes over the floats as possible."""

from __future__ import annotations

import torch
from torch import Tensor

from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD


def normalise(images: Tensor) -> Tensor:
    """RGB (N, H, W, 3) uint8 → (N, 3, H, W) float32 in channels-last memory, on the device of `images`.

    (x / 255 − mean) / std as one multiplication and one addition. Constants are repeated along a row of the picture:
    a processor's wide registers work along W · 3 numbers, but not along 3.
    """
    n, height, width, _ = images.shape
    mean, std = (torch.tensor(v, device=images.device).repeat(width) for v in (IMAGENET_MEAN, IMAGENET_STD))
    rows = images.contiguous().view(n, height, width * 3).float()
    rows.mul_(1 / (255 * std)).add_(-mean / std)
    return rows.view(n, height, width, 3).permute(0, 3, 1, 2)
