"""What a latency result says beside the latency: memory, operators, errors against labels; measured after the turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.costs import by_kind, memory_and_load, op_times_of
from benchmarks.labelled import accuracy_of
from benchmarks.record import Accuracy, LatencyResult, Model
from benchmarks.subjects import Wanted
from benchmarks.turns import Progress
from runtime.sessions import open_session
from runtime.sessions.op_times import OpTime

if TYPE_CHECKING:
    from export.accuracy import LabelledCrops


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
    errors = LabelledErrors(labels, progress)
    accuracies = [errors.of(item.path, result.model) for item, result in zip(wanted, results)]
    whole, times = [], []
    for number, (item, result, accuracy) in enumerate(zip(wanted, results, accuracies)):
        progress("memory and operators", number, len(wanted))
        alone = item.photo is None
        own = _operators(item, result) if operators and alone else []
        times.append(own)
        result = replace(result, operators=by_kind(own), accuracy=accuracy)
        if memory and alone:
            peak, cold_ms = memory_and_load(item.path, threads=item.threads, mode=item.mode)
            result = replace(result, memory_mb=peak, load_ms=replace(result.load_ms, cold=cold_ms))
        whole.append(result)
    return whole, times


def _operators(item: Wanted, result: LatencyResult) -> list[OpTime]:
    if result.run.emulated:
        return []
    return op_times_of(item.path, threads=item.threads, mode=item.mode)


class LabelledErrors:
    """The errors of files against labels; each file is read once, by this computer's engines.

    Args:
        labels: 'shipped', 'synthetic', a folder with labels.csv, or 'none'.
        progress: called with a text, steps done and steps in all.
    """

    def __init__(self, labels: str, progress: Progress = lambda text, done, total: None) -> None:
        self._labels, self._progress = labels, progress
        self._faces: dict[int, LabelledCrops | None] = {}
        self._found: dict[str, Accuracy | None] = {}

    def of(self, path: Path, model: Model) -> Accuracy | None:
        """None without labels, or for untrained weights. Raises HeadPoseError for labels that cannot be read."""
        if self._labels == "none" or not model.trained:
            return None
        if model.sha256 not in self._found:
            faces = self._crops(model.input_size)
            own = None if faces is None else accuracy_of(open_session(path, threads=1), faces, self._progress)
            self._found[model.sha256] = own
        return self._found[model.sha256]

    def _crops(self, size: int) -> LabelledCrops | None:
        from export.accuracy import open_labelled

        if size not in self._faces:
            self._faces[size] = open_labelled(self._labels, size, progress=self._progress)
        return self._faces[size]
