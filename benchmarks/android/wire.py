"""Reads the result file of benchmark_model: the protobuf message tflite.tools.benchmark.BenchmarkResult.

Four small messages of numbers, so the wire format is read here and needs no package. Numbers of fields are those of
tensorflow/lite/tools/benchmark/proto/benchmark_result.proto; the format is that of
https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from benchmarks.android.figures import Figures
from runtime.errors import HeadPoseError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LATENCY, _MEMORY, _MISC = 2, 3, 4  # of BenchmarkResult
_MIB = 1.048576  # the tool's MB is 2²⁰ bytes
_LATENCY_FIELDS = {
    1: "mean_ms",
    2: "min_ms",
    3: "max_ms",
    4: "std_ms",
    5: "p50_ms",
    7: "p95_ms",
    8: "init_ms",
    9: "first_ms",
}


def read_result(data: bytes) -> Figures:
    """The figures in a serialised BenchmarkResult; HeadPoseError if it is damaged or holds no latency."""
    try:
        parts = dict(_fields(data))
        latency = dict(_fields(_message(parts[_LATENCY])))
        memory, misc = (dict(_fields(_message(parts.get(number, b"")))) for number in (_MEMORY, _MISC))
        known = {name: round(float(latency[n]), 4) for n, name in _LATENCY_FIELDS.items() if n in latency}
        return Figures(
            runs=int(misc[2]),
            warmup=int(misc.get(3, 0)),
            peak_mb=round(float(memory[3]) * _MIB, 1) if 3 in memory else None,
            growth_mb=round(int(memory[2]) * 1024 / 1e6, 1) if 2 in memory else None,
            **known,
        )
    except (KeyError, ValueError, TypeError, IndexError, struct.error) as error:
        raise HeadPoseError(
            f"the result file of benchmark_model cannot be read ({type(error).__name__} {error}): measure again, or "
            "take a newer benchmark_model"
        ) from error


def _fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """(number, value) of each field of a message, in order."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield number, value
        elif kind == _BYTES:
            size, place = _varint(data, place)
            if place + size > len(data):
                raise ValueError(f"field {number} ends behind the file")
            yield number, data[place : place + size]
            place += size
        elif kind in (_FIXED32, _FIXED64):
            form = "<f" if kind == _FIXED32 else "<d"
            yield number, struct.unpack_from(form, data, place)[0]
            place += struct.calcsize(form)
        else:
            raise ValueError(f"field {number} has the unknown type {kind}")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _message(value: int | float | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("a number where a message belongs")
    return value
