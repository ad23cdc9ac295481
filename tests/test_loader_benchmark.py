"""The loader's benchmark: both pipelines make the same pixels, and what is written down is what was measured."""

import json
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from benchmarks import loader, record, spine
from benchmarks.loader import LoaderResult, LoaderRun, PipelineCost
from benchmarks.loader_pipelines import SIZE, Laps, ours, ours_with, theirs, write_samples
from runtime.errors import HeadPoseError
from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD
from runtime.rotation import euler_to_rotation

pytest.importorskip("torchvision")
pytest.importorskip("scipy")
pytest.importorskip("skimage")

SCHEMAS = [json.loads(file.read_text()) for file in (record.SCHEMA_FILE, spine.SCHEMA_FILE, loader.SCHEMA_FILE)]
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS)
VALIDATOR = Draft202012Validator(SCHEMAS[-1], registry=REGISTRY)
RESULTS = sorted(loader.RESULTS.rglob("*-loader.json"))


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_samples(tmp_path_factory.mktemp("pictures"), 4, 95)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return loader.run_loader(tmp_path_factory.mktemp("run"), pictures=4, rounds=1)


def levels(batch):
    """Normalised (N, 3, S, S) back to levels of 0–255."""
    mean, std = (np.array(v).reshape(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    return 255 * (batch.numpy() * std + mean)  # a copy: ours uses its memory again


@pytest.mark.parametrize("flip", [False, True], ids=["as it is", "mirrored"])
@pytest.mark.parametrize("blur", [False, True], ids=["sharp", "blurred"])
def test_both_pipelines_make_the_same_pixels(samples, flip, blur):
    drawn = [replace(sample, flip=flip, blur=blur) for sample in samples]
    a, b = levels(theirs(drawn, Laps(), read_labels=False)), levels(ours(drawn, Laps()))
    assert a.shape == b.shape == (4, 3, SIZE, SIZE)
    assert np.abs(a - b).mean() < 0.6
    assert np.percentile(np.abs(a - b), 99) < 5
    assert np.abs(a - b).mean() < 0.2 * np.abs(np.roll(a, 1, axis=-1) - b).mean()  # one pixel aside is far off


def test_reading_labels_changes_no_pixel_and_reads_what_was_written(samples):
    with_labels = theirs(samples, Laps(), read_labels=True)
    np.testing.assert_array_equal(with_labels, theirs(samples, Laps(), read_labels=False))
    from scipy.io import loadmat

    for sample in samples:
        mat = loadmat(sample.path.with_suffix(".mat"))
        angles_deg = np.degrees(mat["Pose_Para"][0, :3])
        np.testing.assert_allclose(euler_to_rotation(*angles_deg), sample.rotation, atol=1e-6)
        assert mat["pt2d"].shape == (2, 68)
        assert sample.crop[0] <= mat["pt2d"][0].min()
        assert mat["pt2d"][0].max() <= sample.crop[2]


def test_pictures_are_those_of_300w_lp_in_size(samples):
    from PIL import Image

    assert {Image.open(sample.path).size for sample in samples} == {(450, 450)}
    assert len({sample.path.read_bytes() for sample in samples}) == 4


def test_recipes_give_a_batch_too(samples):
    assert ours_with("strong", samples, Laps()).shape == (4, 3, SIZE, SIZE)
    np.testing.assert_allclose(
        levels(ours_with("none", samples, Laps())),
        levels(ours([replace(s, flip=False, blur=False) for s in samples], Laps())),
        atol=1e-3,
    )


def test_laps_add_up_by_stage():
    laps = Laps()
    for _ in range(3):
        sum(range(20_000))
        laps("work")
        laps("nothing")
    assert laps.ns["work"] > laps.ns["nothing"] >= 0


def test_a_tiny_run_is_a_record(result):
    VALIDATOR.validate(result.to_json())
    assert LoaderResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    assert [run.quality for run in result.runs] == [75, 95]
    assert result.runs[0].mean_bytes < result.runs[1].mean_bytes
    names = [loader.LABELS_READ, loader.THEIRS, loader.OURS, loader.STRONG]
    for run in result.runs:
        assert [cost.name for cost in run.pipelines] == names
        assert "read labels" in run.pipelines[0].stages_ms
        assert "read labels" not in run.pipelines[1].stages_ms
        for cost in run.pipelines:
            assert sum(cost.stages_ms.values()) == pytest.approx(cost.samples_ms[0], rel=0.01)
            assert cost.images_per_second == pytest.approx(1000 / cost.samples_ms[0], rel=0.01)
        assert run.ratios[1].ratio == pytest.approx(
            run.pipelines[1].samples_ms[0] / run.pipelines[2].samples_ms[0], rel=0.01
        )
        assert run.difference < 0.6
    assert not result.valid  # one round is no measurement
    assert "fewer than" in result.invalid_reasons[0]


def test_threads_are_given_back(tmp_path):
    import cv2
    import torch

    before = cv2.getNumThreads(), torch.get_num_threads()
    loader.run_loader(tmp_path, pictures=1, rounds=1)
    assert (cv2.getNumThreads(), torch.get_num_threads()) == before


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"runs": []}, {"pictures": 0}, {"extra": 1}, {"created": "yesterday"}],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_refuses_what_is_no_result(result, change):
    with pytest.raises(ValidationError):
        VALIDATOR.validate({**result.to_json(), **change})


