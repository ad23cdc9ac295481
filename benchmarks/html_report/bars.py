"""Pictures of rows: how long and how steady, stages, compute units, operators, memory. HTML, so that they reflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.html_report import labels
from benchmarks.html_report.markup import Markup, el, join
from benchmarks.html_report.scale import linear, tick_text, ticks_of
from benchmarks.html_report.series import Entry
from benchmarks.html_report.table import NOT_QUOTABLE, UNTRAINED, badge, facts_of
from benchmarks.record import STAGES, LatencyResult

BELOW, ABOVE, BINS = 0.90, 1.30, 40  # of the median: what the pictures of spread show
_HEIGHT = 22
_KINDS = 8  # kinds of operators with a colour of their own


@dataclass(frozen=True)
class Piece:
    """A part of a stacked bar."""

    name: str
    """What it is, for the legend."""
    value: float
    """Its length on the shared axis."""
    colour: str
    """Class that gives the colour."""
    text: str
    """Said when pointed at."""


def by_device(found: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries by the name of their device, in order."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(labels.device_name(entry.result.device), []).append(entry)
    return groups


def latency_rows(found: Sequence[Entry]) -> Markup:
    """For one device: the median as a bar, a line to p95, and beside it the histogram of all samples.

    Results that may not be quoted do not stretch the axis: a bar that leaves it has an arrow.
    """
    own = [entry.result for entry in found if entry.result.valid] or [entry.result for entry in found]
    scale = linear([_reach(result) for result in own], 0, 100)
    head = el(
        "div",
        el("span", "", class_="name"),
        _axis([(scale.place(t), tick_text(t)) for t in ticks_of(scale)], "median, line to p95, ms"),
        el("span", "ms", class_="value"),
        _axis([(0, "−10 %"), (25, "median"), (100, "+30 %")], "all samples about the median"),
        class_="row head spreads",
        aria_hidden="true",
    )
    return el("div", head, *(_latency_row(entry, scale.high) for entry in found), class_="rows")


def _reach(result: LatencyResult) -> float:
    stats = result.latency_ms
    return max(stats.p50, min(stats.p95 or 0.0, 2 * stats.p50))


def _latency_row(entry: Entry, largest: float) -> Markup:
    result, stats = entry.result, entry.result.latency_ms
    p95 = stats.p95 if stats.p95 is not None else stats.p50
    inside = stats.p50 <= largest
    bar = _span(0, min(stats.p50 / largest, 1), f"bar {colour_of(result)}{'' if inside else ' over'}")
    whisker = _span(stats.p50 / largest, (min(p95, largest) - stats.p50) / largest, "whisker") if inside else None
    said = f"{labels.full_label(result)}: median {labels.ms(stats.p50)} ms, p95 {labels.ms(stats.p95)} ms"
    track = el("span", bar, whisker, class_="track", title=said)
    value = el("span", labels.ms(stats.p50), class_="value")
    return _row(entry, track, value, spread(result), kind="spreads")


def colour_of(result: LatencyResult) -> str:
    """The class of a result's colour: its engine's."""
    return f"c-{result.model.target}"


def spread(result: LatencyResult) -> Markup:
    """Histogram of the samples over their median; those beyond its ends are counted."""
    if not result.samples_ms:
        return el("span", "the tool told no samples", class_="spread none")
    ratios = np.asarray(result.samples_ms) / result.latency_ms.p50
    counts, _ = np.histogram(ratios, bins=BINS, range=(BELOW, ABOVE))
    beyond = int((ratios > ABOVE).sum()), int((ratios < BELOW).sum())
    tallest = max(int(counts.max()), 1)
    bins = [
        el("rect", x=i, y=_HEIGHT * (1 - count / tallest), width=1, height=_HEIGHT * count / tallest)
        for i, count in enumerate(counts.tolist())
        if count
    ]
    middle = (1 - BELOW) / (ABOVE - BELOW) * BINS
    line = el("line", x1=middle, x2=middle, y1=0, y2=_HEIGHT, class_="median")
    told = f"{len(ratios)} samples from {labels.ms(min(result.samples_ms))} to {labels.ms(max(result.samples_ms))} ms"
    box = f"0 0 {BINS} {_HEIGHT}"
    drawn = el(
        "svg", *bins, line, viewbox=box, preserveaspectratio="none", class_="histogram", role="img", aria_label=told
    )
    more = el("small", f"{beyond[0]} beyond", class_="beyond") if beyond[0] else None
    less = el("small", f"{beyond[1]} below", class_="below") if beyond[1] else None
    return el("span", drawn, less, more, class_=f"spread {colour_of(result)}", title=told)


def stage_rows(found: Sequence[Entry]) -> Markup:
    """Medians of the stages of whole pipelines, stacked; medians do not add up to the median of the sum exactly."""
    rows = []
    for entry in found:
        times = entry.result.stages_ms
        pieces = [
            Piece(name, times[name].p50, f"s-{i}", f"{name}: {labels.ms(times[name].p50)} ms")
            for i, name in enumerate(STAGES)
            if name in times
        ]
        rows.append((entry, pieces, f"{labels.ms(entry.result.latency_ms.p50)} ms"))
    return stacked(rows, "ms")


def unit_rows(found: Sequence[Entry]) -> Markup:
    """How many of the operators went to which compute unit, then their part of the estimated cost where it is told."""
    by_count, by_cost = [], []
    for entry in found:
        shares = entry.result.placement
        total = sum(share.operators for share in shares) or 1
        counts = [
            Piece(s.unit, 100 * s.operators / total, f"u-{s.unit}", f"{s.unit}: {s.operators} operators")
            for s in shares
        ]
        by_count.append((entry, counts, str(total)))
        costs = [(s.unit, 100 * s.cost_share) for s in shares if s.cost_share is not None]
        if costs:
            pieces = [Piece(unit, cost, f"u-{unit}", f"{unit}: {cost:.0f} % of the cost") for unit, cost in costs]
            by_cost.append((entry, pieces, ""))
    first = stacked(by_count, "% of the operators; at the right their number")
    return join([first, stacked(by_cost, "% of the estimated cost")]) if by_cost else first


def operator_rows(found: Sequence[Entry]) -> Markup:
    """Time by kind of operator; the kinds that take most of all have colours, the others are one piece."""
    totals: dict[str, float] = {}
    for entry in found:
        for one in entry.result.operators:
            totals[one.kind] = totals.get(one.kind, 0.0) + one.share
    known = sorted(totals, key=lambda kind: -totals[kind])[:_KINDS]
    rows = []
    for entry in found:
        ordered = sorted(entry.result.operators, key=lambda one: known.index(one.kind) if one.kind in known else _KINDS)
        pieces = [
            Piece(one.kind, one.ms, f"k-{known.index(one.kind)}", f"{one.kind}: {one.calls} calls, {one.ms:.2f} ms")
            for one in ordered
            if one.kind in known
        ]
        rest = sum(one.ms for one in ordered if one.kind not in known)
        if rest > 0:
            pieces.append(Piece("others", rest, "k-rest", f"others: {rest:.2f} ms"))
        rows.append((entry, pieces, f"{sum(one.ms for one in ordered):.1f} ms"))
    return stacked(rows, "ms")


def memory_rows(found: Sequence[Entry]) -> Markup:
    """Peak of resident memory; the part before the model was opened is lighter, where it is told."""
    rows = []
    told = [(entry, entry.result.memory_mb) for entry in found if entry.result.memory_mb is not None]
    for entry, memory in sorted(told, key=lambda pair: pair[1].peak_mb):
        base = memory.base_mb or 0.0
        pieces = [Piece("before the model was opened", base, "m-base", f"before: {base:.0f} MB")] if base else []
        over = f"peak {memory.peak_mb:.0f} MB"
        pieces.append(Piece("peak", max(memory.peak_mb - base, 0.0), "m-peak", over))
        rows.append((entry, pieces, f"{memory.peak_mb:.0f} MB"))
    return stacked(rows, "MB")


def stacked(rows: Sequence[tuple[Entry, list[Piece], str]], unit: str) -> Markup:
    """Rows of stacked pieces on one axis, with a legend of their names."""
    scale = linear([sum(piece.value for piece in pieces) for _, pieces, _ in rows], 0, 100)
    if unit.startswith("%"):
        scale = linear([99.9], 0, 100)
    axis = _axis([(scale.place(tick), tick_text(tick)) for tick in ticks_of(scale)], unit)
    head = el("div", el("span", "", class_="name"), axis, el("span", "", class_="value"), class_="row head")
    drawn = []
    for entry, pieces, value in rows:
        bars, at = [], 0.0
        for piece in pieces:
            bars.append(_span(at / scale.high, piece.value / scale.high, f"bar {piece.colour}", piece.text))
            at += piece.value
        said = "; ".join(piece.text for piece in pieces)
        track = el("span", *bars, class_="track", role="img", aria_label=said)
        drawn.append(_row(entry, track, el("span", value, class_="value")))
    return el("div", _legend(rows), el("div", head, *drawn, class_="rows"))


def _legend(rows: Sequence[tuple[Entry, list[Piece], str]]) -> Markup:
    names = {piece.name: piece.colour for _, pieces, _ in rows for piece in pieces}
    ordered = sorted(names.items(), key=lambda pair: pair[1])
    items = [el("span", el("i", class_=f"swatch {colour}"), name) for name, colour in ordered]
    return el("p", *items, class_="legend")


def _row(entry: Entry, *parts: Markup, kind: str = "") -> Markup:
    result = entry.result
    marks = [] if result.model.trained else [badge(UNTRAINED, "untrained")]
    marks += [] if result.valid else [badge(NOT_QUOTABLE, "bad")]
    more = " · ".join([labels.engine_name(result), *labels.how(result)])
    text = el("b", labels.model_label(result)), " ", el("small", more)
    name = el("span", el("a", *text, href=f"#{entry.id}"), *(join([" ", mark]) for mark in marks), class_="name")
    state = "" if result.valid else " invalid"
    return el("div", name, *parts, class_=f"row {kind}{state}".strip(), data_of=entry.id, **facts_of(entry))


def _span(start: float, length: float, kind: str, title: str | None = None) -> Markup:
    return el("i", class_=kind, style=f"left:{100 * start:.2f}%;width:{100 * length:.2f}%", title=title)


def _axis(ticks: Sequence[tuple[float, str]], name: str) -> Markup:
    marks = [el("i", el("b", text), class_="tick", style=f"left:{place:.2f}%") for place, text in ticks]
    return el("span", *marks, el("em", name), class_="axis")
