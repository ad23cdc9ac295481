"""LiteRT's own profiler of operators, XNNPACK's among them, through the C interface of the library in its wheel.

The Python interface of ai-edge-litert 2.3 has no profiler. Signatures are those of LiteRT's headers
litert/c/litert_{environment,model,options,opaque_options,compiled_model,tensor_buffer,profiler}.h,
https://github.com/google-ai-edge/LiteRT/tree/main/litert/c; options travel as TOML text under the identifiers of
litert/c/options/litert_{runtime,cpu}_options.cc.
"""

from __future__ import annotations

import ctypes
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from runtime.litert import litert_package, muted_native_log
from runtime.sessions.op_times import OpTime

_PURPOSE = "timing the operators of a .tflite file"
_CPU, _HOST_MEMORY, _WRITE = 1, 1, 1  # LiteRtHwAccelerators, LiteRtTensorBufferType, LiteRtTensorBufferLockMode
_FLOAT32 = 1  # LiteRtElementType
_Handle = ctypes.c_void_p
_ROW = re.compile(  # [node type] [start] [first] [avg ms] [%] [cdf%] [mem KB] [times called] [Name]
    r"^\s*(?P<kind>\S.*?)\s+(?:-?[\d.]+\s+){2}(?P<ms>[\d.]+)\s+(?:[\d.]+%\s+){2}[\d.]+\s+(?P<n>\d+)\s+(?P<name>\S.*)$"
)


class _Layout(ctypes.Structure):
    _fields_ = (("rank", ctypes.c_uint32), ("sizes", ctypes.c_int32 * 8), ("strides", ctypes.c_uint32 * 8))


class _TensorType(ctypes.Structure):
    _fields_ = (("element", ctypes.c_int32), ("layout", _Layout))


def operator_times(
    path: Path, image: npt.NDArray[np.float32], output_shape: Sequence[int], *, threads: int, runs: int, warmup: int = 3
) -> list[OpTime]:
    """Every operator's mean time, in the order in which they run.

    Args:
        path: a .tflite file with one float32 input and one float32 output.
        image: the input, in the file's own shape.
        output_shape: of the output.
        threads: CPU threads.
        runs: inferences that are profiled.
        warmup: inferences before.

    Raises:
        HeadPoseError: the library lacks an entry or refuses the file.
    """
    with muted_native_log():
        summary = _Library().summary(path, image, output_shape, threads, runs, warmup)
    return parse_run_order(summary, runs)


def parse_run_order(summary: str, runs: int) -> list[OpTime]:
    """The table "Run Order" of TensorFlow Lite's profile summary, as benchmark_model prints it too.

    Source: tensorflow/lite/profiling/profile_summarizer.cc and tensorflow/core/util/stats_calculator.cc.

    Raises HeadPoseError for a text without such rows.
    """
    lines = summary.partition("Run Order")[2].splitlines()[1:]
    table = itertools.takewhile(lambda line: not line.startswith("==="), lines)  # another table follows
    rows = [match for line in table if (match := _ROW.match(line))]
    if not rows:
        raise HeadPoseError("LiteRT's profiler told of no operator: its version is one that this program does not know")
    times = []
    for row in rows:
        kind = row["kind"].removeprefix("Delegate/")
        calls = max(1, round(int(row["n"]) / runs))
        times.append(OpTime(row["name"].replace("[Delegate]", kind), kind, calls, float(row["ms"]) * calls))
    return times


class _Library:
    """libLiteRt, its calls checked."""

    def __init__(self) -> None:
        file = Path(litert_package(_PURPOSE).__file__).with_name("libLiteRt.so")
        try:
            self._dll, self._libc = ctypes.CDLL(str(file)), ctypes.CDLL(None)
        except OSError as error:
            raise HeadPoseError(f"LiteRT's library cannot be opened ({error}): install ai-edge-litert again") from error
        self._libc.strdup.restype = ctypes.c_void_p

    def summary(
        self,
        path: Path,
        image: npt.NDArray[np.float32],
        output_shape: Sequence[int],
        threads: int,
        runs: int,
        warmup: int,
    ) -> str:
        """Run the model under the profiler and give its text. What is made lives as long as the process."""
        environment = self._made("LiteRtCreateEnvironment", 0, None)
        model = self._made("LiteRtCreateModelFromFile", environment, str(path).encode())
        compiled = self._made("LiteRtCreateCompiledModel", environment, model, self._options(threads))
        tensors = [self._tensor(environment, shape) for shape in (image.shape, tuple(output_shape))]
        self._write(tensors[0], image)
        profiler = self._made("LiteRtCompiledModelGetProfiler", compiled)
        for number in range(warmup + runs):
            if number == warmup:
                self._call("LiteRtStartProfiler", profiler)
            self._run(compiled, *tensors)
        self._call("LiteRtStopProfiler", profiler)
        text = ctypes.c_char_p()
        self._call("LiteRtGetProfileSummary", profiler, compiled, ctypes.byref(text))
        return (text.value or b"").decode("utf-8", "replace")

    def _options(self, threads: int) -> _Handle:
        options = self._made("LiteRtCreateOptions")
        self._call("LiteRtSetOptionsHardwareAccelerators", options, _CPU)
        for name, text in (
            (b"runtime_options_string", b"enable_profiling = true\n"),
            (b"xnnpack", f"num_threads = {threads}\n".encode()),
        ):
            payload = _Handle(self._libc.strdup(text))
            release = ctypes.cast(self._libc.free, ctypes.c_void_p)
            self._call(
                "LiteRtAddOpaqueOptions", options, self._made("LiteRtCreateOpaqueOptions", name, payload, release)
            )
        return options

    def _tensor(self, environment: _Handle, shape: tuple[int, ...]) -> _Handle:
        layout = _Layout(len(shape), (ctypes.c_int32 * 8)(*shape), (ctypes.c_uint32 * 8)())
        size = ctypes.c_size_t(4 * int(np.prod(shape)))
        kind = ctypes.byref(_TensorType(_FLOAT32, layout))
        return self._made("LiteRtCreateManagedTensorBuffer", environment, _HOST_MEMORY, kind, size)

    def _write(self, tensor: _Handle, value: npt.NDArray[np.float32]) -> None:
        data, address = np.ascontiguousarray(value, dtype=np.float32), _Handle()
        self._call("LiteRtLockTensorBuffer", tensor, ctypes.byref(address), _WRITE)
        ctypes.memmove(address, data.ctypes.data, data.nbytes)
        self._call("LiteRtUnlockTensorBuffer", tensor)

    def _run(self, compiled: _Handle, source: _Handle, target: _Handle) -> None:
        one, first = ctypes.c_size_t(1), ctypes.c_size_t(0)
        self._call("LiteRtRunCompiledModel", compiled, first, one, (_Handle * 1)(source), one, (_Handle * 1)(target))

    def _made(self, name: str, *arguments: Any) -> _Handle:
        """The handle that a creating call writes to its last argument."""
        handle = _Handle()
        self._call(name, *arguments, ctypes.byref(handle))
        return handle

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            status = getattr(self._dll, name)(*arguments)
        except AttributeError as error:
            raise HeadPoseError(f"this ai-edge-litert has no {name}: install version 2.3") from error
        if status:
            raise HeadPoseError(
                f"LiteRT's {name} failed with status {status}: run the file with  headpose predict  first"
            )
