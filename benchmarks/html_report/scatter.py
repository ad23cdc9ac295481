"""Latency against degrees, one picture for a device: SVG with labelled points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.html_report import labels
from benchmarks.html_report.bars import colour_of
from benchmarks.html_report.markup import Markup, el
from benchmarks.html_report.scale import Scale, around, logarithmic, tick_text, ticks_of
from benchmarks.html_report.series import Entry, fewest_threads
from benchmarks.html_report.table import facts_of

WIDTH, HEIGHT = 600, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 18, 16, 46
_LETTER, _LINE = 6.3, 13.0  # about the size of a letter of a label
FLOOR_DEG = 1e-4  # below it a difference to PyTorch is rounding


@dataclass(frozen=True)
class Dot:
    """One point."""

    entry: Entry
    """Whose it is."""
    degrees: float
    """Its height."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end."""


def error_dots(found: Sequence[Entry]) -> list[Dot]:
    """Errors against labels, of the network alone, on the fewest threads."""
    dots = []
    for entry in _plain(found):
        measured = entry.result.accuracy
        if measured is not None:
            low, high = measured.geodesic_low_deg, measured.geodesic_high_deg
            dots.append(Dot(entry, measured.geodesic_mean_deg, low, high))
    return dots


def parity_dots(found: Sequence[Entry]) -> list[Dot]:
    """Mean angle to PyTorch's rotations, of the same results; what is below 0.0001° is put there."""
    dots = []
    for entry in _plain(found):
        mean = labels.parity_of(entry.result, "mean_deg")
        if mean is not None:
            dots.append(Dot(entry, max(mean, FLOOR_DEG)))
    return dots


def _plain(found: Sequence[Entry]) -> list[Entry]:
    """An emulation's time says nothing, and would stretch the axis."""
    alone = [e.result for e in found if not labels.is_pipeline(e.result) and not e.result.run.emulated]
    kept = {id(result) for result in fewest_threads(alone)}
    return [entry for entry in found if id(entry.result) in kept]


def scatter(dots: Sequence[Dot], name: str, *, log_degrees: bool) -> Markup:
    """The picture of at least one dot; times are on a logarithmic axis, degrees on one or on a linear one.

    Args:
        dots: of one device.
        name: of the vertical axis.
        log_degrees: whether that one is logarithmic.
    """
    times = logarithmic([dot.entry.result.latency_ms.p50 for dot in dots], LEFT, WIDTH - RIGHT)
    heights = [value for dot in dots for value in (dot.degrees, dot.low, dot.high) if value is not None]
    axis = (logarithmic if log_degrees else around)(heights, HEIGHT - BOTTOM, TOP)
    placed = _label_places(dots, times, axis)
    drawn = [_dot(dot, times, axis, placed.get(dot.entry.id)) for dot in dots]
    told = f"{name} against the median latency of {len(dots)} files; the table has the numbers"
    box = f"0 0 {WIDTH} {HEIGHT}"
    return el("svg", _grid(times, axis, name), *drawn, viewbox=box, class_="plot", role="img", aria_label=told)


def _grid(times: Scale, degrees: Scale, name: str) -> Markup:
    parts = []
    for tick in ticks_of(times):
        x = times.place(tick)
        parts.append(el("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        parts.append(el("text", tick_text(tick), x=x, y=HEIGHT - BOTTOM + 16, class_="tick middle"))
    for tick in ticks_of(degrees):
        y = degrees.place(tick)
        parts.append(el("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(el("text", tick_text(tick), x=LEFT - 8, y=y + 4, class_="tick end"))
    below = el("text", "median latency, ms", x=(LEFT + WIDTH) / 2, y=HEIGHT - 8, class_="axis-name middle")
    turned = f"rotate(-90 14 {HEIGHT / 2:.0f})"
    beside = el("text", name, x=14, y=HEIGHT / 2, transform=turned, class_="axis-name middle")
    return el("g", *parts, below, beside)


def _dot(dot: Dot, times: Scale, degrees: Scale, label: tuple[float, float, str] | None) -> Markup:
    result = dot.entry.result
    x, y = times.place(result.latency_ms.p50), degrees.place(dot.degrees)
    said = f"{labels.full_label(result)}: {labels.ms(result.latency_ms.p50)} ms, {labels.degrees(dot.degrees)}°"
    parts = [el("title", said + ("" if result.valid else f"; not quotable: {'; '.join(result.invalid_reasons)}"))]
    if dot.low is not None and dot.high is not None:
        parts.append(el("line", x1=x, x2=x, y1=degrees.place(dot.low), y2=degrees.place(dot.high), class_="interval"))
    parts.append(el("circle", cx=x, cy=y, r=5))
    if label is not None:
        at, height, anchor = label
        parts.append(el("text", labels.short_label(result), x=at, y=height, class_=f"label {anchor}"))
    kinds = ["dot", colour_of(result)]
    kinds += [] if result.valid else ["invalid"]
    kinds += [] if result.model.trained else ["untrained-dot"]
    return el("g", *parts, class_=" ".join(kinds), data_of=dot.entry.id, **facts_of(dot.entry))


def _label_places(dots: Sequence[Dot], times: Scale, degrees: Scale) -> dict[str, tuple[float, float, str]]:
    """Where labels stand: beside, over or under their dot, wherever nothing is yet; those without room are left out."""
    centres = [(times.place(d.entry.result.latency_ms.p50), degrees.place(d.degrees)) for d in dots]
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in centres]
    found = {}
    for dot, (x, y) in zip(dots, centres):
        width = _LETTER * len(labels.short_label(dot.entry.result))
        for at, height, anchor in (
            (x + 8, y + 4, "begin"),
            (x - 8, y + 4, "end"),
            (x, y - 9, "middle"),
            (x, y + 18, "middle"),
        ):
            left = {"begin": at, "end": at - width, "middle": at - width / 2}[anchor]
            box = (left, height - _LINE + 3, left + width, height + 3)
            inside = box[0] > LEFT and box[2] < WIDTH and box[1] > 0 and box[3] < HEIGHT - BOTTOM
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found[dot.entry.id] = (at, height, anchor)
                break
    return found


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
