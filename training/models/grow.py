"""A larger RepNeXt that starts as a smaller one: more channels, more blocks, the same answers.

After Net2Net (Chen, Goodfellow, Shlens, arXiv 1511.05641): what a small network learnt at a fraction of the cost is not
learnt again. New channels are fresh ones that nothing old listens to yet (the weights out of them are zero), and new
blocks add nothing yet (the last BatchNorm of each starts at zero: Goyal et al., arXiv 1706.02677), so training, from
its first step on, decides what they become.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from runtime.errors import HeadPoseError
from training.models.repnext import VARIANTS, RepNeXt
from training.models.repnext_blocks import Downsample, MetaNeXtBlock
from training.models.repnext_layers import ConvNorm
from training.models.sixdrepnet import SixDRepNet

_QUARTERS = 4  # of the channels: `ChunkConv` treats each differently


def can_grow(small: str, large: str) -> bool:
    """Whether the backbone `large` has as many channels and blocks as `small` everywhere, and both are RepNeXts."""
    if small not in VARIANTS or large not in VARIANTS or small == large:
        return False
    (few, shallow), (many, deep) = VARIANTS[small], VARIANTS[large]
    return all(a <= b for a, b in zip((*few, *shallow), (*many, *deep), strict=True))


@torch.no_grad()
def grow(small: SixDRepNet, large: SixDRepNet) -> SixDRepNet:
    """Fill `large` so that it computes what `small` computes, with batch statistics (training mode) too.

    Args:
        small: a pose network on a RepNeXt in training form; left as it is.
        large: one with at least as many channels and blocks everywhere, with fresh weights; changed in place and
            returned. Its new channels keep them.

    Raises HeadPoseError for a network that is no RepNeXt in training form, or is smaller somewhere.
    """
    source, target = _repnext(small), _repnext(large)
    stages: list[tuple[Any, Any]] = list(zip(source.stages, target.stages, strict=True))
    if any(not _fits(old, new) for old, new in stages):
        raise HeadPoseError(
            "a network grows into one with at least as many channels and blocks in every stage: take a larger one"
        )
    channels = _spread(source.feature_info[0]["num_chs"], target.feature_info[0]["num_chs"])
    _grow_stem(source.stem, target.stem, channels)
    for old, new in stages:
        if isinstance(old.downsample, Downsample):
            channels = _grow_downsample(old.downsample, new.downsample, channels)
        _grow_blocks(old.blocks, new.blocks, channels)
    large.head.weight.zero_()
    large.head.weight[:, channels] = small.head.weight
    large.head.bias.copy_(small.head.bias)
    return large


def _repnext(network: SixDRepNet) -> RepNeXt:
    body = network.backbone
    if not isinstance(body, RepNeXt) or body.deploy:
        raise HeadPoseError("only pose networks on a RepNeXt in training form grow: give one of those")
    return body


def _fits(old: Any, new: Any) -> bool:
    return len(old.blocks) <= len(new.blocks) and old.blocks[0].dim <= new.blocks[0].dim


def _spread(few: int, many: int) -> Tensor:
    """Place of every old channel among the new ones: it stays in its quarter."""
    part = torch.arange(few // _QUARTERS)
    return torch.cat([quarter * (many // _QUARTERS) + part for quarter in range(_QUARTERS)])


def _first(few: int) -> Tensor:
    return torch.arange(few)


def _grow_stem(old: Any, new: Any, channels: Tensor) -> None:
    hidden = _first(old.stem[0].norm.num_features)
    _grow_conv(old.stem[0], new.stem[0], _first(old.stem[0].conv.in_channels), hidden)
    _grow_conv(old.stem[2], new.stem[2], hidden, channels)


def _grow_downsample(old: Downsample, new: Downsample, channels: Tensor) -> Tensor:
    """Returns the places of its outputs: one kernel's half of the channels, then the other's."""
    for name in ("conv_s", "conv_m"):
        _grow_depthwise(getattr(old.token_mixer, name), getattr(new.token_mixer, name), channels)
    outputs = torch.cat([channels, new.dim + channels])
    _grow_norm(old.norm, new.norm, outputs)
    _grow_mlp(old.channel_mixer, new.channel_mixer, outputs)
    return outputs


def _grow_blocks(old: Any, new: Any, channels: Tensor) -> None:
    """Old blocks in their order, spread over the new ones; those between add nothing."""
    places = {i * len(new) // len(old): block for i, block in enumerate(old)}
    for place, block in enumerate(new):
        if place in places:
            _grow_block(places[place], block, channels)
        else:
            block.channel_mixer[2].norm.weight.zero_()


def _grow_block(old: MetaNeXtBlock, new: MetaNeXtBlock, channels: Tensor) -> None:
    part = channels[: old.dim // _QUARTERS]  # all quarters have the first one's pattern
    for name in ("conv_s", "conv_m", "conv_l"):
        _grow_depthwise(getattr(old.token_mixer, name), getattr(new.token_mixer, name), part)
    _grow_norm(old.norm, new.norm, channels)
    _grow_mlp(old.channel_mixer, new.channel_mixer, channels)


def _grow_mlp(old: Any, new: Any, channels: Tensor) -> None:
    hidden = _first(old[0].norm.num_features)
    _grow_conv(old[0], new[0], channels, hidden)
    _grow_conv(old[2], new[2], hidden, channels)


def _grow_conv(old: ConvNorm, new: ConvNorm, inputs: Tensor, outputs: Tensor) -> None:
    """Old outputs listen to old inputs alone; new outputs keep their fresh weights."""
    new.conv.weight[outputs] = 0.0
    new.conv.weight[outputs[:, None], inputs] = old.conv.weight
    _grow_norm(old.norm, new.norm, outputs)


def _grow_depthwise(old: nn.Module, new: nn.Module, channels: Tensor) -> None:
    """Every tensor of a branch, or of several, has one entry per channel."""
    own = dict(new.named_parameters())
    for name, tensor in old.named_parameters():
        own[name][channels] = tensor


def _grow_norm(old: nn.Module, new: nn.Module, channels: Tensor) -> None:
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(new, name)[channels] = getattr(old, name)
