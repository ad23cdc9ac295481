"""The blocks, stages, stem and classifier of RepNeXt (Zhao, Luo, Ouyang, arXiv 2406.16004), in both forms."""

from __future__ import annotations

from typing import Any

import torch
from timm.models import checkpoint_seq
from torch import Tensor, nn

from training.models.folding import Kernel, fill, fold_after, fold_before, kernel_of, norm_affine
from training.models.repnext_layers import ChunkConv, CopyConv, conv_norm


def channel_mlp(dim: int, *, deploy: bool = False) -> nn.Sequential:
    """1×1 to twice the channels, GELU (exact), 1×1 back."""
    return nn.Sequential(conv_norm(dim, 2 * dim, deploy=deploy), nn.GELU(), conv_norm(2 * dim, dim, deploy=deploy))


class MetaNeXtBlock(nn.Module):
    """x + channel_mixer(norm(token_mixer(x)))."""

    def __init__(self, dim: int, *, deploy: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.token_mixer = ChunkConv(dim, deploy=deploy)
        self.norm = nn.Identity() if deploy else nn.BatchNorm2d(dim)
        self.channel_mixer = channel_mlp(dim, deploy=deploy)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        return x + self.channel_mixer(self.norm(self.token_mixer(x)))

    def fuse(self) -> MetaNeXtBlock:
        """The deploy form. `norm` is folded forward, into the unpadded 1×1; backward there is the untouched quarter."""
        if isinstance(self.norm, nn.Identity):
            return self
        with torch.device("meta"):
            plain = MetaNeXtBlock(self.dim, deploy=True)
        mixer, twin = self.token_mixer, plain.token_mixer
        pairs = [(mixer.conv_s, twin.conv_s), (mixer.conv_m, twin.conv_m), *zip(mixer.conv_l, twin.conv_l)]
        for source, target in pairs:
            fill(target, kernel_of(source), self)
        first, last = self.channel_mixer[0], self.channel_mixer[2]
        fill(plain.channel_mixer[0], fold_before(norm_affine(self.norm), kernel_of(first)), self)
        fill(plain.channel_mixer[2], kernel_of(last), self)
        return plain


class Downsample(nn.Module):
    """x = norm(token_mixer(x)); x + channel_mixer(x), at half the resolution and twice the channels."""

    def __init__(self, dim: int, *, deploy: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.token_mixer = CopyConv(dim, deploy=deploy)
        self.norm = nn.Identity() if deploy else nn.BatchNorm2d(2 * dim)
        self.channel_mixer = channel_mlp(2 * dim, deploy=deploy)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, 2C, ⌈H/2⌉, ⌈W/2⌉)."""
        x = self.norm(self.token_mixer(x))
        return x + self.channel_mixer(x)

    def fuse(self) -> Downsample:
        """The deploy form. `norm` feeds the shortcut too, so it is folded backward, into the two strided kernels."""
        if isinstance(self.norm, nn.Identity):
            return self
        with torch.device("meta"):
            plain = Downsample(self.dim, deploy=True)
        mixer, twin, (scale, shift) = self.token_mixer, plain.token_mixer, norm_affine(self.norm)
        halves = [
            (mixer.conv_s, twin.conv_s, slice(None, self.dim)),
            (mixer.conv_m, twin.conv_m, slice(self.dim, None)),
        ]
        for source, target, part in halves:
            fill(target, fold_after(kernel_of(source), (scale[part], shift[part])), self)
        for i in (0, 2):
            fill(plain.channel_mixer[i], kernel_of(self.channel_mixer[i]), self)
        return plain


class Stem(nn.Module):
    """Two strided 3×3 convolutions: (N, 3, H, W) → (N, C, H/4, W/4)."""

    def __init__(self, in_chans: int, dim: int, *, deploy: bool = False) -> None:
        super().__init__()
        first, second = (
            conv_norm(in_chans, dim // 2, 3, 2, deploy=deploy),
            conv_norm(dim // 2, dim, 3, 2, deploy=deploy),
        )
        self.stem = nn.Sequential(first, nn.GELU(), second)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_chans, H, W) → (N, C, H/4, W/4)."""
        return self.stem(x)


class Stage(nn.Module):
    """An optional downsampling, then blocks at one resolution."""

    def __init__(self, dim: int, depth: int, *, downsample: bool, deploy: bool = False) -> None:
        super().__init__()
        self.grad_checkpointing = False
        self.downsample = Downsample(dim // 2, deploy=deploy) if downsample else nn.Identity()
        self.blocks = nn.Sequential(*(MetaNeXtBlock(dim, deploy=deploy) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, H, W) → (N, C, H or H/2, W or W/2)."""
        x = self.downsample(x)
        if self.grad_checkpointing and not torch.jit.is_scripting():
            return checkpoint_seq(self.blocks, x)
        return self.blocks(x)


class NormLinear(nn.Module):
    """BatchNorm of the pooled features, then a linear layer."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(c_in)
        self.linear = nn.Linear(c_in, c_out)
        nn.init.trunc_normal_(self.linear.weight, std=0.02)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C) → (N, classes)."""
        return self.linear(self.norm(x))

    def merged(self) -> Kernel:
        """The one linear layer that this is in eval mode."""
        return fold_before(norm_affine(self.norm), kernel_of(self.linear))


class Classifier(nn.Module):
    """Two classifiers, of which one learns from a teacher; the answer is their mean."""

    def __init__(self, dim: int, num_classes: int) -> None:
        super().__init__()
        self.distilled_training = False
        self.head = NormLinear(dim, num_classes)
        self.head_dist = NormLinear(dim, num_classes)

    def forward(self, x: Tensor) -> Any:
        """(N, C) → (N, classes); a pair while training with a teacher (`distilled_training`)."""
        label, taught = self.head(x), self.head_dist(x)
        if self.training and self.distilled_training and not torch.jit.is_scripting():
            return label, taught
        return (label + taught) / 2

    def fuse(self) -> nn.Linear:
        """The deploy form: one linear layer."""
        (w1, b1), (w2, b2) = self.head.merged(), self.head_dist.merged()
        plain = nn.Linear(w1.shape[1], w1.shape[0], device="meta")
        fill(plain, ((w1 + w2) / 2, (b1 + b2) / 2), self)
        return plain
