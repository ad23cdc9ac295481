"""From the training form to the deploy form: one kernel where there were branches, no BatchNorm."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn


@torch.no_grad()
def reparameterize(model: nn.Module) -> nn.Module:
    """A folded copy in eval mode that computes what `model` computes in eval mode; `model` is left as it is.

    RepNeXt and RepVGG come out in their deploy form, with the same module paths as a network built with `deploy=True`:
    no branch and no BatchNorm, folded in float64 and rounded once. An already folded network comes back as a copy. It
    does not matter whether `model` is in training or in eval mode.

    A timm backbone is folded as far as timm's own `reparameterize_model` goes (RepViT, MobileOne, FastViT and other
    multi-branch families); the BatchNorms behind ordinary convolutions stay, exporters fold those.
    """
    return _fold(copy.deepcopy(model)).eval()


def _fold(module: Any) -> nn.Module:
    if type(module).__module__.startswith("timm."):
        # Not child by child: some timm networks have an in-place `fuse` that returns None.
        from timm.utils.model import reparameterize_model

        return reparameterize_model(module, inplace=True)
    if hasattr(module, "fuse"):
        return module.fuse()
    for name, child in module.named_children():
        setattr(module, name, _fold(child))
    if hasattr(module, "deploy"):
        module.deploy = True
    return module
