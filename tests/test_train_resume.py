"""Going on with a run where something is not as it was: its settings, its files, the moment of the stop."""

import json
import shutil

import pytest
import torch
from safetensors import safe_open
from tiny_runs import only_run, signal_at, train, weights

import headpose
from runtime.atomic import write_text
from training.run_folder import RunFolder, read_metrics
from training.snapshots import Position, load_state, snapshots_in


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    assert train(out, keep=0) == 0
    return only_run(out)


@pytest.fixture
def copied_run(whole_run, tmp_path):
    shutil.copytree(whole_run, tmp_path / whole_run.name)
    return tmp_path / whole_run.name


def resume(run, *more):
    return headpose.main(["train", "--resume", str(run), *more])


def summary(run):
    return json.loads((run / "summary.json").read_text())


def record(run, name="best"):
    with safe_open(run / f"{name}.safetensors", "numpy") as file:
        return json.loads(file.metadata()["headpose"])


def groups_and_steps(run):
    return [(line["group"], line["step"]) for line in read_metrics(run / "metrics.jsonl")]


def test_a_run_of_one_step_an_epoch_can_be_stopped(tmp_path):
    assert train(tmp_path, batch_size=20, max_minutes=1e-6) == 0
    assert summary(only_run(tmp_path))["status"] == "time"
    assert summary(only_run(tmp_path))["steps"] == 1


@pytest.fixture
def stopped_while_validating(tmp_path, monkeypatch):
    """A run that was sent SIGTERM when the validation of the second epoch began."""
    import os
    import signal

    from training import trainer

    original, calls = trainer.validate, []

    def validate(*words, **options):
        calls.append(None)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(*words, **options)

    monkeypatch.setattr(trainer, "validate", validate)
    assert train(tmp_path, keep=0) == 143
    return only_run(tmp_path)


def test_a_stop_breaks_off_the_validation_which_is_made_up_for(stopped_while_validating, whole_run):
    run = stopped_while_validating
    newest = load_state(snapshots_in(run)[0]).position
    assert newest == Position(1, 3)
    assert groups_and_steps(run)[-1] == ("train", 6)
    assert resume(run) == 0
    assert weights(run) == weights(whole_run)
    assert weights(run, "best") == weights(whole_run, "best")
    assert groups_and_steps(run) == groups_and_steps(whole_run)


def test_a_validation_that_was_logged_but_not_saved_is_logged_once(stopped_while_validating, whole_run):
    run = stopped_while_validating
    line = json.dumps({"step": 6, "group": "val", "epoch": 2, "geodesic_mean_deg": 1.0})
    metrics = run / "metrics.jsonl"
    write_text(metrics, metrics.read_text() + line + "\n")
    assert resume(run) == 0
    assert groups_and_steps(run) == groups_and_steps(whole_run)


