"""The algebra of reparameterisation: BatchNorm into convolutions, small kernels into large ones.

Everything here computes in float64 and returns float64; `fill` casts to the network's type once, at the end, so that
a chain of folds does not round in between.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kernel = tuple[Tensor, Tensor]
"""Weight and bias of one convolution or linear layer, float64."""


def norm_affine(norm: nn.Module) -> Kernel:
    """A BatchNorm in eval mode as y = scale · x + shift: (C,) and (C,)."""
    assert isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
    return scale, norm.bias.detach().double() - norm.running_mean.double() * scale


def kernel_of(layer: nn.Module) -> Kernel:
    """Weight and bias of a convolution or linear layer, or of a multi-branch module through its `merged()`."""
    if not isinstance(layer, nn.Conv2d | nn.Linear):
        merged: Kernel = layer.merged()  # type: ignore[operator]
        return merged
    weight = layer.weight.detach().double()
    return weight, weight.new_zeros(len(weight)) if layer.bias is None else layer.bias.detach().double()


def fold_after(kernel: Kernel, affine: Kernel) -> Kernel:
    """The layer followed by y = scale · x + shift, as one layer."""
    (weight, bias), (scale, shift) = kernel, affine
    return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), bias * scale + shift


def fold_before(affine: Kernel, kernel: Kernel) -> Kernel:
    """y = scale · x + shift followed by a linear layer or a 1×1 convolution, as one layer.

    Exact only without padding: a padded zero would not get the shift.
    """
    (weight, bias), (scale, shift) = kernel, affine
    flat = weight.flatten(1)
    return (flat * scale).reshape(weight.shape), bias + flat @ shift


def embed(weight: Tensor, size: int) -> Tensor:
    """A kernel (O, I, h, w) with odd h, w in the centre of zeros (O, I, size, size)."""
    top, left = (size - weight.shape[2]) // 2, (size - weight.shape[3]) // 2
    return F.pad(weight, (left, left, top, top))


def spread(weight: Tensor) -> Tensor:
    """A 2×2 kernel with dilation 2 as a plain 3×3 one: (O, I, 2, 2) → (O, I, 3, 3), its taps in the corners."""
    out = weight.new_zeros(*weight.shape[:2], 3, 3)
    out[:, :, ::2, ::2] = weight
    return out


def serial(row: Tensor, column: Tensor) -> Tensor:
    """Depthwise 1×k then k×1 as one k×k kernel: (C, 1, 1, k), (C, 1, k, 1) → (C, 1, k, k).

    Exact at the borders because neither has a bias: what the second one sees outside the image is zero either way.
    """
    return column @ row


def fill(layer: nn.Module, kernel: Kernel, like: nn.Module) -> None:
    """Make `kernel` the parameters of a (perhaps meta) layer, in the type and on the device of the module `like`."""
    parameter = next(like.parameters())
    layer.weight, layer.bias = (nn.Parameter(t.to(parameter.device, parameter.dtype, copy=True)) for t in kernel)
