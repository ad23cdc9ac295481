"""Parameter groups, freezing and clipping, seen through what a training step does to the weights."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from runtime.errors import HeadPoseError
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet
from training.optim import OPTIMIZERS, build_optimizer, clip_gradients, freeze_norms, parameter_groups, stem_of

BACKBONES = ["repnext_m0", "repvgg_a0", "timm:mobilenetv3_small_050"]


@pytest.fixture(scope="module")
def networks():
    return {name: build_sixdrepnet(name) for name in BACKBONES}


def tiny(seed=0):
    torch.manual_seed(seed)
    return SixDRepNet(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), 4)


def names_in(model, group):
    ids = {id(p) for p in group["params"]}
    return {name for name, p in model.named_parameters() if id(p) in ids}


@pytest.mark.parametrize("freeze_stem", [False, True])
@pytest.mark.parametrize("name", BACKBONES)
def test_every_trainable_parameter_is_in_exactly_one_group(networks, name, freeze_stem):
    model = copy.deepcopy(networks[name])
    groups = parameter_groups(model, lr=1e-3, weight_decay=0.05, head_lr_factor=10.0, freeze_stem=freeze_stem)
    found = [id(p) for group in groups for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    assert len(found) == len(set(found))
    assert len({group["name"] for group in groups}) == len(groups) == 4
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    assert bool(frozen) == freeze_stem


@pytest.mark.parametrize("name", BACKBONES)
def test_kernels_decay_and_nothing_else(networks, name):
    model = networks[name]
    decaying = {
        n
        for group in parameter_groups(model, lr=1e-3, weight_decay=0.05)
        if group["weight_decay"]
        for n in names_in(model, group)
    }
    layers = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert decaying == {f"{n}.weight" for n, _ in layers}


def test_the_head_has_its_own_rate():
    model = tiny()
    groups = {g["name"]: g for g in parameter_groups(model, lr=1e-3, weight_decay=0.1, head_lr_factor=10.0)}
    assert names_in(model, groups["head"]) == {"head.weight"}
    assert names_in(model, groups["head, no decay"]) == {"head.bias"}
    assert names_in(model, groups["backbone"]) == {"backbone.0.weight"}
    assert names_in(model, groups["backbone, no decay"]) == {"backbone.0.bias", "backbone.1.weight", "backbone.1.bias"}
    assert [groups[n]["lr"] for n in ("head", "backbone")] == pytest.approx([1e-2, 1e-3])
    assert [groups[n]["lr_scale"] for n in ("head, no decay", "backbone, no decay")] == [10.0, 1.0]
    assert [groups[n]["weight_decay"] for n in ("head", "head, no decay")] == [0.1, 0.0]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("repnext_m0", "backbone.stem.stem.0.conv.weight"),
        ("repvgg_a0", "backbone.stage0.rbr_dense.conv.weight"),
        ("timm:mobilenetv3_small_050", "backbone.conv_stem.weight"),
    ],
)
def test_the_stem_is_the_first_layers(networks, name, first):
    model = networks[name]
    ids = {id(p) for p in stem_of(model).parameters()}
    names = [n for n, p in model.named_parameters() if id(p) in ids]
    assert first in names
    assert len(ids) < 0.2 * len(list(model.parameters()))
    prefixes = ("backbone.stem", "backbone.stage0", "backbone.conv_stem", "backbone.bn1")
    assert all(n.startswith(prefixes) for n in names)


def test_a_backbone_without_a_known_stem_is_refused():
    with pytest.raises(HeadPoseError, match="Sequential does not say what its stem is"):
        parameter_groups(tiny(), lr=1e-3, weight_decay=0.0, freeze_stem=True)


def test_a_wholly_frozen_model_is_refused():
    with pytest.raises(HeadPoseError, match="nothing is left to train"):
        parameter_groups(tiny().requires_grad_(False), lr=1e-3, weight_decay=0.0)


def one_step(model, optimizer):
    before = copy.deepcopy(model.state_dict())
    model.train()(torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(3))).sum().backward()
    optimizer.step()
    return before


def test_a_frozen_stem_does_not_move_and_the_rest_does(networks):
    model = copy.deepcopy(networks["repnext_m0"])
    groups = parameter_groups(model, lr=0.1, weight_decay=0.05, freeze_stem=True)
    optimizer = build_optimizer("adamw", groups, 0.1)
    before = copy.deepcopy(model.state_dict())
    model.train()
    freeze_norms(stem_of(model))
    model(torch.rand(2, 3, 64, 64)).sum().backward()
    optimizer.step()
    changed = {k for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
    assert not any(k.startswith("backbone.stem.") for k in changed)
    assert any(k.startswith("backbone.stages.0") for k in changed)
    assert "backbone.stages.0.blocks.0.norm.running_mean" in changed


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_head_moves_by_its_own_rate(name):
    # a first step of Adam and AdamW moves every weight by its rate, whatever the gradient; one of SGD in proportion
    moved = {}
    for factor in (1.0, 10.0):
        model = tiny()
        groups = parameter_groups(model, lr=1e-4, weight_decay=0.0, head_lr_factor=factor)
        before = one_step(model, build_optimizer(name, groups, 1e-4))
        moved[factor] = {k: (v - before[k]).abs().max().item() for k, v in model.state_dict().items()}
    assert moved[10.0]["head.weight"] == pytest.approx(10 * moved[1.0]["head.weight"], rel=1e-2)
    assert moved[10.0]["backbone.0.weight"] == pytest.approx(moved[1.0]["backbone.0.weight"], rel=1e-2)
    assert moved[1.0]["backbone.0.weight"] > 0


def test_decay_is_decoupled_in_adamw():
    # without a gradient AdamW only shrinks the kernels, by lr · decay
    model = tiny()
    optimizer = build_optimizer("adamw", parameter_groups(model, lr=0.1, weight_decay=0.5), 0.1)
    before = copy.deepcopy(model.state_dict())
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    torch.testing.assert_close(model.head.weight, before["head.weight"] * 0.95)
    assert torch.equal(model.head.bias, before["head.bias"])
    assert torch.equal(model.backbone[1].weight, before["backbone.1.weight"])


def test_sgd_is_nesterovs():
    weight = nn.Parameter(torch.zeros(1))
    optimizer = build_optimizer("sgd", [{"params": [weight], "lr": 0.1, "weight_decay": 0.0}], 0.1)
    expected, velocity = 0.0, 0.0
    for _ in range(3):
        weight.grad = torch.ones(1)
        optimizer.step()
        velocity = 0.9 * velocity + 1.0
        expected -= 0.1 * (1.0 + 0.9 * velocity)
    assert weight.item() == pytest.approx(expected, rel=1e-6)


def test_adam_refuses_to_decay():
    with pytest.raises(HeadPoseError, match="choose 'adamw'"):
        build_optimizer("adam", parameter_groups(tiny(), lr=1e-3, weight_decay=0.1), 1e-3)


def test_an_unknown_optimiser_is_named():
    with pytest.raises(HeadPoseError, match="unknown optimiser 'adamm': did you mean 'adam"):
        build_optimizer("adamm", parameter_groups(tiny(), lr=1e-3, weight_decay=0.0), 1e-3)


@pytest.mark.parametrize("affine", [False, True])
def test_frozen_norms_keep_their_statistics(affine):
    model = tiny()
    optimizer = build_optimizer("sgd", [{"params": list(model.parameters()), "lr": 0.1}], 0.1)
    for _ in range(2):  # `train()` wakes them, freezing again must hold
        model.train()
        freeze_norms(model, affine=affine)
        before = copy.deepcopy(model.state_dict())
        optimizer.zero_grad()
        model(torch.rand(4, 3, 8, 8)).sum().backward()
        optimizer.step()
        after = model.state_dict()
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            assert torch.equal(after[f"backbone.1.{name}"], before[f"backbone.1.{name}"])
        assert torch.equal(after["backbone.1.weight"], before["backbone.1.weight"]) == affine
    assert model.training
    assert model.backbone.training
    assert not model.backbone[1].training


def test_every_kind_of_batch_norm_is_frozen():
    from timm.layers import BatchNormAct2d

    layers = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm2d(2), nn.SyncBatchNorm(2), BatchNormAct2d(2), nn.Dropout())
    layers.train()
    freeze_norms(layers)
    assert [layer.training for layer in layers] == [False, False, False, False, True]


def gradients(values):
    parameters = [nn.Parameter(torch.zeros(len(v))) for v in values] + [nn.Parameter(torch.zeros(2))]
    for p, v in zip(parameters, values):
        p.grad = torch.tensor(v)
    return parameters  # the last one has no gradient


@pytest.mark.parametrize(("max_norm", "scale"), [(1.0, 1 / 13), (13.0, 1.0), (100.0, 1.0), (math.inf, 1.0)], ids=str)
def test_gradients_are_clipped_together(max_norm, scale):
    parameters = gradients([[3.0, 4.0], [12.0]])
    assert clip_gradients(iter(parameters), max_norm) == pytest.approx(13.0)
    assert [p.grad.tolist() for p in parameters[:2]] == [
        pytest.approx([3 * scale, 4 * scale], rel=1e-4),
        pytest.approx([12 * scale], rel=1e-4),
    ]
    assert parameters[2].grad is None


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_norm_that_is_no_number_is_reported(bad):
    parameters = gradients([[3.0, bad], [12.0]])
    assert not math.isfinite(clip_gradients(parameters, 1.0))
    assert parameters[1].grad.tolist() == [12.0]


def test_no_gradient_has_no_norm():
    assert clip_gradients([nn.Parameter(torch.zeros(2))], 1.0) == 0.0


@pytest.mark.parametrize("max_norm", [0.0, -1.0, math.nan])
def test_an_impossible_norm_is_refused(max_norm):
    with pytest.raises(HeadPoseError, match="above 0"):
        clip_gradients([], max_norm)
