"""Every exported file as a point: megabytes, milliseconds on this computer, degrees lost, error against labels.

Times are taken in turns in one run, so that their ratios hold; Core ML files, which only an emulation runs here, have
none. Losses and errors are measured on the same labelled faces for all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.artefact import is_emulated
from benchmarks.device import host_device, host_folder
from benchmarks.host import measure
from benchmarks.lock import only_benchmark
from benchmarks.newest import newest
from benchmarks.record import Device, LatencyResult
from export.accuracy import LabelledCrops, against_labels, open_labelled
from export.reference import load_reference
from runtime.artifact import ArtifactInfo, sha256_of, size_bytes
from runtime.errors import HeadPoseError
from runtime.provenance import git_state
from runtime.sessions import open_session
from training.data.source import Progress, silent

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("pareto.schema.json")
RESULTS = Path(__file__).with_name("results")
_SUFFIXES = (".onnx", ".tflite", ".mlpackage")


@dataclass(frozen=True)
class Point:
    """One file."""

    file: str
    """Its name."""
    sha256: str
    """Its hash."""
    backbone: str
    """Backbone name."""
    target: str
    """'onnx', 'tflite' or 'coreml'."""
    precision: str
    """'fp32', 'int8', 'w8a8', …"""
    trained: bool
    """False for seeded weights: such a point has size and time alone."""
    size_bytes: int
    """Size on disk."""
    p50_ms: float | None
    """Median latency of one image, one thread; None where only an emulation runs the file."""
    p95_ms: float | None
    """95th percentile."""
    quotable: bool
    """Whether the times can be trusted (see `benchmarks.record.reasons_against`); True without times."""
    loss_mean_deg: float | None
    """Mean angle to the PyTorch network's rotations on the labelled faces."""
    loss_max_deg: float | None
    """Worst face."""
    error_mean_deg: float | None
    """Mean angle to the labels."""
    wide: tuple[str, ...]
    """Modules that were kept in float."""
    gate_passed: bool | None
    """Whether the file is within its parity gate; None if that was not checked."""

    @property
    def label(self) -> str:
        """'repnext_m4 int8 tflite'."""
        return f"{self.backbone} {self.precision} {self.target}"


@dataclass(frozen=True)
class ParetoResult:
    """One run."""

    created: str
    """UTC time, ISO 8601."""
    git: dict[str, Any]
    """Commit of the code and whether its tree was dirty."""
    device: Device
    """This computer."""
    rounds: int
    """Samples of each file, in turns."""
    faces: str
    """The labelled faces."""
    n: int
    """How many."""
    points: tuple[Point, ...]
    """In the order in which the files were named."""
    schema: int = SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the result") -> ParetoResult:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {SCHEMA}")
            points = tuple(Point(**{**point, "wide": tuple(point["wide"])}) for point in data["points"])
            return ParetoResult(**{**data, "device": Device(**data["device"]), "points": points})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def run_pareto(
    artifacts: Sequence[str | Path],
    *,
    labels: str | Path = "shipped",
    rounds: int = 50,
    progress: Progress = silent,
) -> ParetoResult:
    """Measure exported files beside each other.

    Args:
        artifacts: files, or folders that hold some.
        labels: faces for losses and errors, as `export.accuracy.open_labelled` takes them.
        rounds: samples of each file's latency.
        progress: told of every step.

    Raises HeadPoseError for a file that cannot be run, one whose checkpoint is not to be found, no file, or another
    benchmark that runs.
    """
    files = _files(artifacts)
    with only_benchmark():
        times = {Path(path): result for path, result in _latencies(files, rounds, progress).items()}
    known = _Known(labels)
    points = []
    for done, file in enumerate(files):
        progress(f"measuring the rotations of {file.name}", done, len(files))
        points.append(_point(file, times.get(file), known))
    found = next((one for one in known.faces.values() if one is not None), None)
    return ParetoResult(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git=git_state(),
        device=host_device(),
        rounds=rounds,
        faces=found.name if found else "none",
        n=len(found.crops) if found else 0,
        points=tuple(points),
    )


