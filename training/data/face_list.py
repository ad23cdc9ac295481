"""Face lists: any pictures with rotations, as one CSV file beside them.

The columns, by name in the first line:

- `image`: a picture, relative to the folder of the list, or absolute;
- `pitch,yaw,roll` in degrees, or `r00,r01,r02,r10 … r22`, the rotation row by row; in the convention of
  `runtime.rotation`, over the whole sphere (|yaw| > 90° is a head from behind);
- `left,top,right,bottom` (optional): the face's box in pixels; left empty, the whole picture;
- `group` (optional): what must stay together in a split, as a person or a video; left empty, the picture.

A picture with several faces has a line for each. `write_face_list` writes such a file.

CMU Panoptic, for the full range: for each HD camera, frame and person, take the face points in the room's frame
(faceRecon3D_hd*.json) and the camera's R (calibration_*.json), and

1. set up the head's axes in the room as columns of H: x from the person's right eye to the left one, y from the brows
   to the chin made orthogonal to x, z = x × y, each of length 1 (or fit one mean face to the points by Procrustes);
2. `rotation = runtime.rotation.from_opencv(R @ H)`, since R leads to OpenCV's camera frame;
3. project the points with K, R, t and `distCoef` for the box, and leave out faces outside the picture;
4. write a `FaceRow` with the sequence and the person as the group.
"""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.atomic import replacing
from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation
from training.data.file_source import FileSource
from training.data.source import PoseSource, Progress, silent

_ANGLES = ("pitch", "yaw", "roll")
_MATRIX = tuple(f"r{row}{column}" for row in range(3) for column in range(3))
_BOX = ("left", "top", "right", "bottom")
_KNOWN = ("image", "group", *_BOX, *_ANGLES, *_MATRIX)
_TOLERANCE = 1e-3  # a matrix further from a rotation is a mistake, not rounding

Cells = dict[str, str]


@dataclass(frozen=True, eq=False)
class FaceRow:
    """One line of a face list."""

    image: str | Path
    """Picture, relative to the folder of the list, or absolute."""
    rotation: npt.ArrayLike
    """(3, 3)."""
    box: Box | None = None
    """The face in pixels of the picture; None for the whole picture."""
    group: str = ""
    """What stays together in a split; '' for the picture."""


def write_face_list(path: str | Path, rows: Iterable[FaceRow], *, overwrite: bool = False) -> None:
    """Write a face list that `open_face_list` reads.

    Raises HeadPoseError for no row, a matrix that is no rotation, an existing file without `overwrite`, or a place
    that cannot be written.
    """
    lines = [_line(row, f"face {number} of {path}") for number, row in enumerate(rows, start=1)]
    if not lines:
        raise HeadPoseError(f"there is no face to write to {path}")
    with replacing(Path(path), overwrite=overwrite) as part, part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("image", "group", *_BOX, *_MATRIX))
        writer.writerows(lines)


def _line(row: FaceRow, where: str) -> list[str]:
    matrix = checked_rotation(row.rotation, where)
    box = [""] * 4 if row.box is None else [repr(float(v)) for v in row.box]
    return [Path(row.image).as_posix(), row.group, *box, *(repr(float(v)) for v in matrix.ravel())]


def checked_rotation(matrix: npt.ArrayLike, where: str) -> npt.NDArray[np.float64]:
    """The rotation nearest to a matrix that is one up to rounding, (3, 3) → (3, 3).

    Raises HeadPoseError that starts with `where` for a reflection or a matrix that is not orthonormal to 1e-3.
    """
    given = np.asarray(matrix, dtype=np.float64)
    if given.shape != (3, 3) or not np.isfinite(given).all():
        raise HeadPoseError(f"{where} has no rotation of 3×3 finite numbers")
    if np.abs(given @ given.T - np.eye(3)).max() > _TOLERANCE:
        raise HeadPoseError(f"{where} has a matrix that is no rotation: its rows are not orthonormal")
    if np.linalg.det(given) < 0:
        raise HeadPoseError(f"{where} has a matrix that is a reflection (determinant -1): an axis has the wrong sign")
    u, _, vt = np.linalg.svd(given)
    return np.asarray(u @ vt, dtype=np.float64)


def open_face_list(
    csv_path: str | Path, *, terms: str = "as the owner of the pictures says", progress: Progress = silent
) -> PoseSource:
    """Open a face list.

    Args:
        csv_path: the list.
        terms: licence or terms of use of its pictures and labels.
        progress: told while the sizes of pictures without a box are read, from the first bytes of each.

    Raises:
        HeadPoseError: no such file, an unknown or missing column, a line (with its number) whose picture is not
            there, whose numbers are none or whose matrix is no rotation.
    """
    file = Path(csv_path)
    lines = _read(file)
    images = [_image(cells, file, number) for number, cells in lines]
    keys = _unique(images)
    return FileSource(
        name=file.stem if file.stem != "labels" else file.absolute().parent.name,
        terms=terms,
        keys=keys,
        groups=[cells.get("group") or image for (_, cells), image in zip(lines, images)],
        rotations=np.stack([_rotation(cells, _where(file, number)) for number, cells in lines]),
        boxes=_boxes(lines, images, file, progress),
        root=file.parent,
        files=images,
    )


