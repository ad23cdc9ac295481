"""Rotation maths of `runtime.rotation` for torch tensors: differentiable, batched over leading axes."""

from __future__ import annotations

import torch
from torch import Tensor

_NORM_FLOOR = 1e-8  # a zero vector stays zero instead of becoming NaN


def _normalize(v: Tensor) -> Tensor:
    return v / torch.linalg.vector_norm(v, dim=-1, keepdim=True).clamp_min(_NORM_FLOOR)


def cross(a: Tensor, b: Tensor) -> Tensor:
    """Cross product over the last axis, (…, 3) × (…, 3) → (…, 3), written out.

    Core ML has no converter for `linalg.cross`, and LiteRT lowers it to GATHER_ND, which breaks the delegate's graph.
    """
    a0, a1, a2 = a[..., 0], a[..., 1], a[..., 2]
    b0, b1, b2 = b[..., 0], b[..., 1], b[..., 2]
    return torch.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], dim=-1)


def sixd_to_rotation(sixd: Tensor) -> Tensor:
    """Gram–Schmidt as 6DRepNet does it: (…, 6) → (…, 3, 3), columns x = n(a), y = z × x, z = n(x × b).

    Hempel, Abdelrahman, Al-Hamadi, "6D Rotation Representation for Unconstrained Head Pose Estimation", ICIP 2022.
    """
    x = _normalize(sixd[..., 0:3])
    z = _normalize(cross(x, sixd[..., 3:6]))
    return torch.stack([x, cross(z, x), z], dim=-1)


def rotation_to_sixd(rotation: Tensor) -> Tensor:
    """The first two columns, one after the other: (…, 3, 3) → (…, 6); `sixd_to_rotation` inverts it."""
    return torch.cat([rotation[..., :, 0], rotation[..., :, 1]], dim=-1)


def geodesic_rad(a: Tensor, b: Tensor) -> Tensor:
    """Angle of the rotation between a and b in radians, (…, 3, 3) × (…, 3, 3) → (…).

    atan2 of sine and cosine: its gradient is finite at 0 and never saturates, unlike arccos of a clamped trace.
    """
    d = a @ b.transpose(-1, -2)
    axis = torch.stack([d[..., 2, 1] - d[..., 1, 2], d[..., 0, 2] - d[..., 2, 0], d[..., 1, 0] - d[..., 0, 1]], dim=-1)
    trace = d[..., 0, 0] + d[..., 1, 1] + d[..., 2, 2]
    return torch.atan2(torch.linalg.vector_norm(axis, dim=-1), trace - 1.0)


def geodesic_deg(a: Tensor, b: Tensor) -> Tensor:
    """`geodesic_rad` in degrees."""
    return torch.rad2deg(geodesic_rad(a, b))
