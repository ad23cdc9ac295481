"""``headpose bench android`` when something is wrong: one sentence, exit code 2, and nothing left behind on the phone.

The real adb client against a stand-in server, as in tests/test_bench_android.py, from which the fixtures come.
"""

# ruff: noqa: F401, F811 (fixtures that are imported are arguments too)

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from adb_server import Hung
from stand_in_phone import StandInPhone
from test_bench_android import bench, clean, graph, phone, program, pytestmark, server, tool

from benchmarks.android.run import open_phone
from runtime.errors import HeadPoseError

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("phones", "words", "sentence"),
    [
        ([], [], "no phone is connected: plug one in"),
        (["unauthorized"], [], "is unauthorized: unlock it and allow USB debugging"),
        (["offline"], [], "is offline: plug it out and in again"),
        (["no permissions; see [http://developer.android.com/tools/device.html]"], [], "is no permissions: this user"),
        (["recovery"], [], "is recovery: start Android on it"),
        (["device", "device"], [], "2 phones are connected: choose one with --device SERIAL"),
        (["device", "offline"], [], "Pixel 8a (PHONE0) device, PHONE1 offline"),
        (
            ["device"],
            ["--device", "OTHER"],
            "there is no phone 'OTHER': give one of those that are connected (Pixel 8a",
        ),
        (["device", "offline"], ["--device", "PHONE1"], "the phone PHONE1 is offline"),
    ],
    ids=[
        *("none", "unauthorised", "offline", "no permissions", "recovery", "two", "two, one of them offline"),
        *("another serial number", "the offline one"),
    ],
)
def test_no_phone_that_is_ready(bench, server, phones, words, sentence):
    server.phones = [StandInPhone(serial=f"PHONE{n}", state=state) for n, state in enumerate(phones)]
    code, out, err = bench(*words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.startswith("error: ")
    assert len(err.strip().splitlines()) == 1


def test_one_of_two_phones_can_be_chosen(bench, server, phone):
    other = StandInPhone(serial="OTHER")
    server.phones.append(other)
    assert bench("--device", "OTHER")[0] == 0
    assert clean(other)
    assert phone.commands == []


@pytest.mark.parametrize(
    ("switches", "words", "sentence"),
    [
        ({"level": 12, "status": 3}, [], "is at 12 %, and phones slow down below 20 %: charge it"),
        ({"thermal": [3]}, [], "is too hot to be measured (thermal state severe)"),
        ({"thermal": [6]}, [], "is too hot to be measured (thermal state shutdown)"),
        ({"gpu": "missing"}, ["--accelerator", "gpu"], "was built without the GPU delegate"),
        ({"gpu": "fails"}, ["--accelerator", "gpu"], "cannot run sixdrepnet_fake_fp32.tflite on gpu of Pixel 8a"),
        ({"tool_ends": (139, "Segmentation fault\n")}, [], "(segmentation fault; it said: "),
        ({"tool_ends": (134, "FATAL: no\nAborted\n")}, [], "(aborted; it said: FATAL: no)"),
        (
            {"tool_ends": (1, 'CANNOT LINK EXECUTABLE "x": library "libc++_shared.so" not found\n')},
            [],
            "cannot load --tool",
        ),
        ({"result_file": "damaged"}, [], "the result file of benchmark_model cannot be read"),
        ({"result_file": "none", "median": False}, [], "this benchmark_model tells no median"),
        (
            {"installed": False},
            ["--with", "app"],
            "is not installed on Pixel 8a (38A1JEKB123456): run  ./gradlew install",
        ),
        (
            {"capacity": 1000},
            [],
            "has no room for sixdrepnet_fake_fp32.tflite (0 MB): free space in its data partition",
        ),
        ({"properties": {"ro.product.cpu.abi": "x86_64"}}, [], "is built for arm64-v8a, and Pixel 8a"),
    ],
    ids=[
        *("battery", "severe", "shutting down", "no GPU delegate", "the GPU refuses", "crash", "abort", "link"),
        *("damaged result", "no median", "no app", "full", "another ABI"),
    ],
)
def test_one_sentence_and_a_clean_phone(bench, phone, switches, words, sentence):
    vars(phone).update(switches)
    code, out, err = bench(*words)
    assert (code, out) == (2, "")
    last = err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert sentence in last
    assert phone.folders == {"/data/local/tmp"}
    assert not phone.files


def test_a_flat_battery_is_noticed_before_anything_is_copied(bench, phone):
    phone.level, phone.status = 12, 3
    assert bench()[0] == 2
    assert not any(words[0] == "mkdir" for words in phone.commands)
    phone.status = 2
    assert bench()[0] == 0, "it may be low while it is charged"


@pytest.mark.parametrize("at", ["getprop", "mkdir", "chmod", "benchmark_model --graph", "wc -c"])
def test_a_phone_that_goes_away_in_the_middle(bench, phone, at):
    phone.goes_away_at = at
    code, out, err = bench()
    assert (code, out) == (2, "")
    assert "Pixel 8a (38A1JEKB123456) went away in the middle of its work" in err
    assert "adb does not list it any more" in err
    assert ("may have stayed behind on" in err) is (at != "getprop")


def test_a_phone_that_does_not_answer_and_a_file_that_comes_in_part(server, phone):
    opened, run = open_phone(), phone.run
    released = threading.Event()

    def stuck(line):
        if "stuck" in line:
            released.wait(20)
            raise Hung
        return run(line)

    phone.run = stuck
    with pytest.raises(HeadPoseError, match=r"did not end  adb shell  within 0 s: restart the phone"):
        opened.shell("stuck", timeout_s=0.3)
    released.set()
    phone.files["/x"] = b"whole"
    assert opened.read("/x") == b"whole"
    assert opened.read("/y") is None
    phone._do_cat = lambda words: "who"
    with pytest.raises(HeadPoseError, match=r"3 bytes of /x came, not 5; adb lists it as device"):
        opened.read("/x")


def test_what_was_measured_before_a_failure_is_not_lost(bench, phone, tmp_path):
    phone.gpu = "fails"
    code, out, err = bench("--accelerator", "cpu,gpu", "--save", str(tmp_path / "kept"))
    assert code == 2
    assert "fake fp32 tflite" in out
    assert "on gpu of Pixel 8a" in err
    assert len(list((tmp_path / "kept").rglob("*.json"))) == 1
    assert clean(phone)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--accelerator", "tpu"], "unknown accelerator 'tpu'"),
        (["--accelerator", "cpu,cpu"], "name each accelerator once"),
        (["--with", "apps"], "unknown way 'apps': did you mean 'app'?"),
        (["--threads", "0"], "give numbers from 1, each once"),
        (["--threads", "two"], "give whole numbers"),
        (["--cores", "fast"], "give big, all or a hexadecimal mask"),
        (["--cores", "0"], "give big, all or a hexadecimal mask"),
        (["--runs", "0"], "needs one run at least"),
        (["--min-seconds", "nan"], "--min-seconds below an hour"),
        (["--cool-down", "-1"], "--cool-down below a day"),
    ],
)
def test_options_that_make_no_sense(bench, server, words, sentence):
    code, _, err = bench(*words)
    assert code == 2
    assert sentence in err
    assert not any(service.startswith("shell") for service in server.requests)


