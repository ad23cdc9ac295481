"""The README's tables of latency: newest stored results of each device, phones that are waited for, published figures.

Only what a reader of a README wants: each network in full precision, and of each network and engine the fastest file
in few bits. `headpose report` shows everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.html_report import labels
from benchmarks.html_report.phones import awaited
from benchmarks.html_report.series import fewest_threads, newest
from benchmarks.published import HEAD_POSE, PublishedFigure, read_published
from benchmarks.record import STAGES, Device, LatencyResult
from benchmarks.stored import RESULTS, device_folder, read_results
from runtime.errors import HeadPoseError

_UNROUNDED = {"onnx": "fp32", "tflite": "fp32", "coreml": "fp16"}  # of each format: what an export gives first
_HALF = "fp16"
_ORDER = ("repnext", "repvgg")


def tables(results: Path = RESULTS) -> str:
    """All tables as Markdown; without any stored result those of the phones and the published figures.

    Raises HeadPoseError for a damaged result or a damaged published.json.
    """
    found = _stored(results)
    parts = []
    for device, own in _by_device(newest(found)).items():
        parts += [_device_table(device, own, results), _pipeline_table(own)]
    parts += [_phone_table(found), _published_table(read_published())]
    return "\n\n".join(part for part in parts if part)


def _stored(results: Path) -> list[LatencyResult]:
    try:
        return read_results(results)
    except HeadPoseError as error:
        if "holds no latency result" in str(error):
            return []
        raise


def _by_device(found: Sequence[LatencyResult]) -> dict[Device, list[LatencyResult]]:
    """By model; states of one measurement, as the temperature, tell no devices apart."""
    groups: dict[tuple[str, str], list[LatencyResult]] = {}
    for result in found:
        groups.setdefault((result.device.kind, result.device.model), []).append(result)
    return {own[0].device: own for own in groups.values()}


def selected(found: Sequence[LatencyResult]) -> list[LatencyResult]:
    """What the README shows of the models alone, of one device: by network, whole precision first.

    Results on the fewest threads only; PyTorch itself and emulations are left out.
    """
    alone = [r for r in found if not labels.is_pipeline(r) and r.model.target in _UNROUNDED and not r.run.emulated]
    best: dict[tuple[str, str], LatencyResult] = {}
    whole = []
    for result in fewest_threads(alone):
        target, precision = result.model.target, result.model.precision
        key = result.model.backbone, target
        if precision == _UNROUNDED[target]:
            whole.append(result)
        elif precision not in ("fp32", _HALF) and result.valid:
            fastest = best.get(key)
            if fastest is None or result.latency_ms.p50 < fastest.latency_ms.p50:
                best[key] = result
    return sorted([*whole, *best.values()], key=_place)


def _place(result: LatencyResult) -> tuple[int, str, bool, float]:
    family = result.model.backbone.partition("_")[0]
    rank = _ORDER.index(family) if family in _ORDER else len(_ORDER)
    few_bits = result.model.precision != _UNROUNDED[result.model.target]
    return rank, result.model.backbone, few_bits, result.latency_ms.p50


def _device_table(device: Device, own: Sequence[LatencyResult], results: Path) -> str:
    shown = selected(own)
    if not shown:
        return ""
    folder = f"{results.resolve().parent.name}/{results.name}/{device_folder(device)}"
    lines = [
        f"{labels.device_name(device)}, {device.cores} cores, {device.os}; {_threads(shown)}, {_dates(shown)}. "
        f"Sources: `{folder}`.",
        "",
        "| network | precision | engine | MB | p50 ms | p95 ms | peak MB | ° from PyTorch, mean / max | error ° |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
        *map(_row, shown),
    ]
    sets = sorted({f"{r.accuracy.n} faces of {r.accuracy.dataset}" for r in shown if r.accuracy})
    notes = [f"Errors: mean geodesic angle with its 95 % interval, {'; '.join(sets)}."] if sets else []
    if any(not result.model.trained for result in shown):
        notes.append("*Untrained*: seeded weights, which take as long as trained ones; their poses mean nothing.")
    return "\n".join([*lines, *(["", " ".join(notes)] if notes else [])])


def _threads(shown: Sequence[LatencyResult]) -> str:
    numbers = sorted({result.run.threads or 0 for result in shown})
    words = ["the engine's own choice of threads" if n == 0 else labels.threads_text(n) for n in numbers]
    return " or ".join(words)


def _dates(shown: Sequence[LatencyResult]) -> str:
    days = sorted(result.created[:10] for result in shown)
    return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"


def _row(result: LatencyResult) -> str:
    model, stats = result.model, result.latency_ms
    engine = ", ".join([labels.engine_name(result), *_unusual(result)])
    memory = labels.NONE if result.memory_mb is None else f"{result.memory_mb.peak_mb:.0f}"
    parity = [labels.degrees(labels.parity_of(result, figure)) for figure in ("mean_deg", "max_deg")]
    cells = [
        _network(result),
        model.precision,
        engine,
        labels.megabytes(model.size_bytes / 1e6),
        labels.ms(stats.p50) + _doubt(result),
        labels.ms(stats.p95),
        memory,
        labels.NONE if set(parity) == {labels.NONE} else " / ".join(parity),
        _error(result),
    ]
    return f"| {' | '.join(map(_plain, cells))} |"


def _network(result: LatencyResult) -> str:
    name = labels.backbone_name(result.model.backbone)
    return name if result.model.trained else f"{name}, *untrained*"


def _unusual(result: LatencyResult) -> list[str]:
    return [word for word in labels.how(result) if "thread" not in word and word != "whole pipeline"]


def _doubt(result: LatencyResult) -> str:
    return "" if result.valid else f" (not quotable: {'; '.join(result.invalid_reasons)})"


def _error(result: LatencyResult) -> str:
    found = result.accuracy
    if found is None:
        return labels.NONE
    if found.geodesic_low_deg is None or found.geodesic_high_deg is None:
        return f"{found.geodesic_mean_deg:.2f}"
    return f"{found.geodesic_mean_deg:.2f} ({found.geodesic_low_deg:.2f}–{found.geodesic_high_deg:.2f})"


def _plain(text: str) -> str:
    """No name of a model can end a cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def _pipeline_table(own: Sequence[LatencyResult]) -> str:
    """Whole pipelines, on the fewest threads; empty if none was measured."""
    shown = fewest_threads([r for r in own if labels.is_pipeline(r) and r.stages_ms])
    if not shown:
        return ""
    lines = [
        "From a photograph to angles, medians in ms:",
        "",
        f"| network | precision | engine | {' | '.join(STAGES)} | whole, p50 | whole, p95 |",
        f"|---|---|---|{'--:|' * (len(STAGES) + 2)}",
    ]
    for r in sorted(shown, key=lambda r: r.latency_ms.p50):
        stages = [labels.ms(r.stages_ms[name].p50) if name in r.stages_ms else labels.NONE for name in STAGES]
        whole = [labels.ms(r.latency_ms.p50) + _doubt(r), labels.ms(r.latency_ms.p95)]
        cells = [_network(r), r.model.precision, labels.engine_name(r), *stages, *whole]
        lines.append(f"| {' | '.join(map(_plain, cells))} |")
    return "\n".join(lines)


