"""Biases that make up for rounded weights: the mean error that rounding leaves in every channel is taken out.

After bias correction (Nagel, van Baalen, Blankevoort, Welling, arXiv 1906.04721), each convolution by itself, on the
inputs that it has in the float network. Correcting one after the other on the inputs that the rounded network gives, as
that paper does where it has data, was tried too: RepNeXt's residual stream makes up for much of what rounding does to
it, and with 4-bit palettes means that were forced back in every block cost 7° where 1° was lost before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy

import torch
from torch import Tensor, nn

from export.quantize.watch import Watch, run_watched
from training.models.sixdrepnet import SixDRepNet

Rounding = Callable[[str, Tensor], Tensor]
"""(Module path, float weights) → the weights that the file will hold."""


def rounded_8bit(name: str, weight: Tensor) -> Tensor:
    """Symmetric 8 bits with one scale per output channel, as all three targets store them."""
    scale = weight.abs().flatten(1).amax(1).clamp_min(1e-12) / 127
    scale = scale.reshape(-1, *([1] * (weight.ndim - 1)))
    return (weight / scale).round().clamp(-127, 127) * scale


@torch.no_grad()
def correct_biases(network: SixDRepNet, rounding: Rounding, batches: Iterable[Tensor]) -> SixDRepNet:
    """A copy with float weights as they were and biases that fit the rounded ones.

    Args:
        network: deploy form; left as it is.
        rounding: what becomes of the weights of every convolution and linear layer.
        batches: normalised images (N, 3, H, W) of faces.
    """
    result = deepcopy(network).eval()
    layers = {name: m for name, m in network.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    layers = {name: layer for name, layer in layers.items() if layer.bias is not None}
    errors = {name: _error_layer(layer, rounding(name, layer.weight.detach())) for name, layer in layers.items()}
    sums: dict[str, Tensor] = {}

    def note(name: str) -> Watch:
        def watch(inputs: Tensor, output: Tensor) -> None:
            error = errors[name](inputs)
            sums[name] = sums.get(name, torch.zeros(1)) + error.transpose(0, 1).flatten(1).mean(1) * len(error)

        return watch

    count = run_watched(network, {layer: note(name) for name, layer in layers.items()}, batches)
    for name, total in sums.items():
        bias = result.get_submodule(name).bias
        bias.sub_(total / count)  # type: ignore[union-attr, operator]
    return result


def _error_layer(layer: nn.Module, rounded: Tensor) -> nn.Module:
    """The layer with what rounding adds to its weights in their place, and no bias."""
    error = deepcopy(layer)
    error.weight.copy_(rounded - error.weight)  # type: ignore[operator, union-attr]
    error.bias = None  # type: ignore[assignment]
    return error
