"""Emulated parity: the worker beside our sessions, runs that crash or hang, the command, the folder and how it is made.

An executable stands in for qemu where it does not matter what is emulated; one slow test runs the real one.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_session import fake_info
from stand_in_emulation import HONEST, engine, gives, stand_in

import headpose
from export import emulation
from export.emulation import debian
from export.emulation.emulated import angles_deg, check_emulated
from export.emulation.folder import FOLDER_VARIABLE, INSTALL, open_emulation
from export.emulation.record import EmulatedReport
from export.parity_images import ParityImage, parity_images
from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from runtime.sessions import open_session
from runtime.sessions.tflite import _dequantize, _quantize

PACKAGE = Path(emulation.__file__).parent
PROJECT = PACKAGE.parent.parent
WORKER = PACKAGE / "worker.py"
SCHEMA = json.loads((PACKAGE / "emulated.schema.json").read_text())


def worker(tmp_path: Path, path: Path, images: np.ndarray, target: str, site: str = "") -> tuple[np.ndarray, dict]:
    """What worker.py gives in a Python of its own, on this computer."""
    np.savez(tmp_path / "job.npz", images=images, model=np.array(str(path)), target=np.array(target))
    files = [str(tmp_path / "job.npz"), str(tmp_path / "result.npz")]
    done = subprocess.run([sys.executable, str(WORKER), site, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["image done"] * len(images)
    with np.load(tmp_path / "result.npz") as stored:
        return stored["outputs"], json.loads(str(stored["facts"]))


# --- the worker computes what our sessions compute ---


@pytest.mark.parametrize("name", ["fp32.onnx", "fp16.onnx", "fp32.tflite", "fp16.tflite"])
def test_the_worker_agrees_with_the_sessions(name: str, exported_m0: Path, tmp_path: Path) -> None:
    path = exported_m0 / f"sixdrepnet_repnext_m0_{name}"
    images = np.stack([image.pixels for image in parity_images(224)[::15]])
    session = open_session(path, threads=1)
    outputs, facts = worker(tmp_path, path, images, session.info.target)
    assert outputs.shape == (len(images), 3, 3)
    np.testing.assert_allclose(outputs, session.run(images), atol=1e-6)
    package = {"onnx": "onnxruntime", "tflite": "ai-edge-litert"}[session.info.target]
    pins = dict(line.split("==") for line in (PROJECT / "constraints.txt").read_text().split() if "==" in line)
    assert facts["engine"] == f"{package} {pins[package]}"
    assert facts["machine"] == os.uname().machine


def test_files_with_integers_at_both_ends(tmp_path: Path) -> None:
    """Against the session's own rounding; the engine is a stand-in that gives its input back as its output."""
    package = tmp_path / "site" / "ai_edge_litert"
    (tmp_path / "site" / "ai_edge_litert-9.9.dist-info").mkdir(parents=True)
    (tmp_path / "site" / "ai_edge_litert-9.9.dist-info" / "METADATA").write_text("Name: ai-edge-litert\nVersion: 9.9\n")
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "interpreter.py").write_text(
        "import numpy as np\n"
        "class Interpreter:\n"
        "    def __init__(self, model_path, num_threads): assert num_threads == 1\n"
        "    def allocate_tensors(self): pass\n"
        "    def get_input_details(self): return [{'index': 0, 'dtype': np.int8, 'quantization': (0.9, -90)}]\n"
        "    def get_output_details(self): return [{'index': 1, 'quantization': (0.25, 7)}]\n"
        "    def set_tensor(self, index, value): assert index == 0; self.value = value\n"
        "    def invoke(self): pass\n"
        "    def get_tensor(self, index): assert index == 1; return self.value\n"
    )
    images = np.arange(0, 240, dtype=np.uint8).reshape(5, 4, 4, 3)
    outputs, facts = worker(tmp_path, tmp_path / "model", images, "tflite", str(tmp_path / "site"))
    entry = {"dtype": np.int8, "quantization": (0.9, -90)}
    exit_scales = {"scales": np.array([0.25]), "zero_points": np.array([7]), "quantized_dimension": 0}
    expected = _dequantize(_quantize(images.astype(np.float32), entry), {"quantization_parameters": exit_scales})
    np.testing.assert_array_equal(outputs, expected)
    assert facts["engine"] == "ai-edge-litert 9.9"


