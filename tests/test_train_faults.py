"""What goes wrong while training: one sentence, exit code 2, and no snapshot lost."""

import json
import re
import shutil
from dataclasses import replace

import pytest
import torch
from tiny_runs import TINY, flags, only_run, train, weights

import headpose
from runtime.errors import HeadPoseError
from training.data import registry
from training.data.drawn_heads import DrawnHeads
from training.snapshots import snapshots_in


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    assert train(out, keep=0) == 0
    return only_run(out)


@pytest.fixture
def copied_run(whole_run, tmp_path):
    """The finished run as if it had been stopped after two epochs."""
    run = tmp_path / whole_run.name
    shutil.copytree(whole_run, run)
    (run / "tiny_epoch_3.tar").unlink()
    return run


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"dataset": "Pose_300W_LP", "data_options": None, "data_dir": "nowhere"},
            "data folder nowhere does not exist",
        ),
        ({"dataset": "Pose300WLP"}, "did you mean 'Pose_300W_LP'"),
        ({"data_options": "number=3"}, "unknown option of DrawnHeads 'number'"),
        ({"data_options": "count=many"}, "count and seed of DrawnHeads are whole numbers"),
        ({"batch_size": 64}, "a step takes 64 faces"),
        ({"batch_size": 8, "accumulate": 5}, "a step takes 40 faces"),
        ({"framing": "sqare"}, "did you mean 'square'"),
        ({"augmentation": "srtong"}, "did you mean 'strong'"),
        ({"loss": "geodetic"}, "did you mean 'geodesic'"),
        ({"optimizer": "adamx"}, "did you mean 'adam"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"backbone_type": "repnext_m9"}, "did you mean 'repnext_m"),
        ({"backbone_weights": "gone.pth"}, "gone.pth is not a file"),
        ({"snapshot": "gone.tar"}, "gone.tar is not a file"),
        ({"device": "cuda:0"}, "CUDA"),
        ({"device": "tpu"}, "tpu"),
        ({"optimizer": "adam", "weight_decay": 0.1}, "adam"),
        ({"data_options": "count=1", "batch_size": 1}, "cannot be split"),
    ],
    ids=lambda value: ",".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_bad_settings_are_one_sentence_and_leave_nothing(tmp_path, capsys, changes, words):
    assert train(tmp_path / "runs", **changes) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("gpu", ["0", "-1"])
def test_6drepnets_flag_for_the_gpu_works_without_one(tmp_path, capsys, gpu):
    assert headpose.main(["train", *flags(output_dir=tmp_path, device=None), "--gpu", gpu, "--dry-run"]) == 0
    assert ("no CUDA GPU" in capsys.readouterr().err) == (gpu == "0")


@pytest.mark.parametrize(("value", "schedule"), [("true", "multistep"), ("False", "constant")])
def test_6drepnets_flag_for_the_schedule_works(tmp_path, capsys, value, schedule):
    argv = ["train", *flags(output_dir=tmp_path), "--scheduler", value, "--dry-run", "--json"]
    assert headpose.main(argv) == 0
    assert json.loads(capsys.readouterr().out)["config"]["schedule"] == schedule


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--resume", "gone"], "gone does not exist"),
        (["--resume", ".", "--recipe", "smoke"], "leave --recipe out"),
        (["--recipe", "smok"], "did you mean 'smoke'"),
        (["--gpu", "first"], "--gpu takes a number"),
    ],
    ids=["gone", "recipe too", "unknown recipe", "gpu"],
)
def test_bad_flags(argv, words, capsys):
    assert headpose.main(["train", *argv]) == 2
    assert words in capsys.readouterr().err


def test_a_finished_run_is_not_resumed(whole_run, capsys):
    before = weights(whole_run)
    assert headpose.main(["train", "--resume", str(whole_run)]) == 2
    assert "3 of 3 epochs: raise --num_epochs" in capsys.readouterr().err
    assert weights(whole_run) == before


def test_a_snapshot_of_another_network(whole_run, tmp_path, capsys):
    assert train(tmp_path, backbone_type="timm:test_byobnet", snapshot=whole_run / "tiny_epoch_1.tar") == 2
    assert "pass --backbone_type timm:test_resnet" in capsys.readouterr().err


def test_a_snapshot_with_another_optimizer(whole_run, tmp_path, capsys):
    assert train(tmp_path, freeze_stem="true", snapshot=whole_run / "tiny_epoch_1.tar") == 2
    assert "does not fit these settings" in capsys.readouterr().err


def test_a_damaged_newest_snapshot_falls_back_and_ends_the_same(whole_run, copied_run, capsys):
    newest = snapshots_in(copied_run)[0]
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 0xFF
    newest.write_bytes(data)
    assert headpose.main(["train", "--resume", str(copied_run)]) == 0
    error = capsys.readouterr().err
    assert re.search(r"tiny_epoch_2\.tar is damaged.*going back to tiny_epoch_1\.tar", error)
    assert weights(copied_run) == weights(whole_run)


def test_a_full_disk_loses_no_snapshot(whole_run, tmp_path, capsys, monkeypatch):
    original, calls = torch.save, []

    def fills_up(payload, part):
        calls.append(part)
        if len(calls) == 2:
            part.write_bytes(b"half of it")
            raise RuntimeError("PytorchStreamWriter failed writing file data/3: file write failed")
        original(payload, part)

    monkeypatch.setattr(torch, "save", fills_up)
    assert train(tmp_path, keep=0) == 2
    run = only_run(tmp_path)
    assert "cannot write" in capsys.readouterr().err
    assert [p.name for p in snapshots_in(run)] == ["tiny_epoch_1.tar"]
    assert not list(run.glob(".*part*"))
    assert headpose.main(["train", "--resume", str(run)]) == 0
    assert weights(run) == weights(whole_run)


