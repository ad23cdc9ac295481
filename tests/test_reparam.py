"""The folded network computes what the training form computes in eval mode, for every variant, and leaves it alone."""

from __future__ import annotations

import copy
from typing import NamedTuple

import pytest
import timm
import torch
from published import fill, filled, picture, shapes_of
from timm.utils import reparameterize_model
from torch import Tensor, nn

from runtime.rotation import geodesic_deg
from training.models import repnext, repvgg
from training.models.folding import fold_after, fold_before, kernel_of, norm_affine
from training.models.reparam import reparameterize
from training.models.repnext_blocks import Downsample, MetaNeXtBlock
from training.models.repnext_layers import ChunkConv, ConvNorm, CopyConv, RepDWConvM, RepDWConvS
from training.models.repvgg import RepVGGBlock
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet

FEATURES, DEGREES = 2e-5, 0.005
HEAVY = {
    name for name in repvgg.VARIANTS if name[7:9] in ("b2", "b3")
}  # 60–120 M parameters, four seconds and more each
SMALL = ["repnext_m0", "repvgg_a0"]


class Pair(NamedTuple):
    name: str
    train: SixDRepNet
    folded: SixDRepNet


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def _variants(names: list[str]) -> list:
    return [pytest.param(n, id=n, marks=[pytest.mark.slow] if n in HEAVY else []) for n in names]


@pytest.fixture(scope="module", params=_variants([*repnext.VARIANTS, *repvgg.VARIANTS]))
def pair(request: pytest.FixtureRequest) -> Pair:
    """A 6DRepNet with BatchNorm statistics far from the identity, and its folded form; one pair at a time."""
    train = filled(lambda: build_sixdrepnet(request.param))
    return Pair(request.param, train, reparameterize(train))


def norms(model: nn.Module) -> list[str]:
    return [name for name, m in model.named_modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]


def difference(a: Tensor, b: Tensor) -> float:
    assert a.shape == b.shape
    return float((a - b).abs().max())


@pytest.mark.parametrize("size", [(64, 64), (65, 97)], ids=["64", "65x97"])
@torch.no_grad()
def test_every_variant_computes_the_same(pair, size):
    x = picture(*size)
    features, folded = pair.train.backbone(x), pair.folded.backbone(x)
    assert features.square().mean().sqrt() > 0.1  # a difference is not small because everything is
    assert difference(features, folded) <= FEATURES
    assert geodesic_deg(pair.train(x).numpy(), pair.folded(x).numpy()).max() <= DEGREES


def test_every_variant_comes_out_in_its_deploy_form(pair):
    with torch.device("meta"):
        built = build_sixdrepnet(pair.name, deploy=True)
    assert shapes_of(pair.folded) == shapes_of(built)
    assert norms(pair.folded) == []
    assert norms(pair.train) != []
    branches = [type(m).__name__ for m in pair.folded.modules() if hasattr(m, "merged")]
    assert set(branches) <= {"RepVGGBlock"}  # the class of both forms, which differ in names


# --- what `reparameterize` promises, on a small network of each family ---


@pytest.fixture(scope="module", params=SMALL)
def small(request: pytest.FixtureRequest) -> Pair:
    train = filled(lambda: build_sixdrepnet(request.param))
    return Pair(request.param, train, reparameterize(train))


@torch.no_grad()
def test_deploy_form_loads_the_folded_weights(small):
    built = build_sixdrepnet(small.name, deploy=True).eval()
    built.load_state_dict(small.folded.state_dict(), strict=True)
    assert torch.equal(built(picture(65, 97)), small.folded(picture(65, 97)))


@torch.no_grad()
def test_modules_stay_where_they_are(small):
    built = build_sixdrepnet(small.name, deploy=True)
    assert {n: type(m) for n, m in small.folded.named_modules()} == {n: type(m) for n, m in built.named_modules()}
    assert small.folded.backbone.deploy is True
    assert small.train.backbone.deploy is False


@torch.no_grad()
def test_in_float64_nothing_but_rounding_remains(small):
    train = copy.deepcopy(small.train).double()
    x = picture(33, 31).double()
    assert difference(train.backbone(x), reparameterize(train).backbone(x)) < 1e-12


@torch.no_grad()
def test_folding_twice_changes_nothing(small):
    again = reparameterize(small.folded)
    assert again is not small.folded
    before, after = small.folded.state_dict(), again.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert {t.data_ptr() for t in before.values()}.isdisjoint(t.data_ptr() for t in after.values())


@pytest.mark.parametrize("mode", [True, False], ids=["training mode", "eval mode"])
def test_the_input_is_left_alone(small, mode):
    model = copy.deepcopy(small.train).train(mode)
    before = {name: t.clone() for name, t in model.state_dict().items()}
    folded = reparameterize(model)
    assert all(m.training is mode for m in model.modules())
    assert not folded.training
    after = model.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(torch.equal(t, small.folded.state_dict()[n]) for n, t in folded.state_dict().items())


