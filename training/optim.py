"""What the optimiser sees of the network: parameter groups, frozen parts, clipped gradients."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm  # what BatchNorm1d … 3d, SyncBatchNorm and timm's have in common

from runtime.errors import HeadPoseError, unknown_name

Groups = list[dict[str, Any]]


def stem_of(model: nn.Module) -> nn.ModuleList:
    """The first layers of the model's backbone: stage 0 of a RepVGG, or what timm's `group_matcher` calls the stem.

    Raises:
        HeadPoseError: the backbone does not say what its stem is.
    """
    body: Any = model.backbone
    if hasattr(body, "stage0"):
        return nn.ModuleList([body.stage0])
    pattern = body.group_matcher().get("stem") if hasattr(body, "group_matcher") else None
    matched = [m for name, m in body.named_modules() if name and isinstance(pattern, str) and re.match(pattern, name)]
    if not matched:
        raise HeadPoseError(f"the backbone {type(body).__name__} does not say what its stem is: train it unfrozen")
    return nn.ModuleList(matched)


def parameter_groups(
    model: nn.Module,
    *,
    lr: float,
    weight_decay: float,
    head_lr_factor: float = 1.0,
    freeze_stem: bool = False,
) -> Groups:
    """Every trainable parameter in exactly one group, each group with `name`, `lr_scale`, `lr` and `weight_decay`.

    Norms and biases, which is all that has one axis or none, do not decay. The 6D head, `model.head`, has its own
    rate: 6DRepNet trains it ten times as fast as the rest and does not train the stem.

    Args:
        model: the bare model, for instance a `SixDRepNet`.
        lr: base learning rate.
        weight_decay: of the kernels.
        head_lr_factor: rate of the head over that of the backbone.
        freeze_stem: take the stem's parameters out of training (`requires_grad` becomes False). Its BatchNorms are
            held by `freeze_norms(stem_of(model))` after every `model.train()`.

    Raises:
        HeadPoseError: a stem that is not known, or nothing left to train.
    """
    if freeze_stem:
        stem_of(model).requires_grad_(False)
    head = {id(p) for name, p in model.named_parameters() if name.startswith("head.")}
    sorted_in: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            sorted_in.setdefault((id(parameter) in head, parameter.ndim > 1), []).append(parameter)
    if not sorted_in:
        raise HeadPoseError("nothing is left to train: every parameter is frozen")
    return [
        {
            "params": parameters,
            "name": ("head" if is_head else "backbone") + ("" if decays else ", no decay"),
            "lr_scale": head_lr_factor if is_head else 1.0,
            "lr": lr * (head_lr_factor if is_head else 1.0),
            "weight_decay": weight_decay if decays else 0.0,
        }
        for (is_head, decays), parameters in sorted(sorted_in.items(), reverse=True)
    ]


def _adamw(groups: Groups, lr: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(groups, lr=lr, weight_decay=0.0)


def _adam(groups: Groups, lr: float) -> torch.optim.Optimizer:
    if any(group["weight_decay"] for group in groups):
        raise HeadPoseError("'adam' mixes weight decay into its averages: set weight_decay to 0 or choose 'adamw'")
    return torch.optim.Adam(groups, lr=lr)


def _sgd(groups: Groups, lr: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(groups, lr=lr, momentum=0.9, nesterov=True)


# AdamW: Loshchilov, Hutter, ICLR 2019. Adam without decay is what 6DRepNet trains with.
OPTIMIZERS: dict[str, Callable[[Groups, float], torch.optim.Optimizer]] = {
    "adamw": _adamw,
    "adam": _adam,
    "sgd": _sgd,
}


def build_optimizer(name: str, groups: Groups, lr: float) -> torch.optim.Optimizer:
    """An optimiser over `parameter_groups`, each group with its own rate and decay; `lr` for groups that have none.

    Raises:
        HeadPoseError: unknown name (the nearest known one is suggested), or weight decay with 'adam'.
    """
    if name not in OPTIMIZERS:
        raise unknown_name("optimiser", name, OPTIMIZERS)
    return OPTIMIZERS[name](groups, lr)


def freeze_norms(model: nn.Module, *, affine: bool = False) -> None:
    """Put the BatchNorms of `model` into eval mode: they normalise by their stored statistics and keep them.

    `model.train()` undoes it, so call it after each one.

    Args:
        model: changed in place.
        affine: freeze their weights and biases too; to count, before the optimiser and the distributed wrapper are
            made.
    """
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
            if affine:
                module.requires_grad_(False)


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients down together so that their common 2-norm is at most `max_norm`.

    Args:
        parameters: those without a gradient are skipped.
        max_norm: above 0; infinity only measures.

    Returns:
        The norm before clipping. Where it is infinite or NaN the gradients are left alone: skip the step.

    Raises:
        HeadPoseError: `max_norm` of 0 or less, which would stop or turn round the training.
    """
    if not max_norm > 0.0:
        raise HeadPoseError(f"gradients cannot be clipped to a norm of {max_norm}: pass a number above 0")
    used = [p for p in parameters if p.grad is not None]
    total = torch.nn.utils.get_total_norm([p.grad for p in used if p.grad is not None])
    norm = float(total)
    if math.isfinite(norm) and norm > max_norm:
        torch.nn.utils.clip_grads_with_norm_(used, max_norm, total)
    return norm
