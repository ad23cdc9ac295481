"""What `headpose bench host` measures: a model, opened in its engine, alone or as the last part of a pipeline."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.artefact import model_of
from benchmarks.pipeline import Pipeline
from benchmarks.probe import probe_image
from benchmarks.record import LoadTimes, Model
from runtime.artifact import ArtifactInfo
from runtime.errors import HeadPoseError, unknown_name
from runtime.sessions import Session, open_session

MODES = ("eager", "compiled")
"""How PyTorch runs a checkpoint; other engines have one way."""

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Wanted:
    """One thing to measure, before it is opened."""

    name: str
    """Unique among those that take turns."""
    path: Path
    """An exported file or a checkpoint."""
    threads: int | None = 1
    """Of the engine; None leaves its own choice."""
    mode: str = ""
    """One of MODES for a checkpoint, else empty."""
    photo: Image | None = field(default=None, compare=False)
    """RGB (H, W, 3) for the whole pipeline; None for the model alone."""


@dataclass(frozen=True)
class Subject:
    """One thing to measure, open and warm."""

    wanted: Wanted
    """What was asked for."""
    model: Model
    """Facts of the file."""
    info: ArtifactInfo
    """The file's own record."""
    session: Session
    """The engine."""
    engine: str
    """Its name and version."""
    pipeline: Pipeline | None
    """Set if more than the model is measured."""
    load_ms: LoadTimes
    """Opening it."""
    first_ms: float
    """The first inference."""

    def run(self) -> None:
        """One sample."""
        if self.pipeline is None:
            self.session.run(probe_image_of(self.info.input_size))
        else:
            self.pipeline.run()


_PROBES: dict[int, Image] = {}


def probe_image_of(size: int) -> Image:
    """The probe of a size, made once."""
    if size not in _PROBES:
        _PROBES[size] = probe_image(size)
    return _PROBES[size]


def weights_file(source: str | Path) -> Path:
    """The file behind a name of shipped weights ('default-m4'), or the path itself.

    Raises HeadPoseError for an unknown name, or for seeded weights, which have no file.
    """
    if Path(source).exists() or Path(source).suffix:
        return Path(source)
    from training.models.shipped import find, is_name

    if not is_name(source):
        return Path(source)
    named = find(str(source))
    if named.file is None:
        raise HeadPoseError(f"'{source}' names seeded weights, which have no file: export them, and measure the file")
    return named.file


def is_checkpoint(path: Path) -> bool:
    """Whether PyTorch runs this file."""
    from runtime.sessions import SESSIONS

    return SESSIONS.get(path.suffix, "").startswith("training.")


def wanted_of(
    sources: Sequence[str | Path],
    *,
    threads: Sequence[int | None],
    modes: Sequence[str] = ("eager",),
    photo: Image | None = None,
) -> list[Wanted]:
    """Every combination, each with a name of its own.

    Args:
        sources: exported files, checkpoints, or names of shipped weights.
        threads: numbers of threads, each measured.
        modes: of checkpoints, each measured.
        photo: RGB (H, W, 3); each is then measured alone and behind the detector.

    Raises:
        HeadPoseError: nothing to measure, a thing named twice, an unknown mode, a number of threads below 1.
    """
    _check(sources, threads, modes)
    paths = [weights_file(source) for source in sources]
    names = [path.name if [p.name for p in paths].count(path.name) == 1 else str(path) for path in paths]
    found = []
    for count in threads:
        for name, path in zip(names, paths):
            for mode in modes if is_checkpoint(path) else ("",):
                for picture in (None, photo) if photo is not None else (None,):
                    parts = [name, mode, "" if len(threads) == 1 else f"{count} thread(s)"]
                    parts.append("" if picture is None else "with detector")
                    found.append(Wanted(", ".join(filter(None, parts)), path, count, mode, picture))
    return found


def _check(sources: Sequence[str | Path], threads: Sequence[int | None], modes: Sequence[str]) -> None:
    if not sources or not threads or not modes or any(count is not None and count < 1 for count in threads):
        raise HeadPoseError("a benchmark needs at least one artefact, one round, one warm-up round and one thread")
    if len(set(threads)) < len(threads):
        raise HeadPoseError(f"a number of threads is named twice: {', '.join(map(str, threads))}")
    if len({str(source) for source in sources}) < len(sources):
        raise HeadPoseError("an artefact is named twice: give each one once")
    for mode in modes:
        if mode not in MODES:
            raise unknown_name("way to run PyTorch", mode, MODES)


def open_subject(wanted: Wanted) -> Subject:
    """Open the file twice, the second time on the clock, and infer once.

    The cold load is another process's business. For a compiled network the first inference is the compilation.

    Raises HeadPoseError for a file that cannot be opened, or a photograph without a face.
    """
    options: dict[str, Any] = {"mode": wanted.mode, "form": "deploy"} if wanted.mode else {}
    open_session(wanted.path, threads=wanted.threads, **options)  # libraries and the file's pages are in memory now
    start = time.perf_counter_ns()
    session = open_session(wanted.path, threads=wanted.threads, **options)
    load = LoadTimes(None, round((time.perf_counter_ns() - start) / 1e6, 3))
    pipeline = None
    if wanted.photo is not None:
        pipeline = Pipeline(session, wanted.photo, threads=wanted.threads)
    begun = time.perf_counter_ns()
    session.run(probe_image_of(session.info.input_size))
    first_ms = round((time.perf_counter_ns() - begun) / 1e6, 3)
    engine = str(getattr(session, "engine", type(session).__name__))
    model = model_of(wanted.path, session.info)
    return Subject(wanted, model, session.info, session, engine, pipeline, load, first_ms)
