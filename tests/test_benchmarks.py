"""Latency records, turns, ratios, process costs, and the tables that the README shows."""

import json
import statistics
import time
from dataclasses import asdict, fields, is_dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from fake_session import fake_info
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

import headpose
from benchmarks import demo, host, record, report, spine, turns
from benchmarks.commands import demo as demo_command
from benchmarks.demo import DemoResult, DemoRow, photograph
from benchmarks.device import host_device
from benchmarks.latency import LatencyStats, reasons_against, reasons_against_summary, trimmed_mean
from benchmarks.process import ProcessCost, process_cost
from benchmarks.record import LatencyResult
from benchmarks.turns import Ratio, ratio_of, take_turns
from runtime import sessions
from runtime.errors import HeadPoseError
from runtime.images import read_image

SCHEMAS = [json.loads(file.read_text()) for file in (record.SCHEMA_FILE, spine.SCHEMA_FILE)]
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS)
LATENCY, SPINE = (Draft202012Validator(schema, registry=REGISTRY) for schema in SCHEMAS)


class QuickSession:
    """Sleeps for as many milliseconds as its file's name says; the first run takes 20 ms more."""

    def __init__(self, path, *, threads=None):
        target = "onnx" if "onnx" in path.name else "coreml"
        git = {"commit": None, "dirty": None}
        self.info = replace(
            fake_info(), name=path.stem, target=target, git=git, parity={"mean_deg": 0.001, "max_deg": 0.002}
        )
        self.engine, self.runs, self.threads = f"engine of {path.name}", 0, threads
        self.delay_s = float(path.stem.rpartition("_")[2]) / 1000

    def run(self, images):
        sessions.check_images(images, self.info.input_size)
        self.runs += 1
        time.sleep(self.delay_s + (0.02 if self.runs == 1 else 0))
        return np.eye(3, dtype=np.float32)[None]


@pytest.fixture
def artifacts(tmp_path, monkeypatch):
    monkeypatch.setitem(sessions.SESSIONS, ".sleep", f"{__name__}:QuickSession")
    files = [tmp_path / "onnx_slow_6.sleep", tmp_path / "onnx_fast_2.sleep", tmp_path / "coreml_1.sleep"]
    for file in files:
        file.write_bytes(file.name.encode())
    return files


@pytest.fixture
def measured(artifacts):
    return host.measure(artifacts, threads=1, rounds=24, warmup=2)


def spine_result(latencies, created="2026-11-22T10:00:00+00:00", ratio=2.6):
    return spine.SpineResult(
        created=created,
        git={"commit": "a" * 40, "dirty": False},
        device=host_device(),
        latencies=tuple(latencies),
        ratios=(Ratio("a", "b", ratio, 2.5, 2.7),),
        processes=(ProcessCost("an empty Python", ("-c", "pass"), (0.02, 0.04, 0.03), 0.01),),
        promises=(
            spine.Promise("faster", ratio, 2.5, True, "×"),
            spine.Promise("exports", 120.0, 150.0, False, "s"),
        ),
    )


def test_statistics_of_a_hundred_samples():
    stats = LatencyStats.of([float(n) for n in range(100, 0, -1)])
    deciles = statistics.quantiles(range(1, 101), n=100, method="inclusive")
    assert (stats.min, stats.p50, stats.mean, stats.max) == (1, 50.5, 50.5, 100)
    assert (stats.p90, stats.p95, stats.p99) == pytest.approx((deciles[89], deciles[94], deciles[98]))
    assert stats.std == pytest.approx(statistics.stdev(range(1, 101)), abs=1e-4)


