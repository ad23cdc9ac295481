"""The training command: what a run leaves behind, and that an interrupted run ends as if it had not been."""

import json
import signal

import pytest
import torch
from tiny_runs import flags, only_run, signal_at, train, weights

import headpose
from runtime.images import read_image
from training.data.drawn_heads import DrawnHeads
from training.data.loader import View, evaluation_loader
from training.run_folder import read_metrics
from training.session import TorchSession
from training.snapshots import load_state, snapshots_in


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """An uninterrupted run, with snapshots of every epoch."""
    out = tmp_path_factory.mktemp("whole")
    assert train(out, keep=0, tensorboard="true") == 0
    return only_run(out)


def test_a_run_folder_holds_everything(whole_run):
    names = {p.name.partition(".tfevents")[0] for p in whole_run.iterdir()}
    assert names == {
        "config.yaml", "run.json", "metrics.jsonl", "summary.json", "curves.png", "samples.png", "events.out",
        "best.safetensors", "last.safetensors", "tiny_epoch_1.tar", "tiny_epoch_2.tar", "tiny_epoch_3.tar",
    }  # fmt: skip


def test_the_record_of_a_run(whole_run):
    (start,) = json.loads((whole_run / "run.json").read_text())["starts"]
    assert start["data"]["name"] == "drawn heads"
    assert start["data"]["train"] + start["data"]["held_out"] == 28
    assert start["data"]["held_out"] > 0
    assert [step["step"] for step in start["data"]["augmentation"]] == ["Flip", "ColorJitter", "Noise"]
    assert start["packages"]["torch"] == torch.__version__.partition("+")[0]
    assert start["seed"] == 0
    summary = json.loads((whole_run / "summary.json").read_text())
    assert summary["status"] == "finished"
    assert summary["epochs"] == 3
    assert summary["images"] == summary["steps"] * 6
    assert summary["parameters"] == 373270


def test_the_config_repeats_the_run(whole_run, tmp_path):
    assert headpose.main(["train", "--recipe", str(whole_run / "config.yaml"), "--output_dir", str(tmp_path)]) == 0
    assert weights(only_run(tmp_path)) == weights(whole_run)


def test_figures_are_logged_for_every_step_and_epoch(whole_run):
    lines = read_metrics(whole_run / "metrics.jsonl")
    steps = [line for line in lines if line["group"] == "train"]
    assert [line["step"] for line in steps] == list(range(1, len(steps) + 1))
    assert all({"loss", "lr", "grad_norm", "images_per_s", "epoch"} <= line.keys() for line in steps)
    assert [line["epoch"] for line in lines if line["group"] == "val"] == [1, 2, 3]


def test_tensorboard_reads_the_events(whole_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(whole_run)).Reload()
    lines = [line for line in read_metrics(whole_run / "metrics.jsonl") if line["group"] == "train"]
    assert [e.step for e in events.Scalars("train/loss")] == [line["step"] for line in lines]
    assert [e.value for e in events.Scalars("train/loss")] == pytest.approx([line["loss"] for line in lines])
    assert "val/geodesic_mean_deg" in events.Tags()["scalars"]


@pytest.mark.parametrize("name", ["curves.png", "samples.png"])
def test_the_pictures_show_something(whole_run, name):
    picture = read_image(whole_run / name)
    assert min(picture.shape[:2]) > 60
    assert picture.std() > 10


def test_best_and_last_are_checkpoints_like_any(whole_run):
    from training.models.checkpoints import open_checkpoint

    summary = json.loads((whole_run / "summary.json").read_text())
    for name in ("best", "last"):
        loaded = open_checkpoint(whole_run / f"{name}.safetensors")
        assert loaded.info.trained
        assert loaded.info.training_data == "drawn heads"
        assert loaded.backbone == "timm:test_resnet"
    history = [
        line["geodesic_mean_deg"] for line in read_metrics(whole_run / "metrics.jsonl") if line["group"] == "val"
    ]
    assert summary["best_held_out_geodesic_deg"] == min(history)
    assert summary["best_epoch"] == history.index(min(history)) + 1


@pytest.mark.parametrize(
    ("step", "number", "code"),
    [(2, signal.SIGTERM, 143), (4, signal.SIGTERM, 143), (6, signal.SIGINT, 130)],
    ids=["in the first epoch", "at its end", "in the second, Ctrl-C"],
)
def test_an_interrupted_run_ends_with_the_same_bits(whole_run, tmp_path, monkeypatch, capsys, step, number, code):
    with monkeypatch.context() as patch:
        signal_at(patch, step, number)
        assert train(tmp_path, keep=0) == code
    run = only_run(tmp_path)
    assert json.loads((run / "summary.json").read_text())["status"] == signal.Signals(number).name
    assert f"headpose train --resume {run}" in " ".join(capsys.readouterr().out.split())
    assert headpose.main(["train", "--resume", str(run)]) == 0
    assert weights(run) == weights(whole_run)
    assert weights(run, "best") == weights(whole_run, "best")
    ours, theirs = (load_state(snapshots_in(folder)[0]) for folder in (run, whole_run))
    assert str(ours.optimizer) == str(theirs.optimizer)
    assert torch.equal(ours.rng, theirs.rng)
    for a, b in zip(read_metrics(run / "metrics.jsonl"), read_metrics(whole_run / "metrics.jsonl"), strict=True):
        assert {k: v for k, v in a.items() if k != "images_per_s"} == {
            k: v for k, v in b.items() if k != "images_per_s"
        }


