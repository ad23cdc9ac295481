"""What stands beside a latency: stages of the whole pipeline, peak memory, time by operator, errors against labels."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_session import FakeSession, fake_info

import headpose
from benchmarks import cost_worker, host
from benchmarks.costs import as_csv, by_kind, memory_and_load, op_times_of
from benchmarks.demo import photograph
from benchmarks.labelled import accuracy_of
from benchmarks.pipeline import Pipeline
from benchmarks.record import STAGES
from benchmarks.stored import artefact_name, read_results
from benchmarks.subjects import is_checkpoint, wanted_of, weights_file
from export.accuracy import LabelledCrops
from export.inspect import inspect
from runtime import sessions
from runtime.errors import HeadPoseError
from runtime.estimator import HeadPoseEstimator
from runtime.litert_profile import parse_run_order
from runtime.rotation import euler_to_rotation
from runtime.sessions import open_session
from runtime.sessions.op_times import OpTime
from runtime.tflite_file import read_tflite_graph

pytest.importorskip("skimage")


class SlowSession(FakeSession):
    """Takes five milliseconds."""

    def __init__(self, path=None, *, threads=None):
        super().__init__(path, threads=threads)
        git = {"commit": None, "dirty": None}
        self.info = replace(fake_info(), name="slow", target="onnx", git=git)

    def run(self, images):
        time.sleep(0.005)
        return super().run(images)


@pytest.fixture
def slow_file(tmp_path, monkeypatch):
    monkeypatch.setitem(sessions.SESSIONS, ".slow", f"{__name__}:SlowSession")
    file = tmp_path / "a.slow"
    file.write_bytes(b"a")
    return file


# --- the whole pipeline ---


def test_the_pipeline_reads_what_the_estimator_reads():
    photo, session = photograph(), FakeSession()
    (pose, *_) = HeadPoseEstimator(session, threads=1).predict(photo)
    assert Pipeline(session, photo, threads=1).run() == pytest.approx((pose.pitch_deg, pose.yaw_deg, pose.roll_deg))


def test_stages_are_timed_apart_and_make_up_the_whole(slow_file):
    alone, whole = host.measure([slow_file], rounds=20, warmup=2, photo=photograph())
    assert (alone.run.includes, whole.run.includes) == (("inference",), STAGES)
    assert alone.stages_ms == {}
    assert set(whole.stages_ms) == set(STAGES)
    assert whole.stages_ms["inference"].min >= 5
    total = sum(stage.mean for stage in whole.stages_ms.values())
    assert 0.5 * whole.latency_ms.mean < total <= whole.latency_ms.mean * 1.001  # of the same 20 runs
    assert whole.stages_ms["detect"].p50 > whole.stages_ms["decode"].p50
    assert [artefact_name(r) for r in (alone, whole)] == ["slow-onnx", "slow-onnx-pipeline"]


def test_a_picture_without_a_face_is_refused():
    with pytest.raises(HeadPoseError, match="no face was found in the picture"):
        Pipeline(FakeSession(), np.zeros((64, 64, 3), np.uint8))


def test_the_command_measures_the_pipeline_on_ones_own_picture(slow_file, tmp_path, capsys):
    from runtime.images import save_image

    save_image(tmp_path / "me.png", photograph())
    argv = ["bench", "host", str(slow_file), "--no-memory", "--labels", "none", "--rounds", "20"]
    assert headpose.main([*argv, "--pipeline", str(tmp_path / "me.png"), "--save", str(tmp_path / "kept")]) == 0
    out = capsys.readouterr().out
    assert "stages of the whole pipeline" in out
    assert "with detector" in out
    assert len(read_results(tmp_path / "kept")) == 2
    assert headpose.main([*argv, "--pipeline", str(tmp_path / "gone.png")]) == 2
    assert "gone.png" in capsys.readouterr().err


# --- what is measured ---


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"threads": [1]}, ["a.onnx", "b.pth, eager"]),
        ({"threads": [1, 2]}, ["a.onnx, 1 thread(s)", "b.pth, eager, 1 thread(s)", "a.onnx, 2 thread(s)",
                               "b.pth, eager, 2 thread(s)"]),
        ({"threads": [1], "modes": ["eager", "compiled"]}, ["a.onnx", "b.pth, eager", "b.pth, compiled"]),
        ({"threads": [1], "photo": np.zeros((1, 1, 3), np.uint8)}, ["a.onnx", "a.onnx, with detector", "b.pth, eager",
                                                                      "b.pth, eager, with detector"]),
    ],
    ids=["plain", "threads", "modes", "pipeline"],
)  # fmt: skip
def test_every_combination_is_wanted_once(options, names):
    assert [item.name for item in wanted_of(["x/a.onnx", "y/b.pth"], **options)] == names


def test_unknown_ways_to_run_pytorch_are_refused():
    with pytest.raises(HeadPoseError, match="did you mean 'compiled'"):
        wanted_of(["a.pth"], threads=[1], modes=["compile"])


def test_names_of_shipped_weights_stand_for_their_files():
    pytest.importorskip("torch")
    file = weights_file("default-m0")
    assert file.name == "repnext_m0.safetensors"
    assert is_checkpoint(file)
    assert not is_checkpoint(Path("x.onnx"))
    with pytest.raises(HeadPoseError, match="seeded weights, which have no file"):
        weights_file("untrained")
    with pytest.raises(HeadPoseError, match="did you mean 'default-m4'"):
        weights_file("default-m44")


def test_pytorch_is_measured_eager_beside_an_export(exported_m0):
    pytest.importorskip("torch")
    results = host.measure(["default-m0", exported_m0 / "sixdrepnet_repnext_m0_fp32.onnx"], rounds=3, warmup=1)
    assert [r.model.target for r in results] == ["pytorch", "onnx"]
    assert results[0].run.mode == "eager"
    assert "eager, folded" in results[0].run.engine
    assert results[0].model.trained
    assert not results[1].model.trained


@pytest.mark.slow
def test_pytorch_compiled_gives_the_rotations_of_eager():
    pytest.importorskip("torch")
    image = np.random.default_rng(0).integers(0, 255, (1, 224, 224, 3), dtype=np.uint8)
    eager, compiled = (
        open_session(weights_file("default-m0"), threads=1, form="deploy", mode=mode) for mode in ("eager", "compiled")
    )
    np.testing.assert_allclose(compiled.run(image), eager.run(image), atol=1e-4)
    kinds = {time.kind for time in compiled.operator_times(image[0], runs=2)}
    assert any("CompiledFxGraph" in kind for kind in kinds)
    assert max(len(kind) for kind in kinds) < 80  # no cache keys


# --- memory ---


def test_memory_of_a_process_of_its_own(exported_m0):
    file = exported_m0 / "sixdrepnet_repnext_m0_fp32.onnx"
    memory, load_ms = memory_and_load(file, threads=1)
    size_mb = file.stat().st_size / 1e6
    assert memory.base_mb + size_mb < memory.peak_mb < memory.base_mb + 40 * size_mb
    assert 10 < memory.base_mb < 200
    assert 1 < load_ms < 60_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_the_peak_is_the_processes_own_and_not_that_of_its_parent():
    ballast = np.ones(60_000_000)  # 480 MB here
    assert cost_worker.resident_mb("VmHWM") > 480
    code = "from benchmarks.cost_worker import resident_mb; print(resident_mb('VmHWM'))"
    import subprocess
    import sys

    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(child.stdout) < 100 < ballast.nbytes / 1e6


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(HeadPoseError, match=r"memory of .*gone\.onnx could not be measured: .*does not exist"):
        memory_and_load(tmp_path / "gone.onnx", threads=1)


# --- operators ---


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_operator_times_come_from_the_engines_profiler(exported_m0, suffix):
    file = exported_m0 / f"sixdrepnet_repnext_m0_fp32.{suffix}"
    session = open_session(file, threads=1)
    image = np.full((1, 224, 224, 3), 99, np.uint8)
    times = session.operator_times(image[0], runs=3)
    assert all(t.ms >= 0 for t in times)
    calls = Counter(t.kind.partition(" (")[0] for t in times)
    if suffix == "onnx":
        stored = {entry.kind: entry.count for entry in inspect(file).operators}
        assert calls["Conv"] == stored["Conv"]
        assert calls["Gelu"] == stored["Gelu"]
    else:  # XNNPACK runs the 1×1 convolutions as fully connected layers
        stored = Counter(op.kind for op in read_tflite_graph(file).ops)
        convolutions = stored["CONV_2D"] + stored["DEPTHWISE_CONV_2D"] + stored["FULLY_CONNECTED"]
        assert calls["Convolution"] + calls["Fully Connected"] == convolutions
        assert calls["GELU"] == stored["GELU"]
    heavy = by_kind(times)[0]
    assert heavy.kind in ("Conv", "Convolution (NHWC, F32) DWConv", "Fully Connected (NC, F32) GEMM")
    assert 0.2 < heavy.share < 1


def test_operators_of_another_process_are_those_of_this_one(exported_m0):
    file = exported_m0 / "sixdrepnet_repnext_m0_fp32.onnx"
    here = open_session(file, threads=1).operator_times(np.zeros((224, 224, 3), np.uint8), runs=2)
    there = op_times_of(file, threads=1)  # ONNX Runtime orders independent operators as it likes
    assert Counter(t.kind for t in there) == Counter(t.kind for t in here)


def test_pytorchs_operators():
    pytest.importorskip("torch")
    session = open_session(weights_file("default-m0"), threads=1, form="deploy")
    times = {t.kind: t for t in session.operator_times(np.zeros((224, 224, 3), np.uint8), runs=2)}
    assert times["aten::gelu"].calls == 18
    assert times["aten::gelu"].ms > 0


def test_kinds_are_added_up_and_the_slowest_comes_first():
    rows = by_kind([OpTime("a", "Conv", 1, 2.0), OpTime("b", "Add", 2, 1.0), OpTime("c", "Conv", 1, 5.0),
                    OpTime("d", "Reshape", 1, 0.0)])  # fmt: skip
    assert [(r.kind, r.calls, r.ms, r.share) for r in rows] == [("Conv", 2, 7.0, 0.875), ("Add", 2, 1.0, 0.125)]
    assert by_kind([]) == ()


def test_the_csv_has_every_operator():
    text = as_csv([("m", [OpTime("conv, 1", "Conv", 1, 2.0)]), ("n", [OpTime("x", "Add", 2, 0.5)])])
    rows = list(csv.DictReader(text.splitlines()))
    assert [(r["model"], r["number"], r["name"], r["kind"], r["calls"], float(r["ms"])) for r in rows] == [
        ("m", "0", "conv, 1", "Conv", "1", 2.0),
        ("n", "0", "x", "Add", "2", 0.5),
    ]


SUMMARY = """
========================================= Run Order =========================================
                                 [node type]    [start]    [first]   [avg ms]        [%]     [cdf%]   [mem KB] [times called]   [Name]
                      Delegate/Subtract (ND)      0.000      0.155      0.171     1.368%     1.368%      0.000             10   [Delegate]:0
      Delegate/Convolution (NHWC, F32) IGEMM      0.000      0.265      0.250     1.998%     7.109%      0.000             20   [Delegate]:2
                                   TRANSPOSE     -0.100      0.010      0.012     0.096%     7.205%      4.000             10   [model/out]:3

