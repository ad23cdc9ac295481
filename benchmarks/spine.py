"""Every figure that the project promises of this computer, measured in one run and written to one file.

    python -m benchmarks.spine --out benchmarks/results

RepNeXt-M4 beside 6DRepNet's own backbone and one engine beside the other (in turns, one thread), the six exports of
the demo as one process, and how long the command and the runtime take to start. About five minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.device import host_device, host_folder
from benchmarks.host import measure
from benchmarks.newest import newest
from benchmarks.process import ProcessCost, process_cost
from benchmarks.record import Device, LatencyResult
from benchmarks.turns import Ratio, ratio_of
from runtime.atomic import make_folder, write_text
from runtime.errors import HeadPoseError
from runtime.provenance import git_state

SPINE_SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("spine.schema.json")
RESULTS = Path(__file__).with_name("results")
BACKBONE, ORIGINAL = "repnext_m4", "repvgg_b1g2"  # ours, and that of the published 6DRepNet
_STARTS = 7

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Promise:
    """A figure that the project set itself."""

    name: str
    """What is measured."""
    value: float
    """What came out."""
    limit: float
    """What was promised."""
    at_least: bool
    """True if more is better."""
    unit: str
    """'×', 's' or 'GB'."""

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True)
class SpineResult:
    """One run of this file."""

    created: str
    """UTC time, ISO 8601."""
    git: dict[str, Any]
    """Commit of the code and whether its tree was dirty."""
    device: Device
    """This computer."""
    latencies: tuple[LatencyResult, ...]
    """Every model, measured in turns."""
    ratios: tuple[Ratio, ...]
    """The comparisons."""
    processes: tuple[ProcessCost, ...]
    """Whole commands."""
    promises: tuple[Promise, ...]
    """Figures beside their limits."""
    schema: int = SPINE_SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps; tuples become lists."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the result") -> SpineResult:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != SPINE_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {SPINE_SCHEMA}")
            parts = {
                "device": Device(**data["device"]),
                "latencies": tuple(LatencyResult.from_json(r, where) for r in data["latencies"]),
                "ratios": tuple(Ratio(**r) for r in data["ratios"]),
                "processes": tuple(ProcessCost.from_json(p) for p in data["processes"]),
                "promises": tuple(Promise(**p) for p in data["promises"]),
            }
            return SpineResult(**{**data, **parts})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def run_spine(work: Path, *, rounds: int = 100, progress: Progress = lambda text, done, total: None) -> SpineResult:
    """Measure everything; artefacts go into the folder `work`.

    Raises HeadPoseError if an export or a command fails.
    """
    progress("starting the command and the runtime", 0, 4)
    starts = _starts()
    progress(f"six exports of {BACKBONE}", 1, 4)
    exports = _six_exports(work / "ours")
    progress(f"exporting {ORIGINAL}", 2, 4)
    paths = [*_exported(work / "ours", BACKBONE), *_export_original(work / "original")]
    progress("measuring in turns", 3, 4)
    latencies = measure(paths, threads=1, rounds=rounds, warmup=5)
    ratios = _ratios(latencies)
    return SpineResult(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git=git_state(),
        device=host_device(),
        latencies=tuple(latencies),
        ratios=tuple(ratios),
        processes=(*starts, exports),
        promises=tuple(_promises(ratios, starts, exports)),
    )


def _starts() -> list[ProcessCost]:
    commands = {
        "an empty Python": ["-c", "pass"],
        "import runtime": ["-c", "import runtime"],
        "import runtime and NumPy's sessions": ["-c", "import runtime.sessions"],
        "headpose --help": ["-m", "headpose", "--help"],
    }
    return [process_cost(name, command, runs=_STARTS) for name, command in commands.items()]


def _six_exports(folder: Path) -> ProcessCost:
    command = ["-m", "headpose", "export", "--backbone", BACKBONE, "--out", str(folder)]
    cost = process_cost("six exports with parity", command)
    # The folder is a temporary one: its name belongs to this run only.
    return ProcessCost(cost.name, tuple(command[:-2]), cost.seconds, cost.peak_gb)


def _exported(folder: Path, backbone: str) -> list[Path]:
    files = [folder / f"sixdrepnet_{backbone}_{precision}" for precision in ("fp32", "fp16")]
    return [file.with_name(file.name + suffix) for file in files for suffix in (".onnx", ".tflite")]


def _export_original(folder: Path) -> list[Path]:
    from export.pipeline import export

    made = export(backbone=ORIGINAL, targets=("onnx",), precisions=("fp32",), out=folder)
    return [artifact.path for artifact in made.artifacts]


def _ratios(latencies: Sequence[LatencyResult]) -> list[Ratio]:
    samples = {_label(result): result.samples_ms for result in latencies}
    ours, lite = f"{BACKBONE} fp32 onnx", f"{BACKBONE} fp32 tflite"
    return [ratio_of(f"{ORIGINAL} fp32 onnx", ours, samples), ratio_of(lite, ours, samples)]


def _label(result: LatencyResult) -> str:
    return f"{result.model.backbone} {result.model.precision} {result.model.target}"


def _promises(ratios: Sequence[Ratio], starts: Sequence[ProcessCost], exports: ProcessCost) -> list[Promise]:
    seconds = {cost.name: statistics.median(cost.seconds) for cost in starts}
    return [
        Promise("6DRepNet's RepVGG-B1g2 over RepNeXt-M4, fp32, ONNX Runtime", ratios[0].ratio, 2.5, True, "×"),
        Promise("LiteRT over ONNX Runtime, RepNeXt-M4 fp32", ratios[1].ratio, 1.2, False, "×"),
        Promise("six exports with their parity checks", exports.seconds[0], 150, False, "s"),
        Promise("peak memory of the six exports", exports.peak_gb, 8, False, "GB"),
        Promise("Python with import runtime", round(seconds["import runtime"], 3), 0.3, False, "s"),
        Promise("headpose --help", round(seconds["headpose --help"], 3), 0.5, False, "s"),
    ]


def result_path(folder: Path, result: SpineResult) -> Path:
    """<folder>/<processor>/<date>-spine.json."""
    return folder / host_folder(result.device) / f"{result.created[:10]}-spine.json"


def latest(folder: Path = RESULTS) -> tuple[Path, SpineResult] | None:
    """The newest result under `folder` by its own date, None if there is none; HeadPoseError for a damaged file."""
    return newest(folder, "*-spine.json", SpineResult.from_json)


def _print(result: SpineResult) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("promise", "value", "limit", "kept", title=f"{result.device.model}, {result.device.cores} cores")
    for promise in result.promises:
        sign, verdict = "≥" if promise.at_least else "≤", "[green]yes[/]" if promise.kept else "[red]NO[/]"
        limit = f"{sign} {promise.limit:g} {promise.unit}"
        table.add_row(promise.name, f"{promise.value:.3g} {promise.unit}", limit, verdict)
    latencies = Table("model", "engine", "p50 ms", "p95 ms", "quotable")
    for r in result.latencies:
        word = "yes" if r.valid else "; ".join(r.invalid_reasons)
        latencies.add_row(_label(r), r.run.engine, f"{r.latency_ms.p50:.1f}", f"{r.latency_ms.p95:.1f}", word)
    console = Console()
    console.print(latencies)
    console.print(table)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write; 0 if every promise is kept, 1 if not."""
    from benchmarks.lock import only_benchmark
    from runtime.progress import progress_bar

    parser = argparse.ArgumentParser(prog="python -m benchmarks.spine", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=100, help="samples of each model (default: %(default)s)")
    args = parser.parse_args(argv)
    try:
        with only_benchmark(), tempfile.TemporaryDirectory() as work, progress_bar() as progress:
            result = run_spine(Path(work), rounds=args.rounds, progress=progress)
        path = result_path(args.out, result)
        make_folder(path.parent)
        write_text(path, json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n")
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    _print(result)
    print(f"written: {path}")
    return 0 if all(promise.kept for promise in result.promises) else 1


if __name__ == "__main__":
    raise SystemExit(main())
