"""A folder of photographs with a labels.json: for validation on faces as our own detector frames them.

labels.json holds `images`, a list of `{"file", "rotation": 3 × 3, "landmarks68": [[x, y], …]}`, the rotation in the
convention of `runtime.rotation`, the landmarks in pixels; further entries are not read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from training.data.face_list import checked_rotation
from training.data.file_source import FileSource
from training.data.source import Progress, silent

BOXES = ("detector", "landmarks")
_SAME_FACE = 0.3  # overlap of a detected box with the landmarks' box
_LABELS = "labels.json"


def open_labelled_photos(
    folder: str | Path, *, boxes: str = "detector", name: str | None = None, progress: Progress = silent
) -> FileSource:
    """The faces of a folder with labels.json.

    Args:
        folder: holds the pictures and labels.json.
        boxes: 'detector' takes the detected face that overlaps the landmarks most, as an app would frame it;
            'landmarks' takes the box around the landmarks.
        name: of the set in records; None takes the folder's.
        progress: told about every picture that is searched.

    Raises:
        HeadPoseError: missing or damaged labels, a missing picture, or no detected face on the labelled one.
    """
    if boxes not in BOXES:
        raise unknown_name("kind of boxes", boxes, BOXES)
    root = Path(folder)
    labels = _read(root)
    marks = np.array([_landmark_box(label, root) for label in labels])
    files = [str(label["file"]) for label in labels]
    found = _detected(root, files, marks, progress) if boxes == "detector" else marks
    return FileSource(
        name=name or root.resolve().name,
        terms="those of the photographs, which this program does not know",
        keys=[Path(file).stem for file in files],
        groups=files,
        rotations=np.stack([checked_rotation(label["rotation"], f"{root / label['file']}") for label in labels]),
        boxes=found,
        root=root,
        files=files,
    )


def _read(root: Path) -> list[dict[str, Any]]:
    path = root / _LABELS
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))["images"]
        for label in labels:
            missing = {"file", "rotation", "landmarks68"} - label.keys()
            if missing:
                raise HeadPoseError(f"an image in {path} has no {', '.join(sorted(missing))}: add it")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HeadPoseError(f"{path} cannot be read ({reason}): give a folder of photographs with labels") from error
    if not labels:
        raise HeadPoseError(f"{path} lists no image: give a folder of photographs with labels")
    return list(labels)


def _landmark_box(label: dict[str, Any], root: Path) -> npt.NDArray[np.float64]:
    points = np.asarray(label["landmarks68"], dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise HeadPoseError(f"the landmarks of {label['file']} in {root / _LABELS} are no points x, y: correct them")
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _detected(
    root: Path, files: list[str], marks: npt.NDArray[np.float64], progress: Progress
) -> npt.NDArray[np.float64]:
    from runtime.blazeface import overlap
    from runtime.detector import FaceDetector
    from training.data.decode import read_rgb

    detector, found = FaceDetector(threads=1), []
    for done, (file, mark) in enumerate(zip(files, marks, strict=True)):
        progress("finding faces", done, len(files))
        boxes = np.array([face.box for face in detector.detect(read_rgb(root / file))]).reshape(-1, 4)
        shared = overlap(mark, boxes) if len(boxes) else np.zeros(0)
        if not len(boxes) or shared.max() < _SAME_FACE:
            raise HeadPoseError(f"our detector does not find the labelled face of {root / file}: use boxes=landmarks")
        found.append(boxes[int(shared.argmax())])
    progress("finding faces", len(files), len(files))
    return np.asarray(found, dtype=np.float64)
