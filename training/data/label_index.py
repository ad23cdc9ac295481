"""The labels of a whole list of files, read once and kept beside the list, so that training starts at once.

Reading 122,450 .mat files takes from 20 seconds (all cached by the system) to many minutes (a cold network disk).
The sidecar `<list>.labels.npz` holds what was read; it counts only while the list and the size and the time of every
.mat file are what they were.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.atomic import replacing
from runtime.errors import HeadPoseError
from training.data.mat import MatLabels, parse_mat
from training.data.source import Progress, silent

Array = npt.NDArray[np.float64]

# Parsing holds Python's lock (0.05 to 0.1 ms a file, measured), so threads do not speed it up: they only wait for the
# disk, ahead of the parser. Processes would save a few seconds of parsing, at the price of forking a threaded program.
_READERS, _CHUNK, _CHUNKS_AHEAD = 8, 64, 16
_FORMAT = 1  # of the sidecar

Content = tuple[bytes, tuple[int, int]] | HeadPoseError
"""Bytes of a file with its size and time, or why it cannot be read."""


@dataclass(frozen=True, eq=False)
class LabelIndex:
    """Labels of N faces."""

    angles_deg: Array
    """(N, 3) pitch, yaw, roll."""
    boxes_all: Array
    """(N, 4) left, top, right, bottom of all landmarks, hidden ones too, as 6DRepNet takes them."""
    boxes_visible: Array
    """(N, 4) of the landmarks with x ≥ 0; NaN where there is none. AFLW2000-3D writes hidden ones as (-1, 452)."""
    invisible: npt.NDArray[np.int64]
    """(N,) hidden landmarks."""
    files: npt.NDArray[np.int64]
    """(N, 2) size in bytes and time of change in nanoseconds of each .mat file."""

    def __len__(self) -> int:
        return len(self.angles_deg)

    def select(self, rows: npt.NDArray[np.intp]) -> LabelIndex:
        """Some faces, in the order of `rows`."""
        return LabelIndex(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def sidecar_of(list_path: Path) -> Path:
    """Where the labels of a list are kept: filenames.txt → filenames.labels.npz."""
    return list_path.with_name(f"{list_path.stem}.labels.npz")


def load_index(root: Path, names: Sequence[str], list_path: Path | None, progress: Progress = silent) -> LabelIndex:
    """Labels of all names, from the sidecar of the list or, if that is missing, stale or damaged, from the .mat files.

    Args:
        root: the data set's folder.
        names: paths in it without extension.
        list_path: the list that holds them, which gets a sidecar; None keeps the labels in memory only.
        progress: told while .mat files are read.

    Raises:
        HeadPoseError: a .mat file cannot be used, with the first one's reason.
    """
    kept = None if list_path is None else _read_sidecar(sidecar_of(list_path), root, names)
    if kept is not None:
        return kept
    index, faults = read_labels(root, names, progress)
    if faults:
        more = f" (and {len(faults) - 1} more of {len(names)})" if len(faults) > 1 else ""
        raise HeadPoseError(f"{next(iter(faults.values()))}{more}; headpose filenames makes a list without such files")
    if list_path is not None:
        write_sidecar(list_path, names, index)
    return index


def read_labels(root: Path, names: Sequence[str], progress: Progress = silent) -> tuple[LabelIndex, dict[str, str]]:
    """Read `<root>/<name>.mat` of every name.

    Returns:
        The labels of those that can be used, in the order of `names`, and the reason of every other one by name.
    """
    rows: list[tuple[MatLabels, tuple[int, int]]] = []
    faults: dict[str, str] = {}
    for done, (name, content) in enumerate(_contents(root, names), start=1):
        try:
            if isinstance(content, HeadPoseError):
                raise content
            rows.append((parse_mat(content[0], root / f"{name}.mat"), content[1]))
        except HeadPoseError as error:
            faults[name] = str(error)
        if done % 500 == 0 or done == len(names):
            progress("reading labels", done, len(names))
    return _index_of(rows), faults


def _contents(root: Path, names: Sequence[str]) -> Iterator[tuple[str, Content]]:
    """Name and content of each .mat file in order, a bounded number of files ahead of who asks."""
    folder = os.fspath(root)
    waiting: deque[tuple[Sequence[str], Future[list[Content]]]] = deque()
    with ThreadPoolExecutor(_READERS) as pool:
        for start in range(0, len(names), _CHUNK):
            chunk = names[start : start + _CHUNK]
            waiting.append((chunk, pool.submit(lambda some: [_content(folder, name) for name in some], chunk)))
            if len(waiting) > _CHUNKS_AHEAD:
                ready, future = waiting.popleft()
                yield from zip(ready, future.result())
        for ready, future in waiting:
            yield from zip(ready, future.result())


def _content(folder: str, name: str) -> Content:
    path = os.path.join(folder, f"{name}.mat")
    try:
        with open(path, "rb") as stream:
            status = os.fstat(stream.fileno())
            return stream.read(), (status.st_size, status.st_mtime_ns)
    except OSError as error:
        return HeadPoseError(f"cannot read {path}: {error.strerror or error}")


def _index_of(rows: Sequence[tuple[MatLabels, tuple[int, int]]]) -> LabelIndex:
    labels = [row[0] for row in rows]
    visible = [label.landmarks[:, label.landmarks[0] >= 0] for label in labels]
    hidden = [label.landmarks.shape[1] - points.shape[1] for label, points in zip(labels, visible)]
    return LabelIndex(
        angles_deg=_table([(label.pitch_deg, label.yaw_deg, label.roll_deg) for label in labels], 3),
        boxes_all=_table([_bounds(label.landmarks) for label in labels], 4),
        boxes_visible=_table([_bounds(points) for points in visible], 4),
        invisible=np.array(hidden, dtype=np.int64),
        files=np.array([row[1] for row in rows], dtype=np.int64).reshape(-1, 2),
    )


def _table(rows: Sequence[tuple[float, ...]], columns: int) -> Array:
    return np.array(rows, dtype=np.float64).reshape(-1, columns)


def _bounds(points: Array) -> tuple[float, ...]:
    """(2, L) → left, top, right, bottom."""
    if points.shape[1] == 0:
        return (np.nan,) * 4
    return (*(float(v) for v in points.min(axis=1)), *(float(v) for v in points.max(axis=1)))


def write_sidecar(list_path: Path, names: Sequence[str], index: LabelIndex) -> None:
    """Keep the labels beside the list; where that cannot be written, they are read again the next time."""
    columns = {field.name: getattr(index, field.name) for field in fields(index)}
    try:
        with replacing(sidecar_of(list_path)) as part, part.open("wb") as stream:
            np.savez(stream, format=np.int64(_FORMAT), names=_digest(names), **columns)
    except HeadPoseError:
        return


def _read_sidecar(path: Path, root: Path, names: Sequence[str]) -> LabelIndex | None:
    """The labels that were kept, or None if they are not those of these files as they are now."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            if int(stored["format"]) != _FORMAT or not np.array_equal(stored["names"], _digest(names)):
                return None
            index = LabelIndex(**{field.name: stored[field.name] for field in fields(LabelIndex)})
    except Exception:  # any damage to a file that can be made again; NumPy and zipfile fail in many ways
        return None
    return index if _is_whole(index, len(names)) and np.array_equal(index.files, _files_now(root, names)) else None


def _is_whole(index: LabelIndex, count: int) -> bool:
    shapes: dict[str, tuple[int, ...]] = {"angles_deg": (count, 3), "boxes_all": (count, 4)}
    shapes |= {"boxes_visible": (count, 4), "invisible": (count,), "files": (count, 2)}
    for name, shape in shapes.items():
        column = getattr(index, name)
        if column.shape != shape or column.dtype != (np.int64 if name in ("invisible", "files") else np.float64):
            return False
    return bool(np.isfinite(index.angles_deg).all() and np.isfinite(index.boxes_all).all())


def _files_now(root: Path, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """(N, 2) size and time of the .mat files; -1 for one that is gone."""
    folder, found = os.fspath(root), np.full((len(names), 2), -1, dtype=np.int64)
    for row, name in enumerate(names):
        try:
            status = os.stat(os.path.join(folder, f"{name}.mat"))
        except OSError:
            break  # one that is gone makes the sidecar stale
        found[row] = status.st_size, status.st_mtime_ns
    return found


def _digest(names: Sequence[str]) -> npt.NDArray[np.uint8]:
    text = "\n".join(names).encode("utf-8", "surrogateescape")
    return np.frombuffer(hashlib.sha256(text).digest(), dtype=np.uint8)
