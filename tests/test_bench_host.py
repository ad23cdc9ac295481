"""``headpose bench host``: threads in turns, a shortest duration, another first file, results kept, one at a time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from fake_session import fake_info

import headpose
from benchmarks import host
from benchmarks.stored import read_results
from benchmarks.turns import take_turns
from runtime import sessions
from runtime.errors import HeadPoseError

QUICK = ["--no-memory", "--labels", "none"]  # another process knows nothing of a fake session


class Session:
    """Sleeps for a millisecond, or two with one thread."""

    def __init__(self, path, *, threads=None):
        git = {"commit": None, "dirty": None}
        self.info = replace(fake_info(), name=path.stem, target="onnx", git=git, parity=None)
        self.engine, self.threads = "engine", threads

    def run(self, images):
        time.sleep(0.002 if self.threads == 1 else 0.001)
        return np.eye(3, dtype=np.float32)[None]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setitem(sessions.SESSIONS, ".still", f"{__name__}:Session")
    made = [tmp_path / "one.still", tmp_path / "two.still"]
    for file in made:
        file.write_bytes(file.name.encode())
    return [str(file) for file in made]


def test_several_numbers_of_threads_take_turns_too(files):
    results = host.measure(files[:1], threads=[1, 2], rounds=20, warmup=1)
    assert [r.run.threads for r in results] == [1, 2]
    assert results[0].run.interleaved_with == ("one.still, 2 thread(s)",)
    (ratio,) = host.ratios_to_first(results)
    assert 0.4 < ratio.ratio < 0.8


@pytest.mark.parametrize(
    ("seconds", "least", "most"), [(0.0, 4, 4), (0.2, 30, 110)], ids=["rounds alone", "so long at least"]
)
def test_a_shortest_duration_adds_rounds(seconds, least, most):
    samples = take_turns({"a": lambda: time.sleep(0.002)}, rounds=4, warmup=1, min_seconds=seconds)
    assert least <= len(samples["a"]) <= most


def test_turns_are_reversed_every_other_round():
    order: list[str] = []
    work = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    samples = take_turns(work, rounds=4, warmup=2)
    assert "".join(order) == "abbaabbaabba"
    assert [len(s) for s in samples.values()] == [4, 4]


def test_another_file_to_compare_with_and_results_kept(files, tmp_path, capsys):
    argv = ["bench", "host", files[0], "--against", files[1], "--rounds", "20", "--threads", "1,2", *QUICK]
    assert headpose.main([*argv, "--save", str(tmp_path / "kept"), "--json"]) == 0
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert [r["model"]["name"] for r in data["results"]] == ["two", "one", "two", "one"]
    assert err.count("written:") == 4
    kept = read_results(tmp_path / "kept")
    assert sorted((r.model.name, r.run.threads) for r in kept) == [("one", 1), ("one", 2), ("two", 1), ("two", 2)]
    assert headpose.main(argv) == 0
    assert "1 or 2 thread(s)" in capsys.readouterr().out


def test_a_clock_that_jumps_is_noticed(files, monkeypatch):
    wall = time.time
    asked: list[float] = []

    def jumping() -> float:
        asked.append(wall())
        return asked[-1] + 3600 * (len(asked) > 1)

    monkeypatch.setattr(host.time, "time", jumping)
    (result,) = host.measure(files[:1], rounds=150, warmup=1)
    assert not result.valid
    assert "the clock jumped by +3600 s: the computer slept, or its time was set" in result.invalid_reasons


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--threads", "one"], "give whole numbers"),
        (["--threads", "1,1"], "named twice"),
        (["--threads", "0"], "at least one"),
        (["--min-seconds", "-1"], "--min-seconds is -1"),
        (["--min-seconds", "nan"], "--min-seconds is nan"),
    ],
    ids=["no number", "twice", "zero", "negative", "no number of seconds"],
)
def test_options_that_make_no_sense(files, options, words, capsys):
    assert headpose.main(["bench", "host", files[0], *options]) == 2
    assert words in capsys.readouterr().err


def test_a_second_benchmark_is_refused_and_may_run_afterwards(files, tmp_path, monkeypatch, capsys):
    lock = tmp_path / "own.lock"
    monkeypatch.setenv("HEADPOSE_BENCH_LOCK", str(lock))
    code = "from benchmarks.lock import only_benchmark\nwith only_benchmark():\n    print('held', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        assert headpose.main(["bench", "host", files[0], "--rounds", "1", *QUICK]) == 2
        assert "another benchmark of headpose runs on this computer" in capsys.readouterr().err
    finally:
        other.communicate("\n", timeout=30)
    assert headpose.main(["bench", "host", files[0], "--rounds", "1", *QUICK]) == 0


def test_a_lock_that_cannot_be_had(tmp_path, monkeypatch):
    from benchmarks.lock import only_benchmark

    (tmp_path / "file").touch()
    monkeypatch.setenv("HEADPOSE_BENCH_LOCK", str(tmp_path / "file" / "lock"))
    with pytest.raises(HeadPoseError, match=r"cannot lock .*set HEADPOSE_BENCH_LOCK"), only_benchmark():
        pass


def test_the_command_without_a_part_says_which_there_are(capsys):
    with pytest.raises(SystemExit) as stopped:
        headpose.main(["bench"])
    assert stopped.value.code == 2
    assert "PART" in capsys.readouterr().err


def _bare_onnx(folder):
    onnx = pytest.importorskip("onnx")
    value = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, 3, 8, 8]) for n in ("image", "same")]
    node = onnx.helper.make_node("Identity", ["image"], ["same"])
    graph = onnx.helper.make_graph([node], "bare", value[:1], value[1:])
    file = folder / "bare.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10), str(file))
    return file


def _bare_tflite(folder):
    from runtime.blazeface import MODEL_FILE

    file = folder / "bare.tflite"
    file.write_bytes(MODEL_FILE.read_bytes())
    return file


@pytest.mark.parametrize("make", [_bare_onnx, _bare_tflite], ids=["onnx", "tflite"])
def test_a_file_without_our_metadata_is_refused_here_and_for_phones(make, tmp_path, capsys):
    from benchmarks.artefact import read_artefact

    file = make(tmp_path)
    assert headpose.main(["bench", "host", str(file), *QUICK]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert line.startswith("error: ")
    assert "carries no head-pose metadata" in line
    with pytest.raises(HeadPoseError, match="carries no head-pose metadata: make one with"):
        read_artefact(file)


def test_an_artefact_altered_since_its_export_is_refused(exported_m0, tmp_path):
    import shutil

    from benchmarks.artefact import read_artefact

    name = "sixdrepnet_repnext_m0_fp32.tflite"
    for file in (name, "manifest.json"):
        shutil.copy(exported_m0 / file, tmp_path / file)
    assert read_artefact(tmp_path / name).model.backbone == "repnext_m0"
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(HeadPoseError, match="altered since it was exported"):
        read_artefact(tmp_path / name)
