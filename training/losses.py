"""Losses between rotations, one number per sample; the trainer takes their mean over the batch.

They are always computed in float32 at least, whatever autocast says: near a perfect prediction bfloat16 cannot tell
two rotations 0.2° apart. None multiplies matrices, because a GPU may round the factors to TF32 (three digits) first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor

from runtime.errors import unknown_name
from training.rotation import cross

Loss = Callable[[Tensor, Tensor], Tensor]
"""(N, 3, 3) predictions × (N, 3, 3) targets → (N,)."""

_CLAMP = 1e-7  # as published; float32 rounds 1 − 1e-7 to 1 − 2⁻²³


def _widened(formula: Loss) -> Loss:
    """The formula in the prediction's precision, but never below float32."""

    @wraps(formula)
    def loss(prediction: Tensor, target: Tensor) -> Tensor:
        dtype = torch.promote_types(prediction.dtype, torch.float32)
        with torch.autocast(prediction.device.type, enabled=False):
            return formula(prediction.to(dtype), target.to(dtype))

    return loss


@_widened
def geodesic(prediction: Tensor, target: Tensor) -> Tensor:
    """Angle between the rotations in radians, θ = atan2(‖Σ bₖ × (aₖ − bₖ)‖, ½‖A + B‖² − 4), aₖ and bₖ the columns.

    On rotations the two arguments are 2 sin θ and 2 cos θ, so the radius is 2 everywhere and nothing is divided by a
    small number: the gradient is the unit turn towards the target at every angle but 0 and 180°, where the angle has
    no derivative and the gradient is bounded (0 for equal matrices). The other forms fail at one end: arccos of the
    trace at both, 2 asin(‖A − B‖ / √8) at 180°, where it divides by cos(θ/2) and rounding leaves its domain.
    Taking the difference before the product keeps all digits of a tiny angle. ½‖A + B‖² − 4 in place of tr(ABᵀ) − 1
    matters for the matrices that `sixd_to_rotation` makes of degenerate vectors, whose columns are zero: they count
    as a half turn, not as a perfect hit.
    """
    sine = cross(target.mT, (prediction - target).mT).sum(-2)  # `cross` works over the last axis: columns become rows
    cosine = 0.5 * (prediction + target).square().sum((-2, -1)) - 4.0
    return torch.atan2(torch.linalg.vector_norm(sine, dim=-1), cosine)


@_widened
def arccos(prediction: Tensor, target: Tensor) -> Tensor:
    """The published loss: acos of (tr(ABᵀ) − 1) / 2, clamped to ±(1 − 1e-7); radians.

    Hempel, Abdelrahman, Al-Hamadi, ICIP 2022. Kept to repeat their numbers; its faults in float32: closer than 0.028°
    to 0 or 180° the clamp holds the value and the gradient is zero; just outside, value and gradient carry the
    rounding error of the trace, divided by sin θ: 7 % on average at 0.06°, 0.2 % at 0.3°, nothing that counts at 5°.
    """
    cosine = ((prediction * target).sum((-2, -1)) - 1.0) / 2.0
    return torch.acos(cosine.clamp(-1.0 + _CLAMP, 1.0 - _CLAMP))


@_widened
def chordal(prediction: Tensor, target: Tensor) -> Tensor:
    """‖A − B‖² / 8 = (3 − tr(ABᵀ)) / 4 = sin²(θ/2), from 0 to 1: the chord between the rotations, squared.

    The form that opentrack's trainer uses. Smooth everywhere, θ²/4 near 0: large errors weigh more than in
    `geodesic`, small ones less, and the gradient vanishes at 180°.
    """
    return (prediction - target).square().sum((-2, -1)) / 8.0


LOSSES: dict[str, Loss] = {"geodesic": geodesic, "arccos": arccos, "chordal": chordal}


def get_loss(name: str) -> Loss:
    """The loss of that name.

    Raises:
        HeadPoseError: unknown name; the nearest known one is suggested.
    """
    if name not in LOSSES:
        raise unknown_name("loss", name, LOSSES)
    return LOSSES[name]
