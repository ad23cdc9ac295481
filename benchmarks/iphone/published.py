"""Measured beside published: how far apart they are, and whether they may be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.iphone.chips import name_of
from benchmarks.iphone.presets import PROTOCOLS, XCODE, Preset
from benchmarks.published import PublishedFigure, read_published
from benchmarks.record import LatencyResult


@dataclass(frozen=True)
class Comparison:
    """One result beside the published figure of its backbone."""

    model: str
    """Name of the artefact."""
    protocol: str
    """Protocol of the result."""
    tool: str
    """What measured it."""
    measured_ms: float
    """Its figure, the one that its protocol quotes."""
    published_ms: float | None
    """None if nobody published one for this backbone."""
    difference: float | None
    """measured / published − 1."""
    source: str | None
    """Of the published figure: what, on what, by which tool, where it stands."""
    comparable: bool
    """Same phone model, same major version of iOS, same compute units."""
    not_comparable: tuple[str, ...]
    """Why not."""
    differs: tuple[str, ...]
    """What differs even then."""


def quoted_figure(result: LatencyResult) -> tuple[str, float]:
    """Name and milliseconds of the figure that the result's protocol quotes; the median for a foreign protocol."""
    protocol = PROTOCOLS.get(result.run.protocol, XCODE)
    trimmed = result.latency_ms.trimmed_mean
    if protocol.figure == "trimmed_mean" and trimmed is not None:
        return "trimmed mean", trimmed
    return "median", result.latency_ms.p50


def compare_all(results: Iterable[LatencyResult], preset: Preset) -> tuple[Comparison, ...]:
    """Every result beside the preset's published figures; empty for a preset without any.

    Raises HeadPoseError if benchmarks/published.json is damaged.
    """
    if preset.published is None:
        return ()
    figures = {figure.id: figure for figure in read_published()}
    return tuple(
        compare(result, preset, figures.get(f"{result.model.backbone.replace('_', '-')}-{preset.published}"))
        for result in results
    )


def compare(result: LatencyResult, preset: Preset, figure: PublishedFigure | None) -> Comparison:
    """One result beside a published figure, or beside none."""
    measured = quoted_figure(result)[1]
    reasons = _not_comparable(result, preset)
    if figure is None:
        reasons += (f"no figure of {result.model.backbone} was published",)
    return Comparison(
        model=result.model.name,
        protocol=result.run.protocol,
        tool=result.run.tool,
        measured_ms=measured,
        published_ms=figure.ms if figure else None,
        difference=round(measured / figure.ms - 1, 4) if figure else None,
        source=_source(figure) if figure else None,
        comparable=not reasons,
        not_comparable=reasons,
        differs=(*preset.differs, *_differs(result, preset)),
    )


def _source(figure: PublishedFigure) -> str:
    return f"{figure.model}, {figure.what}; {figure.device}, {figure.os}, {figure.tool}, {figure.source}"


def _not_comparable(result: LatencyResult, preset: Preset) -> tuple[str, ...]:
    reasons = []
    if preset.device_model is not None and result.device.model != preset.device_model:
        wanted = f"{name_of(preset.device_model)} ({preset.device_model})"
        reasons.append(f"measured on {name_of(result.device.model)} ({result.device.model}), not on an {wanted}")
    if preset.os_version is not None and _major(result.device.os) != _major(preset.os_version):
        reasons.append(f"{result.device.os}, not iOS {_major(preset.os_version)}")
    if result.run.compute_units_requested not in preset.compute_units:
        reasons.append(f"compute units {result.run.compute_units_requested}, not {' or '.join(preset.compute_units)}")
    return tuple(reasons)


def _differs(result: LatencyResult, preset: Preset) -> tuple[str, ...]:
    notes = []
    if preset.os_version is not None and not result.device.os.endswith(f" {preset.os_version}"):
        notes.append(f"theirs was iOS {preset.os_version}, this {result.device.os}")
    if result.run.protocol != XCODE.name:
        notes.append(
            f"theirs is the median of Xcode's report, this was measured by the protocol '{result.run.protocol}'"
        )
    elif result.run.tool != "Xcode performance report":
        notes.append(f"theirs was measured by Xcode itself, this by {result.run.tool} with Xcode's numbers of rounds")
    return tuple(notes)


def _major(version: str) -> str:
    return version.rpartition(" ")[2].partition(".")[0]
