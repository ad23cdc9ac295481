"""Being told to stop: by a signal or by the clock, between two steps and never within one."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ECHO_S = 1.0  # the same stop may come twice, from torchrun and from the batch system that told torchrun


class StopRequest:
    """Whether the run should save and end.

    Args:
        max_minutes: after this time it should; 0: never.
    """

    def __init__(self, max_minutes: float = 0.0) -> None:
        self._deadline = time.monotonic() + 60 * max_minutes if max_minutes else None
        self.signal: int | None = None
        """Number of the signal that came."""
        self.since = math.inf
        """When it came, time.monotonic()."""

    @property
    def reason(self) -> str | None:
        """'SIGTERM', 'SIGINT', 'time', or None."""
        if self.signal is not None:
            return signal.Signals(self.signal).name
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return "time"
        return None

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells count; 0 for the clock, which was asked for."""
        return 128 + self.signal if self.signal is not None else 0


@contextmanager
def listening(request: StopRequest) -> Iterator[None]:
    """SIGTERM and Ctrl-C set the request while this lasts; another Ctrl-C after a second interrupts at once."""

    def note(number: int, frame: FrameType | None) -> None:
        if request.signal is None:
            request.signal, request.since = number, time.monotonic()
        elif number == signal.SIGINT and time.monotonic() - request.since > _ECHO_S:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