@pytest.mark.parametrize(
    ("samples", "mean"),
    [
        ([10.0] * 30 + [0.001] * 10 + [9000.0] * 10, 10.0),
        ([9000.0] * 11 + [10.0] * 39, (1 * 9000 + 29 * 10) / 30),
        ([10.0] * 50 + [20.0] * 50, 15.0),
        ([10.0] * 50 + [900.0] * 49, 10.0),
        ([10.0] * 3 + [0.001, 9000.0], 10.0),
        ([1.0, 2.0, 6.0, 7.0], 4.0),
        ([3.0], 3.0),
    ],
    ids=[
        "ten at either end",
        "eleven slow ones",
        "two rounds",
        "half a round left out",
        "a fifth of five",
        "four",
        "one",
    ],
)
def test_the_trimmed_mean_is_that_of_modelbench(samples, mean):
    assert trimmed_mean(np.array(samples)) == pytest.approx(mean)
    assert LatencyStats.of(samples).trimmed_mean == pytest.approx(mean, abs=1e-4)
    if len(samples) % 50 == 0:  # the arithmetic of ModelBench's Swift loop, written down once more
        rounds = [sorted(samples[i : i + 50])[10:-10] for i in range(0, len(samples), 50)]
        assert statistics.fmean(statistics.fmean(one) for one in rounds) == pytest.approx(mean)


def test_statistics_of_nothing_are_refused():
    with pytest.raises(HeadPoseError, match="at least one sample"):
        LatencyStats.of([])


@pytest.mark.parametrize(
    ("samples", "emulated", "words"),
    [
        pytest.param([10.0, 10.1] * 15, False, [], id="calm"),
        pytest.param([10.0] * 19, False, ["19 samples, fewer than 20"], id="too few"),
        pytest.param([10.0] * 15 + [12.0] * 15, False, ["drifted by +20%"], id="slower and slower"),
        pytest.param([12.0] * 15 + [9.0] * 15, False, ["drifted by -25%"], id="faster and faster"),
        pytest.param([10.0, 10.0, 10.0, 10.0, 30.0] * 6, False, ["p90 is 3.0 times p50"], id="disturbed"),
        pytest.param([10.0] * 30, True, ["emulation"], id="emulated"),
        pytest.param([1.0] * 30, False, ["0.03 s of samples"], id="too short"),
    ],
)
def test_reasons_against(samples, emulated, words):
    reasons = reasons_against(samples, emulated=emulated)
    assert len(reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, reasons))


@pytest.mark.parametrize(
    ("stats", "iterations", "options", "words"),
    [
        (LatencyStats(10.0, mean=10.2, p95=12.0), 50, {}, []),
        (LatencyStats(10.0, p95=16.0), 50, {}, ["p95 is 1.6 times p50"]),
        (LatencyStats(10.0, p90=16.0, p95=11.0), 50, {}, ["p90 is 1.6 times p50"]),
        (LatencyStats(10.0), 10, {}, ["10 samples, fewer than 20"]),
        (LatencyStats(1.0), 50, {}, ["0.05 s of samples"]),
        (LatencyStats(1.0, mean=6.0), 50, {}, []),
        (LatencyStats(10.0), 50, {"throttled": "severe"}, ["throttled: thermal state severe"]),
        (LatencyStats(10.0), 50, {"emulated": True, "clock_jump_s": -70.0}, ["emulation", "jumped by -70 s"]),
    ],
    ids=["calm", "spread", "p90 before p95", "few", "short", "by the mean", "hot", "emulated, clock"],
)
def test_reasons_against_figures_without_samples(stats, iterations, options, words):
    reasons = reasons_against_summary(stats, iterations, **options)
    assert len(reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, reasons))


def test_work_takes_turns_and_warm_up_is_not_counted(monkeypatch):
    clock, log = [0], []
    monkeypatch.setattr(turns.time, "perf_counter_ns", lambda: clock[0])

    def work(name, milliseconds):
        def run():
            log.append(name)
            clock[0] += int(milliseconds * 1e6)

        return run

    samples = take_turns({"a": work("a", 3), "b": work("b", 5)}, rounds=4, warmup=2)
    assert samples == {"a": [3.0] * 4, "b": [5.0] * 4}
    assert "".join(log) == "abbaabbaabba"


def test_the_ratio_of_steady_models_is_exact():
    samples = {"slow": [20.0, 22.0, 21.0, 20.5] * 10, "fast": [10.0, 11.0, 10.5, 10.25] * 10}
    ratio = ratio_of("slow", "fast", samples)
    assert (ratio.ratio, ratio.low, ratio.high) == (2.0, 2.0, 2.0)  # rounds are drawn whole: their pairing cancels