============================== Top by Computation Time ==============================
                                 [node type]    [start]    [first]   [avg ms]        [%]     [cdf%]   [mem KB] [times called]   [Name]
                      Delegate/Subtract (ND)      0.000      0.155      0.171     1.368%     1.368%      0.000             10   [Delegate]:0

Number of nodes executed: 3
"""  # fmt: skip  # noqa: E501


def test_the_profile_summary_is_read_once_and_calls_count():
    assert parse_run_order(SUMMARY, 10) == [
        OpTime("Subtract (ND):0", "Subtract (ND)", 1, 0.171),
        OpTime("Convolution (NHWC, F32) IGEMM:2", "Convolution (NHWC, F32) IGEMM", 2, 0.5),
        OpTime("[model/out]:3", "TRANSPOSE", 1, 0.012),
    ]
    with pytest.raises(HeadPoseError, match="told of no operator"):
        parse_run_order("something else", 10)


def test_the_command_writes_operators_and_memory(exported_m0, tmp_path, capsys):
    file, table = exported_m0 / "sixdrepnet_repnext_m0_fp32.tflite", tmp_path / "operators.csv"
    argv = ["bench", "host", str(file), "--rounds", "3", "--operators", str(table), "--json"]
    assert headpose.main(argv) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["operators"][0]["ms"] > 0
    assert result["memory_mb"]["peak_mb"] > 20
    assert result["load_ms"]["cold"] > result["load_ms"]["warm"] > 0
    assert result["accuracy"] is None  # untrained weights are not held to labels
    assert len(table.read_text().splitlines()) > 100
    assert headpose.main(argv) == 2
    assert "exists already" in capsys.readouterr().err


# --- accuracy ---


def _faces(angles, colours):
    crops = np.stack([np.full((32, 32, 3), colour, np.uint8) for colour in colours])
    rotations = np.stack([euler_to_rotation(*angle) for angle in angles])
    return LabelledCrops("made", crops, rotations)


def test_the_error_against_labels_is_that_of_this_very_session():
    colours = [(128, 128, 128), (168, 128, 128), (128, 168, 128), (128, 128, 88)]  # yaw 10°, pitch 10°, roll −10°
    faces = _faces([(0, 0, 0), (0, 10, 0), (10, 0, 0), (0, 0, 10)], colours)
    found = accuracy_of(FakeSession(), faces)
    assert (found.dataset, found.n) == ("made", 4)
    assert found.geodesic_mean_deg == pytest.approx(20 / 4, abs=1e-3)  # three are right, one is 20° off
    assert found.geodesic_low_deg <= 5 <= found.geodesic_high_deg
    assert found.mae_deg == pytest.approx(20 / 12, abs=1e-3)


def test_a_result_has_the_error_of_its_file_on_the_shipped_heads(slow_file, capsys):
    argv = ["bench", "host", str(slow_file), "--no-memory", "--rounds", "3", "--json"]
    assert headpose.main(argv) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert (result["accuracy"]["dataset"], result["accuracy"]["n"]) == ("held-out rendered heads", 128)
    assert 20 < result["accuracy"]["geodesic_mean_deg"] < 90  # a pose read from the mean colour