def test_another_batch_size_keeps_the_part_of_the_epoch_that_is_done(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        signal_at(patch, 5)
        assert train(tmp_path, batch_size=5) == 143
    run = only_run(tmp_path)
    assert load_state(snapshots_in(run)[0]).position == Position(1, 2)  # of 4 steps
    assert resume(run, "--batch_size", "10") == 0
    assert "an epoch had 4 steps and has 2 now" in capsys.readouterr().err
    lines = [line for line in read_metrics(run / "metrics.jsonl") if line["group"] == "train"]
    assert [line["epoch"] for line in lines] == [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3]


def test_a_larger_batch_keeps_the_lines_of_before(copied_run):
    (copied_run / "tiny_epoch_3.tar").unlink()
    assert resume(copied_run, "--batch_size", "12") == 0
    steps = [step for group, step in groups_and_steps(copied_run) if group == "train"]
    assert steps == [1, 2, 3, 4, 5, 6, 3]


def test_going_back_sets_later_snapshots_aside(copied_run, whole_run, capsys):
    assert resume(copied_run / "tiny_epoch_1.tar", "--lr", "0.0001", "--keep", "1") == 0
    assert "tiny_epoch_3.tar.old" in capsys.readouterr().err
    assert [p.name for p in snapshots_in(copied_run)] == ["tiny_epoch_3.tar"]
    old, new = ((copied_run / name).read_bytes() for name in ("tiny_epoch_3.tar.old", "tiny_epoch_3.tar"))
    assert old == (whole_run / "tiny_epoch_3.tar").read_bytes() != new


@pytest.mark.parametrize("name", ["tiny_epoch_1.tar", "tiny_epoch_2.tar"])
def test_the_best_weights_are_those_of_the_best_epoch(copied_run, name):
    assert resume(copied_run / name, "--lr", "1e-9") == 0
    assert record(copied_run)["epoch"] == summary(copied_run)["best_epoch"]
    assert record(copied_run)["held_out_geodesic_deg"] == summary(copied_run)["best_held_out_geodesic_deg"]


@pytest.mark.parametrize("name", ["tiny_epoch_1.tar", "tiny_epoch_2.tar"])
def test_a_new_folder_gets_best_weights_too(whole_run, tmp_path, name):
    assert train(tmp_path, snapshot=whole_run / name, lr=1e-9) == 0
    run = only_run(tmp_path)
    assert record(run)["epoch"] == summary(run)["best_epoch"]


def test_where_the_first_weights_came_from_is_still_known(whole_run, copied_run):
    (copied_run / "tiny_epoch_3.tar").unlink()
    assert resume(copied_run) == 0
    assert summary(copied_run)["origin"] == summary(whole_run)["origin"] == "timm:test_resnet with fresh weights"
    assert record(copied_run, "last")["started_from"] == record(whole_run, "last")["started_from"]


def test_what_a_killed_process_had_half_written_is_removed(copied_run):
    (copied_run / "tiny_epoch_3.tar").unlink()
    (copied_run / ".tiny_epoch_3.0123abcd.part.tar").write_bytes(b"half")
    assert resume(copied_run) == 0
    assert not list(copied_run.glob(".*"))


def test_figures_that_are_no_numbers_are_valid_json(tmp_path):
    from training.run_folder import MetricsLog

    log = MetricsLog(RunFolder(tmp_path), tensorboard=False, done=Position(), steps_per_epoch=4)
    log.write(1, {"epoch": 0.25, "loss": float("nan"), "grad_norm": float("inf")}, group="train")
    assert json.loads((tmp_path / "metrics.jsonl").read_text(), parse_constant=pytest.fail)["loss"] is None


def test_dropout_goes_on_where_it_was(whole_run, tmp_path, monkeypatch):
    from training.models.sixdrepnet import SixDRepNet

    plain = SixDRepNet.forward_features

    def dropping(self, x):
        return torch.nn.functional.dropout(plain(self, x), 0.5, self.training)

    monkeypatch.setattr(SixDRepNet, "forward_features", dropping)
    assert train(tmp_path / "whole", workers=1) == 0
    with monkeypatch.context() as patch:
        signal_at(patch, 4)
        assert train(tmp_path / "parts") == 143
    run = only_run(tmp_path / "parts")
    assert resume(run, "--workers", "1") == 0
    assert weights(run) == weights(only_run(tmp_path / "whole")) != weights(whole_run)


@pytest.mark.parametrize("flag", [("--seed", "1"), ("--val_fraction", "0.4")], ids=lambda flag: flag[0])
def test_another_held_out_part_is_said_and_not_compared(copied_run, capsys, flag):
    (copied_run / "tiny_epoch_3.tar").unlink()
    assert resume(copied_run, *flag, "--lr", "1") == 0  # such a rate makes the error larger
    assert f"another {flag[0][2:]} faces are held out that were trained on" in capsys.readouterr().err
    assert summary(copied_run)["best_epoch"] == record(copied_run)["epoch"] == 3