def test_nothing_is_shared_and_the_input_can_be_trained_on(small):
    model = copy.deepcopy(small.train)
    folded = reparameterize(model)
    assert {t.data_ptr() for t in model.state_dict().values()}.isdisjoint(
        t.data_ptr() for t in folded.state_dict().values()
    )
    x = picture(64, 64)
    with torch.no_grad():
        before, head = folded(x), model.head.weight.clone()
    optimizer = torch.optim.SGD(model.train().parameters(), lr=0.1)
    model(x)[:, 0, 1].sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    optimizer.step()
    with torch.no_grad():
        assert not torch.equal(model.head.weight, head)
        assert torch.equal(folded(x), before)


def test_the_folded_network_can_be_trained_on(small):
    folded = copy.deepcopy(small.folded)
    folded(picture(64, 64))[:, 0, 1].sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in folded.parameters())


@torch.no_grad()
def test_training_mode_makes_no_difference_when_folded(small):
    folded, x = copy.deepcopy(small.folded), picture(65, 97)
    expected, state = folded(x), {n: t.clone() for n, t in folded.state_dict().items()}
    assert torch.equal(folded.train()(x), expected)
    assert all(torch.equal(t, state[n]) for n, t in folded.state_dict().items())


@torch.no_grad()
def test_a_picture_gets_the_same_answer_alone_and_in_company(small):
    x = picture(64, 64, batch=3)
    together = small.folded.backbone(x)
    alone = torch.cat([small.folded.backbone(one[None]) for one in x])
    assert difference(together, alone) <= 5e-6
    assert difference(together[:1], together[1:2]) > 1e-3  # and different pictures different ones


@torch.no_grad()
@pytest.mark.parametrize("build", [repnext.repnext_m0, repvgg.BUILDERS["repvgg_a0"]], ids=SMALL)
def test_a_bare_backbone_with_its_classifier(build):
    model = filled(lambda: build(num_classes=10))
    folded = reparameterize(model)
    assert norms(folded) == []
    assert shapes_of(folded) == shapes_of(build(num_classes=10, deploy=True))
    assert difference(model(picture(65, 97)), folded(picture(65, 97))) <= FEATURES


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_the_type_of_the_numbers_stays(small, dtype):
    folded = reparameterize(copy.deepcopy(small.train).to(dtype))
    assert {t.dtype for t in folded.state_dict().values()} == {dtype}


# --- other ways to fold ---


@torch.no_grad()
def test_timms_own_tool_does_not_break_the_wrapped_network(small):
    x = picture(65, 97)
    by_timm = reparameterize_model(small.train)
    assert norms(by_timm) == []
    assert torch.equal(by_timm(x), small.folded(x))
    assert norms(small.train) != []


@torch.no_grad()
def test_a_network_for_features_only_is_folded_too():
    model = fill(timm.create_model("repnext_m0", features_only=True))
    folded = reparameterize(model)
    assert norms(folded) == []
    for a, b in zip(model(picture(65, 97)), folded(picture(65, 97)), strict=True):
        assert difference(a, b) <= FEATURES


@pytest.mark.parametrize(
    ("name", "left"),
    [
        pytest.param("repvit_m0_9", 0, id="its fuse works in place and returns nothing"),
        pytest.param("repvgg_a0", 0, id="timm's RepVGG"),
        pytest.param("mobilenetv4_conv_small", 46, id="one branch only"),
    ],
)
@torch.no_grad()
def test_a_timm_backbone_under_the_head(name, left):
    torch.manual_seed(0)
    model = build_sixdrepnet(f"timm:{name}").eval()
    before = {n: t.clone() for n, t in model.state_dict().items()}
    folded = reparameterize(model)
    assert len(norms(folded)) == left
    assert difference(model(picture(64, 64)), folded(picture(64, 64))) <= FEATURES
    assert all(torch.equal(t, before[n]) for n, t in model.state_dict().items())


def assert_fuse_is_pure(module: nn.Module) -> None:
    """In float64, where nothing needs a cast, a fold that forgot to copy would show."""
    before = {n: t.clone() for n, t in module.state_dict().items()}
    once, twice = module.fuse().state_dict(), module.fuse().state_dict()
    assert all(torch.equal(once[n], twice[n]) for n in once)
    assert all(torch.equal(t, before[n]) for n, t in module.state_dict().items())
    storages = [t.data_ptr() for state in (once, twice, module.state_dict()) for t in state.values()]
    assert len(set(storages)) == len(storages)


# --- module by module, in float64: exact, borders and odd sizes included ---

