"""RepNeXt M0–M5 (Zhao, Luo, Ouyang, arXiv 2406.16004), a pure convolutional backbone, registered with timm.

Parameter names equal those of the published checkpoints. Input: ImageNet-normalised RGB (N, 3, H, W), any size.
"""

from __future__ import annotations

from typing import Any

from timm.data.constants import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models import build_model_with_cfg, generate_default_cfgs, register_model
from timm.models._features import feature_take_indices
from torch import Tensor, nn

from training.models.repnext_blocks import Classifier, Stage, Stem

# name → (channels, blocks) of the four stages
VARIANTS = {
    "repnext_m0": ((40, 80, 160, 320), (2, 2, 9, 1)),
    "repnext_m1": ((48, 96, 192, 384), (3, 3, 15, 2)),
    "repnext_m2": ((56, 112, 224, 448), (3, 3, 15, 2)),
    "repnext_m3": ((64, 128, 256, 512), (3, 3, 13, 2)),
    "repnext_m4": ((64, 128, 256, 512), (5, 5, 25, 4)),
    "repnext_m5": ((80, 160, 320, 640), (7, 7, 35, 2)),
}


class RepNeXt(nn.Module):
    """The backbone, with a classifier when `num_classes` > 0.

    Args:
        embed_dim, depth: channels and blocks of the four stages.
        in_chans: channels of the input.
        num_classes: 0 leaves the classifier out: the output is then the pooled features.
        global_pool: 'avg', or '' for the last feature map.
        drop_rate: dropout before the classifier.
        deploy: build the folded form: no BatchNorm, one kernel per branch.
    """

    def __init__(
        self,
        embed_dim: tuple[int, ...] = (64, 128, 256, 512),
        depth: tuple[int, ...] = (5, 5, 25, 4),
        in_chans: int = 3,
        num_classes: int = 1000,
        global_pool: str = "avg",
        drop_rate: float = 0.0,
        deploy: bool = False,
    ) -> None:
        super().__init__()
        self.deploy, self.num_classes, self.global_pool = deploy, num_classes, global_pool
        self.num_features = self.head_hidden_size = embed_dim[-1]
        self.stem = Stem(in_chans, embed_dim[0], deploy=deploy)
        stages = [Stage(dim, depth[i], downsample=i > 0, deploy=deploy) for i, dim in enumerate(embed_dim)]
        self.stages = nn.Sequential(*stages)
        self.feature_info = [
            {"num_chs": dim, "reduction": 4 * 2**i, "module": f"stages.{i}"} for i, dim in enumerate(embed_dim)
        ]
        self.head_drop = nn.Dropout(drop_rate)
        self.head = self._new_head(num_classes)

    def _new_head(self, num_classes: int) -> nn.Module:
        if num_classes == 0:
            return nn.Identity()
        dim = self.num_features
        return nn.Linear(dim, num_classes) if self.deploy else Classifier(dim, num_classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, C, H/32, W/32)."""
        return self.stages(self.stem(x))

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Any:
        """Feature map → logits, or (N, C) pooled features if `pre_logits`."""
        if self.global_pool == "avg":
            x = x.mean((2, 3))
        x = self.head_drop(x)
        return x if pre_logits else self.head(x)

    def forward(self, x: Tensor) -> Any:
        """(N, 3, H, W) → logits (N, classes), or features (N, C) without a classifier."""
        return self.forward_head(self.forward_features(x))

    def forward_intermediates(
        self,
        x: Tensor,
        indices: int | list[int] | None = None,
        norm: bool = False,
        stop_early: bool = False,
        output_fmt: str = "NCHW",
        intermediates_only: bool = False,
    ) -> Any:
        """timm's interface: the stages' feature maps, and the last one unless `intermediates_only`."""
        assert output_fmt == "NCHW", "RepNeXt gives NCHW feature maps only"
        take, last = feature_take_indices(len(self.stages), indices)
        x, maps = self.stem(x), []
        for i, stage in enumerate(self.stages[: last + 1] if stop_early else self.stages):
            x = stage(x)
            if i in take:
                maps.append(x)
        return maps if intermediates_only else (x, maps)

    def prune_intermediate_layers(
        self, indices: Any = 1, prune_norm: bool = False, prune_head: bool = True
    ) -> list[int]:
        """timm's interface: drop the stages behind the last of `indices`, and the classifier."""
        take, last = feature_take_indices(len(self.stages), indices)
        self.stages = self.stages[: last + 1]
        if prune_head:
            self.reset_classifier(0, "")
        return take

    def get_classifier(self) -> nn.Module:
        """The classifier."""
        return self.head

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """Replace the classifier by a new one, or remove it (0)."""
        self.num_classes = num_classes
        self.global_pool = self.global_pool if global_pool is None else global_pool
        like = next(self.parameters())
        self.head = self._new_head(num_classes).to(like.device, like.dtype)

    def set_distilled_training(self, enable: bool = True) -> None:
        """Return both classifiers' logits while training."""
        if isinstance(self.head, Classifier):
            self.head.distilled_training = enable

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        """Recompute the blocks' activations in the backward pass: less memory, more time."""
        for stage in self.stages.children():
            stage.grad_checkpointing = enable  # type: ignore[assignment]

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """timm's interface: parameter groups for layer-wise learning rates."""
        fine = [(r"^stages\.(\d+)\.downsample", (0,)), (r"^stages\.(\d+)\.blocks\.(\d+)", None)]
        return {"stem": r"^stem", "blocks": r"^stages\.(\d+)" if coarse else fine}


