"""The error on the held-out part, the same number in every process."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg
from training.data.loader import View, attended, evaluation_loader
from training.data.source import PoseSource
from training.distributed import World, gather_objects, shard_evaluation
from training.inputs import to_input
from training.stopping import StopRequest


class HeldOut(NamedTuple):
    """What came of a validation; the same in every process."""

    figures: dict[str, float]
    """Mean and median geodesic error in degrees; empty if it was broken off."""
    failures: list[tuple[str, str]]
    """(key, reason) of pictures that could not be read."""
    stopped: str | None = None
    """Why it was broken off."""


def validate(
    network: nn.Module,
    source: PoseSource,
    view: View,
    world: World,
    *,
    batch: int,
    workers: int = 0,
    request: StopRequest | None = None,
) -> HeldOut:
    """Error of a network on a source, without augmentation.

    Every process looks at its share. A request to stop breaks it off between two batches. Raises HeadPoseError if no
    picture can be read.
    """
    positions = shard_evaluation(len(source), world)
    plain = View(view.framing, "none", view.size, random=False)
    truths, answers = [np.zeros((0, 3, 3))], [np.zeros((0, 3, 3))]
    failures: list[tuple[str, str]] = []
    reason = None
    network.eval()
    with torch.inference_mode(), attended(evaluation_loader(source, plain, positions, batch, workers)) as loader:
        for part in loader:
            reason = request.reason if request else None
            if reason is not None:
                break
            failures += part.failures
            if part.indices:
                x = to_input(part.images, world.device, channels_last=True)
                answers.append(network(x).double().cpu().numpy())
                truths.append(part.rotations.double().numpy())
    parts = gather_objects((np.concatenate(truths), np.concatenate(answers), failures, reason))
    stopped = next((part[3] for part in parts if part[3]), None)
    if stopped is not None:
        return HeldOut({}, [], stopped)
    truth, answer = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    if not len(truth):
        raise HeadPoseError(
            f"no picture of the held-out part of {source.name} can be read: run  headpose prepare check"
        )
    angles = geodesic_deg(truth, answer)
    figures = {"geodesic_mean_deg": float(angles.mean()), "geodesic_median_deg": float(np.median(angles))}
    return HeldOut(figures, [pair for part in parts for pair in part[2]])
