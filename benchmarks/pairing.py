"""Two evaluations on common rows: the same images with the same labels, in one order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.evaluation_files import PerImage
from training.evaluation_record import EvaluationRecord
from training.metrics import ImageErrors

_SAME_LABEL_DEG = 1e-4
_CHOOSES_IMAGES = ("limit", "filename_list")  # options that decide which images there are; their keys tell that better


@dataclass(frozen=True, eq=False)
class Pair:
    """Two evaluations, row by row."""

    a: EvaluationRecord
    """Of all images of A."""
    b: EvaluationRecord
    """Of all images of B."""
    rows_a: PerImage
    """Rows of A that B has too, in A's order."""
    rows_b: PerImage
    """The same images of B."""
    only_a: int
    """Rows left out."""
    only_b: int
    """Rows left out."""


def pair(a: tuple[EvaluationRecord, PerImage], b: tuple[EvaluationRecord, PerImage], *, common: bool = False) -> Pair:
    """Match two evaluations by the keys of their images.

    Raises HeadPoseError for other data, framing or labels; for other images unless `common`; if nothing is shared.
    """
    (record_a, rows_a), (record_b, rows_b) = a, b
    _check_protocol(record_a, record_b)
    place_a, place_b = (_places(rows) for rows in (rows_a, rows_b))
    shared = [key for key in rows_a.keys if key in place_b]
    only_a, only_b = len(place_a) - len(shared), len(place_b) - len(shared)
    if not shared:
        raise HeadPoseError("A and B have no image in common: evaluate both on the same list of files")
    if (only_a or only_b) and not common:
        raise HeadPoseError(
            f"A has {only_a} images that B lacks and B has {only_b} that A lacks: evaluate both on the same list of "
            "files, or pass --common to leave those out"
        )
    part_a, part_b = (
        _select(rows, [place[key] for key in shared]) for rows, place in ((rows_a, place_a), (rows_b, place_b))
    )
    _check_labels(part_a, part_b)
    return Pair(record_a, record_b, part_a, part_b, only_a, only_b)


def _check_protocol(a: EvaluationRecord, b: EvaluationRecord) -> None:
    facts = (
        ("data set", a.data.name, b.data.name),
        ("framing", a.protocol.framing, b.protocol.framing),
        ("form of the labels", a.data.label_form, b.data.label_form),
        ("options of the data set", _told(a), _told(b)),
        ("rule for wrapping angles", a.protocol.wrap_rule, b.protocol.wrap_rule),
    )
    for name, of_a, of_b in facts:
        if of_a != of_b:
            raise HeadPoseError(f"A and B differ in the {name} ({of_a} and {of_b}): evaluate both in the same way")


def _told(record: EvaluationRecord) -> str:
    """Options that change boxes, labels or pixels, as text."""
    told = {name: value for name, value in record.data.options.items() if name not in _CHOOSES_IMAGES}
    return ", ".join(f"{name}={value}" for name, value in sorted(told.items())) or "none"


def _places(rows: PerImage) -> dict[str, int]:
    places = {key: row for row, key in enumerate(rows.keys)}
    if len(places) != len(rows.keys):
        raise HeadPoseError("an evaluation names an image twice: evaluate again")
    return places


def _select(rows: PerImage, places: list[int]) -> PerImage:
    at: npt.NDArray[np.intp] = np.array(places, dtype=np.intp)
    e = rows.errors
    return replace(
        rows,
        keys=tuple(rows.keys[i] for i in places),
        groups=tuple(rows.groups[i] for i in places),
        face_px=rows.face_px[at],
        true_deg=rows.true_deg[at],
        predicted_deg=rows.predicted_deg[at],
        errors=ImageErrors(e.geodesic_deg[at], e.maev_deg[at], e.euler_deg[at], e.legacy_deg[at]),
        disturbed={name: values[at] for name, values in rows.disturbed.items()},
    )


def _check_labels(a: PerImage, b: PerImage) -> None:
    apart = np.abs(a.true_deg - b.true_deg).max(axis=1)
    if apart.max() > _SAME_LABEL_DEG:
        key = a.keys[int(apart.argmax())]
        raise HeadPoseError(f"A and B have other labels for {key}: evaluate both on the same copy of the data set")
