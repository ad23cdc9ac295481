"""Progress of an export: so many files, so many steps each; what happens within a step is in the text."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


class Told:
    """Turns the steps of several files into one count.

    Args:
        progress: called with a text, steps done and steps in all.
        files: how many there will be.
        steps: of each.
    """

    def __init__(self, progress: Progress, files: int, steps: int) -> None:
        self._progress, self._files, self._steps = progress, files, steps
        self._file = self._step = -1

    def file(self, text: str) -> None:
        """The next file begins, with its first step."""
        self._file, self._step = self._file + 1, -1
        self.step(text)

    def step(self, text: str) -> None:
        """The next step of the present file begins."""
        self._step = min(self._step + 1, self._steps - 1)
        self._progress(text, self._at, self._files * self._steps)

    def within(self, text: str, done: int, total: int) -> None:
        """How far something slow within the present step is."""
        self._progress(f"{text} ({done}/{total})" if total > 1 else text, self._at, self._files * self._steps)

    def finish(self) -> None:
        """Everything is in its place."""
        self._progress("done", self._files * self._steps, self._files * self._steps)

    @property
    def _at(self) -> int:
        return self._file * self._steps + self._step
