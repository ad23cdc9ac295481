"""Loss and speed of the last steps, for the progress bar and the log."""

from __future__ import annotations

import time
from collections import deque

_WINDOW = 50  # steps that the speed is taken over


class Meter:
    """Takes the figures of every step; keeps losses until they are logged and times of the last steps."""

    def __init__(self) -> None:
        self.norm = 0.0
        """Of the last gradient."""
        self.seconds = 0.0
        """All steps together, the waits for pictures included."""
        self._losses: list[float] = []
        self._last_loss = 0.0
        self._last: deque[tuple[int, float]] = deque(maxlen=_WINDOW)
        self._end: float | None = None

    def add(self, loss: float, norm: float, images: int, started: float) -> None:
        """One step that began at `started` (time.perf_counter()) and ends now."""
        now = time.perf_counter()
        seconds = now - (self._end if self._end is not None else started)
        self._end = now
        self._losses.append(loss)
        self._last_loss = loss
        self.norm = norm
        self.seconds += seconds
        self._last.append((images, seconds))

    @property
    def loss(self) -> float:
        """Mean since the last `forget_losses`; right after it, that of the last step."""
        return sum(self._losses) / len(self._losses) if self._losses else self._last_loss

    @property
    def images_per_s(self) -> float:
        """Over the last steps."""
        return sum(n for n, _ in self._last) / max(sum(s for _, s in self._last), 1e-9)

    def forget_losses(self) -> None:
        """Begin a new mean."""
        self._losses.clear()
