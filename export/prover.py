"""Writes an artefact, runs it beside PyTorch and writes it again with the figures in its record."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.converter import rewrite_artifact
from export.spec import ExportSpec
from export.told import Told
from runtime.artifact import ArtifactInfo, size_bytes

if TYPE_CHECKING:
    from export.parity import ParityReport
    from export.reference import Reference


@dataclass(frozen=True)
class Exported:
    """One artefact that was made."""

    path: Path
    """File, or folder for an .mlpackage."""
    info: ArtifactInfo
    """The record embedded in it."""
    size_bytes: int
    """Size on disk."""
    seconds: float
    """Conversion time, without the parity check."""
    parity: ParityReport | None
    """Figures of the check, None if it was switched off."""
    written: bool = False
    """Whether `path` holds it; False if it missed its gate and was not wanted all the same."""


@dataclass(frozen=True, eq=False)
class Draft:
    """An artefact in memory, on its way to a file."""

    spec: ExportSpec
    """What it is."""
    model: Any
    """What its target's writer takes."""
    info: ArtifactInfo
    """Its record, so far."""
    seconds: float
    """What making it took."""
    parity: ParityReport | None = None
    """Figures of the check, once it ran."""


class Prover:
    """Checks drafts against PyTorch.

    Args:
        folder: where files are written; one of a name at a time.
        reference: PyTorch's answers; None leaves the check out.
        told: of progress.
    """

    def __init__(self, folder: Path, reference: Reference | None, told: Told) -> None:
        self.folder, self.reference, self.told = folder, reference, told

    def write(self, draft: Draft) -> Path:
        """The draft as a file, in place of an earlier one of its name."""
        path = self.folder / draft.spec.file_name
        rewrite_artifact(draft.spec, draft.model, draft.info, path)
        return path

    def prove(self, draft: Draft, **options: Any) -> Draft:
        """With the figures of the check, if there is one; see `check_parity` for the options."""
        start = time.monotonic()
        path = self.write(draft)
        draft = replace(draft, seconds=draft.seconds + time.monotonic() - start)
        if self.reference is None:
            self.told.within(f"wrote {path.name}", 0, 1)
            return draft
        from export.parity import check_parity

        self.told.step(f"proving {path.name}")
        report = check_parity(path, reference=self.reference, threads=1, **options)
        return replace(draft, parity=report, info=replace(draft.info, parity=report.summary()))

    def finish(self, draft: Draft) -> Exported:
        """The file with its whole record."""
        path = self.write(draft)
        return Exported(path, draft.info, size_bytes(path), draft.seconds, draft.parity)
