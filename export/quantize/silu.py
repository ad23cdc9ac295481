"""GELU as x·σ(1.702 x), where activations are whole numbers: engines have 8-bit kernels for σ and × and none for GELU.

The factor (Hendrycks, Gimpel, arXiv 1606.08415) moves into the convolution before and out of the one behind, so that
what is left is SiLU, and the mean of the difference goes into the bias behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from export.quantize.watch import Watch, run_watched
from training.models.repnext import RepNeXt
from training.models.sixdrepnet import SixDRepNet

FACTOR = 1.702


@torch.no_grad()
def as_silu(network: SixDRepNet, batches: Iterable[Tensor]) -> SixDRepNet:
    """A copy with SiLU for GELU; a network that is no RepNeXt comes back as it is.

    Args:
        network: deploy form; left as it is.
        batches: normalised images (N, 3, H, W) of faces: the mean of what changes is measured on them.
    """
    if not isinstance(network.backbone, RepNeXt) or not network.backbone.deploy:
        return network
    changed = deepcopy(network)
    shifts = _shifts(changed, batches)
    for name, (first, _, last) in _triples(changed).items():
        last.bias.add_(last.weight.sum((2, 3)) @ shifts[name])
        first.weight.mul_(FACTOR)
        first.bias.mul_(FACTOR)
        last.weight.div_(FACTOR)
    put_silu(changed)
    return changed


def put_silu(network: nn.Module) -> None:
    """SiLU in the place of every GELU of a RepNeXt; the weights stay."""
    for triple in _triples(network).values():
        triple[1] = nn.SiLU()


def has_silu(network: nn.Module) -> bool:
    """Whether `put_silu` was here."""
    body = network.get_submodule("backbone")
    return isinstance(body, RepNeXt) and any(isinstance(module, nn.SiLU) for module in body.modules())


def _triples(network: nn.Module) -> dict[str, Any]:
    """The stem and every pair of 1×1 convolutions with the GELU between them, by path."""
    found = {name: module for name, module in network.named_modules() if isinstance(module, nn.Sequential)}
    return {name: module for name, module in found.items() if len(module) == 3 and isinstance(module[1], nn.GELU)}


def _shifts(network: nn.Module, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """Mean of GELU minus x·σ(1.702 x), per channel."""
    sums: dict[str, Tensor] = {}

    def note(name: str) -> Watch:
        def watch(x: Tensor, output: Tensor) -> None:
            lost = (output - x * torch.sigmoid(FACTOR * x)).mean((2, 3)).sum(0)
            sums[name] = sums.get(name, torch.zeros(1)) + lost

        return watch

    count = run_watched(network, {triple[1]: note(name) for name, triple in _triples(network).items()}, batches)
    return {name: total / count for name, total in sums.items()}
