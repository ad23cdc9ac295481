"""One latency measurement as it is stored: what ran, where, every sample, and whether the figures can be trusted.

The same record serves this computer, Android phones and iPhones; benchmarks/schema.json describes its JSON form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from runtime.errors import HeadPoseError

RESULT_SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("schema.json")

MIN_SAMPLES = 20  # below this a p95 is one sample
MAX_DRIFT = 0.10  # medians of the first and the last third: a machine that heats up or gets busy
MAX_SPREAD = 1.5  # p90 / p50: other work on the same cores
MAX_CLOCK_JUMP_S = 1.0  # wall clock against monotonic clock: the computer slept, or its clock was set
_TRIM = 0.10  # share that the trimmed mean leaves out at either end


@dataclass(frozen=True)
class LatencyStats:
    """Figures of a list of samples, milliseconds. Percentiles interpolate linearly between samples."""

    mean: float
    """Arithmetic mean."""
    std: float
    """Standard deviation of the sample (n − 1)."""
    min: float
    """Fastest."""
    p50: float
    """Median."""
    p90: float
    """90th percentile."""
    p95: float
    """95th percentile."""
    p99: float
    """99th percentile."""
    max: float
    """Slowest."""
    trimmed_mean: float
    """Mean without the fastest and the slowest tenth."""

    @staticmethod
    def of(samples_ms: Sequence[float]) -> LatencyStats:
        """The figures of at least one sample; raises HeadPoseError for none."""
        values = np.sort(np.asarray(samples_ms, dtype=np.float64))
        if values.size == 0:
            raise HeadPoseError("a latency needs at least one sample: measure again with more rounds")
        p50, p90, p95, p99 = np.percentile(values, [50, 90, 95, 99])
        cut = int(values.size * _TRIM)
        std = values.std(ddof=1) if values.size > 1 else 0.0
        trimmed = values[cut : values.size - cut].mean()
        figures = (values.mean(), std, values[0], p50, p90, p95, p99, values[-1], trimmed)
        return LatencyStats(*(round(float(figure), 4) for figure in figures))


@dataclass(frozen=True)
class Model:
    """What ran."""

    name: str
    """Name of the artefact, <model>_<backbone>_<precision>."""
    backbone: str
    """Backbone name."""
    target: str
    """'onnx', 'tflite', 'coreml' or 'pytorch'."""
    precision: str
    """'fp32', 'fp16', …"""
    input_size: int
    """Side of the square input in pixels."""
    sha256: str
    """Hash of the file or package."""
    size_bytes: int
    """Size on disk."""
    trained: bool
    """False for seeded weights; latency does not depend on it."""
    checkpoint_sha256: str
    """Hash of the weights."""
    git: dict[str, Any]
    """Commit of the exporter and whether its tree was dirty."""


@dataclass(frozen=True)
class Device:
    """Where it ran."""

    kind: str
    """'host', 'android' or 'iphone'."""
    model: str
    """Processor name, or the phone's model identifier."""
    soc: str | None
    """System on chip of a phone, None on a host."""
    os: str
    """Operating system and version."""
    cores: int
    """Logical processors that the process may use."""
    memory_gb: float | None
    """Installed memory, 10⁹ bytes."""
    thermal_start: str | None = None
    """Thermal state before, as the system names it; None where it does not tell."""
    thermal_end: str | None = None
    """Thermal state after."""
    low_power: bool | None = None
    """Whether a power-saving mode was on."""


@dataclass(frozen=True)
class Run:
    """How it was measured."""

    tool: str
    """Program that measured."""
    engine: str
    """What executed the file, with its version."""
    threads: int | None
    """Threads asked for, None for the engine's own choice."""
    compute_units_requested: str
    """'cpu', 'gpu', 'cpuAndNeuralEngine', …"""
    compute_units_used: str | None
    """What the operators ran on in fact, None where the engine does not tell."""
    emulated: bool
    """True when the times are those of an emulation: they say nothing of a device."""
    warmup: int
    """Inferences before the first sample, the first one of all included."""
    interleaved_with: tuple[str, ...]
    """Names of the models that took turns with this one."""
    includes: tuple[str, ...] = ("inference",)
    """Stages inside a sample."""


