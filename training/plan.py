"""What a run would do, before it does it: counts, parameters, memory, the learning rate."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn

from training.config import TrainConfig
from training.data.augmentation import AUGMENTATIONS
from training.initial import check_image_size
from training.models.sixdrepnet import build_sixdrepnet
from training.run_data import TrainData
from training.schedule import build_schedule
from training.trainer import schedule_spec

_COPIES = {"adamw": 2, "adam": 2, "sgd": 1}  # numbers that the optimiser keeps for every parameter


def plan(config: TrainConfig, data: TrainData) -> dict[str, Any]:
    """JSON values: data, steps, network, memory in bytes, learning rates at the start of some epochs.

    The memory is an estimate: weights, gradients, optimiser, running average, and the activations that backward keeps,
    counted by running the network without data. Workspaces and the loading processes come on top.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    batch = config.batch_size * config.accumulate * world
    steps = len(data.train) // batch
    factor = build_schedule(config.schedule, schedule_spec(config, steps))
    epochs = sorted({0, *config.milestones, config.num_epochs // 2, config.num_epochs - 1})
    parameters, memory = _memory(config)
    return {
        "data": data.train.name,
        "terms": data.train.terms,
        "train": len(data.train),
        "held_out": len(data.val) if data.val else 0,
        "framing": data.view.framing,
        "augmentation": AUGMENTATIONS[config.augmentation].describe(),
        "backbone": config.backbone_type,
        "parameters": parameters,
        "processes": world,
        "faces_per_step": batch,
        "steps_per_epoch": steps,
        "steps": steps * config.num_epochs,
        "learning_rate": {str(e + 1): config.lr * factor(e * steps) for e in epochs if e < config.num_epochs},
        "memory_bytes": memory,
        "memory_total_bytes": sum(memory.values()),
    }


def _memory(config: TrainConfig) -> tuple[int, dict[str, int]]:
    with torch.device("meta"):
        network = build_sixdrepnet(config.backbone_type).train()
        check_image_size(network, config.backbone_type, config.image_size)
    count = sum(p.numel() for p in network.parameters())
    width = 2 if config.precision == "bf16" else 4
    return count, {
        "weights": 4 * count,
        "gradients": 4 * count,
        "optimizer": 4 * count * _COPIES[config.optimizer],
        "running_average": 4 * count if config.ema else 0,
        "activations": kept_for_backward(network, config.image_size) * width // 4 * config.batch_size,
    }


def kept_for_backward(network: nn.Module, size: int) -> int:
    """Bytes in fp32 that backward needs of one face's forward pass; `network` is on the meta device."""
    seen: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        if not isinstance(tensor, nn.Parameter):
            seen[id(tensor)] = tensor.numel() * tensor.element_size()
            kept.append(tensor)  # so that no other tensor gets its id
        return tensor

    kept: list[torch.Tensor] = []
    faces = 2  # a BatchNorm on a 1 × 1 map needs more than one
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        network(torch.empty(faces, 3, size, size, device="meta"))
    return sum(seen.values()) // faces
