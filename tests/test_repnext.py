"""RepNeXt against its published counts, parameter names and outputs, and against what timm expects of a model."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import timm
import torch
from published import (
    filled,
    macs,
    names_hash,
    parameter_count,
    picture,
    published_input,
    shapes_of,
)
from timm.optim import param_groups_layer_decay
from torch import nn

from training.models import repnext
from training.models.repnext import VARIANTS, RepNeXt, repnext_m0, repnext_m1, repnext_m4
from training.models.repnext_blocks import Classifier

# variant: parameters of the training form (as in the official training logs), of the folded form, GMACs at 224
COUNTS = [
    pytest.param("repnext_m0", 2_716_480, 2_328_080, 0.388, id="m0"),
    pytest.param("repnext_m1", 5_323_316, 4_820_056, 0.822, id="m1"),
    pytest.param("repnext_m2", 7_049_082, 6_462_112, 1.111, id="m2"),
    pytest.param("repnext_m3", 8_466_560, 7_807_272, 1.339, id="m3"),
    pytest.param("repnext_m4", 14_080_480, 13_321_512, 2.289, id="m4"),
    pytest.param("repnext_m5", 22_708_860, 21_707_000, 4.544, id="m5"),
]


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def on_meta(name: str, **options: object) -> RepNeXt:
    with torch.device("meta"):
        model: RepNeXt = getattr(repnext, name)(**options)
    return model


def tiny(**options: object) -> RepNeXt:
    """One block per stage: what holds for its kinds of modules holds for more of them."""
    return RepNeXt((8, 16, 32, 64), (1, 1, 1, 1), **options)


@pytest.fixture(scope="module")
def m0() -> RepNeXt:
    return filled(repnext_m0)


@pytest.mark.parametrize(("name", "train", "folded", "gmacs"), COUNTS)
def test_parameters_and_macs_are_the_published_ones(name, train, folded, gmacs):
    deploy = on_meta(name, deploy=True)
    assert parameter_count(on_meta(name)) == train
    assert parameter_count(deploy) == folded
    assert macs(deploy) / 1e9 == pytest.approx(gmacs, abs=5e-4)


def test_the_table_has_every_variant():
    assert [row.values[0] for row in COUNTS] == list(VARIANTS)


@pytest.mark.parametrize(
    ("name", "count", "digest"),
    [
        pytest.param("repnext_m1", 1022, "85a64447d449c75b5a9fb98285e7b74edd765cd18551bf41d18ad15eb375db47", id="m1"),
        pytest.param("repnext_m4", 1646, "5e8dedc8db554a0e54455a4f89e541d1b869431c25ee8da19041f150b5572266", id="m4"),
    ],
)
def test_names_and_shapes_are_the_published_ones(name, count, digest):
    shapes = shapes_of(on_meta(name))
    assert len(shapes) == count
    assert names_hash(shapes) == digest


def test_outputs_are_the_published_ones():
    # suous/RepNeXt (f515377), M1: two pictures, four of 384 pooled features, four of 1000 logits, sums of squares
    model = filled(repnext_m1)
    with torch.no_grad():
        pooled = model.forward_head(model.forward_features(published_input()), pre_logits=True)
        logits = model(published_input())
    few = [[1.1271697, 0.23460791, 0.52194166, -0.47986668], [1.1270504, 0.23646532, 0.52365881, -0.47800168]]
    np.testing.assert_allclose(pooled[:, [0, 1, 191, 383]], few, atol=1e-5)
    np.testing.assert_allclose(pooled.square().sum(1), [128.388999, 128.427683], rtol=1e-5)
    few = [[0.12162296, 0.32882726, -0.11091635, 0.15546681], [0.12151154, 0.32917422, -0.11206057, 0.15560976]]
    np.testing.assert_allclose(logits[:, [0, 1, 500, 999]], few, atol=1e-5)
    np.testing.assert_allclose(logits.square().sum(1), [37.950116, 37.946190], rtol=1e-5)
    assert logits.argmax(1).tolist() == [38, 38]


def test_deploy_form_of_m4_has_only_what_exporters_know():
    model = on_meta("repnext_m4", deploy=True)
    convs = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    kinds = Counter((m.kernel_size, m.stride[0], m.groups > 1) for m in convs)
    assert kinds == {
        ((1, 1), 1, False): 84,
        ((3, 3), 2, False): 2,
        ((3, 3), 1, True): 39,
        ((7, 7), 1, True): 39,
        ((1, 11), 1, True): 39,
        ((11, 1), 1, True): 39,
        ((3, 3), 2, True): 3,
        ((7, 7), 2, True): 3,
    }
    leaves = Counter(type(m).__name__ for m in model.modules() if not list(m.children()))
    assert leaves.pop("Identity") == 43  # where a BatchNorm was, and the first stage's missing downsampling
    assert leaves == {"Conv2d": 248, "GELU": 43, "Dropout": 1, "Linear": 1}


def test_gelu_is_the_exact_one():
    assert {m.approximate for m in on_meta("repnext_m4").modules() if isinstance(m, nn.GELU)} == {"none"}


@pytest.mark.parametrize(
    ("size", "last"),
    [((64, 64), (2, 2)), ((65, 97), (3, 4)), ((33, 31), (2, 1)), ((1, 1), (1, 1))],
    ids=["64", "65x97", "33x31", "1"],
)
def test_any_input_size(m0, size, last):
    with torch.no_grad():
        assert m0.forward_features(picture(*size, batch=1)).shape == (1, 320, *last)


def test_repnext_m4_is_the_default_architecture():
    with torch.device("meta"):
        assert shapes_of(RepNeXt()) == shapes_of(repnext_m4())


# --- what timm expects ---


def test_registered_with_timm():
    assert timm.list_models("repnext*") == list(VARIANTS)
    assert timm.list_models("repnext*", pretrained=True) == [f"{name}.dist_300e_in1k" for name in VARIANTS]


@pytest.mark.parametrize("name", VARIANTS)
def test_timm_builds_it_by_name(name):
    with torch.device("meta"):
        model = timm.create_model(name)
    assert shapes_of(model) == shapes_of(on_meta(name))
    cfg, state = model.pretrained_cfg, shapes_of(model)
    assert cfg["input_size"] == (3, 224, 224)
    assert cfg["url"].endswith(f"/{name}_distill_300e.pth")
    assert state[f"{cfg['first_conv']}.weight"][1] == 3
    assert [state[f"{layer}.weight"][0] for layer in cfg["classifier"]] == [1000, 1000]


def test_pool_size_of_the_record_is_that_of_the_last_map():
    model = on_meta("repnext_m0")
    last = model.forward_features(torch.empty(1, *model.pretrained_cfg["input_size"], device="meta"))
    assert tuple(last.shape) == (1, model.num_features, *model.pretrained_cfg["pool_size"])


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        pytest.param({}, (2, 1000), id="classes of ImageNet"),
        pytest.param({"num_classes": 7}, (2, 7), id="seven classes"),
        pytest.param({"num_classes": 0}, (2, 320), id="pooled"),
        pytest.param({"num_classes": 0, "global_pool": ""}, (2, 320, 2, 2), id="feature map"),
        pytest.param({"deploy": True, "num_classes": 7}, (2, 7), id="deploy form"),
    ],
)
def test_create_model_options(options, shape):
    model = timm.create_model("repnext_m0", **options).eval()
    with torch.no_grad():
        assert model(picture(64, 64)).shape == shape


def test_other_channel_counts_than_three():
    model = timm.create_model("repnext_m0", in_chans=1, num_classes=0).eval()
    with torch.no_grad():
        assert model(picture(64, 64)[:, :1]).shape == (2, 320)


@pytest.mark.parametrize("deploy", [False, True], ids=["train form", "deploy form"])
def test_reset_classifier(deploy):
    model = repnext_m0(deploy=deploy).eval()
    x = picture(64, 64)
    with torch.no_grad():
        model.reset_classifier(5)
        assert model(x).shape == (2, 5)
        assert isinstance(model.get_classifier(), nn.Linear if deploy else Classifier)
        model.reset_classifier(0)
        assert torch.equal(model(x), model.forward_head(model.forward_features(x), pre_logits=True))
        model.reset_classifier(0, "")
        assert torch.equal(model(x), model.forward_features(x))
    assert model.num_classes == 0


def test_new_classifier_has_the_type_of_the_network():
    model = repnext_m0().double()
    model.reset_classifier(5)
    assert {p.dtype for p in model.head.parameters()} == {torch.float64}


def test_head_is_the_mean_of_two_classifiers_on_pooled_features(m0):
    maps = torch.from_numpy(np.random.default_rng(2).normal(size=(2, 320, 3, 5)).astype(np.float32))
    with torch.no_grad():
        pooled = m0.forward_head(maps, pre_logits=True)
        np.testing.assert_allclose(pooled, maps.numpy().mean(axis=(2, 3)), atol=1e-6)
        both = m0.head.head(pooled).numpy() + m0.head.head_dist(pooled).numpy()
        np.testing.assert_allclose(m0.forward_head(maps), both / 2, atol=1e-6)
    assert pooled.shape == (2, m0.head_hidden_size)


def test_two_answers_only_while_training_with_a_teacher():
    model = repnext_m0(num_classes=4)
    x = picture(64, 64)
    assert model.train()(x).shape == (2, 4)
    model.set_distilled_training(True)
    label, taught = model(x)
    assert label.shape == taught.shape == (2, 4)
    assert not torch.equal(label, taught)
    assert model.eval()(x).shape == (2, 4)


def test_features_only(m0):
    model = timm.create_model("repnext_m0", features_only=True).eval()
    assert model.feature_info.channels() == [40, 80, 160, 320]
    assert model.feature_info.reduction() == [4, 8, 16, 32]
    renamed = {name.replace("stages_", "stages."): name for name in model.state_dict()}
    model.load_state_dict({renamed[n]: t for n, t in m0.state_dict().items() if not n.startswith("head.")})
    x = picture(64, 96)
    with torch.no_grad():
        maps = model(x)
        last, intermediate = m0.forward_intermediates(x)
    assert [tuple(f.shape) for f in maps] == [(2, 40, 16, 24), (2, 80, 8, 12), (2, 160, 4, 6), (2, 320, 2, 3)]
    assert all(torch.equal(a, b) for a, b in zip(maps, intermediate, strict=True))
    assert torch.equal(last, maps[-1])


@pytest.mark.parametrize("stop_early", [False, True], ids=["to the end", "stop early"])
def test_some_intermediates(m0, stop_early):
    x = picture(64, 64)
    with torch.no_grad():
        maps = m0.forward_intermediates(x, indices=[0, 2], stop_early=stop_early, intermediates_only=True)
        every = m0.forward_intermediates(x, intermediates_only=True)
    assert [torch.equal(a, b) for a, b in zip(maps, [every[0], every[2]], strict=True)] == [True, True]


def test_prune_keeps_the_first_stages(m0):
    model = filled(repnext_m0)
    assert model.prune_intermediate_layers(indices=[1]) == [1]
    x = picture(64, 64)
    with torch.no_grad():
        assert torch.equal(model(x), m0.forward_intermediates(x, indices=[1], intermediates_only=True)[0])


def test_checkpointed_gradients_are_the_ordinary_ones():
    model, x = filled(lambda: tiny(num_classes=0)), picture(64, 64)
    model(x).square().sum().backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    model.set_grad_checkpointing(True)
    model(x).square().sum().backward()
    assert all(torch.equal(p.grad, expected[name]) for name, p in model.named_parameters())


def test_layer_decay_slows_the_stem_most():
    model = on_meta("repnext_m0")
    groups = param_groups_layer_decay(model, weight_decay=0.05, layer_decay=0.5)
    scale = {id(p): group["lr_scale"] for group in groups for p in group["params"]}
    parameters = dict(model.named_parameters())
    along = ["stem.stem.0.conv.weight", "stages.1.blocks.0.norm.weight", "stages.3.blocks.0.norm.weight"]
    scales = [scale[id(parameters[name])] for name in [*along, "head.head.linear.weight"]]
    assert scales == sorted(set(scales))
    assert scales[-1] == 1.0


@pytest.mark.parametrize("deploy", [False, True], ids=["train form", "deploy form"])
def test_torchscript(deploy):
    model = filled(lambda: tiny(deploy=deploy))
    with torch.no_grad():
        torch.testing.assert_close(torch.jit.script(model)(picture(65, 97)), model(picture(65, 97)))


def test_trace_holds_at_another_size():
    model = filled(lambda: tiny(deploy=True))
    with torch.no_grad():
        traced = torch.jit.trace(model, picture(64, 64))
        torch.testing.assert_close(traced(picture(65, 97)), model(picture(65, 97)))
