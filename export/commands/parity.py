"""``headpose parity``: exported files beside PyTorch, in degrees."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.emulation import command as emulation

if TYPE_CHECKING:
    from export.parity import ParityReport
    from export.parity_images import ParityImage
    from export.reference import Reference
    from runtime.artifact import ArtifactInfo

_SUFFIXES = (".onnx", ".tflite", ".mlpackage")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("artifacts", nargs="+", metavar="DIR|FILE", help="exported files, or folders that hold some")
    parser.add_argument("--images", metavar="FOLDER", help="face crops to compare on, besides the standard inputs")
    parser.add_argument("--checkpoint", metavar="FILE", help="where the checkpoint is now (default: as recorded)")
    parser.add_argument("--limit", type=int, metavar="N", help="compare on N inputs only, spread over all of them")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of the engine")
    parser.add_argument("--out", metavar="DIR", help="write parity.json and pictures with both sets of axes there")
    parser.add_argument("--overwrite", action="store_true", help="replace what --out wrote before")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    emulation.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Compare; 0 if every file is within its gate, 1 if one is not."""
    from runtime.progress import progress_bar

    emulation.check_options(args)
    files = find_artifacts(args.artifacts)
    if args.emulate:
        args.limit = emulation.IMAGES if args.limit is None else args.limit
        return emulation.run(args, files, _Bench(args))
    if args.out:
        _check_free(Path(args.out), files, overwrite=args.overwrite)
    bench = _Bench(args)
    with progress_bar() as show:
        reports = [bench.check(file, _scaled(show, file.name, i, len(files))) for i, file in enumerate(files)]
    result = {"schema": 1, "passed": all(r.passed for r in reports), "reports": [r.as_dict() for r in reports]}
    if args.out:
        _write(Path(args.out), result, files, bench)
    if args.json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        _print_table(reports, trained=bench.trained)
    return 0 if result["passed"] else 1


def find_artifacts(places: list[str]) -> list[Path]:
    """The artefacts among files and folders, folders by name; HeadPoseError for a place that holds none."""
    from runtime.errors import HeadPoseError

    found: list[Path] = []
    for place in map(Path, places):
        if place.suffix in _SUFFIXES or not place.is_dir():
            found.append(place)
            continue
        inside = sorted(p for p in place.iterdir() if p.suffix in _SUFFIXES and not p.name.startswith("."))
        if not inside:
            raise HeadPoseError(
                f"{place} holds no exported file ({', '.join(_SUFFIXES)}): make some with headpose export"
            )
        found += inside
    return found


def _scaled(
    show: Callable[[str, int, int], None], name: str, index: int, count: int
) -> Callable[[str, int, int], None]:
    """One file's share of the bar; plain output (no terminal) gets one line for each file, not for each image."""
    show(f"checking {name}", index, count)
    if not sys.stderr.isatty():
        return lambda text, done, total: None
    return lambda text, done, total: show(f"checking {name}", index * total + done, count * total)


class _Bench:
    """Keeps what several files share: networks by checkpoint, inputs by size."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._references: dict[tuple[str, str], Reference] = {}
        self._inputs: dict[int, list[ParityImage]] = {}
        self.trained = True
        self.pictures: dict[str, Any] = {}

    def check(self, file: Path, progress: Callable[[str, int, int], None]) -> ParityReport:
        from export.parity import compare, explained
        from runtime.sessions import open_session

        session = open_session(file, threads=self._args.threads)
        info = session.info
        self.trained &= info.checkpoint.trained
        truth, inputs = self.reference(info, file.parent), self.inputs(info.input_size)
        report = compare(file, session, truth, inputs, progress)
        if not report.passed:
            progress(f"looking for the place in {file.name}", len(inputs), len(inputs))
            report = explained(report, session, truth, inputs)
        if self._args.out:
            from export.parity_picture import parity_picture

            self.pictures[file.name] = parity_picture(session, truth, inputs)
        return report

    def reference(self, info: ArtifactInfo, beside: Path) -> Reference:
        from export.reference import load_reference

        key = info.checkpoint.sha256, info.backbone
        if key not in self._references:
            self._references[key] = load_reference(info, self._args.checkpoint, beside=beside)
        return self._references[key]

    def inputs(self, size: int) -> list[ParityImage]:
        from export.parity_images import folder_images, parity_images, spread

        if size not in self._inputs:
            own = folder_images(self._args.images, size) if self._args.images else []
            self._inputs[size] = spread([*own, *parity_images(size)], self._args.limit)
        return self._inputs[size]


def _places(folder: Path, files: list[Path]) -> dict[str, Path]:
    return {file.name: folder / f"{file.name}.parity.png" for file in files}


def _check_free(folder: Path, files: list[Path], *, overwrite: bool) -> None:
    """Before the work, not after it."""
    from runtime.atomic import check_new

    for path in [folder / "parity.json", *_places(folder, files).values()]:
        check_new(path, overwrite=overwrite)


def _write(folder: Path, result: dict[str, Any], files: list[Path], bench: _Bench) -> None:
    from runtime.atomic import make_folder, write_text
    from runtime.images import save_image

    make_folder(folder)
    for name, place in _places(folder, files).items():
        save_image(place, bench.pictures[name])
    write_text(folder / "parity.json", json.dumps(result, indent=1, ensure_ascii=False))


def _print_table(reports: list[ParityReport], *, trained: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    # no frame: an ordinary file name and all figures then fit into 80 columns
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold underline")
    table.add_column("file", overflow="fold")
    for column in ("MB", "mean °", "p95 °", "max °", "gate °"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("result", no_wrap=True)
    for r in reports:
        figures = [f"{r.size_bytes / 1e6:.1f}", *(f"{v:.4f}" for v in (r.mean_deg, r.p95_deg, r.max_deg))]
        limits = [f"{v:g}" for v in (r.gate.mean_deg, r.gate.max_deg) if v is not None]
        verdict = "[green]passed[/]" if r.passed else "[red]FAILED[/]"
        table.add_row(r.file, *figures, "/".join(limits), verdict)
    console.print("Degrees from the PyTorch network in training form, float32; gate: mean/max, or max alone.\n")
    console.print(table)
    for r in reports:
        if not r.passed:
            console.print(f"[red]{r.file}[/] is {r.explanation()}", soft_wrap=True)
    if any(r.engine.startswith("mil-executor") for r in reports):
        console.print(
            "Core ML files were run by this project's executor: that proves the conversion, "
            "not the arithmetic of the Neural Engine.",
            soft_wrap=True,
        )
    if not trained:
        console.print("[yellow]Untrained (seeded) weights: agreement can be checked, the poses mean nothing.[/]")
