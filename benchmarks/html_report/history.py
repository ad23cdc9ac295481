"""How the median of an artefact on a device went over the dates, with the interval of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from benchmarks.html_report import labels
from benchmarks.html_report.bars import colour_of
from benchmarks.html_report.markup import Markup, el
from benchmarks.html_report.scale import Scale, around, tick_text, ticks_of
from benchmarks.html_report.series import Entry, Series
from benchmarks.html_report.table import facts_of
from benchmarks.record import LatencyResult

WIDTH, HEIGHT = 300, 130
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 24
_RESAMPLES = 1000


def median_interval(samples_ms: Sequence[float], *, seed: int = 0) -> tuple[float, float] | None:
    """95 % bootstrap interval of the median, milliseconds; None without samples."""
    if not samples_ms:
        return None
    values = np.asarray(samples_ms, dtype=np.float64)
    medians = np.median(np.random.default_rng(seed).choice(values, (_RESAMPLES, len(values))), axis=1)
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(low), float(high)


def history_pictures(found: Mapping[Series, Sequence[Entry]]) -> Markup:
    """A picture for each series that was measured more than once."""
    return el("div", *(_figure(list(of_one)) for of_one in found.values() if len(of_one) > 1), class_="multiples")


def _figure(of_one: list[Entry]) -> Markup:
    last = of_one[-1]
    title = el("figcaption", el("b", labels.model_label(last.result)), " ", el("small", _where(last.result)))
    return el("figure", title, _picture(of_one), data_of=last.id, **facts_of(last))


def _where(result: LatencyResult) -> str:
    return " · ".join([labels.engine_name(result), *labels.how(result), labels.device_name(result.device)])


def _picture(of_one: list[Entry]) -> Markup:
    intervals = [median_interval(entry.result.samples_ms) for entry in of_one]
    ends = [end for both in intervals if both for end in both]
    heights, places = around([*ends, *(e.result.latency_ms.p50 for e in of_one)], HEIGHT - BOTTOM, TOP), _dates(of_one)
    middles = [heights.place(entry.result.latency_ms.p50) for entry in of_one]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, middles))
    dots = [_dot(*each, heights) for each in zip(of_one, places, middles, intervals)]
    told = "; ".join(f"{e.result.created[:10]}: {labels.ms(e.result.latency_ms.p50)} ms" for e in of_one)
    drawn = [_grid(heights), *_date_texts(of_one, places), el("polyline", points=line, class_="line"), *dots]
    box = f"0 0 {WIDTH} {HEIGHT}"
    return el("svg", *drawn, viewbox=box, class_=f"plot {colour_of(of_one[-1].result)}", role="img", aria_label=told)


def _dates(of_one: Sequence[Entry]) -> list[float]:
    days = [datetime.fromisoformat(entry.result.created).timestamp() for entry in of_one]
    length = max(days[-1] - days[0], 1.0)
    return [LEFT + 10 + (WIDTH - RIGHT - LEFT - 20) * (day - days[0]) / length for day in days]


def _grid(heights: Scale) -> Markup:
    parts = []
    for tick in ticks_of(heights):
        y = heights.place(tick)
        parts.append(el("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(el("text", tick_text(tick), x=LEFT - 6, y=y + 4, class_="tick end"))
    return el("g", *parts)


def _date_texts(of_one: Sequence[Entry], places: Sequence[float]) -> list[Markup]:
    first, last = of_one[0].result.created[:10], of_one[-1].result.created[:10]
    texts = [el("text", first, x=places[0], y=HEIGHT - 6, class_="tick begin")]
    if last != first:
        texts.append(el("text", last, x=places[-1], y=HEIGHT - 6, class_="tick end"))
    return texts


def _dot(entry: Entry, x: float, y: float, interval: tuple[float, float] | None, heights: Scale) -> Markup:
    result = entry.result
    said = f"{result.created[:10]}: median {labels.ms(result.latency_ms.p50)} ms, file {result.model.sha256[:8]}"
    if interval is not None:
        said += f", 95 % interval {interval[0]:.2f}–{interval[1]:.2f} ms"
    parts = [el("title", said + ("" if result.valid else f"; not quotable: {'; '.join(result.invalid_reasons)}"))]
    if interval is not None:
        low, high = (heights.place(end) for end in interval)
        parts.append(el("line", x1=x, x2=x, y1=low, y2=high, class_="interval"))
    parts.append(el("circle", cx=x, cy=y, r=4))
    return el("g", *parts, class_="dot" if result.valid else "dot invalid")
