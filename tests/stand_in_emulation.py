"""A folder like that of an emulation, with a shell script in the place of qemu."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from export.emulation.folder import WHEELS, Emulation, EmulationRecord, open_emulation
from export.emulation.process import EmulatedEngine
from runtime.artifact import sha256_of

FACTS = {
    "machine": "aarch64",
    "features": ["fp", "asimd"],
    "python": "3.11.2",
    "numpy": "2.3.5",
    "engine": "onnxruntime 1.31.1",
}
# what the emulator is given: -cpu MODEL -L ROOT PYTHON -I -S WORKER SITE JOB RESULT
HEAD = """#!/bin/sh
case "$*" in
  --version) echo "qemu-aarch64 version 10.0.0 (stand-in)"; exit 0;;
  "-cpu help") echo "Available CPUs:"; echo "  cortex-a53"; echo "  cortex-a76"; echo "  max"; exit 1;;
esac
"""
# this computer's own Python, which says that it is an ARM one
HONEST = f"""exec {sys.executable} -c "
import platform, runpy, sys
platform.machine = lambda: 'aarch64'
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')" "$8" "" "${{10}}" "${{11}}"
"""


def stand_in(folder: Path, body: str = HONEST) -> Emulation:
    """A folder in the form of a real one whose emulator is a shell script."""
    (folder / "arm64" / "usr" / "bin").mkdir(parents=True)
    (folder / "arm64" / "usr" / "bin" / "python3.11").touch()
    (folder / "site" / "numpy").mkdir(parents=True)
    (folder / "qemu-aarch64").write_text(HEAD + body)
    (folder / "qemu-aarch64").chmod(0o755)
    record = EmulationRecord("10.0.0 (stand-in)", (), sha256_of(WHEELS), "2026-01-01T00:00:00+00:00")
    (folder / "emulation.json").write_text(record.to_json())
    return open_emulation(folder)


def gives(folder: Path, outputs: np.ndarray, **facts: Any) -> str:
    """Body of an emulator that leaves these outputs, whatever the file is."""
    folder.mkdir(exist_ok=True)
    place = folder / f"outputs{len(list(folder.iterdir()))}.npz"
    np.savez(place, outputs=outputs.astype(np.float32), facts=np.array(json.dumps({**FACTS, **facts})))
    return f'echo "image done"; cp {place} "${{11}}"\n'


def engine(folder: Path, body: str, timeout_s: float = 60.0) -> EmulatedEngine:
    """An engine for a processor model, whose emulator does what `body` says."""
    return EmulatedEngine(stand_in(folder, body), "cortex-a53", timeout_s)
