"""Resizing of the last dimensions: grids of sample points, then linear interpolation or the nearest neighbour."""

from __future__ import annotations

from typing import Any

from runtime.mil.backend import Operator, Tensor, ints, torch


def sample_points(mode: str, size: int, target: int) -> Tensor:
    """Where the `target` outputs lie on an axis of `size` inputs, (target,) float64.

    The five sampling modes of MIL's `resize_bilinear`, formulas from its reference.
    """
    i = torch.arange(target, dtype=torch.float64)
    if mode == "UNALIGN_CORNERS":  # pixel centres at halves, as torch with align_corners=False
        points = (i + 0.5) * size / target - 0.5
    elif mode == "DEFAULT":
        points = i * size / target
    elif mode == "OFFSET_CORNERS":
        points = (i + 0.5) * max(1, size - 1) / target
    elif mode == "ALIGN_CORNERS" and target == 1:
        points = i + (size - 1) / 2
    elif mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"):
        points = i * (size - 1) / max(1, target - 1)
    else:
        raise ValueError(f"sampling mode {mode}")
    return points.clamp(0, size - 1)


def _linear(x: Tensor, axis: int, target: int, mode: str) -> Tensor:
    size = x.shape[axis]
    points = sample_points(mode, size, target)
    low = points.floor().long()
    part = (points - low).float().reshape([-1 if a == axis else 1 for a in range(x.dim())])
    below, above = x.index_select(axis, low), x.index_select(axis, (low + 1).clamp(max=size - 1))
    return below + (above - below) * part


def _nearest(x: Tensor, axis: int, target: int, shift: float) -> Tensor:
    size = x.shape[axis]
    index = ((torch.arange(target, dtype=torch.float64) + shift) * size / target).floor().long()
    return x.index_select(axis, index.clamp(max=size - 1))


def resize_bilinear(
    x: Tensor, target_size_height: Any = 1, target_size_width: Any = 1, sampling_mode: str = "DEFAULT"
) -> Tensor:
    """The last two dimensions to the given size."""
    tall = _linear(x, x.dim() - 2, int(target_size_height), sampling_mode)
    return _linear(tall, x.dim() - 1, int(target_size_width), sampling_mode)


def resize_nearest_neighbor(x: Tensor, target_size_height: Any, target_size_width: Any) -> Tensor:
    """Nearest pixel centre: input floor((i + ½) · in / out), as coremltools maps TensorFlow's half-pixel resize."""
    return _nearest(_nearest(x, x.dim() - 2, int(target_size_height), 0.5), x.dim() - 1, int(target_size_width), 0.5)


def _scaled(x: Tensor, height: Any, width: Any) -> tuple[int, int]:
    return int(x.shape[-2] * float(height)), int(x.shape[-1] * float(width))


def upsample_bilinear(
    x: Tensor, scale_factor_height: Any = 1, scale_factor_width: Any = 1, align_corners: Any = True
) -> Tensor:
    """By scale factors; the scale is computed again from the rounded size."""
    height, width = _scaled(x, scale_factor_height, scale_factor_width)
    return resize_bilinear(x, height, width, "STRICT_ALIGN_CORNERS" if align_corners else "UNALIGN_CORNERS")


def upsample_nearest_neighbor(x: Tensor, scale_factor_height: Any = 1, scale_factor_width: Any = 1) -> Tensor:
    """By scale factors: input floor(i · in / out), as torch's mode "nearest"."""
    height, width = _scaled(x, scale_factor_height, scale_factor_width)
    return _nearest(_nearest(x, x.dim() - 2, height, 0.0), x.dim() - 1, width, 0.0)


def resize(
    x: Tensor,
    shape: Any,
    resized_dims: Any,
    interpolation_mode: str = "LINEAR",
    sampling_mode: str = "DEFAULT",
) -> Tensor:
    """The last `resized_dims` dimensions to the last entries of `shape`, 0 keeps one. iOS17."""
    count = int(resized_dims)
    for axis, target in zip(range(x.dim() - count, x.dim()), ints(shape)[len(ints(shape)) - count :]):
        if target in (0, x.shape[axis]):
            continue
        if interpolation_mode == "LINEAR":
            x = _linear(x, axis, target, sampling_mode)
        elif sampling_mode == "DEFAULT":
            x = _nearest(x, axis, target, 0.5)
        else:
            raise ValueError(f"nearest neighbour with sampling mode {sampling_mode}")
    return x


OPERATORS: dict[str, Operator] = {
    "resize": resize,
    "resize_bilinear": resize_bilinear,
    "resize_nearest_neighbor": resize_nearest_neighbor,
    "upsample_bilinear": upsample_bilinear,
    "upsample_nearest_neighbor": upsample_nearest_neighbor,
}
