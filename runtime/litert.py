"""Opens .tflite models in LiteRT, quietly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runtime.errors import MissingDependencyError


@contextmanager
def muted_native_log() -> Iterator[None]:
    """Mute what C++ code writes to descriptor 2 ("Created TensorFlow Lite XNNPACK delegate…"): it has no switch."""
    sys.stderr.flush()
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)


def litert_package(purpose: str) -> Any:
    """The module that holds `Interpreter`; raise MissingDependencyError if it is not installed."""
    try:
        from ai_edge_litert import interpreter
    except ImportError as error:
        raise MissingDependencyError("ai-edge-litert", purpose, "tflite") from error
    return interpreter


def open_interpreter(purpose: str, **options: Any) -> Any:
    """A LiteRT Interpreter with its tensors allocated; `options` are the Interpreter's own.

    Raises ValueError or RuntimeError, as LiteRT does, for a damaged model.
    """
    package = litert_package(purpose)
    with muted_native_log():
        interpreter = package.Interpreter(**options)
        interpreter.allocate_tensors()
    return interpreter
