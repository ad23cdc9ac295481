"""Keeps the converters' chatter (progress bars, warnings, native logs) off the terminal; errors still raise."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

from runtime.litert import muted_native_log


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Mute Python's warnings, logging and both output streams, and what native code writes to descriptor 2."""
    before = logging.root.manager.disable
    sink = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
        muted_native_log(),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
