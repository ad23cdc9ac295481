"""The progress bar of exports: on the error stream, so that standard output stays readable by programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function (text, done, total) that moves a bar; plain lines where the error stream is no terminal."""
    import rich.progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = [rich.progress.SpinnerColumn(), *rich.progress.Progress.get_default_columns()]
    with rich.progress.Progress(*columns, rich.progress.TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total)
            if not console.is_terminal:
                console.print(f"[{done}/{total}] {text}", markup=False)

        yield show
