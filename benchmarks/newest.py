"""The newest result file of a kind, by its own date."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from runtime.errors import HeadPoseError


class Dated(Protocol):
    """A result that knows when it was made."""

    @property
    def created(self) -> str:
        """UTC time, ISO 8601."""
        ...


Result = TypeVar("Result", bound=Dated)


def newest(folder: Path, pattern: str, read: Callable[[dict[str, Any], str], Result]) -> tuple[Path, Result] | None:
    """The newest result by its own date among the files of one kind under a folder, None if there is none.

    Args:
        folder: searched with its subfolders.
        pattern: of the file names, as '*-spine.json'.
        read: makes a result of the JSON data; its second argument is the file's name for errors.

    Raises:
        HeadPoseError: a damaged file.
    """
    found = []
    for file in folder.rglob(pattern):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise HeadPoseError(f"{file} cannot be read ({error}): measure again") from error
        found.append((file, read(data, str(file))))
    return max(found, key=lambda pair: pair[1].created, default=None)
