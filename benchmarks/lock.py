"""One benchmark at a time on a computer: a second one would time the first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from runtime.errors import HeadPoseError

LOCK_VARIABLE = "HEADPOSE_BENCH_LOCK"
"""Environment variable with another file to lock, as for two containers that share a folder."""


@contextmanager
def only_benchmark() -> Iterator[None]:
    """Hold the computer's lock. Raises HeadPoseError at once if another benchmark holds it."""
    path = Path(os.environ.get(LOCK_VARIABLE) or Path(tempfile.gettempdir()) / "headpose-bench.lock")
    try:
        with FileLock(path, timeout=0, mode=0o666):
            yield
    except Timeout:
        raise HeadPoseError(
            "another benchmark of headpose runs on this computer, and each would time the other: wait for its end"
        ) from None
    except OSError as error:
        raise HeadPoseError(f"cannot lock {path} ({error.strerror or error}): set {LOCK_VARIABLE} to a file") from error
