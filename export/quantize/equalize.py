"""Weights that round better and compute the same: channels of unlike size are brought nearer to each other.

Between two linear operators a channel may be multiplied in the one and divided in the other. RepNeXt has three such
places: from the depthwise kernels to the 1×1 convolution behind them (no activation stands between), along the
residual stream of a stage (through which every block's depthwise kernels let a scale pass), and from the last stage
through the mean into the 6D head. Behind a GELU there is none: it is not linear in the scale, so its pair of 1×1
convolutions stays as it is. After data-free equalisation (Nagel, van Baalen, Blankevoort, Welling, arXiv 1906.04721)
and SmoothQuant (Xiao et al., arXiv 2211.10438), whose balance of activations and weights is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from training.models.repnext import RepNeXt
from training.models.sixdrepnet import SixDRepNet

BALANCE = (
    0.8  # part of a channel's activation size that moves into the weights (SmoothQuant's alpha); 0.5 measured worse
)
_LARGEST = 32.0  # a channel is not scaled by more, nor by less than its inverse: dead channels are left alone


@torch.no_grad()
def equalize(network: SixDRepNet, batches: Iterable[Tensor], balance: float = BALANCE) -> SixDRepNet:
    """A copy with the same answers whose channels differ less; a network that is no RepNeXt comes back as it is.

    Args:
        network: deploy form, as `reparameterize` gives it; left as it is.
        batches: normalised images (N, 3, H, W) of faces: the sizes of activations are measured on them.
        balance: 0 equalises the weights alone, 1 the activations alone.
    """
    body = network.backbone
    if not isinstance(body, RepNeXt) or not body.deploy:
        return network
    equal = deepcopy(network)
    sizes = _sizes(equal, batches)
    previous: Tensor | None = None
    for stage, module in enumerate(equal.backbone.stages):  # type: ignore[union-attr, arg-type]
        stream = _stream_scale(module, sizes[f"stages.{stage}"], balance)
        _scale_entry(equal.backbone, module, previous, stream)
        for index, block in enumerate(module.blocks):
            _scale_block(block, stream, sizes[f"stages.{stage}.blocks.{index}.token_mixer"], balance)
        previous = stream
    assert previous is not None
    equal.head.weight.div_(previous)
    return equal


def _sizes(network: SixDRepNet, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """Largest magnitude per channel: of each stage's stream, and behind each block's token mixer."""
    sizes: dict[str, Tensor] = {}
    with _watching(network.backbone, sizes):
        for batch in batches:
            network(batch)
    return sizes


@contextmanager
def _watching(body: Any, sizes: dict[str, Tensor]) -> Iterator[None]:
    def watch(module: nn.Module, name: str) -> Any:
        def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
            largest = output.abs().amax((0, 2, 3))
            sizes[name] = torch.maximum(sizes[name], largest) if name in sizes else largest

        return module.register_forward_hook(note)

    handles = [watch(body.stem, "stages.0")]
    for stage, module in enumerate(body.stages):
        if stage:
            handles.append(watch(module.downsample, f"stages.{stage}"))
        for index, block in enumerate(module.blocks):
            handles.append(watch(block, f"stages.{stage}"))
            handles.append(watch(block.token_mixer, f"stages.{stage}.blocks.{index}.token_mixer"))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _columns(conv: Any) -> Tensor:
    """Largest weight per input channel of a 1×1 convolution."""
    return conv.weight.abs().amax((0, 2, 3))


def _balanced(activation: Tensor, weight: Tensor, balance: float) -> Tensor:
    """Factor per channel of the activations; its mean over the channels, geometric, is 1."""
    alive = (activation > 0) & (weight > 0)
    factor = torch.ones_like(activation)
    factor[alive] = weight[alive] ** (1 - balance) / activation[alive] ** balance
    if alive.any():
        factor[alive] /= factor[alive].log().mean().exp()
    return factor.clamp(1 / _LARGEST, _LARGEST)


def _stream_scale(stage: Any, size: Tensor, balance: float) -> Tensor:
    weight = torch.stack([_columns(block.channel_mixer[0]) for block in stage.blocks]).amax(0)
    return _balanced(size, weight, balance)


def _scale_entry(body: Any, stage: Any, previous: Tensor | None, stream: Tensor) -> None:
    """What makes the stage's stream: the stem, or the downsampling, which reads the stream before it."""
    if previous is None:
        _scale_outputs(body.stem.stem[2], stream)
        return
    down = stage.downsample
    half = down.dim
    for conv, part in ((down.token_mixer.conv_s, stream[:half]), (down.token_mixer.conv_m, stream[half:])):
        conv.weight.div_(previous.reshape(-1, 1, 1, 1))
        _scale_outputs(conv, part)
    _scale_mlp(down.channel_mixer, stream, stream)


def _scale_block(block: Any, stream: Tensor, size: Tensor, balance: float) -> None:
    mixer, part = block.token_mixer, block.dim // 4
    own = _balanced(size * stream, _columns(block.channel_mixer[0]) / stream, balance)
    own[:part] = 1.0  # the untouched quarter is the stream itself
    scale = stream * own
    for conv, quarter in ((mixer.conv_s, 1), (mixer.conv_m, 2), (mixer.conv_l[1], 3)):
        channels = slice(quarter * part, (quarter + 1) * part)
        conv.weight.mul_(own[channels].reshape(-1, 1, 1, 1))
        conv.bias.mul_(scale[channels])
    mixer.conv_l[0].bias.mul_(stream[3 * part :])
    _scale_mlp(block.channel_mixer, scale, stream)


def _scale_outputs(conv: Any, scale: Tensor) -> None:
    conv.weight.mul_(scale.reshape(-1, 1, 1, 1))
    conv.bias.mul_(scale)


def _scale_mlp(mlp: Any, inputs: Tensor, outputs: Tensor) -> None:
    mlp[0].weight.div_(inputs.reshape(1, -1, 1, 1))
    _scale_outputs(mlp[2], outputs)
