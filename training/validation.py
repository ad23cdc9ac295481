"""The error on the held-out part, the same number in every process."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg
from training.data.loader import View, evaluation_loader
from training.data.source import PoseSource
from training.distributed import World, gather_objects, shard_evaluation
from training.inputs import to_input


def validate(
    network: nn.Module, source: PoseSource, view: View, world: World, *, batch: int, workers: int = 0
) -> dict[str, float]:
    """Mean and median geodesic error in degrees of a network on a source, without augmentation.

    Every process looks at its share; all get the figures of the whole. Raises HeadPoseError if no picture can be read.
    """
    positions = shard_evaluation(len(source), world)
    plain = View(view.framing, "none", view.size, random=False)
    truths, answers = [np.zeros((0, 3, 3))], [np.zeros((0, 3, 3))]
    network.eval()
    with torch.inference_mode():
        for part in evaluation_loader(source, plain, positions, batch, workers):
            if part.indices:
                x = to_input(part.images, world.device, channels_last=True)
                answers.append(network(x).double().cpu().numpy())
                truths.append(part.rotations.double().numpy())
    parts = gather_objects((np.concatenate(truths), np.concatenate(answers)))
    truth, answer = (np.concatenate([pair[i] for pair in parts]) for i in (0, 1))
    if not len(truth):
        raise HeadPoseError(
            f"no picture of the held-out part of {source.name} can be read: run  headpose prepare check"
        )
    angles = geodesic_deg(truth, answer)
    return {"geodesic_mean_deg": float(angles.mean()), "geodesic_median_deg": float(np.median(angles))}
