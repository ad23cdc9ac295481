"""6DRepNet: the published network's rotations, every backbone under the head, and names that nobody knows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from published import filled, names_hash, parameter_count, picture, published_input, shapes_of
from torch import nn

from runtime.errors import HeadPoseError
from runtime.rotation import rotation_to_euler
from training.models import repnext
from training.models.backbones import create_backbone, feature_count
from training.models.repnext import VARIANTS, repnext_m0, repnext_m4
from training.models.sixdrepnet import SixDRepNet, SixDRepNet_RepNeXt, build_sixdrepnet


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def published_name(name: str) -> str:
    """Our tensor's name in a snapshot of 6DRepNet, whose RepVGG lies flat in the network."""
    return name.replace("backbone.stage", "layer").replace("head.", "linear_reg.")


def assert_rotations(matrices: torch.Tensor) -> None:
    m = matrices.detach().double()
    identity = torch.eye(3, dtype=torch.float64).expand_as(m)
    torch.testing.assert_close(m @ m.transpose(-1, -2), identity, rtol=0, atol=1e-5)
    torch.testing.assert_close(torch.linalg.det(m), torch.ones(len(m), dtype=torch.float64), rtol=0, atol=1e-5)


def test_names_and_shapes_are_those_of_the_published_snapshot():
    with torch.device("meta"):
        shapes = shapes_of(build_sixdrepnet("repvgg_b1g2"))
    assert len(shapes) == 453
    renamed = {published_name(name): shape for name, shape in shapes.items()}
    assert names_hash(renamed) == "3f2465685a42998f98cfca2d6804da41a5e14e7f7a6c59f7fd3c0342f8a35ef3"


def test_rotations_are_those_of_the_published_network():
    # thohemp/6DRepNet (464b2ba), RepVGG-B1g2, training form: two rotations, and their pitch, yaw, roll
    model = filled(lambda: build_sixdrepnet("repvgg_b1g2"), published_name)
    with torch.no_grad():
        found = model(published_input()).numpy()
    first = [[0.44431788, 0.8628187, -0.24109215], [-0.26576674, 0.38394845, 0.88428026]]
    first.append([0.8555406, -0.32882726, 0.39990368])
    second = [[0.44558161, 0.8616884, -0.24279682], [-0.27087432, 0.3882631, 0.88083994]]
    second.append([0.85327846, -0.3267187, 0.40641215])
    np.testing.assert_allclose(found, [first, second], atol=2e-6)
    euler = [[-39.429298, -58.819504, -30.885561], [-38.796139, -58.570065, -31.295912]]
    np.testing.assert_allclose(rotation_to_euler(found), euler, atol=2e-4)


# folded parameters without a classifier + 6 · (features + 1)
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        pytest.param("repnext_m0", 2_007_080 + 6 * 321, id="m0"),
        pytest.param("repnext_m1", 4_435_056 + 6 * 385, id="m1"),
        pytest.param("repnext_m2", 6_013_112 + 6 * 449, id="m2"),
        pytest.param("repnext_m3", 7_294_272 + 6 * 513, id="m3"),
        pytest.param("repnext_m4", 12_811_590, id="m4"),
        pytest.param("repnext_m5", 21_066_000 + 6 * 641, id="m5"),
    ],
)
def test_size_of_the_deploy_form(name, parameters):
    with torch.device("meta"):
        assert parameter_count(SixDRepNet_RepNeXt(getattr(repnext, name), deploy=True)) == parameters


@pytest.mark.parametrize("deploy", [False, True], ids=["train form", "deploy form"])
@pytest.mark.parametrize("name", VARIANTS)
def test_every_repnext_gives_rotations(name, deploy):
    model = filled(lambda: SixDRepNet_RepNeXt(backbone_fn=getattr(repnext, name), pretrained=False, deploy=deploy))
    with torch.no_grad():
        out = model(picture(64, 64))
    assert out.shape == (2, 3, 3)
    assert_rotations(out)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert bool(norms) is not deploy


