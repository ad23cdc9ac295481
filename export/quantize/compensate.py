"""Weights put into palettes one input after the other, each error made up for by the inputs that are still to come.

After GPTQ (Frantar, Ashkboos, Hoefler, Alistarh, arXiv 2210.17323), with tables of values in the place of its even
steps, and with the bias as a last input that is never rounded. Only 1×1 convolutions: they hold 96 to 98 % of
RepNeXt's weights, and their inputs are what GPTQ takes a layer's inputs to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from export.quantize.palettes import Rounded, group_size, nearest, palettized, plain_palette, rounded, row_tables
from export.quantize.watch import Watch, run_watched
from training.data.source import Progress, silent

DAMPING = 0.01  # of the mean square of an input, added to each: GPTQ's
_BLOCK = 64  # inputs whose errors wait before they reach the later ones, for speed alone


def pointwise(network: nn.Module) -> dict[str, nn.Conv2d]:
    """The convolutions that can be compensated, by path: 1×1, of all inputs, with a bias."""
    return {
        name: layer
        for name, layer in palettized(network).items()
        if layer.kernel_size == (1, 1) and layer.groups == 1 and layer.bias is not None
    }


@torch.no_grad()
def input_moments(network: nn.Module, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """Mean products (I + 1, I + 1), float64, of each 1×1 convolution's inputs and of the constant 1 behind them.

    Args:
        network: in eval mode.
        batches: normalised images (N, 3, H, W) of faces.
    """
    sums: dict[str, Tensor] = {}
    counts: dict[str, int] = {}

    def note(name: str) -> Watch:
        def watch(inputs: Tensor, output: Tensor) -> None:
            columns = inputs.transpose(0, 1).flatten(1)
            columns = torch.cat([columns, torch.ones(1, columns.shape[1])])
            sums[name] = sums.get(name, 0) + (columns @ columns.T).double()
            counts[name] = counts.get(name, 0) + columns.shape[1]

        return watch

    run_watched(network, {layer: note(name) for name, layer in pointwise(network).items()}, batches)
    return {name: total / counts[name] for name, total in sums.items()}


@torch.no_grad()
def palettes_of(
    network: nn.Module, moments: Mapping[str, Tensor], bits: int, largest_group: int, progress: Progress = silent
) -> dict[str, Rounded]:
    """What becomes of every convolution that is palettized, by path.

    Args:
        network: in which the weights are; left as it is.
        moments: of the layers that shall be compensated (`input_moments`); the others get the nearest values.
        bits: of an index into a palette.
        largest_group: output channels that may share a palette.
        progress: told of every layer.
    """
    layers = palettized(network)
    made = {}
    for done, (name, layer) in enumerate(layers.items()):
        progress("finding palettes", done, len(layers))
        found = moments.get(name)
        if found is None:
            made[name] = plain_palette(layer, bits, largest_group)
        else:
            made[name] = _compensated(layer, found, bits, largest_group)
    return made


def _compensated(layer: nn.Conv2d, moments: Tensor, bits: int, largest_group: int) -> Rounded:
    assert layer.bias is not None
    weight = layer.weight.detach().double().flatten(1)
    group, inputs = group_size(len(weight), largest_group), weight.shape[1]
    tables = row_tables(weight, bits, group)
    order = torch.argsort(moments.diagonal()[:inputs], descending=True)  # the loudest first, the constant last
    order = torch.cat([order, torch.tensor([inputs])])
    left = torch.cat([weight, layer.bias.detach().double()[:, None]], 1)[:, order]
    done = _in_turn(left, _carry(moments[order][:, order]), tables)[:, torch.argsort(order)]
    return rounded(layer, done[:, :inputs], done[:, inputs], group)


def _carry(moments: Tensor) -> Tensor:
    """Upper triangle whose row j says how an error at input j is best made up for by the inputs behind it."""
    inputs = len(moments) - 1
    damped = moments.clone()
    damped.diagonal()[:inputs] += DAMPING * damped.diagonal()[:inputs].mean().clamp_min(1e-12)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True)


def _in_turn(left: Tensor, carry: Tensor, tables: Tensor) -> Tensor:
    """(O, I + 1) weights and bias → the weights rounded one column after the other, and the bias that results."""
    inputs = left.shape[1] - 1
    for start in range(0, inputs, _BLOCK):
        stop = min(start + _BLOCK, inputs)
        errors = torch.empty(len(left), stop - start, dtype=left.dtype)
        for j in range(start, stop):
            column = left[:, j : j + 1].clone()
            left[:, j : j + 1] = nearest(tables, column)
            error = (column - left[:, j : j + 1]) / carry[j, j]
            left[:, j + 1 : stop] -= error * carry[j, j + 1 : stop]
            errors[:, j - start] = error[:, 0]
        left[:, stop:] -= errors @ carry[start:stop, stop:]
    return left
