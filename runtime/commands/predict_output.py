"""What ``headpose predict`` prints: a table for people, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from rich.console import Console

    from runtime.artifact import ArtifactInfo

_WIDE = 120  # columns where standard output is no terminal
_ANGLES = ("yaw_deg", "pitch_deg", "roll_deg")


def _print_json(key: str, record: Any, info: ArtifactInfo) -> None:
    weights = info.checkpoint
    artifact = {
        "name": info.name,
        "backbone": info.backbone,
        "target": info.target,
        "precision": info.precision,
        "trained": weights.trained,
        "training_data": weights.training_data,
        "licence": weights.licence,
    }
    print(json.dumps({"artifact": artifact, key: record}, indent=1))


def _print_weights(console: Console, info: ArtifactInfo) -> None:
    """What trained weights were trained on; untrained ones were told of on the error stream."""
    if info.checkpoint.trained:
        console.print(info.checkpoint.sentence(), markup=False, highlight=False, soft_wrap=True)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def print_pictures(records: list[dict[str, Any]], info: ArtifactInfo, *, as_json: bool) -> None:
    """Print one row per face, or the records as JSON under "pictures".

    A record has source, width, height, annotated (path or None) and poses, or source and error.
    """
    if as_json:
        _print_json("pictures", records, info)
        return
    from rich.table import Table

    table = Table(title=f"head poses by {info.name}, degrees")
    table.add_column("picture", overflow="fold")
    for name in ("face at", "px", "score", "yaw", "pitch", "roll"):
        table.add_column(name, justify="right")
    for record in records:
        for row in _rows(record):
            table.add_row(*row)
    console = _console()
    console.print(table)
    _print_weights(console, info)
    for record in records:
        if record.get("annotated"):
            console.print(f"written: {record['annotated']}", markup=False, highlight=False, soft_wrap=True)


def _rows(record: dict[str, Any]) -> list[list[str]]:
    from rich.markup import escape

    name = escape(record["source"])
    if "error" in record:
        return [[name, "[red]not read[/]"]]
    if not record["poses"]:
        return [[name, "no face"]]
    rows = []
    for pose in record["poses"]:
        left, top, right, bottom = pose["box"]
        place = f"{(left + right) / 2:.0f}, {(top + bottom) / 2:.0f}"
        angles = [f"{pose[key]:+.1f}" for key in _ANGLES]
        rows.append([name, place, f"{right - left:.0f}", f"{pose['score']:.2f}", *angles])
        name = ""
    return rows


def print_video(record: dict[str, Any], info: ArtifactInfo, *, as_json: bool) -> None:
    """Print how far the best face of each frame turned, or the record as JSON under "video".

    The record has source, frame_rate, annotated (path or None) and frames, each with index, time_s and poses.
    """
    if as_json:
        _print_json("video", record, info)
        return
    from rich.table import Table

    frames, seen = record["frames"], [f["poses"][0] for f in record["frames"] if f["poses"]]
    console = _console()
    console.print(
        f"{record['source']}: {len(frames)} frames at {record['frame_rate']:g} per second, {len(seen)} with a face",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if seen:
        table = Table("best face", "lowest", "median", "highest", title=f"head poses by {info.name}, degrees")
        for key in _ANGLES:
            values = [pose[key] for pose in seen]
            table.add_row(key.removesuffix("_deg"), *(f"{f(values):+.1f}" for f in (np.min, np.median, np.max)))
        console.print(table)
    _print_weights(console, info)
    if record["annotated"]:
        console.print(f"written: {record['annotated']}", markup=False, highlight=False, soft_wrap=True)
