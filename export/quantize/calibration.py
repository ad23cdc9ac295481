"""Face crops from which the ranges of activations are measured: rendered heads, or pictures of a user's own.

Never noise: ranges of noise are not those of faces, and a file that is calibrated on noise passes tests on noise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export.heads import CALIBRATION
from runtime.errors import HeadPoseError
from runtime.images import find_images, read_image
from runtime.preprocess import crop_face
from training.data.source import PoseSource, Progress, silent

SHIPPED, SYNTHETIC = "shipped", "synthetic"
SAMPLES = 256
_SEED = 20_000  # of rendered heads: no recipe trains or measures on it
_FEWEST = 16  # crops below which the ends of ranges are chance
_FACES = 0.5  # part of a folder's pictures on which a face must be found
_UNREADABLE = 0.1  # part of a folder's pictures that may be damaged
_LABELS = "labels.csv"

Crops = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class CalibrationSet:
    """Network inputs, and what they are for the record."""

    source: str
    """'shipped', 'synthetic', or the name of a folder."""
    text: str
    """One line for people: what these pictures are."""
    crops: Crops
    """RGB (N, S, S, 3) uint8."""
    skipped: tuple[str, ...] = ()
    """Why pictures of the folder were left out, a sentence each."""

    @property
    def sha256(self) -> str:
        """Of the pixels."""
        return hashlib.sha256(np.ascontiguousarray(self.crops).tobytes()).hexdigest()

    def record(self) -> dict[str, Any]:
        """JSON values for the manifest."""
        return {
            "source": self.source,
            "text": self.text,
            "count": len(self.crops),
            "skipped": len(self.skipped),
            "sha256": self.sha256,
        }


def open_calibration(
    source: str | Path = SHIPPED, *, samples: int = SAMPLES, size: int = 224, progress: Progress = silent
) -> CalibrationSet:
    """The crops of a calibration, cut as the runtime cuts faces.

    Args:
        source: 'shipped' takes the rendered heads that come with the program; 'synthetic' renders new ones; a folder
            with labels.csv (`headpose synth`, or a face list) gives its faces; any other folder gives the largest face
            that the detector finds on each of its pictures.
        samples: how many crops are wanted; a source that has fewer gives all.
        size: side of the crops in pixels.
        progress: told of every picture.

    Raises:
        HeadPoseError: no such folder, nothing to render with, pictures that are damaged or no faces, fewer than 16
            crops.
    """
    if samples < _FEWEST:
        raise HeadPoseError(
            f"{samples} calibration images are too few for ranges to be trusted: ask for {_FEWEST} or more"
        )
    if str(source) == SHIPPED:
        return replace(_listed(CALIBRATION, samples, size, progress), source=SHIPPED)
    if str(source) == SYNTHETIC:
        return _rendered(samples, size, progress)
    folder = Path(source)
    if not folder.is_dir():
        raise HeadPoseError(
            f"{folder} is no folder of calibration images: give one with pictures of faces, or "
            f"'{SHIPPED}' for the rendered heads that come with the program"
        )
    open_folder = _listed if (folder / _LABELS).is_file() else _searched
    found = open_folder(folder, samples, size, progress)
    if len(found.crops) < _FEWEST:
        raise HeadPoseError(
            f"{folder} gives {len(found.crops)} faces, too few for ranges to be trusted: {_FEWEST} are the least, "
            f"{SAMPLES} are usual"
        )
    return found


def _rendered(samples: int, size: int, progress: Progress) -> CalibrationSet:
    from training.data.registry import open_dataset

    options = {"count": str(samples), "seed": str(_SEED), "size": str(max(size, 64))}
    try:
        heads = open_dataset("Synthetic", ".", options=options, progress=progress)
    except HeadPoseError as error:
        raise HeadPoseError(
            f"no calibration heads can be rendered ({error}); or give a folder of faces instead"
        ) from error
    crops = np.stack(list(_framed(heads, range(samples), size, progress, "rendering calibration heads")))
    return CalibrationSet(SYNTHETIC, f"{samples} rendered heads, {heads.name}, seed {_SEED}", crops)


def _listed(folder: Path, samples: int, size: int, progress: Progress) -> CalibrationSet:
    from training.data.registry import open_dataset, spread

    faces = spread(open_dataset("FaceList", folder, progress=progress), samples)
    crops = np.stack(list(_framed(faces, range(len(faces)), size, progress, "reading calibration faces")))
    name = folder.resolve().name
    return CalibrationSet(name, f"{len(crops)} faces of the list {name}/{_LABELS}", crops)


def _framed(source: PoseSource, indices: range, size: int, progress: Progress, text: str) -> Iterator[Crops]:
    from training.faces import FramedFaces

    faces = FramedFaces(source, "runtime", size)
    for index in indices:
        progress(text, index, len(indices))
        yield faces.crops(index)[0]


def _searched(folder: Path, samples: int, size: int, progress: Progress) -> CalibrationSet:
    """Crops of the faces that are found on a folder's pictures, evenly spread over them."""
    from runtime.detector import FaceDetector

    files = find_images(folder)
    files = [files[i] for i in np.linspace(0, len(files) - 1, min(samples, len(files))).round().astype(int)]
    detector = FaceDetector(threads=1)
    crops: list[Crops] = []
    unreadable: list[str] = []
    faceless: list[str] = []
    for done, file in enumerate(files):
        progress("looking for calibration faces", done, len(files))
        try:
            picture = read_image(file)
        except HeadPoseError as error:
            unreadable.append(str(error))
            continue
        faces = detector.detect(picture)
        if not faces:
            faceless.append(f"no face is found on {file}")
            continue
        crops.append(crop_face(picture, max(faces, key=lambda face: face.box.width).box, size))
    _check_folder(folder, len(files), unreadable, faceless)
    shown = np.stack(crops) if crops else np.zeros((0, size, size, 3), dtype=np.uint8)
    return CalibrationSet(
        folder.resolve().name,
        f"{len(crops)} faces found on the pictures of {folder.resolve().name}",
        shown,
        (*unreadable, *faceless),
    )


def _check_folder(folder: Path, looked: int, unreadable: list[str], faceless: list[str]) -> None:
    if len(unreadable) > _UNREADABLE * looked:
        raise HeadPoseError(
            f"{len(unreadable)} of {looked} pictures in {folder} cannot be read; the first: {unreadable[0]}"
        )
    if len(faceless) > (1 - _FACES) * looked:
        raise HeadPoseError(
            f"a face is found on {looked - len(unreadable) - len(faceless)} of {looked} pictures in {folder}: "
            "calibration needs pictures of faces, as the camera will see them"
        )
