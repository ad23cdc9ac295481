"""Weights for a network that nobody has trained yet: generated, equal to the last bit on every machine.

They make exports, parity figures and latencies meaningful before training: activations keep their size through the
depth, BatchNorm statistics are far from the identity, and different pictures give clearly different rotations.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from training.models.repnext import RepNeXt
from training.models.repvgg import RepVGG
from training.models.sixdrepnet import SixDRepNet

Model = TypeVar("Model", bound=nn.Module)

# Kernels have variance gain² / fan-in. RepNeXt and RepVGG sum several branches, whose variances add up: with these the
# last features have an RMS of 0.1 to 6, whatever the depth. Ordinary networks keep their signal at 1.
_GAINS, _GAIN = {RepNeXt: 0.5, RepVGG: 0.45}, 1.0
# Of eight streams the one in which a face, black, white and noise differ most (> 2.5° for every RepNeXt).
_STREAM = 5


def _uniform(name: str, seed: int, shape: tuple[int, ...], low: float, high: float) -> npt.NDArray[np.float64]:
    """Numbers keyed by a tensor's name and the seed: whatever the tensors' order, NumPy's version and the platform.

    Made from PCG64's raw output, the only stream that NumPy promises to keep, by exact arithmetic.
    """
    raw = np.random.PCG64([zlib.crc32(name.encode()), seed, _STREAM]).random_raw(math.prod(shape))
    unit = (np.asarray(raw, dtype=np.uint64) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.asarray(low + (high - low) * unit, dtype=np.float64).reshape(shape)


def _bounds(name: str, shape: tuple[int, ...], gain: float) -> tuple[float, float]:
    leaf = name.rpartition(".")[2]
    if leaf == "bias":
        return -0.03, 0.03
    if leaf == "running_mean":
        return -0.05, 0.05
    if leaf == "running_var" or len(shape) < 2:  # a BatchNorm's or LayerNorm's weight
        return 0.5, 1.5
    bound = gain * math.sqrt(3.0 / math.prod(shape[1:]))
    return -bound, bound


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and BatchNorm statistics by name; other buffers (indices, masks) hold no weights."""
    buffers = {n: b for n, b in model.named_buffers() if n.endswith(("running_mean", "running_var"))}
    return {**dict(model.named_parameters()), **buffers}


@torch.no_grad()
def seed_weights(model: Model, seed: int = 0) -> Model:
    """Fill `model` in place with generated weights and return it.

    The 6D head is centred on the identity rotation: its six numbers stay far from the degenerate case of parallel
    vectors, and the poses spread over some tens of degrees around the frontal one, as those of faces do.
    """
    gain = next((_GAINS[type(m)] for m in model.modules() if type(m) in _GAINS), _GAIN)
    for name, tensor in _tensors(model).items():
        low, high = _bounds(name, tuple(tensor.shape), gain)
        tensor.copy_(torch.from_numpy(_uniform(name, seed, tuple(tensor.shape), low, high)))
    if isinstance(model, SixDRepNet):
        model.head.bias.add_(torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]))
    return model


def weights_sha256(model: nn.Module) -> str:
    """Hash of the names, shapes, types and values of all tensors of a model."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
