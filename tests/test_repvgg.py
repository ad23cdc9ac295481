"""RepVGG against its published counts and names, and against timm's implementation, which is another one."""

from __future__ import annotations

import math

import pytest
import timm
import torch
from published import filled, macs, names_hash, parameter_count, picture, shapes_of
from torch import nn

from training.models.repvgg import BUILDERS, VARIANTS, RepVGG, RepVGGBlock

# variant: millions of parameters of the deploy form (cut, not rounded, after two digits) and GFLOPs at 224 that the
# paper and its repository give
PUBLISHED = [
    pytest.param("repvgg_a0", 8.30, 1.4, id="a0"),
    pytest.param("repvgg_a1", 12.78, 2.4, id="a1"),
    pytest.param("repvgg_a2", 25.49, 5.1, id="a2"),
    pytest.param("repvgg_b0", 14.33, 3.1, id="b0"),
    pytest.param("repvgg_b1", 51.82, 11.8, id="b1"),
    pytest.param("repvgg_b1g2", 41.36, 8.8, id="b1g2"),
    pytest.param("repvgg_b1g4", 36.12, 7.3, id="b1g4"),
    pytest.param("repvgg_b2", 80.31, 18.4, id="b2"),
    pytest.param("repvgg_b2g4", 55.77, 11.3, id="b2g4"),
    pytest.param("repvgg_b3", 110.96, 26.2, id="b3"),
    pytest.param("repvgg_b3g4", 75.62, 16.1, id="b3g4"),
]
IN_TIMM = [name for name in VARIANTS if name not in ("repvgg_b1g2", "repvgg_b2g2", "repvgg_b3g2")]


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def on_meta(name: str, **options: object) -> RepVGG:
    with torch.device("meta"):
        return BUILDERS[name](**options)


def timm_name(name: str) -> str:
    """Where timm keeps the tensor that the published network calls `name`."""
    place, _, rest = name.partition(".")
    if place == "linear":
        return f"head.fc.{rest}"
    if place == "stage0":
        place = "stem"
    else:
        block, _, rest = rest.partition(".")
        place = f"stages.{int(place[-1]) - 1}.{block}"
    for ours, theirs in (("rbr_dense", "conv_kxk"), ("rbr_1x1", "conv_1x1"), ("rbr_identity", "identity")):
        rest = rest.replace(ours, theirs)
    return f"{place}.{rest}"


@pytest.mark.parametrize(("name", "millions", "gflops"), PUBLISHED)
def test_deploy_form_has_the_published_size(name, millions, gflops):
    model = on_meta(name, deploy=True)
    assert math.floor(parameter_count(model) / 1e4) / 100 == pytest.approx(millions)
    assert round(macs(model) / 1e9, 1) == gflops


@pytest.mark.parametrize("name", IN_TIMM)
def test_every_tensor_has_its_place_in_timms_network(name):
    with torch.device("meta"):
        theirs = shapes_of(timm.create_model(name))
    assert {timm_name(n): shape for n, shape in shapes_of(on_meta(name)).items()} == theirs


@pytest.mark.parametrize("width", ["b1", "b2", "b3"])
def test_groups_halve_and_quarter_the_same_convolutions(width):
    dense, two, four = (parameter_count(on_meta(f"repvgg_{width}{g}", deploy=True)) for g in ("", "g2", "g4"))
    assert dense - two == 2 * (two - four) > 0


def test_every_second_block_behind_the_stem_is_grouped():
    blocks = [m for m in on_meta("repvgg_b1g2").modules() if isinstance(m, RepVGGBlock)]
    assert [b.rbr_dense.conv.groups for b in blocks] == [1, *[1, 2] * 13, 1]
    assert all(b.rbr_1x1.conv.groups == b.rbr_dense.conv.groups for b in blocks)


def test_names_and_shapes_are_the_published_ones():
    shapes = shapes_of(on_meta("repvgg_b1g2"))
    assert len(shapes) == 453
    assert names_hash(shapes) == "d133ae2c062145288c45d0fa2f71a91d776c842703c60bc590a5cf7da0cbec33"


def test_names_of_the_deploy_form():
    convs = ["stage0", "stage1.0", "stage1.1", "stage2.0", "stage2.1", "stage2.2", "stage2.3"]
    convs += [f"stage3.{i}" for i in range(14)] + ["stage4.0"]
    layers = [f"{conv}.rbr_reparam" for conv in convs] + ["linear"]
    names = [f"{layer}.{tensor}" for layer in layers for tensor in ("weight", "bias")]
    assert sorted(shapes_of(on_meta("repvgg_a0", deploy=True))) == sorted(names)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("repvgg_a0", (64, 64), id="a0"),
        pytest.param("repvgg_a0", (65, 97), id="a0 odd size"),
        pytest.param("repvgg_b1g4", (65, 97), id="b1g4 odd size"),
    ],
)
def test_outputs_are_timms(name, size):
    ours = filled(BUILDERS[name])
    with torch.device("meta"):
        theirs = timm.create_model(name)
    theirs = theirs.to_empty(device="cpu").eval()
    theirs.load_state_dict({timm_name(n): t for n, t in ours.state_dict().items()})
    x = picture(*size)
    with torch.no_grad():
        features = ours.forward_features(x)
        assert features.std() > 0.1  # not all zeros behind the last ReLU
        torch.testing.assert_close(features, theirs.forward_features(x), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)


def test_without_classifier_the_output_is_the_mean_of_the_last_map():
    model = filled(lambda: BUILDERS["repvgg_a0"](num_classes=0))
    with torch.no_grad():
        torch.testing.assert_close(model(picture(64, 64)), model.forward_features(picture(64, 64)).mean((2, 3)))
    assert not [m for m in model.modules() if isinstance(m, nn.Linear)]


@pytest.mark.parametrize("size", [(64, 64), (33, 31), (1, 1)], ids=["64", "33x31", "1"])
def test_any_input_size(size):
    model = on_meta("repvgg_a0", num_classes=0)
    assert model(torch.empty(2, 3, *size, device="meta")).shape == (2, 1280)
