"""An evaluation as a folder: evaluation.json for the figures, errors.csv with one row per image."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.atomic import check_new, make_folder, write_text
from runtime.errors import HeadPoseError
from training.evaluation_record import EvaluationRecord
from training.metrics import ANGLES, ImageErrors

Array = npt.NDArray[np.floating]

RECORD_NAME, ERRORS_NAME = "evaluation.json", "errors.csv"
_TEXT = ("key", "group")
_NUMBERS = (
    "face_px",
    *(f"true_{angle}_deg" for angle in ANGLES),
    *(f"{angle}_deg" for angle in ANGLES),
    "geodesic_deg",
    "maev_deg",
    *(f"{angle}_error_deg" for angle in ANGLES),
    *(f"{angle}_legacy_error_deg" for angle in ANGLES),
)
_UNDER = "geodesic_deg under "  # + name of a disturbance
_SAME_DEG = 1e-5  # between the mean of the rows and the record, which is rounded to six digits


@dataclass(frozen=True, eq=False)
class PerImage:
    """Labels, estimates and errors of N images."""

    keys: tuple[str, ...]
    """N names."""
    groups: tuple[str, ...]
    """N names of photographs, persons or sequences."""
    face_px: Array
    """(N,) side of the square of the face box's area."""
    true_deg: Array
    """(N, 3) pitch, yaw, roll of the label."""
    predicted_deg: Array
    """(N, 3) pitch, yaw, roll of the estimate."""
    errors: ImageErrors
    """In degrees."""
    disturbed: dict[str, Array]
    """Name of a disturbance ('blur 2 px') → (N,) geodesic error under it."""


def write_evaluation(
    folder: str | Path, record: EvaluationRecord, per_image: PerImage, *, overwrite: bool = False
) -> None:
    """Write evaluation.json and errors.csv; HeadPoseError if they exist without `overwrite` or cannot be written."""
    place = make_folder(Path(folder))
    for name in (RECORD_NAME, ERRORS_NAME):
        check_new(place / name, overwrite=overwrite)
    write_text(place / ERRORS_NAME, _table(per_image))
    write_text(place / RECORD_NAME, json.dumps(record.to_json(), indent=1, ensure_ascii=False) + "\n")


def _table(per_image: PerImage) -> str:
    e = per_image.errors
    columns = (
        per_image.face_px,
        *per_image.true_deg.T,
        *per_image.predicted_deg.T,
        e.geodesic_deg,
        e.maev_deg,
        *e.euler_deg.T,
        *e.legacy_deg.T,
        *per_image.disturbed.values(),
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_TEXT, *_NUMBERS, *(f"{_UNDER}{name}" for name in per_image.disturbed)])
    rows = np.column_stack(columns).tolist()  # floats print so that they read back as the same number
    writer.writerows([key, group, *row] for key, group, row in zip(per_image.keys, per_image.groups, rows))
    return out.getvalue()


def read_evaluation(path: str | Path) -> tuple[EvaluationRecord, PerImage]:
    """An evaluation from its folder or its evaluation.json; errors.csv must lie beside it.

    Raises:
        HeadPoseError: a missing or damaged file, or an errors.csv that does not belong to the record.
    """
    given = Path(path)
    file = given / RECORD_NAME if given.is_dir() else given
    text = _read(file, "give the folder of an evaluation (headpose evaluate --out makes one)")
    try:
        data = json.loads(text)
    except ValueError as error:
        raise HeadPoseError(f"{file} is no JSON ({error}): evaluate again") from error
    record = EvaluationRecord.from_json(data, str(file))
    per_image = read_errors(file.with_name(ERRORS_NAME))
    mean = float(per_image.errors.geodesic_deg.mean())
    if len(per_image.keys) != record.scores.n or abs(mean - record.scores.geodesic_mean_deg.value) > _SAME_DEG:
        raise HeadPoseError(f"{file.with_name(ERRORS_NAME)} does not belong to {file.name} beside it: evaluate again")
    return record, per_image


def _read(file: Path, advice: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HeadPoseError(f"{file} cannot be read ({reason}): {advice}") from error


def read_errors(file: Path) -> PerImage:
    """The rows of an errors.csv; HeadPoseError if it is missing, damaged or empty."""
    text = _read(file, "evaluate again, the errors of every image are in it")
    try:
        head, *rows = [*csv.reader(io.StringIO(text))] or [[]]
    except csv.Error as error:
        raise HeadPoseError(f"{file} is no table ({error}): evaluate again") from error
    expected = [*_TEXT, *_NUMBERS]
    extra = head[len(expected) :]
    if head[: len(expected)] != expected or not all(name.startswith(_UNDER) for name in extra):
        raise HeadPoseError(f"{file} has other columns than an evaluation writes: evaluate again")
    if not rows or any(len(row) != len(head) for row in rows):
        raise HeadPoseError(f"{file} is empty or cut off: evaluate again")
    try:
        numbers = np.array([row[len(_TEXT) :] for row in rows], dtype=np.float64)
    except ValueError as error:
        raise HeadPoseError(f"{file} holds something that is no number ({error}): evaluate again") from error
    if not np.isfinite(numbers).all():
        raise HeadPoseError(f"{file} holds NaN or infinity: evaluate again")
    return _per_image(rows, numbers, [name.removeprefix(_UNDER) for name in extra])


def _per_image(rows: Sequence[Sequence[str]], numbers: Array, disturbances: Sequence[str]) -> PerImage:
    face, truth, predicted, geodesic, maev, euler, legacy, rest = np.split(numbers, [1, 4, 7, 8, 9, 12, 15], axis=1)
    return PerImage(
        keys=tuple(row[0] for row in rows),
        groups=tuple(row[1] for row in rows),
        face_px=face[:, 0],
        true_deg=truth,
        predicted_deg=predicted,
        errors=ImageErrors(geodesic[:, 0], maev[:, 0], euler, legacy),
        disturbed=dict(zip(disturbances, rest.T)),
    )