def test_a_ratio_survives_a_machine_that_slows_down_and_its_interval_holds_the_truth():
    rng = np.random.default_rng(1)
    speed = np.linspace(1, 1.6, 200)
    samples = {"slow": 30 * speed * rng.normal(1, 0.05, 200), "fast": 12 * speed * rng.normal(1, 0.05, 200)}
    ratio = ratio_of("slow", "fast", samples)
    assert ratio.low < 2.5 < ratio.high
    assert 0.005 < ratio.high - ratio.low < 0.3
    with pytest.raises(HeadPoseError, match="not measured in turns"):
        ratio_of("slow", "fast", {**samples, "fast": samples["fast"][:-1]})


def test_measure_keeps_every_sample_and_tells_load_first_and_steady_apart(measured, artifacts):
    slow, fast, core = measured
    assert [len(r.samples_ms) for r in measured] == [24] * 3
    assert slow.first_ms > slow.latency_ms.p50 + 10 > 16  # it took 20 ms more than the later ones
    assert 2 < fast.latency_ms.p50 < slow.latency_ms.p50
    assert slow.latency_ms == LatencyStats.of(slow.samples_ms)
    assert (slow.run.threads, slow.run.warmup) == (1, 3)
    assert slow.run.interleaved_with == ("coreml_1.sleep", "onnx_fast_2.sleep")
    assert (slow.model.size_bytes, slow.parity["max_deg"]) == (artifacts[0].stat().st_size, 0.002)
    assert core.run.emulated
    assert not core.valid
    assert "emulation" in core.invalid_reasons[0]


def full(result):
    """A result of which nothing is empty."""
    return replace(
        result,
        stages_ms={"crop": LatencyStats(1.5)},
        memory_mb=record.Memory(120.5, 80.0),
        energy_mj=3.5,
        placement=(record.UnitShare("ane", 300, 0.98), record.UnitShare("cpu", 4, None)),
        operators=(record.OperatorTime("Conv", 248, 20.0, 0.9),),
        accuracy=record.Accuracy("held_out", 64, 5.0, 4.5, 5.5, 4.0),
        load_ms=record.LoadTimes(None, 2.0),
        first_ms=None,
        samples_ms=(),
    )


def test_a_result_survives_json_and_fits_its_schema(measured):
    for result in (*measured, full(measured[0])):
        data = json.loads(json.dumps(result.to_json()))
        LATENCY.validate(data)
        assert LatencyResult.from_json(data) == result


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"valid": True}, id="valid with reasons"),
        pytest.param({"invalid_reasons": []}, id="invalid without reasons"),
        pytest.param({"schema": 1}, id="another version"),
        pytest.param({"samples_ms": [-1.0]}, id="negative time"),
        pytest.param({"first_ms": 0}, id="no first inference"),
        pytest.param({"stages_ms": {"tea": {}}}, id="unknown stage"),
        pytest.param({"load_seconds": 1.0}, id="unknown field"),
        pytest.param({"model": {}}, id="no model"),
    ],
)
def test_the_schema_refuses(measured, change):
    with pytest.raises(ValidationError):
        LATENCY.validate({**measured[2].to_json(), **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"schema": 99}, "schema 99, this version reads 2", id="schema"),
        pytest.param({"run": {}}, "interleaved_with", id="empty part"),
        pytest.param({"surprise": 1}, "surprise", id="unknown field"),
    ],
)
def test_a_damaged_result_is_one_sentence(measured, change, words):
    with pytest.raises(HeadPoseError, match=words) as error:
        LatencyResult.from_json({**measured[0].to_json(), **change}, "result.json")
    assert str(error.value).startswith("result.json cannot be read")


