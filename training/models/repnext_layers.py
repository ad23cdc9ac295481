"""The convolutions of RepNeXt (Zhao, Luo, Ouyang, arXiv 2406.16004), each in its training form and its deploy form.

Training form: several parallel and serial depthwise kernels, and a BatchNorm after each of them or after their
concatenation. Deploy form (`deploy=True`): one kernel per branch, every BatchNorm folded away.

A module with branches has `merged()`, the one float64 kernel that it computes; one that changes its structure has
`fuse()`, which returns the deploy form and leaves the module as it is. `fuse` is the name that
`timm.utils.reparameterize_model` looks for, so timm's tools fold these networks completely, too.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.models.folding import (
    Kernel,
    embed,
    fill,
    fold_after,
    kernel_of,
    norm_affine,
    serial,
    spread,
)


def depthwise(dim: int, kernel: tuple[int, int], stride: int | tuple[int, int] = 1, *, bias: bool = True) -> nn.Conv2d:
    """A depthwise convolution whose output has the input's size (divided by the stride, rounded up)."""
    return nn.Conv2d(dim, dim, kernel, stride, (kernel[0] // 2, kernel[1] // 2), groups=dim, bias=bias)


class ConvNorm(nn.Module):
    """Convolution without bias, then BatchNorm."""

    def __init__(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.args = (c_in, c_out, kernel, stride, padding)
        self.conv = nn.Conv2d(*self.args, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) → (N, C_out, H', W')."""
        return self.norm(self.conv(x))

    def merged(self) -> Kernel:
        """The one convolution that this is in eval mode."""
        return fold_after(kernel_of(self.conv), norm_affine(self.norm))

    def fuse(self) -> nn.Conv2d:
        """The deploy form."""
        plain = nn.Conv2d(*self.args, device="meta")
        fill(plain, self.merged(), self)
        return plain


def conv_norm(c_in: int, c_out: int, kernel: int = 1, stride: int = 1, *, deploy: bool = False) -> nn.Module:
    """`ConvNorm`, or in the deploy form the plain convolution that it folds to; 'same' padding."""
    if deploy:
        return nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2)
    return ConvNorm(c_in, c_out, kernel, stride, kernel // 2)


class RepDWConvS(nn.Module):
    """The small depthwise kernel, 3×3 after merging: 3×3 + 1×3 + 3×1 + 2×2 with dilation 2.

    With stride 1 the two lines are parallel and have biases; with stride 2 they are serial, without.
    """

    def __init__(self, dim: int, stride: int = 1) -> None:
        super().__init__()
        self.dim, self.stride, self.serial = dim, stride, stride != 1
        self.conv_3_3 = depthwise(dim, (3, 3), stride)
        self.conv_3_w = depthwise(dim, (1, 3), (1, stride), bias=not self.serial)
        self.conv_3_h = depthwise(dim, (3, 1), (stride, 1), bias=not self.serial)
        self.conv_2_2 = nn.Conv2d(dim, dim, 2, stride, padding=1, dilation=2, groups=dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, ⌈H/stride⌉, ⌈W/stride⌉)."""
        if self.serial:
            lines = self.conv_3_h(self.conv_3_w(x))
        else:
            lines = self.conv_3_w(x) + self.conv_3_h(x)
        return self.conv_3_3(x) + lines + self.conv_2_2(x)

    def merged(self) -> Kernel:
        """The 3×3 kernel."""
        (k33, b33), (k22, b22) = kernel_of(self.conv_3_3), kernel_of(self.conv_2_2)
        (row, b_row), (column, b_column) = kernel_of(self.conv_3_w), kernel_of(self.conv_3_h)
        lines = serial(row, column) if self.serial else embed(row, 3) + embed(column, 3)
        return k33 + lines + spread(k22), b33 + b_row + b_column + b22

    def main(self) -> nn.Conv2d:
        """The branch that has the merged kernel's shape."""
        return self.conv_3_3

    def fuse(self) -> nn.Conv2d:
        """The deploy form."""
        return _fused_depthwise(self, 3)


class RepDWConvM(nn.Module):
    """The medium depthwise kernel, 7×7 after merging: 7×7 + 5×3 + 3×5 + (1×7, 7×1) + (1×5, 5×1), the pairs serial."""

    def __init__(self, dim: int, stride: int = 1) -> None:
        super().__init__()
        self.dim, self.stride = dim, stride
        self.conv_7_7 = depthwise(dim, (7, 7), stride)
        self.conv_5_3 = depthwise(dim, (5, 3), stride)
        self.conv_3_5 = depthwise(dim, (3, 5), stride)
        self.conv_7_w = depthwise(dim, (1, 7), (1, stride), bias=False)
        self.conv_7_h = depthwise(dim, (7, 1), (stride, 1), bias=False)
        self.conv_5_w = depthwise(dim, (1, 5), (1, stride), bias=False)
        self.conv_5_h = depthwise(dim, (5, 1), (stride, 1), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, ⌈H/stride⌉, ⌈W/stride⌉)."""
        lines = self.conv_7_h(self.conv_7_w(x)) + self.conv_5_h(self.conv_5_w(x))
        return self.conv_7_7(x) + self.conv_5_3(x) + self.conv_3_5(x) + lines

    def merged(self) -> Kernel:
        """The 7×7 kernel."""
        (k77, b77), (k53, b53), (k35, b35) = (kernel_of(c) for c in (self.conv_7_7, self.conv_5_3, self.conv_3_5))
        seven = serial(kernel_of(self.conv_7_w)[0], kernel_of(self.conv_7_h)[0])
        five = serial(kernel_of(self.conv_5_w)[0], kernel_of(self.conv_5_h)[0])
        return k77 + embed(k53, 7) + embed(k35, 7) + seven + embed(five, 7), b77 + b53 + b35

    def main(self) -> nn.Conv2d:
        """The branch that has the merged kernel's shape."""
        return self.conv_7_7

    def fuse(self) -> nn.Conv2d:
        """The deploy form."""
        return _fused_depthwise(self, 7)


def _fused_depthwise(branches: RepDWConvS | RepDWConvM, kernel: int) -> nn.Conv2d:
    with torch.device("meta"):
        plain = depthwise(branches.dim, (kernel, kernel), branches.stride)
    fill(plain, branches.merged(), branches)
    return plain


def _small(dim: int, stride: int, deploy: bool) -> nn.Module:
    return depthwise(dim, (3, 3), stride) if deploy else RepDWConvS(dim, stride)


def _medium(dim: int, stride: int, deploy: bool) -> nn.Module:
    return depthwise(dim, (7, 7), stride) if deploy else RepDWConvM(dim, stride)


class ChunkConv(nn.Module):
    """A quarter of the channels each: untouched, small, medium and large (1×11 then 11×1) receptive field."""

    def __init__(self, dim: int, *, deploy: bool = False) -> None:
        super().__init__()
        part = dim // 4
        self.conv_s = _small(part, 1, deploy)
        self.conv_m = _medium(part, 1, deploy)
        # The first of the pair has a bias, which a padded zero does not see: no 11×11 kernel equals them at the border.
        self.conv_l = nn.Sequential(depthwise(part, (1, 11)), depthwise(part, (11, 1)))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        i, s, m, large = torch.chunk(x, 4, dim=1)
        return torch.cat([i, self.conv_s(s), self.conv_m(m), self.conv_l(large)], dim=1)


class CopyConv(nn.Module):
    """Halves the resolution and doubles the channels: small and medium kernels of all channels, side by side."""

    def __init__(self, dim: int, *, deploy: bool = False) -> None:
        super().__init__()
        self.conv_s = _small(dim, 2, deploy)
        self.conv_m = _medium(dim, 2, deploy)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, 2C, ⌈H/2⌉, ⌈W/2⌉)."""
        return torch.cat([self.conv_s(x), self.conv_m(x)], dim=1)
