"""The network that a run starts with: fresh, on a published backbone, or from a snapshot of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor

from runtime.errors import HeadPoseError
from training.models.checkpoints import load_backbone_weights, open_checkpoint
from training.models.expand import calibrate_norms, expand
from training.models.formats import read
from training.models.grow import can_grow, grow
from training.models.identify import identify
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet

Images = Callable[[], Iterable[Tensor]]


def initial_network(
    backbone: str,
    *,
    weights: str | Path | None = None,
    snapshot: str | Path | None = None,
    grows: bool = False,
    images: Images,
) -> tuple[SixDRepNet, str]:
    """A network in training form, and one sentence on where its weights come from.

    Args:
        backbone: a backbone's name.
        weights: the backbone's published weights, in any form.
        snapshot: a pose network's weights, in any form; goes before `weights`.
        grows: the snapshot is of a smaller RepNeXt, and the network starts as one of `backbone` that computes the same.
        images: gives normalised batches (N, 3, H, W) of training images. They are asked for where the file was folded:
            its kernels are split into branches and the new BatchNorms are given the statistics of these images, so
            that training starts from the loaded function.

    Raises:
        HeadPoseError: a file that cannot be read or belongs to another network.
    """
    if snapshot is not None:
        if grows:
            return _grown(Path(snapshot), backbone, images)
        return _from_snapshot(Path(snapshot), backbone, images)
    network = build_sixdrepnet(backbone)
    if weights is None:
        return network, f"{backbone} with fresh weights"
    load_backbone_weights(network, weights, expand=True)
    form = identify(read(Path(weights)).tensors).form
    if form == "train":
        return network, f"{backbone} from {Path(weights).name}"
    calibrate_norms(network, images())
    return network, f"{backbone} from {Path(weights).name}, whose folded kernels were split into branches"


def _from_snapshot(path: Path, backbone: str, images: Images) -> tuple[SixDRepNet, str]:
    loaded = open_checkpoint(path, backbone)
    if loaded.form == "train":
        return loaded.model, f"{backbone} and its 6D head from {path.name}"
    network = build_sixdrepnet(backbone)
    expand(loaded.model, network)
    calibrate_norms(network, images())
    return network, f"{backbone} and its 6D head from {path.name}, whose folded kernels were split into branches"


def _grown(path: Path, backbone: str, images: Images) -> tuple[SixDRepNet, str]:
    small = open_checkpoint(path).backbone
    if not can_grow(small, backbone):
        raise HeadPoseError(
            f"{path} is a {small}, which cannot grow into {backbone}: RepNeXts grow, into ones with at least as many "
            "channels and blocks in every stage"
        )
    network, origin = _from_snapshot(path, small, images)
    return grow(network, build_sixdrepnet(backbone)), f"{backbone} grown from {origin}"


def check_image_size(network: SixDRepNet, backbone: str, size: int) -> None:
    """Raise HeadPoseError if the network cannot take pictures of `size` pixels, as most transformers take one size.

    One forward pass of a black picture on the network's device, which leaves the network as it is.
    """
    training, device = network.training, next(network.parameters()).device
    network.eval()
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, size, size, device=device))
    except (AssertionError, RuntimeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise HeadPoseError(
            f"{backbone} cannot take pictures of {size} pixels ({reason[:160]}): pass the --image_size it was made for"
        ) from error
    finally:
        network.train(training)