@pytest.mark.parametrize("change", [{"schema": 2}, {"runs": [{}]}, {"device": {}}], ids=str)
def test_damaged_records_are_named(result, change):
    with pytest.raises(HeadPoseError, match=r"old\.json cannot be read.*measure again"):
        LoaderResult.from_json({**result.to_json(), **change}, "old.json")


@pytest.mark.parametrize("options", [{"pictures": 0}, {"rounds": 0}], ids=str)
def test_nothing_to_measure_is_an_error(tmp_path, options):
    with pytest.raises(HeadPoseError, match="at least one picture"):
        loader.run_loader(tmp_path, **options)


def fake_result(result, ratio):
    cost = PipelineCost("a", (1.0,), 1000.0, {"decode": 1.0})
    run = LoaderRun(75, 1000, (cost,), (), 0.1)
    return replace(result, runs=(run,), promises=(spine.Promise("faster", ratio, 2.0, True, "×"),))


@pytest.mark.parametrize(("ratio", "code"), [(2.1, 0), (1.9, 1)])
def test_the_command_writes_once_and_says_whether_the_promise_is_kept(
    result, tmp_path, monkeypatch, capsys, ratio, code
):
    monkeypatch.setattr(loader, "run_loader", lambda *args, **options: fake_result(result, ratio))
    assert loader.main(["--out", str(tmp_path)]) == code
    (file,) = tmp_path.rglob("*-loader.json")
    assert file.parent.name.startswith("host-")
    assert LoaderResult.from_json(json.loads(file.read_text())).promises[0].value == ratio
    assert loader.main(["--out", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert loader.main(["--out", str(tmp_path), "--overwrite"]) == code


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.stem)
def test_kept_results_can_be_read_and_keep_their_promise(file):
    data = json.loads(file.read_text())
    VALIDATOR.validate(data)
    kept = LoaderResult.from_json(data, str(file))
    assert kept.valid == (not kept.invalid_reasons)
    assert not kept.git["dirty"]
    assert all(promise.kept for promise in kept.promises)
    assert len(kept.promises) == 2


def test_the_readme_table_shows_the_rates_and_doubts_of_a_result(result):
    from benchmarks import report

    text = report.loader_markdown(replace(result, valid=False, invalid_reasons=("too busy",)), "benchmarks/x.json")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "JPEG" not in line]
    costs = [(run.quality, cost) for run in result.runs for cost in run.pipelines]
    assert len(rows) == len(costs)
    for row, (quality, cost) in zip(rows, costs, strict=True):
        assert row.startswith(f"| {cost.name} | {quality} | {cost.images_per_second:.0f} |")
    assert "too busy" in text
    assert "too busy" not in report.loader_markdown(replace(result, valid=True), "benchmarks/x.json")
