"""One run of `headpose bench iphone`: what was asked for, checked before anything long begins, and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.artefact import Artefact, read_artefact
from benchmarks.iphone.app_benchmark import PROJECT, check_project, measure_with_app
from benchmarks.iphone.coreml_benchmarker import check_phone, measure_with_coremltools
from benchmarks.iphone.devices import ConnectedIphone, choose, list_iphones
from benchmarks.iphone.presets import Preset
from benchmarks.iphone.report_results import import_reports
from benchmarks.iphone.units import compute_units_from
from benchmarks.iphone.xcode import ATTACHMENTS_SINCE, require_xcode
from benchmarks.record import LatencyResult
from benchmarks.turns import Progress
from runtime.errors import HeadPoseError, unknown_name

WAYS = ("app", "coremltools", "report")


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    artefacts: tuple[str, ...]
    """Paths of .mlpackage files."""
    ways: tuple[str, ...]
    """Of WAYS."""
    preset: Preset
    """How to measure."""
    compute_units: tuple[str, ...]
    """MLComputeUnits as Swift spells them."""
    reports: tuple[str, ...] = ()
    """Performance reports of Xcode."""
    device: str | None = None
    """Name or identifier of the iPhone; None for the only one."""
    team: str | None = None
    """Development team that signs."""
    project: Path = PROJECT
    """Xcode project of the app."""


@dataclass(frozen=True)
class Prepared:
    """A request that was found possible."""

    request: Request
    """What was asked for."""
    artefacts: tuple[Artefact, ...]
    """The files."""
    phone: ConnectedIphone | None
    """None if reports alone are imported."""


def ways_from(text: str | None, reports: Sequence[str]) -> tuple[str, ...]:
    """--with as names; without it 'report' if there are reports, else 'app'.

    Raises HeadPoseError for an unknown or repeated name, and for reports without 'report' or the other way round.
    """
    ways = ("report",) if text is None and reports else tuple(part.strip() for part in (text or "app").split(","))
    for way in ways:
        if way not in WAYS:
            raise unknown_name("way to measure", way, WAYS)
    if len(set(ways)) < len(ways):
        raise HeadPoseError(f"--with names a way twice: {text}")
    if ("report" in ways) != bool(reports):
        raise HeadPoseError("--with report and --report FILE belong together: give both, or neither")
    return ways


def units_from(text: str | None, preset: Preset) -> tuple[str, ...]:
    """--compute-units as names, or the preset's."""
    return preset.compute_units if text is None else compute_units_from(text)


def prepare(request: Request) -> Prepared:
    """Check everything that can be checked before minutes are spent.

    Raises HeadPoseError: no Mac, no Xcode, no project, no such file or one that is no Core ML package, no iPhone.
    """
    on_phone = [way for way in request.ways if way != "report"]
    for way in on_phone:
        xcode = require_xcode(way)
        if way == "app" and xcode.major < ATTACHMENTS_SINCE:
            raise HeadPoseError(f"--with app needs Xcode {ATTACHMENTS_SINCE} or later, and this is {xcode.version}")
    if "app" in on_phone:
        check_project(request.project)
    artefacts = _read(request.artefacts)
    phone = choose(list_iphones(), request.device) if on_phone else None
    if phone is not None and "coremltools" in on_phone:
        check_phone(phone)
    return Prepared(request, artefacts, phone)


def measure_way(
    prepared: Prepared, way: str, progress: Progress = lambda text, done, total: None
) -> list[LatencyResult]:
    """The results of one way of the request."""
    request, phone = prepared.request, prepared.phone
    if way == "report":
        return import_reports(request.reports, prepared.artefacts)
    if phone is None:
        raise ValueError(f"{way} was not prepared")
    if way == "coremltools":
        return measure_with_coremltools(
            prepared.artefacts, phone, compute_units=request.compute_units, team=request.team, progress=progress
        )
    return measure_with_app(
        prepared.artefacts,
        phone,
        protocols=request.preset.protocols,
        compute_units=request.compute_units,
        project=request.project,
        team=request.team,
        progress=progress,
    )


def _read(paths: Sequence[str]) -> tuple[Artefact, ...]:
    artefacts = tuple(read_artefact(path) for path in paths)
    for artefact in artefacts:
        if artefact.info.target != "coreml":
            raise HeadPoseError(
                f"{artefact.path} is no Core ML package, and an iPhone is measured with these: make one with  "
                "headpose export --target coreml"
            )
    names = [artefact.path.name for artefact in artefacts]
    if len(set(names)) < len(names):
        raise HeadPoseError(f"two files have the same name, which the app tells them apart by: {', '.join(names)}")
    return artefacts