def test_the_default_is_m4_in_the_training_form():
    with torch.device("meta"):
        assert shapes_of(SixDRepNet_RepNeXt()) == shapes_of(build_sixdrepnet("repnext_m4"))
        assert shapes_of(build_sixdrepnet()) == shapes_of(SixDRepNet_RepNeXt(repnext_m4))


def test_pretrained_true_is_refused():
    with pytest.raises(HeadPoseError, match="names no file: pass the path"):
        SixDRepNet_RepNeXt(repnext_m0, pretrained=True)


def test_deploy_form_of_the_published_backbone():
    with torch.device("meta"):
        model = build_sixdrepnet("repvgg_b1g2", deploy=True)
    assert model.head.in_features == 2048
    assert {n.rpartition(".")[2] for n in shapes_of(model)} == {"weight", "bias"}


@pytest.mark.parametrize(
    ("name", "width"),
    [
        pytest.param("mobilenetv4_conv_small", 1280, id="layers behind the pooling"),
        pytest.param("mobilenetv3_small_050", 1024, id="num_features is not the width"),
        pytest.param("repvit_m0_9", 384, id="multi-branch"),
        pytest.param("test_vit", 64, id="transformer"),
    ],
)
def test_any_timm_network_is_a_backbone(name, width):
    model = build_sixdrepnet(f"timm:{name}").eval()
    side = model.backbone.pretrained_cfg["input_size"][-1]
    with torch.no_grad():
        out = model(picture(side, side))
    assert model.head.in_features == width
    assert out.shape == (2, 3, 3)
    assert_rotations(out)


def test_a_backbone_may_end_with_a_feature_map():
    class Halves(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, :2]

    model, x = SixDRepNet(Halves(), 2), picture(8, 12)
    with torch.no_grad():
        expected = x[:, :2].mean((2, 3)) @ model.head.weight.T + model.head.bias
        torch.testing.assert_close(model.forward_sixd(x), expected)


def test_sixd_is_what_the_rotation_is_made_of():
    model, x = filled(lambda: build_sixdrepnet("repnext_m0")), picture(64, 64)
    with torch.no_grad():
        sixd, rotation = model.forward_sixd(x), model(x)
    assert sixd.shape == (2, 6)
    first = sixd[:, :3] / sixd[:, :3].norm(dim=1, keepdim=True)
    torch.testing.assert_close(rotation[:, :, 0], first)


def test_every_parameter_gets_a_finite_gradient():
    model = filled(lambda: build_sixdrepnet("repnext_m0")).train()
    target = torch.eye(3).expand(2, 3, 3)
    (model(picture(64, 64)) - target).square().sum().backward()
    gradients = [p.grad for p in model.parameters()]
    assert all(g is not None and torch.isfinite(g).all() for g in gradients)
    assert model.backbone.stem.stem[0].conv.weight.grad.abs().max() > 0


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("repnext_m6", "unknown backbone 'repnext_m6'.*did you mean 'repnext_m", id="no such RepNeXt"),
        pytest.param("repvgg_b1g3", "did you mean 'repvgg_b1g", id="no such RepVGG"),
        pytest.param("RepNeXt_M4", "repnext_m4", id="letters' case"),
        pytest.param("", "unknown backbone ''.*known: repnext_m0", id="nothing"),
        pytest.param("timm:mobilenetv4_conv_smal", "did you mean 'mobilenetv4_conv_small'", id="no such timm model"),
        pytest.param("timm:", "unknown timm backbone ''", id="timm without a name"),
    ],
)
def test_an_unknown_backbone_suggests_the_nearest(name, hint):
    with pytest.raises(HeadPoseError, match=hint) as error:
        build_sixdrepnet(name)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500  # timm's thousand names are not listed


def test_a_timm_network_without_feature_vector_is_refused():
    with pytest.raises(HeadPoseError, match=r"Sequential does not tell its num_features"):
        feature_count(nn.Sequential(nn.Conv2d(3, 4, 1)))


def test_backbones_have_no_classifier():
    with torch.device("meta"):
        bodies = [create_backbone(name) for name in ("repnext_m0", "repvgg_a0", "timm:repvit_m0_9")]
    layers = [m for body in bodies for m in body.modules() if isinstance(m, nn.Linear)]
    assert layers == []