def test_benchmark_model_without_the_program(bench):
    code, _, err = bench("--with", "benchmark_model", with_tool=False)
    assert code == 2
    assert "--with benchmark_model needs that program, given with --tool: Google offers it" in err


def test_files_that_no_engine_of_the_phone_runs(bench, tmp_path, phone):
    damaged = tmp_path / "x.tflite"
    damaged.write_bytes(b"no")
    files = {"m.mlpackage": "m.mlpackage is neither", damaged: "x.tflite", tmp_path / "n.tflite": "n.tflite"}
    for file, words in files.items():
        code, _, err = bench(files=[file])
        assert code == 2
        assert words in err
    assert phone.commands == []


def test_no_adb(bench, monkeypatch, tmp_path):
    for name in ("ANDROID_HOME", "ANDROID_SDK_ROOT"):
        monkeypatch.delenv(name, raising=False)
    adb = shutil.which("adb")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no adb on this computer: install it (Debian and Ubuntu: apt install adb" in bench()[2]
    monkeypatch.setenv("ADB", str(tmp_path / "none"))
    assert "and that is no program" in bench()[2]
    monkeypatch.setenv("ADB", adb)
    assert bench()[0] == 0
    monkeypatch.delenv("ADB")
    (tmp_path / "sdk" / "platform-tools").mkdir(parents=True)
    (tmp_path / "sdk" / "platform-tools" / "adb").symlink_to(adb)
    monkeypatch.setenv("ANDROID_HOME", str(tmp_path / "sdk"))
    assert bench()[0] == 0


def test_interrupting_it_leaves_nothing_behind(server, phone, graph, tool, tmp_path):
    """Ctrl-C while the tool runs: it is stopped, its folder goes, and the exit code is 130."""
    started, released = threading.Event(), threading.Event()
    run = phone.run

    def slow(line):
        if "benchmark_model --graph" in line:
            started.set()
            released.wait(20)
            raise Hung  # what was stopped answers nothing
        if "pkill" in line:
            released.set()
        return run(line)

    phone.run = slow
    code = (
        "import sys; from benchmarks.commands import bench_android; from runtime.command_line import run_command; "
        "raise SystemExit(run_command(bench_android, 'headpose bench android', '', sys.argv[1:]))"
    )
    environment = {**os.environ, "HEADPOSE_BENCH_LOCK": str(tmp_path / "lock")}
    command = [sys.executable, "-c", code, str(graph), "--tool", tool]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, start_new_session=True) as child:
        try:
            assert started.wait(60)
            time.sleep(0.1)
            os.killpg(child.pid, signal.SIGINT)
            _, err = child.communicate(timeout=60)
        finally:
            released.set()
            child.kill()
    assert child.returncode == 130, err
    assert any(words[0] == "pkill" for words in phone.commands)
    assert clean(phone)
