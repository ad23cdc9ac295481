"""The faces of a labelled set as a network sees them, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import Box
from runtime.sessions import Session
from training.data.source import Image, PoseSource, Progress, silent
from training.robustness import Variant

Array = npt.NDArray[np.floating]
CLEAN = "undisturbed"
_UPDATES = 50  # of the progress bar: where there is no terminal, each is a line


@dataclass(frozen=True, eq=False)
class Estimates:
    """What a model says of the faces that could be read."""

    indices: npt.NDArray[np.intp]
    """(M,) their positions in the set."""
    rotations: dict[str, Array]
    """'undisturbed' first, then name of a disturbance → (M, 3, 3)."""
    skipped: dict[str, str]
    """Key of every other face → why."""


@dataclass(frozen=True, eq=False)
class FramedFaces:
    """A labelled set with the rule that turns a face into the network's square.

    Raises HeadPoseError for an unknown framing.
    """

    source: PoseSource
    """The set."""
    framing: str
    """Key of `training.data.crops.FRAMINGS`."""
    size: int
    """Side of the square in pixels."""

    def __post_init__(self) -> None:
        self._rule()

    def _rule(self) -> Callable[[Box, np.random.Generator | None], Box]:
        from training.data.crops import FRAMINGS

        if self.framing not in FRAMINGS:
            raise unknown_name("framing", self.framing, FRAMINGS)
        return FRAMINGS[self.framing]

    def crops(self, index: int, disturbances: Sequence[Variant] = ()) -> list[Image]:
        """Network inputs (S, S, 3) of one face: undisturbed, then under each disturbance; the picture is read once.

        Raises HeadPoseError for a picture that cannot be read or an empty face box.
        """
        from training.data.resample import extract

        key, picture = self.source.keys[index], self.source.picture(index)
        box = self._rule()(Box(*(float(v) for v in self.source.boxes[index])), None)
        clean = extract(picture, box, self.size)
        crops = [clean]
        for variant in disturbances:
            moved = variant.cut(box, key)
            crops.append(variant.disturb(clean if moved == box else extract(picture, moved, self.size), key))
        return crops

    def estimate(
        self,
        session: Session,
        disturbances: Sequence[Variant] = (),
        batch_size: int = 32,
        max_skipped: int = 0,
        progress: Progress = silent,
    ) -> Estimates:
        """Run every face through the model.

        Raises:
            HeadPoseError: more than `max_skipped` faces cannot be read, none can, or the model's output is no rotation.
        """
        names = [CLEAN, *(variant.name for variant in disturbances)]
        indices: list[int] = []
        skipped: dict[str, str] = {}
        rotations: dict[str, list[Array]] = {name: [] for name in names}
        starts = range(0, len(self.source), batch_size)
        for start in starts:
            if start // batch_size % (len(starts) // _UPDATES + 1) == 0:
                progress("estimating", start, len(self.source))
            batch = range(start, min(start + batch_size, len(self.source)))
            read, crops = self._read(batch, disturbances, skipped, max_skipped)
            indices += read
            if read:
                keys = [self.source.keys[i] for i in read]
                for name, column in zip(names, zip(*crops)):
                    rotations[name].append(_run(session, np.stack(column), keys))
        if not indices:
            raise HeadPoseError(f"no face of {self.source.name} can be read: {next(iter(skipped.values()))}")
        joined = {name: np.concatenate(parts) for name, parts in rotations.items()}
        return Estimates(np.array(indices, dtype=np.intp), joined, skipped)

    def _read(
        self, batch: range, disturbances: Sequence[Variant], skipped: dict[str, str], max_skipped: int
    ) -> tuple[list[int], list[list[Image]]]:
        """Positions that can be read and their crops; the others go into `skipped`."""
        read, crops = [], []
        for index in batch:
            try:
                crops.append(self.crops(index, disturbances))
                read.append(index)
            except HeadPoseError as error:
                skipped[self.source.keys[index]] = str(error)
                if len(skipped) > max_skipped:
                    raise HeadPoseError(
                        f"{len(skipped)} faces of {self.source.name} cannot be read, more than the {max_skipped} that "
                        f"may be skipped; the last one: {error}"
                    ) from error
        return read, crops


def _run(session: Session, images: Image, keys: Sequence[str]) -> Array:
    """Images (N, S, S, 3) → rotations (N, 3, 3) in float64, checked."""
    rotations = np.asarray(session.run(images), dtype=np.float64)
    if rotations.shape != (len(images), 3, 3):
        raise HeadPoseError(
            f"{session.info.name} answers {len(images)} images with the shape {rotations.shape} instead of "
            f"({len(images)}, 3, 3): export it again"
        )
    finite = np.isfinite(rotations).all(axis=(1, 2))
    if not finite.all():
        raise HeadPoseError(
            f"{session.info.name} gives NaN or infinity for {keys[int(np.argmin(finite))]}: the weights or the export "
            "are damaged (headpose parity finds the operator)"
        )
    return rotations