@dataclass(frozen=True)
class LatencyResult:
    """One model on one device."""

    model: Model
    """What ran."""
    device: Device
    """Where."""
    run: Run
    """How."""
    load_ms: float
    """From the path to a session that is ready."""
    first_ms: float
    """The first inference, which allocates."""
    samples_ms: tuple[float, ...]
    """Every inference after the warm-up, in order."""
    latency_ms: LatencyStats
    """Figures of the samples."""
    accuracy: dict[str, Any] | None
    """Parity figures of this very file in degrees (and errors on data, once weights are trained); None if unknown."""
    tools: dict[str, str]
    """Versions of the packages that made and ran it."""
    created: str
    """UTC time, ISO 8601."""
    valid: bool
    """Whether the figures may be quoted."""
    invalid_reasons: tuple[str, ...]
    """Why not."""
    schema: int = RESULT_SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps; tuples become lists."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the result") -> LatencyResult:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != RESULT_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {RESULT_SCHEMA}")
            run = {**data["run"], **{key: tuple(data["run"][key]) for key in ("interleaved_with", "includes")}}
            parts = {
                "model": Model(**data["model"]),
                "device": Device(**data["device"]),
                "run": Run(**run),
                "latency_ms": LatencyStats(**data["latency_ms"]),
                "samples_ms": tuple(data["samples_ms"]),
                "invalid_reasons": tuple(data["invalid_reasons"]),
            }
            return LatencyResult(**{**data, **parts})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def reasons_against(
    samples_ms: Sequence[float], *, emulated: bool = False, clock_jump_s: float = 0.0
) -> tuple[str, ...]:
    """Why these samples may not be quoted as the device's latency; empty if they may.

    Args:
        samples_ms: in the order in which they were taken.
        emulated: whether something else than the device's own engine ran.
        clock_jump_s: by how much the wall clock ran ahead of the monotonic one meanwhile.
    """
    reasons = ["the times are those of an emulation"] if emulated else []
    if abs(clock_jump_s) > MAX_CLOCK_JUMP_S:
        reasons.append(f"the clock jumped by {clock_jump_s:+.0f} s: the computer slept, or its time was set")
    if len(samples_ms) < MIN_SAMPLES:
        return (*reasons, f"{len(samples_ms)} samples, fewer than {MIN_SAMPLES}")
    third = len(samples_ms) // 3
    first, last = float(np.median(samples_ms[:third])), float(np.median(samples_ms[-third:]))
    drift = last / first - 1
    if abs(drift) > MAX_DRIFT:
        reasons.append(f"the median drifted by {drift:+.0%} from the first to the last third")
    p50, p90 = np.percentile(samples_ms, [50, 90])
    if p90 > MAX_SPREAD * p50:
        reasons.append(f"p90 is {p90 / p50:.1f} times p50: other work ran on the same cores")
    return tuple(reasons)


class Dated(Protocol):
    """A result that knows when it was made."""

    @property
    def created(self) -> str:
        """UTC time, ISO 8601."""
        ...


Result = TypeVar("Result", bound=Dated)


def newest(folder: Path, pattern: str, read: Callable[[dict[str, Any], str], Result]) -> tuple[Path, Result] | None:
    """The newest result by its own date among the files of one kind under a folder, None if there is none.

    Args:
        folder: searched with its subfolders.
        pattern: of the file names, as '*-spine.json'.
        read: makes a result of the JSON data; its second argument is the file's name for errors.

    Raises:
        HeadPoseError: a damaged file.
    """
    found = []
    for file in folder.rglob(pattern):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise HeadPoseError(f"{file} cannot be read ({error}): measure again") from error
        found.append((file, read(data, str(file))))
    return max(found, key=lambda pair: pair[1].created, default=None)
