"""BlazeFace short-range: one 128 × 128 picture → faces, decoded and merged in NumPy.

The network is Google MediaPipe's (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile
GPUs", 2019). It scores 896 anchors and gives, per anchor, a box and six key points as offsets in input pixels.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from runtime.litert import open_interpreter

Array = npt.NDArray[np.float64]

INPUT_SIZE = 128
MODEL_FILE = Path(__file__).parent / "assets" / "face_detection_short_range.tflite"
MODEL_SHA256 = "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
KEYPOINT_NAMES = ("right_eye", "left_eye", "nose_tip", "mouth", "right_ear", "left_ear")  # the person's right and left
_MIRRORED_POINTS = (1, 0, 2, 3, 5, 4)
_LAYERS = ((8, 2), (16, 6))  # (stride, anchors per cell): the three stride-16 layers share their cells
_LOGIT_LIMIT = 100.0  # keeps exp finite


class Detections(NamedTuple):
    """N faces in one frame of reference, best first."""

    boxes: Array
    """(N, 4) left, top, right, bottom."""
    keypoints: Array
    """(N, 6, 2) x and y in the order of KEYPOINT_NAMES."""
    scores: Array
    """(N,) in 0..1."""

    def take(self, index: npt.NDArray[Any]) -> Detections:
        """The rows that `index` (integers or a mask) selects."""
        return Detections(self.boxes[index], self.keypoints[index], self.scores[index])

    def moved(self, scale: float, left: float, top: float) -> Detections:
        """Scaled, then shifted: from units of a tile to pixels of the picture that the tile was cut from."""
        shift = np.array([left, top])
        return Detections(self.boxes * scale + np.tile(shift, 2), self.keypoints * scale + shift, self.scores)

    def mirrored(self) -> Detections:
        """As seen in the left-right mirrored square of side 1: the person's right and left points change places."""
        boxes = np.stack([1 - self.boxes[:, 2], self.boxes[:, 1], 1 - self.boxes[:, 0], self.boxes[:, 3]], axis=-1)
        points = self.keypoints[:, _MIRRORED_POINTS] * np.array([-1, 1]) + np.array([1, 0])
        return Detections(boxes, points, self.scores)


def no_detections() -> Detections:
    """The empty result."""
    return Detections(np.zeros((0, 4)), np.zeros((0, 6, 2)), np.zeros(0))


def concatenate(parts: list[Detections]) -> Detections:
    """All rows of several results, best first."""
    if not parts:
        return no_detections()
    joined = Detections(*(np.concatenate(field) for field in zip(*parts, strict=True)))
    return joined.take(np.argsort(-joined.scores, kind="stable"))


@lru_cache(maxsize=1)
def anchor_centers() -> Array:
    """Centres of the anchors in units of the input's side, (896, 2) x and y, row by row; every anchor has size 1."""
    layers = []
    for stride, per_cell in _LAYERS:
        cells = INPUT_SIZE // stride
        y, x = np.mgrid[0:cells, 0:cells]
        centers = np.stack([x.ravel(), y.ravel()], axis=-1) + 0.5
        layers.append(np.repeat(centers / cells, per_cell, axis=0))
    return np.concatenate(layers)


def decode(regressors: npt.ArrayLike, logits: npt.ArrayLike, min_score: float) -> Detections:
    """Network output → candidate faces in units of the input's side, before merging, best first.

    Args:
        regressors: (896, 16) centre, size and six points as offsets from the anchor in input pixels.
        logits: (896,) or (896, 1).
        min_score: faces below are left out.
    """
    scores = 1 / (1 + np.exp(-np.clip(np.asarray(logits, dtype=np.float64).reshape(-1), -_LOGIT_LIMIT, _LOGIT_LIMIT)))
    points = np.asarray(regressors, dtype=np.float64).reshape(-1, 8, 2) / INPUT_SIZE
    centers, half = anchor_centers() + points[:, 0], points[:, 1] / 2
    boxes = np.concatenate([centers - half, centers + half], axis=-1)
    found = Detections(boxes, anchor_centers()[:, None] + points[:, 2:], scores)
    keep = np.flatnonzero((scores >= min_score) & np.isfinite(boxes).all(axis=-1) & (half > 0).all(axis=-1))
    return found.take(keep[np.argsort(-scores[keep], kind="stable")])


def overlap(box: Array, boxes: Array, *, of_smaller: bool = False) -> Array:
    """Intersection over union of one box (4,) with others (N, 4) → (N,); or over the smaller of the two areas."""
    size = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None)
    shared = size[:, 0] * size[:, 1]
    area, areas = np.prod(box[2:] - box[:2]), np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)
    return np.asarray(shared / (np.minimum(area, areas) if of_smaller else area + areas - shared))


def average(group: Detections) -> Detections:
    """N ≥ 1 sightings of one face → one row: the score-weighted mean of boxes and points, and the best score."""
    weight = group.scores / group.scores.sum()
    box, points = np.tensordot(weight, group.boxes, 1), np.tensordot(weight, group.keypoints, 1)
    return Detections(box[None], points[None], group.scores[:1])


def merge(found: Detections, min_overlap: float = 0.3) -> Detections:
    """Weighted non-maximum suppression: each face is the score-weighted mean of the boxes that overlap its best one."""
    faces, rest = [], found
    while len(rest.scores):
        same = overlap(rest.boxes[0], rest.boxes) >= min_overlap
        same[0] = True
        faces.append(average(rest.take(same)))
        rest = rest.take(~same)
    return concatenate(faces)


def suppress(found: Detections, max_overlap: float = 0.3, max_inside: float = 0.6) -> Detections:
    """Keep the best of faces that overlap or lie inside each other: a face seen in several tiles is one face."""
    kept: list[int] = []
    for i, box in enumerate(found.boxes):
        others = found.boxes[kept]
        inside = overlap(box, others, of_smaller=True)
        if not ((overlap(box, others) >= max_overlap) | (inside >= max_inside)).any():
            kept.append(i)
    return found.take(np.array(kept, dtype=np.intp))


def _model_bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HeadPoseError(f"the face detector {path} cannot be read ({error.strerror}): install again") from error
    if hashlib.sha256(content).hexdigest() != MODEL_SHA256:
        raise HeadPoseError(f"the face detector {path} is not the file that was shipped: install the package again")
    return content


class BlazeFace:
    """The network in LiteRT. Not safe for use by several threads at once."""

    def __init__(self, *, threads: int | None = None, model: Path = MODEL_FILE) -> None:
        """Load the shipped model; raise HeadPoseError if the file was altered or LiteRT is missing."""
        content = _model_bytes(model)
        self._interpreter = open_interpreter("the face detector", model_content=content, num_threads=threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = {o["name"]: o["index"] for o in self._interpreter.get_output_details()}

    def __call__(self, image: npt.NDArray[np.uint8], min_score: float) -> Detections:
        """RGB (128, 128, 3) uint8 → merged faces in units of the side, 0..1, best first."""
        self._interpreter.set_tensor(self._input, (image.astype(np.float32) / 127.5 - 1)[None])
        self._interpreter.invoke()
        regressors = self._interpreter.get_tensor(self._outputs["regressors"])[0]
        logits = self._interpreter.get_tensor(self._outputs["classificators"])[0]
        return merge(decode(regressors, logits, min_score))
