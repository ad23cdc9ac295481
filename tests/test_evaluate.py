"""Evaluation: known errors come out as known figures, whatever the batch; files are read back; bad input is named."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError
from pose_source import KnowingSession, NumberedHeads

from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError
from training import evaluation_record
from training.commands import evaluate as command
from training.data.source import Subset
from training.evaluate import evaluate, label_angles_deg, seen_in_training
from training.evaluate import main as evaluate_main
from training.evaluation_files import ERRORS_NAME, RECORD_NAME, read_evaluation, write_evaluation
from training.evaluation_record import EvaluationRecord
from training.faces import FramedFaces
from training.robustness import Variant

SCHEMA = Draft202012Validator(json.loads(evaluation_record.SCHEMA_FILE.read_text(encoding="utf-8")))


def evaluated(source, session=None, **options):
    return evaluate(session or KnowingSession(source, 7.0), source, framing="square", **{"resamples": 50, **options})


def test_a_session_that_errs_by_a_known_turn_gives_exactly_those_figures():
    """A turn about the image's axis is an error of roll alone: Rz(a) Rz(roll) Ry Rx."""
    s = evaluated(NumberedHeads(20)).record.scores
    for figure in (s.geodesic_mean_deg, s.geodesic_median_deg, s.geodesic_p95_deg, s.geodesic_mean_deg):
        assert (figure.value, figure.low, figure.high) == pytest.approx((7, 7, 7), abs=1e-4)
    euler = {name: figure.value for name, figure in s.euler_mae_deg.items()}
    assert euler == pytest.approx({"pitch": 0, "yaw": 0, "roll": 7, "mean": 7 / 3}, abs=1e-4)
    assert s.maev_deg.value < 7


def test_every_row_belongs_to_its_face():
    source = NumberedHeads(20)
    errors = np.linspace(1, 39, 20)
    rows = evaluated(source, KnowingSession(source, errors), batch_size=7).per_image
    assert rows.keys == tuple(source.keys)
    np.testing.assert_allclose(rows.errors.geodesic_deg, errors, atol=1e-4)
    np.testing.assert_allclose(rows.true_deg, source.true_deg, atol=1e-9)
    np.testing.assert_allclose(rows.face_px, np.linspace(16, 40, 20))


def test_the_legacy_figure_forgives_what_the_honest_one_counts():
    source = NumberedHeads(5, angles=np.zeros((5, 3)))
    s = evaluated(source, KnowingSession(source, 170.0)).record.scores
    assert s.euler_mae_deg["roll"].value == pytest.approx(170, abs=1e-3)
    assert s.legacy_mae_deg["roll"].value == pytest.approx(10, abs=1e-3)


@pytest.mark.parametrize("batch", [1, 3, 32])
def test_the_batch_size_changes_no_figure(batch):
    source = NumberedHeads(40, groups=[f"p{i // 2}" for i in range(40)], broken={5})
    errors = np.random.default_rng(0).gamma(2, 2, 40)
    session, expected = KnowingSession(source, errors), evaluated(source, KnowingSession(source, errors)).record
    found = evaluated(source, session, batch_size=batch).record
    assert found.scores == expected.scores
    assert max(session.batches) <= batch
    assert sum(session.batches) == 39


def test_progress_is_told_seldom_enough_for_a_log():
    told = []
    evaluated(NumberedHeads(400), batch_size=1, progress=lambda text, done, total: told.append((text, done, total)))
    assert 40 < len(told) <= 52
    assert all(total == 400 for _, _, total in told)


def test_groups_widen_the_interval_and_the_record_says_so():
    errors = np.repeat(np.random.default_rng(1).gamma(2, 2, 10), 4)
    source, alone = NumberedHeads(40, groups=[f"p{i // 4}" for i in range(40)]), NumberedHeads(40)
    grouped = evaluated(source, KnowingSession(source, errors), resamples=400).record
    single = evaluated(alone, KnowingSession(alone, errors), resamples=400).record
    wide, narrow = (r.scores.geodesic_mean_deg for r in (grouped, single))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    assert (grouped.interval.groups, grouped.interval.clustered) == (10, True)
    assert "whole groups" in grouped.interval.method