def fields_of(kind):
    return {field.name for field in fields(kind)}


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (record.LatencyResult, LATENCY.schema),
        (record.Model, LATENCY.schema["properties"]["model"]),
        (record.Device, LATENCY.schema["properties"]["device"]),
        (record.Run, LATENCY.schema["properties"]["run"]),
        (LatencyStats, LATENCY.schema["$defs"]["stats"]),
        (record.LoadTimes, LATENCY.schema["properties"]["load_ms"]),
        (record.Memory, LATENCY.schema["properties"]["memory_mb"]),
        (record.UnitShare, LATENCY.schema["properties"]["placement"]["items"]),
        (record.OperatorTime, LATENCY.schema["properties"]["operators"]["items"]),
        (record.Accuracy, LATENCY.schema["properties"]["accuracy"]),
        (spine.SpineResult, SPINE.schema),
        (Ratio, SPINE.schema["properties"]["ratios"]["items"]),
        (ProcessCost, SPINE.schema["properties"]["processes"]["items"]),
        (spine.Promise, SPINE.schema["properties"]["promises"]["items"]),
    ],
)
def test_schema_and_record_name_the_same_fields(kind, part):
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert set(part["properties"]) == set(part["required"]) == fields_of(kind)


@pytest.mark.parametrize(
    ("options", "count"),
    [({"rounds": 0}, 1), ({"warmup": 0}, 1), ({"threads": 0}, 1), ({}, 0), ({}, -1)],
    ids=["no rounds", "no warm-up", "no thread", "no artefact", "named twice"],
)
def test_measure_refuses(artifacts, options, count):
    files = artifacts[:count] if count >= 0 else [artifacts[0], artifacts[0]]
    with pytest.raises(HeadPoseError, match=r"at least one|named twice"):
        host.measure(files, **options)


def test_bench_prints_json_with_ratios_to_the_first(artifacts, capsys):
    argv = ["bench", "host", str(artifacts[1]), str(artifacts[0]), "--rounds", "20", "--warmup", "1"]
    argv += ["--no-memory", "--labels", "none", "--json"]
    assert headpose.main(argv) == 0
    data = json.loads(capsys.readouterr().out)
    assert [LatencyResult.from_json(r).model.name for r in data["results"]] == ["onnx_fast_2", "onnx_slow_6"]
    assert 1.5 < data["ratios"][0]["ratio"] < 3.5
    assert headpose.main([*argv[:-1]]) == 0
    assert "20 rounds in turns" in capsys.readouterr().out


def test_process_cost_sees_time_and_memory():
    small = process_cost("nothing", ["-c", "pass"], runs=2)
    large = process_cost("300 MB", ["-c", "x = b'1' * 300_000_000; import time; time.sleep(0.4)"])
    assert len(small.seconds) == 2
    assert large.seconds[0] > 0.4 > 0.001 < min(small.seconds)
    assert 0.3 < large.peak_gb < 0.36
    assert 0.003 < small.peak_gb < 0.06  # whatever this process holds
    assert ProcessCost.from_json(json.loads(json.dumps(asdict(small)))) == small


def test_a_failing_process_is_named_with_its_last_words():
    with pytest.raises(HeadPoseError, match="a bad export failed with code 3: the disk is full"):
        process_cost("a bad export", ["-c", "import sys; print('x' * 200_000, file=sys.stderr); "
                                      "print('the disk is full', file=sys.stderr); sys.exit(3)"])  # fmt: skip


def test_host_facts_fit_the_schema_and_name_nobody():
    import getpass
    import platform

    device = host_device()
    assert device.cores >= 1
    assert device.memory_gb > 0.1
    texts = [device.model, device.os]
    assert all(texts)
    assert not any(platform.node() in text or getpass.getuser() in text.split() for text in texts)


def test_a_spine_result_survives_json_and_fits_its_schema(measured):
    result = spine_result(measured)
    data = json.loads(json.dumps(result.to_json()))
    SPINE.validate(data)
    assert spine.SpineResult.from_json(data) == result
    with pytest.raises(ValidationError):
        SPINE.validate({**data, "latencies": [{}]})
    with pytest.raises(HeadPoseError, match="schema 7"):
        spine.SpineResult.from_json({**data, "schema": 7})


