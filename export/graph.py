"""The module that is exported: raw RGB in, rotation out, nothing in between that a phone's delegate would refuse.

Everything stays four-dimensional until the last reshape, the cross products are written out (converters turn
`linalg.cross` into gathers), and the decoding never squares a number that half precision could not square.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD
from training.models.repnext import RepNeXt
from training.models.repvgg import RepVGG

# Below this a 6D half counts as zero. Half precision has 6.1e-5 as its smallest normal number; 1e-4 squared is not one,
# but nothing smaller than this is squared unless the vector itself is (numerically) zero.
_TINY = 1e-4


def _unit(v: Tensor) -> Tensor:
    """(N, 3, 1, 1) → unit vectors. The largest component goes first: squares neither overflow nor vanish."""
    scaled = v / v.abs().amax(dim=1, keepdim=True).clamp(min=_TINY)
    return scaled / (scaled * scaled).sum(dim=1, keepdim=True).sqrt().clamp(min=_TINY)


def _shift(v: Tensor) -> Tensor:
    """(v0, v1, v2) → (v1, v2, v0) over the channel axis."""
    first, rest = torch.split(v, [1, 2], dim=1)  # split, not slices: one operator, and native on the Neural Engine
    return torch.cat([rest, first], dim=1)


def decode_sixd(sixd: Tensor) -> Tensor:
    """(N, 6, 1, 1) → (N, 3, 3): x = n(a), z = n(x × b), y = z × x as columns; equal to 6DRepNet's Gram–Schmidt.

    With s the cyclic shift, u × v = s(u · s(v) − s(u) · v): a third fewer operators than component by component.
    """
    a, b = torch.split(sixd, 3, dim=1)
    b = b / b.abs().amax(dim=1, keepdim=True).clamp(min=_TINY)
    x = _unit(a)
    x_shifted = _shift(x)
    z = _unit(_shift(x * _shift(b) - x_shifted * b))
    y = _shift(z * x_shifted - _shift(z) * x)
    return torch.cat([x, y, z], dim=1).reshape(-1, 3, 3).transpose(1, 2)


class Normalize(nn.Module):
    """RGB 0–255 → ImageNet-normalised, by one subtraction and one product before any padding: exact at borders."""

    mean: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        mean = torch.tensor(IMAGENET_MEAN, dtype=torch.float64).reshape(1, 3, 1, 1) * 255
        scale = 1 / (torch.tensor(IMAGENET_STD, dtype=torch.float64).reshape(1, 3, 1, 1) * 255)
        self.register_buffer("mean", mean.float())
        self.register_buffer("scale", scale.float())

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in 0..255 → the same shape, normalised."""
        return (image - self.mean) * self.scale


class ExportGraph(nn.Module):
    """A reparameterised SixDRepNet as a phone sees it.

    Args:
        network: deploy-form SixDRepNet (`backbone`, `head`); it is not changed.
        output: 'rotation' gives (N, 3, 3), 'sixd' gives (N, 6).
        layout: 'NCHW' or 'NHWC' of the input image.
        normalized: leave the normalisation out (Core ML does scale and mean in its image input, std in the stem).
    """

    def __init__(
        self, network: nn.Module, *, output: str = "rotation", layout: str = "NCHW", normalized: bool = False
    ) -> None:
        super().__init__()
        self.normalize: nn.Module = nn.Identity() if normalized else Normalize()
        self.backbone: nn.Module = network.get_submodule("backbone")
        self.head = _as_convolution(network.get_submodule("head"))
        self.output, self.layout = output, layout
        self.plain = isinstance(self.backbone, RepNeXt | RepVGG)
        self.eval()

    def sixd(self, x: Tensor) -> Tensor:
        """ImageNet-normalised (N, 3, H, W) → 6D vectors (N, 6, 1, 1)."""
        if self.plain:  # a feature map and a plain mean: all in four dimensions
            return self.head(self.backbone.forward_features(x).mean((2, 3), keepdim=True))  # type: ignore[operator]
        features = self.backbone(x)  # timm's own pooling, and whatever stands between it and the classifier
        pooled = features.mean((2, 3), keepdim=True) if features.ndim == 4 else features.reshape(*features.shape, 1, 1)
        return self.head(pooled)

    def forward(self, image: Tensor) -> Tensor:
        """RGB 0–255, (N, 3, H, W) or (N, H, W, 3) → rotations (N, 3, 3) or 6D vectors (N, 6)."""
        x = image.permute(0, 3, 1, 2) if self.layout == "NHWC" else image
        sixd = self.sixd(self.normalize(x))
        return sixd.reshape(-1, 6) if self.output == "sixd" else decode_sixd(sixd)


def _as_convolution(head: nn.Module) -> nn.Conv2d:
    """The 6-number layer as a 1×1 convolution: two-dimensional matrix products fall off the Neural Engine."""
    if isinstance(head, nn.Conv2d):
        return head
    weight, bias = head.weight, head.bias
    assert isinstance(weight, Tensor)
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], 1)
    with torch.no_grad():
        conv.weight.copy_(weight.reshape(*weight.shape, 1, 1))
        conv.bias.copy_(bias)  # type: ignore[union-attr, arg-type]
    return conv