def test_unreadable_pictures_are_left_out_counted_and_named():
    source = NumberedHeads(9, broken={0, 4})
    result = evaluated(source, max_skipped=2)
    assert result.record.data.n == 7
    assert set(result.record.data.skipped) == {"head/000", "head/004"}
    assert "damaged" in result.record.data.skipped["head/004"]
    assert result.indices.tolist() == [1, 2, 3, 5, 6, 7, 8]


def test_what_the_record_says_of_model_and_data():
    source = NumberedHeads(3)
    session = KnowingSession(source, trained=False, training_data="numbered heads, fold 1")
    record = evaluated(source, session, options={"landmarks": "visible"}).record
    assert (record.model.trained, record.data.seen_in_training) == (False, True)
    assert (record.data.name, record.data.terms, record.protocol.framing) == ("numbered heads", "none", "square")
    assert record.data.options == {"landmarks": "visible"}
    assert "matrix" in record.data.label_form
    assert (record.protocol.channel_order, record.model.path) == ("RGB", None)
    assert "numpy" in record.tools


@pytest.mark.parametrize(
    ("training_data", "name", "seen"),
    [
        pytest.param("300W-LP", "300W-LP", True, id="same"),
        pytest.param("300W_LP (98 %), BIWI", "300W-LP", True, id="spelt differently"),
        pytest.param("AFLW2000", "AFLW2000-3D", True, id="short name"),
        pytest.param("300W-LP", "AFLW2000-3D", False, id="another"),
        pytest.param("none", "BIWI", False, id="untrained"),
        pytest.param("unknown", "BIWI", False, id="unknown"),
        pytest.param("", "BIWI", False, id="nothing said"),
    ],
)
def test_a_data_set_that_was_trained_on_is_recognised(training_data, name, seen):
    assert seen_in_training(training_data, name) is seen


def test_published_angles_of_a_source_are_used_also_through_a_subset():
    source = NumberedHeads(4, angles=np.array([[0, 95, 0], [0, 10, 0], [0, 20, 0], [0, 30, 0]]))
    assert label_angles_deg(source) is None
    source.angles_deg = source.true_deg
    part = Subset(source, np.array([0, 2]))
    np.testing.assert_array_equal(label_angles_deg(part), source.true_deg[[0, 2]])
    record = evaluated(source, KnowingSession(source)).record
    assert "publishes" in record.data.label_form
    assert record.scores.euler_mae_deg["yaw"].value == pytest.approx(10 / 4, abs=1e-3)  # 95 decodes to 85
    assert record.scores.geodesic_mean_deg.value == pytest.approx(0, abs=1e-3)


class DarknessErrs:
    """Errs by one degree per level of brightness that is missing to 112: only the light matters."""

    def __init__(self, source):
        self.info, self.truth = KnowingSession(source).info, source.rotations[0]

    def run(self, images):
        from runtime.rotation import euler_to_rotation

        missing = 112 - images.astype(float).mean(axis=(1, 2, 3))
        return euler_to_rotation(0, 0, missing) @ self.truth


def test_robustness_shows_what_disturbs_and_reads_every_picture_once(monkeypatch):
    source = NumberedHeads(6, angles=np.zeros((6, 3)))
    reads = []
    picture = np.full((144, 144, 3), 112, dtype=np.uint8)
    monkeypatch.setattr(source, "picture", lambda i: reads.append(i) or picture)
    tested = [Variant("low light", 1), Variant("low light", 2), Variant("blur", 4), Variant("crop shift", 5)]
    result = evaluated(source, DarknessErrs(source), disturbances=tested)
    means = {f"{p.condition} {p.level:g}": p.geodesic_mean_deg.value for p in result.record.robustness}
    # light halved once: 112 · 0.5^(1/2.2) = 81.7, twice: 59.6
    assert means == pytest.approx({"low light 1": 30, "low light 2": 52, "blur 4": 0, "crop shift 5": 0}, abs=1e-4)
    assert reads == list(range(6))
    assert set(result.per_image.disturbed) == {v.name for v in tested}