def test_a_new_run_goes_on_from_a_snapshot_exactly(whole_run, tmp_path):
    assert train(tmp_path, snapshot=whole_run / "tiny_epoch_1.tar") == 0
    assert weights(only_run(tmp_path)) == weights(whole_run)


def test_snapshots_within_an_epoch(whole_run, tmp_path):
    assert train(tmp_path, save_every_steps=2, keep=0, num_epochs=1, schedule="constant") == 0
    names = [p.name for p in snapshots_in(only_run(tmp_path))]
    assert names == ["tiny_epoch_1.tar", "tiny_epoch_0_step_2.tar"]


def test_a_time_limit_saves_and_stops(tmp_path, capsys):
    assert train(tmp_path, max_minutes=1e-6) == 0
    run = only_run(tmp_path)
    assert json.loads((run / "summary.json").read_text())["status"] == "time"
    assert load_state(snapshots_in(run)[0]).position.step == 1
    assert "stopped (time)" in capsys.readouterr().out


def test_only_the_newest_snapshots_are_kept(tmp_path):
    assert train(tmp_path, keep=1) == 0
    assert [p.name for p in snapshots_in(only_run(tmp_path))] == ["tiny_epoch_3.tar"]


def test_accumulation_takes_the_same_step_as_a_larger_batch(tmp_path):
    same = {"optimizer": "sgd", "freeze_bn": "true", "num_epochs": 1, "ema": 0, "lr": 0.01}
    assert train(tmp_path / "large", batch_size=8, **same) == 0
    assert train(tmp_path / "small", batch_size=4, accumulate=2, **same) == 0
    large, small = (load_state(snapshots_in(only_run(tmp_path / n))[0]).model for n in ("large", "small"))
    assert all(torch.allclose(large[name].double(), small[name].double(), atol=1e-6) for name in large)


def test_settings_change_the_weights(whole_run, tmp_path):
    assert train(tmp_path, seed=1) == 0
    assert weights(only_run(tmp_path)) != weights(whole_run)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam", "schedule": "multistep", "loss": "arccos", "ema": 0, "clip_norm": 0, "weight_decay": 0},
        {"loss": "chordal", "freeze_bn": "true", "head_lr_factor": 10, "channels_last": "false"},
        {"precision": "bf16", "augmentation": "strong", "val_fraction": 0},
        {"augmentation": "6drepnet", "framing": "6drepnet_train", "freeze_stem": "true", "backbone_type": "repnext_m0"},
    ],
    ids=["6DRepNet's", "frozen norms", "bf16, nothing held out", "RepNeXt, frozen stem"],
)
def test_other_settings_train_too(tmp_path, changes):
    assert train(tmp_path, **{"num_epochs": 1, **changes}) == 0
    losses = [line["loss"] for line in read_metrics(only_run(tmp_path) / "metrics.jsonl") if line["group"] == "train"]
    assert all(0 < loss < 10 for loss in losses)


def test_a_small_network_learns_its_pictures_by_heart(tmp_path):
    settings = {"data_options": "count=32", "augmentation": "none", "framing": "whole", "val_fraction": 0}
    settings |= {"image_size": 64, "batch_size": 16, "num_epochs": 90, "ema": 0.9, "keep": 1, "log_every": 500}
    assert train(tmp_path, **settings) == 0
    heads, view = DrawnHeads(32), View("whole", "none", 64, random=False)
    batch = next(iter(evaluation_loader(heads, view, range(32), 32, 0)))
    session = TorchSession(only_run(tmp_path) / "last.safetensors", size=64)
    errors = headpose.geodesic_deg(session.run(batch.images.numpy()), heads.rotations)
    assert errors.mean() < 3.0


def test_a_dry_run_plans_and_writes_nothing(tmp_path, capsys):
    assert headpose.main(["train", *flags(output_dir=tmp_path / "runs"), "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert not (tmp_path / "runs").exists()
    assert plan["parameters"] == 373270
    assert plan["train"] + plan["held_out"] == 28
    assert plan["steps"] == 3 * plan["steps_per_epoch"] == 3 * (plan["train"] // 6)
    assert plan["memory_bytes"]["optimizer"] == 2 * plan["memory_bytes"]["weights"] == 8 * plan["parameters"]
    assert plan["memory_total_bytes"] == sum(plan["memory_bytes"].values())


def test_the_plan_names_the_steps_of_the_augmentation(capsys):
    assert headpose.main(["train", *flags(augmentation="paper"), "--dry-run"]) == 0
    assert "Flip, ColorJitter, Noise" in capsys.readouterr().out
    assert headpose.main(["train", *flags(augmentation="none"), "--dry-run"]) == 0
    assert "augmentation    │ none" in capsys.readouterr().out


def test_the_memory_of_activations_is_what_autograd_keeps():
    from training.plan import kept_for_backward

    with torch.device("meta"):
        layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.GELU(), torch.nn.Conv2d(4, 2, 1))
    # the convolutions keep their inputs, GELU its own: 3 + 4 + 4 channels of 8 × 8 floats
    assert kept_for_backward(layers, 8) == 4 * 64 * (3 + 4 + 4)
