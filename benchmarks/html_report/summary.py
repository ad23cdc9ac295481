"""The first part of the page: what can be read from all results in a few words."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.html_report import labels
from benchmarks.html_report.bars import by_device
from benchmarks.html_report.markup import Markup, el, join
from benchmarks.html_report.phones import AwaitedPhone
from benchmarks.html_report.series import Entry


def summary(found: Sequence[Entry], waiting: Sequence[AwaitedPhone]) -> Markup:
    """A card for each device, what is in doubt, and which phones are waited for.

    Args:
        found: the newest result of each series.
        waiting: phones without a result.
    """
    cards = [_device_card(device, own) for device, own in by_device(found).items()]
    cards += [_waiting_card(phone) for phone in waiting]
    return join([el("div", *cards, class_="cards"), _doubts(found)])


def _device_card(device: str, own: Sequence[Entry]) -> Markup:
    facts = own[0].result.device
    memory = "" if facts.memory_gb is None else f", {facts.memory_gb:g} GB"
    lines = [el("p", f"{facts.os}, {facts.cores} cores{memory}", class_="quiet")]
    plain = [e for e in own if e.result.valid and not labels.is_pipeline(e.result)]
    fastest, trained = _best(plain, trained=None), _best(plain, trained=True)
    if fastest is not None and fastest is not trained:
        lines.append(_line("fastest, untrained weights", fastest))
    if trained is not None:
        lines.append(_line("fastest, trained weights", trained))
    if (exact := _most_exact(plain)) is not None:
        lines.append(_line("lowest error", exact))
    return el("div", el("h3", device), *lines, class_="card")


def _best(found: Sequence[Entry], *, trained: bool | None) -> Entry | None:
    fit = [e for e in found if trained is None or e.result.model.trained is trained]
    return min(fit, key=lambda e: e.result.latency_ms.p50, default=None)


def _most_exact(found: Sequence[Entry]) -> Entry | None:
    """Of the files within a hundredth of a degree of the lowest error, which is no difference, the fastest."""
    errors = [(e.result.accuracy.geodesic_mean_deg, e) for e in found if e.result.accuracy is not None]
    lowest = min((error for error, _ in errors), default=0.0)
    equal = [entry for error, entry in errors if error <= lowest + 0.01]
    return min(equal, key=lambda e: e.result.latency_ms.p50, default=None)


def _line(title: str, entry: Entry) -> Markup:
    result = entry.result
    value = f"{labels.ms(result.latency_ms.p50)} ms"
    if title == "lowest error" and result.accuracy is not None:
        value = f"{result.accuracy.geodesic_mean_deg:.2f}° in {value}"
    name = f"{labels.model_label(result)}, {labels.engine_name(result)}"
    name += f", {labels.threads_text(result.run.threads)}" if result.run.threads else ""
    link = el("a", name, href=f"#{entry.id}")
    return el("p", el("span", title, class_="quiet"), el("strong", value), link, class_="best")


def _waiting_card(phone: AwaitedPhone) -> Markup:
    codes = [el("code", command) for command in phone.commands]
    return el("div", el("h3", phone.name), el("p", "Not measured yet:", class_="quiet"), *codes, class_="card waiting")


def _doubts(found: Sequence[Entry]) -> Markup:
    invalid = sum(not entry.result.valid for entry in found)
    untrained = len({e.result.model.backbone for e in found if not e.result.model.trained})
    words = []
    if invalid:
        words.append(
            f"{invalid} of the {len(found)} newest results may not be quoted: they are grey, say why, and are left out "
            "of these cards."
        )
    if untrained:
        words.append(
            f"{untrained} network{'s are' if untrained > 1 else ' is'} untrained (seeded weights): such a file takes "
            "as long as a trained one, its poses mean nothing."
        )
    return el("p", " ".join(words)) if words else Markup("")
