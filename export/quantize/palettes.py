"""Palettes of weights: the few values that a group of output channels may take, and which weight takes which.

coremltools' own k-means starts at random and knows nothing but the weights; here the tables are found from a start
that hardly needs improving, and `export.quantize.compensate` chooses the entries by what they do to a layer's output.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from export.quantize.kmeans import palette

_PICTURE = 3  # input channels of the convolution that reads the picture


class Rounded(NamedTuple):
    """What a convolution's file shall hold."""

    weight: npt.NDArray[np.float32]
    """Of the convolution's shape; at most 2^bits different values in every group of output channels."""
    bias: npt.NDArray[np.float32] | None
    """(O,), None where the convolution has none."""
    group: int
    """Output channels that share a palette."""
    before: npt.NDArray[np.float32]
    """The weight that was rounded."""


def group_size(channels: int, largest: int) -> int:
    """Output channels that share a palette: the largest divisor of `channels` up to `largest`, as coremltools wants."""
    return max(size for size in range(1, min(largest, channels) + 1) if channels % size == 0)


def palettized(network: nn.Module) -> dict[str, nn.Conv2d]:
    """The convolutions whose weights become indices, by path.

    Not the depthwise ones, whose kernels are smaller than a table and matter more than their size, and not the one that
    reads the picture: those have 8 bits each.
    """
    return {
        name: layer
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d) and layer.weight.shape[1] > 1 and layer.in_channels > _PICTURE
    }


def row_tables(weight: Tensor, bits: int, group: int) -> Tensor:
    """(O, K) weights → each row's palette (O, 2^bits), ascending; short ones end in copies of their last value."""
    tables = [palette(rows.numpy(), 1 << bits) for rows in weight.split(group)]
    full = [np.pad(values, (0, (1 << bits) - len(values)), mode="edge") for values in tables]
    return torch.from_numpy(np.stack(full)).repeat_interleave(group, 0)


def nearest(tables: Tensor, values: Tensor) -> Tensor:
    """The nearest of each row's table entries: tables (O, T), values (O, K) → (O, K)."""
    middles = ((tables[:, 1:] + tables[:, :-1]) / 2).contiguous()
    return torch.gather(tables, 1, torch.searchsorted(middles, values.contiguous()))


@torch.no_grad()
def plain_palette(layer: nn.Conv2d, bits: int, largest_group: int) -> Rounded:
    """Every weight at the nearest value of its palette, and the bias as it was: what k-means alone does.

    Args:
        layer: left as it is.
        bits: of an index.
        largest_group: output channels that may share a palette.
    """
    weight = layer.weight.detach().double().flatten(1)
    group = group_size(len(weight), largest_group)
    return rounded(layer, nearest(row_tables(weight, bits, group), weight), layer.bias, group)


def rounded(layer: nn.Conv2d, weight: Tensor, bias: Tensor | None, group: int) -> Rounded:
    """Flat weights (O, K) and a bias as `Rounded` of that layer's shape."""
    shaped = weight.detach().float().reshape(layer.weight.shape).numpy()
    before = layer.weight.detach().float().numpy()
    return Rounded(shaped, None if bias is None else bias.detach().float().numpy(), group, before)