class Answers:
    def __init__(self, source, answer):
        self.info, self.answer = KnowingSession(source).info, answer

    def run(self, images):
        return self.answer(len(images))


def one_nan(count):
    out = np.tile(np.eye(3), (count, 1, 1))
    out[-1, 0, 0] = np.nan
    return out


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(one_nan, "NaN or infinity for head/002", id="nan"),
        pytest.param(lambda n: np.zeros((n, 6)), r"the shape \(3, 6\)", id="raw six numbers"),
        pytest.param(lambda n: np.zeros((1, 3, 3)), "answers 3 images", id="one answer for all"),
    ],
)
def test_output_that_is_no_rotation_is_refused(answer, words):
    source = NumberedHeads(3)
    with pytest.raises(HeadPoseError, match=words):
        evaluated(source, Answers(source, answer))


@pytest.mark.parametrize(
    ("count", "broken", "options", "words"),
    [
        pytest.param(0, (), {}, "holds no face", id="empty set"),
        pytest.param(6, range(5), {"max_skipped": 3}, "4 faces .* cannot be read, more than the 3", id="too many"),
        pytest.param(3, range(3), {"max_skipped": 9}, "no face of numbered heads can be read", id="all"),
        pytest.param(3, (), {"framing": "sqare"}, "did you mean 'square'", id="framing"),
        pytest.param(3, (), {"batch_size": 0}, "batch of 1 or more", id="no batch"),
        pytest.param(3, (), {"resamples": -1}, "no negative number", id="negative resamples"),
    ],
)
def test_what_cannot_be_evaluated_is_said(count, broken, options, words):
    source = NumberedHeads(count, broken=broken)
    session = KnowingSession(NumberedHeads(1))
    with pytest.raises(HeadPoseError, match=words):
        evaluate(session, source, **{"framing": "square", "resamples": 5, **options})


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    source = NumberedHeads(12, groups=[f"photo, {i // 2}" for i in range(12)], broken={3})
    tested = [Variant("blur", 2), Variant("crop shift", 10)]
    session = KnowingSession(source, np.linspace(0.5, 9, 12))
    result = evaluated(source, session, disturbances=tested)
    write_evaluation(folder, result.record, result.per_image)
    return folder, result


def test_an_evaluation_is_read_back_as_it_was(stored):
    folder, result = stored
    record, rows = read_evaluation(folder)
    assert record == result.record
    assert (rows.keys, rows.groups) == (result.per_image.keys, result.per_image.groups)
    for name in ("geodesic_deg", "maev_deg", "euler_deg", "legacy_deg"):
        np.testing.assert_array_equal(getattr(rows.errors, name), getattr(result.per_image.errors, name))
    np.testing.assert_array_equal(rows.true_deg, result.per_image.true_deg)
    np.testing.assert_array_equal(rows.predicted_deg, result.per_image.predicted_deg)
    assert rows.disturbed.keys() == result.per_image.disturbed.keys()
    assert read_evaluation(folder / RECORD_NAME)[0] == record


def test_the_stored_record_fits_its_schema(stored):
    data = json.loads((stored[0] / RECORD_NAME).read_text(encoding="utf-8"))
    SCHEMA.validate(data)
    for change in ({"schema": 2}, {"scores": {}}, {"extra": 1}, {"created": ""}):
        with pytest.raises(ValidationError):
            SCHEMA.validate({**data, **change})


def test_nothing_is_overwritten_unasked(stored):
    folder, result = stored
    with pytest.raises(HeadPoseError, match="exists already"):
        write_evaluation(folder, result.record, result.per_image)
    write_evaluation(folder, result.record, result.per_image, overwrite=True)


