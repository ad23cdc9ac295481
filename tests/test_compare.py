"""Comparison of two evaluations: known differences, honest significance, what may not be compared, latency in turns."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from jsonschema import Draft202012Validator
from pose_source import KnowingSession, NumberedHeads
from referencing import Registry, Resource

from benchmarks import compare as module
from benchmarks import record as latency_record
from benchmarks.commands import compare as command
from benchmarks.compare import Comparison, compare, excludes_zero
from benchmarks.comparison_picture import comparison_picture, side_names
from runtime import sessions
from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError
from training import evaluation_record
from training.bootstrap import Figure
from training.complexity import Complexity
from training.data.source import Subset
from training.evaluate import evaluate
from training.evaluation_files import ERRORS_NAME, write_evaluation
from training.robustness import Variant

FILES = (module.SCHEMA_FILE, evaluation_record.SCHEMA_FILE, latency_record.SCHEMA_FILE)
SCHEMAS = [json.loads(file.read_text(encoding="utf-8")) for file in FILES]
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS)
SCHEMA = Draft202012Validator(SCHEMAS[0], registry=REGISTRY)


def store(folder, errors, *, source=None, backbone="fake", change=lambda record: record, disturbed=(), **options):
    source = source or NumberedHeads(len(np.atleast_1d(errors)))
    session = KnowingSession(source, errors, **options)
    session.info = replace(session.info, backbone=backbone)
    size = Complexity(backbone, 32, 3_000_000, 2_000_000 if backbone == "fake" else 4_000_000, 10**9)
    result = evaluate(session, source, framing="square", resamples=10, disturbances=disturbed, complexity=size)
    write_evaluation(folder, change(result.record), result.per_image)
    return folder


def test_a_constant_difference_is_found_exactly(tmp_path):
    a = store(tmp_path / "a", np.full(12, 6.0))
    b = store(tmp_path / "b", np.full(12, 4.0), backbone="other")
    found, _ = compare(a, b, latency=False)
    first = found.errors[0]
    assert (first.name, first.n, first.a, first.b) == (
        "geodesic",
        12,
        pytest.approx(6, abs=1e-4),
        pytest.approx(4, abs=1e-4),
    )
    d = first.difference
    assert (d.value, d.low, d.high) == pytest.approx((-2, -2, -2), abs=1e-4)
    named = {e.name: e for e in found.errors}
    assert named["MAE"].difference.value == pytest.approx(-2 / 3, abs=1e-4)
    assert named["roll"].significant
    assert not named["pitch"].significant or abs(named["pitch"].difference.value) < 1e-3
    assert [n for n in named if "yaw|" in n] == [f"geodesic, |yaw| {p}" for p in ("0–30", "30–60", "60–99")]
    assert (found.a.complexity.parameters_deploy, found.b.complexity.parameters_deploy) == (2_000_000, 4_000_000)
    assert (found.n, found.only_a, found.only_b) == (12, 0, 0)


def test_the_interval_is_that_of_scipys_bootstrap_of_the_differences(tmp_path):
    rng = np.random.default_rng(3)
    base = rng.gamma(2, 3, 120)
    one, two = base + rng.normal(2, 0.5, 120).clip(0), base + rng.normal(2.2, 0.5, 120).clip(0)
    found, _ = compare(store(tmp_path / "a", one), store(tmp_path / "b", two), latency=False, resamples=4000)
    low, high = scipy.stats.bootstrap(
        (two - one,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    d = found.errors[0].difference
    assert (d.low, d.high) == pytest.approx((low, high), abs=0.1 * (high - low))
    assert found.errors[0].significant == (low > 0 or high < 0)


def test_pairing_sees_what_two_separate_intervals_do_not(tmp_path):
    base = np.random.default_rng(0).gamma(2, 4, 80)
    a, b = store(tmp_path / "a", base + 0.5), store(tmp_path / "b", base)
    found, rows = compare(a, b, latency=False)
    ours, theirs = (r.scores.geodesic_mean_deg for r in (rows.a, rows.b))
    assert ours.low < theirs.high  # the two intervals overlap
    assert found.errors[0].significant


def test_a_difference_between_few_people_is_not_significant(tmp_path):
    """Twelve photographs of each of four persons: three gain, one loses as much as they do together."""
    people = NumberedHeads(48, groups=[f"person {i // 12}" for i in range(48)])
    alone = NumberedHeads(48)
    gain = np.repeat([1.0, 1.2, 0.8, -2.0], 12)
    verdicts = []
    for name, source in (("people", people), ("alone", alone)):
        a = store(tmp_path / f"{name}a", np.full(48, 5.0), source=source)
        b = store(tmp_path / f"{name}b", 5 - gain - 0.1, source=source)
        verdicts.append(compare(a, b, latency=False)[0].errors[0].difference)
    wide, narrow = verdicts
    assert wide.value == pytest.approx(-0.35, abs=1e-3)
    assert not excludes_zero(wide)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        pytest.param(-2.0, -0.1, True, id="below"),
        pytest.param(0.1, 2.0, True, id="above"),
        pytest.param(-0.1, 0.1, False, id="around"),
        pytest.param(0.0, 0.5, False, id="touching"),
        pytest.param(None, None, False, id="no interval"),
    ],
)
def test_significant_is_an_interval_without_zero(low, high, verdict):
    assert excludes_zero(Figure(1.0, low, high)) is verdict


def test_rows_are_matched_by_key_not_by_place(tmp_path):
    source, errors = NumberedHeads(10), np.linspace(1, 10, 10)
    back = np.arange(10)[::-1].copy()
    a = store(tmp_path / "a", errors, source=source)
    session = KnowingSession(source, errors)
    result = evaluate(session, Subset(source, back), framing="square", resamples=0)
    write_evaluation(tmp_path / "b", result.record, result.per_image)
    found, rows = compare(a, tmp_path / "b", latency=False)
    assert rows.rows_a.keys == rows.rows_b.keys
    assert all(e.difference == Figure(0.0, 0.0, 0.0) for e in found.errors)


def test_other_images_are_refused_or_left_out(tmp_path):
    whole, part = NumberedHeads(10), NumberedHeads(10, broken={2, 7})
    a, b = store(tmp_path / "a", np.full(10, 3.0), source=whole), store(tmp_path / "b", np.full(10, 4.0), source=part)
    with pytest.raises(HeadPoseError, match=r"A has 2 images that B lacks and B has 0 .*--common"):
        compare(a, b, latency=False)
    found, _ = compare(a, b, common=True, latency=False)
    assert (found.n, found.only_a, found.only_b) == (8, 2, 0)


def other_data(record, **change):
    return replace(record, data=replace(record.data, **change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda r: other_data(r, name="BIWI"), "data set", id="data"),
        pytest.param(
            lambda r: other_data(r, options={"landmarks": "visible"}),
            "options of the data set",
            id="landmarks",
        ),
        pytest.param(lambda r: other_data(r, label_form="x"), "form of the labels", id="labels"),
        pytest.param(lambda r: replace(r, protocol=replace(r.protocol, framing="whole")), "framing", id="framing"),
    ],
)
def test_evaluations_of_another_kind_are_refused(tmp_path, change, words):
    a, b = store(tmp_path / "a", np.full(5, 3.0)), store(tmp_path / "b", np.full(5, 3.0), change=change)
    with pytest.raises(HeadPoseError, match=f"differ in the {words}.*: evaluate both in the same way"):
        compare(a, b, latency=False)


def test_other_labels_and_other_names_are_refused(tmp_path):
    a = store(tmp_path / "a", np.full(5, 3.0))
    b = store(tmp_path / "b", np.full(5, 3.0), source=NumberedHeads(5, angles=np.ones((5, 3))))
    with pytest.raises(HeadPoseError, match="other labels for head/000"):
        compare(a, b, latency=False)
    table = b / ERRORS_NAME
    table.write_text(table.read_text().replace("head/", "heads/"))
    with pytest.raises(HeadPoseError, match="no image in common"):
        compare(a, b, common=True, latency=False)
    table.write_text(table.read_text().replace("heads/001", "heads/000"))
    with pytest.raises(HeadPoseError, match="names an image twice"):
        compare(a, b, common=True, latency=False)


def test_what_is_no_evaluation_is_named(tmp_path):
    a = store(tmp_path / "a", np.full(5, 3.0))
    with pytest.raises(HeadPoseError, match=r"gone.*cannot be read"):
        compare(a, tmp_path / "gone", latency=False)
    with pytest.raises(HeadPoseError, match="at least one round"):
        compare(a, a, rounds=0)


def test_robustness_is_compared_where_both_have_it(tmp_path):
    first, second = (Variant("blur", 2), Variant("blur", 4)), (Variant("blur", 4), Variant("crop shift", 5))
    a = store(tmp_path / "a", np.full(6, 3.0), disturbed=first)
    b = store(tmp_path / "b", np.full(6, 5.0), disturbed=second)
    (only,) = compare(a, b, latency=False)[0].robustness
    assert (only.name, only.difference.value) == ("blur 4 px", pytest.approx(2, abs=1e-4))


class Sleeper:
    """Takes as many milliseconds as its file says."""

    def __init__(self, path, *, threads=None):
        self.info = replace(KnowingSession(NumberedHeads(1)).info, name=path.stem, target="onnx")
        self.info = replace(self.info, git={"commit": None, "dirty": None})
        self.delay_s = float(path.read_text()) / 1000

    def run(self, images):
        time.sleep(self.delay_s)
        return np.eye(3, dtype=np.float32)[None]


@pytest.fixture
def with_files(tmp_path, monkeypatch):
    monkeypatch.setitem(sessions.SESSIONS, ".sleep", f"{__name__}:Sleeper")
    folders = []
    for name, delay in (("slow", 8), ("fast", 2)):
        file = tmp_path / f"{name}.sleep"
        file.write_text(str(delay))

        def at(record, file=file):
            facts = {"path": str(file), "sha256": sha256_of(file), "size_bytes": file.stat().st_size}
            return replace(record, model=replace(record.model, target="onnx", **facts))

        folders.append(store(tmp_path / name, np.full(6, 5.0), change=at, backbone=name))
    return folders


def test_latency_is_measured_in_turns_when_the_files_are_still_the_same(with_files):
    found, _ = compare(*with_files, rounds=6)
    assert [r.model.name for r in found.latency] == ["slow", "fast"]
    assert 0.15 < found.latency_ratio.ratio < 0.6  # B over A: 2 ms and 8 ms
    assert all(len(r.samples_ms) == 6 and r.run.threads == 1 for r in found.latency)
    data = json.loads(json.dumps(found.to_json()))
    SCHEMA.validate(data)
    assert Comparison.from_json(data) == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda file: file.unlink(), "is not there any more", id="gone"),
        pytest.param(lambda file: file.write_text("3"), "is not the one that was evaluated", id="changed"),
    ],
)
def test_latency_of_other_files_is_not_measured_and_that_is_said(with_files, tmp_path, capsys, change, words):
    change(tmp_path / "fast.sleep")
    found, _ = compare(*with_files, rounds=6)
    assert (found.latency, found.latency_ratio) == ((), None)
    assert words in found.latency_note
    command.print_comparison(found)
    assert "LATENCY not measured" in capsys.readouterr().out


def test_latency_of_generated_weights_and_of_one_file_is_not_measured(with_files, tmp_path):
    plain = store(tmp_path / "plain", np.full(6, 5.0))
    assert "no file" in compare(plain, with_files[0])[0].latency_note
    assert "same file" in compare(with_files[0], with_files[0])[0].latency_note


@pytest.mark.parametrize(
    ("a", "b", "names"),
    [
        pytest.param({"backbone": "m4"}, {"backbone": "b1g2"}, ("m4", "b1g2"), id="backbones"),
        pytest.param({"precision": "fp32"}, {"precision": "int8"}, ("fake fp32", "fake int8"), id="precisions"),
        pytest.param({"target": "onnx"}, {"target": "tflite"}, ("fake fp32 onnx", "fake fp32 tflite"), id="targets"),
        pytest.param({}, {}, ("A: fake fp32 fake", "B: fake fp32 fake"), id="same"),
    ],
)
def test_sides_have_the_shortest_names_that_differ(tmp_path, a, b, names):
    folders = [
        store(tmp_path / letter, np.full(3, 1.0), change=lambda r, c=c: replace(r, model=replace(r.model, **c)))
        for letter, c in (("a", a), ("b", b))
    ]
    assert side_names(compare(*folders, latency=False)[0]) == names


def run_command(*words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(word) for word in words]))


def test_the_command_prints_and_writes_what_it_found(tmp_path, capsys):
    from runtime.images import read_image

    tested = [Variant("blur", 2)]
    rng = np.random.default_rng(0)
    a = store(tmp_path / "a", rng.uniform(4, 6, 30), disturbed=tested)
    b = store(tmp_path / "b", rng.uniform(1, 2, 30), disturbed=tested, backbone="other", trained=False)
    assert run_command(a, b, "--no-latency", "--out", tmp_path / "out") == 0
    shown = capsys.readouterr().out
    assert "UNTRAINED WEIGHTS (other)" in shown
    assert "other errs less than fake" in shown
    assert "the difference is significant" in shown
    assert "LATENCY not asked for" in shown
    data = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    SCHEMA.validate(data)
    assert Comparison.from_json(data).errors[0].difference.value < -2
    assert read_image(tmp_path / "out" / "comparison.png").shape[1] > 1000
    assert (tmp_path / "out" / "robustness.png").is_file()
    with pytest.raises(HeadPoseError, match="exists already"):
        run_command(a, b, "--no-latency", "--out", tmp_path / "out")
    assert run_command(a, b, "--no-latency", "--json", "--bootstrap", 0) == 0
    assert json.loads(capsys.readouterr().out)["errors"][0]["significant"] is False


@pytest.mark.parametrize(
    ("errors", "resamples", "words"),
    [
        pytest.param((5.0, 5.0), 50, "no significant difference", id="equal"),
        pytest.param((5.0, 4.0), 0, "nothing can be said of significance", id="no interval"),
        pytest.param((4.0, 5.0), 50, "A: fake fp32 fake errs less than B: fake fp32 fake by 1.00°", id="A better"),
    ],
)
def test_the_verdict_claims_no_more_than_the_interval(tmp_path, capsys, errors, resamples, words):
    a, b = (store(tmp_path / name, np.full(8, e)) for name, e in zip("ab", errors))
    command.print_comparison(compare(a, b, latency=False, resamples=resamples)[0])
    assert words in capsys.readouterr().out


def test_the_picture_shows_the_curve_of_each(tmp_path):
    a = store(tmp_path / "a", np.linspace(1, 9, 20))
    b = store(tmp_path / "b", np.linspace(1, 5, 20), backbone="other")
    picture = comparison_picture(*compare(a, b, latency=False)).astype(int)
    for color in ((31, 111, 235), (217, 115, 13)):
        assert (np.abs(picture - color).max(axis=2) < 25).sum() > 500


def test_a_damaged_comparison_is_named(tmp_path):
    data = compare(*(store(tmp_path / n, np.full(3, 1.0)) for n in "ab"), latency=False)[0].to_json()
    for change in ({"schema": 7}, {"a": {}}, {"errors": [{}]}, {"extra": 1}):
        with pytest.raises(HeadPoseError, match=r"c\.json cannot be read"):
            Comparison.from_json({**data, **change}, "c.json")
