"""What `headpose bench android` reads: benchmark_model's text and result file, instrumentations, a phone's words."""

from __future__ import annotations

import struct

import pytest
from benchmark_model_output import GPU, XNNPACK, Made, printed, profile_of, written

from benchmarks.android.benchmark_model import core_mask, wrong_backend
from benchmarks.android.device import big_cores, core_speeds, properties
from benchmarks.android.elf import check_runs_on
from benchmarks.android.instrumentation import read_outcome
from benchmarks.android.listing import ListedPhone, listed_phones
from benchmarks.android.tool_log import read_figures, read_operators, read_placement, unit_of
from benchmarks.android.wire import read_result
from runtime.errors import HeadPoseError

MADE = Made()


def both(streams: tuple[str, str]) -> str:
    return streams[1] + streams[0]


def test_the_figures_of_the_text_are_those_of_the_second_run_in_milliseconds():
    found = read_figures(both(printed(MADE, peak=True)))
    assert (found.runs, found.warmup) == (640, 32)
    assert (found.mean_ms, found.p50_ms, found.p95_ms, found.std_ms) == (15.5176, 15.48, 16.2, 0.551)
    assert (found.min_ms, found.max_ms, found.init_ms, found.first_ms) == (14.661, 17.579, 32.163, 19.834)
    assert found.peak_mb == pytest.approx(71.25 * 2**20 / 1e6, abs=0.05)
    assert found.growth_mb == pytest.approx(34.8281 * 2**20 / 1e6, abs=0.05)
    assert found.stats().p90 is None


def test_text_with_logcat_marks_exponents_and_equal_samples():
    text = both(printed(Made(average=1.00753e6, high=1200000, low=900000))).replace("INFO: ", "I tflite  : ")
    assert read_figures(text).mean_ms == 1007.53
    same = "INFO: count=1 curr=9\n\nINFO: count=50 curr=118055(all same)\nInference timings in us: Init: 8.7e+05, "
    found = read_figures(same + "First inference: 130565, Warmup (avg): 122373, Inference (avg): 118055")
    assert (found.p50_ms, found.max_ms, found.std_ms, found.init_ms) == (118.055, 118.055, 0.0, 870.0)


def test_a_tool_that_prints_no_median_or_nothing():
    with pytest.raises(HeadPoseError, match="tells no median"):
        read_figures(both(printed(MADE, median=False))).stats()
    assert read_figures("INFO: STARTING!\nERROR: Benchmarking failed.\n") is None


@pytest.mark.parametrize("peak", [True, False], ids=["with a peak", "without"])
def test_the_result_file_as_the_protobuf_package_writes_it_tells_what_the_text_tells(peak):
    told, text = read_result(written(MADE, peak=peak)), read_figures(both(printed(MADE, peak=peak)))
    for name in ("mean_ms", "min_ms", "max_ms", "std_ms", "p50_ms", "p95_ms", "init_ms", "first_ms", "growth_mb"):
        assert getattr(told, name) == pytest.approx(getattr(text, name), abs=1e-3), name
    assert (told.runs, told.warmup, told.peak_mb) == (text.runs, text.warmup, text.peak_mb)


def test_fields_that_a_newer_result_file_may_have_are_passed_over():
    more = bytes([50 << 3 & 0x7F | 0x80, 50 >> 4, 7]) + bytes([5 << 3 | 1]) + struct.pack("<d", 2.5)
    assert read_result(written(MADE) + more) == read_result(written(MADE))


@pytest.mark.parametrize(
    "data",
    [b"", written(MADE)[:30], b"\xff" * 12, b"\x12\x00", b"\x10\x05", bytes([2 << 3 | 3])],
    ids=["empty", "cut", "an endless number", "no figures", "a number for a message", "an unknown type"],
)
def test_a_damaged_result_file(data):
    with pytest.raises(HeadPoseError, match="result file of benchmark_model cannot be read"):
        read_result(data)


ROWS = [("Convolution (NHWC, QC8) GEMM", 62, 5.236, 101), ("QUANTIZE", 1, 0.764, 1), ("Add (ND, QS8)", 18, 4.0, 42)]


def test_operators_of_the_profiled_runs_slowest_first():
    found = read_operators(printed(MADE, profile=profile_of(ROWS))[0])
    assert [(o.kind, o.calls, o.ms) for o in found] == [
        ("Convolution (NHWC, QC8) GEMM", 101, 5.236),
        ("Add (ND, QS8)", 42, 4.0),
        ("QUANTIZE", 1, 0.764),
    ]
    assert [o.share for o in found] == [0.5236, 0.4, 0.0764]
    assert read_operators(printed(MADE)[0]) == ()


