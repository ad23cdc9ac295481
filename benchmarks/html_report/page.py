"""The whole page: parts, style and script in one file that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template

from benchmarks.html_report import bars, labels
from benchmarks.html_report.details import details
from benchmarks.html_report.history import history_pictures
from benchmarks.html_report.markup import Markup, el, join
from benchmarks.html_report.phones import awaited
from benchmarks.html_report.published_part import published_part
from benchmarks.html_report.scatter import error_dots, parity_dots, scatter
from benchmarks.html_report.series import Entry, Series, entries, series_of
from benchmarks.html_report.summary import summary
from benchmarks.html_report.table import filters, results_table
from benchmarks.published import PublishedFigure
from benchmarks.record import LatencyResult

_HERE = Path(__file__).parent


def render_page(results: Sequence[LatencyResult], published: Sequence[PublishedFigure]) -> str:
    """The HTML text.

    Args:
        results: of all devices and dates, at least one.
        published: figures of others, shown apart.
    """
    found = entries(results)
    script, style = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = _parts(found, published)
    links = [el("li", el("a", name, href=f"#{name}")) for name, _, _ in parts]
    sections = [el("section", el("h2", title), content, id=name, aria_label=title) for name, title, content in parts]
    template = Template((_HERE / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        policy=f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hashed}'",
        style=style,
        script=script,
        about=_about(found),
        links=join(links),
        sections=join(sections),
    )


def _about(found: Sequence[Entry]) -> Markup:
    days = sorted(entry.result.created[:10] for entry in found)
    devices = len({entry.result.device.model for entry in found})
    when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    return el("p", f"{len(found)} results on {devices} device{'s' if devices > 1 else ''}, {when}.")


def _parts(found: Sequence[Entry], published: Sequence[PublishedFigure]) -> list[tuple[str, str, Markup]]:
    """(id, heading, content) of every section that has something to show."""
    newest = [entry for entry in found if entry.newest]
    waiting = awaited([entry.result for entry in found])
    made = [
        ("summary", "Summary", summary(newest, waiting)),
        ("table", "All results", join([filters(found), results_table(found, waiting)])),
        ("latency", "How long, and how steady", _for_devices(newest, bars.latency_rows, _LATENCY)),
        ("error", "Latency against error", _scatters(newest)),
        ("stages", "Where a whole pipeline spends its time", _having(newest, "stages_ms", bars.stage_rows, _STAGES)),
        ("units", "Which compute units the operators went to", _having(newest, "placement", bars.unit_rows, _UNITS)),
        ("operators", "Time by kind of operator", _having(newest, "operators", bars.operator_rows, _OPERATORS)),
        ("memory", "Memory", _having(newest, "memory_mb", bars.memory_rows, _MEMORY)),
        ("history", "History", _history(found)),
        ("published", "Published by others", join([el("p", _PUBLISHED), published_part(published, newest)])),
        ("measurements", "Every measurement in full", details(found)),
    ]
    return [(name, title, content) for name, title, content in made if content]


_LATENCY = (
    "Left: the median of one inference, with a line to its 95th percentile. Right: the histogram of all samples over "
    "their own median, so that spread can be compared between fast and slow files. Colours are engines."
)
_STAGES = "Medians of the stages. The number at the right is the median of the whole, which is no sum of medians."
_UNITS = "As the system's compute plan tells it: what it intends, and estimates."
_OPERATORS = "As the engine's own profiler counts it; profiling itself takes time, so sums may be above the medians."
_MEMORY = "Peak of the resident memory of a process that opened this model alone, or what the tool calls its peak."
_PUBLISHED = (
    "Facts from papers and repositories, with their sources. They come from other tools, tasks and protocols: between "
    "two tools alone, phone figures of the same network differ by a quarter and more."
)
_PARITY = "Mean angle to the rotations of the PyTorch network, on faces. What is below 0.0001° is put there."


def _for_devices(found: Sequence[Entry], draw: Callable[[Sequence[Entry]], Markup], text: str) -> Markup:
    parts = [el("p", text)]
    for device, own in bars.by_device(found).items():
        parts += [el("h3", device), draw(own)]
    return join(parts)


def _having(found: Sequence[Entry], field: str, draw: Callable[[Sequence[Entry]], Markup], text: str) -> Markup:
    """Of the results that have the field; empty if none has."""
    own = [entry for entry in found if getattr(entry.result, field)]
    return _for_devices(own, draw, text) if own else Markup("")


def _scatters(found: Sequence[Entry]) -> Markup:
    parts = []
    for device, own in bars.by_device(found).items():
        plots = []
        if dots := error_dots(own):
            sets = sorted({d.entry.result.accuracy.dataset for d in dots if d.entry.result.accuracy})
            text = f"Mean angle to the labels of {', '.join(sets)}. Lines are 95 % intervals."
            plots.append(_plot(text, scatter(dots, "mean geodesic error, °", log_degrees=False)))
        if lost := parity_dots(own):
            plots.append(_plot(_PARITY, scatter(lost, "mean angle to PyTorch, °", log_degrees=True)))
        if plots:
            parts += [el("h3", device), el("div", *plots, class_="plots")]
    return join([_key(), *parts]) if parts else Markup("")


def _key() -> Markup:
    engines = [el("span", el("i", class_=f"swatch c-{target}"), name) for target, name in labels.ENGINES.items()]
    marks = [
        el("span", el("i", class_="swatch grey"), "hollow and grey: not quotable"),
        el("span", el("i", class_="swatch dashed"), "dashed: untrained"),
    ]
    return el("p", *engines, *marks, "The network alone, on the fewest threads that were measured.", class_="legend")


def _plot(text: str, picture: Markup) -> Markup:
    return el("figure", el("figcaption", text), el("div", picture, class_="plot-scroll"))


def _history(found: Sequence[Entry]) -> Markup:
    by_series: dict[Series, list[Entry]] = {}
    for entry in sorted(found, key=lambda e: e.result.created):
        by_series.setdefault(series_of(entry.result), []).append(entry)
    once = sum(len(of_one) == 1 for of_one in by_series.values())
    text = "Medians over the dates with their 95 % bootstrap intervals, each artefact on its own axis. "
    alone = f"{once} more {'were' if once > 1 else 'was'} measured once: a second measurement draws a picture here."
    return join([el("p", text + (alone if once else "")), history_pictures(by_series)])
