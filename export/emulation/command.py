"""What ``headpose parity --emulate aarch64`` does: options, the runs, a table or JSON."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from export.emulation.process import EmulatedEngine
    from export.emulation.record import EmulatedParity, EmulatedReport
    from export.parity_images import ParityImage
    from export.reference import Reference
    from runtime.artifact import ArtifactInfo

ARCHITECTURES = ("aarch64",)
CPUS = "max,cortex-a53"  # all that qemu knows, SVE and matrix products; and ARMv8.0 without half floats or dot products
IMAGES = 6  # of the standard inputs: four faces, a drawn head, an edge case
TIMEOUT_S = 1800.0
RECORD = "emulated-parity.json"
_TARGETS = ("onnx", "tflite")
_WHY_NOT = {".mlpackage": "Core ML has no engine for Linux, so none to emulate"}
Show = Callable[[str, int, int], None]


class Bench(Protocol):
    """What the parity command keeps for several files."""

    def reference(self, info: ArtifactInfo, beside: Path) -> Reference:
        """The network in training form that a file was made from."""
        ...

    def inputs(self, size: int) -> list[ParityImage]:
        """The images, at a file's input size."""
        ...


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of emulation."""
    group = parser.add_argument_group(
        "emulated ARM processors",
        "The .onnx and .tflite files are run by the official aarch64 wheels under qemu-user, one process for each "
        "processor model, and held against PyTorch and against this computer. Emulated: it shows the rotations of ARM "
        "kernels and never a latency. Made ready once by  python -m export.emulation install",
    )
    group.add_argument("--emulate", choices=ARCHITECTURES, help="run the files on emulated processors")
    group.add_argument(
        "--emulate-cpu",
        metavar="MODEL,…",
        help=f"processor models, as qemu-aarch64 -cpu help lists them (default: {CPUS})",
    )
    group.add_argument(
        "--emulate-timeout",
        type=float,
        metavar="S",
        help=f"longest run of one file on one model, in seconds (default: {TIMEOUT_S:g}); "
        f"an image takes some 4 s with RepNeXt-M0, 25 s with M4; without --limit there are {IMAGES}",
    )


def check_options(args: argparse.Namespace) -> None:
    """Raise HeadPoseError for options that do not go together, before any work."""
    if not args.emulate:
        for name in ("emulate_cpu", "emulate_timeout"):
            if getattr(args, name) is not None:
                raise HeadPoseError(f"--{name.replace('_', '-')} goes with --emulate aarch64")
    elif args.emulate_timeout is not None and not 0 < args.emulate_timeout < 1e6:
        raise HeadPoseError(f"--emulate-timeout {args.emulate_timeout:g} is no time: give seconds above 0")


def run(args: argparse.Namespace, files: list[Path], bench: Bench) -> int:
    """Run the files under emulation; 0 if every run is within its gate, 1 if one is not or came to no end."""
    from export.emulation.table import print_table
    from runtime.atomic import check_new, make_folder, write_text
    from runtime.progress import progress_bar

    place = Path(args.out) / RECORD if args.out else None
    if place:
        check_new(place, overwrite=args.overwrite)
    files, skipped = sort_out(files)
    engines = _engines(args)
    with progress_bar() as show:
        runs: list[EmulatedParity] = []
        for turn, file in enumerate(files):
            runs += _check(args, file, bench, engines, _share(show, turn, len(files)))
    report = _report(runs, skipped, engines)
    text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    if place:
        make_folder(place.parent)
        write_text(place, text + "\n", overwrite=args.overwrite)
    if args.json:
        print(text)
    else:
        print_table(report)
    for name, why in skipped.items():
        print(f"NOT RUN under emulation: {name} ({why})", file=sys.stderr)
    return 0 if report.passed else 1


def sort_out(files: list[Path]) -> tuple[list[Path], dict[str, str]]:
    """Files that can be run under emulation, and why the others cannot; HeadPoseError if none can."""
    cannot = {file.name: _WHY_NOT[file.suffix] for file in files if file.suffix in _WHY_NOT and file.exists()}
    can = [file for file in files if file.name not in cannot]
    if not can:
        name, why = next(iter(cannot.items()))
        raise HeadPoseError(f"{name} cannot be run under emulation ({why}): give .onnx or .tflite files")
    return can, cannot


def _engines(args: argparse.Namespace) -> list[EmulatedEngine]:
    from export.emulation.folder import open_emulation
    from export.emulation.process import EmulatedEngine

    emulation = open_emulation()
    words = [word.strip() for word in (args.emulate_cpu or CPUS).split(",")]
    names = list(dict.fromkeys(words))
    emulation.check_models(names)
    return [EmulatedEngine(emulation, name, args.emulate_timeout or TIMEOUT_S) for name in names]


def _share(show: Show, turn: int, files: int) -> Callable[[str, int, int], None]:
    """One file's part of the bar; without a terminal one line for each processor model, not for each image."""
    if sys.stderr.isatty():
        return lambda text, done, total: show(text, turn * total + done, files * total)
    said = set()

    def line(text: str, done: int, total: int) -> None:
        if text not in said:
            said.add(text)
            show(text, turn * total + done, files * total)

    return line


def _check(
    args: argparse.Namespace, file: Path, bench: Bench, engines: list[EmulatedEngine], show: Show
) -> list[EmulatedParity]:
    from export.emulation.emulated import check_emulated
    from runtime.sessions import open_session

    session = open_session(file, threads=args.threads or 1)
    if session.info.target not in _TARGETS:
        raise HeadPoseError(f"{file} cannot be run under emulation: give .onnx or .tflite files")
    truth, inputs = bench.reference(session.info, file.parent), bench.inputs(session.info.input_size)
    total = len(inputs) * len(engines)
    return check_emulated(file, session, truth, inputs, engines, lambda text, done: show(text, done, total))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _report(runs: list[EmulatedParity], skipped: dict[str, str], engines: list[EmulatedEngine]) -> EmulatedReport:
    import headpose
    from export.emulation.record import EmulatedReport
    from runtime.provenance import git_state

    return EmulatedReport(
        architecture=ARCHITECTURES[0],
        qemu=engines[0].emulation.record.qemu,
        host=platform.machine(),
        host_processor=_processor(),
        headpose=headpose.__version__,
        git=git_state(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        runs=tuple(runs),
        skipped=skipped,
    )
