"""Data sets by name: how each is opened, what options it has, how its faces are framed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runtime.errors import HeadPoseError, unknown_name
from training.data.source import PoseSource, Progress, Subset, check_source, silent


@dataclass(frozen=True)
class DatasetEntry:
    """How to open a data set and what to do with it where nothing else is said."""

    opener: Callable[..., PoseSource]
    """(data_dir, filename_list, progress, **options)."""
    train_framing: str
    """Key of `FRAMINGS` for training."""
    test_framing: str
    """Key of `FRAMINGS` for evaluation: the published crop where there is one."""
    text: str
    """For --help."""
    from_files: bool = True
    """Whether it is read from a folder or a list."""


def _open_300w_lp(data_dir: Path, filename_list: Path | None, progress: Progress) -> PoseSource:
    from training.data.pose_300w_lp import open_300w_lp

    return open_300w_lp(data_dir, filename_list, progress=progress)


def _open_aflw2000(
    data_dir: Path, filename_list: Path | None, progress: Progress, *, landmarks: str = "all"
) -> PoseSource:
    from training.data.aflw2000 import open_aflw2000

    return open_aflw2000(data_dir, filename_list, landmarks=landmarks, progress=progress)


def _open_biwi(
    data_dir: Path,
    filename_list: Path | None,
    progress: Progress,
    *,
    labels: str = "6drepnet",
    split: str = "all",
    boxes: str | None = None,
) -> PoseSource:
    from training.data.biwi import open_biwi

    if filename_list is not None:
        raise HeadPoseError("BIWI frames have no filename_list: leave it out, or give an .npz to the data set BIWI_npz")
    source = open_biwi(data_dir, boxes=boxes, labels=labels)
    return _biwi_part(source, split)


def _biwi_part(source: PoseSource, split: str) -> PoseSource:
    if split == "all":
        return source
    from training.data.biwi_split import HAOFANWANG_TEST_SEQUENCES, TEST_SEQUENCES, split_70_30

    parts = [f"{part}{kind}" for kind in ("", "-haofanwang") for part in ("train", "test")]
    if split not in parts:
        raise unknown_name("BIWI split", split, ("all", *parts))
    tested = HAOFANWANG_TEST_SEQUENCES if split.endswith("-haofanwang") else TEST_SEQUENCES
    return Subset(source, split_70_30(source, tested)[parts.index(split) % 2])


def _open_biwi_npz(
    data_dir: Path, filename_list: Path | None, progress: Progress, *, channels: str = "bgr", split: str = "all"
) -> PoseSource:
    from training.data.biwi_npz import open_biwi_npz

    return _biwi_part(open_biwi_npz(filename_list or data_dir, channels=channels), split)


def _open_face_list(data_dir: Path, filename_list: Path | None, progress: Progress) -> PoseSource:
    from training.data.face_list import open_face_list

    file = filename_list or (data_dir / "labels.csv" if data_dir.is_dir() else data_dir)
    return open_face_list(file, progress=progress)


def _open_photos(
    data_dir: Path, filename_list: Path | None, progress: Progress, *, boxes: str = "detector"
) -> PoseSource:
    from training.data.labelled_photos import open_labelled_photos

    return open_labelled_photos(data_dir, boxes=boxes, progress=progress)


def _open_drawn(
    data_dir: Path, filename_list: Path | None, progress: Progress, *, count: str = "512", seed: str = "0"
) -> PoseSource:
    from training.data.drawn_heads import DrawnHeads

    try:
        return DrawnHeads(int(count), int(seed))
    except ValueError:
        raise HeadPoseError(f"count and seed of DrawnHeads are whole numbers, not {count!r} and {seed!r}") from None


def _open_synthetic(
    data_dir: Path,
    filename_list: Path | None,
    progress: Progress,
    *,
    count: str = "10000",
    density: str = "300w-lp",
    seed: str = "0",
    size: str = "224",
    max_yaw: str = "99",
    assets: str | None = None,
    head_model: str | None = None,
) -> PoseSource:
    from training.data.synthetic.live import open_synthetic_heads

    numbers = {"count": count, "seed": seed, "size": size, "max_yaw": max_yaw}
    files = {"assets": assets, "head_model": head_model}
    return open_synthetic_heads(numbers, files, density=density, held_out=False, progress=progress)


def _open_synthetic_held_out(
    data_dir: Path,
    filename_list: Path | None,
    progress: Progress,
    *,
    count: str = "2000",
    density: str = "uniform",
    seed: str = "0",
    size: str = "224",
    max_yaw: str = "99",
    assets: str | None = None,
    head_model: str | None = None,
) -> PoseSource:
    from training.data.synthetic.live import open_synthetic_heads

    numbers = {"count": count, "seed": seed, "size": size, "max_yaw": max_yaw}
    files = {"assets": assets, "head_model": head_model}
    return open_synthetic_heads(numbers, files, density=density, held_out=True, progress=progress)


DATASETS: dict[str, DatasetEntry] = {
    "Pose_300W_LP": DatasetEntry(_open_300w_lp, "6drepnet_train", "6drepnet_train", "300W-LP (.jpg, .mat)"),
    "AFLW2000": DatasetEntry(_open_aflw2000, "6drepnet_train", "6drepnet_test", "AFLW2000-3D; landmarks=all|visible"),
    "BIWI": DatasetEntry(_open_biwi, "runtime", "runtime", "BIWI frames; labels=6drepnet|rgb, split=all|train|test"),
    "BIWI_npz": DatasetEntry(_open_biwi_npz, "whole", "whole", "FSA-Net's .npz of BIWI; channels=bgr|rgb, split="),
    "FaceList": DatasetEntry(_open_face_list, "runtime", "runtime", "labels.csv: any pictures with rotations"),
    "LabelledPhotos": DatasetEntry(_open_photos, "runtime", "runtime", "labels.json; boxes=detector|landmarks"),
    "DrawnHeads": DatasetEntry(_open_drawn, "square", "square", "drawn heads, no files needed; count=, seed=", False),
    "Synthetic": DatasetEntry(_open_synthetic, "runtime", "runtime", "heads rendered on the fly; count=, seed=", False),
    "synthetic-heldout": DatasetEntry(
        _open_synthetic_held_out, "runtime", "runtime", "of people, skins and hair never trained on; count=", False
    ),
}
DEFAULT_FRAMING = {name: entry.test_framing for name, entry in DATASETS.items()}


def open_dataset(
    name: str,
    data_dir: str | Path,
    filename_list: str | Path | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> PoseSource:
    """Open a data set and check that its labels hold together.

    Args:
        name: key of `DATASETS`; 'BIWI' with an .npz as folder or list is 'BIWI_npz', as 6DRepNet's scripts take it.
        data_dir: its folder.
        filename_list: its list of files; None takes the usual place.
        options: of this data set, as texts.
        progress: told while labels are read.

    Raises:
        HeadPoseError: unknown name or option, missing or damaged files, no face.
    """
    folder, listed = Path(data_dir), Path(filename_list) if filename_list else None
    if name == "BIWI" and (listed or folder).suffix == ".npz":
        name = "BIWI_npz"
    if name not in DATASETS:
        raise unknown_name("data set", name, DATASETS)
    entry = DATASETS[name]
    known = [p.name for p in inspect.signature(entry.opener).parameters.values() if p.kind is p.KEYWORD_ONLY]
    for option in options or {}:
        if option not in known:
            raise unknown_name(f"option of {name}", option, known or ["none"])
    if entry.from_files and not folder.exists() and listed is None:
        raise HeadPoseError(f"the data folder {folder} does not exist: give the place of {name} with --data_dir")
    source = entry.opener(folder, listed, progress, **(options or {}))
    check_source(source)
    return source


def spread(source: PoseSource, limit: int) -> PoseSource:
    """At most `limit` faces (0: all), evenly spread over the set."""
    if not 0 < limit < len(source):
        return source
    return Subset(source, np.linspace(0, len(source) - 1, limit).round().astype(np.intp))