def _where(file: Path, number: int) -> str:
    return f"{file}, line {number},"


def _read(file: Path) -> list[tuple[int, Cells]]:
    """Line numbers and cells of the rows, blanks at their ends removed."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            header = [name.strip().lower() for name in next(reader, [])]
            _check_header(header, file)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except OSError as error:
        raise HeadPoseError(f"cannot read the face list {file}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise HeadPoseError(f"{file} is no face list: it is no CSV file in UTF-8 ({error})") from error
    if not rows:
        raise HeadPoseError(f"the face list {file} holds no face below its header")
    for number, row in rows:
        if len(row) != len(header):
            raise HeadPoseError(f"{_where(file, number)} has {len(row)} cells, the header {len(header)}")
    return [(number, dict(zip(header, row))) for number, row in rows]


def _check_header(header: Sequence[str], file: Path) -> None:
    if "image" not in header:
        found = ",".join(header)[:80]
        raise HeadPoseError(f"{file} is no face list: its first line names no column image, but '{found}'")
    for name in header:
        if name not in _KNOWN:
            raise unknown_name(f"column of {file}", name, _KNOWN)
    if len(set(header)) != len(header):
        raise HeadPoseError(f"{file} names a column twice in its first line")
    has = [set(columns) <= set(header) for columns in (_ANGLES, _MATRIX)]
    parts = [bool(set(columns) & set(header)) for columns in (_ANGLES, _MATRIX)]
    if sum(has) != 1 or sum(parts) != 1:
        raise HeadPoseError(f"{file} needs the columns pitch,yaw,roll or the nine r00 … r22, one of the two and whole")
    if set(_BOX) & set(header) and not set(_BOX) <= set(header):
        raise HeadPoseError(f"{file} has some of the columns left,top,right,bottom: give all four or none")


def _image(cells: Cells, file: Path, number: int) -> str:
    name = cells["image"].replace("\\", "/")
    if not name:
        raise HeadPoseError(f"{_where(file, number)} names no image")
    return name


def _unique(images: Sequence[str]) -> list[str]:
    """The names, the second face of a picture as 'x.jpg#2'."""
    seen: dict[str, int] = {}
    keys = []
    for image in images:
        seen[image] = seen.get(image, 0) + 1
        keys.append(image if seen[image] == 1 else f"{image}#{seen[image]}")
    return keys


def _numbers(cells: Cells, columns: Sequence[str], where: str) -> npt.NDArray[np.float64]:
    try:
        values = np.array([float(cells[name]) for name in columns])
    except ValueError:
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        raise HeadPoseError(f"{where} has no finite numbers in {','.join(columns)}")
    return values


def _rotation(cells: Cells, where: str) -> npt.NDArray[np.float64]:
    if "r00" in cells:
        return checked_rotation(_numbers(cells, _MATRIX, where).reshape(3, 3), where)
    return np.asarray(euler_to_rotation(*_numbers(cells, _ANGLES, where)), dtype=np.float64)


def _boxes(
    lines: Sequence[tuple[int, Cells]], images: Sequence[str], file: Path, progress: Progress
) -> npt.NDArray[np.float64]:
    """(N, 4); that every picture is there is checked on the way."""
    boxes = np.empty((len(lines), 4))
    for row, ((number, cells), image) in enumerate(zip(lines, images)):
        where, picture = _where(file, number), file.parent / image
        if any(cells.get(name) for name in _BOX):
            boxes[row] = _numbers(cells, _BOX, where)
            if not picture.is_file():
                raise HeadPoseError(f"{where} names the picture {picture}, which is not there")
        else:
            boxes[row] = (0.0, 0.0, *_size(picture, where))
        if (row + 1) % 500 == 0 or row + 1 == len(lines):
            progress("reading the face list", row + 1, len(lines))
    return boxes


def _size(picture: Path, where: str) -> tuple[float, float]:
    """Width and height of a picture as it is seen, from its header."""
    from PIL import Image as pillow

    try:
        with pillow.open(picture) as opened:
            width, height = opened.size
            turned = opened.getexif().get(0x0112, 1) >= 5  # EXIF orientation: a quarter turn to be seen upright
    except (OSError, SyntaxError, ValueError, struct.error, pillow.DecompressionBombError) as error:
        raise HeadPoseError(f"{where} names {picture}, whose size cannot be read ({error})") from error
    return (height, width) if turned else (width, height)
