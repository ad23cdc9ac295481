"""Runs a network on faces while its layers are watched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

Watch = Callable[[Tensor, Tensor], None]
"""Told of what a layer read, its only input, and of what it gave."""


@torch.no_grad()
def run_watched(network: nn.Module, watches: Mapping[nn.Module, Watch], batches: Iterable[Tensor]) -> int:
    """Run every batch (N, ...) through the network; how many images there were. The watches end with it."""

    def hook(watch: Watch) -> Callable[..., None]:
        return lambda module, inputs, output: watch(inputs[0], output)

    handles: list[Any] = [module.register_forward_hook(hook(watch)) for module, watch in watches.items()]
    count = 0
    try:
        for batch in batches:
            network(batch)
            count += len(batch)
    finally:
        for handle in handles:
            handle.remove()
    return count
