"""Memory and operator times of one model, each measured in a process of its own."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.record import Memory, OperatorTime
from runtime.errors import HeadPoseError
from runtime.sessions.op_times import OpTime

_ROOT = Path(__file__).resolve().parent.parent


def memory_and_load(path: Path, *, threads: int | None, mode: str = "") -> tuple[Memory, float]:
    """Resident memory of a fresh process that opens the file and infers five times, and the milliseconds of opening it.

    Opening includes the engine's own libraries; the file itself may be in the system's cache.

    Raises HeadPoseError with the process's last words if it fails.
    """
    told: dict[str, Any] = _ask("memory", path, threads, mode)
    return Memory(told["peak_mb"], told["base_mb"]), told["load_ms"]


def op_times_of(path: Path, *, threads: int | None, mode: str = "") -> list[OpTime]:
    """Every operator's mean time, by the engine's own profiler, in execution order.

    Raises HeadPoseError with the process's last words if it fails.
    """
    return [OpTime(**time) for time in _ask("operators", path, threads, mode)]


def by_kind(times: Iterable[OpTime]) -> tuple[OperatorTime, ...]:
    """Operators of one kind together, slowest first; those that take no measurable time are left out."""
    totals: dict[str, tuple[int, float]] = {}
    for time in times:
        calls, ms = totals.get(time.kind, (0, 0.0))
        totals[time.kind] = calls + time.calls, ms + time.ms
    whole = sum(ms for _, ms in totals.values()) or 1.0
    rows = [OperatorTime(kind, calls, round(ms, 4), round(ms / whole, 4)) for kind, (calls, ms) in totals.items()]
    return tuple(sorted((row for row in rows if row.ms > 0), key=lambda row: (-row.ms, row.kind)))


def as_csv(found: Sequence[tuple[str, Sequence[OpTime]]]) -> str:
    """Rows of every operator of several models: model, number, name, kind, calls, ms."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "number", "name", "kind", "calls", "ms"])
    for model, times in found:
        writer.writerows([model, i, t.name, t.kind, t.calls, f"{t.ms:.4f}"] for i, t in enumerate(times))
    return text.getvalue()


def _ask(what: str, path: Path, threads: int | None, mode: str) -> Any:
    task = {"what": what, "path": str(path.resolve()), "threads": threads, "mode": mode}
    command = [sys.executable, "-m", "benchmarks.cost_worker", json.dumps(task)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=_ROOT)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise HeadPoseError(f"the {what} of {path} could not be measured: {last.rpartition('HeadPoseError: ')[2]}")
    return json.loads(done.stdout.strip().splitlines()[-1])