def test_the_worker_needs_nothing_of_this_project() -> None:
    """It runs in a Python that has the standard library, NumPy and an engine."""
    tree = ast.parse(WORKER.read_text())
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert foreign == {"numpy", "onnxruntime", "ai_edge_litert"}


# --- figures ---


class Turned:
    """A session whose every head is turned by so many degrees."""

    def __init__(self, degrees: float, precision: str = "fp32") -> None:
        self.info = replace(fake_info(size=4), target="tflite", precision=precision)
        self.engine, self.degrees = "LiteRT", degrees

    def run(self, images: np.ndarray) -> np.ndarray:
        return np.repeat(euler_to_rotation(0.0, self.degrees, 0.0)[None], len(images), axis=0).astype(np.float32)


TRUTH: Any = SimpleNamespace(rotations=lambda images: np.repeat(np.eye(3, dtype=np.float32)[None], len(images), axis=0))
INPUTS = [ParityImage(str(i), np.full((4, 4, 3), i, np.uint8), face=i < 2) for i in range(3)]


def emulated_turns(tmp_path: Path, here: float, there: list[float], precision: str = "fp32") -> Any:
    file = tmp_path / "some.tflite"
    file.write_bytes(b"x")
    turned = np.stack([euler_to_rotation(0.0, angle, 0.0) for angle in there])
    made = engine(tmp_path / "folder", gives(tmp_path / "given", turned, engine="ai-edge-litert 2.3.0"))
    (record,) = check_emulated(file, Turned(here, precision), TRUTH, INPUTS, [made])
    return record


@pytest.mark.parametrize(
    ("here", "there", "passed", "words"),
    [
        (0.01, [0.0, 0.01, 0.015], True, r"within the gate: mean 0\.00833°, max 0\.015°"),
        (0.01, [0.0, 0.0, 0.03], False, r"emulated CPU cortex-a53 .*; on this computer it is within it: the kernels"),
        (0.5, [0.5, 0.5, 0.5], False, r"on this computer it is outside as well"),
    ],
    ids=["good", "ARM differs", "bad file"],
)
def test_the_gate_judges_what_the_emulated_processor_gives(
    here: float, there: list[float], passed: bool, words: str, tmp_path: Path
) -> None:
    record = emulated_turns(tmp_path, here, there)
    assert record.passed is passed
    assert re.search(words, record.explanation())
    figures = record.figures
    assert figures.from_pytorch.max_deg == pytest.approx(max(there), abs=1e-5)
    assert figures.from_pytorch.mean_deg == pytest.approx(np.mean(there), abs=1e-5)
    assert figures.from_host.max_deg == pytest.approx(max(abs(a - here) for a in there), abs=1e-5)
    assert figures.host_from_pytorch.mean_deg == pytest.approx(here, abs=1e-5)
    assert [i.from_host_deg for i in figures.images] == pytest.approx([abs(a - here) for a in there], abs=1e-5)


def test_files_in_few_bits_are_judged_on_faces(tmp_path: Path) -> None:
    record = emulated_turns(tmp_path, 1.0, [0.5, 0.75, 90.0], "int8_static")
    assert record.passed
    assert [image.judged for image in record.figures.images] == [True, True, False]
    assert record.figures.from_pytorch.max_deg == pytest.approx(0.75, abs=1e-4)
    assert record.figures.from_host.max_deg == pytest.approx(0.5, abs=1e-4)
    assert record.figures.images[2].from_pytorch_deg == pytest.approx(90.0, abs=1e-4)


def test_numbers_that_are_none_are_half_a_turn_away() -> None:
    good = np.repeat(np.eye(3, dtype=np.float32)[None], 3, axis=0)
    bad = good.copy()
    bad[1, 0, 0], bad[2, 1, 1] = np.nan, np.inf
    assert angles_deg(good, bad).tolist() == angles_deg(bad, good).tolist() == [0.0, 180.0, 180.0]
    turned = np.stack([euler_to_rotation(0.0, yaw, 0.0) for yaw in (0.0, 12.0, -90.0)]).astype(np.float32)
    assert angles_deg(good, turned) == pytest.approx([0.0, 12.0, 90.0], abs=1e-4)


