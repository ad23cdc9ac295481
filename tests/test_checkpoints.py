"""Checkpoints: every published form is read, and what cannot be read is told in one sentence."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg
from training.models.backbones import BACKBONES, create_backbone
from training.models.checkpoints import (
    load_backbone_weights,
    load_snapshot,
    open_checkpoint,
    save_checkpoint,
)
from training.models.default import seed_weights
from training.models.identify import identify
from training.models.reparam import reparameterize
from training.models.repnext import repnext_m0, repnext_m1, repnext_m4
from training.models.repnext_blocks import Classifier
from training.models.repnext_layers import ConvNorm, RepDWConvM, RepDWConvS
from training.models.repvgg import BUILDERS
from training.models.sixdrepnet import SixDRepNet, SixDRepNet_RepNeXt, build_sixdrepnet


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def picture(size: int = 64) -> torch.Tensor:
    ramp = torch.linspace(-2, 2, size)
    return torch.stack([ramp.expand(size, size), ramp.expand(size, size).T, ramp.outer(ramp)])[None]


def official_fuse(model: nn.Module) -> nn.Module:
    """The authors' fusion: branches and ConvNorms are merged, the BatchNorms of the blocks stay."""
    for name, child in model.named_children():
        if isinstance(child, ConvNorm | RepDWConvS | RepDWConvM | Classifier):
            setattr(model, name, child.fuse())
        else:
            official_fuse(child)
    return model


def names_hash(model: nn.Module) -> str:
    lines = sorted(f"{name} {tuple(t.shape)}" for name, t in model.state_dict().items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    ("builder", "count", "digest"),
    [
        pytest.param(repnext_m1, 436, "6ef820106c2f0ff803ffbca06c2562ab1144a959cd805d74ecbb2995ca09a85a", id="m1"),
        pytest.param(repnext_m4, 708, "6ccd26e4c3f1c04ea95fb2d6af6144610702c0ca5d008733ef2bd810898145c3", id="m4"),
    ],
)
def test_the_stand_in_of_the_fused_release_has_its_names(builder, count, digest):
    fused = official_fuse(builder())
    assert len(fused.state_dict()) == count
    assert names_hash(fused) == digest


# --- RepNeXt weights, as published ---


@pytest.fixture(scope="module")
def repnext() -> nn.Module:
    return seed_weights(repnext_m0(), 7).eval()


def _pth(model: nn.Module, path: Path) -> None:
    torch.save({"model": model.state_dict(), "epoch": 299, "args": argparse.Namespace(lr=4e-3)}, path)


def _pth_tar(model: nn.Module, path: Path) -> None:
    args = argparse.Namespace(model="repnext_m0", opt="adamw")
    torch.save({"epoch": 1, "arch": "repnext_m0", "state_dict": model.state_dict(), "args": args, "metric": 7.0}, path)


def _mmcv(model: nn.Module, path: Path) -> None:
    body = {f"backbone.{n}": t for n, t in model.state_dict().items() if not n.startswith("head.")}
    other = {"neck.fpn_convs.0.conv.weight": torch.ones(4, 4, 3, 3), "roi_head.bbox_head.fc_cls.bias": torch.ones(81)}
    torch.save({"meta": {"mmcv_version": "1.7"}, "state_dict": {**body, **other}}, path)


def _plain(model: nn.Module, path: Path) -> None:
    torch.save(model.state_dict(), path)


def _data_parallel(model: nn.Module, path: Path) -> None:
    torch.save({"state_dict": nn.DataParallel(model).state_dict()}, path)


def _legacy(model: nn.Module, path: Path) -> None:
    torch.save({"model": model.state_dict()}, path, _use_new_zipfile_serialization=False)


def _no_counters(model: nn.Module, path: Path) -> None:
    torch.save({n: t for n, t in model.state_dict().items() if not n.endswith("num_batches_tracked")}, path)


def _torchscript(model: nn.Module, path: Path) -> None:
    clone = seed_weights(repnext_m0(), 7)
    torch.jit.script(official_fuse(clone).train()).save(str(path))  # in training mode, as it is published


def _official(model: nn.Module, path: Path) -> None:
    torch.save({"model": official_fuse(seed_weights(repnext_m0(), 7)).state_dict()}, path)


def _folded(model: nn.Module, path: Path) -> None:
    torch.save(reparameterize(model).state_dict(), path)


