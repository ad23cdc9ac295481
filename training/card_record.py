"""The card of a set of weights: what they are, how they came about, and every figure with its n and interval."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from runtime.errors import HeadPoseError
from training.bootstrap import Figure, IntervalFacts

CARD_SCHEMA = 1
RENDERED, PHOTOGRAPHS = "rendered", "photographs"
CARD_KINDS = (RENDERED, PHOTOGRAPHS)
PERSON = "who is shown"
"""Title of the table of age, skin tone and sex together."""


@dataclass(frozen=True)
class Stage:
    """One training run; later ones start from the weights of the one before."""

    config: dict[str, Any]
    """Settings as in its config.yaml, of paths the last part."""
    data: str
    """Data set."""
    train: int
    """Faces that it trained on."""
    held_out: int
    """Faces of the same set by which the best epoch was chosen."""
    commits: tuple[str, ...]
    """Of the code; more than one if it was resumed with another."""
    machine: str
    """'2 CPUs', 'NVIDIA H100', …"""
    rendered: dict[str, Any] | None = None
    """What the faces were rendered with: count, seed, density, …; None where they were not, or nobody knows."""
    images: int | None = None
    """Faces seen in all epochs; None for a run that did not finish, as the following."""
    seconds: float | None = None
    """Spent in steps."""
    best_epoch: int | None = None
    """The epoch whose weights these are."""


@dataclass(frozen=True)
class Rounding:
    """What storing kernels in half precision did to the rotations."""

    max_deg: float
    """Largest angle between the rotations before and after."""
    mean_deg: float
    """Mean angle."""
    images: int
    """Pictures that it was measured on."""
    kept_below: int
    """Tensors of fewer numbers than this are stored in fp32, the larger ones in fp16."""
    smaller: int = 0
    """Tensors of fewer numbers that are in fp16 all the same: they moved the rotations little enough."""


@dataclass(frozen=True)
class PartScore:
    """One part of a set."""

    name: str
    """'30–60', 'glasses', …"""
    n: int
    """Faces in it."""
    geodesic_mean_deg: Figure | None
    """None where there is no face."""


@dataclass(frozen=True)
class PartTable:
    """A set by one property."""

    title: str
    """'|yaw|, degrees', …"""
    parts: tuple[PartScore, ...]
    """A face may be in several (glasses and a hat), or in none."""


@dataclass(frozen=True)
class CardSet:
    """Figures on one set of faces, degrees."""

    kind: str
    """'rendered' or 'photographs'."""
    name: str
    """Of the set."""
    about: str
    """What the set is and is not, for people."""
    framing: str
    """How faces were cut out."""
    n: int
    """Faces that count."""
    left_out: tuple[str, ...]
    """Keys of faces that were asked to be left out."""
    skipped: int
    """Faces whose pictures could not be read."""
    geodesic_mean_deg: Figure
    """Mean angle between truth and estimate."""
    geodesic_median_deg: Figure
    """Median."""
    geodesic_p95_deg: Figure
    """95th percentile."""
    euler_mae_deg: Figure
    """Mean absolute error of pitch, yaw and roll."""
    above_20_percent: Figure
    """Share of faces with a geodesic error above 20°."""
    with_left_out_deg: Figure
    """Mean geodesic error with the faces that were left out."""
    straight_ahead_deg: float
    """Mean error of always answering 'straight ahead'."""
    interval: IntervalFacts
    """How the intervals came about."""
    tables: tuple[PartTable, ...] = ()
    """By yaw, skin, age, …"""
    rendered: dict[str, Any] | None = None
    """What it was rendered with; None for photographs."""

    @staticmethod
    def from_json(data: dict[str, Any]) -> CardSet:
        """From the plain data of `dataclasses.asdict`; KeyError, TypeError or ValueError if it is damaged."""
        if data["kind"] not in CARD_KINDS:
            raise ValueError(f"a set of the kind {data['kind']!r}")
        names = [name for name, kind in CardSet.__annotations__.items() if kind == "Figure"]
        parts: dict[str, Any] = {name: Figure(**data[name]) for name in names}
        parts["interval"] = IntervalFacts(**data["interval"])
        parts["left_out"] = tuple(data["left_out"])
        parts["tables"] = tuple(_table(table) for table in data["tables"])
        return CardSet(**{**data, **parts})


def _table(data: dict[str, Any]) -> PartTable:
    def score(part: dict[str, Any]) -> PartScore:
        mean = part["geodesic_mean_deg"]
        return PartScore(**{**part, "geodesic_mean_deg": None if mean is None else Figure(**mean)})

    return PartTable(data["title"], tuple(score(part) for part in data["parts"]))


@dataclass(frozen=True)
class Card:
    """One file of weights."""

    name: str
    """'repnext_m0'."""
    file: str
    """Name of the file beside the card."""
    sha256: str
    """Of that file."""
    size_bytes: int
    """Of that file."""
    backbone: str
    """Backbone name."""
    parameters: int
    """Of the network in training form."""
    input_size: int
    """Side of the square input in pixels."""
    framing: str
    """How faces were cut out in training."""
    trained: bool
    """False for seeded weights."""
    training_data: str
    """What the weights were fitted to."""
    licence: str
    """Of the weights."""
    stages: tuple[Stage, ...]
    """The runs that made them, in order; empty where the run folder is not known."""
    rounding: Rounding | None
    """Of the file that is shipped; None for a file as training wrote it."""
    git: dict[str, Any]
    """Commit of the code that wrote the file and whether its tree was dirty."""
    created: str
    """UTC time, ISO 8601."""
    turned_pitch_deg: float = 0.0
    """By how much the answers were turned down after training, because the labels counted from another neutral pose."""
    sets: tuple[CardSet, ...] = ()
    """Figures; empty until `headpose card` measured them."""
    evaluated: dict[str, Any] = field(default_factory=dict)
    """Commit of the code that measured, tools, UTC time."""
    schema: int = CARD_SCHEMA
    """Version of this record."""

    def measured(self, kind: str) -> CardSet | None:
        """The figures on sets of this kind; None if there are none."""
        return next((one for one in self.sets if one.kind == kind), None)

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps; tuples become lists."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the card") -> Card:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != CARD_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {CARD_SCHEMA}")
            parts = {
                "stages": tuple(Stage(**{**stage, "commits": tuple(stage["commits"])}) for stage in data["stages"]),
                "rounding": None if data["rounding"] is None else Rounding(**data["rounding"]),
                "sets": tuple(CardSet.from_json(one) for one in data["sets"]),
            }
            return Card(**{**data, **parts})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): make it again") from error


def read_card(path: Path) -> Card:
    """The card of a JSON file; HeadPoseError if it is missing or damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HeadPoseError(f"the card {path} cannot be read ({reason}): make it again") from error
    return Card.from_json(data, f"the card {path}")


def card_text(card: Card) -> str:
    """What the JSON file of a card holds."""
    return json.dumps(card.to_json(), indent=1, ensure_ascii=False) + "\n"
