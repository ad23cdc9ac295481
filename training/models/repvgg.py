"""RepVGG A0–A2, B0–B3 (Ding et al., "RepVGG: Making VGG-style ConvNets Great Again", CVPR 2021, arXiv 2101.03697).

RepVGG-B1g2 is the backbone of the original 6DRepNet. Parameter names equal those of the published checkpoints.
Input: ImageNet-normalised RGB (N, 3, H, W), any size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from training.models.folding import Kernel, embed, fill, fold_after, kernel_of, norm_affine

_A, _B = (2, 4, 14, 1), (4, 6, 16, 1)
# name → (blocks of stages 1–4, their widths over 64, 128, 256, 512, groups of every second 3×3 convolution)
VARIANTS: dict[str, tuple[tuple[int, ...], tuple[float, ...], int]] = {
    "repvgg_a0": (_A, (0.75, 0.75, 0.75, 2.5), 1),
    "repvgg_a1": (_A, (1, 1, 1, 2.5), 1),
    "repvgg_a2": (_A, (1.5, 1.5, 1.5, 2.75), 1),
    "repvgg_b0": (_B, (1, 1, 1, 2.5), 1),
    "repvgg_b1": (_B, (2, 2, 2, 4), 1),
    "repvgg_b1g2": (_B, (2, 2, 2, 4), 2),
    "repvgg_b1g4": (_B, (2, 2, 2, 4), 4),
    "repvgg_b2": (_B, (2.5, 2.5, 2.5, 5), 1),
    "repvgg_b2g2": (_B, (2.5, 2.5, 2.5, 5), 2),
    "repvgg_b2g4": (_B, (2.5, 2.5, 2.5, 5), 4),
    "repvgg_b3": (_B, (3, 3, 3, 5), 1),
    "repvgg_b3g2": (_B, (3, 3, 3, 5), 2),
    "repvgg_b3g4": (_B, (3, 3, 3, 5), 4),
}


class ConvBN(nn.Module):
    """Convolution without bias, then BatchNorm."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) → (N, C_out, ⌈H/stride⌉, ⌈W/stride⌉)."""
        return self.bn(self.conv(x))

    def merged(self) -> Kernel:
        """The one convolution that this is in eval mode."""
        return fold_after(kernel_of(self.conv), norm_affine(self.bn))


class RepVGGBlock(nn.Module):
    """ReLU of 3×3 + 1×1 + identity, each with a BatchNorm; in the deploy form ReLU of one 3×3."""

    def __init__(self, c_in: int, c_out: int, stride: int = 1, groups: int = 1, *, deploy: bool = False) -> None:
        super().__init__()
        self.args, self.deploy = (c_in, c_out, stride, groups), deploy
        self.nonlinearity = nn.ReLU()
        self.rbr_identity: nn.BatchNorm2d | None = None
        if deploy:
            self.rbr_reparam = nn.Conv2d(c_in, c_out, 3, stride, 1, groups=groups)
            return
        if c_in == c_out and stride == 1:
            self.rbr_identity = nn.BatchNorm2d(c_in)
        self.rbr_dense = ConvBN(c_in, c_out, 3, stride, groups)
        self.rbr_1x1 = ConvBN(c_in, c_out, 1, stride, groups)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) → (N, C_out, ⌈H/stride⌉, ⌈W/stride⌉)."""
        if self.deploy:
            return self.nonlinearity(self.rbr_reparam(x))
        out = self.rbr_dense(x) + self.rbr_1x1(x)
        if self.rbr_identity is not None:
            out = out + self.rbr_identity(x)
        return self.nonlinearity(out)

    def merged(self) -> Kernel:
        """The 3×3 kernel (training form)."""
        (k3, b3), (k1, b1) = self.rbr_dense.merged(), self.rbr_1x1.merged()
        weight, bias = k3 + embed(k1, 3), b3 + b1
        if self.rbr_identity is not None:
            scale, shift = norm_affine(self.rbr_identity)
            channel = torch.arange(len(scale))
            weight[channel, channel % weight.shape[1], 1, 1] += (
                scale  # in grouped kernels inputs count from their group
            )
            bias += shift
        return weight, bias

    def fuse(self) -> RepVGGBlock:
        """The deploy form; the block itself stays as it is."""
        if self.deploy:
            return self
        with torch.device("meta"):
            plain = RepVGGBlock(*self.args, deploy=True)
        fill(plain.rbr_reparam, self.merged(), self)
        return plain


class RepVGG(nn.Module):
    """The backbone, with a classifier when `num_classes` > 0.

    Args:
        num_blocks: blocks of stages 1–4.
        width: widths of those stages over 64, 128, 256, 512.
        groups: groups of the 3×3 and 1×1 convolutions of every second block.
        num_classes: 0 leaves the classifier out: the output is then the pooled features.
        deploy: build the folded form: one 3×3 convolution per block, no BatchNorm.
    """

    def __init__(
        self,
        num_blocks: tuple[int, ...],
        width: tuple[float, ...],
        groups: int = 1,
        num_classes: int = 1000,
        deploy: bool = False,
    ) -> None:
        super().__init__()
        self.deploy, self.num_classes = deploy, num_classes
        channels = [int(base * scale) for base, scale in zip((64, 128, 256, 512), width)]
        self.num_features = self.head_hidden_size = channels[-1]
        c_in, index = min(64, channels[0]), 1
        self.stage0 = RepVGGBlock(3, c_in, 2, deploy=deploy)
        stages = []
        for c_out, depth in zip(channels, num_blocks):
            stages.append(_stage(c_in, c_out, depth, groups, index, deploy))
            c_in, index = c_out, index + depth
        self.stage1, self.stage2, self.stage3, self.stage4 = stages
        self.linear = nn.Linear(c_in, num_classes) if num_classes else nn.Identity()

    def forward_features(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, C, H/32, W/32)."""
        return self.stage4(self.stage3(self.stage2(self.stage1(self.stage0(x)))))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → logits (N, classes), or features (N, C) without a classifier."""
        return self.linear(self.forward_features(x).mean((2, 3)))


def _stage(c_in: int, c_out: int, depth: int, groups: int, index: int, deploy: bool) -> nn.Sequential:
    """`index` counts the network's blocks behind stage 0 from 1; those with an even one are grouped."""
    blocks = [
        RepVGGBlock(
            c_in if i == 0 else c_out,
            c_out,
            2 if i == 0 else 1,
            1 if (index + i) % 2 else groups,
            deploy=deploy,
        )
        for i in range(depth)
    ]
    return nn.Sequential(*blocks)


def _build(name: str, num_classes: int = 1000, deploy: bool = False) -> RepVGG:
    num_blocks, width, groups = VARIANTS[name]
    return RepVGG(num_blocks, width, groups, num_classes, deploy)


# Not registered with timm: it has other networks (other parameter names) under these names.
BUILDERS: dict[str, Callable[..., RepVGG]] = {name: partial(_build, name) for name in VARIANTS}
