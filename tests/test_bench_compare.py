"""Results as files, and the gate on what became slower: matched by what was measured, judged by interval and limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_session import fake_info

import headpose
from benchmarks.device import host_device
from benchmarks.latency import LatencyStats, reasons_against
from benchmarks.record import LatencyResult, LoadTimes, Model, Run
from benchmarks.regressions import changes, ratio_apart, verdict_of
from benchmarks.stored import artefact_name, device_folder, read_results, store
from runtime.errors import HeadPoseError


def result(
    ms: float, name: str = "m0", *, spread: float = 0.01, created: str = "2026-01-01", **run: object
) -> LatencyResult:
    """As measured: 40 samples about a median, in an order that shows no drift."""
    steps = np.linspace(-spread, spread, 40) * ms
    samples = tuple(float(ms + step) for step in np.random.default_rng(0).permutation(steps))
    info = fake_info()
    git = {"commit": None, "dirty": None}
    return LatencyResult(
        model=Model(name, "repnext_m0", "onnx", "fp32", 224, "a" * 64, 1000, False, info.checkpoint.sha256, git),
        device=replace(host_device(), model="a processor"),
        run=replace(Run("benchmarks.host", "engine", 1, "cpu", "cpu", False, 6, 40), **run),
        load_ms=LoadTimes(1.0, None),
        first_ms=2.0,
        samples_ms=samples,
        latency_ms=LatencyStats.of(samples),
        tools={},
        created=f"{created}T00:00:00+00:00",
        valid=True,
        invalid_reasons=(),
    )


def invalid(ms: float) -> LatencyResult:
    return replace(result(ms), valid=False, invalid_reasons=("other work ran",))


# --- files ---


def test_a_stored_result_is_read_back_and_never_written_over(tmp_path):
    one = result(10.0)
    first, second = store(one, tmp_path), store(replace(one, first_ms=7.0), tmp_path)
    assert first == tmp_path / "host-a-processor" / "2026-01-01-m0-onnx.json"
    assert second.name == "2026-01-01-m0-onnx-2.json"
    assert read_results(first) == [one]
    assert [r.first_ms for r in read_results(tmp_path)] == [7.0, 2.0]  # by name, '-' before '.'


@pytest.mark.parametrize(
    ("changed", "name"),
    [({}, "m0-onnx"), ({"threads": 2}, "m0-onnx-2t"), ({"threads": None}, "m0-onnx")],
    ids=["one thread", "two threads", "the engine's own"],
)
def test_names_of_results(changed, name):
    assert artefact_name(result(1.0, **changed)) == name


def test_folders_of_devices():
    phone = replace(host_device(), kind="android", model="Pixel 8a")
    assert device_folder(phone) == "android-pixel-8a"
    assert device_folder(replace(phone, kind="iphone", model="iPhone13,2")) == "iphone-iphone13-2"


def test_what_bench_host_printed_is_read_too_and_other_kinds_in_a_folder_are_passed_over(tmp_path):
    one = result(10.0)
    (tmp_path / "printed.json").write_text(json.dumps({"results": [one.to_json()], "ratios": []}))
    (tmp_path / "2026-pareto.json").write_text(json.dumps({"points": []}))
    (tmp_path / "list.json").write_text("[1, 2]")
    assert read_results(tmp_path) == [one]
    assert read_results(tmp_path / "printed.json") == [one]


def _truncated(folder: Path) -> Path:
    path = store(result(1.0), folder)
    path.write_text(path.read_text()[:200])
    return path


def _newer(folder: Path) -> Path:
    path = store(result(1.0), folder)
    path.write_text(json.dumps({**result(1.0).to_json(), "schema": 99}))
    return path


def _incomplete(folder: Path) -> Path:
    data = result(1.0).to_json()
    del data["device"]
    path = folder / "half.json"
    path.write_text(json.dumps(data))
    return path


def _other(folder: Path) -> Path:
    path = folder / "spine.json"
    path.write_text("{}")
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "gone.json", "there is no"),
        (lambda folder: folder, "holds no latency result"),
        (_truncated, "cannot be read"),
        (_newer, "schema 99, this version reads"),
        (_incomplete, r"half\.json cannot be read \('device'\)"),
        (_other, "is no latency result"),
    ],
    ids=["missing", "empty folder", "truncated", "another schema", "incomplete", "another kind"],
)
def test_bad_files_are_named(make, words, tmp_path, capsys):
    path = make(tmp_path)
    with pytest.raises(HeadPoseError, match=words):
        read_results(path)
    good = store(result(1.0), tmp_path.parent / "good")
    assert headpose.main(["bench", "compare", str(good), str(path)]) == 2
    assert capsys.readouterr().err.count("error:") == 1


# --- judging ---


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((1.00, 0.99, 1.01), "same"),
        ((1.04, 1.03, 1.05), "same"),
        ((1.06, 1.05, 1.07), "slower"),
        ((1.06, 0.99, 1.12), "same"),
        ((1.12, 1.10, 1.14), "too slow"),
        ((1.30, 0.98, 1.60), "same"),
        ((0.90, 0.88, 0.92), "faster"),
        ((0.90, 0.80, 1.01), "same"),
        ((0.97, 0.96, 0.98), "same"),
    ],
    ids=str,
)
def test_verdicts(interval, verdict):
    assert verdict_of(*interval) == verdict


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.07, 3.0])
def test_the_ratio_of_two_runs_is_that_of_their_medians_and_its_interval_holds_it(ratio):
    old, new = result(10.0, spread=0.2).samples_ms, result(10.0 * ratio, spread=0.2).samples_ms
    middle, low, high = ratio_apart(new, old)
    assert middle == pytest.approx(np.median(new) / np.median(old), abs=1e-4)
    assert low < middle < high
    assert high / low == pytest.approx(1.16, abs=0.12)  # of 40 even samples over ± 20 %
    assert ratio_apart(new, old) == (middle, low, high)


def test_results_are_matched_by_what_was_measured_and_the_newest_counts():
    old = [result(10.0), result(30.0, "m4"), result(5.0, threads=2)]
    new = [
        result(20.0, created="2026-02-01"),
        result(10.1, created="2026-02-02"),
        result(36.0, "m4", created="2026-02-02"),
        result(9.0, "m1", created="2026-02-02"),
    ]
    found = {(c.key.name, c.key.threads): c for c in changes(old, new)}
    assert [c.verdict for c in found.values()] == ["same", "too slow", "not judged", "not judged"]
    assert found["m4 224px", 1].ratio == pytest.approx(1.2, abs=0.01)
    assert found["m4 224px", 1].fails
    assert found["m1 224px", 1].why.startswith("new:")
    assert found["m0 224px", 2].why == "not measured any more"


@pytest.mark.parametrize(("old", "new"), [(result(1.0), invalid(9.0)), (invalid(1.0), result(9.0))], ids=["new", "old"])
def test_what_may_not_be_quoted_is_not_judged(old, new):
    (change,) = changes([old], [new])
    assert (change.verdict, change.ratio) == ("not judged", None)
    assert "other work ran" in change.why


def test_another_device_is_another_thing():
    other = replace(result(9.0), device=replace(host_device(), model="another processor"))
    with pytest.raises(HeadPoseError, match=r"share nothing that could be compared.*a processor.*another processor"):
        changes([result(1.0)], [other])


@pytest.mark.parametrize(("warn", "fail"), [(0.9, 1.1), (1.2, 1.1)], ids=["below one", "the wrong way round"])
def test_limits_that_make_no_sense(warn, fail):
    with pytest.raises(HeadPoseError, match="make no sense"):
        changes([result(1.0)], [result(1.0)], warn=warn, fail=fail)


@pytest.mark.parametrize(
    ("ms", "options", "code", "word"),
    [
        (10.2, [], 0, "same"),
        (10.7, [], 0, "slower"),
        (12.0, [], 1, "too slow"),
        (12.0, ["--fail", "30"], 0, "slower"),
        (8.0, [], 0, "faster"),
    ],
    ids=["same", "warns", "fails", "a wider gate", "faster"],
)
def test_the_exit_code_is_a_gate(ms, options, code, word, tmp_path, capsys):
    old, new = store(result(10.0), tmp_path / "old"), store(result(ms), tmp_path / "new")
    assert headpose.main(["bench", "compare", str(old), str(new), *options]) == code
    assert word in capsys.readouterr().out
    assert headpose.main(["bench", "compare", str(old.parent), str(new.parent), *options, "--json"]) == code
    (data,) = json.loads(capsys.readouterr().out)
    assert (data["verdict"], data["key"]["name"]) == (word, "m0 224px")


def test_a_gate_that_could_judge_nothing_is_shut(tmp_path, capsys):
    old, new = store(result(10.0), tmp_path / "old"), store(invalid(10.0), tmp_path / "new")
    assert headpose.main(["bench", "compare", str(old), str(new)]) == 1
    assert "nothing could be judged" in capsys.readouterr().err


def test_a_clock_that_jumped_makes_samples_unfit():
    samples = result(10.0).samples_ms
    assert reasons_against(samples, clock_jump_s=0.4) == ()
    assert reasons_against(samples, clock_jump_s=-3600.2) == (
        "the clock jumped by -3600 s: the computer slept, or its time was set",
    )
