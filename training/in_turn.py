"""Thousands of small pieces of work, one after the other or in several processes, with progress."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from runtime.errors import HeadPoseError
from training.data.source import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 16  # pieces for each process that may be waiting: results can be pictures, and all at once fill the memory
_REPORT_EVERY = 100  # pieces


def in_turn(work: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """`map`, in `workers` processes if there are to be more than one; results in the order of `items`.

    Raises what `work` raises, and HeadPoseError if a process dies (out of memory, for one).
    """
    if workers <= 1:
        yield from map(work, items)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    waiting: deque[Future[Result]] = deque()
    spawn = get_context("spawn")  # a forked interpreter of LiteRT may hang
    try:
        with ProcessPoolExecutor(min(workers, len(items) or 1), mp_context=spawn) as pool:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > _AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise HeadPoseError(f"one of {workers} worker processes died: take fewer with --workers, or 1") from error


def counted(results: Iterable[Result], text: str, total: int, progress: Progress) -> Iterator[Result]:
    """The same results; progress is told now and then, since without a terminal each time is a line of text."""
    progress(text, 0, total)
    for done, result in enumerate(results, start=1):
        if done % _REPORT_EVERY == 0 or done == total:
            progress(text, done, total)
        yield result
