"""The README's table of rotations on emulated ARM processors, from the records of ``headpose parity --emulate``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.stored import RESULTS
from export.emulation.record import EmulatedParity, EmulatedReport
from runtime.errors import HeadPoseError

PATTERN = "*-emulated.json"


def reports(folder: Path = RESULTS) -> list[EmulatedReport]:
    """All stored records, oldest first; HeadPoseError for a damaged one."""
    found = []
    for file in folder.rglob(PATTERN):
        try:
            found.append(EmulatedReport.from_dict(json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            raise HeadPoseError(f"{file} cannot be read ({error}): run the emulation again") from error
    return sorted(found, key=lambda report: report.created)


def emulated_markdown(found: Sequence[EmulatedReport]) -> str:
    """A row for every file, its newest run on each processor model, worst model first where they differ."""
    newest: dict[str, dict[str, EmulatedParity]] = {}
    for report in found:
        for run in report.runs:
            newest.setdefault(run.file, {})[run.cpu] = run
    if not newest:
        return "Not run yet: `headpose parity out/m0 --emulate aarch64`."
    lines = [
        f"Emulated under qemu {_version(found[-1])}, the worst of the processor models; no speed is meant.",
        "",
        "| file | emulated CPUs | pictures | mean / max ° from PyTorch | max ° from this computer's | |",
        "|---|---|--:|--:|--:|---|",
        *(_row(file, list(runs.values())) for file, runs in sorted(newest.items())),
    ]
    return "\n".join(lines)


def _version(report: EmulatedReport) -> str:
    return report.qemu.partition(" ")[0]


def _row(file: str, runs: Sequence[EmulatedParity]) -> str:
    figures = [run.figures for run in runs if run.figures]
    failures = "; ".join(run.failure for run in runs if not run.figures)
    verdict = failures or ("" if all(run.passed for run in runs) else "outside its gate")
    cpus = ", ".join(sorted(run.cpu for run in runs))
    mark = f"**{verdict}**" if verdict else ""
    if not figures:
        return f"| {file} | {cpus} | – | – | – | {mark} |"
    mean, worst = (max(getattr(own.from_pytorch, name) for own in figures) for name in ("mean_deg", "max_deg"))
    apart = max(own.from_host.max_deg for own in figures)
    pictures = min(len(own.images) for own in figures)
    return f"| {file} | {cpus} | {pictures} | {_short(mean)} / {_short(worst)} | {_short(apart)} | {mark} |"


def _short(angle: float) -> str:
    return f"{angle:.3f}" if angle >= 5e-4 else "< 0.001"
