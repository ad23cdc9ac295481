"""Reads lists of files, ours and those of other head pose repositories, which spell the same names in other ways."""

from __future__ import annotations

import codecs
import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from runtime.errors import HeadPoseError

_EXTENSIONS = (".jpg", ".mat")
_SHOWN = 3  # names in an error
_TRIED = 20  # names that may be missing before the spelling of a list is given up

_Exists = Callable[[str], bool]


def read_filename_list(path: str | Path, root: str | Path) -> list[str]:
    """Names of a list, as paths below `root` with '/' and without extension, in the order of the list.

    Besides 6DRepNet's form, these are understood where they are unambiguous: '\\' for '/', './' in front, an
    extension, a path that is absolute or starts further up than `root` (the same way on every line), a byte order
    mark, UTF-16 (as PowerShell writes it), blanks at the ends of lines, empty lines.

    Raises:
        HeadPoseError: no such list or folder, no text, no name in it, a name twice, names whose .jpg or .mat is not
            there.
    """
    file, folder = Path(path), Path(root)
    try:
        names = parse_filename_list(file.read_bytes())
    except OSError as error:
        raise HeadPoseError(f"cannot read the list of files {file}: {error.strerror or error}") from error
    if names is None:
        raise HeadPoseError(f"{file} is no list of files: it holds no text")
    if not names:
        raise HeadPoseError(f"the list of files {file} is empty: make it again with  headpose filenames")
    if not folder.is_dir():
        raise HeadPoseError(f"the folder {folder} of the data set does not exist")
    names = _below(names, folder)
    _refuse_twins(names, file)
    _refuse_missing(names, file, folder)
    return names


def parse_filename_list(data: bytes) -> list[str] | None:
    """Content of a list → its names in one spelling, or None if it is no text."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    lines = (line.strip().replace("\\", "/") for line in text.splitlines())
    return [_bare(line) for line in lines if line]


def _bare(name: str) -> str:
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    stem, dot, extension = name.rpartition(".")
    return stem if f"{dot}{extension.lower()}" in _EXTENSIONS else name


def _below(names: Sequence[str], root: Path) -> list[str]:
    """The names without the folders that lead to `root`, if the list was written from further up.

    The first name that can be found tells how much that is: the least that must go.
    """
    exists = _looker(root, ".jpg")
    for name in names[:_TRIED]:
        parts = name.split("/")
        for count in range(len(parts)):
            if exists("/".join(parts[count:])):
                prefix = "".join(f"{part}/" for part in parts[:count])
                return [name.removeprefix(prefix) for name in names]
    return list(names)


def _refuse_twins(names: Sequence[str], file: Path) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        raise HeadPoseError(f"{file} names {len(twins)} faces more than once ({_some(twins)}): leave one line of each")


def _refuse_missing(names: Sequence[str], file: Path, root: Path) -> None:
    for extension in _EXTENSIONS:
        exists = _looker(root, extension)
        missing = [name for name in names if not exists(name)]
        if missing:
            raise HeadPoseError(
                f"{len(missing)} of the {len(names)} names in {file} have no {extension} file in {root} "
                f"({_some(missing)}): give the right folder or make the list again with  headpose filenames"
            )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


def _looker(root: Path, extension: str) -> _Exists:
    """A function that tells whether a name's file is there; lists each folder once, not each of 122,450 files."""

    @cache
    def listing(folder: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(root / folder))
        except OSError:
            return frozenset()

    def exists(name: str) -> bool:
        folder, _, file = name.rpartition("/")
        absolute = name.startswith("/") or name[1:2] == ":"  # would lead out of the folder
        return not absolute and f"{file}{extension}" in listing(folder)

    return exists
