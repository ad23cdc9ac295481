"""What a command costs as a whole: wall time and peak memory of its process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import HeadPoseError

_LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class ProcessCost:
    """A command, run from start to end one or several times."""

    name: str
    """What it stands for."""
    command: tuple[str, ...]
    """Arguments after the interpreter."""
    seconds: tuple[float, ...]
    """Wall time of every run."""
    peak_gb: float
    """Largest resident memory of one process of any run, 10⁹ bytes."""

    @staticmethod
    def from_json(data: dict[str, Any]) -> ProcessCost:
        """Inverse of `dataclasses.asdict` after a JSON round trip, which turns tuples into lists."""
        return ProcessCost(**{**data, "command": tuple(data["command"]), "seconds": tuple(data["seconds"])})


def process_cost(name: str, command: Sequence[str], *, runs: int = 1) -> ProcessCost:
    """Run `python command…` and measure it; its output is dropped. POSIX only.

    Raises HeadPoseError with the last line of its error stream if it fails.
    """
    measured = [_run_once(name, command) for _ in range(runs)]
    seconds = tuple(round(run["seconds"], 4) for run in measured)
    return ProcessCost(name, tuple(command), seconds, round(max(run["peak_bytes"] for run in measured) / 1e9, 3))


def _run_once(name: str, command: Sequence[str]) -> dict[str, Any]:
    full = [sys.executable, str(_LAUNCHER), sys.executable, *command]
    done = subprocess.run(full, capture_output=True, text=True, errors="replace")
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    if done.returncode != 0:
        raise HeadPoseError(f"{name} could not be started: {last}")
    run: dict[str, Any] = json.loads(done.stdout)
    if run["code"] != 0:
        raise HeadPoseError(f"{name} failed with code {run['code']}: {last}")
    return run
