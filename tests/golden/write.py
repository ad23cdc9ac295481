"""Writes the golden vectors that Python, Swift and Kotlin are held against.

    python -m tests.golden.write            # from the repository's root

Every number is what the project's own Python says, in the digits of repr. Python's half of the proof is in
tests/test_golden.py: the same answers from other sources. A changed file here is a changed contract: look at it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from runtime.atomic import write_text

from . import crop_cases, manifest_cases, record_cases, rotation_cases, smoothing_cases, statistics_cases

FOLDER = Path(__file__).resolve().parent
GROUPS: dict[str, Callable[[], dict[str, Any]]] = {
    "rotations.json": rotation_cases.rotations,
    "projections.json": rotation_cases.projections,
    "crops.json": crop_cases.crops,
    "smoothing.json": smoothing_cases.smoothing,
    "statistics.json": statistics_cases.statistics,
    "json_forms.json": record_cases.json_forms,
    "protocols.json": record_cases.protocols,
    "picks.json": manifest_cases.picks,
    "android_orders.json": record_cases.android_orders,
}


def texts() -> dict[str, str]:
    """Name of each file → what it holds."""
    return {
        **{name: _by_case(make()) for name, make in GROUPS.items()},
        "record_full.json": record_cases.record_text(record_cases.full()),
        "record_minimal.json": record_cases.record_text(record_cases.minimal()),
        "order.json": record_cases.order_text(),
        "manifest.json": json.dumps(manifest_cases.manifest(), indent=1, ensure_ascii=False),
    }


def _by_case(groups: dict[str, list[dict[str, Any]]]) -> str:
    """One case a line, so that a changed case is one changed line."""
    parts = []
    for group, cases in groups.items():
        lines = ",\n".join(f"  {json.dumps(_plain(case), ensure_ascii=False, allow_nan=False)}" for case in cases)
        parts.append(f" {json.dumps(group)}: [\n{lines}\n ]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.floating):
        return _plain(value.tolist())
    return value + 0.0 if isinstance(value, float) else value  # no -0.0: JSON readers disagree about its sign


def main() -> int:
    for name, text in texts().items():
        write_text(FOLDER / name, text)
        print(f"{name}: {len(text.encode()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
