"""The progress bar of long commands: on the error stream, so that standard output stays readable by programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function (text, done, total) that moves a bar; plain lines where the error stream is no terminal."""
    import rich.progress
    from rich.console import Console

    stream = _own_error_stream()
    shown_as_bar = stream.isatty()  # and not what FORCE_COLOR says, which notebooks and CI systems set
    console = Console(file=stream, force_terminal=shown_as_bar)
    columns = [rich.progress.SpinnerColumn(), *rich.progress.Progress.get_default_columns()]
    columns.append(rich.progress.TimeElapsedColumn())
    with rich.progress.Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task("starting", total=None)

        def show(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total)
            if not shown_as_bar:
                console.print(f"[{done}/{total}] {text}", markup=False, highlight=False)

        yield show


def _own_error_stream() -> TextIO:
    """The error stream under a descriptor of its own: converters are muted by redirecting the usual one."""
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1)
    except (OSError, ValueError):  # not a real file, as under a test runner
        return sys.stderr
