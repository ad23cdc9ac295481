"""Rewrites wide depthwise convolutions for XNNPACK, which measured slow above 25 taps.

A 7×7 depthwise convolution has 49 taps and takes a slow path in LiteRT: the 39 of them at stride 1 were measured to
cost a fifth of the time of RepNeXt-M4. Cut into bands of rows (3×7, 3×7, 1×7) whose results are added, each part has
a fast kernel, and the sum is the same convolution.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

XNNPACK_MAX_TAPS = 25


class RowBands(nn.Module):
    """A depthwise convolution as a sum over bands of its kernel's rows; equal up to the order of additions.

    Args:
        conv: depthwise, with zero padding, stride 1 and dilation 1.
        rows: rows of a band.
    """

    def __init__(self, conv: nn.Conv2d, rows: int) -> None:
        super().__init__()
        self.padding = int(conv.padding[0]), int(conv.padding[1])
        self.height = conv.kernel_size[0]
        self.starts = list(range(0, self.height, rows))
        self.bands = nn.ModuleList(_band(conv, start, min(start + rows, self.height)) for start in self.starts)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → what the convolution gives."""
        down, across = self.padding
        padded = F.pad(x, (across, across, down, down))
        steps = padded.shape[2] - self.height
        out: Tensor | None = None
        for start, band in zip(self.starts, self.bands):
            part = band(padded[:, :, start : start + steps + band.kernel_size[0]])  # type: ignore[index, operator]
            out = part if out is None else out + part
        assert out is not None
        return out


def _band(conv: nn.Conv2d, start: int, stop: int) -> nn.Conv2d:
    size = (stop - start, conv.kernel_size[1])
    bias = conv.bias is not None and start == 0
    band = nn.Conv2d(conv.in_channels, conv.out_channels, size, groups=conv.groups, bias=bias, dtype=conv.weight.dtype)
    with torch.no_grad():
        band.weight.copy_(conv.weight[:, :, start:stop])
        if bias and band.bias is not None and conv.bias is not None:
            band.bias.copy_(conv.bias)
    return band


def _rows_per_band(module: nn.Module) -> int | None:
    """How many rows a band may have; None where the module is fine as it is or cannot be cut."""
    if not isinstance(module, nn.Conv2d) or module.groups != module.in_channels or module.groups == 1:
        return None
    height, width = module.kernel_size
    plain = module.dilation == (1, 1) and module.padding_mode == "zeros" and not isinstance(module.padding, str)
    plain = plain and module.stride == (1, 1)  # around the bands of strided ones the converter leaves transposes
    if height * width <= XNNPACK_MAX_TAPS or width > XNNPACK_MAX_TAPS or not plain:
        return None
    return XNNPACK_MAX_TAPS // width


def cut_wide_depthwise(model: nn.Module) -> nn.Module:
    """A copy of `model` with `RowBands` for every depthwise convolution of more than 25 taps and stride 1."""
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            rows = _rows_per_band(child)
            if rows is not None:
                assert isinstance(child, nn.Conv2d)
                setattr(parent, name, RowBands(child, rows))
    return model.eval()
