"""Write beside, then rename: a reader never meets a half-written file or folder."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.errors import HeadPoseError


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def check_new(path: Path, *, overwrite: bool) -> None:
    """Raise HeadPoseError if `path` exists and may not be replaced."""
    if path.exists() and not overwrite:
        raise HeadPoseError(f"{path} exists already: choose another place or pass --overwrite")


def make_folder(path: Path) -> Path:
    """Create `path` and its parents; raise HeadPoseError if that is impossible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HeadPoseError(f"cannot create the folder {path}: {error.strerror or error}") from error
    return path


@contextmanager
def replacing(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Yield a temporary name beside `path` with its suffix; on success it becomes `path`, on any error it vanishes.

    Works for files and for folders (an .mlpackage is a folder). Raises HeadPoseError when the disk is full, the
    folder cannot be written or `path` exists and `overwrite` is false.
    """
    check_new(path, overwrite=overwrite)
    part = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}.part{path.suffix}")
    try:
        yield part
        if path.is_dir() and not path.is_symlink():
            old = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}.old{path.suffix}")
            os.rename(path, old)
            os.rename(part, path)
            _remove(old)
        else:
            os.replace(part, path)
    except OSError as error:
        raise HeadPoseError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        _remove(part)


def write_text(path: Path, text: str, *, overwrite: bool = True) -> None:
    """Write a UTF-8 text file through `replacing`."""
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(text, encoding="utf-8")