def _published(state: dict[str, Any], model: nn.Module) -> dict[str, Tensor]:
    """The weights inside a published checkpoint."""
    weights: dict[str, Tensor] = state.get("model", state)
    return weights


def _cfg(name: str) -> dict[str, Any]:
    release = "https://github.com/suous/RepNeXt/releases/download/v1.0"
    return {
        "url": f"{release}/{name}_distill_300e.pth",
        "num_classes": 1000,
        "input_size": (3, 224, 224),
        "pool_size": (7, 7),
        "crop_pct": 0.875,
        "interpolation": "bicubic",
        "mean": IMAGENET_DEFAULT_MEAN,
        "std": IMAGENET_DEFAULT_STD,
        "first_conv": "stem.stem.0.conv",
        "classifier": ("head.head.linear", "head.head_dist.linear"),
        "license": "apache-2.0",
    }


default_cfgs = generate_default_cfgs({f"{name}.dist_300e_in1k": _cfg(name) for name in VARIANTS})


def _create(name: str, pretrained: bool, **kwargs: Any) -> RepNeXt:
    embed_dim, depth = VARIANTS[name]
    model: RepNeXt = build_model_with_cfg(
        RepNeXt,
        name,
        pretrained,
        pretrained_filter_fn=_published,
        feature_cfg={"out_indices": (0, 1, 2, 3), "flatten_sequential": True},
        **{"embed_dim": embed_dim, "depth": depth, **kwargs},
    )
    return model


@register_model
def repnext_m0(pretrained: bool = False, **kwargs: Any) -> RepNeXt:
    """RepNeXt-M0: 2.3 M parameters, 0.4 GMACs."""
    return _create("repnext_m0", pretrained, **kwargs)


@register_model
def repnext_m1(pretrained: bool = False, **kwargs: Any) -> RepNeXt:
    """RepNeXt-M1: 4.8 M parameters, 0.8 GMACs."""
    return _create("repnext_m1", pretrained, **kwargs)


@register_model
def repnext_m2(pretrained: bool = False, **kwargs: Any) -> RepNeXt:
    """RepNeXt-M2: 6.5 M parameters, 1.1 GMACs."""
    return _create("repnext_m2", pretrained, **kwargs)


@register_model
def repnext_m3(pretrained: bool = False, **kwargs: Any) -> RepNeXt:
    """RepNeXt-M3: 7.8 M parameters, 1.3 GMACs."""
    return _create("repnext_m3", pretrained, **kwargs)


@register_model
def repnext_m4(pretrained: bool = False, **kwargs: Any) -> RepNeXt:
    """RepNeXt-M4: 13.3 M parameters, 2.3 GMACs."""
    return _create("repnext_m4", pretrained, **kwargs)


@register_model
def repnext_m5(pretrained: bool = False, **kwargs: Any) -> RepNeXt:
    """RepNeXt-M5: 21.7 M parameters, 4.5 GMACs."""
    return _create("repnext_m5", pretrained, **kwargs)
