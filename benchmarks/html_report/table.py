"""The table of all results: columns as data, one row each, and the filters above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.html_report import labels
from benchmarks.html_report.markup import Markup, el, join
from benchmarks.html_report.phones import AwaitedPhone
from benchmarks.html_report.series import Entry
from benchmarks.record import LatencyResult

TRAINED, UNTRAINED = "trained", "untrained"
QUOTABLE, NOT_QUOTABLE = "quotable", "not quotable"
ALONE, PIPELINE = "model", "pipeline"


@dataclass(frozen=True)
class Cell:
    """What stands in a column of a row."""

    text: str | Markup
    """As it is shown."""
    value: float | str | None = None
    """What the column is sorted by; None sorts last, whichever way."""
    kind: str = ""
    """Class of the cell."""


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    """Its heading."""
    group: str
    """What stands over it and its neighbours."""
    cell: Callable[[LatencyResult], Cell]
    """Makes the cell."""
    hint: str = ""
    """What the heading means."""


def _text(value: str) -> Cell:
    return Cell(value, value.lower())


def _number(value: float | None, shown: Callable[[float | None], str]) -> Cell:
    return Cell(shown(value), value, "number")


def _model(result: LatencyResult) -> Cell:
    return Cell(labels.backbone_name(result.model.backbone), result.model.backbone)


def _weights(result: LatencyResult) -> Cell:
    word = TRAINED if result.model.trained else UNTRAINED
    return Cell(word if result.model.trained else badge(word, "untrained"), word)


def _threads(result: LatencyResult) -> Cell:
    return Cell(str(result.run.threads or "own"), result.run.threads, "number")


def _units(result: LatencyResult) -> Cell:
    asked, used = result.run.compute_units_requested, result.run.compute_units_used
    return _text(asked if used in (None, asked) else f"{asked}, used {used}")


def _what(result: LatencyResult) -> Cell:
    return _text(PIPELINE if labels.is_pipeline(result) else ALONE)


def _error(result: LatencyResult) -> Cell:
    found = result.accuracy
    if found is None:
        return Cell(labels.NONE, None, "number")
    text = f"{found.geodesic_mean_deg:.2f}"
    if found.geodesic_low_deg is not None and found.geodesic_high_deg is not None:
        text += f" ({found.geodesic_low_deg:.2f}–{found.geodesic_high_deg:.2f})"
    return Cell(text, found.geodesic_mean_deg, "number")


def _faces(result: LatencyResult) -> Cell:
    found = result.accuracy
    return Cell(labels.NONE, None) if found is None else Cell(f"{found.n}, {found.dataset}", found.n)


def _mae(result: LatencyResult) -> Cell:
    found = result.accuracy
    return _number(None if found is None else found.mae_deg, lambda v: labels.NONE if v is None else f"{v:.2f}")


def _verdict(result: LatencyResult) -> Cell:
    if result.valid:
        return Cell(QUOTABLE, QUOTABLE)
    return Cell(join([badge(NOT_QUOTABLE, "bad"), " ", "; ".join(result.invalid_reasons)]), NOT_QUOTABLE, "reasons")


def _peak(result: LatencyResult) -> Cell:
    return _number(None if result.memory_mb is None else result.memory_mb.peak_mb, _whole)


def _whole(value: float | None) -> str:
    return labels.NONE if value is None else f"{value:.0f}"


COLUMNS = (
    Column("model", "what ran", _model),
    Column("precision", "what ran", lambda r: _text(r.model.precision)),
    Column("engine", "what ran", lambda r: _text(labels.engine_name(r))),
    Column("threads", "what ran", _threads, "of the engine; own: its own choice"),
    Column("sample", "what ran", _what, "what a sample holds: the model, or face detection, crop, model and decoding"),
    Column("weights", "what ran", _weights, "untrained weights take the same time; their poses mean nothing"),
    Column("device", "where", lambda r: Cell(labels.device_name(r.device), r.device.model, "wrap")),
    Column("units", "where", _units, "compute units asked for, and used where the engine tells and it differs"),
    Column("p50", "latency, ms", lambda r: _number(r.latency_ms.p50, labels.ms), "median"),
    Column("p90", "latency, ms", lambda r: _number(r.latency_ms.p90, labels.ms)),
    Column("p95", "latency, ms", lambda r: _number(r.latency_ms.p95, labels.ms)),
    Column("trimmed", "latency, ms", lambda r: _number(r.latency_ms.trimmed_mean, labels.ms), "mean as of ModelBench"),
    Column("geodesic", "error, °", _error, "mean angle to the labels, with its 95 % interval"),
    Column("MAE", "error, °", _mae, "mean absolute error of yaw, pitch and roll"),
    Column("n, data set", "error, °", _faces),
    Column("mean", "° from PyTorch", lambda r: _number(labels.parity_of(r, "mean_deg"), labels.degrees)),
    Column("max", "° from PyTorch", lambda r: _number(labels.parity_of(r, "max_deg"), labels.degrees)),
    Column("file", "MB", lambda r: _number(r.model.size_bytes / 1e6, labels.megabytes), "size on disk"),
    Column("peak", "MB", _peak, "resident memory of the process"),
    Column("cold", "load, ms", lambda r: _number(r.load_ms.cold, labels.ms), "opened for the first time"),
    Column("warm", "load, ms", lambda r: _number(r.load_ms.warm, labels.ms), "opened again"),
    Column("first", "load, ms", lambda r: _number(r.first_ms, labels.ms), "the first inference"),
    Column("verdict", "can it be quoted", _verdict, "reasons if not"),
    Column("date", "can it be quoted", lambda r: _text(r.created[:10])),
)


def badge(text: str, kind: str) -> Markup:
    """A word in a frame: 'untrained', 'not quotable', 'published'."""
    return el("span", text, class_=f"badge {kind}")


def results_table(found: Sequence[Entry], waiting: Sequence[AwaitedPhone]) -> Markup:
    """The table with its head, a row for every result, and one for each phone without any."""
    body = el("tbody", *(_row(entry) for entry in found), id="results-body")
    empty = el("tbody", *(_empty_row(phone) for phone in waiting), class_="awaited")
    caption = el("caption", "All results; a heading sorts, its second press the other way round.")
    table = el("table", caption, _groups(), _headings(), body, empty, class_="sortable results", id="results")
    return el("div", table, class_="scroll", tabindex=0, role="region", aria_label="Table of results")


def _groups() -> Markup:
    names = list(dict.fromkeys(column.group for column in COLUMNS))
    widths = {name: sum(column.group == name for column in COLUMNS) for name in names}
    return el("colgroup", *(el("col", span=widths[name], class_="group") for name in names))


def _headings() -> Markup:
    names = list(dict.fromkeys(column.group for column in COLUMNS))
    top = [el("th", n, scope="colgroup", colspan=sum(c.group == n for c in COLUMNS)) for n in names]
    bottom = [
        el("th", el("button", column.name, type="button", title=column.hint or None), scope="col", aria_sort="none")
        for column in COLUMNS
    ]
    return el("thead", el("tr", *top, class_="groups"), el("tr", *bottom, class_="headings"))


def _row(entry: Entry) -> Markup:
    result = entry.result
    cells = [column.cell(result) for column in COLUMNS]
    first = el("th", el("a", cells[0].text, href=f"#{entry.id}"), scope="row", data_v=_sortable(cells[0]))
    rest = [el("td", cell.text, class_=cell.kind or None, data_v=_sortable(cell)) for cell in cells[1:]]
    kinds = [] if result.valid else ["invalid"]
    kinds += [] if result.model.trained else ["untrained-row"]
    kinds += [] if entry.newest else ["older"]
    return el("tr", first, *rest, class_=" ".join(kinds) or None, data_of=entry.id, **facts_of(entry))


def facts_of(entry: Entry) -> dict[str, str]:
    """The attributes that the filters compare; one of each of FILTERS."""
    return {f"data_{name}": value(entry.result) for name, (_, value) in FILTERS.items()}


FILTERS: dict[str, tuple[str, Callable[[LatencyResult], str]]] = {
    "device": ("device", lambda r: labels.device_name(r.device)),
    "model": ("model", lambda r: labels.backbone_name(r.model.backbone)),
    "engine": ("engine", labels.engine_name),
    "precision": ("precision", lambda r: r.model.precision),
    "threads": ("threads", lambda r: labels.threads_text(r.run.threads)),
    "weights": ("weights", lambda r: TRAINED if r.model.trained else UNTRAINED),
    "what": ("sample", lambda r: PIPELINE if labels.is_pipeline(r) else ALONE),
    "verdict": ("verdict", lambda r: QUOTABLE if r.valid else NOT_QUOTABLE),
}


def filters(found: Sequence[Entry]) -> Markup:
    """The controls above the table; they act on the pictures too. One without a choice is left out."""
    controls = [_search()]
    for name, (label, value) in FILTERS.items():
        values = sorted({value(entry.result) for entry in found})
        if len(values) > 1:
            options = [el("option", "all", value=""), *(el("option", text, value=text) for text in values)]
            controls.append(el("label", el("span", label), el("select", *options, data_filter=name)))
    if any(not entry.newest for entry in found):
        box = el("input", type="checkbox", id="older")
        controls.append(el("label", box, " older measurements too", class_="check"))
    controls.append(el("button", "reset", type="button", id="clear"))
    count = el("output", id="count", aria_live="polite")
    return el("form", *controls, count, class_="filters", id="filters", aria_label="Filter results")


def _search() -> Markup:
    return el("label", el("span", "search"), el("input", type="search", id="search", placeholder="M4 int8, LiteRT, …"))


def _sortable(cell: Cell) -> str | None:
    return None if cell.value is None else str(cell.value)


def _empty_row(phone: AwaitedPhone) -> Markup:
    words = join(["not measured yet; this fills the row: ", el("code", phone.commands[0])])
    return el("tr", el("th", phone.name, scope="row"), el("td", words, colspan=len(COLUMNS) - 1), class_="empty")