def cut_off(text):
    return text[: len(text) // 2]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        pytest.param(RECORD_NAME, cut_off, "is no JSON", id="json cut off"),
        pytest.param(RECORD_NAME, lambda t: t.replace('"schema": 1', '"schema": 9'), "schema 9", id="other version"),
        pytest.param(RECORD_NAME, lambda t: t.replace('"scores"', '"sores"'), "cannot be read", id="no scores"),
        pytest.param(RECORD_NAME, lambda t: "[1]", "cannot be read", id="a list"),
        pytest.param(ERRORS_NAME, cut_off, "cut off", id="csv cut off"),
        pytest.param(ERRORS_NAME, lambda t: "", "other columns", id="empty csv"),
        pytest.param(ERRORS_NAME, lambda t: '"' + "x" * 200_000, "no table", id="an endless cell"),
        pytest.param(ERRORS_NAME, lambda t: t.splitlines()[0], "empty or cut off", id="only the heading"),
        pytest.param(ERRORS_NAME, lambda t: t.replace("geodesic_deg,", "geo,"), "other columns", id="foreign csv"),
        pytest.param(ERRORS_NAME, lambda t: t.replace("\nhead/002", "\nhead/002,x"), "cut off", id="one cell more"),
        pytest.param(ERRORS_NAME, lambda t: t[: t.rindex(",")] + ",nan\n", "NaN", id="nan"),
        pytest.param(ERRORS_NAME, lambda t: t[: t.rindex(",")] + ",much\n", "no number", id="a word"),
        pytest.param(ERRORS_NAME, lambda t: t[: t.rindex("head/")], "does not belong", id="a row less"),
        pytest.param(ERRORS_NAME, None, "cannot be read", id="no csv"),
        pytest.param(RECORD_NAME, None, "cannot be read", id="no record"),
    ],
)
def test_damaged_files_are_named(stored, tmp_path, name, change, words):
    for file in (RECORD_NAME, ERRORS_NAME):
        text = (stored[0] / file).read_text(encoding="utf-8")
        if file == name:
            if change is None:
                continue
            text = change(text)
        (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(HeadPoseError, match=words) as caught:
        read_evaluation(tmp_path)
    assert name in str(caught.value)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    from training.models.checkpoints import open_checkpoint, save_checkpoint

    loaded = open_checkpoint("untrained", "repnext_m0")
    file = tmp_path_factory.mktemp("snapshot") / "m0.safetensors"
    return save_checkpoint(
        loaded.model, file, backbone="repnext_m0", trained=False, training_data="drawn heads", licence="Apache-2.0"
    )


def run_command(*words):
    return evaluate_main([str(word) for word in words])


DRAWN = ("--dataset", "DrawnHeads", "--option", "count=9", "--limit", 4, "--bootstrap", 20, "--threads", 1)


def test_the_command_evaluates_a_real_snapshot_and_writes_everything(snapshot, tmp_path, capsys):
    from PIL import Image

    out = tmp_path / "out"
    assert run_command("--snapshot", snapshot, *DRAWN, "--out", out, "--show_viz", "--gpu", -1, "--batch_size", 3) == 0
    shown = capsys.readouterr().out
    assert "UNTRAINED" in shown
    assert "TRAINED ON THIS DATA SET" in shown
    assert "2.01 M parameters" in shown
    record, rows = read_evaluation(out)
    assert record.model.sha256 == sha256_of(snapshot)
    assert record.model.size_bytes == snapshot.stat().st_size
    assert (record.data.n, record.model.target, record.complexity.parameters_deploy) == (4, "pytorch", 2_009_006)
    assert record.data.options == {"dataset": "DrawnHeads", "count": "9", "seed": "0", "limit": "4"}
    assert rows.keys == ("0-00000", "0-00003", "0-00005", "0-00008")
    with Image.open(out / "picture.png") as picture:
        assert min(picture.size) > 500
    assert len(list((out / "faces").glob("*.jpg"))) == 4
    assert run_command("--snapshot", snapshot, *DRAWN, "--out", out) == 2
    assert "exists already" in capsys.readouterr().err


def test_batches_of_a_real_network_agree(snapshot):
    from training.data.drawn_heads import DrawnHeads

    source, session = DrawnHeads(5), command.open_model(str(snapshot), threads=1)
    means = [evaluated(source, session, batch_size=n, resamples=0).record.scores for n in (1, 3, 32)]
    for other in means[1:]:
        assert other.geodesic_mean_deg.value == pytest.approx(means[0].geodesic_mean_deg.value, abs=1e-3)


def test_the_command_prints_json_that_fits_the_schema_and_measures_robustness(snapshot, tmp_path, capsys):
    words = ("--checkpoint", snapshot, "--dataset", "DrawnHeads", "--option", "count=1", "--threads", 1)
    assert run_command(*words, "--json", "--robustness", "--bootstrap", 0, "--out", tmp_path / "o") == 0
    data = json.loads(capsys.readouterr().out)
    SCHEMA.validate(data)
    record = EvaluationRecord.from_json(data)
    assert len(record.robustness) == 24
    assert record.scores.geodesic_mean_deg.low is None
    assert (tmp_path / "o" / "robustness.png").is_file()
    assert read_evaluation(tmp_path / "o")[0] == record


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("--snapshot", "gone.onnx"), "does not exist", id="no such snapshot"),
        pytest.param(("--snapshot", "untrained", "--dataset", "AFLW2001"), "did you mean 'AFLW2000'", id="data set"),
        pytest.param(
            ("--snapshot", "untrained", "--dataset", "AFLW2000", "--data_dir", "gone"), "does not exist", id="dir"
        ),
        pytest.param(("--snapshot", "untrained", "--backbone", "repnext_m9"), "did you mean", id="backbone"),
        pytest.param(
            ("--snapshot", "untrained", "--dataset", "DrawnHeads", "--option", "count"), "NAME=VALUE", id="option"
        ),
        pytest.param(
            ("--snapshot", "untrained", "--dataset", "DrawnHeads", "--landmarks", "all"), "unknown option", id="lm"
        ),
        pytest.param(("--snapshot", "untrained", "--show_viz"), "--out DIR", id="nowhere to draw"),
        pytest.param(("--snapshot", "untrained", "--dataset", "DrawnHeads", "--limit", -1), "negative", id="limit"),
    ],
)
def test_the_command_names_bad_input_in_one_sentence(words, message, capsys):
    assert run_command(*words) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error