def test_the_inside_of_a_delegate_stands_for_its_row():
    profile = profile_of([(XNNPACK, 1, 9.3, 1), ("SOFTMAX", 1, 1.0, 1)], internal=ROWS[:2])
    assert {o.kind for o in read_operators(profile)} == {"Convolution (NHWC, QC8) GEMM", "QUANTIZE", "SOFTMAX"}
    assert {o.kind for o in read_operators(profile_of([(GPU, 1, 9.3, 1)]))} == {GPU}


APPLIED = "Explicitly applied GPU delegate, and the model graph will be {} executed by the delegate"


@pytest.mark.parametrize(
    ("streams", "used", "shares"),
    [
        (printed(MADE), "cpu", [("cpu", 105)]),
        (printed(MADE, delegates=()), "cpu", []),
        (printed(MADE, delegates=((GPU, 105, 105, 1),)), "gpu", [("gpu", 105)]),
        (printed(MADE, delegates=((GPU, 98, 105, 2), (XNNPACK, 7, 8, 1))), "gpu+cpu", [("gpu", 98), ("cpu", 7)]),
        (printed(MADE, delegates=((GPU, 98, 105, 2),)), "gpu+cpu", [("gpu", 98), ("cpu", 7)]),
        (printed(MADE, delegates=(), gpu_applied=APPLIED.format("completely") + "."), "gpu", []),
        (
            printed(MADE, delegates=(), gpu_applied=APPLIED.format("partially") + " w/ 2 delegate kernels."),
            "gpu+cpu",
            [],
        ),
        (("", "Replacing 63 node(s) with delegate (TfLiteGpuDelegateV2) node, yielding 2 partitions."), "gpu", []),
        (printed(MADE, delegates=(("TfLiteQnnDelegate", 105, 105, 1),)), "npu", [("npu", 105)]),
        (printed(MADE, delegates=(("TfLiteNnapiDelegate", 105, 105, 1),)), "nnapi", []),
        (printed(MADE, delegates=(("SomeDelegate", 100, 105, 1),)), "SomeDelegate+cpu", []),
    ],
    ids=[
        "xnnpack",
        "none",
        "gpu",
        "both",
        "rest without a delegate",
        "applied",
        "partly",
        "old",
        "qnn",
        "nnapi",
        "new",
    ],
)
def test_what_ran_the_operators_is_what_the_log_says(streams, used, shares):
    found = read_placement(both(streams))
    assert found.used == used
    assert [(share.unit, share.operators) for share in found.shares] == shares


@pytest.mark.parametrize(
    ("asked", "used", "words"),
    [
        ("cpu", "cpu", None),
        ("gpu", "gpu+cpu", None),
        ("gpu", "cpu", "asked for gpu, ran on cpu"),
        ("cpu", "gpu", "asked for cpu, ran on gpu"),
        ("npu", "npu", None),
        ("npu", "nnapi", "NNAPI ran it, and does not tell"),
        ("npu", "cpu", "asked for npu, ran on cpu"),
    ],
)
def test_another_backend_than_was_asked_for(asked, used, words):
    found = wrong_backend(asked, used)
    assert found is None if words is None else words in found


def test_the_units_of_delegates():
    names = ("TfLiteXNNPackDelegate", "TfLiteGpuDelegateV2", "LITERT_GPU", "TfLiteHexagonDelegate", "DispatchDelegate")
    assert [unit_of(name) for name in names] == ["cpu", "gpu", "gpu", "npu", "npu"]


STARTED = """INSTRUMENTATION_STATUS: class=org.sixdrepnext.headpose.BenchmarkInstrumentation
INSTRUMENTATION_STATUS: current=1
INSTRUMENTATION_STATUS: id=AndroidJUnitRunner
INSTRUMENTATION_STATUS: numtests=1
INSTRUMENTATION_STATUS: stream=
org.sixdrepnext.headpose.BenchmarkInstrumentation:
INSTRUMENTATION_STATUS: test=latency
INSTRUMENTATION_STATUS_CODE: 1
"""
ENDED = "INSTRUMENTATION_RESULT: stream=\n\nTime: 14.2\n\nOK (1 test)\n\n\nINSTRUMENTATION_CODE: -1\n"
TEST = "INSTRUMENTATION_STATUS: test=latency\n"
STACK = "INSTRUMENTATION_STATUS: stack=java.lang.IllegalStateException: no GPU\n\tat org.sixdrepnext.X.y(X.kt:1)\n\n"
MISSING = "Unable to find instrumentation info for: ComponentInfo{a.test/b}"


