"""Packs the faces of BIWI as FSA-Net's scripts do, so that other people's code can read them: crops in one .npz.

`image` (N, S, S, 3) uint8 in BGR, `pose` (N, 3) yaw, pitch, roll in degrees, `img_size`, and beside them, where FSA-Net
has nothing, `names` (N) of the frames: readers that do not know them pass them over.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.atomic import replacing
from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import Box, crop_face
from runtime.rotation import rotation_to_euler
from training.data.biwi import BiwiFrames, find_sequences, frame_keys, open_biwi
from training.data.biwi_boxes import FaceBoxes
from training.data.biwi_split import split_70_30
from training.data.source import Image, Progress, silent
from training.in_turn import counted, in_turn
from training.prepare_biwi import Preparation, check_place, find_boxes, loose_crop, some_faces

MIN_SIZE, MAX_SIZE = 64, 256  # FSA-Net's crops, and 6DRepNet's


def fsa_net_crop(picture: Image, box: Box, size: int) -> Image:
    """RGB frame and face box → (size, size, 3): FSA-Net's loose crop, stretched to a square without antialiasing."""
    import cv2

    left, top, right, bottom = loose_crop(box, picture.shape[1], picture.shape[0])
    crop = cv2.resize(picture[top : bottom + 1, left : right + 1], (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(crop, dtype=np.uint8)


CROPS: dict[str, Callable[[Image, Box, int], Image]] = {"6drepnet": fsa_net_crop, "square": crop_face}
"""'6drepnet' as published; 'square' is the crop of this project's runtime."""


def prepare_npz(
    data_dir: str | Path,
    out: str | Path | None = None,
    *,
    rule: str = "6drepnet",
    size: int = MAX_SIZE,
    labels: str = "6drepnet",
    split: bool = False,
    lost: str = "drop",
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Preparation:
    """Find the faces of raw BIWI and write their crops; everything that can be checked is checked before.

    Args:
        data_dir: raw BIWI.
        out: the file, BIWI.npz in `data_dir` if None; with `split` it becomes NAME_train.npz and NAME_test.npz.
        rule: how crops are cut, a key of `CROPS`.
        size: side of the crops, 64 to 256 pixels.
        labels: whose camera's pose, a key of `training.data.biwi.LABELS`.
        split: two files by the fixed 70/30 list.
        lost: 'drop' or 'previous', as `find_boxes`.
        workers: processes.
        overwrite: replace what is there.
        progress: told of frames.

    Raises:
        HeadPoseError: a size out of range, unknown names, damaged frames, poses or calibrations, no face at all, a
            split with an empty side, existing files without `overwrite`, a place that cannot be written.
    """
    if rule not in CROPS:
        raise unknown_name("crop rule", rule, CROPS)
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise HeadPoseError(f"crops of {size} pixels are not made: give a size from {MIN_SIZE} to {MAX_SIZE}")
    files = _files(Path(out or Path(data_dir) / "BIWI.npz"), split=split)
    _check_labels(Path(data_dir), labels, split=split)
    for file in files:
        check_place(file, overwrite=overwrite)
    boxes = some_faces(find_boxes(Path(data_dir), lost=lost, workers=workers, progress=progress), data_dir)
    source = open_biwi(data_dir, boxes=boxes, labels=labels)
    parts = split_70_30(source) if split else (np.arange(len(source)),)
    for file, part in zip(files, parts):
        jobs = [(source.frame(int(i)), Box(*source.boxes[i])) for i in part]
        crops = in_turn(partial(_cut, rule=rule, size=size), jobs, workers)
        _write(file, source, part, size, counted(crops, f"writing {file.name}", len(part), progress), overwrite)
    return Preparation(files, boxes)


def _files(path: Path, *, split: bool) -> tuple[Path, ...]:
    if path.suffix != ".npz":
        raise HeadPoseError(f"{path} would hold crops in the .npz form: give a name that ends in .npz with --out")
    return tuple(path.with_name(f"{path.stem}_{side}.npz") for side in ("train", "test")) if split else (path,)


def _check_labels(data_dir: Path, labels: str, *, split: bool) -> None:
    """Read every pose, and what the labels and the split need, before the detector takes its minutes."""
    every = {key: Box(0.0, 0.0, 1.0, 1.0) for key in frame_keys(find_sequences(data_dir))}
    source = open_biwi(data_dir, boxes=FaceBoxes("none", "drop", len(every), every, {}), labels=labels)
    if split:
        split_70_30(source)


def _cut(job: tuple[Path, Box], *, rule: str, size: int) -> Image:
    from training.data.decode import read_rgb

    path, box = job
    return CROPS[rule](read_rgb(path), box, size)


def _write(
    path: Path, source: BiwiFrames, part: npt.NDArray[np.intp], size: int, crops: Iterable[Image], overwrite: bool
) -> None:
    """Write one .npz, crop by crop: 13,000 of 256 pixels are 2.6 GB. Uncompressed, so that readers can map it."""
    pitch, yaw, roll = rotation_to_euler(source.rotations[part]).T
    columns = {
        "pose": np.stack([yaw, pitch, roll], axis=1),
        "img_size": np.array(size),
        "names": np.array([source.keys[i] for i in part]),
    }
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(part), size, size, 3)}
    with replacing(path, overwrite=overwrite) as beside, zipfile.ZipFile(beside, "w") as archive:
        with archive.open("image.npy", "w", force_zip64=True) as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for crop in crops:
                stream.write(np.ascontiguousarray(crop[..., ::-1]).tobytes())
        for name, values in columns.items():
            with archive.open(f"{name}.npy", "w") as stream:
                np.lib.format.write_array(stream, values, allow_pickle=False)
