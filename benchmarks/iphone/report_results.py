"""Results out of Xcode's performance reports; several reports of one file under the same circumstances are joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.artefact import Artefact
from benchmarks.iphone.chips import CORES, identifier_of, soc_of
from benchmarks.iphone.performance_report import PerformanceReport, read_report
from benchmarks.iphone.presets import XCODE
from benchmarks.iphone.units import shares, units_used
from benchmarks.iphone.verdict import judged
from benchmarks.latency import LatencyStats
from benchmarks.record import Device, LatencyResult, LoadTimes, Run
from runtime.artifact import ArtifactInfo
from runtime.errors import HeadPoseError

TOOL = "Xcode performance report"
MAX_SIZE_GAP = 0.01  # Xcode and we may count a package's own files differently


def import_reports(files: Iterable[str | Path], artefacts: Sequence[Artefact]) -> list[LatencyResult]:
    """One result for each artefact, device, system and choice of compute units that the reports tell of.

    Args:
        files: .mlperf folders or their report.json files.
        artefacts: the .mlpackage files that Xcode measured.

    Raises HeadPoseError for a damaged report, one of another device than an iPhone, or of none of the artefacts.
    """
    groups: dict[tuple[str, str, str, str], list[PerformanceReport]] = {}
    owners: dict[str, Artefact] = {}
    for file in files:
        report = read_report(file)
        artefact = _owner(report, artefacts)
        owners[artefact.model.sha256] = artefact
        key = (artefact.model.sha256, report.device_name, report.os, report.compute_units)
        groups.setdefault(key, []).append(report)
    return [_result(owners[key[0]], reports) for key, reports in groups.items()]


def _owner(report: PerformanceReport, artefacts: Sequence[Artefact]) -> Artefact:
    if report.device_kind.casefold() != "iphone":
        raise HeadPoseError(f"{report.path} was made on {report.device_name}, which is no iPhone: choose one in Xcode")
    found = next((a for a in artefacts if a.path.stem == report.file_name), None)
    if found is None:
        names = ", ".join(artefact.path.name for artefact in artefacts)
        raise HeadPoseError(f"{report.path} is of {report.file_name}, not of {names}: name that file too")
    if report.own_record is not None and ArtifactInfo.from_json(report.own_record, str(report.path)) != found.info:
        raise HeadPoseError(
            f"{report.path} is of another export of {report.file_name} than {found.path}: make it again"
        )
    return found


def _result(artefact: Artefact, reports: Sequence[PerformanceReport]) -> LatencyResult:
    first = min(reports, key=lambda report: report.created)
    samples = tuple(ms for report in reports for ms in report.predict_ms)
    placement = shares(first.operators)
    run = Run(
        tool=TOOL,
        engine="Core ML",
        threads=None,
        compute_units_requested=first.compute_units,
        compute_units_used=units_used(placement),
        emulated=False,
        warmup=0,
        iterations=len(samples),
        protocol=XCODE.name,
        conditions=_conditions(reports),
    )
    model = identifier_of(first.device_name) or first.device_name
    return judged(
        LatencyResult(
            model=artefact.model,
            device=Device("iphone", model, soc_of(model), first.os, CORES, None),
            run=run,
            load_ms=_load_times(reports, first),
            first_ms=first.predict_ms[0],
            samples_ms=samples,
            latency_ms=LatencyStats.of(samples),
            tools={**artefact.info.tools, "xcode-report-format": first.version},
            created=first.created.isoformat(timespec="seconds"),
            valid=True,
            invalid_reasons=(),
            placement=placement,
            parity=artefact.info.parity,
        ),
        also=_doubts(artefact, reports),
    )


def _load_times(reports: Sequence[PerformanceReport], first: PerformanceReport) -> LoadTimes:
    """Cold: the very first load. Warm: the median of those that come after another load of the same compiled file."""
    warm = [
        ms
        for report in reports
        for number, ms in enumerate(report.load_ms)
        if number % (report.loads_per_experiment or len(report.load_ms)) != 0
    ]
    return LoadTimes(first.load_ms[0] if first.load_ms else None, round(median(warm), 4) if warm else None)


def _conditions(reports: Sequence[PerformanceReport]) -> dict[str, str]:
    told = {"reports": str(len(reports))}
    for name, lists in (
        ("load median", [report.load_ms for report in reports]),
        ("compile median", [report.compile_ms for report in reports]),
    ):
        values = [ms for own in lists for ms in own]
        if values:
            told[name] = f"{median(values):.2f} ms"
    return told


def _doubts(artefact: Artefact, reports: Sequence[PerformanceReport]) -> tuple[str, ...]:
    size, reasons = artefact.model.size_bytes, []
    told = {report.size_bytes for report in reports if report.size_bytes is not None}
    if any(abs(other / size - 1) > MAX_SIZE_GAP for other in told):
        reasons.append(f"a report is of a file of {max(told)} bytes, this one has {size}")
    if any(report.own_record is None for report in reports):
        reasons.append("a report does not hold the file's own record: only its name says that it is this file")
    return tuple(reasons)
