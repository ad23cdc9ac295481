"""OpenCV prints its own warnings; where a failure is told in one sentence by us, they are off for that moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SILENT = 0  # OpenCV's LOG_LEVEL_SILENT


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """OpenCV's log off within the block."""
    import cv2

    logging: Any = getattr(cv2.utils, "logging", cv2)  # OpenCV 5 has moved it
    level = logging.getLogLevel()
    logging.setLogLevel(_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)
