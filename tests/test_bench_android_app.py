"""``headpose bench android --with app``: our app's benchmark as an instrumentation, its record pulled and checked.

The real adb client against a stand-in server, as in tests/test_bench_android.py, from which the fixtures come.
"""

# ruff: noqa: F401, F811 (fixtures that are imported are arguments too)

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from fake_session import fake_info
from kotlin_vectors import onnx_model
from stand_in_phone import APP
from test_bench_android import bench, clean, graph, phone, pytestmark, results_of, server, tool
from test_bench_android_readers import ENDED, STACK, STARTED, TEST

from runtime.artifact import METADATA_KEY

PASSED = STARTED + TEST + "INSTRUMENTATION_STATUS_CODE: 0\n" + ENDED


@pytest.fixture
def onnx(tmp_path):
    """An .onnx file with our metadata, as the app's second engine runs it."""
    file = tmp_path / "sixdrepnet_fake_fp32.onnx"
    info = replace(fake_info(), target="onnx", git={"commit": None, "dirty": None})
    file.write_bytes(onnx_model({METADATA_KEY: info.to_json()}))
    return file


def app_record(extras: dict, **changes) -> dict:
    """What the app would leave: our own record, of samples."""
    from benchmarks.latency import LatencyStats
    from benchmarks.record import Device, LatencyResult, LoadTimes, Model, Run

    samples = tuple(10 + 0.01 * (n % 7) for n in range(60))
    info = fake_info()
    model = Model(info.name, "fake", "tflite", "fp32", 32, changes.pop("sha256"), 1, True, "0" * 64, info.git)
    threads = int(extras["threads"]) if "threads" in extras else None
    run = Run("headpose app 0.1", "LiteRT 2.3.2", threads, extras["accelerator"], changes.pop("used"), False, 10, 60)
    record = LatencyResult(
        model=model,
        device=Device("android", "as the app knows it", None, "Android", 8, None),
        run=run,
        load_ms=LoadTimes(50.0, 20.0),
        first_ms=30.0,
        samples_ms=samples,
        latency_ms=LatencyStats.of(samples),
        tools={"litert": "2.3.2"},
        created="2026-11-01T12:00:00+00:00",
        valid=True,
        invalid_reasons=(),
        **changes,
    )
    return json.loads(json.dumps(asdict(record)))


def sha256(path: Path) -> str:
    from runtime.artifact import sha256_of

    return sha256_of(path)


def test_the_app_is_run_as_an_instrumentation_and_its_record_pulled(bench, phone, graph):
    seen: list[dict] = []

    def instrumented(extras):
        seen.append(extras)
        assert phone.files[extras["artefact"]] == graph.read_bytes()
        return PASSED, [app_record(extras, sha256=sha256(graph), used="gpu")]

    phone.instrumented = instrumented
    (result,) = results_of(bench("--accelerator", "gpu", "--json", with_tool=False))
    (extras,) = seen
    assert extras["class"] == f"{APP}.BenchmarkInstrumentation"
    assert (extras["accelerator"], extras["runs"], extras["minSeconds"]) == ("gpu", "100", "10")
    assert "threads" not in extras
    words = next(words for words in phone.commands if words[:2] == ["am", "instrument"])
    assert words[-1] == f"{APP}.test/androidx.test.runner.AndroidJUnitRunner"
    assert (result["device"]["model"], result["device"]["thermal_end"]) == ("Pixel 8a", "none")
    assert (len(result["samples_ms"]), result["load_ms"]["warm"], result["valid"]) == (60, 20.0, True)
    assert result["model"]["git"] == {"commit": None, "dirty": None}
    assert clean(phone)


def test_an_onnx_file_is_measured_by_the_app_on_the_processor_alone(bench, phone, graph, onnx):
    files = {graph.read_bytes(): graph, onnx.read_bytes(): onnx}
    seen: list[tuple] = []

    def instrumented(extras):
        file = files[phone.files[extras["artefact"]]]
        seen.append((Path(extras["artefact"]).suffix, extras["accelerator"]))
        return PASSED, [app_record(extras, sha256=sha256(file), used=extras["accelerator"])]

    phone.instrumented = instrumented
    words = ("--with", "benchmark_model,app", "--accelerator", "cpu,gpu", "--labels", "none", "--json")
    results = results_of(bench(*words, files=[graph, onnx]))
    assert seen == [(".tflite", "cpu"), (".tflite", "gpu"), (".onnx", "cpu")]
    assert [r["model"]["target"] for r in results] == ["tflite"] * 4 + ["onnx"]


@pytest.mark.parametrize(
    "words",
    [("--with", "app", "--accelerator", "gpu"), ("--with", "benchmark_model")],
    ids=["app, gpu", "benchmark_model"],
)
def test_an_onnx_file_that_nothing_would_run_is_refused_before_the_phone_is_touched(bench, phone, onnx, words):
    code, _, err = bench(*words, files=[onnx])
    assert code == 2
    assert "add --with app --accelerator cpu," in " ".join(err.split())
    assert phone.commands == []


def test_the_app_that_falls_back_is_not_quoted(bench, phone, graph):
    phone.instrumented = lambda extras: (PASSED, [app_record(extras, sha256=sha256(graph), used="cpu")])
    (result,) = results_of(bench("--accelerator", "npu", "--json", with_tool=False))
    assert result["invalid_reasons"] == ["asked for npu, ran on cpu"]


def test_both_ways_after_each_other(bench, phone, graph):
    phone.instrumented = lambda extras: (PASSED, [app_record(extras, sha256=sha256(graph), used="cpu")])
    results = results_of(bench("--with", "benchmark_model,app", "--json"))
    assert [r["run"]["tool"] for r in results] == ["benchmark_model", "headpose app 0.1"]
    assert results[1]["run"]["conditions"]["cores"] == "all"  # taskset does not reach the app


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((STARTED + TEST + STACK + "INSTRUMENTATION_STATUS_CODE: -2\n" + ENDED, None), "no GPU"),
        ((STARTED + "INSTRUMENTATION_RESULT: shortMsg=Process crashed.\nINSTRUMENTATION_CODE: 0\n", None), "crashed."),
        ((PASSED, None), "passed and left no result"),
        ((PASSED, b"{"), "the app's result is no JSON"),
        ((PASSED, []), "is not a list of one record"),
        ((PASSED, [{"schema": 1}]), "the app's result cannot be read (schema 1, this version reads 2)"),
    ],
    ids=["fails", "crashes", "no result", "half a result", "none", "another schema"],
)
def test_the_app_fails(bench, phone, answer, words):
    phone.instrumented = lambda extras: answer
    code, _, err = bench(with_tool=False)
    assert code == 2
    assert words in err
    assert clean(phone)


def test_the_app_measured_something_else(bench, phone, graph):
    phone.instrumented = lambda extras: (PASSED, [app_record(extras, sha256="1" * 64, used="cpu")])
    assert "the app measured another file" in bench(with_tool=False)[2]
    wrong = {"accelerator": "gpu", "threads": "4"}
    phone.instrumented = lambda extras: (PASSED, [app_record(wrong, sha256=sha256(graph), used="gpu")])
    assert "did not measure what was asked" in bench(with_tool=False)[2]
