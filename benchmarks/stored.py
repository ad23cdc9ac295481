"""Latency results as files: benchmarks/results/<device>/<date>-<artefact>.json, written once and never over another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.device import host_folder
from benchmarks.record import OURS, Device, LatencyResult
from runtime.atomic import make_folder, write_text
from runtime.errors import HeadPoseError

RESULTS = Path(__file__).with_name("results")


def device_folder(device: Device) -> str:
    """Name of the folder of a device's results: 'host-amd-epyc', 'android-pixel-8a', 'iphone-iphone13-2'."""
    return host_folder(device) if device.kind == "host" else f"{device.kind}-{_slug(device.model)}"


def artefact_name(result: LatencyResult) -> str:
    """'sixdrepnet_repnext_m4_fp32-onnx', followed by what is not the usual: '-compiled', '-2t', '-gpu', '-pipeline'."""
    run = result.run
    parts = [
        _slug(result.model.name, keep="_"),
        result.model.target,
        "" if run.mode in ("", "eager") else _slug(run.mode),
        "" if run.threads in (None, 1) else f"{run.threads}t",
        "" if run.compute_units_requested in ("cpu", "all") else _slug(run.compute_units_requested),
        "pipeline" if len(run.includes) > 1 else "",
        "" if run.protocol == OURS else _slug(run.protocol),
    ]
    return "-".join(filter(None, parts))


def store(result: LatencyResult, folder: Path = RESULTS) -> Path:
    """Write a result; where one of that day is there already, the name gets a number.

    Args:
        result: of one artefact.
        folder: of all devices.

    Raises HeadPoseError if the folder cannot be written.
    """
    place = make_folder(folder / device_folder(result.device))
    stem = f"{result.created[:10]}-{artefact_name(result)}"
    number, path = 1, place / f"{stem}.json"
    while path.exists():
        number += 1
        path = place / f"{stem}-{number}.json"
    write_text(path, json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n")
    return path


def read_results(path: str | Path) -> list[LatencyResult]:
    """The latency results of a file, of what `headpose bench host --json` printed, or of a folder with its subfolders.

    In a folder, files of other kinds (a Pareto front, a spine) are passed over.

    Raises HeadPoseError for a missing or damaged file, another schema version, or no result at all.
    """
    place = Path(path)
    if not place.exists():
        raise HeadPoseError(f"there is no {place}: give a result file of  headpose bench host  or a folder of them")
    files = sorted(place.rglob("*.json")) if place.is_dir() else [place]
    found = [result for file in files for result in _of_file(file, strict=not place.is_dir())]
    if not found:
        raise HeadPoseError(f"{place} holds no latency result: make some with  headpose bench host FILE… --save DIR")
    return found


def _of_file(file: Path, *, strict: bool) -> Iterator[LatencyResult]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HeadPoseError(f"{file} cannot be read ({error}): measure again, or take the file away") from error
    if _is_latency(data):
        yield LatencyResult.from_json(data, str(file))
        return
    parts = data.get("results") if isinstance(data, dict) else None
    parts = [part for part in parts if _is_latency(part)] if isinstance(parts, list) else []
    if strict and not parts:
        raise HeadPoseError(f"{file} is no latency result: give one of  headpose bench host")
    yield from (LatencyResult.from_json(part, str(file)) for part in parts)


def _is_latency(data: Any) -> bool:
    return isinstance(data, dict) and {"model", "samples_ms", "latency_ms"} <= set(data)


def _slug(text: str, keep: str = "") -> str:
    return re.sub(rf"[^a-z0-9{keep}]+", "-", text.lower()).strip("-")
