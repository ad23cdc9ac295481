"""Published figures on the page: a picture with hollow marks and tables of their own, all called *published*."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.html_report import labels
from benchmarks.html_report.markup import Markup, el, join
from benchmarks.html_report.scale import Scale, linear, tick_text, ticks_of
from benchmarks.html_report.series import Entry
from benchmarks.html_report.table import badge
from benchmarks.published import HEAD_POSE, PublishedFigure

TASKS = (HEAD_POSE, "image classification", "dense features", "face alignment")
PICTURED = "iPhone 12"  # of this phone enough is published for a picture
_COLUMNS = ("model", "ms", "which figure", "what it is", "px", "device", "system", "MB", "measured with", "source")


def published_part(figures: Sequence[PublishedFigure], measured: Sequence[Entry]) -> Markup:
    """The picture, a table of what is comparable with ours (the same backbone or task), and one of the others."""
    ordered = sorted(figures, key=lambda f: (TASKS.index(f.task), f.device, f.family, f.ms))
    ours = [figure for figure in ordered if figure.backbone is not None]
    others = [figure for figure in ordered if figure.backbone is None]
    folded = el("summary", f"{len(others)} published figures of other networks")
    return join(
        [
            _picture(figures, measured),
            _table(ours, "published-ours"),
            el("details", folded, _table(others, "published-others"), open=False) if others else None,
        ]
    )


def _table(figures: Sequence[PublishedFigure], name: str) -> Markup:
    heads = (el("th", el("button", text, type="button"), scope="col", aria_sort="none") for text in _COLUMNS)
    head = el("thead", el("tr", *heads, class_="headings"))
    caption = el("caption", "Published by others, not measured by this project.")
    table = el(
        "table", caption, head, el("tbody", *map(_row, figures)), class_="sortable published", id=f"{name}-table"
    )
    return el("div", table, class_="scroll", tabindex=0, role="region", aria_label="Table of published figures")


def _row(figure: PublishedFigure) -> Markup:
    more = "".join(
        f"; {name} {value:g} ms"
        for name, value in (("load", figure.load_ms), ("compile", figure.compile_ms))
        if value is not None
    )
    texts: list[tuple[str, object]] = [
        (figure.ms_text, figure.ms),
        (figure.statistic, figure.statistic),
        (figure.what, figure.what),
        (str(figure.input_px or labels.NONE), figure.input_px),
        (figure.device, figure.device),
        (figure.os or labels.NONE, figure.os),
        (labels.megabytes(figure.size_mb), figure.size_mb),
        (f"{figure.tool}; {figure.protocol}; {figure.format}{more}", figure.tool),
        (f"{figure.source} ({figure.repository})", figure.source),
    ]
    numbers = ("ms", "px", "MB")
    cells = [
        el("td", text, class_="number" if column in numbers else None, data_v=None if value is None else str(value))
        for column, (text, value) in zip(_COLUMNS[1:], texts)
    ]
    name = el("th", figure.model, " ", badge("published", "published-mark"), scope="row", data_v=figure.model)
    return el("tr", name, *cells, data_figure=figure.id)


def _picture(figures: Sequence[PublishedFigure], measured: Sequence[Entry]) -> Markup | None:
    """Medians of classifiers of usual size on one phone, and ours of the same phone if there are any."""
    shown = [
        f
        for f in figures
        if f.device == PICTURED and f.statistic == "median" and f.load_ms is None and f.input_px in (224, None)
    ]
    if not shown:
        return None
    ids = {figure.device_id for figure in shown} | {PICTURED}
    here = [e for e in measured if e.result.device.model in ids and not labels.is_pipeline(e.result)]
    scale = linear([*(f.ms for f in shown), *(e.result.latency_ms.p50 for e in here)], 0, 100)
    families = list(dict.fromkeys(figure.family for figure in shown))
    rows = [_dots(name, [_hollow(f, scale) for f in shown if f.family == name]) for name in families]
    rows += [_dots("measured here", [_solid(entry, scale) for entry in here])] if here else []
    return el("div", _key(bool(here)), _head(scale), *rows, class_="rows dots")


def _key(measured: bool) -> Markup:
    hollow = f"published, medians on the {PICTURED}: backbones with ImageNet classifiers, no head pose networks"
    parts = [el("span", el("i", class_="swatch hollow"), hollow)]
    if measured:
        parts.append(el("span", el("i", class_="swatch solid"), "measured here: head pose networks"))
    return el("p", *parts, class_="legend")


def _head(scale: Scale) -> Markup:
    ticks = [(scale.place(tick), tick_text(tick)) for tick in ticks_of(scale)]
    marks = [el("i", el("b", text), class_="tick", style=f"left:{place:.2f}%") for place, text in ticks]
    return el("div", el("span", class_="name"), el("span", *marks, el("em", "ms"), class_="axis"), class_="row head")


def _dots(name: str, marks: Sequence[Markup]) -> Markup:
    return el("div", el("span", el("b", name), class_="name"), el("span", *marks, class_="track"), class_="row")


def _hollow(figure: PublishedFigure, scale: Scale) -> Markup:
    said = f"{figure.model}, published: {figure.ms_text} ms ({figure.source})"
    short = el("small", figure.model.removeprefix(f"{figure.family.partition(',')[0]}-"))
    mark = el("i", class_="mark hollow", title=said)
    return el("span", mark, short, class_="place", style=f"left:{scale.place(figure.ms):.2f}%")


def _solid(entry: Entry, scale: Scale) -> Markup:
    result = entry.result
    said = f"{labels.full_label(result)}, measured here: {labels.ms(result.latency_ms.p50)} ms"
    parts = el("i", class_="mark solid", title=said), el("small", labels.short_label(result))
    return el("span", *parts, class_="place", style=f"left:{scale.place(result.latency_ms.p50):.2f}%")
