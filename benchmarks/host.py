"""Latency on this computer: several models take turns in one process, so that what disturbs one disturbs all.

Engines of one artefact each, one after the other, cannot be compared on a machine whose clock or load changes;
turns (A B, B A, A B, …) can, and their ratio comes with a bootstrap interval.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.artefact import is_emulated
from benchmarks.device import host_device
from benchmarks.latency import LatencyStats, reasons_against
from benchmarks.record import STAGES, LatencyResult, Run
from benchmarks.subjects import Image, Subject, Wanted, open_subject, wanted_of
from benchmarks.turns import Progress, Ratio, ratio_of, take_turns
from runtime.errors import HeadPoseError

_RUNTIME_TOOLS = ("numpy", "onnxruntime", "ai-edge-litert", "coremltools", "torch")


def measure(
    artifacts: Sequence[str | Path],
    *,
    threads: int | Sequence[int] | None = 1,
    rounds: int = 50,
    warmup: int = 5,
    min_seconds: float = 0.0,
    modes: Sequence[str] = ("eager",),
    photo: Image | None = None,
    progress: Progress = lambda text, done, total: None,
) -> list[LatencyResult]:
    """Latency of one image through every artefact, in turns.

    Args:
        artifacts: files or packages that `open_session` opens, or names of shipped weights; two of the same name are
            told apart by their folder.
        threads: threads of every engine; None leaves each engine's own choice. With several numbers every artefact is
            measured with each of them, in turns too.
        rounds: samples of each, at least.
        warmup: rounds before the first sample.
        min_seconds: measure at least so long.
        modes: how PyTorch runs checkpoints, 'eager', 'compiled' or both.
        photo: RGB (H, W, 3) uint8 with a face; every artefact is then measured behind the detector as well.
        progress: called with a text, steps done and steps in all.

    Raises:
        HeadPoseError: an artefact that cannot be opened, no artefact, a number below 1.
    """
    each = list(threads) if isinstance(threads, Sequence) else [threads]
    return measure_wanted(
        wanted_of(artifacts, threads=each, modes=modes, photo=photo),
        rounds=rounds,
        warmup=warmup,
        min_seconds=min_seconds,
        progress=progress,
    )


def measure_wanted(
    wanted: Sequence[Wanted],
    *,
    rounds: int,
    warmup: int = 5,
    min_seconds: float = 0.0,
    progress: Progress = lambda text, done, total: None,
) -> list[LatencyResult]:
    """As `measure`, for what `wanted_of` made; one result for each, in its order."""
    if rounds < 1 or warmup < 1:
        raise HeadPoseError("a benchmark needs at least one artefact, one round, one warm-up round and one thread")
    subjects = []
    for number, item in enumerate(wanted):
        progress("opening", number, len(wanted))
        subjects.append(open_subject(item))
    clocks = time.time(), time.monotonic()
    work = {item.wanted.name: item.run for item in subjects}
    samples = take_turns(work, rounds=rounds, warmup=warmup, min_seconds=min_seconds, progress=progress)
    jump_s = (time.time() - clocks[0]) - (time.monotonic() - clocks[1])
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return [_result(item, samples, warmup, created, jump_s) for item in subjects]


def ratios_to_first(results: Sequence[LatencyResult]) -> list[Ratio]:
    """Every later result over the first one; they must come from one `measure`."""
    keys = [f"{i} {r.model.name} {r.model.target} {r.run.mode} {r.run.threads}" for i, r in enumerate(results)]
    samples = {key: result.samples_ms for key, result in zip(keys, results)}
    return [ratio_of(key, keys[0], samples) for key in keys[1:]]


def _result(
    item: Subject, samples: Mapping[str, Sequence[float]], warmup: int, created: str, jump_s: float
) -> LatencyResult:
    own = samples[item.wanted.name]
    reasons = reasons_against(own, emulated=is_emulated(item.info, item.engine), clock_jump_s=jump_s)
    return LatencyResult(
        model=item.model,
        device=host_device(),
        run=_run(item, samples, warmup),
        load_ms=item.load_ms,
        first_ms=item.first_ms,
        samples_ms=tuple(own),
        latency_ms=LatencyStats.of(own),
        tools={**item.info.tools, **{f"here:{name}": version for name, version in _tools().items()}},
        created=created,
        valid=not reasons,
        invalid_reasons=reasons,
        stages_ms=_stages(item, len(own)),
        parity=item.info.parity,
    )


def _run(item: Subject, samples: Mapping[str, Sequence[float]], warmup: int) -> Run:
    return Run(
        tool="benchmarks.host",
        engine=item.engine,
        threads=item.wanted.threads,
        compute_units_requested="cpu",
        compute_units_used="cpu",
        emulated=is_emulated(item.info, item.engine),
        warmup=warmup + 1,
        iterations=len(samples[item.wanted.name]),
        interleaved_with=tuple(sorted(set(samples) - {item.wanted.name})),
        includes=("inference",) if item.pipeline is None else STAGES,
        mode=item.wanted.mode,
    )


def _stages(item: Subject, count: int) -> dict[str, LatencyStats]:
    """Figures of the last `count` runs: those before were the warm-up."""
    if item.pipeline is None:
        return {}
    return {stage: LatencyStats.of(times[-count:]) for stage, times in item.pipeline.take_stages().items()}


def _tools() -> dict[str, str]:
    versions = {}
    for name in _RUNTIME_TOOLS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
