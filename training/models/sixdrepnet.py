"""6DRepNet: a backbone, six numbers, a rotation matrix (Hempel, Abdelrahman, Al-Hamadi, ICIP 2022)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from runtime.errors import HeadPoseError
from training.models.backbones import create_backbone, feature_count
from training.models.repnext import repnext_m4
from training.rotation import sixd_to_rotation


class SixDRepNet(nn.Module):
    """Head pose from a face crop: backbone → global mean → 6 numbers → Gram–Schmidt → R.

    Args:
        backbone: maps (N, 3, H, W) to pooled features (N, num_features), or to a feature map (N, num_features, h, w).
        num_features: width of those features.
    """

    def __init__(self, backbone: nn.Module, num_features: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(num_features, 6)

    def forward_features(self, x: Tensor) -> Tensor:
        """ImageNet-normalised RGB (N, 3, H, W) → pooled features (N, num_features)."""
        features = self.backbone(x)
        return features.mean((2, 3)) if features.ndim == 4 else features

    def forward_sixd(self, x: Tensor) -> Tensor:
        """ImageNet-normalised RGB (N, 3, H, W) → the raw 6D representation (N, 6)."""
        return self.head(self.forward_features(x))

    def forward(self, x: Tensor) -> Tensor:
        """ImageNet-normalised RGB (N, 3, H, W) → rotation matrices (N, 3, 3)."""
        return sixd_to_rotation(self.forward_sixd(x))


def build_sixdrepnet(backbone: str = "repnext_m4", *, deploy: bool = False) -> SixDRepNet:
    """A network with fresh weights.

    Args:
        backbone: a key of `training.models.backbones.BACKBONES`, or 'timm:NAME'.
        deploy: build the folded form.

    Raises:
        HeadPoseError: unknown backbone.
    """
    body = create_backbone(backbone, deploy=deploy)
    return SixDRepNet(body, feature_count(body))


def SixDRepNet_RepNeXt(
    backbone_fn: Callable[..., nn.Module] = repnext_m4,
    pretrained: bool | str | Path = False,
    deploy: bool = False,
) -> SixDRepNet:
    """6DRepNet on a RepNeXt backbone: ``SixDRepNet_RepNeXt(backbone_fn=repnext_m4, pretrained=False, deploy=True)``.

    Args:
        backbone_fn: `repnext_m0` … `repnext_m5`, or any builder that takes `num_classes` and `deploy`.
        pretrained: False, or the path of backbone weights in any published form; folded ones are split into branches
            where the network is in training form.
        deploy: build the folded form.

    Raises:
        HeadPoseError: weights that cannot be loaded, or True, which names no file.
    """
    if pretrained is True:
        raise HeadPoseError("pretrained=True names no file: pass the path of the backbone's weights")
    body: Any = backbone_fn(num_classes=0, deploy=deploy)
    if pretrained:
        from training.models.checkpoints import load_backbone_weights

        load_backbone_weights(body, pretrained, expand=True)
    return SixDRepNet(body, feature_count(body))