FORMS = [
    pytest.param(_pth, "w.pth", id="pth"),
    pytest.param(_pth_tar, "w.pth.tar", id="pth.tar"),
    pytest.param(_mmcv, "w.pth", id="mmcv"),
    pytest.param(_plain, "w.pth", id="state dict"),
    pytest.param(_data_parallel, "w.pth", id="DataParallel"),
    pytest.param(_legacy, "w.pth", id="legacy pickle"),
    pytest.param(_no_counters, "w.pth", id="without counters"),
    pytest.param(_torchscript, "w_fused.pt", id="fused TorchScript"),
    pytest.param(_official, "w_fused.pth", id="fused state dict"),
    pytest.param(_folded, "w.pth", id="folded"),
]


@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
@pytest.mark.parametrize("deploy", [False, True], ids=["into train form", "into deploy form"])
@pytest.mark.parametrize(("write", "name"), FORMS)
def test_every_form_of_repnext_weights(write, name, deploy, repnext, tmp_path):
    write(repnext, tmp_path / name)
    body = repnext_m0(num_classes=0, deploy=deploy)
    assert load_backbone_weights(body, tmp_path / name, expand=True) is body
    with torch.no_grad():
        expected = repnext.forward_head(repnext.forward_features(picture()), pre_logits=True)
        assert (body.eval()(picture()) - expected).abs().max() <= 2e-5
    assert expected.abs().max() > 0.1


def test_weights_for_the_backbone_of_a_pose_network_leave_its_head(repnext, tmp_path):
    _pth(repnext, tmp_path / "w.pth")
    model = build_sixdrepnet("repnext_m0")
    before = model.head.weight.clone()
    load_backbone_weights(model, tmp_path / "w.pth")
    assert torch.equal(model.head.weight, before)
    assert torch.equal(model.backbone.stem.stem[0].conv.weight, repnext.stem.stem[0].conv.weight)


@pytest.mark.parametrize("deploy", [False, True], ids=["train", "deploy"])
@pytest.mark.parametrize("write", [_pth, _official], ids=["train file", "fused file"])
def test_the_builder_takes_a_path(write, deploy, repnext, tmp_path):
    write(repnext, tmp_path / "w.pth")
    model = SixDRepNet_RepNeXt(backbone_fn=repnext_m0, pretrained=str(tmp_path / "w.pth"), deploy=deploy).eval()
    with torch.no_grad():
        expected = repnext.forward_head(repnext.forward_features(picture()), pre_logits=True)
        assert (model.backbone(picture()) - expected).abs().max() <= 2e-5


def test_the_builder_names_what_true_lacks():
    with pytest.raises(HeadPoseError, match="pass the path"):
        SixDRepNet_RepNeXt(pretrained=True)


def test_folded_weights_do_not_fit_the_training_form_unasked(repnext, tmp_path):
    _folded(repnext, tmp_path / "w.pth")
    with pytest.raises(HeadPoseError, match=r"RepNeXt-M0 folded checkpoint.*deploy=True.*expand=True"):
        load_backbone_weights(repnext_m0(num_classes=0), tmp_path / "w.pth")


def test_timm_weights_without_their_classifier(tmp_path):
    import timm

    whole = seed_weights(timm.create_model("mobilenetv4_conv_small"), 1).eval()
    torch.save(whole.state_dict(), tmp_path / "timm.pth")
    body = create_backbone("timm:mobilenetv4_conv_small")
    load_backbone_weights(body, tmp_path / "timm.pth")
    with torch.no_grad():
        expected = whole.forward_head(whole.forward_features(picture()), pre_logits=True)
        assert torch.equal(body.eval()(picture()), expected)


# --- RepVGG and 6DRepNet ---


@pytest.mark.parametrize("deploy", [False, True], ids=["into train form", "into deploy form"])
@pytest.mark.parametrize("folded", [False, True], ids=["-train.pth", "deploy"])
def test_repvgg_weights(folded, deploy, tmp_path):
    source = seed_weights(BUILDERS["repvgg_a0"](num_classes=10), 3).eval()
    torch.save((reparameterize(source) if folded else source).state_dict(), tmp_path / "RepVGG-A0-train.pth")
    body = BUILDERS["repvgg_a0"](num_classes=0, deploy=deploy)
    load_backbone_weights(body, tmp_path / "RepVGG-A0-train.pth", expand=True)
    with torch.no_grad():
        expected = source.forward_features(picture()).mean((2, 3))
        assert (body.eval()(picture()) - expected).abs().max() <= 2e-5 * max(1.0, float(expected.abs().max()))


@pytest.fixture(scope="module")
def pose_a0() -> SixDRepNet:
    return seed_weights(build_sixdrepnet("repvgg_a0"), 5).eval()


