"""Renders a set of heads into a folder of shards, in processes of their own.

Which process renders a shard changes nothing in it: picture `index` follows from the set's parameters and its number
alone. Each process has one OpenGL context and one connection, through which it is told which shard comes next and says
how far it is. What ends one of them ends all, and leaves whole shards only.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from runtime.atomic import write_text
from runtime.errors import HeadPoseError
from runtime.provenance import git_state, package_versions
from training.data.source import Image, Progress, silent
from training.data.synthetic.shards import ShardRecord, begin_set, finish_set, missing_shards, write_shard

Painter = Callable[[int], tuple[Image, ShardRecord]]
"""Number of a picture → RGB (S, S, 3) uint8 and what is known of it."""

ONE_THREAD = {"LP_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""For the processes: they share the cores, and llvmpipe and NumPy would each take all of them."""

PROVENANCE_NAME = "provenance.json"
"""Beside the labels: the commit and the tools of the run that finished the set."""

_TOOLS = ("numpy", "opencv-python-headless", "moderngl", "anny")
_ENDING_S = 5.0  # for a process that was asked to end; removing half a shard takes a moment


class Scenes(Protocol):
    """What is rendered. Pickles, so it holds no context."""

    def open(self) -> AbstractContextManager[Painter]:
        """Everything that is needed to render, for one process."""
        ...

    def parameters(self) -> Mapping[str, Any]:
        """What the pictures follow from, as JSON types."""
        ...


class WorkerDiedError(HeadPoseError):
    """A process was killed; the shards that it finished are there, and the same command goes on."""


@dataclass(frozen=True)
class Order:
    """What is to be made; the same values in the same folder go on with what is there.

    Raises HeadPoseError for no pictures, no room in a shard or no process.
    """

    folder: Path
    """Of the set."""
    count: int
    """Pictures."""
    shard_size: int = 500
    """Pictures of a shard: what is lost at most when a process is killed."""
    suffix: str = ".jpg"
    """One of `shards.PICTURE_FORMATS`."""
    workers: int = 1
    """Processes; more than there are shards are not started."""

    def __post_init__(self) -> None:
        for name, value in (("count", self.count), ("shard-size", self.shard_size), ("workers", self.workers)):
            if value < 1:
                raise HeadPoseError(f"--{name} is {value}: a rendered set needs 1 or more")

    @property
    def shards(self) -> int:
        """How many there will be."""
        return -(-self.count // self.shard_size)

    def indices(self, shard: int) -> range:
        """The pictures of a shard; the last one may have fewer."""
        first = shard * self.shard_size
        return range(first, min(first + self.shard_size, self.count))

    def missing(self) -> list[int]:
        """The shards that are yet to be written."""
        return missing_shards(self.folder, self.shards)


def generate(scenes: Scenes, order: Order, progress: Progress = silent) -> Path:
    """Render what is missing of a set; its face list.

    Args:
        scenes: what is rendered.
        order: how many, where, in how many processes.
        progress: told of every picture; its text has the speed.

    Raises:
        HeadPoseError: no OpenGL, damaged assets, another set or other files in the folder, a full disk.
        WorkerDiedError: a process was killed.
    """
    numbering = {"count": order.count, "shard_size": order.shard_size, "format": order.suffix}
    set_hash = begin_set(order.folder, {**scenes.parameters(), **numbering})
    todo = order.missing()
    if todo:
        with _processes(scenes, order, set_hash, min(order.workers, len(todo))) as workers:
            _attend(workers, todo, order, _Speed(order, todo, progress))
    labels = finish_set(order.folder, order.shards)
    made_by = {"git": git_state(), "tools": package_versions(_TOOLS), "finished": datetime.now(UTC).isoformat()}
    write_text(order.folder / PROVENANCE_NAME, json.dumps(made_by, indent=2) + "\n")
    return labels


class _Speed:
    """Counts pictures, and tells how fast they come."""

    def __init__(self, order: Order, todo: Sequence[int], progress: Progress) -> None:
        self._total = sum(len(order.indices(shard)) for shard in todo)
        self._progress, self._done, self._start = progress, 0, time.monotonic()
        progress("starting to render", 0, self._total)

    def tell(self) -> None:
        self._done += 1
        rate = self._done / max(time.monotonic() - self._start, 1e-6)
        left = (self._total - self._done) / rate
        text = f"rendering heads, {rate:.1f} images/s, {_clock(left)} left"
        self._progress(text, self._done, self._total)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@dataclass(frozen=True, eq=False)
class _Worker:
    process: Any
    connection: Connection


@contextmanager
def _processes(scenes: Scenes, order: Order, set_hash: str, count: int) -> Iterator[list[_Worker]]:
    """Processes that wait for numbers of shards; they end with the block, whatever happens in it."""
    from multiprocessing import get_context

    context = get_context("spawn")  # a forked OpenGL context hangs
    workers: list[_Worker] = []
    try:
        with _environment(ONE_THREAD):
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, scenes, order, set_hash), daemon=True)
                with _deaf_to_ctrl_c():
                    process.start()
                theirs.close()
                workers.append(_Worker(process, ours))
        yield workers
    finally:
        for worker in workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join(_ENDING_S)
            worker.process.kill()
            worker.process.join()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that processes started in the block inherit; what the user has set stays."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _attend(workers: Sequence[_Worker], todo: Sequence[int], order: Order, speed: _Speed) -> None:
    """Hand out the shards until all are written. Raises what a process reports, and WorkerDiedError."""
    waiting, busy = list(todo), {worker.connection: worker for worker in workers}
    while busy:
        for connection in wait(list(busy)):
            worker = busy[connection]  # type: ignore[index]
            try:
                said = worker.connection.recv()
                if said == "next" and waiting:
                    worker.connection.send(waiting.pop(0))
                elif said == "next":
                    del busy[worker.connection]
            except (EOFError, OSError):
                raise _died(worker, order) from None
            if said == "picture":
                speed.tell()
            elif isinstance(said, HeadPoseError):
                raise said


def _died(worker: _Worker, order: Order) -> WorkerDiedError:
    worker.process.join(_ENDING_S)
    code = worker.process.exitcode or 0
    how = f"signal {-code}, perhaps for want of memory" if code < 0 else f"exit code {code}"
    left = len(order.missing())
    return WorkerDiedError(
        f"a process that renders died ({how}) with {left} of {order.shards} shards to go: "
        "run the same command again to go on, with fewer --workers if memory is short"
    )


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process that starts within does not see Ctrl-C, which reaches the whole group, while it still imports."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # its own start would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, scenes: Scenes, order: Order, set_hash: str) -> None:
    """A process: renders the shards that it is told, until there are no more or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the main process ends us
    signal.signal(signal.SIGTERM, _leave)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            _one_thread()
            with scenes.open() as painter:
                while True:
                    connection.send("next")
                    _render(connection.recv(), painter, order, set_hash, lambda: connection.send("picture"))
        except HeadPoseError as error:
            connection.send(HeadPoseError(str(error)))  # its subclasses do not all pickle


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)  # through the code that removes half a shard


def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(0)


def _render(shard: int, painter: Painter, order: Order, set_hash: str, tell: Callable[[], None]) -> None:
    indices = order.indices(shard)
    records: list[Any] = [None] * len(indices)  # each is known when its picture is

    def images() -> Iterator[Image]:
        for place, index in enumerate(indices):
            image, records[place] = painter(index)
            yield image
            tell()

    write_shard(order.folder, shard, images(), records, set_hash=set_hash, suffix=order.suffix)
