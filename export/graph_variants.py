"""Other forms of RepNeXt's graph that compute the same, or nearly: what was tried for speed beside what is exported."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.depthwise import cut_wide_depthwise
from training.models.repnext_layers import ChunkConv

Change = Callable[[Any], Any]
"""Deploy-form network → another that takes and gives the same."""


class Merged(nn.Module):
    """A block's token mixer whose first branches are one depthwise convolution.

    Args:
        mixer: deploy form.
        size: side of the common kernel: 3 takes in the untouched quarter and the small branch, 7 the medium one too.
    """

    def __init__(self, mixer: Any, size: int) -> None:
        super().__init__()
        part = mixer.conv_s.weight.shape[0]
        parts = 2 if size == 3 else 3
        self.widths = [parts * part, *([part] * (4 - parts))]
        self.first = nn.Conv2d(parts * part, parts * part, size, padding=size // 2, groups=parts * part)
        self.rest = nn.ModuleList([mixer.conv_l] if size == 7 else [mixer.conv_m, mixer.conv_l])
        with torch.no_grad():
            weight, bias, middle = self.first.weight, self.first.bias, size // 2
            assert bias is not None
            weight.zero_()
            bias.zero_()
            weight[:part, :, middle, middle] = 1
            around = middle - 1
            weight[part : 2 * part, :, around : around + 3, around : around + 3] = mixer.conv_s.weight
            bias[part : 2 * part] = mixer.conv_s.bias
            if size == 7:
                weight[2 * part :] = mixer.conv_m.weight
                bias[2 * part :] = mixer.conv_m.bias

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        first, *others = torch.split(x, self.widths, 1)
        return torch.cat([self.first(first), *(conv(part) for conv, part in zip(self.rest, others))], 1)


class EvenKernel(nn.Module):
    """A convolution of stride 2 with a row and a column of zeros more: its pad is that of TFLite's SAME.

    The converter still leaves most of the pads where they were.

    Args:
        conv: kernel of odd size, stride 2, padded by half of it.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv, self.padding = conv, int(conv.padding[0])

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → what the convolution gives where H and W are even."""
        by = self.padding
        padded = F.pad(x, (by, by, by, by))
        return F.conv2d(padded, F.pad(self.conv.weight, (0, 1, 0, 1)), self.conv.bias, 2, 0, 1, self.conv.groups)


def _replaced(network: Any, wanted: Callable[[nn.Module], bool], new: Callable[[Any], nn.Module]) -> Any:
    network = deepcopy(network)
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if wanted(child):
                setattr(parent, name, new(child))
    return network.eval()


def tanh_gelu(network: Any) -> Any:
    """GELU by its tanh formula."""
    return _replaced(network, lambda m: isinstance(m, nn.GELU), lambda m: nn.GELU(approximate="tanh"))


def identity_in_3x3(network: Any) -> Any:
    """The untouched quarter and the 3×3 branch as one 3×3 depthwise convolution."""
    return _replaced(network, lambda m: isinstance(m, ChunkConv), lambda m: Merged(m, 3))


def three_in_7x7(network: Any) -> Any:
    """The untouched quarter, the 3×3 and the 7×7 branch as one 7×7 depthwise convolution."""
    return _replaced(network, lambda m: isinstance(m, ChunkConv), lambda m: Merged(m, 7))


def even_kernels(network: Any) -> Any:
    """Strided 3×3 kernels as 4×4 ones."""
    return _replaced(network, _strided_3x3, EvenKernel)


def _strided_3x3(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.stride == (2, 2) and module.kernel_size == (3, 3)


def row_bands(network: Any) -> Any:
    """7×7 depthwise kernels cut into bands of rows, as for TFLite."""
    return cut_wide_depthwise(network)


def unchanged(network: Any) -> Any:
    """The network itself."""
    return network
