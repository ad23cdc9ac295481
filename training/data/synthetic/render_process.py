"""A process that renders for this one, which therefore never holds an OpenGL context.

Loaders fork their processes, and a context that was forked hangs; processes of a loader may not start others through
`multiprocessing`. So every process that wants pictures starts an interpreter of its own, that ends with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe

from runtime.errors import HeadPoseError
from training.data.source import Image
from training.data.synthetic.generate import ONE_THREAD, Painter, Scenes

_ENDING_S = 5.0


class RenderProcess:
    """Renders pictures of `scenes` by number; for the process and thread that made it.

    Ends when it is forgotten or its maker is gone.
    """

    def __init__(self, scenes: Scenes) -> None:
        self._connection, theirs = Pipe()
        fd = theirs.fileno()
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve({fd})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], pass_fds=[fd], stdin=subprocess.DEVNULL, env={**ONE_THREAD, **os.environ}
        )
        theirs.close()
        weakref.finalize(self, _end, self._connection, self._process)
        self._connection.send(scenes)

    def picture(self, index: int) -> Image:
        """RGB (S, S, 3) uint8. Raises HeadPoseError for what the renderer refuses, or if the process died."""
        try:
            self._connection.send(index)
            answer: Image | str = self._connection.recv()
        except (EOFError, OSError):
            self._process.kill()
            self._process.wait()  # else it may seem alive for a moment
            raise HeadPoseError(
                "the process that renders died, perhaps for want of memory: take fewer --workers"
            ) from None
        if isinstance(answer, str):
            raise HeadPoseError(answer)
        return answer

    @property
    def alive(self) -> bool:
        """False after it died."""
        return self._process.poll() is None


def _end(connection: Connection, process: subprocess.Popen[bytes]) -> None:
    connection.close()  # which ends it, unless it is stuck in a driver
    try:
        process.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def serve(descriptor: int) -> None:
    """What the process does: reads scenes, then numbers, and answers with pictures or with what is wrong."""
    for number in (signal.SIGINT, signal.SIGTERM):  # to the whole group: its maker decides
        signal.signal(number, signal.SIG_IGN)
    connection = Connection(descriptor)
    with suppress(EOFError, OSError):
        scenes: Scenes = connection.recv()
        try:
            with scenes.open() as painter:
                while True:
                    connection.send(_answer(painter, connection.recv()))
        except HeadPoseError as error:  # nothing can be rendered
            while True:
                connection.recv()
                connection.send(str(error))


def _answer(painter: Painter, index: int) -> Image | str:
    try:
        return painter(index)[0]
    except HeadPoseError as error:
        return str(error)
