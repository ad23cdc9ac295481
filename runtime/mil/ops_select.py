"""Operators that pick some values out of a tensor: slices, gathers, bands, the largest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.mil.backend import Operator, Tensor, ints, torch


def _mask(mask: Tensor | None, rank: int) -> list[bool]:
    return [False] * rank if mask is None else [bool(m) for m in mask]


def _slices(
    size: Sequence[int], begin: Any, end: Any, stride: Any, begin_mask: Any, end_mask: Any, squeeze_mask: Any
) -> tuple[list[slice], list[int]]:
    """The slice along each axis, and the axes that the squeeze mask removes."""
    rank = len(size)
    starts, stops = ints(begin), ints(end)
    strides = [1] * rank if stride is None else ints(stride)
    no_begin, no_end, single = (_mask(m, rank) for m in (begin_mask, end_mask, squeeze_mask))
    slices = []
    for i, n in enumerate(size):
        if single[i]:
            slices.append(slice(starts[i] % n, starts[i] % n + 1, 1))
        else:
            slices.append(slice(None if no_begin[i] else starts[i], None if no_end[i] else stops[i], strides[i]))
    return slices, [i for i in range(rank) if single[i]]


def slice_by_index(
    x: Tensor,
    begin: Any,
    end: Any,
    stride: Any = None,
    begin_mask: Any = None,
    end_mask: Any = None,
    squeeze_mask: Any = None,
) -> Tensor:
    """x[begin:end:stride] on every axis; masks open an end or pick a single element and drop the axis."""
    slices, single = _slices(x.shape, begin, end, stride, begin_mask, end_mask, squeeze_mask)
    for axis, part in enumerate(slices):
        if part.step > 0:
            x = x[(*[slice(None)] * axis, part)]
        else:  # torch has no negative steps
            x = x.index_select(axis, torch.arange(*part.indices(x.shape[axis])))
    return x.squeeze(tuple(single)) if single else x


def slice_update(x: Tensor, update: Tensor, **where: Any) -> Tensor:
    """A copy of x in which the slice (arguments of `slice_by_index`) is replaced."""
    index = torch.arange(x.numel()).reshape(x.shape)
    flat = x.reshape(-1).clone()
    flat[slice_by_index(index, **where).reshape(-1)] = update.reshape(-1)
    return flat.reshape(x.shape)


def slice_by_size(x: Tensor, begin: Any, size: Any) -> Tensor:
    """`size` elements from `begin` on every axis; -1 takes the rest."""
    for axis, (start, count) in enumerate(zip(ints(begin), ints(size))):
        start %= x.shape[axis]
        x = x.narrow(axis, start, x.shape[axis] - start if count == -1 else count)
    return x


def gather(x: Tensor, indices: Tensor, axis: Any = 0, batch_dims: Any = 0, validate_indices: Any = False) -> Tensor:
    """Entries `indices` (any shape) of x along `axis`; the first `batch_dims` axes are common to both."""
    axis, batch = int(axis) % x.dim(), int(batch_dims)
    if batch:
        pairs = zip(x, indices)
        return torch.stack([gather(a, i, axis - 1, batch - 1) for a, i in pairs])
    index = indices.long()
    index = torch.where(index < 0, index + x.shape[axis], index)
    return x.index_select(axis, index.reshape(-1)).reshape(*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])


def gather_along_axis(x: Tensor, indices: Tensor, axis: Any = 0, validate_indices: Any = False) -> Tensor:
    """NumPy's take_along_axis."""
    index = indices.long()
    return torch.take_along_dim(x, torch.where(index < 0, index + x.shape[int(axis)], index), int(axis))


def gather_nd(x: Tensor, indices: Tensor, batch_dims: Any = 0, validate_indices: Any = False) -> Tensor:
    """x[indices[…, 0], indices[…, 1], …], after `batch_dims` common axes."""
    if int(batch_dims):
        return torch.stack([gather_nd(a, i, int(batch_dims) - 1) for a, i in zip(x, indices)])
    return x[tuple(indices.long().unbind(-1))]


def band_part(x: Tensor, lower: Any = -1, upper: Any = -1) -> Tensor:
    """Zero outside the band of `lower` sub-diagonals and `upper` super-diagonals; negative keeps all."""
    below = torch.arange(x.shape[-2])[:, None] - torch.arange(x.shape[-1])[None, :]
    keep = ((int(lower) < 0) | (below <= int(lower))) & ((int(upper) < 0) | (-below <= int(upper)))
    return torch.where(keep, x, torch.zeros((), dtype=x.dtype))


def argsort(x: Tensor, axis: Any = -1, ascending: Any = False, output_dtype: str = "int32") -> Tensor:
    """The order of the values along `axis`, the largest first unless `ascending`; equal ones keep theirs."""
    order = torch.argsort(x, dim=int(axis), descending=not ascending, stable=True)
    return order.to(torch.int32)


def topk(
    x: Tensor,
    k: Any = 1,
    axis: Any = -1,
    ascending: Any = False,
    sort: Any = True,
    return_indices: Any = True,
    output_indices_dtype: str = "int32",
) -> Tensor | tuple[Tensor, Tensor]:
    """The `k` largest (or smallest) along `axis`, and where they stood; k = -1 takes all."""
    count = x.shape[int(axis)] if int(k) == -1 else int(k)
    values, indices = torch.topk(x, count, int(axis), largest=not ascending, sorted=True)
    return (values, indices.to(torch.int32)) if return_indices else values


OPERATORS: dict[str, Operator] = {
    "argsort": argsort,
    "band_part": band_part,
    "gather": gather,
    "gather_along_axis": gather_along_axis,
    "gather_nd": gather_nd,
    "non_zero": lambda x: torch.nonzero(x).to(torch.int32),
    "slice_by_index": slice_by_index,
    "slice_by_size": slice_by_size,
    "slice_update": slice_update,
    "topk": topk,
}
