"""``headpose bench host``: latency of models on this computer, in turns, as ratios to the first one."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.record import LatencyResult
    from benchmarks.subjects import Image
    from runtime.sessions.op_times import OpTime

_DEMO_PHOTO = "astronaut"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "artifacts",
        nargs="+",
        metavar="FILE",
        help="exported files; checkpoints and names of shipped weights, as default-m4, run in PyTorch",
    )
    parser.add_argument("--against", metavar="FILE", help="what ratios are to (default: the first file)")
    parser.add_argument(
        "--threads", default="1", metavar="N[,N…]", help="threads per engine, each in turns (default: %(default)s)"
    )
    parser.add_argument(
        "--torch",
        default="eager",
        metavar="eager[,compiled]",
        help="how PyTorch runs checkpoints, folded; compiled needs a C++ compiler (default: %(default)s)",
    )
    parser.add_argument(
        "--pipeline",
        nargs="?",
        const=_DEMO_PHOTO,
        metavar="PICTURE",
        help="also the whole way from a picture to angles: detector, crop, model, decoding "
        "(default picture: the demo's photograph)",
    )
    parser.add_argument(
        "--rounds", type=int, default=50, metavar="N", help="samples of each, at least (default: %(default)s)"
    )
    parser.add_argument("--min-seconds", type=float, default=0.0, metavar="S", help="measure at least so long")
    parser.add_argument("--warmup", type=int, default=5, metavar="N", help="rounds before (default: %(default)s)")
    parser.add_argument(
        "--labels",
        default="shipped",
        metavar="FOLDER|shipped|synthetic|none",
        help="labelled faces, as of export: the error of each trained file stands beside its latency "
        "(default: %(default)s)",
    )
    parser.add_argument("--operators", nargs="?", const="", metavar="CSV", help="time by operator; all of them as CSV")
    parser.add_argument("--no-memory", action="store_true", help="leave out peak memory: a process for each file")
    parser.add_argument("--save", metavar="DIR", help="also keep each result as DIR/<device>/<date>-<artefact>.json")
    parser.add_argument("--json", action="store_true", help="print every sample and fact as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure and print; 0 also where the figures may not be quoted, which the table then says."""
    from benchmarks.host import ratios_to_first
    from benchmarks.lock import only_benchmark
    from runtime.errors import HeadPoseError

    if not 0 <= args.min_seconds < 86400:
        raise HeadPoseError(f"--min-seconds is {args.min_seconds:g}: give seconds, below a day")
    _check_csv(args.operators)
    with only_benchmark():
        results, operators = _measured(args)
    if args.save:
        _save(results, args.save)
    if args.operators:
        _write_csv(args.operators, results, operators)
    ratios = ratios_to_first(results)
    if args.json:
        from dataclasses import asdict

        data = {"results": [r.to_json() for r in results], "ratios": [asdict(ratio) for ratio in ratios]}
        print(json.dumps(data, indent=1))
    else:
        from benchmarks.host_table import print_results

        print_results(results, ratios)
    return 0


def _measured(args: argparse.Namespace) -> tuple[list[LatencyResult], list[list[OpTime]]]:
    from benchmarks.details import completed
    from benchmarks.host import measure_wanted
    from benchmarks.subjects import wanted_of
    from runtime.progress import progress_bar

    files = [args.against, *args.artifacts] if args.against else args.artifacts
    wanted = wanted_of(
        files, threads=threads_from(args.threads), modes=args.torch.split(","), photo=_photo(args.pipeline)
    )
    with progress_bar() as progress:
        results = measure_wanted(
            wanted, rounds=args.rounds, warmup=args.warmup, min_seconds=args.min_seconds, progress=progress
        )
        return completed(
            wanted,
            results,
            memory=not args.no_memory,
            operators=args.operators is not None,
            labels=args.labels,
            progress=progress,
        )


def threads_from(text: str) -> list[int]:
    """'1,2' as numbers; HeadPoseError for anything else."""
    from runtime.errors import HeadPoseError

    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise HeadPoseError(f"--threads is '{text}': give whole numbers with commas between them, as 1,2") from None


def _photo(source: str | None) -> Image | None:
    if source is None:
        return None
    if source == _DEMO_PHOTO:
        from benchmarks.demo import photograph

        return photograph()
    from runtime.images import read_image

    return read_image(source)


def _check_csv(file: str | None) -> None:
    from pathlib import Path

    from runtime.atomic import check_new

    if file:
        check_new(Path(file), overwrite=False)


def _write_csv(file: str, results: list[LatencyResult], operators: list[list[OpTime]]) -> None:
    from pathlib import Path

    from benchmarks.costs import as_csv
    from benchmarks.host_table import label
    from runtime.atomic import write_text

    write_text(Path(file), as_csv([(label(r), times) for r, times in zip(results, operators)]), overwrite=False)
    print(f"written: {file}", file=sys.stderr)


def _save(results: list[LatencyResult], folder: str) -> None:
    from pathlib import Path

    from benchmarks.stored import store

    for result in results:
        print(f"written: {store(result, Path(folder))}", file=sys.stderr)
