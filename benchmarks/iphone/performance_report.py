"""Xcode's own Core ML performance report, as it lies on disk: a folder NAME.mlperf with a report.json.

Apple documents the report (developer.apple.com/documentation/coreml/analyzing-a-core-ml-model-s-performance-in-xcode)
but not its file. The shape read here was seen in a report of Xcode 26 (jsonVersion 1, deviceResultVersion 4) that its
owner published, and agrees with what two other published readers expect:

    computeUnit                 raw value of MLComputeUnits
    deviceInfo                  modelName ('iPhone 12'), osNameAndVersionWithoutBuildNumber ('iOS 16.0.2'), …
    modelMetadata               fileName, size, rawMetadata (JSON text; in it the file's userDefinedMetadata)
    deviceResults.predict, .load, .compile     samples in seconds, startTime in seconds since 2001
    deviceResults.perfRunConfig                predictionCount, loadCount, experimentIterations
    deviceResults.modelStructure               …operations, each with operatorName and, if it is computed,
                                               deviceUsage.preferred.deviceType.{neuralEngine,gpu,cpu} and cost.weight

The medians that Xcode shows are those of all samples. Anything else in the file is passed over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.iphone.units import RAW_VALUES, Placed
from runtime.artifact import METADATA_KEY
from runtime.errors import HeadPoseError

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # of Core Foundation's absolute time
_UNITS = {"neuralEngine": "ane", "gpu": "gpu", "cpu": "cpu"}


@dataclass(frozen=True)
class PerformanceReport:
    """What one report tells; times in milliseconds."""

    path: Path
    """Where it lies."""
    file_name: str
    """Name of the model's file without its suffix."""
    size_bytes: int | None
    """Size of the model's file, None if it is not told."""
    own_record: str | None
    """The record that headpose wrote into the model's metadata; None for a file of somebody else."""
    device_name: str
    """'iPhone 12'."""
    device_kind: str
    """'iPhone', 'iPad', 'mac', …"""
    os: str
    """'iOS 16.0.2'."""
    compute_units: str
    """MLComputeUnits as Swift spells them."""
    predict_ms: tuple[float, ...]
    """Every prediction, the first one of all included."""
    load_ms: tuple[float, ...]
    """Every load; the first of each experiment comes after a compilation."""
    loads_per_experiment: int | None
    """How many loads an experiment has, None if it is not told."""
    compile_ms: tuple[float, ...]
    """Every compilation."""
    operators: tuple[Placed, ...]
    """Operators that are computed, with the unit that the system prefers."""
    created: datetime
    """When its predictions began."""
    version: str
    """Of the report's format."""


def read_report(path: str | Path) -> PerformanceReport:
    """Read an .mlperf folder, or its report.json alone. Works on every system.

    Raises HeadPoseError for a missing or damaged file, or one that holds no predictions.
    """
    place = Path(path)
    file = place / "report.json" if place.is_dir() else place
    if not file.is_file():
        raise HeadPoseError(f"there is no {file}: give an .mlperf that the Performance tab of Xcode made")
    try:
        return _report(place, json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise HeadPoseError(
            f"{file} cannot be read as a Core ML performance report ({error!r}): make it again with Xcode 16 or later"
        ) from error


def _report(place: Path, data: dict[str, Any]) -> PerformanceReport:
    results, device, model = data["deviceResults"], data["deviceInfo"], data["modelMetadata"]
    units = data["computeUnit"]
    if units not in RAW_VALUES:
        raise ValueError(f"computeUnit {units}")
    predictions = _samples_ms(results, "predict")
    if not predictions:
        raise ValueError("no predictions")
    return PerformanceReport(
        path=place,
        file_name=str(model["fileName"]),
        size_bytes=model.get("size"),
        own_record=_own_record(model.get("rawMetadata")),
        device_name=str(device["modelName"]),
        device_kind=next(iter(device.get("deviceType") or {}), "iPhone"),
        os=str(device["osNameAndVersionWithoutBuildNumber"]),
        compute_units=RAW_VALUES[units],
        predict_ms=predictions,
        load_ms=_samples_ms(results, "load"),
        loads_per_experiment=(results.get("perfRunConfig") or {}).get("loadCount"),
        compile_ms=_samples_ms(results, "compile"),
        operators=tuple(_placed(results.get("modelStructure"))),
        created=_EPOCH + timedelta(seconds=float(results["predict"]["startTime"])),
        version=f"{data.get('jsonVersion')}.{data.get('deviceResultVersion')}",
    )


def _samples_ms(results: dict[str, Any], name: str) -> tuple[float, ...]:
    samples = [float(seconds) * 1e3 for seconds in (results.get(name) or {}).get("samples") or ()]
    if any(not math.isfinite(sample) or sample <= 0 for sample in samples):
        raise ValueError(f"a sample of {name} that is no positive time")
    return tuple(round(sample, 4) for sample in samples)


def _own_record(raw: Any) -> str | None:
    """The text under our key in the metadata of the model, which the report holds as JSON within JSON."""
    entries = json.loads(raw) if isinstance(raw, str) else []
    entry = entries[0] if isinstance(entries, list) and entries else {}
    text = (entry.get("userDefinedMetadata") or {}).get(METADATA_KEY)
    return None if text is None else str(text)


def _placed(node: Any) -> Iterator[Placed]:
    """Every operation or layer with a device, however deep: programs, blocks within blocks, networks, pipelines."""
    if isinstance(node, list):
        for item in node:
            yield from _placed(item)
    if not isinstance(node, dict):
        return
    usage = node.get("deviceUsage")
    if isinstance(usage, dict) and "preferred" in usage:
        device = next(iter(usage["preferred"]["deviceType"]))
        weight = (node.get("cost") or {}).get("weight")
        yield Placed(_UNITS[device], None if weight is None else float(weight))
    for name, item in node.items():
        if name != "deviceUsage":
            yield from _placed(item)