# --- the command ---


def parity(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = headpose.main(["parity", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def validate(data: Any) -> None:
    pytest.importorskip("jsonschema").validate(data, SCHEMA)


def test_the_command_runs_every_file_on_every_model(
    exported_m0: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the real program everything but the emulator: the same engine on both sides agrees to the last digit."""
    stand_in(tmp_path / "folder")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "folder"))
    for name in ("fp32.onnx", "fp16.tflite", "fp32.mlpackage"):
        os.symlink(exported_m0 / f"sixdrepnet_repnext_m0_{name}", tmp_path / f"m0_{name}")
    out = tmp_path / "out"
    words = [str(tmp_path), "--emulate", "aarch64", "--limit", "2", "--json", "--out", str(out)]
    code, text, error = parity(capsys, *words)
    assert code == 0
    data = json.loads(text)
    validate(data)
    assert data["emulated"] is True
    assert [(r["file"], r["cpu"]) for r in data["runs"]] == [
        (file, cpu) for file in ("m0_fp16.tflite", "m0_fp32.onnx") for cpu in ("max", "cortex-a53")
    ]
    assert [r["figures"]["from_host"]["max_deg"] < 1e-5 for r in data["runs"]] == [True] * 4
    assert [len(r["figures"]["images"]) for r in data["runs"]] == [2] * 4
    assert data["skipped"] == {"m0_fp32.mlpackage": "Core ML has no engine for Linux, so none to emulate"}
    assert "NOT RUN under emulation: m0_fp32.mlpackage" in error
    assert json.loads((out / "emulated-parity.json").read_text()) == data
    assert json.loads(json.dumps(EmulatedReport.from_dict(data).as_dict())) == data
    code, _, error = parity(capsys, *words)
    assert code == 2
    assert "emulated-parity.json exists already" in error


def test_a_failure_on_one_model_is_named_and_the_others_still_run(
    exported_m0: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = gives(tmp_path / "given", np.stack([euler_to_rotation(0.0, 3.0, 0.0)]))
    body = f'case "$2" in\n max) kill -ILL $$;;\n cortex-a76) {wrong} exit 0;;\nesac\n{HONEST}'
    stand_in(tmp_path / "folder", body)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "folder"))
    monkeypatch.setenv("COLUMNS", "80")
    file = str(exported_m0 / "sixdrepnet_repnext_m0_fp32.onnx")
    words = [file, "--emulate", "aarch64", "--limit", "1", "--emulate-cpu", "max, cortex-a76,cortex-a53,max"]
    code, text, _ = parity(capsys, *words)
    assert code == 1
    flat = " ".join(text.split())
    assert "EMULATED aarch64" in flat
    assert "No figure here is a latency." in flat
    assert "onnxruntime on the emulated CPU max crashed with SIGILL" in flat
    assert "outside the gate on the emulated CPU cortex-a76" in flat
    rows = [line.split() for line in text.splitlines() if "/" in line and "0.02" in line]
    assert [(row[1], row[-1]) for row in rows if len(row) > 4] == [("cortex-a76", "FAILED"), ("cortex-a53", "passed")]
    code, text, _ = parity(capsys, *words, "--json")
    assert code == 1
    data = json.loads(text)
    validate(data)
    assert [(r["cpu"], r["passed"], r["figures"] is None) for r in data["runs"]] == [
        ("max", False, True),
        ("cortex-a76", False, False),
        ("cortex-a53", True, False),
    ]
    assert json.loads(json.dumps(EmulatedReport.from_dict(data).as_dict())) == data


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--emulate-cpu", "max"], "--emulate-cpu goes with --emulate aarch64"),
        (["--emulate-timeout", "5"], "--emulate-timeout goes with --emulate aarch64"),
        (["--emulate", "aarch64", "--emulate-timeout", "0"], "--emulate-timeout 0 is no time"),
        (["--emulate", "aarch64", "--emulate-timeout", "nan"], "--emulate-timeout nan is no time"),
        (["--emulate", "aarch64", "--emulate-cpu", "cortex-a35x"], "did you mean 'cortex-a53'?"),
        (["--emulate", "aarch64", "--emulate-cpu", "max,"], "unknown processor model of the emulator ''"),
        (["--emulate", "aarch64", "{package}"], "cannot be run under emulation"),
        (["--emulate", "aarch64", "gone.onnx"], "gone.onnx does not exist"),
        (["--emulate", "aarch64", "gone.mlpackage"], "gone.mlpackage does not exist"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else "",
)
def test_options_that_cannot_be(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(tmp_path / "folder")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "folder"))
    package = tmp_path / "some.mlpackage"
    package.mkdir()
    words = [word.format(package=package) for word in words]
    named = [] if words[-1].endswith(("onnx", "mlpackage")) else ["some.onnx"]
    code, _, error = parity(capsys, *named, *words)
    assert code == 2
    assert message in error.splitlines()[-1]


def test_nothing_is_fetched_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "not made"))
    monkeypatch.setattr(debian, "fetch", lambda *a: pytest.fail("downloads"))
    code, _, error = parity(capsys, "some.onnx", "--emulate", "aarch64")
    assert code == 2
    assert error.splitlines()[-1].endswith("make it once (110 MB of downloads, 240 MB on disk) with  " + INSTALL)


def test_no_record_knows_a_time() -> None:
    """An emulated run must never be read as a latency."""
    names = re.findall(r'"(\w+)": *{', json.dumps(SCHEMA))
    assert len(names) > 30
    assert [name for name in names if re.search(r"(?:^|_)(?:ms|s|seconds|latency|time|fps|elapsed)$", name)] == []


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"runs": [{"file": "x"}]}, {"runs": None}, {"qemu": ...}],
    ids=["schema", "run", "runs", "field"],
)
def test_a_damaged_report_is_refused(change: dict[str, Any]) -> None:
    whole = EmulatedReport("aarch64", "10", "x86_64", "", "0.1", {}, "now", (), {}).as_dict()
    assert EmulatedReport.from_dict(whole).as_dict() == whole
    broken = {key: value for key, value in {**whole, **change}.items() if value is not ...}
    with pytest.raises(HeadPoseError, match="the record of emulated runs cannot be read"):
        EmulatedReport.from_dict(broken)


# --- what was measured ---


def test_stored_records_are_whole_and_say_what_their_figures_say() -> None:
    files = sorted((PROJECT / "benchmarks" / "results" / "emulated-aarch64").glob("*-emulated.json"))
    assert files, "make some with  headpose parity DIR --emulate aarch64 --json"
    for file in files:
        data = json.loads(file.read_text())
        validate(data)
        assert json.loads(json.dumps(EmulatedReport.from_dict(data).as_dict())) == data
        assert len({run["cpu"] for run in data["runs"]}) >= 2


# --- the real thing ---


@pytest.mark.slow
def test_shipped_weights_on_two_emulated_processors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shipped M0 in ONNX and LiteRT: ARM kernels give PyTorch's rotations, on an old and on a new processor."""
    from export.pipeline import export

    try:
        open_emulation()
    except HeadPoseError as error:
        pytest.skip(str(error))
    export("default-m0", targets=("onnx", "tflite"), precisions=("fp32",), out=tmp_path, parity=False)
    code, text, _ = parity(capsys, str(tmp_path), "--emulate", "aarch64", "--limit", "3", "--json")
    data = json.loads(text)
    assert code == 0, text
    validate(data)
    assert {(r["target"], r["cpu"]) for r in data["runs"]} == {
        (target, cpu) for target in ("onnx", "tflite") for cpu in ("max", "cortex-a53")
    }
    for one in data["runs"]:
        assert one["figures"]["from_pytorch"]["max_deg"] < 0.02
        assert one["figures"]["from_host"]["max_deg"] < 0.02
        assert one["trained"] is True
        assert ("asimddp" in one["figures"]["guest"]["features"]) is (one["cpu"] == "max")
