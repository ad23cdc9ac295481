"""Our folder on the phone: made before, gone afterwards, whatever happens in between."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.android.adb import Phone
from runtime.errors import HeadPoseError

_TEMPORARY = "/data/local/tmp"  # where adb's user may write and execute


class Workplace:
    """A fresh folder on a phone and what was copied into it."""

    def __init__(self, phone: Phone, folder: str) -> None:
        self.phone, self.folder = phone, folder
        self._places: dict[Path, str] = {}

    def put(self, file: Path, *, executable: bool = False) -> str:
        """Copy a file there once; its place on the phone. Raises HeadPoseError as `Phone.push` does."""
        if file not in self._places:
            name = "benchmark_model" if executable else f"model{len(self._places)}{file.suffix.lower()}"
            place = f"{self.folder}/{name}"
            self.phone.push(file, place)
            self.phone.shell(f"chmod {755 if executable else 644} {place}")
            self._places[file] = place
        return self._places[file]


@contextmanager
def workplace(phone: Phone) -> Iterator[Workplace]:
    """A folder of our own under /data/local/tmp; what still runs in it is stopped and it is removed at the end.

    Raises HeadPoseError if it cannot be made. If it cannot be removed, a line on the error stream says so.
    """
    folder = f"{_TEMPORARY}/headpose-{uuid.uuid4().hex[:8]}"
    try:
        made = phone.shell(f"mkdir -p {folder}")
        if made.code != 0:
            raise HeadPoseError(f"{folder} cannot be made on {phone.name}: {made.text.strip()}")
        yield Workplace(phone, folder)
    finally:
        _remove(phone, folder)


def _remove(phone: Phone, folder: str) -> None:
    try:
        phone.shell(f"pkill -9 -f '{folder}/[b]enchmark_model'")  # brackets: not the shell that runs this line
        if phone.shell(f"rm -rf {folder}").code == 0:
            return
    except HeadPoseError:  # it is gone: the first error tells it
        pass
    print(
        f"{folder} may have stayed behind on {phone.name}: remove it with  adb shell rm -rf {folder}", file=sys.stderr
    )
