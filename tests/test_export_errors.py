"""Bad input to `headpose export`: one sentence, exit code 2, nothing half-written."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import headpose
from export.manifest import read_manifest
from export.spec import ExportSpec
from runtime.errors import HeadPoseError


def _run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = headpose.main(["export", *args])
    return code, capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--targets", "onx"], "unknown target 'onx': did you mean 'onnx'?"),
        (["--targets", "coreml,tflight"], "unknown target 'tflight': did you mean 'tflite'?"),
        (["--precision", "fp61"], "unknown precision 'fp61': did you mean 'fp16'?"),
        (["--backbone", "repnxt_m4"], "did you mean 'repnext_m4'?"),
        (["--output", "rotations"], "unknown output 'rotations': did you mean 'rotation'?"),
        (["--size", "abc"], "--size takes a whole number of pixels, not 'abc'"),
        (["--size", "224.5"], "--size takes a whole number of pixels, not '224.5'"),
        (["--size", "16"], "the input size 16 is out of range: choose a side from 32 to"),
        (["--size", "-5"], "the input size -5 is out of range"),
        (["--targets", ","], "nothing to export: name at least one target"),
        (["--checkpoint", "missing.pth"], "missing.pth"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_bad_arguments(args: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, message = _run(capsys, "--backbone", "repnext_m0", *args, "--out", str(tmp_path / "out"))
    assert code == 2
    assert message.startswith("error: ")
    assert sentence in message
    assert not list(tmp_path.rglob("*.onnx"))


def test_a_file_where_the_folder_should_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "out"
    blocked.write_text("mine")
    code, message = _run(capsys, "--backbone", "repnext_m0", "--out", str(blocked / "inside"))
    assert code == 2
    assert f"cannot create the folder {blocked / 'inside'}" in message
    assert blocked.read_text() == "mine"


def test_an_existing_artefact_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "sixdrepnet_repnext_m0_fp32.onnx"
    mine.write_text("mine")
    code, message = _run(capsys, "--backbone", "repnext_m0", "--targets", "onnx", "--out", str(tmp_path))
    assert code == 2
    assert "exists already: choose another place or pass --overwrite" in message
    assert mine.read_text() == "mine"


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"schema": 1')
    with pytest.raises(HeadPoseError, match=r"manifest\.json cannot be read .*: delete it and export again"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("size", [31, 1025, 0])
def test_sizes_out_of_range(size: int) -> None:
    with pytest.raises(HeadPoseError, match="out of range"):
        ExportSpec("repnext_m0", "onnx", "fp32", input_size=size)


def _start(folder: Path, targets: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "headpose", "export", "--backbone", "repnext_m0", "--size", "64", "--no-parity"]
    return subprocess.Popen(
        [*command, "--targets", targets, "--out", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
        **options,  # type: ignore[call-overload]
    )


def _small_files() -> None:
    """As on a full disk: no file may grow beyond 300 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


@pytest.mark.parametrize("target", ["onnx", "tflite", pytest.param("coreml", marks=pytest.mark.slow)])
def test_a_full_disk(target: str, tmp_path: Path) -> None:
    process = _start(tmp_path, target, preexec_fn=_small_files)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 2, err
    assert err.strip().splitlines()[-1].startswith("error: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sign",
    [pytest.param(signal.SIGINT, id="Ctrl-C"), pytest.param(signal.SIGTERM, id="kill", marks=pytest.mark.slow)],
)
def test_an_interrupted_export_leaves_nothing(sign: signal.Signals, tmp_path: Path) -> None:
    process = _start(tmp_path, "onnx,tflite")
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".headpose-export-*/*.onnx")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(sign)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip().splitlines()[-1] == "interrupted"
    assert list(tmp_path.iterdir()) == []


def test_the_remains_of_a_dead_process_are_cleared(tmp_path: Path) -> None:
    from export.pipeline import _staging

    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".headpose-export-{dead.pid}"
    left.mkdir()
    (left / "half.onnx").write_text("half")
    with _staging(tmp_path) as staging:
        assert not left.exists()
        assert staging.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_converter_process_that_dies_is_one_sentence() -> None:
    from export.tflite import TfliteConversion
    from training.models.sixdrepnet import build_sixdrepnet

    spec = ExportSpec("repnext_m1", "tflite", "fp32", input_size=64)
    conversion = TfliteConversion(build_sixdrepnet("repnext_m0", deploy=True), spec)  # weights of another network
    try:
        with pytest.raises(HeadPoseError, match=r"litert-torch could not make sixdrepnet_repnext_m1.* \(exit"):
            conversion.result()
    finally:
        conversion.close()
