"""One latency measurement as it is stored: what ran, where, every sample, and whether the figures can be trusted.

The same record serves this computer, Android phones and iPhones; benchmarks/schema.json describes its JSON form.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.latency import LatencyStats
from runtime.errors import HeadPoseError

RESULT_SCHEMA = 2
SCHEMA_FILE = Path(__file__).with_name("schema.json")
STAGES = ("detect", "crop", "inference", "decode")
"""What a sample may hold: face detection, cutting and resizing, the network, the matrix to angles."""
OURS = "headpose"
"""Name of our own protocol: turns, warm-up, median; others are named after who published them."""


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
    iterations: int
    """Inferences that were timed."""
    interleaved_with: tuple[str, ...] = ()
    """Names of the models that took turns with this one."""
    includes: tuple[str, ...] = ("inference",)
    """Stages inside a sample, of STAGES."""
    protocol: str = OURS
    """Whose rules of measuring were followed."""
    mode: str = ""
    """How the engine runs the model where it has several ways: PyTorch's 'eager' or 'compiled'."""
    conditions: dict[str, str] = field(default_factory=dict)
    """What else the system told, in its own words: battery, temperature, screen, ABI, …"""


@dataclass(frozen=True)
class LoadTimes:
    """From the path to a session that is ready, milliseconds; None where it was not measured."""

    cold: float | None
    """In a fresh process, with the engine's own libraries; a phone compiles or specialises the model then."""
    warm: float | None
    """Again."""


@dataclass(frozen=True)
class Memory:
    """Resident memory, 10⁶ bytes."""

    peak_mb: float
    """Of the whole process while it ran, or what the tool calls its peak."""
    base_mb: float | None
    """Of the process before the model was opened."""


@dataclass(frozen=True)
class UnitShare:
    """What one compute unit was given."""

    unit: str
    """'cpu', 'gpu', 'npu' or 'ane'; on one device each once."""
    operators: int
    """How many of the model's operators."""
    cost_share: float | None
    """Their part of the estimated cost, 0..1, as the system's compute plan tells it."""


@dataclass(frozen=True)
class OperatorTime:
    """Operators of one kind."""

    kind: str
    """As the engine names it."""
    calls: int
    """Operators of this kind that ran for one inference."""
    ms: float
    """All of them together, mean of an inference."""
    share: float
    """Of the time of all operators, 0..1."""


@dataclass(frozen=True)
class Accuracy:
    """Errors of this very file against labels, degrees."""

    dataset: str
    """Name of the labelled faces."""
    n: int
    """How many."""
    geodesic_mean_deg: float
    """Mean geodesic error."""
    geodesic_low_deg: float | None
    """2.5th percentile of its bootstrap."""
    geodesic_high_deg: float | None
    """97.5th percentile of its bootstrap."""
    mae_deg: float
    """Mean absolute error of yaw, pitch and roll, wrapped at ±360°."""


@dataclass(frozen=True)
class LatencyResult:
    """One model on one device."""

    model: Model
    """What ran."""
    device: Device
    """Where."""
    run: Run
    """How."""
    load_ms: LoadTimes
    """Opening the model."""
    first_ms: float | None
    """The first inference, which allocates; None where it was not told."""
    samples_ms: tuple[float, ...]
    """Every inference after the warm-up, in order; empty where a foreign tool tells figures alone."""
    latency_ms: LatencyStats
    """Figures of the samples."""
    tools: dict[str, str]
    """Versions of the packages that made and ran it."""
    created: str
    """UTC time, ISO 8601."""
    valid: bool
    """Whether the figures may be quoted."""
    invalid_reasons: tuple[str, ...]
    """Why not."""
    stages_ms: dict[str, LatencyStats] = field(default_factory=dict)
    """Figures of each stage of a sample that was timed by itself."""
    memory_mb: Memory | None = None
    """None where it was not measured."""
    energy_mj: float | None = None
    """Energy of one inference, millijoules; None where the platform does not tell."""
    placement: tuple[UnitShare, ...] = ()
    """Which compute units the operators went to; empty where nothing tells."""
    operators: tuple[OperatorTime, ...] = ()
    """Time by kind of operator, slowest first; empty if it was not asked for."""
    accuracy: Accuracy | None = None
    """Of this very file, None if it was not measured or the weights are untrained."""
    parity: dict[str, Any] | None = None
    """Figures of this very file's parity with PyTorch, degrees, as its metadata has them; None if it has none."""
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
            return LatencyResult(**{**data, **_parts(data)})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def _parts(data: dict[str, Any]) -> dict[str, Any]:
    run = {**data["run"], **{key: tuple(data["run"][key]) for key in ("interleaved_with", "includes")}}
    return {
        "model": Model(**data["model"]),
        "device": Device(**data["device"]),
        "run": Run(**run),
        "load_ms": LoadTimes(**data["load_ms"]),
        "latency_ms": LatencyStats(**data["latency_ms"]),
        "samples_ms": tuple(data["samples_ms"]),
        "invalid_reasons": tuple(data["invalid_reasons"]),
        "stages_ms": {name: LatencyStats(**stats) for name, stats in data["stages_ms"].items()},
        "memory_mb": None if data["memory_mb"] is None else Memory(**data["memory_mb"]),
        "placement": tuple(UnitShare(**share) for share in data["placement"]),
        "operators": tuple(OperatorTime(**operator) for operator in data["operators"]),
        "accuracy": None if data["accuracy"] is None else Accuracy(**data["accuracy"]),
    }
