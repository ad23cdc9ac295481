"""Lists of files: which faces of 300W-LP or AFLW2000-3D a training or an evaluation takes.

A list is a text file with one path a line, relative to the data set's folder and without extension, as 6DRepNet's
create_filename_list.py writes it. Made by 6DRepNet's rule: every .jpg with a .mat of the same name whose pitch, yaw
and roll are all within 99°.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.atomic import write_text
from runtime.errors import HeadPoseError
from training.data.label_index import LabelIndex, load_index, read_labels, write_sidecar
from training.data.read_list import parse_filename_list
from training.data.source import Progress, silent

LIST_NAME = "filenames.txt"
LIMIT_DEG = 99.0  # 6DRepNet's, Hopenet's before it: their bins end there
_SUBSETS = {f"{name}{flip}" for name in ("AFW", "HELEN", "IBUG", "LFPW") for flip in ("", "_Flip")}


@dataclass(frozen=True)
class FileListReport:
    """What became of every .jpg in a folder."""

    path: Path
    """The list."""
    kept: int
    """Names in it."""
    out_of_range: tuple[str, ...]
    """Names with an angle beyond the limit."""
    without_mat: tuple[str, ...]
    """Names of pictures with no .mat beside them."""
    unusable: tuple[tuple[str, str], ...]
    """Names and reasons: damaged, no `Pose_Para`, NaN, a name that cannot stand in a list."""
    written: bool
    """False if the list was there already with just these names."""
    published: tuple[str, int, int] | None
    """Data set that the folder looks like, the pictures it has as published, and those within 99°."""

    @property
    def found(self) -> int:
        """All .jpg files."""
        return self.kept + len(self.out_of_range) + len(self.without_mat) + len(self.unusable)


def create_filename_list(
    root: str | Path,
    *,
    limit_deg: float = LIMIT_DEG,
    out: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> FileListReport:
    """Write the list of a data set's folder, and its labels beside it (`label_index`).

    A list that is there already with the same names is left alone; one with other names is replaced only if asked.

    Args:
        root: folder that is searched with its subfolders.
        limit_deg: largest |pitch|, |yaw| and |roll| of a face that is kept.
        out: the list; `<root>/filenames.txt` if None. A relative path counts from `root`, as in 6DRepNet.
        overwrite: replace a list with other names.
        progress: told while .mat files are read.

    Raises:
        HeadPoseError: no such folder, no face in it that can be kept, a limit that is no angle, a list with other
            names in the way, a place that cannot be written. One bad file is reported and left out instead.
    """
    folder, path = Path(root), Path(root) / (LIST_NAME if out is None else out)
    if not 0 < limit_deg <= 180:
        raise HeadPoseError(f"the limit of the angles is {limit_deg:g}: give degrees between 0 and 180, as 99")
    names, without_mat, unlisted = _find_pairs(folder)
    index, faults = read_labels(folder, names, progress)
    usable = [name for name in names if name not in faults]
    within = _within(index, limit_deg)
    kept = [name for name, keep in zip(usable, within) if keep]
    if not kept:
        raise HeadPoseError(_nothing_kept(folder, len(names), limit_deg, without_mat, faults))
    written = _write_list(path, kept, overwrite=overwrite)
    write_sidecar(path, kept, index.select(np.flatnonzero(within)))
    return FileListReport(
        path=path,
        kept=len(kept),
        out_of_range=tuple(name for name, keep in zip(usable, within) if not keep),
        without_mat=tuple(without_mat),
        unusable=(*unlisted, *faults.items()),
        written=written,
        published=_published(usable),
    )


def faces_within(
    root: Path, limit_deg: float = LIMIT_DEG, *, progress: Progress = silent
) -> tuple[list[str], LabelIndex]:
    """Names and labels that `create_filename_list` would keep; nothing is written.

    Raises HeadPoseError as it does, and for a .mat file that cannot be used too: a test set must be whole.
    """
    names, without_mat, _ = _find_pairs(root)
    index = load_index(root, names, None, progress)
    within = _within(index, limit_deg)
    if not within.any():
        raise HeadPoseError(_nothing_kept(root, len(names), limit_deg, without_mat, {}))
    return [name for name, keep in zip(names, within) if keep], index.select(np.flatnonzero(within))


def _within(index: LabelIndex, limit_deg: float) -> npt.NDArray[np.bool_]:
    return np.asarray((np.abs(index.angles_deg) <= limit_deg).all(axis=1))


def _find_pairs(root: Path) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Sorted names with a .mat, those without one, and those that no line of a text file can hold, with the reason."""
    if not root.is_dir():
        raise HeadPoseError(f"the folder {root} does not exist: give the data set's folder with --root_dir")
    paired: list[str] = []
    single: list[str] = []
    unlisted: list[tuple[str, str]] = []
    for folder, _, files in os.walk(root, onerror=_cannot_list):
        present = set(files)
        prefix = Path(folder).relative_to(root).as_posix()
        for file in files:
            # '._X.jpg' holds what macOS knows of X.jpg; it comes with archives that were packed there
            if not file.endswith(".jpg") or file.startswith("._"):
                continue
            name = file[:-4] if prefix == "." else f"{prefix}/{file[:-4]}"
            if not _can_stand_in_a_list(name):
                unlisted.append((name, f"{name!a} cannot stand in a list: rename the file"))
            else:
                (paired if f"{file[:-4]}.mat" in present else single).append(name)
    if not paired and not single and not unlisted:
        raise HeadPoseError(f"{root} and its subfolders hold no .jpg file: give the data set's folder with --root_dir")
    return sorted(paired), sorted(single), sorted(unlisted)


def _cannot_list(error: OSError) -> None:
    raise HeadPoseError(f"cannot list the folder {error.filename}: {error.strerror}") from error


def _can_stand_in_a_list(name: str) -> bool:
    """Whether the name comes back as it is: a line of UTF-8 text whose ends are not blanks."""
    try:
        return parse_filename_list(f"{name}\n".encode()) == [name]
    except UnicodeEncodeError:
        return False


def _nothing_kept(root: Path, paired: int, limit_deg: float, without_mat: Sequence[str], faults: dict[str, str]) -> str:
    if not paired:
        return f"{root} has {len(without_mat)} .jpg files and none has a .mat beside it: it is no folder of 300W-LP"
    reason = f"; {len(faults)} cannot be used, the first: {next(iter(faults.values()))}" if faults else ""
    return f"none of the {paired} faces in {root} is within {limit_deg:g}°{reason}"


def _write_list(path: Path, names: Sequence[str], *, overwrite: bool) -> bool:
    """Whether it had to be written."""
    if path.is_dir():
        raise HeadPoseError(f"{path} is a folder: give the list another name with --filename")
    if path.exists():
        old = parse_filename_list(path.read_bytes())
        if old == list(names):
            return False
        if not overwrite:
            same = "the same files in another order" if sorted(old or []) == list(names) else "other files"
            raise HeadPoseError(
                f"{path} exists already and lists {same} ({len(old or [])}, now {len(names)}): "
                "pass --overwrite to replace it, or another --filename"
            )
    write_text(path, "".join(f"{name}\n" for name in names))
    return True


def _published(names: Sequence[str]) -> tuple[str, int, int] | None:
    """The data set whose names these are, with its published counts (all, within 99°)."""
    if {name.rpartition("/")[0].rpartition("/")[2] for name in names} & _SUBSETS:
        return "300W-LP", 122_450, 122_415
    if all(re.fullmatch(r"image\d{5}", name.rpartition("/")[2]) for name in names):
        return "AFLW2000-3D", 2_000, 1_969
    return None
