"""The recipe that fills a network with the weights for which the published implementations' outputs are known.

suous/RepNeXt (f515377) and thohemp/6DRepNet (464b2ba) were filled by the same recipe, tensor by tensor from its name,
and run on the same input; the tests hold a few of their numbers, and hashes of their state dicts' names and shapes.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


def same_name(name: str) -> str:
    return name


def values(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The float32 values of the tensor that the published network calls `name`."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("running_var"):
        drawn = rng.uniform(0.5, 1.5, shape)
    elif name.endswith(("running_mean", "bias")):
        drawn = rng.normal(0, 0.1, shape)
    elif len(shape) == 1:
        drawn = rng.uniform(0.5, 1.5, shape)
    else:
        drawn = rng.normal(0, 0.4 / math.sqrt(math.prod(shape[1:])), shape)
    return drawn.astype(np.float32)


@torch.no_grad()
def fill(model: Model, published: Callable[[str], str] = same_name) -> Model:
    """Fill a training-form network in place; `published` maps our tensor names to the published ones."""
    for name, tensor in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(torch.from_numpy(values(published(name), tuple(tensor.shape))))
    return model.eval()


def filled(build: Callable[[], Model], published: Callable[[str], str] = same_name) -> Model:
    """`build()` filled by the recipe, without paying for the initialisation that it overwrites."""
    with torch.device("meta"):
        model = build()
    model = model.to_empty(device="cpu")
    for name, buffer in model.named_buffers():
        if name.endswith("num_batches_tracked"):
            buffer.zero_()
    return fill(model, published)


def published_input() -> Tensor:
    """The (2, 3, 224, 224) input of the published outputs."""
    return torch.from_numpy(np.random.default_rng(0).random((2, 3, 224, 224)).astype(np.float32))


def picture(height: int, width: int, batch: int = 2) -> Tensor:
    """An input of about the range of ImageNet-normalised pictures."""
    drawn = np.random.default_rng(height * 1000 + width).uniform(-2, 2.5, (batch, 3, height, width))
    return torch.from_numpy(drawn.astype(np.float32))


def names_hash(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """SHA-256 over the sorted lines 'name [shape]' of a state dict."""
    lines = sorted(f"{name} {list(shape)}\n" for name, shape in shapes.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def shapes_of(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(t.shape) for name, t in model.state_dict().items()}


def macs(model: nn.Module, size: int = 224) -> int:
    """Multiply–accumulates of the convolutions and linear layers for one picture; `model` may be on the meta device."""
    counted: list[int] = []

    def count(layer: nn.Module, _inputs: object, output: Tensor) -> None:
        per_output = layer.weight[0].numel()  # type: ignore[index, operator]
        counted.append(output.numel() * per_output)

    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    model.eval()(torch.empty(1, 3, size, size, device=next(model.parameters()).device))
    for hook in hooks:
        hook.remove()
    return sum(counted)


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
