"""Other forms of RepNeXt's graph that compute the same, or nearly: what was tried for speed beside what is exported."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.branches import MergedBranches, merge_quarter
from export.depthwise import cut_wide_depthwise
from training.models.repnext_layers import ChunkConv

Change = Callable[[Any], Any]
"""Deploy-form network → another that takes and gives the same."""


class EvenKernel(nn.Module):
    """A convolution of stride 2 with a row and a column of zeros more: its padding is then that of TFLite's SAME.

    Args:
        conv: kernel of odd size, stride 2, padded by half of it.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        size, padding = conv.kernel_size[0] + 1, int(conv.padding[0])
        self.conv = nn.Conv2d(conv.in_channels, conv.out_channels, size, 2, padding, groups=conv.groups)
        with torch.no_grad():
            self.conv.weight.copy_(F.pad(conv.weight, (0, 1, 0, 1)))
            assert conv.bias is not None
            assert self.conv.bias is not None
            self.conv.bias.copy_(conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → what the convolution gives where H and W are even."""
        return self.conv(x)


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
    """The untouched quarter and the 3×3 branch as one 3×3 depthwise convolution, as in exported files."""
    return merge_quarter(network)


def three_in_7x7(network: Any) -> Any:
    """The untouched quarter, the 3×3 and the 7×7 branch as one 7×7 depthwise convolution."""
    return _replaced(network, lambda m: isinstance(m, ChunkConv), lambda m: MergedBranches(m, 7))


def even_kernels(network: Any) -> Any:
    """Strided 3×3 and 7×7 kernels as 4×4 and 8×8 ones."""
    return _replaced(network, _strided, EvenKernel)


def _strided(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.stride == (2, 2)


def row_bands(network: Any) -> Any:
    """7×7 depthwise kernels cut into bands of rows, as for TFLite."""
    return cut_wide_depthwise(network)


def unchanged(network: Any) -> Any:
    """The network itself."""
    return network
