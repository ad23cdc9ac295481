"""The commands of the design, one after the other, on tiny data sets in the published formats."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from biwi_files import write_biwi
from face_files import write_300w_lp, write_aflw2000
from published import filled
from tiny_runs import only_run

import headpose
from runtime.images import read_image
from training import create_filename_list, evaluate
from training import train as train_module
from training.initial import initial_network
from training.models.backbones import create_backbone
from training.models.checkpoints import open_checkpoint
from training.models.reparam import reparameterize
from training.models.repvgg import BUILDERS

SMALL = ["--image_size", "64", "--batch_size", "8", "--workers", "0", "--device", "cpu", "--tensorboard", "false"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Folders 300W_LP and AFLW2000, with a fused backbone in the form of the official release beside them."""
    root = tmp_path_factory.mktemp("datasets")
    write_300w_lp(root / "300W_LP", photos=2, rotations=2, size=128)
    write_aflw2000(root / "AFLW2000", count=6, size=128)
    fused = reparameterize(filled(lambda: create_backbone("repnext_m0")))
    torch.jit.trace(fused, torch.zeros(1, 3, 64, 64)).save(str(root / "repnext_m0_fused.pt"))
    return root


@pytest.fixture(scope="module")
def listed(data):
    assert create_filename_list.main(["--root_dir", str(data / "300W_LP")]) == 0
    return data / "300W_LP" / "filenames.txt"


def design_command(data, listed, out, *more):
    """The training command as the design states it, on a smaller network and picture."""
    words = ["--num_epochs", "2", "--batch_size", "80", "--lr", "0.0001", "--dataset", "Pose_300W_LP"]
    words += ["--data_dir", str(data / "300W_LP"), "--filename_list", str(listed), "--output_string", "myexp"]
    return [*words, "--output_dir", str(out), *SMALL, "--val_fraction", "0.2", *more]


@pytest.fixture(scope="module")
def run(data, listed, tmp_path_factory):
    out = tmp_path_factory.mktemp("snapshots")
    weights = ["--backbone_type", "repnext_m0", "--backbone_weights", str(data / "repnext_m0_fused.pt")]
    assert train_module.main(design_command(data, listed, out, *weights)) == 0
    return only_run(out)


def test_the_run_is_named_as_6drepnet_names_it(run):
    assert re.fullmatch(r"SixDRepNet_\d{10}_bs8", run.name)
    assert (run / "myexp_epoch_1.tar").is_file()
    assert (run / "myexp_epoch_2.tar").is_file()


def test_photographs_stay_on_one_side(run, data):
    (start,) = json.loads((run / "run.json").read_text())["starts"]
    assert start["data"]["name"] == "300W-LP"
    assert "academic" in start["data"]["terms"]
    faces = start["data"]["train"] + start["data"]["held_out"]
    assert faces == len(list((data / "300W_LP").rglob("*.jpg")))
    # a photograph has 2 rotations and their mirror pictures
    assert start["data"]["held_out"] == 4 * start["data"]["held_out_groups"] > 0


