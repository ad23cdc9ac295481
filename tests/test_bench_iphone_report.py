"""Xcode's performance reports imported: every figure, several joined, and files that are none."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from iphone_samples import STEADY, info, make_package, model_of, operation, report, write_report

from benchmarks.artefact import read_artefact
from benchmarks.commands import bench_iphone
from benchmarks.iphone.performance_report import read_report
from benchmarks.iphone.report_results import import_reports
from benchmarks.record import LatencyResult, UnitShare
from benchmarks.stored import read_results
from runtime.command_line import run_command
from runtime.errors import HeadPoseError


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("report") / "tiny.mlpackage")


def command(*args):
    return run_command(bench_iphone, "headpose bench iphone", "test", [str(arg) for arg in args])


def test_every_figure_of_a_report_arrives(package, tmp_path):
    place = write_report(tmp_path / "tiny.mlperf", report(package, info(), samples_ms=(4.9, *STEADY[:199])))
    (found,) = import_reports([place], [read_artefact(package)])
    assert found.model == model_of(package, info())
    assert (found.device.kind, found.device.model, found.device.soc) == ("iphone", "iPhone13,2", "A14")
    assert (found.device.os, found.device.thermal_end, found.device.low_power) == ("iOS 16.0.2", None, None)
    assert (found.run.tool, found.run.protocol) == ("Xcode performance report", "xcode")
    assert (found.run.compute_units_requested, found.run.compute_units_used) == ("all", "ane, cpu, gpu")
    assert found.placement == (UnitShare("ane", 2, 0.9), UnitShare("cpu", 1, 0.05), UnitShare("gpu", 1, 0.05))
    assert (found.first_ms, len(found.samples_ms), found.run.iterations) == (4.9, 200, 200)
    assert found.latency_ms.p50 == pytest.approx(statistics.median((4.9, *STEADY[:199])), abs=1e-4)
    assert (found.load_ms.cold, found.load_ms.warm) == (413.0, 18.0)
    assert found.run.conditions == {"reports": "1", "load median": "18.00 ms", "compile median": "70.70 ms"}
    assert found.created == "2026-09-03T03:33:52+00:00"
    assert found.valid, found.invalid_reasons


def test_the_record_is_of_the_schema_and_tells_nothing_of_the_owner(package, tmp_path):
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    from benchmarks.record import SCHEMA_FILE

    place = write_report(tmp_path / "tiny.mlperf", report(package, info()))
    (found,) = import_reports([place], [read_artefact(package)])
    jsonschema.validate(found.to_json(), json.loads(SCHEMA_FILE.read_text()))
    assert LatencyResult.from_json(found.to_json()) == found
    text = json.dumps(found.to_json())
    assert "Somebody" not in text
    assert "00008101" not in text


def test_a_fast_model_needs_several_reports_which_are_joined(package, tmp_path):
    files = [
        write_report(tmp_path / f"{i}.mlperf", report(package, info(), samples_ms=[1.48 + i / 100] * 120))
        for i in range(3)
    ]
    artefacts = [read_artefact(package)]
    (alone,) = import_reports(files[:1], artefacts)
    assert alone.invalid_reasons == ("0.18 s of samples, less than 0.25 s",)
    (joined,) = import_reports(files, artefacts)
    assert (joined.valid, len(joined.samples_ms), joined.run.conditions["reports"]) == (True, 360, "3")
    assert joined.latency_ms.p50 == 1.49


def test_reports_under_different_circumstances_stay_apart(package, tmp_path):
    variants = (
        {},
        {"unit": 0, "operations": [operation("ios16.conv", "cpu", 1.0)]},
        {"osNameAndVersionWithoutBuildNumber": "iOS 17.5"},
        {"modelName": "iPhone 99"},
    )
    files = [write_report(tmp_path / f"{i}.mlperf", report(package, info(), **v)) for i, v in enumerate(variants)]
    found = import_reports(files, [read_artefact(package)])
    assert [(r.device.model, r.device.os, r.run.compute_units_requested) for r in found] == [
        ("iPhone13,2", "iOS 16.0.2", "all"),
        ("iPhone13,2", "iOS 16.0.2", "cpuOnly"),
        ("iPhone13,2", "iOS 17.5", "all"),
        ("iPhone 99", "iOS 16.0.2", "all"),
    ]
    assert found[3].device.soc is None
    assert found[1].placement == (UnitShare("cpu", 1, 1.0),)


def test_layers_of_a_neural_network_have_units_and_no_costs(package, tmp_path):
    data = report(package, info())
    layer = {"name": "conv1", "type": "convolution", "deviceUsage": {"preferred": {"deviceType": {"gpu": {}}}}}
    data["deviceResults"]["modelStructure"] = {"neuralNetwork": {"_0": {"layers": [layer, layer]}}}
    (found,) = import_reports([write_report(tmp_path / "nn.mlperf", data)], [read_artefact(package)])
    assert found.placement == (UnitShare("gpu", 2, None),)


def test_a_report_without_what_is_optional_is_read(package, tmp_path):
    data = report(package, info(), samples_ms=STEADY)
    for name in ("load", "compile", "perfRunConfig", "modelStructure"):
        del data["deviceResults"][name]
    del data["deviceInfo"]["deviceType"]
    (found,) = import_reports([write_report(tmp_path / "less.mlperf", data)], [read_artefact(package)])
    assert (found.placement, found.load_ms.cold, found.load_ms.warm) == ((), None, None)
    assert (found.run.compute_units_used, found.valid) == (None, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": 3, "operations": [operation("ios16.conv", "cpu", 1.0)]}, "backend not what was asked for"),
        ({"facts": None}, "only its name says"),
        ({"size": 999_999_999}, "is of a file of 999999999 bytes"),
    ],
    ids=["another unit", "no record of ours", "another size"],
)
def test_a_report_that_is_doubtful_is_kept_and_not_valid(package, tmp_path, change, words):
    size, facts = change.pop("size", None), change.pop("facts", info())
    data = report(package, facts, samples_ms=STEADY, **change)
    data["modelMetadata"]["size"] = size or data["modelMetadata"]["size"]
    (found,) = import_reports([write_report(tmp_path / "tiny.mlperf", data)], [read_artefact(package)])
    assert not found.valid
    assert [reason for reason in found.invalid_reasons if words in reason]


def test_a_report_of_another_export_of_the_same_name_is_refused(package, tmp_path):
    other = replace(info(), created="2026-02-02T00:00:00Z")
    place = write_report(tmp_path / "tiny.mlperf", report(package, other))
    with pytest.raises(HeadPoseError, match="another export of tiny"):
        import_reports([place], [read_artefact(package)])


def damaged(change):
    def make(package):
        data = report(package, info())
        change(data)
        return json.dumps(data)

    return make


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda package: "{", "cannot be read as a Core ML performance report"),
        (lambda package: "[]", "cannot be read as"),
        (damaged(lambda d: d.pop("deviceResults")), "'deviceResults'"),
        (damaged(lambda d: d["deviceResults"].pop("predict")), "no predictions"),
        (damaged(lambda d: d["deviceResults"]["predict"].update(samples=[0.001, -1])), "a sample of predict"),
        (damaged(lambda d: d["deviceResults"]["predict"].update(samples=[float("nan")])), "a sample of predict"),
        (damaged(lambda d: d.update(computeUnit=9)), "computeUnit 9"),
        (damaged(lambda d: d["deviceInfo"].update(deviceType={"mac": {}}, modelName="MacBook Pro")), "is no iPhone"),
        (damaged(lambda d: d["modelMetadata"].update(fileName="other")), "is of other, not of tiny.mlpackage"),
        (damaged(lambda d: d["modelMetadata"].update(rawMetadata="{")), "cannot be read as"),
    ],
    ids=["cut", "a list", "no results", "no predict", "negative", "nan", "unit", "a Mac", "another file", "metadata"],
)  # fmt: skip
def test_a_file_that_is_no_report_of_this_file_is_a_sentence(package, tmp_path, make, words):
    place = tmp_path / "bad.mlperf"
    place.mkdir()
    (place / "report.json").write_text(make(package))
    with pytest.raises(HeadPoseError) as caught:
        import_reports([place], [read_artefact(package)])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_file_within_the_folder_may_be_named_too_and_a_missing_one_is_a_sentence(package, tmp_path):
    place = write_report(tmp_path / "tiny.mlperf", report(package, info()))
    assert read_report(place / "report.json").predict_ms == read_report(place).predict_ms
    with pytest.raises(HeadPoseError, match="there is no"):
        read_report(tmp_path / "none.mlperf")


def test_the_command_imports_a_report_on_every_system_beside_what_was_published(package, tmp_path, capsys):
    files = [
        write_report(tmp_path / f"{i}.mlperf", report(package, info(), samples_ms=[1.628] * 120)) for i in range(2)
    ]
    kept = tmp_path / "kept"
    assert command(package, "--report", *files, "--preset", "iphone12-ios16", "--save", kept) == 0
    out, err = capsys.readouterr()
    assert "measured 1.63 ms, published 1.48 ms, +10.0%" in out
    assert "NOT COMPARABLE" not in out
    assert "their file is of the NeuralNetwork format" in out
    assert "not to be quoted" not in out
    assert err.count("written:") == 1
    (result,) = read_results(kept)
    assert result.device.model == "iPhone13,2"
    assert (kept / "iphone-iphone13-2").is_dir()


def test_the_command_as_json(package, tmp_path, capsys):
    place = write_report(tmp_path / "tiny.mlperf", report(package, info(), modelName="iPhone 14 Pro"))
    assert command(package, "--report", place, "--preset", "iphone12-ios16", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["results"][0]["device"]["model"] == "iPhone15,2"
    (beside,) = data["published"]
    assert (beside["published_ms"], beside["comparable"]) == (1.48, False)
    assert beside["not_comparable"] == ["measured on iPhone 14 Pro (iPhone15,2), not on an iPhone 12 (iPhone13,2)"]


def test_a_report_of_a_fast_model_says_how_to_get_a_valid_figure(package, tmp_path, capsys):
    place = write_report(tmp_path / "tiny.mlperf", report(package, info()))
    assert command(package, "--report", place) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "not to be quoted: 0.18 s of samples" in out
    assert "several reports of one file are joined" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--with", "app", "--report", "x.mlperf"], "belong together"),
        (["--with", "report"], "belong together"),
        (["--with", "xctest"], "unknown way to measure 'xctest'"),
        (["--with", "app,app"], "names a way twice"),
        (["--preset", "iphone12"], "did you mean 'iphone12-ios16'"),
        (["--compute-units", "ane"], "unknown choice of compute units 'ane'"),
        (["--report", "none.mlperf"], "there is no none.mlperf"),
    ],
    ids=["report without its way", "way without report", "no way", "twice", "no preset", "no unit", "no file"],
)
def test_options_that_make_no_sense(package, args, words, capsys):
    assert command(package, *args) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".onnx", ".mlpackage"])
def test_an_artefact_that_is_no_package_of_ours_is_a_sentence(tmp_path, suffix, capsys):
    place = write_report(tmp_path / "a.mlperf", {})
    assert command(Path(tmp_path / f"none{suffix}"), "--report", place) == 2
    assert "does not exist" in capsys.readouterr().err