def test_promises_are_kept_on_their_own_side():
    assert spine.Promise("at least", 2.5, 2.5, True, "×").kept
    assert not spine.Promise("at least", 2.49, 2.5, True, "×").kept
    assert spine.Promise("at most", 0.3, 0.3, False, "s").kept
    assert not spine.Promise("at most", 0.31, 0.3, False, "s").kept


@pytest.mark.parametrize(("ratio", "code"), [(2.6, 0), (2.4, 1)], ids=["kept", "missed"])
def test_spine_writes_one_file_and_its_exit_code_tells_of_the_promises(measured, tmp_path, monkeypatch, ratio, code):
    result = spine_result(measured, ratio=ratio)
    monkeypatch.setattr(spine, "run_spine", lambda work, rounds, progress: result)
    folder = tmp_path / "results"
    assert spine.main(["--out", str(folder)]) == code
    path, read = spine.latest(folder)
    assert read == result
    assert path.name == "2026-11-22-spine.json"
    assert [f for f in folder.rglob("*") if f.is_file()] == [path]


def test_the_latest_result_is_the_newest_by_its_own_date(measured, tmp_path):
    for created in ("2026-01-03T00:00:00+00:00", "2026-02-01T00:00:00+00:00", "2026-01-20T00:00:00+00:00"):
        result = spine_result(measured, created=created)
        path = spine.result_path(tmp_path, result)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(result.to_json()))
    assert spine.latest(tmp_path)[1].created.startswith("2026-02-01")
    assert spine.latest(tmp_path / "nowhere") is None
    path.write_text("{half a file")
    with pytest.raises(HeadPoseError, match="cannot be read"):
        spine.latest(tmp_path)


def test_stored_results_fit_their_schema():
    files = sorted(spine.RESULTS.rglob("*-spine.json"))
    assert files, "benchmarks/results is empty: run  make bench"
    for file in files:
        SPINE.validate(json.loads(file.read_text()))


def test_the_table_shows_what_was_measured(measured):
    result = spine_result(measured, ratio=2.4)
    text = report.markdown(result, "benchmarks/results/x.json")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    slow = measured[0]
    assert f"| fake | fp32 | ONNX Runtime | 0.0 | {slow.latency_ms.p50:.1f}" in text
    assert "| 0.0010 / 0.0020 |" in text
    assert "| faster | 2.4 × **(missed)** | ≥ 2.5 × |" in rows
    assert "| exports | 120 s | ≤ 150 s |" in rows
    assert "| (Python that does nothing) | 0.03 s | |" in rows
    assert "the times are those of an emulation" in text
    assert "benchmarks/results/x.json" in text


def test_tables_go_between_their_markers_and_nothing_else_changes():
    page = f"# Title\n\n{report.BEGIN}\nold\n{report.END}\n\nend\n"
    assert report.with_tables(page, "new") == page.replace("old", "new")
    assert report.with_tables(report.with_tables(page, "a"), "old") == page
    for broken in ("no markers", page + report.BEGIN, f"{report.END}\n{report.BEGIN}"):
        with pytest.raises(HeadPoseError, match="the page needs one line"):
            report.with_tables(broken, "new")


def test_report_updates_a_readme_once(measured, tmp_path, monkeypatch, capsys):
    result = spine_result(measured)
    path = spine.result_path(tmp_path / "results", result)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(result.to_json()))
    readme = tmp_path / "README.md"
    readme.write_text(f"{report.BEGIN}\n{report.END}\n")
    other = tmp_path / "docs" / "few_bits.md"
    other.parent.mkdir()
    other.write_text("nothing is generated here\n")
    monkeypatch.setattr(report.few_bits, "PAGE", other)
    monkeypatch.setattr(report.few_bits, "current", lambda: other.read_text())
    read = report.current
    monkeypatch.setattr(report, "README", readme)
    monkeypatch.setattr(report, "current", lambda: read(readme, tmp_path / "results"))
    assert report.main(["--check"]) == 1
    assert report.main([]) == 0
    assert report.main(["--check"]) == 0
    assert "out of date" in capsys.readouterr().out
    assert str(path.relative_to(tmp_path)) in readme.read_text()


