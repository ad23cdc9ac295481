"""Latency on this computer: several artefacts take turns in one process, so that what disturbs one disturbs all.

Engines of one artefact each, one after the other, cannot be compared on a machine whose clock or load changes;
turns (A B, B A, A B, …) can, and their ratio comes with a bootstrap interval.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.artefact import model_of
from benchmarks.device import host_device
from benchmarks.latency import LatencyStats, reasons_against
from benchmarks.record import LatencyResult, LoadTimes, Run
from runtime.artifact import ArtifactInfo
from runtime.errors import HeadPoseError
from runtime.sessions import Session, open_session

Progress = Callable[[str, int, int], None]
_RESAMPLES = 2000
_RUNTIME_TOOLS = ("numpy", "onnxruntime", "ai-edge-litert", "coremltools", "torch")


@dataclass(frozen=True)
class Ratio:
    """Median latency of one model over that of another, measured in turns."""

    slow: str
    """Numerator."""
    fast: str
    """Denominator."""
    ratio: float
    """Of the medians: 2 means that `slow` takes twice the time."""
    low: float
    """2.5th percentile of the bootstrap."""
    high: float
    """97.5th percentile of the bootstrap."""


@dataclass(frozen=True)
class _Opened:
    name: str
    path: Path
    threads: int | None
    session: Session
    engine: str
    image: npt.NDArray[np.uint8]
    load_ms: float
    first_ms: float

    def infer(self) -> None:
        self.session.run(self.image)


def take_turns(
    work: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    warmup: int,
    min_seconds: float = 0.0,
    progress: Progress = lambda text, done, total: None,
) -> dict[str, list[float]]:
    """Time every piece of work `rounds` times in turns; the order is reversed every other round.

    Args:
        work: name → what to time.
        rounds: samples of each, at least.
        warmup: rounds before the first sample.
        min_seconds: go on with more rounds until all samples together took so long.
        progress: called with a text, rounds done and rounds in all.

    Returns:
        name → samples in milliseconds, in order.
    """
    samples: dict[str, list[float]] = {name: [] for name in work}
    turn, begun = -warmup, time.perf_counter()
    while turn < rounds or time.perf_counter() - begun < min_seconds:
        if turn == 0:
            begun = time.perf_counter()
        if turn in (-warmup, 0) or turn % (rounds // 4 + 1) == 0:  # seldom: drawing a bar takes time too
            progress("warming up" if turn < 0 else "measuring", max(turn, 0), max(rounds, turn + 1))
        for name in sorted(work, reverse=bool(turn % 2)):
            start = time.perf_counter_ns()
            work[name]()
            elapsed_ms = (time.perf_counter_ns() - start) / 1e6
            if turn >= 0:
                samples[name].append(round(elapsed_ms, 4))
        turn += 1
    return samples


def ratio_of(slow: str, fast: str, samples: Mapping[str, Sequence[float]], *, seed: int = 0) -> Ratio:
    """Ratio of two medians with its 95 % bootstrap interval; whole rounds are drawn, so that their pairing is kept."""
    a, b = np.asarray(samples[slow]), np.asarray(samples[fast])
    if len(a) != len(b):
        raise HeadPoseError(f"{slow} and {fast} were not measured in turns: {len(a)} and {len(b)} samples")
    draws = np.random.default_rng(seed).integers(0, len(a), (_RESAMPLES, len(a)))
    ratios = np.median(a[draws], axis=1) / np.median(b[draws], axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    middle = np.median(a) / np.median(b)
    return Ratio(slow, fast, *(round(float(value), 4) for value in (middle, low, high)))


def measure(
    artifacts: Sequence[str | Path],
    *,
    threads: int | Sequence[int] | None = 1,
    rounds: int = 50,
    warmup: int = 5,
    min_seconds: float = 0.0,
    progress: Progress = lambda text, done, total: None,
) -> list[LatencyResult]:
    """Latency of one image through every artefact, in turns.

    Args:
        artifacts: files or packages that `open_session` opens; two of the same name are told apart by their folder.
        threads: threads of every engine; None leaves each engine's own choice. With several numbers every artefact is
            measured with each of them, in turns too.
        rounds: samples of each, at least.
        warmup: rounds before the first sample.
        min_seconds: measure at least so long.
        progress: called with a text, steps done and steps in all.

    Raises:
        HeadPoseError: an artefact that cannot be opened, no artefact, a number below 1.
    """
    each = list(threads) if isinstance(threads, Sequence) else [threads]
    if not artifacts or not each or rounds < 1 or warmup < 1 or any(n is not None and n < 1 for n in each):
        raise HeadPoseError("a benchmark needs at least one artefact, one round, one warm-up round and one thread")
    if len(set(each)) < len(each):
        raise HeadPoseError(f"a number of threads is named twice: {', '.join(map(str, each))}")
    named = list(zip(artifacts, _names(artifacts)))
    opened = [
        _open(Path(path), name if len(each) == 1 else f"{name}, {n} thread(s)", n) for n in each for path, name in named
    ]
    work = {item.name: item.infer for item in opened}
    clocks = time.time(), time.monotonic()
    samples = take_turns(work, rounds=rounds, warmup=warmup, min_seconds=min_seconds, progress=progress)
    jump_s = (time.time() - clocks[0]) - (time.monotonic() - clocks[1])
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return [_result(item, samples, warmup, created, jump_s) for item in opened]


def ratios_to_first(results: Sequence[LatencyResult]) -> list[Ratio]:
    """Every later result over the first one; they must come from one `measure`."""
    keys = [f"{r.model.name} {r.model.target} {r.model.sha256[:8]} {r.run.threads}" for r in results]
    samples = {key: result.samples_ms for key, result in zip(keys, results)}
    return [ratio_of(key, keys[0], samples) for key in keys[1:]]


def _names(artifacts: Sequence[str | Path]) -> list[str]:
    names = [Path(path).name for path in artifacts]
    full = [str(path) for path in artifacts]
    if len(set(full)) < len(full):
        raise HeadPoseError("an artefact is named twice: give each one once")
    return [name if names.count(name) == 1 else path for name, path in zip(names, full)]


def _open(path: Path, name: str, threads: int | None) -> _Opened:
    start = time.perf_counter_ns()
    session = open_session(path, threads=threads)
    loaded = time.perf_counter_ns()
    image = probe_image(session.info.input_size)
    begun = time.perf_counter_ns()
    session.run(image)
    load_ms, first_ms = (loaded - start) / 1e6, (time.perf_counter_ns() - begun) / 1e6
    engine = str(getattr(session, "engine", type(session).__name__))
    return _Opened(name, path, threads, session, engine, image, round(load_ms, 3), round(first_ms, 3))


def probe_image(size: int) -> npt.NDArray[np.uint8]:
    """A batch (1, size, size, 3) of one picture with the statistics of a photograph: noise over a slope, seeded."""
    noise = np.random.default_rng(0).normal(0, 40, (size, size, 3))
    slope = np.linspace(40, 215, size)[:, None, None]
    return np.clip(noise + slope, 0, 255).astype(np.uint8)[None]


def is_emulated(info: ArtifactInfo, engine: str) -> bool:
    """True for a Core ML program that Core ML itself does not run: its time says nothing of a device."""
    return info.target == "coreml" and not engine.startswith("Core ML")


def _result(
    item: _Opened, samples: Mapping[str, Sequence[float]], warmup: int, created: str, jump_s: float
) -> LatencyResult:
    info, own = item.session.info, samples[item.name]
    emulated = is_emulated(info, item.engine)
    reasons = reasons_against(own, emulated=emulated, clock_jump_s=jump_s)
    others = tuple(sorted(set(samples) - {item.name}))
    return LatencyResult(
        model=model_of(item.path, info),
        device=host_device(),
        run=Run("benchmarks.host", item.engine, item.threads, "cpu", "cpu", emulated, warmup + 1, len(own), others),
        load_ms=LoadTimes(item.load_ms, None),
        first_ms=item.first_ms,
        samples_ms=tuple(own),
        latency_ms=LatencyStats.of(own),
        tools={**info.tools, **{f"here:{name}": version for name, version in _tools().items()}},
        created=created,
        valid=not reasons,
        invalid_reasons=reasons,
        parity=info.parity,
    )


def _tools() -> dict[str, Any]:
    versions = {}
    for name in _RUNTIME_TOOLS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