def _phone_table(found: Sequence[LatencyResult]) -> str:
    """The phones without a result; empty if there is none."""
    rows = [f"| {phone.name} | – | – | `{phone.commands[-1]}` |" for phone in awaited(found)]
    if not rows:
        return ""
    return "\n".join(["| phone | p50 ms | error ° | the command that fills the row |", "|---|--:|--:|---|", *rows])


def _published_table(figures: Sequence[PublishedFigure]) -> str:
    """Figures of the same networks, as others published them."""
    shown = [figure for figure in figures if _is_comparable(figure)]
    lines = [
        "*Published* by others, not measured here; an ImageNet classifier is no head pose network, and tools differ:",
        "",
        "| *published*: network | what it is | device | ms | which figure, by which tool | source |",
        "|---|---|---|--:|---|---|",
    ]
    for figure in shown:
        tool = f"{figure.statistic}, {figure.tool}"
        where = figure.device if figure.os is None else f"{figure.device}, {figure.os}"
        cells = [figure.model, figure.what, where, figure.ms_text, tool, figure.source]
        lines.append(f"| {' | '.join(map(_plain, cells))} |")
    return "\n".join(lines)


def _is_comparable(figure: PublishedFigure) -> bool:
    """Networks for head pose, and medians of our backbones at our size; not the same ones from a second source."""
    ours = figure.backbone is not None and figure.statistic == "median" and figure.load_ms is None
    return figure.task == HEAD_POSE or (ours and figure.input_px == 224)