def test_the_readme_shows_the_newest_result():
    assert report.README.read_text(encoding="utf-8") == report.current(), "run  python -m benchmarks.report"
    page = report.few_bits.PAGE.read_text(encoding="utf-8")
    assert page == report.few_bits.current(), "run  python -m benchmarks.report"


def test_the_demo_proves_runs_and_draws(tmp_path, capsys):
    argv = ["demo", "--checkpoint", "untrained", "--backbone", "repnext_m0", "--targets", "onnx", "--json"]
    argv += ["--out", str(tmp_path / "demo")]
    assert headpose.main(argv) == 0
    result = json.loads(capsys.readouterr().out)
    full, half = result["rows"]
    assert [row["file"] for row in (full, half)] == [f"sixdrepnet_repnext_m0_{p}.onnx" for p in ("fp32", "fp16")]
    assert result["passed"]
    assert full["max_deg"] <= 0.02
    assert half["size_bytes"] < 0.6 * full["size_bytes"]
    assert abs(full["yaw_deg"] - half["yaw_deg"]) < 1
    picture = read_image(result["picture"])
    assert picture.shape[0] > 2 * 360  # two precisions, one below the other
    assert picture.std() > 30
    assert headpose.main(argv) == 2  # what is there is not overwritten unasked
    assert "poses.png exists already" in capsys.readouterr().err


def test_the_demo_says_loudly_that_weights_are_untrained(capsys):
    angles = {"yaw_deg": 1.0, "pitch_deg": 2.0, "roll_deg": None}
    figures = {"size_bytes": 1, "mean_deg": 0.1, "max_deg": 9.0, "latency_ms": 300.0, "emulated": True}
    row = DemoRow("a.mlpackage", "coreml", "fp16", **figures, **angles, passed=False, verdict="starts at conv_7")
    facts = {"backbone": "repnext_m0", "weights": "weights default-m0, trained on rendered heads; licence: Apache-2.0"}
    demo_command._print(DemoResult((row,), "manifest.json", "poses.png", passed=False, trained=False, **facts))
    text = " ".join(capsys.readouterr().out.split())
    assert "UNTRAINED" in text
    assert "MEAN NOTHING" in text
    assert "300 emulated" in text
    assert "A FILE MISSED ITS GATE" in text
    assert "a.mlpackage: starts at conv_7" in text
    assert "Apache-2.0" not in text
    demo_command._print(DemoResult((replace(row, passed=True),), "m", "p", passed=True, trained=True, **facts))
    text = capsys.readouterr().out
    assert "UNTRAINED" not in text
    assert facts["weights"] in text
    assert "6DRepNet on repnext_m0" in text


def test_a_failed_artifact_is_shown_without_a_pose_and_a_proven_one_may_not_fail(artifacts, monkeypatch):
    monkeypatch.setattr(QuickSession, "run", lambda self, images: np.full((1, 3, 3), np.nan, dtype=np.float32))
    exported = SimpleNamespace(path=artifacts[0], parity=SimpleNamespace(passed=False))
    assert demo._pose(exported, photograph()) is None
    assert (demo._panel(photograph(), None) == photograph()).all()
    exported.parity.passed = True
    with pytest.raises(HeadPoseError, match="finite rotations"):
        demo._pose(exported, photograph())


def test_the_sheet_has_a_column_per_target_and_a_row_per_precision(tmp_path):
    shades = {"onnx": 30, "tflite": 120, "coreml": 210}
    panels = [
        (np.full((64, 64, 3), shade + 20 * (precision == "fp16"), dtype=np.uint8), f"{target} {precision}")
        for target, shade in shades.items()
        for precision in ("fp32", "fp16")
    ]
    sheet = read_image(demo._write_picture(tmp_path / "p.png", panels, 2, overwrite=False))
    height, width = sheet.shape[:2]
    middle = [[int(sheet[height * y // 8, width * x // 6, 0]) for x in (1, 3, 5)] for y in (2, 5)]
    assert middle == [[30, 120, 210], [50, 140, 230]]
