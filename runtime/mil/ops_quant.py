"""Quantisation: activations at run time (torch), and weights that are stored compressed (NumPy, once at load).

The `constexpr_*` operators come in the iOS16 form (bits packed into bytes beside a `shape`) and the iOS18 form (one
value per element, blocks, vectors). A chain of them is unpacked from the inside outwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from runtime.mil.backend import Operator, Tensor, torch


def _along(parameter: Tensor, x: Tensor, axis: Any) -> Tensor:
    """A scalar stays; a vector is laid along `axis` of x."""
    if parameter.dim() == 0:
        return parameter
    return parameter.reshape([-1 if a == int(axis) % x.dim() else 1 for a in range(x.dim())])


def quantize(
    input: Tensor, scale: Tensor, output_dtype: str, zero_point: Tensor | None = None, axis: Any = None
) -> Tensor:
    """clip(round(input / scale) + zero_point), halves to even, in int8 or uint8."""
    steps = torch.round(input / _along(scale, input, axis))
    if zero_point is not None:
        steps = steps + _along(zero_point, input, axis).float()
    low, high = (-128, 127) if output_dtype == "int8" else (0, 255)
    return torch.clamp(steps, low, high).to(getattr(torch, output_dtype))


def dequantize(input: Tensor, scale: Tensor, zero_point: Tensor | None = None, axis: Any = None) -> Tensor:
    """(input − zero_point) · scale."""
    steps = input.float()
    if zero_point is not None:
        steps = steps - _along(zero_point, input, axis).float()
    return steps * _along(scale, input, axis)


def _unpack(packed: np.ndarray, bits: int, count: int) -> np.ndarray:
    """`count` unsigned numbers of `bits` bits each, least significant bit first, may cross bytes."""
    flat = np.unpackbits(packed.astype(np.uint8), bitorder="little")[: count * bits]
    return flat.reshape(count, bits) @ (1 << np.arange(bits))


def _blocks(parameter: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Repeat each entry over its block, so that `parameter` covers an array of `shape`."""
    for axis, size in enumerate(shape):
        if parameter.shape[axis] not in (1, size):
            parameter = np.repeat(parameter, size // parameter.shape[axis], axis=axis)
    return parameter


def affine_dequantize(quantized_data: np.ndarray, zero_point: Any, scale: Any, axis: Any) -> np.ndarray:
    """scale · (q − zero_point), per tensor or along `axis`."""
    layout = [-1 if a == int(axis) % quantized_data.ndim else 1 for a in range(quantized_data.ndim)]
    steps, factor = np.float32(zero_point), np.asarray(scale)
    if steps.ndim:
        steps = steps.reshape(layout)
    wide = factor.astype(np.float32)
    value = (quantized_data.astype(np.float32) - steps) * (wide.reshape(layout) if wide.ndim else wide)
    return value.astype(factor.dtype)


def lut_to_dense(
    indices: np.ndarray, lut: np.ndarray, shape: np.ndarray | None = None, vector_axis: Any = None
) -> np.ndarray:
    """Palette entries by index. With `shape`: packed indices, one palette. Else palettes by block, maybe of vectors."""
    if shape is not None:
        size = tuple(int(n) for n in shape)
        return lut[_unpack(indices, int(lut.size).bit_length() - 1, int(np.prod(size)))].reshape(size)
    rank, vector = indices.ndim, lut.shape[-1]
    own = [np.arange(n).reshape([-1 if a == i else 1 for a in range(rank)]) for i, n in enumerate(indices.shape)]
    palette = [o // (n // lut.shape[i]) for i, (o, n) in enumerate(zip(own, indices.shape))]
    entries: np.ndarray = lut[(*palette, indices.astype(np.int64))]  # (*indices.shape, vector)
    if vector == 1:
        return entries[..., 0]
    axis = int(vector_axis) % rank
    return np.moveaxis(entries, -1, axis + 1).reshape(
        [n * vector if a == axis else n for a, n in enumerate(indices.shape)]
    )


def sparse_to_dense(nonzero_data: np.ndarray, mask: np.ndarray, shape: np.ndarray | None = None) -> np.ndarray:
    """Values where the mask is set, zeros elsewhere. With `shape` the mask is packed bits."""
    if shape is not None:
        size = tuple(int(n) for n in shape)
        mask = _unpack(mask, 1, int(np.prod(size))).reshape(size)
    dense = np.zeros(mask.shape, dtype=nonzero_data.dtype)
    dense[mask != 0] = nonzero_data
    return dense


def blockwise_shift_scale(data: np.ndarray, scale: np.ndarray, offset: np.ndarray | None = None) -> np.ndarray:
    """scale · (data − offset), one scale for each block."""
    steps = data.astype(np.float32)
    if offset is not None:
        steps = steps - _blocks(offset.astype(np.float32), data.shape)
    return (steps * _blocks(scale.astype(np.float32), data.shape)).astype(scale.dtype)


def lut_to_sparse(
    indices_mask: np.ndarray, indices_nonzero_data: np.ndarray, lut: np.ndarray, vector_axis: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Palette entries of the non-zero elements → (mask, values)."""
    dense = lut_to_dense(sparse_to_dense(indices_nonzero_data, indices_mask), lut, None, vector_axis)
    mask = indices_mask if lut.shape[-1] == 1 else np.repeat(indices_mask, lut.shape[-1], axis=int(vector_axis))
    return mask, dense[mask != 0]


def sparse_blockwise_shift_scale(
    data_mask: np.ndarray, nonzero_data: np.ndarray, scale: np.ndarray, offset: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Scaled non-zero elements → (mask, values)."""
    dense = blockwise_shift_scale(sparse_to_dense(nonzero_data, data_mask), scale, offset)
    return data_mask, dense[data_mask != 0]


OPERATORS: dict[str, Operator] = {"quantize": quantize, "dequantize": dequantize}

CONSTEXPR: dict[str, Operator] = {
    "constexpr_affine_dequantize": affine_dequantize,
    "constexpr_blockwise_shift_scale": blockwise_shift_scale,
    "constexpr_cast": lambda source_val, output_dtype: np.asarray(source_val).astype(np.float32),
    "constexpr_lut_to_dense": lut_to_dense,
    "constexpr_lut_to_sparse": lut_to_sparse,
    "constexpr_sparse_blockwise_shift_scale": sparse_blockwise_shift_scale,
    "constexpr_sparse_to_dense": sparse_to_dense,
}
"""Compressed weights: NumPy arrays by MIL names → array, or a tuple of arrays."""
