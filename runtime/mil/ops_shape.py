"""Operators that lay values out anew: reshape, join, split, tile, pad; and those that make index-like values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.mil.backend import F, Operator, Tensor, ints, torch

# Their outputs hold only values of their inputs, which are rounded already.
# fmt: off
MOVES_ONLY = frozenset({
    "band_part", "concat", "depth_to_space", "expand_dims", "flatten2d", "gather", "gather_along_axis",
    "gather_nd", "identity", "pixel_shuffle", "pixel_unshuffle", "reshape", "reshape_like", "reverse",
    "slice_by_index", "slice_by_size", "slice_update", "sliding_windows", "space_to_depth", "split", "squeeze",
    "stack", "tile", "transpose", "relu", "maximum", "minimum", "max_pool", "reduce_max", "reduce_min",
    "select", "abs", "sign", "floor", "ceil", "round",
})
# fmt: on


def reshape(x: Tensor, shape: Any) -> Tensor:
    """-1 is what is left over; 0 is the dimension of x that stands equally far from the right, or 1 beyond its rank."""
    target = ints(shape)
    offset = x.dim() - len(target)
    sizes = [n if n else (x.shape[i + offset] if i + offset >= 0 else 1) for i, n in enumerate(target)]
    return x.reshape(sizes)


def reshape_like(x: Tensor, ref_tensors: Any, begins: Any, ends: Any, end_masks: Any) -> Tensor:
    """The new shape is joined from pieces begin:end of the shapes of the reference tensors."""
    sizes: list[int] = []
    for ref, begin, end, to_end in zip(ref_tensors, begins, ends, end_masks):
        sizes += list(ref.shape[int(begin) :] if to_end else ref.shape[int(begin) : int(end)])
    return x.reshape(sizes)


def expand_dims(x: Tensor, axes: Tensor) -> Tensor:
    """New dimensions of size 1 at `axes` of the result."""
    rank = x.dim() + len(axes)
    for axis in sorted(a % rank for a in ints(axes)):
        x = x.unsqueeze(axis)
    return x


def squeeze(x: Tensor, axes: Tensor | None = None) -> Tensor:
    """Without the dimensions of size 1 (among `axes`, if given)."""
    return x.squeeze() if axes is None else x.squeeze(tuple(ints(axes)))


def concat(values: Sequence[Tensor], axis: Any, interleave: Any = False) -> Tensor:
    """One after the other along `axis`, or element by element in turn."""
    if not interleave:
        return torch.cat(list(values), int(axis))
    position = int(axis) % values[0].dim()
    return torch.stack(list(values), position + 1).flatten(position, position + 1)


def split(x: Tensor, axis: Any, num_splits: Any = None, split_sizes: Any = None) -> tuple[Tensor, ...]:
    """Into `num_splits` equal parts, or into `split_sizes`."""
    size = x.shape[int(axis)]
    parts = ints(split_sizes) if split_sizes is not None else [size // int(num_splits)] * int(num_splits)
    return tuple(torch.split(x, parts, int(axis)))


def pad(x: Tensor, pad: Any, mode: str = "constant", constant_val: Any = 0.0) -> Tensor:
    """(before, after) for the last len(pad) / 2 dimensions; reflect leaves the edge out, replicate repeats it."""
    flat = ints(pad)
    pairs = list(zip(flat[0::2], flat[1::2]))
    if mode == "constant":
        return F.pad(x, [side for pair in reversed(pairs) for side in pair], value=float(constant_val))
    for axis, (before, after) in enumerate(pairs, start=x.dim() - len(pairs)):
        n = x.shape[axis]
        index = torch.arange(-before, n + after)
        if mode == "reflect":
            index = n - 1 - (n - 1 - index.abs()).abs()
        x = x.index_select(axis, index.clamp(0, n - 1))
    return x


def tile(x: Tensor, reps: Any) -> Tensor:
    """Repeated `reps` times along each axis."""
    return torch.tile(x, tuple(ints(reps)))


def depth_to_space(x: Tensor, block_size: Any) -> Tensor:
    """(N, C·b², H, W) → (N, C, H·b, W·b), the block outermost in the channels (TensorFlow's order)."""
    n, c, h, w = x.shape
    b = int(block_size)
    return x.reshape(n, b, b, c // (b * b), h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // (b * b), h * b, w * b)


def space_to_depth(x: Tensor, block_size: Any) -> Tensor:
    """Inverse of `depth_to_space`."""
    n, c, h, w = x.shape
    b = int(block_size)
    return x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)


def cumsum(x: Tensor, axis: Any = 0, exclusive: Any = False, reverse: Any = False) -> Tensor:
    """Running sum; `exclusive` starts with 0, `reverse` runs from the end."""
    turned = x.flip(int(axis)) if reverse else x
    total = torch.cumsum(turned, int(axis), dtype=x.dtype)
    total = total - turned if exclusive else total
    return total.flip(int(axis)) if reverse else total


def one_hot(indices: Tensor, one_hot_vector_size: Any, axis: Any = -1, on_value: Any = 1, off_value: Any = 0) -> Tensor:
    """A new axis of the given size that holds `on_value` at the index and `off_value` elsewhere."""
    hot = torch.arange(int(one_hot_vector_size)) == indices.unsqueeze(-1)
    return torch.where(hot, torch.as_tensor(on_value), torch.as_tensor(off_value)).movedim(-1, int(axis))


def range_1d(start: Any, end: Any, step: Any) -> Tensor:
    """start, start + step, … below end."""
    return torch.arange(start.item(), end.item(), step.item(), dtype=start.dtype)


OPERATORS: dict[str, Operator] = {
    "concat": concat,
    "cumsum": cumsum,
    "depth_to_space": depth_to_space,
    "expand_dims": expand_dims,
    "fill": lambda shape, value: torch.as_tensor(value).expand(ints(shape)).clone(),
    "fill_like": lambda ref_tensor, value: torch.as_tensor(value).expand(ref_tensor.shape).clone(),
    "flatten2d": lambda x, axis=1: x.reshape(x.shape[: int(axis)].numel(), -1),
    "one_hot": one_hot,
    "pad": pad,
    "pixel_shuffle": lambda x, upscale_factor: F.pixel_shuffle(x, int(upscale_factor)),
    "pixel_unshuffle": lambda x, downscale_factor: F.pixel_unshuffle(x, int(downscale_factor)),
    "range_1d": range_1d,
    "reshape": reshape,
    "reshape_like": reshape_like,
    "reverse": lambda x, axes=None: torch.flip(x, tuple(range(x.dim()) if axes is None else ints(axes))),
    "shape": lambda x, output_dtype="int32": torch.tensor(x.shape, dtype=torch.int32),
    "sliding_windows": lambda x, axis, size, stride=1: x.unfold(int(axis), int(size), int(stride)).movedim(
        -1, int(axis) % x.dim() + 1
    ),
    "space_to_depth": space_to_depth,
    "split": split,
    "squeeze": squeeze,
    "stack": lambda values, axis: torch.stack(list(values), int(axis)),
    "tile": tile,
    "transpose": lambda x, perm: x.permute(ints(perm)),
}
