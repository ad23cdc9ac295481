"""Takes RepNeXt's untouched quarter of the channels into the 3×3 depthwise convolution beside it.

Each block splits its channels into four, leaves a quarter as it is and concatenates. As a 3×3 kernel with a single 1 in
the middle the quarter needs no split and no copy of its own: the products are exact, so the network is the same to the
last bit; ONNX Runtime measured 2 % faster and LiteRT no slower (benchmarks/graph_work.py).
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from training.models.repnext_layers import ChunkConv


class MergedBranches(nn.Module):
    """A block's token mixer whose first branches are one depthwise convolution.

    Args:
        mixer: deploy form.
        size: side of the common kernel: 3 takes in the untouched quarter and the small branch, 7 the medium one too.

    Its convolutions keep the names that they have in the network, so that a faulty one is named as there.
    """

    def __init__(self, mixer: Any, size: int) -> None:
        super().__init__()
        part = mixer.conv_s.weight.shape[0]
        parts = 2 if size == 3 else 3
        self.widths = [parts * part, *([part] * (4 - parts))]
        self.conv_s = nn.Conv2d(parts * part, parts * part, size, padding=size // 2, groups=parts * part)
        self.conv_m = mixer.conv_m if size == 3 else None
        self.conv_l = mixer.conv_l
        with torch.no_grad():
            weight, bias, middle = self.conv_s.weight, self.conv_s.bias, size // 2
            assert bias is not None
            weight.zero_()
            bias.zero_()
            weight[:part, :, middle, middle] = 1
            around = middle - 1
            weight[part : 2 * part, :, around : around + 3, around : around + 3] = mixer.conv_s.weight
            bias[part : 2 * part] = mixer.conv_s.bias
            if size == 7:
                weight[2 * part :] = mixer.conv_m.weight
                bias[2 * part :] = mixer.conv_m.bias

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W)."""
        first, *others = torch.split(x, self.widths, 1)
        rest = [conv for conv in (self.conv_m, self.conv_l) if conv is not None]
        return torch.cat([self.conv_s(first), *(conv(part) for conv, part in zip(rest, others, strict=True))], 1)


def merge_quarter(model: Any) -> Any:
    """A copy of `model`, deploy form, whose blocks have three branches: 3×3 (and the quarter), 7×7, 1×11 + 11×1."""
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, ChunkConv):
                setattr(parent, name, MergedBranches(child, 3))
    return model.eval()