def sixdrepnet_names(model: SixDRepNet, prefix: str = "") -> dict[str, torch.Tensor]:
    def rename(name: str) -> str:
        return prefix + name.replace("backbone.stage", "layer").replace("head.", "linear_reg.")

    return {rename(name): tensor for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("prefix", ["", "module."], ids=["plain", "DataParallel"])
@pytest.mark.parametrize(("folded", "name"), [(False, "snap.tar"), (True, "deploy.pth")], ids=["train", "deploy"])
def test_6drepnet_snapshots(folded, name, prefix, pose_a0, tmp_path):
    source = reparameterize(pose_a0) if folded else pose_a0
    tensors = sixdrepnet_names(source, prefix)
    assert f"{prefix}layer0.rbr_{'reparam.weight' if folded else 'dense.conv.weight'}" in tensors
    wrapped = {"epoch": 3, "model_state_dict": tensors, "optimizer_state_dict": {"state": {}, "param_groups": []}}
    torch.save(tensors if folded else wrapped, tmp_path / name)
    loaded = open_checkpoint(tmp_path / name)
    assert (loaded.backbone, loaded.form) == ("repvgg_a0", "deploy" if folded else "train")
    assert not loaded.model.training
    assert (loaded.info.source, loaded.info.trained) == (name, True)
    assert loaded.info.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    with torch.no_grad():
        assert torch.equal(loaded.model(picture()), source(picture()))


def test_a_pose_network_with_official_fusion_comes_folded(tmp_path):
    source = seed_weights(build_sixdrepnet("repnext_m0")).eval()
    expected = source(picture()).detach()
    torch.save(official_fuse(source).state_dict(), tmp_path / "s.pth")
    loaded = open_checkpoint(tmp_path / "s.pth")
    assert loaded.form == "deploy"
    assert not any(isinstance(m, nn.BatchNorm2d) for m in loaded.model.modules())
    with torch.no_grad():
        assert geodesic_deg(loaded.model(picture()).numpy(), expected.numpy()).max() < 0.005


# --- ours ---


@pytest.mark.parametrize(
    ("backbone", "deploy"),
    [
        pytest.param("repnext_m0", False, id="repnext, train"),
        pytest.param("repnext_m0", True, id="repnext, deploy"),
        pytest.param("repvgg_a0", False, id="repvgg, train"),
        pytest.param("repvgg_a0", True, id="repvgg, deploy"),
        pytest.param("timm:mobilenetv4_conv_small", False, id="timm"),
    ],
)
def test_what_is_saved_is_what_is_loaded(backbone, deploy, tmp_path):
    model = seed_weights(build_sixdrepnet(backbone, deploy=deploy), 2).eval()
    path = save_checkpoint(model, tmp_path / "s.safetensors", backbone=backbone, training_data="300W-LP", licence="MIT")
    loaded = open_checkpoint(path)
    assert (loaded.backbone, loaded.form) == (backbone, "deploy" if deploy else "train")
    assert (loaded.info.training_data, loaded.info.licence, loaded.info.trained) == ("300W-LP", "MIT", True)
    got, want = loaded.model.state_dict(), model.state_dict()
    assert got.keys() == want.keys()
    assert all(torch.equal(got[name], want[name]) for name in want)


def test_the_record_is_in_the_header(tmp_path):
    from safetensors import safe_open

    model = seed_weights(build_sixdrepnet("repnext_m0"))
    path = tmp_path / "s.safetensors"
    save_checkpoint(model, path, backbone="repnext_m0", trained=False, extra={"epoch": 4, "mae_deg": 3.5})
    with safe_open(path, framework="pt") as file:
        record = json.loads(file.metadata()["headpose"])
    assert record == {
        "backbone": "repnext_m0",
        "trained": False,
        "training_data": "unknown",
        "licence": "unknown",
        "epoch": 4,
        "mae_deg": 3.5,
    }
    assert open_checkpoint(path).info.trained is False


def test_nothing_is_overwritten_unasked(tmp_path):
    model = seed_weights(build_sixdrepnet("repnext_m0"))
    path = tmp_path / "s.safetensors"
    path.write_text("precious")
    with pytest.raises(HeadPoseError, match="exists already"):
        save_checkpoint(model, path, backbone="repnext_m0")
    assert path.read_text() == "precious"
    save_checkpoint(model, path, backbone="repnext_m0", overwrite=True)
    assert load_snapshot(path).training is False
    assert os.listdir(tmp_path) == ["s.safetensors"]


def test_snapshots_are_safetensors(tmp_path):
    with pytest.raises(HeadPoseError, match=r"ends in \.safetensors"):
        save_checkpoint(build_sixdrepnet("repnext_m0"), tmp_path / "s.pth", backbone="repnext_m0")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")], ids=["^C", "full disk"])
def test_an_interrupted_save_leaves_nothing(error, tmp_path, monkeypatch):
    def fail(self, data):
        with self.open("wb") as stream:
            stream.write(data[:100])
        raise error

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises((KeyboardInterrupt, HeadPoseError)) as caught:
        save_checkpoint(build_sixdrepnet("repnext_m0"), tmp_path / "s.safetensors", backbone="repnext_m0")
    assert isinstance(caught.value, KeyboardInterrupt) or "No space left on device" in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HeadPoseError, match="cannot create the folder"):
        save_checkpoint(build_sixdrepnet("repnext_m0"), tmp_path / "file" / "s.safetensors", backbone="repnext_m0")


