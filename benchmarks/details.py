"""What a latency result says beside the latency: memory, operators, errors against labels; measured after the turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.costs import by_kind, memory_and_load, op_times_of
from benchmarks.labelled import accuracy_of
from benchmarks.record import Accuracy, LatencyResult
from benchmarks.subjects import Wanted
from benchmarks.turns import Progress
from runtime.errors import HeadPoseError
from runtime.sessions import Session, open_session
from runtime.sessions.op_times import OpTime


def completed(
    wanted: Sequence[Wanted],
    results: Sequence[LatencyResult],
    *,
    memory: bool = True,
    operators: bool = False,
    labels: str = "shipped",
    progress: Progress = lambda text, done, total: None,
) -> tuple[list[LatencyResult], list[list[OpTime]]]:
    """Results with the rest filled in, and every operator's time for each (empty if not asked for).

    Args:
        wanted: what was measured.
        results: what came out, one for each.
        memory: whether to open each model in a process of its own, for its memory and its cold load.
        operators: whether to run the engines' profilers; a Core ML emulation has none.
        labels: 'shipped', 'synthetic', a folder with labels.csv, or 'none'; untrained weights are not held to labels.
        progress: called with a text, steps done and steps in all.

    Raises:
        HeadPoseError: labels that cannot be read.
    """
    accuracies = _accuracies(wanted, results, labels, progress)
    whole, times = [], []
    for number, (item, result) in enumerate(zip(wanted, results)):
        progress("memory and operators", number, len(wanted))
        alone = item.photo is None
        own = _operators(item, result) if operators and alone else []
        times.append(own)
        result = replace(result, operators=by_kind(own), accuracy=accuracies.get(result.model.sha256))
        if memory and alone:
            peak, cold_ms = memory_and_load(item.path, threads=item.threads, mode=item.mode)
            result = replace(result, memory_mb=peak, load_ms=replace(result.load_ms, cold=cold_ms))
        whole.append(result)
    return whole, times


def _operators(item: Wanted, result: LatencyResult) -> list[OpTime]:
    if result.run.emulated:
        return []
    return op_times_of(item.path, threads=item.threads, mode=item.mode)


def _accuracies(
    wanted: Sequence[Wanted], results: Sequence[LatencyResult], labels: str, progress: Progress
) -> dict[str, Accuracy]:
    """Hash of each trained model → its errors; every file is read once, whatever its threads."""
    from export.accuracy import LabelledCrops, open_labelled

    faces: dict[int, LabelledCrops | None] = {}
    found: dict[str, Accuracy] = {}
    for item, result in zip(wanted, results):
        model = result.model
        if labels == "none" or not model.trained or model.sha256 in found:
            continue
        if model.input_size not in faces:
            faces[model.input_size] = open_labelled(labels, model.input_size, progress=progress)
        own = faces[model.input_size]
        if own is not None:
            found[model.sha256] = accuracy_of(_session(item.path), own, progress)
    return found


def _session(path: Path) -> Session:
    try:
        return open_session(path)
    except HeadPoseError as error:
        raise HeadPoseError(f"{path} vanished while it was measured ({error})") from error
