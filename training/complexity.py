"""How big a network is and how much it computes, by name, without its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from torch import nn

    from training.models.sixdrepnet import SixDRepNet


@dataclass(frozen=True)
class Complexity:
    """Of a backbone with its 6D head."""

    backbone: str
    """Its name."""
    input_size: int
    """Side of the square input in pixels that the MACs are for."""
    parameters_train: int
    """Trainable numbers in training form."""
    parameters_deploy: int
    """The same after folding: what is shipped."""
    macs: int
    """Multiply–accumulates of the deploy form for one image, convolutions and linear layers only."""


def complexity(backbone: str, input_size: int = 224) -> Complexity:
    """Parameters and MACs of a network; it is built without memory for its weights, so that this takes no time.

    Args:
        backbone: key of `training.models.backbones.BACKBONES`, or 'timm:NAME' (folded as far as timm folds it).
        input_size: side of the square input in pixels.

    Raises:
        HeadPoseError: unknown backbone, an input that it cannot take.
    """
    import torch

    from training.models.reparam import reparameterize
    from training.models.sixdrepnet import build_sixdrepnet

    with torch.device("meta"):
        network = build_sixdrepnet(backbone)
    folded = reparameterize(network)
    try:
        macs = count_macs(folded, input_size)  # type: ignore[arg-type]
    except RuntimeError as error:
        raise HeadPoseError(
            f"the backbone {backbone} cannot take images of {input_size} × {input_size} pixels: {error}"
        ) from error
    return Complexity(backbone, input_size, parameter_count(network), parameter_count(folded), macs)


def parameter_count(network: nn.Module) -> int:
    """Numbers in all parameters; statistics of BatchNorm are none."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_macs(network: SixDRepNet, input_size: int) -> int:
    """Multiply–accumulates of convolutions and linear layers for one image; PyTorch counts each as two operations."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    device = next(network.parameters()).device
    image = torch.zeros(1, 3, input_size, input_size, device=device)
    was_training = network.training
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network.eval().forward_sixd(image)
    finally:
        network.train(was_training)
    return int(counter.get_total_flops()) // 2