class _Damaged(DrawnHeads):
    def picture(self, index):
        if index in (3, 11, 12):
            raise HeadPoseError(f"{index}.jpg is cut off: get the file again")
        return super().picture(index)


@pytest.fixture
def damaged_heads(monkeypatch):
    entry = registry.DATASETS["DrawnHeads"]
    opener = lambda folder, listed, progress, *, count: _Damaged(int(count))  # noqa: E731
    monkeypatch.setitem(registry.DATASETS, "DrawnHeads", replace(entry, opener=opener))


def test_unreadable_pictures_are_skipped_counted_and_listed(tmp_path, damaged_heads, capsys):
    assert train(tmp_path, val_fraction=0, num_epochs=3) == 0
    summary = json.loads((only_run(tmp_path) / "summary.json").read_text())
    assert sorted(summary["skipped"]) == [
        [f"0-{i:05d}", f"{i}.jpg is cut off: get the file again"] for i in (3, 11, 12)
    ]
    assert summary["images"] < 6 * summary["steps"]
    assert "3 pictures could not be read" in " ".join(capsys.readouterr().out.split())


def test_too_many_unreadable_pictures_end_the_run(tmp_path, damaged_heads, capsys):
    assert train(tmp_path, val_fraction=0, num_epochs=3, max_skipped=2) == 2
    error = capsys.readouterr().err
    assert "3 pictures of drawn heads could not be read" in error
    assert "raise --max_skipped" in error


def test_a_run_that_diverges_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("training.trainer.MAX_BAD_STEPS", 2)
    monkeypatch.setattr("training.stepper.clip_gradients", lambda parameters, limit: float("nan"))
    assert train(tmp_path) == 2
    assert "the gradient was no number in 2 steps" in capsys.readouterr().err


def test_the_finished_run_is_copied(tmp_path):
    assert train(tmp_path / "runs", num_epochs=1, copy_to=tmp_path / "drive") == 0
    run = only_run(tmp_path / "runs")
    assert weights(tmp_path / "drive" / run.name) == weights(run)
    assert {p.name for p in (tmp_path / "drive" / run.name).iterdir()} == {p.name for p in run.iterdir()}


def test_an_interrupted_copy_leaves_the_run_and_is_made_up_for(tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as patch:

        def torn(source, target, **options):
            target.mkdir()
            (target / "half").touch()
            raise OSError(5, "Input/output error")

        patch.setattr("training.run_folder.shutil.copytree", torn)
        assert train(tmp_path / "runs", num_epochs=1, copy_to=tmp_path / "drive") == 2
    run = only_run(tmp_path / "runs")
    assert f"the run is complete in {run}" in capsys.readouterr().err
    assert list((tmp_path / "drive").iterdir()) == []
    assert headpose.main(["train", "--resume", str(run), "--copy_to", str(tmp_path / "drive")]) == 0
    assert weights(tmp_path / "drive" / run.name) == weights(run)
    assert headpose.main(["train", "--resume", str(run), "--copy_to", str(tmp_path / "drive")]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_copy_that_cannot_be_is_known_before_the_run(tmp_path, capsys):
    (tmp_path / "drive").write_text("a file")
    assert train(tmp_path / "runs", copy_to=tmp_path / "drive") == 2
    assert "cannot create the folder" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_flags_in_both_spellings(capsys):
    argv = ["train", *flags(**dict.fromkeys(TINY)), "--dataset", "DrawnHeads", "--data-dir", "x", "--batch-size", "7"]
    assert headpose.main([*argv, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["batch_size"] == 7


def test_pictures_of_the_held_out_part_are_counted_too(tmp_path, damaged_heads):
    assert train(tmp_path, num_epochs=1, val_fraction=0.5, batch_size=4, augmentation="none") == 0
    run = only_run(tmp_path)
    (start,) = json.loads((run / "run.json").read_text())["starts"]
    summary = json.loads((run / "summary.json").read_text())
    assert start["data"]["held_out"] > 3
    assert sorted(key for key, _ in summary["skipped"]) == ["0-00003", "0-00011", "0-00012"]
    assert train(tmp_path / "strict", num_epochs=1, val_fraction=0.5, batch_size=4, max_skipped=2) == 2


def test_a_copy_onto_the_run_itself_is_refused_before_it(tmp_path, capsys):
    assert train(tmp_path / "runs", copy_to=tmp_path / "runs") == 2
    assert "where the run itself is written" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["a/b", "../x", ".hidden", "a/"])
def test_a_name_of_snapshots_that_is_a_path(tmp_path, capsys, name):
    assert train(tmp_path / "runs", output_string=name) == 2
    assert "it is no path" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_batch_that_a_batchnorm_cannot_use(tmp_path, capsys):
    assert train(tmp_path, batch_size=1) == 2
    assert "raise --batch_size or --image_size" in capsys.readouterr().err
    assert train(tmp_path, batch_size=1, freeze_bn="true", num_epochs=1) == 0


@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["run", "plan"])
def test_a_network_of_one_picture_size(tmp_path, capsys, more):
    argv = ["train", *flags(output_dir=tmp_path / "runs", backbone_type="timm:vit_tiny_patch16_224"), *more]
    assert headpose.main(argv) == 2
    assert "timm:vit_tiny_patch16_224 cannot take pictures of 32 pixels (Input height" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_full_disk_under_tensorboard(tmp_path, capsys, monkeypatch):
    from torch.utils.tensorboard import SummaryWriter

    def full(self, name, value, step):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SummaryWriter, "add_scalar", full)
    assert train(tmp_path, tensorboard="true") == 2
    assert re.search(r"error: cannot write .*tfevents: No space left on device", capsys.readouterr().err)