def test_fused_weights_are_taken_over_and_not_dropped(run, data):
    (start,) = json.loads((run / "run.json").read_text())["starts"]
    assert "repnext_m0_fused.pt, whose folded kernels were split" in start["origin"]
    pictures = torch.randn(16, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    fused = torch.jit.load(str(data / "repnext_m0_fused.pt")).eval()
    network, _ = initial_network(
        "repnext_m0", weights=data / "repnext_m0_fused.pt", images=lambda: iter(pictures.split(8))
    )
    with torch.inference_mode():
        ours, theirs = network.eval().backbone(pictures), fused(pictures)
        assert torch.allclose(ours, theirs, atol=1e-4 * float(theirs.abs().max()))
        trained = network.train().backbone(pictures)  # the batch's own statistics: nearly those that were stored
        assert torch.nn.functional.cosine_similarity(trained.flatten(), theirs.flatten(), dim=0) > 0.95


def test_training_goes_on_from_a_snapshot(run, data, listed, tmp_path, capsys):
    more = ["--backbone_type", "repnext_m0", "--snapshot", str(run / "myexp_epoch_2.tar"), "--num_epochs", "3"]
    assert train_module.main(design_command(data, listed, tmp_path, *more)) == 0
    assert "continuing after 2 epochs" in capsys.readouterr().err
    assert json.loads((only_run(tmp_path) / "summary.json").read_text())["epochs"] == 3


def test_training_starts_from_a_repvgg_file(data, listed, tmp_path):
    file = tmp_path / "RepVGG-A0-train.pth"
    torch.save(filled(lambda: BUILDERS["repvgg_a0"](num_classes=10, deploy=False)).state_dict(), file)
    more = ["--backbone_type", "repvgg_a0", "--backbone_weights", str(file), "--num_epochs", "1"]
    assert train_module.main(design_command(data, listed, tmp_path / "out", *more)) == 0
    snapshot = torch.load(only_run(tmp_path / "out") / "myexp_epoch_1.tar", weights_only=True)
    assert "layer0.rbr_dense.conv.weight" in snapshot["model_state_dict"]


@pytest.fixture(scope="module")
def evaluated(run, data, tmp_path_factory):
    """Records of the checkpoint on AFLW2000, by the command, with pictures."""
    out = tmp_path_factory.mktemp("evaluated")
    words = ["--snapshot", str(run / "best.safetensors"), "--dataset", "AFLW2000", "--data_dir", str(data / "AFLW2000")]
    assert evaluate.main([*words, "--batch_size", "4", "--out", str(out), "--bootstrap", "50"]) == 0
    return out


def test_the_evaluation_is_on_the_published_faces_and_crop(evaluated):
    record = json.loads((evaluated / "evaluation.json").read_text())
    text = json.dumps(record)
    assert "6drepnet_test" in text
    assert "300W-LP" in text
    assert record["model"]["input_size"] == 64
    assert read_image(evaluated / "picture.png").std() > 20


def test_what_was_trained_is_exported_proven_and_evaluated(run, data, evaluated, tmp_path, capsys):
    exported = tmp_path / "exported"
    words = ["--checkpoint", str(run / "best.safetensors"), "--targets", "onnx", "--precision", "fp32"]
    assert headpose.main(["export", *words, "--out", str(exported)]) == 0
    (file,) = exported.glob("*.onnx")
    manifest = json.loads((exported / "manifest.json").read_text())
    assert "300W-LP" in json.dumps(manifest)
    assert headpose.main(["parity", str(file), "--checkpoint", str(run / "best.safetensors"), "--limit", "6"]) == 0
    words = ["--artifact", str(file), "--dataset", "AFLW2000", "--data_dir", str(data / "AFLW2000")]
    assert headpose.main(["evaluate", *words, "--out", str(tmp_path / "e"), "--bootstrap", "50"]) == 0
    theirs = np.genfromtxt(evaluated / "errors.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    ours = np.genfromtxt(tmp_path / "e" / "errors.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert ours.shape == theirs.shape
    assert np.allclose(ours["geodesic_deg"], theirs["geodesic_deg"], atol=0.02)  # fp32's gate
    capsys.readouterr()
    assert headpose.main(["compare", str(evaluated), str(tmp_path / "e"), "--no-latency", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_biwi_is_trained_and_tested_on_its_two_parts(tmp_path):
    from training.data.biwi_split import TEST_SEQUENCES, TRAIN_SEQUENCES

    sequences = (*TRAIN_SEQUENCES[:4], *TEST_SEQUENCES[:2])
    write_biwi(tmp_path / "BIWI", sequences=sequences, frames=4, boxes=True)
    words = ["--dataset", "BIWI", "--data_dir", str(tmp_path / "BIWI"), "--backbone_type", "timm:test_resnet"]
    more = ["--recipe", "repnext_m4_biwi_70_30", "--num_epochs", "1", "--output_dir", str(tmp_path / "out")]
    assert headpose.main(["train", *more, *words, *SMALL, "--batch_size", "4", "--precision", "fp32"]) == 0
    run = only_run(tmp_path / "out")
    (start,) = json.loads((run / "run.json").read_text())["starts"]
    assert start["data"]["train"] + start["data"]["held_out"] == 16
    words = ["--snapshot", str(run / "last.safetensors"), *words[:4], "--option", "split=test"]
    assert headpose.main(["evaluate", *words, "--out", str(tmp_path / "e"), "--bootstrap", "0"]) == 0
    rows = (tmp_path / "e" / "errors.csv").read_text().splitlines()[1:]
    assert len(rows) == 8
    assert {row.split("/")[0].strip('"') for row in rows} <= set(TEST_SEQUENCES)


def test_a_checkpoint_says_what_it_was_trained_on(run):
    loaded = open_checkpoint(Path(run) / "best.safetensors")
    assert loaded.info.training_data == "300W-LP"
    assert "academic" in loaded.info.licence
    assert loaded.image_size == 64
