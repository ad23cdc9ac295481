"""Reads what benchmark_model prints: latency, memory, operators, and which delegates took which nodes.

Formats: tflite/tools/benchmark/benchmark_model.cc and benchmark_tflite_model.cc of google-ai-edge/LiteRT (timings,
memory, "Explicitly applied …"), tensorflow/lite/core/subgraph.cc ("Replacing … node(s) …"),
xla/tsl/util/stats_calculator.{h,cc} (statistics and operator tables).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.android.figures import Figures
from benchmarks.record import OperatorTime, UnitShare

_MIB = 1.048576  # the tool's MB is 2²⁰ bytes
_NUMBER = r"[-+.\deE]+"
_PREFIX = r"^(?:INFO: |I[ /]tflite *: )?"
_STATISTICS = re.compile(rf"{_PREFIX}count=\d.*$", re.MULTILINE)
_TIMINGS = re.compile(rf"Inference timings in us: Init: ({_NUMBER}), First inference: ({_NUMBER}), Warmup")
_GROWTH = re.compile(rf"Memory footprint delta from the start of the tool \(MB\): init={_NUMBER} overall=({_NUMBER})")
_PEAK = re.compile(rf"Overall peak memory footprint \(MB\) via periodic monitoring: ({_NUMBER})")
_REPLACED = re.compile(r"Replacing (\d+)(?: out of (\d+))? node\(s\) with delegate \(([^)]*)\)")
_APPLIED = re.compile(r"Explicitly applied (\S+) delegate, and the model graph will be (completely|partially)")
_PROFILE = "Operator-wise Profiling Info for Regular Benchmark Runs:"
_INTERNAL = "Delegate internal:"
_SUMMARY = "Summary by node type"
_ROW = re.compile(
    r"^\s*(?P<kind>\S.*?)\s+(?P<count>\d+)\s+(?P<ms>[\d.]+)\s+(?P<share>[\d.]+)%\s+[\d.]+%\s+[\d.]+\s+(?P<calls>\d+)\s*$"
)
_UNITS = {
    "xnnpack": "cpu",
    "gpu": "gpu",
    "nnapi": "nnapi",
    "qnn": "npu",
    "hexagon": "npu",
    "neuron": "npu",
    "dispatch": "npu",
    "edgetpu": "npu",
}
_PLACEABLE = ("gpu", "npu")


@dataclass(frozen=True)
class Placement:
    """What ran the operators, as far as the log tells."""

    used: str
    """'cpu', 'gpu', 'gpu+cpu', 'nnapi', …: accelerators first, 'cpu' with them where it had a part."""
    shares: tuple[UnitShare, ...]
    """Operators of each unit; empty where the log does not count them."""
    delegates: tuple[str, ...]
    """Names of the delegates that took nodes."""


def read_figures(text: str) -> Figures | None:
    """Figures in the printed text, None if it does not hold them; older tools print no median."""
    lines, timings = _STATISTICS.findall(text), _TIMINGS.search(text)
    if len(lines) < 2 or timings is None:
        return None
    warmup, regular = (_statistics(line) for line in lines[:2])
    growth, peak = _GROWTH.search(text), _PEAK.search(text)
    only = regular.get("curr") if "avg" not in regular else None  # "count=50 curr=118055(all same)"
    return Figures(
        runs=int(regular["count"]),
        warmup=int(warmup["count"]),
        mean_ms=_ms(regular.get("avg", only)),
        min_ms=_ms(regular.get("min", only)),
        max_ms=_ms(regular.get("max", only)),
        std_ms=_ms(regular.get("std", None if only is None else 0.0)),
        p50_ms=_ms(regular.get("median", only)),
        p95_ms=_ms(regular.get("p95", only)),
        init_ms=_ms(float(timings[1])),
        first_ms=_ms(float(timings[2])),
        peak_mb=round(float(peak[1]) * _MIB, 1) if peak else None,
        growth_mb=round(float(growth[1]) * _MIB, 1) if growth else None,
    )


def _statistics(line: str) -> dict[str, float]:
    return {name: float(number) for name, number in re.findall(rf"(\w+)=({_NUMBER})", line)}


def _ms(microseconds: float | None) -> float | None:
    return None if microseconds is None else round(microseconds / 1e3, 4)


def unit_of(delegate: str) -> str:
    """'TfLiteGpuDelegateV2' → 'gpu'; a delegate that is not known keeps its name."""
    return next((unit for part, unit in _UNITS.items() if part in delegate.lower()), delegate)


def read_placement(text: str) -> Placement:
    """Which units took the operators; without any delegate LiteRT's own kernels run on the processor."""
    taken = [(unit_of(name), name, int(n), int(total or 0)) for n, total, name in _REPLACED.findall(text)]
    if not taken:
        return _placement_by_applied(text)
    counts: dict[str, int] = {}
    for unit, _, nodes, _ in taken:
        if unit != "cpu":
            counts[unit] = counts.get(unit, 0) + nodes
    total = taken[0][3]  # later delegates count the nodes of the graph that the earlier ones left
    rest = total - sum(counts.values())
    partly = "will be partially" in text or any(unit == "cpu" for unit, *_ in taken)
    on_cpu = rest > 0 if total else (partly or not counts)
    placeable = bool(total) and set(counts) <= set(_PLACEABLE)
    shares = [UnitShare(unit, nodes, None) for unit, nodes in counts.items()]
    shares += [UnitShare("cpu", rest, None)] if rest > 0 else []
    return Placement(
        "+".join([*counts, *(["cpu"] if on_cpu else [])]),
        tuple(shares) if placeable else (),
        tuple(dict.fromkeys(name for _, name, *_ in taken)),
    )


def _placement_by_applied(text: str) -> Placement:
    applied = [(unit_of(name), name, much) for name, much in _APPLIED.findall(text)]
    units = list(dict.fromkeys(unit for unit, *_ in applied if unit != "cpu"))
    partly = any(much == "partially" for unit, _, much in applied if unit != "cpu")
    used = "+".join([*units, *(["cpu"] if partly or not units else [])])
    return Placement(used, (), tuple(name for _, name, _ in applied))


def read_operators(text: str) -> tuple[OperatorTime, ...]:
    """Time by kind of operator from --enable_op_profiling, slowest first; empty if it was not on.

    Where the tool lists the inside of its delegates in a table of their own, it stands for the delegate's row.
    """
    _, found, profile = text.partition(_PROFILE)
    if not found:
        return ()
    graph, _, inside = profile.partition(_INTERNAL)
    rows, internal = _summary(graph), _summary(inside)
    if internal:
        rows = [row for row in rows if "delegate" not in row[0].lower()] + internal
    total = sum(ms for _, _, ms in rows)
    kinds = [OperatorTime(kind, calls, ms, round(ms / total, 4) if total else 0.0) for kind, calls, ms in rows if calls]
    return tuple(sorted(kinds, key=lambda kind: -kind.ms))


def _summary(text: str) -> list[tuple[str, int, float]]:
    """(kind, calls, ms) of the first table by node type."""
    _, _, table = text.partition(_SUMMARY)
    rows = []
    for line in table.splitlines()[2:]:  # behind the rest of the title, and the heads of the columns
        row = _ROW.match(line)
        if row is None:
            break
        rows.append((row["kind"], int(row["calls"]), float(row["ms"])))
    return rows
