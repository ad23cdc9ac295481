"""Opens one model in a process of its own and prints what it costs as JSON; started by benchmarks.costs.

A process of its own, because a peak of memory never goes down again, and because a profiler slows the models beside it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

_RUNS = 5


def main() -> None:
    """Argument: JSON with what ('memory' or 'operators'), path, threads and mode."""
    from benchmarks.probe import probe_image
    from runtime.sessions import open_session

    task = json.loads(sys.argv[1])
    base_mb, begun = resident_mb("VmRSS"), time.perf_counter_ns()
    options = {"mode": task["mode"], "form": "deploy"} if task["mode"] else {}
    session: Any = open_session(task["path"], threads=task["threads"], **options)
    load_ms = round((time.perf_counter_ns() - begun) / 1e6, 3)
    image = probe_image(session.info.input_size)
    if task["what"] == "operators":
        print(json.dumps([asdict(time) for time in session.operator_times(image[0])]))
        return
    for _ in range(_RUNS):
        session.run(image)
    print(json.dumps({"peak_mb": resident_mb("VmHWM") or _largest_mb(), "base_mb": base_mb, "load_ms": load_ms}))


def resident_mb(field: str) -> float | None:
    """'VmRSS' or 'VmHWM' of this process, 10⁶ bytes; None where the system has no /proc."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith(f"{field}:"))
    return round(int(line.split()[1]) * 1024 / 1e6, 2)


def _largest_mb() -> float:
    """The largest resident size as the system counts it: bytes on a Mac, KiB elsewhere."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 2)


if __name__ == "__main__":
    main()
