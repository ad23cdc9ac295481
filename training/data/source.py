"""What every data set is to training and evaluation: all labels at once, pictures on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

Image = npt.NDArray[np.uint8]
Progress = Callable[[str, int, int], None]


def silent(text: str, done: int, total: int) -> None:
    """A progress function (text, done, total) that shows nothing."""


class PoseSource(Protocol):
    """A labelled set of N faces. Pickles into the worker processes of a loader, so it holds no open files."""

    @property
    def name(self) -> str:
        """As published: '300W-LP', 'AFLW2000-3D', 'BIWI', …"""
        ...

    @property
    def terms(self) -> str:
        """Licence or terms of use of the data, for the records of weights that were trained on it."""
        ...

    @property
    def keys(self) -> Sequence[str]:
        """N names, unique in the set, short enough to be read: 'AFW/AFW_134212_1_0'."""
        ...

    @property
    def groups(self) -> Sequence[str]:
        """N names of what training and validation must not share: a photograph, a person, a sequence."""
        ...

    @property
    def rotations(self) -> npt.NDArray[np.float64]:
        """(N, 3, 3), the convention of `runtime.rotation`."""
        ...

    @property
    def boxes(self) -> npt.NDArray[np.float64]:
        """(N, 4) left, top, right, bottom of the face in pixels of its picture: what framings start from."""
        ...

    def __len__(self) -> int:
        """N."""
        ...

    def picture(self, index: int) -> Image:
        """The whole picture of one face, RGB (H, W, 3) uint8; HeadPoseError naming the file if it cannot be read."""
        ...


@dataclass(frozen=True, eq=False)
class Subset:
    """Some faces of a source, in the order of `indices`. Fulfils `PoseSource`.

    Its columns are made once: the source may be a subset as well, and callers ask for one face's entry at a time.
    """

    source: PoseSource
    """The whole set."""
    indices: npt.NDArray[np.intp]
    """(M,) positions in it."""

    @property
    def name(self) -> str:
        """Of the whole set."""
        return self.source.name

    @property
    def terms(self) -> str:
        """Of the whole set."""
        return self.source.terms

    @cached_property
    def keys(self) -> Sequence[str]:
        """M names."""
        keys = self.source.keys
        return [keys[i] for i in self.indices]

    @cached_property
    def groups(self) -> Sequence[str]:
        """M names of groups."""
        groups = self.source.groups
        return [groups[i] for i in self.indices]

    @cached_property
    def rotations(self) -> npt.NDArray[np.float64]:
        """(M, 3, 3)."""
        return self.source.rotations[self.indices]

    @cached_property
    def boxes(self) -> npt.NDArray[np.float64]:
        """(M, 4)."""
        return self.source.boxes[self.indices]

    def __len__(self) -> int:
        return len(self.indices)

    def picture(self, index: int) -> Image:
        """The picture of one face of the subset."""
        return self.source.picture(int(self.indices[index]))


def check_source(source: PoseSource) -> None:
    """Raise HeadPoseError unless the arrays of a source have one length, are finite, and its keys are unique."""
    count = len(source)
    if count == 0:
        raise HeadPoseError(f"{source.name} holds no face: check the folder and the list of files")
    lengths = {len(source.keys), len(source.groups), len(source.rotations), len(source.boxes)}
    if lengths != {count}:
        raise HeadPoseError(f"{source.name} has {count} faces and columns of {sorted(lengths)} rows: read it again")
    if not (np.isfinite(source.rotations).all() and np.isfinite(source.boxes).all()):
        raise HeadPoseError(f"{source.name} has labels that are no numbers: run  headpose prepare check  on it")
    if len(set(source.keys)) != count:
        raise HeadPoseError(f"{source.name} names a face twice: make its list of files again")