def test_an_exported_file_of_another_backbone_is_refused(monkeypatch):
    import runtime.sessions

    session = KnowingSession(NumberedHeads(1))
    monkeypatch.setattr(runtime.sessions, "open_session", lambda path, threads: session)
    assert command.open_model("x.onnx", "fake") is session
    with pytest.raises(HeadPoseError, match="has the backbone fake, not repnext_m4"):
        command.open_model("x.onnx", "repnext_m4")


def test_an_empty_face_box_counts_as_unreadable():
    source = NumberedHeads(3)
    source.boxes[1] = 5
    result = evaluated(source)
    assert list(result.record.data.skipped) == ["head/001"]


def test_crops_are_the_framing_of_the_box_and_the_disturbance_of_the_crop():
    from runtime.preprocess import Box
    from training.data.crops import FRAMINGS
    from training.data.resample import extract

    source, variant = NumberedHeads(3), Variant("noise", 10)
    clean, noisy = FramedFaces(source, "square", 32).crops(2, [variant])
    expected = extract(source.picture(2), FRAMINGS["square"](Box(*source.boxes[2]), None), 32)
    np.testing.assert_array_equal(clean, expected)
    np.testing.assert_array_equal(noisy, variant.disturb(expected, "head/002"))


@pytest.mark.slow
def test_exported_files_err_as_the_checkpoint_does(exported_m0):
    from training.data.drawn_heads import DrawnHeads

    source, means = DrawnHeads(6), []
    for suffix in (".onnx", ".tflite"):
        session = command.open_model(str(exported_m0 / f"sixdrepnet_repnext_m0_fp32{suffix}"), threads=1)
        means.append(evaluated(source, session, batch_size=4).record.scores.geodesic_mean_deg.value)
    reference = evaluated(
        source, command.open_model("untrained", "repnext_m0", 1)
    ).record.scores.geodesic_mean_deg.value
    assert means == pytest.approx([reference] * 2, abs=0.02)


def test_a_record_of_another_model_does_not_read_as_this_one(stored):
    record = stored[1].record
    other = replace(record, model=replace(record.model, sha256="1" * 64))
    assert EvaluationRecord.from_json(other.to_json()) == other != record
