"""What a run has come to: the part of its state that people read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Progressed:
    """What a run has come to; part of every snapshot."""

    best_deg: float | None = None
    """Lowest mean geodesic error on the held-out part."""
    best_epoch: int | None = None
    """The epoch that had it, counted from 1."""
    last_deg: float | None = None
    """That of the last epoch."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """(key, reason) of pictures that could not be read, once each."""
    seconds: float = 0.0
    """Spent in steps, over all stretches."""
    images: int = 0
    """Faces seen."""
    bad_steps: int = 0
    """Steps left out because their gradient was no number."""
    steps_per_epoch: int = 0
    """What the steps of a snapshot's position are counted in."""
    origin: str = ""
    """Where the first weights came from."""

    @staticmethod
    def of(record: dict[str, Any]) -> Progressed:
        """From the record of a snapshot."""
        known = {f.name: record[f.name] for f in fields(Progressed) if f.name in record}
        skipped = [(str(key), str(reason)) for key, reason in record.get("skipped", [])]
        return Progressed(**{**known, "skipped": skipped})

    def validated(self, mean_deg: float | None, epoch: int) -> bool:
        """Note the held-out error of an epoch (None: nothing held out); whether it is the lowest so far."""
        if mean_deg is None:
            return False
        self.last_deg = mean_deg if math.isfinite(mean_deg) else None
        better = self.last_deg is not None and (self.best_deg is None or self.last_deg < self.best_deg)
        if better:
            self.best_deg, self.best_epoch = self.last_deg, epoch
        return better

    def forget_best(self) -> None:
        """The next epoch that is validated becomes the best."""
        self.best_epoch = self.best_deg = None

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**vars(self), "skipped": [list(pair) for pair in self.skipped]}