def test_untrained_is_the_seeded_network():
    loaded = open_checkpoint("untrained", "repnext_m0")
    assert (loaded.backbone, loaded.form, loaded.info.source) == ("repnext_m0", "train", "untrained")
    assert (loaded.info.trained, loaded.info.training_data) == (False, "none")
    assert loaded.info.sha256 == open_checkpoint("untrained", "repnext_m0").info.sha256
    assert loaded.info.sha256 != open_checkpoint("untrained", "repvgg_a0").info.sha256
    assert not loaded.model.training


def test_an_untrained_network_is_m4_where_nothing_is_said():
    assert open_checkpoint("untrained").backbone == "repnext_m4"


# --- what a set of names is ---


@pytest.mark.parametrize("deploy", [False, True], ids=["train", "deploy"])
@pytest.mark.parametrize("name", BACKBONES)
def test_every_network_is_recognised(name, deploy):
    with torch.device("meta"):
        tensors = create_backbone(name, deploy=deploy).state_dict()
    content = identify(dict(tensors))
    assert (content.name, content.form) == (name, "deploy" if deploy else "train")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        pytest.param(["layer4.0.conv1.weight", "fc.weight"], "a ResNet checkpoint", id="resnet"),
        pytest.param(["blocks.0.attn.qkv.weight"], "a vision transformer checkpoint", id="vit"),
        pytest.param(["a", "b", "c", "d"], "no network known here (first tensors: a, b, c)", id="other"),
    ],
)
def test_unknown_networks_are_described(names, text):
    content = identify({name: torch.zeros(1) for name in names})
    assert content.name is None
    assert content.text == text


# --- what cannot be read ---


class _Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_pickled_code_is_not_run(tmp_path):
    torch.save({"model": _Evil(tmp_path / "ran")}, tmp_path / "evil.pth")
    with pytest.raises(HeadPoseError, match=r"pickled Python objects \((posix|nt)\.system\), which could run code"):
        open_checkpoint(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()


def test_a_pickled_module_is_refused(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "module.pth")
    with pytest.raises(HeadPoseError, match=r"pickled Python objects .*state_dict\(\) alone"):
        open_checkpoint(tmp_path / "module.pth")


def _truncated(path: Path) -> None:
    torch.save({"model": {"a": torch.zeros(1000)}}, path)
    path.write_bytes(path.read_bytes()[:2000])


def _truncated_legacy(path: Path) -> None:
    torch.save({"model": {"a": torch.zeros(1000)}}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-500])


def _truncated_safetensors(path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:-500])


def _zip(path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def _nan(path: Path) -> None:
    torch.save({"layer.weight": torch.tensor([1.0, float("nan")])}, path)


BAD_FILES = [
    pytest.param("a.pth", _truncated, "damaged or not a checkpoint", id="truncated"),
    pytest.param("a.tar", _truncated_legacy, "damaged or not a checkpoint", id="truncated legacy"),
    pytest.param("a.safetensors", _truncated_safetensors, "damaged or not a checkpoint", id="truncated safetensors"),
    pytest.param("a.pth", lambda p: p.write_text("<!DOCTYPE html><html>404"), "is a web page", id="web page"),
    pytest.param("a.safetensors", lambda p: p.write_text("\n<html>"), "is a web page", id="web page as safetensors"),
    pytest.param(
        "a.pt", lambda p: p.write_text("version https://git-lfs.github.com/spec/v1\n"), "Git LFS", id="LFS pointer"
    ),
    pytest.param("a.pth", lambda p: p.write_bytes(b""), "is empty", id="empty"),
    pytest.param("a.pth", lambda p: p.write_bytes(bytes(range(256)) * 9), "damaged or not", id="random bytes"),
    pytest.param("a.pt", _zip, "damaged or not", id="another zip"),
    pytest.param("a.pth", lambda p: torch.save({"epoch": 3}, p), r"holds no weights \(its entries: epoch\)", id="none"),
    pytest.param("a.pth", lambda p: torch.save([1, 2], p), "holds a list, no weights", id="list"),
    pytest.param("a.pth", _nan, r"NaN or infinity in layer\.weight", id="NaN"),
    pytest.param("a.onnx", lambda p: p.write_bytes(b"x"), r"unknown checkpoint suffix '\.onnx'", id="suffix"),
    pytest.param("a.safetensor", lambda p: p.touch(), r"did you mean '\.safetensors'", id="nearest suffix"),
    pytest.param("a.pth", lambda p: None, "is not a file", id="missing"),
    pytest.param("a.pth", lambda p: p.mkdir(), "is not a file", id="folder"),
]


@pytest.mark.parametrize(("name", "write", "message"), BAD_FILES)
def test_bad_files(name, write, message, tmp_path):
    path = tmp_path / name
    write(path)
    for use in (open_checkpoint, load_snapshot, lambda p: load_backbone_weights(nn.Linear(1, 1), p)):
        with pytest.raises(HeadPoseError, match=message) as caught:
            use(path)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value) or "suffix" in str(caught.value)


