"""The face boxes of BIWI, which the data set itself does not have: a JSON file beside the frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime.atomic import write_text
from runtime.errors import HeadPoseError
from runtime.preprocess import Box

BOXES_NAME = "headpose_boxes.json"
_SCHEMA = 1


@dataclass(frozen=True)
class FaceBoxes:
    """Where the face is in each frame, and which frames were left out."""

    detector: str
    """What found them."""
    lost: str
    """What was done with frames without a box: 'drop' or 'previous'."""
    frames: int
    """How many frames were looked at."""
    boxes: Mapping[str, Box]
    """Frame ('01/frame_00003') → the detector's box in pixels, as found, without margin."""
    dropped: Mapping[str, str]
    """Frame → why it has no box."""

    def to_json(self) -> str:
        """The file's text; boxes with a hundredth of a pixel."""
        record = {
            "schema": _SCHEMA,
            "dataset": "BIWI",
            "detector": self.detector,
            "lost": self.lost,
            "frames": self.frames,
            "boxes": {key: [round(v, 2) for v in box] for key, box in self.boxes.items()},
            "dropped": dict(self.dropped),
        }
        return json.dumps(record, indent=0, separators=(",", ":")) + "\n"

    @staticmethod
    def from_json(text: str, place: Path) -> FaceBoxes:
        """Read what `to_json` wrote; `place` is named if it is something else. Raises HeadPoseError."""
        try:
            record = json.loads(text)
            if record["schema"] != _SCHEMA or record["dataset"] != "BIWI":
                raise ValueError("it is another kind of file")
            boxes = {str(key): _box(key, corners) for key, corners in record["boxes"].items()}
            dropped = {str(key): str(reason) for key, reason in record["dropped"].items()}
            return FaceBoxes(str(record["detector"]), str(record["lost"]), int(record["frames"]), boxes, dropped)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HeadPoseError(
                f"{place} is no file of BIWI face boxes ({error}): make it again with  headpose prepare biwi"
            ) from error


def _box(key: str, corners: list[float]) -> Box:
    box = Box(*(float(v) for v in corners))
    if not np.isfinite(box).all() or box.width <= 0 or box.height <= 0:
        raise ValueError(f"the box of {key} is empty")
    return box


def read_boxes(path: Path) -> FaceBoxes:
    """Read a file of boxes; HeadPoseError, naming the command that makes it, if there is none or it is damaged."""
    try:
        return FaceBoxes.from_json(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise HeadPoseError(
            f"BIWI has no face boxes of its own and {path} cannot be read ({error.strerror or error}): "
            f"run  headpose prepare biwi --data_dir {path.parent}  first"
        ) from error
    except UnicodeDecodeError as error:
        raise HeadPoseError(f"{path} is no text: make it again with  headpose prepare biwi") from error


def write_boxes(path: Path, boxes: FaceBoxes, *, overwrite: bool = False) -> None:
    """Write a file of boxes; HeadPoseError if it exists (without `overwrite`) or cannot be written."""
    write_text(path, boxes.to_json(), overwrite=overwrite)
