"""Latencies that others published, read from benchmarks/published.json: facts with sources, none measured here.

They stand beside measured ones for comparison and are called *published* wherever they are shown.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import HeadPoseError

PUBLISHED = Path(__file__).with_name("published.json")
SCHEMA_FILE = Path(__file__).with_name("published.schema.json")
SCHEMA = 1
STATISTICS = ("median", "mean", "trimmed mean", "not told")
HEAD_POSE = "head pose"
"""The task of a network that does what ours do; any other is comparable in its backbone at most."""


@dataclass(frozen=True)
class PublishedFigure:
    """One latency, as its authors give it."""

    id: str
    """Unique, as 'repnext-m4-iphone12'."""
    family: str
    """Name that related networks share, as 'RepNeXt'."""
    model: str
    """The network's name."""
    backbone: str | None
    """Our name of its backbone, None for a network that we do not have."""
    what: str
    """What the network was: a backbone with its classifier is no head pose network."""
    task: str
    """'head pose', 'face alignment', 'image classification' or 'dense features'."""
    input_px: int | None
    """Side of the square input in pixels; None where it is not told."""
    device: str
    """As people call it."""
    device_id: str | None
    """As `Device.model` of our own results has it, None for one that we would not meet."""
    os: str | None
    """None where it is not told."""
    tool: str
    """What measured."""
    protocol: str
    """How."""
    format: str
    """What was run."""
    compute_units: str | None
    """Asked for; None where it is not told."""
    statistic: str
    """Which figure of many samples `ms` is, of STATISTICS."""
    ms: float
    """Milliseconds of one inference."""
    decimals: int
    """How many decimals of it the source gives."""
    load_ms: float | None
    """Loading, where it is told."""
    compile_ms: float | None
    """Compilation on the device, where it is told."""
    size_mb: float | None
    """Size of the file, 10⁶ bytes, where it is told."""
    source: str
    """Paper or page."""
    repository: str
    """owner/name on GitHub."""

    @property
    def ms_text(self) -> str:
        """As the source writes it: '1.00', '21'."""
        return f"{self.ms:.{self.decimals}f}"


def read_published(path: Path = PUBLISHED) -> tuple[PublishedFigure, ...]:
    """All published figures, in the file's order.

    Raises HeadPoseError for a damaged file, another schema version, an id that stands twice, or a figure that is none.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}, this version reads {SCHEMA}")
        figures = tuple(PublishedFigure(**entry) for entry in data["figures"])
        _check(figures)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise HeadPoseError(f"{path} cannot be read ({error}): correct it by {SCHEMA_FILE.name}") from error
    return figures


def _check(figures: tuple[PublishedFigure, ...]) -> None:
    twice = [name for name, count in Counter(figure.id for figure in figures).items() if count > 1]
    if twice:
        raise ValueError(f"{', '.join(twice)} stands twice")
    for figure in figures:
        numbers = (figure.ms, figure.load_ms, figure.compile_ms, figure.size_mb)
        if any(not _positive(number) for number in numbers if number is not None) or figure.ms is None:
            raise ValueError(f"{figure.id} has a figure that is no positive number")
        if figure.statistic not in STATISTICS:
            raise ValueError(f"{figure.id} is a '{figure.statistic}', which is none of {', '.join(STATISTICS)}")


def _positive(number: Any) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and 0 < number < float("inf")
