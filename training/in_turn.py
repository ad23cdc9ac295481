"""Thousands of small pieces of work, one after the other or in several processes, with progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from training.data.source import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK = 8  # pieces that a process takes at once
_REPORT_EVERY = 100  # pieces


def in_turn(work: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """`map`, in `workers` processes if there are to be more than one; results in the order of `items`."""
    if workers <= 1:
        yield from map(work, items)
        return
    from multiprocessing import get_context

    with get_context("spawn").Pool(workers) as pool:  # a forked interpreter of LiteRT may hang
        yield from pool.imap(work, items, chunksize=_CHUNK)


def counted(results: Iterable[Result], text: str, total: int, progress: Progress) -> Iterator[Result]:
    """The same results; progress is told now and then, since without a terminal each time is a line of text."""
    progress(text, 0, total)
    for done, result in enumerate(results, start=1):
        if done % _REPORT_EVERY == 0 or done == total:
            progress(text, done, total)
        yield result
