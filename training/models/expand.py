"""Back from the deploy form to the training form: the same function, with branches and BatchNorms to train on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from training.models.folding import Kernel, kernel_of
from training.models.repnext_layers import ConvNorm, RepDWConvM, RepDWConvS
from training.models.repvgg import ConvBN, RepVGGBlock

_SIDE = 0.3  # size of the side branches' random kernels over that of the merged kernel


@torch.no_grad()
def expand(deployed: nn.Module, trainable: nn.Module, seed: int = 0) -> nn.Module:
    """Fill `trainable` (training form) so that it computes in eval mode what `deployed` (deploy form) computes.

    One kernel has many splittings into branches. The side branches get small random kernels, both factors of a serial
    pair too: at zero a factor would never get a gradient, its partner being multiplied with it. The main branch gets
    the merged kernel less theirs. BatchNorms become identities: call `calibrate_norms` with some training images
    before training in training mode, where a BatchNorm normalises by the batch whatever its stored statistics are.

    Args:
        deployed: RepNeXt, RepVGG or SixDRepNet in deploy form; left as it is.
        trainable: the same network in training form, changed in place and returned.
        seed: of the side branches.
    """
    _expand(trainable, deployed, torch.Generator().manual_seed(seed))
    return trainable


def _expand(train: nn.Module, deploy: nn.Module, rng: torch.Generator) -> None:
    if isinstance(train, RepDWConvS | RepDWConvM):
        _split(train, kernel_of(deploy), rng)
    elif isinstance(train, ConvNorm):
        _set_conv_norm(train.conv, train.norm, kernel_of(deploy))
    elif isinstance(train, RepVGGBlock):
        assert isinstance(deploy, RepVGGBlock)
        _split_block(train, kernel_of(deploy.rbr_reparam), rng)
    elif isinstance(train, nn.BatchNorm2d):
        _identity(train)
    elif isinstance(train, nn.Conv2d | nn.Linear):
        train.load_state_dict(deploy.state_dict())
    else:
        for name, child in train.named_children():
            _expand(child, deploy.get_submodule(name), rng)


def _identity(norm: nn.BatchNorm2d) -> None:
    norm.reset_running_stats()
    norm.bias.zero_()
    norm.weight.fill_((1.0 + norm.eps) ** 0.5)  # the scale weight / √(1 + eps) is 1


def _set_conv_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d, kernel: Kernel) -> None:
    _identity(norm)
    conv.weight.copy_(kernel[0])
    norm.bias.copy_(kernel[1])


def _randomize(conv: nn.Conv2d, bound: float, rng: torch.Generator) -> None:
    conv.weight.copy_((torch.rand(conv.weight.shape, generator=rng) * 2 - 1) * bound)
    if conv.bias is not None:
        conv.bias.zero_()


def _rms(weight: Tensor) -> float:
    return max(float(weight.pow(2).mean().sqrt()), 1e-4)  # an empty kernel still gets branches that can learn


def _split(branches: RepDWConvS | RepDWConvM, kernel: Kernel, rng: torch.Generator) -> None:
    bound, main = _SIDE * _rms(kernel[0]), branches.main()
    pairs = [branches.conv_3_w, branches.conv_3_h] if isinstance(branches, RepDWConvS) and branches.serial else []
    if isinstance(branches, RepDWConvM):
        pairs = [branches.conv_7_w, branches.conv_7_h, branches.conv_5_w, branches.conv_5_h]
    for conv in branches.children():
        assert isinstance(conv, nn.Conv2d)
        _randomize(conv, bound**0.5 if any(conv is c for c in pairs) else bound, rng)
    main.weight.zero_()
    weight, bias = branches.merged()
    assert main.bias is not None
    main.weight.copy_(kernel[0] - weight)
    main.bias.copy_(kernel[1] - bias)


def _split_block(block: RepVGGBlock, kernel: Kernel, rng: torch.Generator) -> None:
    for branch in (block.rbr_dense, block.rbr_1x1):
        assert isinstance(branch, ConvBN)
        _identity(branch.bn)
    if block.rbr_identity is not None:
        _identity(block.rbr_identity)
    _randomize(block.rbr_1x1.conv, _SIDE * _rms(kernel[0]), rng)
    block.rbr_dense.conv.weight.zero_()
    weight, bias = block.merged()
    _set_conv_norm(block.rbr_dense.conv, block.rbr_dense.bn, (kernel[0] - weight, kernel[1] - bias))


@torch.no_grad()
def calibrate_norms(model: nn.Module, batches: Iterable[Tensor]) -> nn.Module:
    """Give every BatchNorm the statistics of real data, and weights that undo them: the function stays the same.

    After it, training mode (statistics of the batch) computes nearly what eval mode computes, so that training starts
    from the loaded function instead of from a wreck of it.

    Args:
        model: changed in place and returned; left in eval mode.
        batches: normalised images (N, 3, H, W); a few hundred in all are enough.
    """
    norms = [m for m in model.eval().modules() if isinstance(m, nn.BatchNorm2d)]
    sums: dict[nn.Module, list[Any]] = {norm: [0, 0.0, 0.0] for norm in norms}

    def measure(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].double()
        count, first, second = sums[norm]
        sums[norm] = [count + x[:, 0].numel(), first + x.sum((0, 2, 3)), second + x.pow(2).sum((0, 2, 3))]

    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    try:
        for batch in batches:
            model(batch)
    finally:
        for hook in hooks:
            hook.remove()
    for norm in norms:
        _restate(norm, *sums[norm])
    return model


def _restate(norm: nn.BatchNorm2d, count: int, first: Any, second: Any) -> None:
    if count == 0:
        return
    assert norm.running_mean is not None
    assert norm.running_var is not None
    mean = first / count
    var = (second / count - mean**2).clamp_min(0.0)
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    norm.bias.copy_(norm.bias.double() + (mean - norm.running_mean.double()) * scale)
    norm.weight.copy_(scale * torch.sqrt(var + norm.eps))
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(var)
