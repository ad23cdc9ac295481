"""Backbones by name. A backbone maps ImageNet-normalised images (N, 3, H, W) to pooled features (N, num_features)."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from runtime.errors import HeadPoseError, unknown_name
from training.models import repnext, repvgg

# name → builder(num_classes=, deploy=)
BACKBONES: dict[str, Callable[..., nn.Module]] = {
    **{name: getattr(repnext, name) for name in repnext.VARIANTS},
    **repvgg.BUILDERS,
}
TIMM_PREFIX = "timm:"


def create_backbone(name: str, *, deploy: bool = False) -> nn.Module:
    """A backbone without classifier, in eval-independent initial state.

    Args:
        name: a key of `BACKBONES`, or 'timm:NAME' for any model of timm (weights are not downloaded).
        deploy: the folded form. A timm network has none of its own: it comes as timm builds it, to be folded by
            `training.models.reparam.reparameterize`.

    Raises:
        HeadPoseError: unknown name; the nearest known one is suggested.
    """
    if name.startswith(TIMM_PREFIX):
        return _create_timm(name.removeprefix(TIMM_PREFIX))
    if name not in BACKBONES:
        raise unknown_name("backbone", name, [*BACKBONES, "timm:NAME"])
    return BACKBONES[name](num_classes=0, deploy=deploy)


def _create_timm(name: str) -> nn.Module:
    import timm

    if not timm.is_model(name):
        raise unknown_timm(name, timm.list_models())
    try:
        return timm.create_model(name, pretrained=False, num_classes=0)
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise HeadPoseError(f"timm cannot build the backbone '{name}' without a classifier: {error}") from error


def unknown_timm(name: str, known: list[str]) -> HeadPoseError:
    """An error that names the nearest of timm's models, without listing its more than a thousand names."""
    message = str(unknown_name("timm backbone", name, known)).partition("(known:")[0]
    return HeadPoseError(f"{message}timm.list_models() lists them")


def feature_count(backbone: nn.Module) -> int:
    """Width of the pooled features of a backbone without classifier."""
    width = getattr(backbone, "head_hidden_size", None) or getattr(backbone, "num_features", None)
    if not isinstance(width, int):
        raise HeadPoseError(f"the backbone {type(backbone).__name__} does not tell its num_features: pass them")
    return width
