"""Faces in a picture of any size: BlazeFace on the whole, then on overlapping tiles where faces may be small."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.blazeface import (
    INPUT_SIZE,
    KEYPOINT_NAMES,
    BlazeFace,
    Detections,
    average,
    concatenate,
    no_detections,
    overlap,
    suppress,
)
from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import Box, cut, resize_square

Image = npt.NDArray[np.uint8]

SEARCHES = ("auto", "whole", "all")
# BlazeFace finds a face whose box is 0.13 to 0.9 of the input's side, and scores a third best.
_TILE_PER_FACE = 6.0  # side of the finest tiles over the smallest face: that face is then 1/6 of a tile
_TILE_OVERLAP = 0.3  # of a tile's side; a larger face is found in the next coarser tiles
_SHARES = (0.4, 0.3)  # of the square on which a candidate is looked at again, plain and mirrored
_CANDIDATE = 0.6  # a candidate may have this part of the wanted score: the closer looks decide
_SURE_FACE = 0.8  # score of a face that may end the search of "auto"
_STOP_FACE = 0.5  # "auto" leaves tiles out in which the largest face found would fill more than this
_SAME_FACE = 0.3  # overlap of a candidate with what a closer look sees
_LARGE_PICTURE = 64  # the smallest face is at least this part of the longer side: keeps 12-megapixel pictures fast


@dataclass(frozen=True, eq=False)
class Face:
    """One face in pixels of the picture."""

    box: Box
    """From above the eyebrows to the chin, roughly square; may reach beyond the picture."""
    score: float
    """0..1."""
    keypoints: npt.NDArray[np.float64]
    """(6, 2) x and y in the order of `runtime.blazeface.KEYPOINT_NAMES`."""

    @property
    def named_keypoints(self) -> dict[str, tuple[float, float]]:
        """Key points by name; right and left are the person's."""
        return {name: (float(x), float(y)) for name, (x, y) in zip(KEYPOINT_NAMES, self.keypoints, strict=True)}


def check_image(image: Image) -> None:
    """Raise HeadPoseError unless `image` is RGB (H ≥ 1, W ≥ 1, 3) uint8."""
    shape = np.shape(image)
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        kind = f"{getattr(image, 'dtype', type(image).__name__)} {shape}"
        raise HeadPoseError(f"a picture is a uint8 RGB array of shape (H, W, 3), not {kind}: read it with read_image")


def tile_corners(length: int, side: int) -> npt.NDArray[np.intp]:
    """Where tiles of `side` pixels start along an edge of `length` pixels: evenly, overlapping, covering all of it."""
    if length <= side:
        return np.array([(length - side) // 2], dtype=np.intp)
    count = int(np.ceil((length - side) / (side * (1 - _TILE_OVERLAP)))) + 1
    return np.round(np.linspace(0, length - side, count)).astype(np.intp)


class FaceDetector:
    """Finds faces from 24 pixels up to the whole picture. Not safe for use by several threads at once."""

    def __init__(
        self, *, threads: int | None = None, min_score: float = 0.65, min_face_px: float = 24.0, search: str = "auto"
    ) -> None:
        """Load the network.

        Args:
            threads: CPU threads; None leaves LiteRT's own choice.
            min_score: faces with a lower score are left out, 0 < min_score ≤ 1.
            min_face_px: smallest face box to look for; in large pictures at least 1/64 of the longer side.
            search: "whole" looks at the whole picture only (fast, for near faces); "auto" goes on to smaller tiles
                until a sure face is found that is large for the next ones; "all" looks at tiles of every size.

        Raises:
            HeadPoseError: a number out of range, an unknown search, an altered model file.
        """
        if not 0 < min_score <= 1:
            raise HeadPoseError(f"the face score must lie above 0 and at most at 1, not at {min_score}: 0.65 is usual")
        if not min_face_px >= 1:
            raise HeadPoseError(f"the smallest face must be at least 1 pixel wide, not {min_face_px}")
        if search not in SEARCHES:
            raise unknown_name("search", search, SEARCHES)
        self.min_score, self.min_face_px, self.search = min_score, min_face_px, search
        self._network = BlazeFace(threads=threads)

    def detect(self, image: Image) -> list[Face]:
        """RGB (H, W, 3) uint8 → faces, best score first; an empty list if there are none.

        Raises HeadPoseError if `image` is no such array.
        """
        check_image(image)
        height, width = image.shape[:2]
        faces = no_detections()
        for side in [max(height, width), *self._tile_sides(image)]:
            sure = faces.boxes[faces.scores >= _SURE_FACE]
            largest = max(sure[:, 2] - sure[:, 0], default=0.0)
            if self.search == "auto" and largest > _STOP_FACE * side:
                break
            tiles = [self._look(image, x, y, side) for x, y in _corners(width, height, side)]
            fresh = _unlike(suppress(concatenate(tiles)), faces)
            faces = suppress(concatenate([faces, *(self._look_closer(image, box) for box in fresh.boxes)]))
        return [
            Face(Box(*map(float, box)), float(score), points)
            for box, points, score in zip(faces.boxes, faces.keypoints, faces.scores, strict=True)
        ]

    def _tile_sides(self, image: Image) -> list[int]:
        """Sides of the tiles, large to small, each half of the last one; the whole picture is looked at before."""
        longer = max(image.shape[:2])
        side = _TILE_PER_FACE * max(self.min_face_px, longer / _LARGE_PICTURE)
        sides: list[int] = []
        while side < 0.8 * longer:
            sides.insert(0, round(side))
            side *= 2
        return [] if self.search == "whole" else sides

    def _look(self, image: Image, left: int, top: int, side: int, *, mirrored: bool = False) -> Detections:
        tile = resize_square(cut(image, Box(left, top, left + side, top + side)), INPUT_SIZE)
        found = self._network(tile[:, ::-1] if mirrored else tile, _CANDIDATE * self.min_score)
        return (found.mirrored() if mirrored else found).moved(side, left, top)

    def _look_closer(self, image: Image, box: npt.NDArray[np.float64]) -> Detections:
        """One candidate in the middle of squares of two sizes, plain and mirrored → none or one face.

        The score is the mean over these looks, the box and the points are their weighted means. A face keeps its score
        from look to look, most mistakes do not; and every face is framed alike, whatever tile it came from.
        """
        looks = []
        for share, mirrored in itertools.product(_SHARES, (False, True)):
            side = max(1, round(float(max(box[2:] - box[:2])) / share))
            left, top = (int(np.floor(c - side / 2 + 0.5)) for c in (box[:2] + box[2:]) / 2)
            seen = self._look(image, left, top, side, mirrored=mirrored)
            looks.append(seen.take(np.flatnonzero(overlap(box, seen.boxes) >= _SAME_FACE)[:1]))
            if not len(looks[0].scores):
                return no_detections()
        together = concatenate(looks)
        score = together.scores.sum() / len(looks)
        return average(together)._replace(scores=np.array([score])) if score >= self.min_score else no_detections()


def _corners(width: int, height: int, side: int) -> Iterator[tuple[int, int]]:
    for top in tile_corners(height, side):
        for left in tile_corners(width, side):
            yield int(left), int(top)


def _unlike(candidates: Detections, known: Detections) -> Detections:
    """The candidates that lie on no known face."""
    fresh = [not (overlap(box, known.boxes, of_smaller=True) >= _SAME_FACE).any() for box in candidates.boxes]
    return candidates.take(np.flatnonzero(fresh))
