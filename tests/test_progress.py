"""The progress bar where there is no terminal: one line for each thing that is said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.commands.compare import _signed

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import time
from runtime.progress import progress_bar
with progress_bar() as show:
    for i in range(3):
        show(f"step {i}", i, 3)
        time.sleep(0.3)
"""


@pytest.mark.parametrize("force", ["", "1"], ids=["plain", "FORCE_COLOR"])
def test_a_log_gets_one_line_a_step(force):
    environment = {**os.environ, "FORCE_COLOR": force, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=True)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert lines == [f"[{i}/3] step {i}" for i in range(3)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "+0.00"), (-1.234, "-1.23"), (0.0004321, "+0.00043"), (-0.049, "-0.049"), (12.0, "+12.00")],
)
def test_a_small_difference_is_not_printed_as_none(value, text):
    assert _signed(value) == text