def test_metadata_that_is_no_record(tmp_path):
    from safetensors.torch import save_file

    for text in ("{", "[1]"):
        save_file({"a": torch.zeros(1)}, tmp_path / "m.safetensors", metadata={"headpose": text})
        with pytest.raises(HeadPoseError, match="metadata of"):
            open_checkpoint(tmp_path / "m.safetensors")


def test_wrong_tensors_are_named_and_change_nothing(repnext, tmp_path):
    tensors = dict(repnext.state_dict())
    del tensors["stem.stem.0.norm.bias"]
    tensors["extra.weight"] = torch.zeros(1)
    tensors["stem.stem.0.conv.weight"] = torch.zeros(20, 1, 3, 3)
    torch.save(tensors, tmp_path / "w.pth")
    body = repnext_m0(num_classes=0)
    before = {name: tensor.clone() for name, tensor in body.state_dict().items()}
    with pytest.raises(HeadPoseError) as caught:
        load_backbone_weights(body, tmp_path / "w.pth")
    message = str(caught.value)
    assert "1 missing (stem.stem.0.norm.bias)" in message
    assert "1 unexpected (extra.weight)" in message
    assert "1 of another shape (stem.stem.0.conv.weight (20, 1, 3, 3) instead of (20, 3, 3, 3))" in message
    assert message.endswith("the file looks like a RepNeXt-M0 training checkpoint")
    assert all(torch.equal(tensor, before[name]) for name, tensor in body.state_dict().items())


def test_weights_of_another_network_say_what_they_look_like(tmp_path):
    with torch.device("meta"):
        shapes = BUILDERS["repvgg_b1g2"](num_classes=0).state_dict()
    torch.save({name: torch.zeros(()).expand(t.shape) for name, t in shapes.items()}, tmp_path / "w.pth")
    with pytest.raises(HeadPoseError, match=r"missing \(.*, …\).*looks like a RepVGG-B1g2 training checkpoint"):
        load_backbone_weights(repnext_m0(num_classes=0), tmp_path / "w.pth")


def test_backbone_weights_are_no_pose_network(repnext, tmp_path):
    _pth(repnext, tmp_path / "w.pth")
    with pytest.raises(HeadPoseError, match=r"no 6D head, it looks like a RepNeXt-M0 training checkpoint"):
        open_checkpoint(tmp_path / "w.pth")


def test_another_backbone_than_asked_for(pose_a0, tmp_path):
    torch.save(sixdrepnet_names(pose_a0), tmp_path / "s.tar")
    with pytest.raises(HeadPoseError, match="looks like a 6DRepNet snapshot with a RepVGG-A0 training checkpoint, not"):
        open_checkpoint(tmp_path / "s.tar", "repnext_m4")


def test_a_backbone_that_the_file_does_not_tell(tmp_path):
    torch.save({"x.weight": torch.zeros(1)}, tmp_path / "s.pth")
    with pytest.raises(HeadPoseError, match="say which backbone it is for with --backbone"):
        open_checkpoint(tmp_path / "s.pth")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("repnext_m44", "did you mean 'repnext_m4'"), ("timm:resnet8", "did you mean 'resnet")],
    ids=["ours", "timm"],
)
def test_unknown_backbones(name, hint):
    with pytest.raises(HeadPoseError, match=hint) as caught:
        open_checkpoint("untrained", name)
    assert len(str(caught.value)) < 500
