"""Learning rate schedules: the factor on the base rate is a function of the step alone.

Nothing is counted or stored, so a resumed run has the rates of an unbroken one by construction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from runtime.errors import HeadPoseError, unknown_name

Factor = Callable[[int], float]
"""Step, counted from 0 → factor on the base learning rate."""


@dataclass(frozen=True)
class ScheduleSpec:
    """What the schedules need to know of the run; each takes its part.

    Raises:
        HeadPoseError: a number outside its range.
    """

    total_steps: int
    """Optimiser steps of the whole run."""
    warmup_steps: int = 0
    """Steps over which the rate climbs in a line, from 1/warmup_steps to 1."""
    steps_per_epoch: int = 1
    """Turns `milestones` into steps."""
    milestones: tuple[int, ...] = (10, 20)
    """Epochs, counted from 0, from whose first step on the rate is multiplied by `gamma` once more."""
    gamma: float = 0.5
    """Factor at a milestone; 6DRepNet's is 0.5."""
    floor: float = 0.0
    """Fraction of the base rate at which the cosine ends."""

    def __post_init__(self) -> None:
        if self.total_steps < 1 or self.steps_per_epoch < 1:
            raise HeadPoseError(
                f"a run of {self.total_steps} steps, {self.steps_per_epoch} per epoch: both must be ≥ 1"
            )
        if not 0 <= self.warmup_steps <= self.total_steps:
            raise HeadPoseError(f"a warm-up of {self.warmup_steps} steps does not fit into {self.total_steps}")
        if any(epoch < 1 for epoch in self.milestones):
            raise HeadPoseError(f"the milestones {list(self.milestones)} are epochs: they must be ≥ 1")
        if not 0.0 < self.gamma <= 1.0 or not 0.0 <= self.floor <= 1.0:
            raise HeadPoseError(f"gamma {self.gamma} and floor {self.floor} are fractions: at most 1, not negative")


def _warmup(spec: ScheduleSpec, step: int) -> float:
    return min(1.0, (step + 1) / spec.warmup_steps) if spec.warmup_steps else 1.0


def cosine(spec: ScheduleSpec) -> Factor:
    """Linear warm-up to 1, then half a cosine down to `floor`, where it stays.

    Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, without restarts.
    """
    length = max(1, spec.total_steps - spec.warmup_steps)

    def factor(step: int) -> float:
        if step < spec.warmup_steps:
            return _warmup(spec, step)
        progress = min(1.0, (step - spec.warmup_steps) / length)
        return spec.floor + (1.0 - spec.floor) * 0.5 * (1.0 + math.cos(math.pi * progress))

    return factor


def multistep(spec: ScheduleSpec) -> Factor:
    """`gamma` once more at every milestone, times the warm-up; 6DRepNet's schedule with the default milestones."""
    ends = [epoch * spec.steps_per_epoch for epoch in spec.milestones]

    def factor(step: int) -> float:
        return _warmup(spec, step) * spec.gamma ** sum(step >= end for end in ends)

    return factor


def constant(spec: ScheduleSpec) -> Factor:
    """1, after the warm-up."""
    return lambda step: _warmup(spec, step)


SCHEDULES: dict[str, Callable[[ScheduleSpec], Factor]] = {
    "cosine": cosine,
    "multistep": multistep,
    "constant": constant,
}


def build_schedule(name: str, spec: ScheduleSpec) -> Factor:
    """The schedule of that name for a run.

    Raises:
        HeadPoseError: unknown name; the nearest known one is suggested.
    """
    if name not in SCHEDULES:
        raise unknown_name("schedule", name, SCHEDULES)
    return SCHEDULES[name](spec)


def apply_schedule(optimizer: torch.optim.Optimizer, factor: float, base_lr: float) -> None:
    """Set every group's rate to base_lr · factor · its `lr_scale` (1 where a group has none)."""
    for group in optimizer.param_groups:
        group["lr"] = base_lr * factor * group.get("lr_scale", 1.0)
