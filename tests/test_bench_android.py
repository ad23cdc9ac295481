"""``headpose bench android``: the real adb client, against a stand-in server with a stand-in phone behind it.

No phone was there: what the phone prints is made up in the documented formats (tests/stand_in_phone.py).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from adb_server import StandInServer
from benchmark_model_output import Made
from fake_session import fake_info
from stand_in_phone import StandInPhone
from test_bench_android_readers import program

from benchmarks.android import run as harness
from benchmarks.commands import bench_android
from benchmarks.record import SCHEMA_FILE
from benchmarks.stored import read_results
from runtime.artifact import METADATA_KEY
from runtime.command_line import run_command
from runtime.tflite_file import write_tflite_metadata

pytestmark = pytest.mark.skipif(
    shutil.which("adb") is None, reason="the adb client is not installed: apt install adb (Debian's package)"
)
DETECTOR = Path(harness.__file__).parents[2] / "runtime/assets/face_detection_short_range.tflite"


@pytest.fixture(scope="module")
def graph(tmp_path_factory) -> Path:
    """A real .tflite with our metadata; what it computes does not matter here."""
    file = shutil.copy(DETECTOR, tmp_path_factory.mktemp("graph") / "sixdrepnet_fake_fp32.tflite")
    info = replace(fake_info(), target="tflite", git={"commit": None, "dirty": None}, parity={"mean_deg": 0.01})
    write_tflite_metadata(file, {METADATA_KEY: info.to_json().encode()})
    return file


@pytest.fixture
def tool(tmp_path) -> str:
    file = tmp_path / "android_aarch64_benchmark_model"
    file.write_bytes(program(183))
    return str(file)


@pytest.fixture
def phone() -> StandInPhone:
    return StandInPhone()


@pytest.fixture
def server(phone, monkeypatch):
    """A stand-in server that adb takes for its own; nothing of it may fail."""
    for name in ("ADB", "ANDROID_SERIAL", "ADB_SERVER_SOCKET", "ANDROID_ADB_SERVER_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    with StandInServer(phone) as server:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(server.port))
        monkeypatch.setattr(harness, "POLL_S", 0.01)
        yield server
    assert server.errors == []


@pytest.fixture
def bench(server, graph, tool, monkeypatch, tmp_path, capsys):
    """Runs the command; gives its exit code and both streams."""
    monkeypatch.setenv("HEADPOSE_BENCH_LOCK", str(tmp_path / "lock"))

    def run(*words: str, files=(graph,), with_tool: bool = True):
        argv = [*map(str, files), *(["--tool", tool] if with_tool else []), "--cool-down", "0.2", "--labels", "none"]
        argv += words
        code = run_command(bench_android, "headpose bench android", "", argv)
        return code, *capsys.readouterr()

    return run


def results_of(done) -> list[dict]:
    code, out, err = done
    assert code == 0, err
    results = json.loads(out)["results"]
    for result in results:
        jsonschema.validate(result, json.loads(SCHEMA_FILE.read_text()))
    return results


def clean(phone: StandInPhone) -> bool:
    """Whether nothing of ours is on the phone, and something was."""
    return phone.folders == {"/data/local/tmp"} and not phone.files and any(c[0] == "mkdir" for c in phone.commands)


def tool_runs(phone: StandInPhone) -> list[list[str]]:
    return [words for words in phone.commands if any(word.startswith("--graph=") for word in words)]


def test_benchmark_model_from_push_to_record(bench, phone, graph):
    (result,) = results_of(bench("--threads", "2", "--runs", "150", "--min-seconds", "5", "--json"))
    model, device, run = result["model"], result["device"], result["run"]
    assert (model["name"], model["target"], model["size_bytes"]) == (
        "sixdrepnet_fake_fp32",
        "tflite",
        graph.stat().st_size,
    )
    assert device == {
        "kind": "android",
        "model": "Pixel 8a",
        "soc": "Tensor G3",
        "os": "Android 14 (API 34)",
        "cores": 9,
        "memory_gb": 7.9,
        "thermal_start": "none",
        "thermal_end": "none",
        "low_power": False,
    }
    assert (run["tool"], run["threads"], run["compute_units_requested"], run["compute_units_used"]) == (
        *("benchmark_model", 2, "cpu", "cpu"),
    )
    assert (run["warmup"], run["iterations"], run["protocol"]) == (32, 640, "benchmark_model")
    assert run["conditions"]["cores"] == "taskset 1f0"  # cores 4 to 8 are not of the slowest kind
    assert run["conditions"]["battery_percent"] == "80"
    assert run["conditions"]["screen"] == "Awake"
    assert result["latency_ms"]["p50"] == 15.48
    assert result["latency_ms"]["mean"] == pytest.approx(15.5176 / 2, abs=1e-3)
    assert (result["load_ms"]["cold"], result["first_ms"], result["samples_ms"]) == (32.163, 19.834, [])
    assert result["memory_mb"] == {"peak_mb": 74.7, "base_mb": None}
    assert result["placement"] == [{"unit": "cpu", "operators": 105, "cost_share": None}]
    assert [o["kind"] for o in result["operators"]] == ["Convolution (NHWC, F32) IGEMM", "SOFTMAX"]
    assert (result["valid"], result["parity"]) == (True, {"mean_deg": 0.01})
    assert "38A1JEKB" not in json.dumps(result), "a serial number is nobody's business"
    assert clean(phone)


def test_the_timed_run_is_not_the_profiled_one(bench, phone):
    results_of(bench("--runs", "150", "--min-seconds", "5", "--cores", "all", "--json"))
    timed, profiled = tool_runs(phone)
    assert {"--num_threads=4", "--use_xnnpack=true", "--num_runs=150", "--min_secs=5"} <= set(timed)
    assert not any("profiling" in word or "peak_memory" in word for word in timed)
    assert {"--enable_op_profiling=true", "--report_peak_memory_footprint=true", "--num_threads=4"} <= set(profiled)
    assert "taskset" not in timed + profiled


def test_every_accelerator_and_number_of_threads_and_results_kept(bench, tmp_path):
    done = bench("--accelerator", "cpu,gpu", "--threads", "1,4", "--save", str(tmp_path / "kept"))
    assert done[0] == 0
    assert "Pixel 8a (Tensor G3), Android 14 (API 34)" in done[1]
    assert "[3/3] measured sixdrepnet_fake_fp32, benchmark_model, gpu" in done[2]
    kept = read_results(tmp_path / "kept")
    ran = sorted((r.run.compute_units_used, r.run.threads or 0) for r in kept)
    assert ran == [("cpu", 1), ("cpu", 4), ("gpu", 0)]
    assert (tmp_path / "kept" / "android-pixel-8a").is_dir()


@pytest.mark.parametrize(
    ("gpu", "used", "valid"),
    [("works", "gpu", True), ("partly", "gpu+cpu", True), ("refused", "cpu", False)],
)
def test_the_gpu_that_is_asked_for_and_what_is_used(bench, phone, gpu, used, valid):
    phone.gpu = gpu
    (result,) = results_of(bench("--accelerator", "gpu", "--json"))
    assert result["run"]["compute_units_used"] == used
    assert result["valid"] is valid
    assert valid or result["invalid_reasons"] == ["asked for gpu, ran on cpu"]


def test_an_older_tool_without_a_result_file(bench, phone):
    phone.result_file = "none"
    (result,) = results_of(bench("--json"))
    assert (result["latency_ms"]["p50"], result["latency_ms"]["p95"]) == (15.48, 16.2)


@pytest.mark.parametrize(
    ("switches", "reasons"),
    [
        ({"low_power": "1"}, ["power saving was on"]),
        ({"screen": "Asleep"}, ["the screen was off (Asleep), and the system slows down then"]),
        ({"thermal": [2]}, ["the device was throttled: thermal state moderate"]),
        ({"thermal": [0, 0, 1]}, ["the device was throttled: thermal state light"]),
        ({"tenths": [280, 330]}, ["the phone had not cooled: battery 33.0 °C, 28.0 °C at first"]),
        ({"made": Made(runs=9)}, ["9 samples, fewer than 20"]),
        ({"properties": {"ro.product.model": "sdk", "ro.kernel.qemu": "1"}}, ["the times are those of an emulation"]),
    ],
    ids=["power saving", "screen off", "throttled", "throttled at the end", "warm", "few samples", "emulator"],
)
def test_figures_that_may_not_be_quoted_are_kept_with_the_reason(bench, phone, switches, reasons):
    vars(phone).update(switches)
    (result,) = results_of(bench("--json"))
    assert (result["valid"], result["invalid_reasons"]) == (False, reasons)


def test_the_table_says_what_ran_on_what(bench, phone):
    phone.gpu = "partly"
    words = " ".join(bench("--accelerator", "gpu")[1].replace("│", " ").split())
    assert "gpu 100, cpu" in words
    assert "; asked:" not in bench()[1]


def test_an_npu_is_asked_for_through_nnapi(bench, phone):
    (result,) = results_of(bench("--accelerator", "npu", "--json"))
    assert "--use_nnapi=true" in tool_runs(phone)[0]
    assert result["invalid_reasons"] == ["asked for npu, ran on cpu"]


def test_the_table_says_what_may_not_be_quoted(bench, phone):
    phone.low_power, phone.gpu = "1", "refused"
    words = " ".join(bench("--accelerator", "gpu")[1].split())
    assert "fake fp32 tflite, benchmark_model, gpu: not to be quoted: asked for gpu, ran on cpu; power saving" in words
    assert "│ 15.5 │ 16.2 │ 32.2 │ 19.8 │ 74.7 │" in words


def test_a_phone_that_is_warm_is_given_time(bench, phone):
    phone.thermal, phone.tenths = [0, 1, 1, 0], [280, 330, 330, 300]
    code, out, err = bench("--json", "--cool-down", "60")
    (result,) = results_of((code, out, err))
    assert result["valid"]
    assert err.count("cooling down (33.0 °C, thermal state light): 0 of at most 60 s") == 2


def test_a_phone_that_tells_little(bench, phone):
    phone.properties, phone.thermal, phone.low_power, phone.speeds = {}, [None], "null", {}
    (result,) = results_of(bench("--json"))
    assert result["device"]["thermal_start"] is result["device"]["low_power"] is result["device"]["soc"] is None
    assert result["device"]["model"] == "Pixel 8a (38A1JEKB123456)"
    assert result["run"]["conditions"]["cores"] == "taskset 1ff"
    assert result["valid"]
