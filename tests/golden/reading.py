"""Reads the golden vectors for tests: this folder's, or those of the folder that HEADPOSE_GOLDEN names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("HEADPOSE_GOLDEN") or Path(__file__).resolve().parent)


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def cases(name: str, group: str) -> list[Any]:
    """Parameters for pytest, each with its case's name."""
    return [pytest.param(case, id=case["name"]) for case in read(name)[group]]
