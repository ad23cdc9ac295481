"""Convolution, its transpose, pooling, matrix products.

Layout is (N, C, spatial…) with one to three spatial dimensions. `pad` lists (before, after) for each of them.
"""

from __future__ import annotations

import math

from runtime.mil.backend import F, Operator, Tensor, ints, torch


def padding(
    pad_type: str, pad: Tensor | None, spatial: list[int], kernel: list[int], strides: list[int]
) -> list[tuple[int, int]]:
    """(before, after) for each spatial dimension.

    `same` gives ceil(size / stride) outputs with the odd element after (as TensorFlow), `same_lower` with it before.
    `kernel` is the dilated size.
    """
    if pad_type == "valid":
        return [(0, 0)] * len(spatial)
    if pad_type == "custom":
        flat = ints(pad)
        return list(zip(flat[0::2], flat[1::2]))
    totals = [max(0, s * math.ceil(i / s) - i + k - s) for i, k, s in zip(spatial, kernel, strides)]
    small = [(t // 2, t - t // 2) for t in totals]
    return [(b, a) if pad_type == "same" else (a, b) for b, a in small]


def pad_spatial(x: Tensor, pads: list[tuple[int, int]], value: float = 0.0) -> Tensor:
    """Pad (or, with negative numbers, crop) the last dimensions of x."""
    if not any(before or after for before, after in pads):
        return x
    return F.pad(x, [side for pair in reversed(pads) for side in pair], value=value)


def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    strides: Tensor | None = None,
    pad_type: str = "valid",
    pad: Tensor | None = None,
    dilations: Tensor | None = None,
    groups: Tensor | int = 1,
) -> Tensor:
    """x (N, C, …) * weight (C_out, C / groups, …) → (N, C_out, …)."""
    rank = x.dim() - 2
    step, dilation = _spatial(strides, rank), _spatial(dilations, rank)
    dilated = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation)]
    pads = padding(pad_type, pad, list(x.shape[2:]), dilated, step)
    convolve = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
    if all(before == after for before, after in pads):
        return convolve(x, weight, bias, step, [before for before, _ in pads], dilation, int(groups))
    return convolve(pad_spatial(x, pads), weight, bias, step, 0, dilation, int(groups))


def _spatial(parameter: Tensor | None, rank: int) -> list[int]:
    return [1] * rank if parameter is None else ints(parameter)


def conv_transpose(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    pad: Tensor | None = None,
    output_shape: Tensor | None = None,
    pad_type: str = "valid",
    strides: Tensor | None = None,
    dilations: Tensor | None = None,
    groups: Tensor | int = 1,
) -> Tensor:
    """x (N, C, …), weight (C, C_out / groups, …): the full transposed convolution, cropped as `pad_type` says."""
    rank = x.dim() - 2
    step, dilation = _spatial(strides, rank), _spatial(dilations, rank)
    transpose = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
    full = transpose(x, weight, None, step, 0, 0, int(groups), dilation)
    size = [n * s for n, s in zip(x.shape[2:], step)] if pad_type == "same" else None
    if output_shape is not None:
        size = ints(output_shape)[-rank:]
    crops = ints(pad) if pad_type == "custom" and pad is not None else [0] * 2 * rank
    cuts = []
    for i, n in enumerate(full.shape[2:]):
        before, after = crops[2 * i], crops[2 * i + 1]
        if size is not None:
            before = max(0, n - size[i]) // 2 if pad_type == "same" else before
            after = n - before - size[i]
        cuts.append((-before, -after))
    cropped = pad_spatial(full, cuts)
    return cropped if bias is None else cropped + bias.reshape(-1, *[1] * rank)


def _pool_pads(
    x: Tensor, kernel: list[int], strides: list[int], pad_type: str, pad: Tensor | None, ceil_mode: bool
) -> tuple[list[tuple[int, int]], list[int]]:
    """The padding, and what `ceil_mode` needs behind it so that the last, partial window exists."""
    spatial = list(x.shape[2:])
    pads = padding(pad_type, pad, spatial, kernel, strides)
    extra = []
    for n, k, s, (before, after) in zip(spatial, kernel, strides, pads):
        padded = n + before + after
        count = -((k - padded) // s) + 1 if ceil_mode else (padded - k) // s + 1
        if ceil_mode and (count - 1) * s >= n + before and before + after > 0:
            count -= 1  # a window may not start in the padding behind the input
        extra.append(max(0, (count - 1) * s + k - padded))
    return pads, extra


def _avg(x: Tensor, kernel: list[int], strides: list[int]) -> Tensor:
    return (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.dim() - 3](x, kernel, strides)


def avg_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    pad_type: str,
    strides: Tensor | None = None,
    pad: Tensor | None = None,
    exclude_padding_from_average: Tensor | bool = False,
    ceil_mode: Tensor | bool = False,
) -> Tensor:
    """Mean of each window; padding counts as zeros unless excluded, what ceil_mode adds never counts."""
    kernel, step = ints(kernel_sizes), _spatial(strides, x.dim() - 2)
    pads, extra = _pool_pads(x, kernel, step, pad_type, pad, bool(ceil_mode))
    tail = [(0, e) for e in extra]
    mean = _avg(pad_spatial(pad_spatial(x, pads), tail), kernel, step)
    counted = torch.ones(1, 1, *x.shape[2:])
    weight = pad_spatial(pad_spatial(counted, pads, 0.0 if exclude_padding_from_average else 1.0), tail)
    return mean / _avg(weight, kernel, step) if float(weight.min()) == 0.0 else mean


def max_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    pad_type: str,
    strides: Tensor | None = None,
    pad: Tensor | None = None,
    ceil_mode: Tensor | bool = False,
) -> Tensor:
    """Maximum of each window; padding never wins."""
    kernel, step = ints(kernel_sizes), _spatial(strides, x.dim() - 2)
    pads, extra = _pool_pads(x, kernel, step, pad_type, pad, bool(ceil_mode))
    around = [(before, after + e) for (before, after), e in zip(pads, extra)]
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.dim() - 3]
    return pool(pad_spatial(x, around, -math.inf), kernel, step)


def l2_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    pad_type: str,
    strides: Tensor | None = None,
    pad: Tensor | None = None,
    ceil_mode: Tensor | bool = False,
) -> Tensor:
    """Root of the sum of squares of each window."""
    kernel, step = ints(kernel_sizes), _spatial(strides, x.dim() - 2)
    pads, extra = _pool_pads(x, kernel, step, pad_type, pad, bool(ceil_mode))
    around = [(before, after + e) for (before, after), e in zip(pads, extra)]
    return torch.sqrt(_avg(pad_spatial(x * x, around), kernel, step) * math.prod(kernel))


def matmul(x: Tensor, y: Tensor, transpose_x: Tensor | bool = False, transpose_y: Tensor | bool = False) -> Tensor:
    """Batched matrix product with broadcasting of the leading dimensions."""
    left = x.transpose(-1, -2) if transpose_x else x
    right = y.transpose(-1, -2) if transpose_y else y
    return torch.matmul(left, right)


def attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None) -> Tensor:
    """softmax(Q·Kᵀ / √d + mask)·V; a bool mask keeps what is true."""
    return F.scaled_dot_product_attention(query, key, value, attn_mask=attn_mask)


OPERATORS: dict[str, Operator] = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "avg_pool": avg_pool,
    "max_pool": max_pool,
    "l2_pool": l2_pool,
    "linear": lambda x, weight, bias=None: F.linear(x, weight, bias),
    "matmul": matmul,
    "einsum": lambda values, equation: torch.einsum(equation, *values),
    "scaled_dot_product_attention": attention,
}
