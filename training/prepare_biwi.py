"""Finds the faces of BIWI: BIWI has no face boxes, and every paper made its own with another detector.

The rule is that of FSA-Net's scripts, with this project's detector instead of MTCNN: of several faces the one whose
loose crop's upper left corner is nearest to (2/3 width, 2/3 height); a frame is kept if that corner moved less than 80
pixels sideways from the last kept frame of the sequence. One thing differs: theirs starts a sequence whose first frame
has no face at x = 0 and may lose all of it; here the first face found starts it. Frames without a face are dropped
(13,219 of 15,678 are left with MTCNN), or take the previous box, as in FSA-Net's script for the 70/30 split.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from runtime.atomic import check_new, make_folder
from runtime.detector import FaceDetector
from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import Box
from training.data.biwi import find_sequences, frame_keys
from training.data.biwi_boxes import BOXES_NAME, FaceBoxes, write_boxes
from training.data.source import Progress, silent
from training.in_turn import counted, in_turn

PUBLISHED_FRAMES, PUBLISHED_KEPT = 15_678, 13_219
LOST = ("drop", "previous")
MARGIN = 0.4  # of the face box's sides, on every side: the loose crop of FSA-Net
DETECTOR = "BlazeFace short-range (runtime.detector.FaceDetector, score 0.65)"
_MAX_MOVE_PX = 80
_MIN_FACE_PX = 48.0  # the heads are about one metre away: their boxes are 70 to 130 pixels wide
_NO_FACE, _JUMPED = "no face found", f"face moved {_MAX_MOVE_PX} pixels or more from the last kept frame"


@dataclass(frozen=True)
class Seen:
    """What the detector says of one frame."""

    width: int
    """Of the frame in pixels."""
    height: int
    faces: tuple[Box, ...]
    """Best score first."""


@dataclass(frozen=True)
class Preparation:
    """What became of the frames."""

    files: tuple[Path, ...]
    """What was written."""
    boxes: FaceBoxes
    """Kept and dropped frames."""

    @property
    def kept(self) -> int:
        """Frames with a box."""
        return len(self.boxes.boxes)

    @property
    def reasons(self) -> dict[str, int]:
        """Why frames were dropped → how many."""
        every = list(self.boxes.dropped.values())
        return {reason: every.count(reason) for reason in sorted(set(every))}

    @property
    def poor_sequences(self) -> dict[str, tuple[int, int]]:
        """Sequences that lost more than half of their frames → kept, all: their track should be looked at."""
        found = {}
        for sequence in sorted({key.partition("/")[0] for key in (*self.boxes.boxes, *self.boxes.dropped)}):
            kept = sum(key.startswith(f"{sequence}/") for key in self.boxes.boxes)
            lost = sum(key.startswith(f"{sequence}/") for key in self.boxes.dropped)
            if lost > kept:
                found[sequence] = (kept, kept + lost)
        return found


def loose_crop(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """FSA-Net's crop: a margin of 0.4 on every side, clipped to the frame: left, top, right, bottom, all inside it."""
    dx, dy = MARGIN * box.width, MARGIN * box.height
    left, top = max(int(box.left - dx), 0), max(int(box.top - dy), 0)
    return left, top, min(int(box.right + dx), width - 1), min(int(box.bottom + dy), height - 1)


def follow(frames: Sequence[Seen], *, lost: str = "drop") -> list[Box | str]:
    """The face of each frame of one sequence, or why it has none; the rule stands at the top of this module.

    Args:
        frames: in order of time.
        lost: 'drop', or 'previous' to repeat the last kept box where there is one.
    """
    track: list[Box | str] = []
    last: tuple[Box, int] | None = None  # box and left edge of its loose crop
    for frame in frames:
        near = _nearest(frame)
        if near and (last is None or abs(near[1] - last[1]) < _MAX_MOVE_PX):
            last = near
            track.append(near[0])
        elif lost == "previous" and last is not None:
            track.append(last[0])
        else:
            track.append(_JUMPED if near else _NO_FACE)
    return track


def _nearest(frame: Seen) -> tuple[Box, int] | None:
    """The face to take and the left edge of its loose crop."""
    found = None
    for face in frame.faces:
        left, top, right, bottom = loose_crop(face, frame.width, frame.height)
        if right <= left or bottom <= top:  # outside the frame
            continue
        away = abs(left - frame.width * 2 / 3) + abs(top - frame.height * 2 / 3)
        if found is None or away < found[0]:
            found = (away, face, left)
    return found[1:] if found else None


@cache
def _detector() -> FaceDetector:
    """One for each process."""
    return FaceDetector(threads=1, min_face_px=_MIN_FACE_PX)


def look(path: Path) -> Seen:
    """All faces of one frame; HeadPoseError if it cannot be read."""
    from training.data.decode import read_rgb

    picture = read_rgb(path)
    height, width = picture.shape[:2]
    return Seen(width, height, tuple(face.box for face in _detector().detect(picture)))


def find_boxes(data_dir: Path, *, lost: str = "drop", workers: int = 1, progress: Progress = silent) -> FaceBoxes:
    """Run the detector over all frames and follow the face through each sequence.

    Raises HeadPoseError for a folder without sequences, a frame that cannot be read, or an unknown `lost`.
    """
    if lost not in LOST:
        raise unknown_name("way with lost frames", lost, LOST)
    root = find_sequences(data_dir)
    keys = frame_keys(root)
    if not keys:
        raise HeadPoseError(f"{root} has sequences but no frame_NNNNN_rgb.png in them: get the pictures of BIWI")
    looked = in_turn(look, [root / f"{key}_rgb.png" for key in keys], workers)
    seen = list(counted(looked, "finding faces", len(keys), progress))
    track = []
    for _, group in groupby(zip(keys, seen), key=lambda pair: pair[0].partition("/")[0]):
        track += follow([frame for _, frame in group], lost=lost)
    boxes = {key: face for key, face in zip(keys, track) if isinstance(face, Box)}
    dropped = {key: face for key, face in zip(keys, track) if isinstance(face, str)}
    return FaceBoxes(DETECTOR, lost, len(keys), boxes, dropped)


def prepare_boxes(
    data_dir: str | Path,
    out: str | Path | None = None,
    *,
    lost: str = "drop",
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Preparation:
    """Write the file of face boxes that `open_biwi` reads; headpose_boxes.json in `data_dir` if `out` is None.

    Raises HeadPoseError as `find_boxes`, for no face at all, an existing file without `overwrite`, or a place that
    cannot be written.
    """
    path = Path(out or Path(data_dir) / BOXES_NAME)
    find_sequences(Path(data_dir))
    check_place(path, overwrite=overwrite)
    boxes = some_faces(find_boxes(Path(data_dir), lost=lost, workers=workers, progress=progress), data_dir)
    write_boxes(path, boxes, overwrite=overwrite)
    return Preparation((path,), boxes)


def check_place(path: Path, *, overwrite: bool) -> None:
    """Before minutes of work: raise HeadPoseError if `path` exists already or its folder cannot be written."""
    check_new(path, overwrite=overwrite)
    make_folder(path.parent)
    if not os.access(path.parent, os.W_OK):
        raise HeadPoseError(f"the folder {path.parent} cannot be written: give another place with --out")


def some_faces(boxes: FaceBoxes, data_dir: str | Path) -> FaceBoxes:
    """The same boxes; HeadPoseError if there is none."""
    if not boxes.boxes:
        raise HeadPoseError(f"no face was found in the {boxes.frames} frames of {data_dir}: are these frames of BIWI?")
    return boxes