def _files(artifacts: Sequence[str | Path]) -> list[Path]:
    found: list[Path] = []
    for place in map(Path, artifacts):
        inside = sorted(p for p in place.iterdir() if p.suffix in _SUFFIXES) if _is_folder(place) else [place]
        found += inside
    if not found:
        raise HeadPoseError("there is no exported file to measure: name some, or folders that hold some")
    return list(dict.fromkeys(found))


def _is_folder(place: Path) -> bool:
    return place.is_dir() and place.suffix not in _SUFFIXES


def _latencies(files: Sequence[Path], rounds: int, progress: Progress) -> dict[Path, LatencyResult]:
    """Of the files that an engine runs here; where Core ML itself is, its files too."""
    timed = []
    for file in files:
        session = open_session(file, threads=1)
        if not is_emulated(session.info, getattr(session, "engine", "")):
            timed.append(file)
    return dict(zip(timed, measure(timed, rounds=rounds, progress=progress))) if timed else {}


@dataclass(eq=False)
class _Known:
    """What the files of a run share: faces by input size, and PyTorch's rotations on them by checkpoint."""

    labels: str | Path
    faces: dict[int, LabelledCrops | None] = field(default_factory=dict)
    truths: dict[tuple[str, int], npt.NDArray[np.float32]] = field(default_factory=dict)

    def of_size(self, size: int) -> LabelledCrops | None:
        if size not in self.faces:
            self.faces[size] = open_labelled(self.labels, size)
        return self.faces[size]

    def truth(self, info: ArtifactInfo, place: Path, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        key = info.checkpoint.sha256, info.input_size
        if key not in self.truths:
            self.truths[key] = load_reference(info, beside=place).rotations(crops)
        return self.truths[key]


def _point(file: Path, time: LatencyResult | None, known: _Known) -> Point:
    session = open_session(file, threads=1)
    info = session.info
    found, figures = known.of_size(info.input_size), dict[str, Any]()
    if found is not None and info.checkpoint.trained:
        truth = known.truth(info, file.parent, found.crops)
        figures = against_labels(session.run(found.crops), truth, found)
    return Point(
        file=file.name,
        sha256=sha256_of(file),
        backbone=info.backbone,
        target=info.target,
        precision=info.precision,
        trained=info.checkpoint.trained,
        size_bytes=size_bytes(file),
        p50_ms=time.latency_ms.p50 if time else None,
        p95_ms=time.latency_ms.p95 if time else None,
        quotable=time.valid if time else True,
        loss_mean_deg=figures.get("loss_mean_deg"),
        loss_max_deg=figures.get("loss_max_deg"),
        error_mean_deg=figures.get("geodesic_mean_deg"),
        wide=tuple((info.quantization or {}).get("wide", ())),
        gate_passed=(info.parity or {}).get("passed"),
    )


def front(points: Sequence[Point], cost: str) -> list[Point]:
    """The points that no other one beats in both a cost ('size_bytes' or 'p50_ms') and the loss, cheapest first.

    Points without one of the two, or outside their gate, are left out.
    """
    known = [p for p in points if getattr(p, cost) is not None and p.loss_mean_deg is not None]
    best: list[Point] = []
    for point in sorted(
        (p for p in known if p.gate_passed is not False), key=lambda p: (getattr(p, cost), p.loss_mean_deg)
    ):
        if not best or point.loss_mean_deg < best[-1].loss_mean_deg:  # type: ignore[operator]
            best.append(point)
    return best


def result_path(folder: Path, result: ParetoResult) -> Path:
    """<folder>/<processor>/<date>-pareto.json."""
    return folder / host_folder(result.device) / f"{result.created[:10]}-pareto.json"


def latest(folder: Path = RESULTS) -> tuple[Path, ParetoResult] | None:
    """The newest result under `folder`, None if there is none; HeadPoseError for a damaged file."""
    return newest(folder, "*-pareto.json", ParetoResult.from_json)