MAPS = [(1, 1), (2, 3), (7, 7), (8, 8), (14, 9)]
MODULES = [
    pytest.param(lambda: RepDWConvS(8), id="small"),
    pytest.param(lambda: RepDWConvS(8, 2), id="small, strided"),
    pytest.param(lambda: RepDWConvM(8), id="medium"),
    pytest.param(lambda: RepDWConvM(8, 2), id="medium, strided"),
    pytest.param(lambda: ConvNorm(8, 12, 3, 2, 1), id="convolution and norm"),
    pytest.param(lambda: RepVGGBlock(8, 8), id="RepVGG with identity"),
    pytest.param(lambda: RepVGGBlock(8, 8, groups=4), id="RepVGG with identity, grouped"),
    pytest.param(lambda: RepVGGBlock(8, 8, stride=2, groups=2), id="RepVGG strided, grouped"),
    pytest.param(lambda: RepVGGBlock(8, 12), id="RepVGG that widens"),
    pytest.param(lambda: ChunkConv(16), id="token mixer"),
    pytest.param(lambda: CopyConv(8), id="token mixer, strided"),
    pytest.param(lambda: repnext.Stage(16, 2, downsample=True), id="stage"),
]


@pytest.mark.parametrize("build", MODULES)
@pytest.mark.parametrize("size", MAPS, ids=lambda s: f"{s[0]}x{s[1]}")
@torch.no_grad()
def test_modules_are_folded_exactly(build, size):
    module = filled(build).double()
    x = torch.randn(2, 16 if isinstance(module, ChunkConv) else 8, *size, generator=torch.manual_seed(1)).double()
    folded = reparameterize(module)
    assert difference(module(x), folded(x)) < 1e-13
    assert len(list(folded.parameters())) < len(list(module.parameters()))


@pytest.mark.parametrize("build", [b for b in MODULES if b.id not in ("token mixer", "token mixer, strided", "stage")])
def test_fuse_alone_shares_nothing_and_can_be_repeated(build):
    assert_fuse_is_pure(filled(build).double())


@pytest.mark.parametrize("block", [lambda: MetaNeXtBlock(16), lambda: Downsample(8)], ids=["block", "downsampling"])
def test_fuse_of_a_block_alone(block):
    assert_fuse_is_pure(filled(block).double())


@torch.no_grad()
def test_a_strided_kernel_by_hand():
    # all taps 1, one channel: 3×3, the outer product of the lines, and the four corners of the dilated 2×2
    module = RepDWConvS(1, stride=2)
    for parameter in module.parameters():
        parameter.fill_(1.0)
    kernel, bias = module.merged()
    assert kernel[0, 0].tolist() == [[3, 2, 3], [2, 2, 2], [3, 2, 3]]
    assert bias.tolist() == [2]  # serial lines have none


@torch.no_grad()
def test_an_unstrided_kernel_by_hand():
    # here the two lines lie side by side: a cross, each with its bias
    module = RepDWConvS(1)
    for parameter in module.parameters():
        parameter.fill_(1.0)
    kernel, bias = module.merged()
    assert kernel[0, 0].tolist() == [[2, 2, 2], [2, 3, 2], [2, 2, 2]]
    assert bias.tolist() == [4]


@torch.no_grad()
def test_the_medium_kernel_by_hand():
    module = RepDWConvM(1)
    for parameter in module.parameters():
        parameter.fill_(1.0)
    kernel, bias = module.merged()
    rows = [[2] * 7, [2, 3, 4, 4, 4, 3, 2], [2, 4, 5, 5, 5, 4, 2], [2, 4, 5, 5, 5, 4, 2]]
    assert kernel[0, 0].tolist() == [*rows, *rows[2::-1]]
    assert bias.tolist() == [3]


@torch.no_grad()
def test_norm_before_and_after_a_layer():
    # y = 2 (3 x + 1) + 5 and y = 3 (2 x + 5) + 1, in one layer each
    kernel = (torch.tensor([[3.0]]).double(), torch.tensor([1.0]).double())
    affine = (torch.tensor([2.0]).double(), torch.tensor([5.0]).double())
    assert [t.item() for t in fold_after(kernel, affine)] == [6, 7]
    assert [t.item() for t in fold_before(affine, kernel)] == [6, 16]


@torch.no_grad()
def test_norm_as_scale_and_shift():
    norm = fill(nn.BatchNorm2d(5)).double()
    x = torch.randn(2, 5, 3, 3, generator=torch.manual_seed(2)).double()
    scale, shift = norm_affine(norm)
    assert difference(norm(x), x * scale[:, None, None] + shift[:, None, None]) < 1e-14


def test_a_layer_without_bias_has_a_zero_one():
    weight, bias = kernel_of(nn.Conv2d(3, 4, 1, bias=False))
    assert weight.dtype == bias.dtype == torch.float64
    assert bias.tolist() == [0, 0, 0, 0]