@pytest.mark.parametrize(
    ("text", "passed", "failure"),
    [
        (STARTED + TEST + "INSTRUMENTATION_STATUS_CODE: 0\n" + ENDED, 1, None),
        (
            STARTED + TEST + STACK + "INSTRUMENTATION_STATUS_CODE: -2\n" + ENDED,
            0,
            "latency failed: java.lang.IllegalSta",
        ),
        (STARTED + TEST + "INSTRUMENTATION_STATUS_CODE: -1\n" + ENDED, 0, "latency failed: no reason given"),
        (STARTED + TEST + "INSTRUMENTATION_STATUS_CODE: -3\n" + ENDED, 0, "latency was ignored"),
        (STARTED + TEST + "INSTRUMENTATION_STATUS_CODE: -4\n" + ENDED, 0, "latency was skipped by an assumption"),
        (
            STARTED + "INSTRUMENTATION_RESULT: shortMsg=Process crashed.\nINSTRUMENTATION_CODE: 0\n",
            0,
            "Process crashed.",
        ),
        (
            f"INSTRUMENTATION_STATUS: Error={MISSING}\nINSTRUMENTATION_STATUS_CODE: -1\n"
            "INSTRUMENTATION_FAILED: a.test/b\n",
            0,
            MISSING,
        ),
        ("INSTRUMENTATION_FAILED: a.test/b\n", 0, "failed: a.test/b"),
        (STARTED + "INSTRUMENTATION_ABORTED: System has crashed.\n", 0, "aborted: System has crashed."),
        (STARTED, 0, "it ended before it was done"),
        (ENDED.replace("1 test", "0 tests"), 0, "it ran no test"),
        ("", 0, "it ended before it was done"),
    ],
    ids=[
        *("passed", "failed", "error", "ignored", "assumption", "process crashed", "not installed", "no reason"),
        *("system crashed", "cut", "no test", "nothing"),
    ],
)
def test_the_end_of_an_instrumentation(text, passed, failure):
    found = read_outcome(text)
    assert found.passed == passed
    assert found.failure is None if failure is None else found.failure.startswith(failure)


def test_cores_that_are_not_the_little_ones():
    lines = [f"/sys/devices/system/cpu/cpu{n}/cpufreq/cpuinfo_max_freq:{f}" for n, f in enumerate([17, 17, 29, 23, 17])]
    assert big_cores(core_speeds("\n".join(lines))) == (2, 3)
    assert big_cores({0: 9, 1: 9}) == (0, 1)
    assert big_cores({}) == ()
    assert core_mask("big", (4, 5, 6, 7)) == "f0"
    assert (core_mask("all", (4,)), core_mask("3c", (4,))) == (None, "3c")


def test_properties_of_getprop():
    assert properties("[ro.a]: [x]\n[ro.b]: []\n[ro.c]: [a [b] c]\n") == {"ro.a": "x", "ro.b": "", "ro.c": "a [b] c"}


def test_the_list_of_adb():
    text = (
        "* daemon not running; starting now at tcp:5037\n* daemon started successfully\nList of devices attached\n"
        "ABC                    device usb:1-1 product:akita model:Pixel_8a device:akita transport_id:3\n"
        "XYZ                    no permissions (user in plugdev group; are your udev rules wrong?); see [http://x] "
        "usb:1-2 transport_id:4\n"
        "emulator-5554          offline transport_id:5\n\n"
    )
    assert listed_phones(text) == [
        ListedPhone("ABC", "device", "Pixel_8a"),
        ListedPhone("XYZ", "no permissions", ""),
        ListedPhone("emulator-5554", "offline", ""),
    ]
    assert listed_phones(text)[0].name == "Pixel 8a (ABC)"


def program(machine: int, linker: bytes = b"/system/bin/linker64") -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44) + linker + bytes(100)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (program(183), None),
        (program(40, b"/system/bin/linker"), None),
        (program(62), "built for x86_64, and P runs arm64-v8a, armeabi-v7a: take the benchmark_model for arm64-v8a"),
        (program(8), "built for machine 8"),
        (program(183, b"/lib/ld-linux-aarch64.so.1"), "built for Linux: take the one for Android, arm64-v8a"),
        (b"#!/bin/sh\n" * 9, "is no Android program"),
        (b"", "is no Android program"),
    ],
    ids=["64 bit", "32 bit", "a PC's", "unknown", "of Linux", "a script", "empty"],
)
def test_a_program_for_another_processor(content, words, tmp_path):
    tool = tmp_path / "tool"
    tool.write_bytes(content)
    if words is None:
        check_runs_on(tool, ["arm64-v8a", "armeabi-v7a"], "P")
        return
    with pytest.raises(HeadPoseError) as raised:
        check_runs_on(tool, ["arm64-v8a", "armeabi-v7a"], "P")
    assert words in str(raised.value)


def test_a_program_that_is_not_there(tmp_path):
    with pytest.raises(HeadPoseError, match="cannot be read: No such file"):
        check_runs_on(tmp_path / "none", [], "P")
