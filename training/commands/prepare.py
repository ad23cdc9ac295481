"""``headpose prepare``: face boxes for BIWI, and what is wrong with a copy of a data set."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.dataset_check import DatasetReport
    from training.prepare_biwi import Preparation

_NPZ_ONLY = {"rule": "6drepnet", "size": 256, "labels": "6drepnet", "split": False}
"""Options of the crops and what they are if they are not given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be prepared, and the options of each."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="WHAT")
    biwi = parts.add_parser("biwi", help="find the faces of BIWI, which has no face boxes of its own")
    _add_biwi(biwi)
    check = parts.add_parser("check", help="say what is missing, damaged or odd in a copy of a data set")
    check.add_argument("--dataset", required=True, metavar="NAME", help="Pose_300W_LP, AFLW2000 or BIWI")
    check.add_argument("--data_dir", "--data-dir", required=True, metavar="DIR", help="its folder")
    check.add_argument("--decode", action="store_true", help="decode every picture (minutes) instead of its header")
    check.add_argument("--json", action="store_true", help="print the report as JSON")


def _add_biwi(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data_dir", "--data-dir", required=True, metavar="DIR", help="the folder that holds 01 … 24")
    parser.add_argument("--out", metavar="FILE", help="default: DIR/headpose_boxes.json, or DIR/BIWI.npz")
    parser.add_argument(
        "--format", choices=("boxes", "npz"), default="boxes", help="boxes for this program, or crops as FSA-Net's .npz"
    )
    parser.add_argument(
        "--lost", default="drop", metavar="HOW", help="frames without a face: drop them, or take the previous box"
    )
    parser.add_argument("--rule", metavar="NAME", help="npz: crops as published (6drepnet, the default) or square")
    parser.add_argument("--size", type=int, metavar="PX", help="npz: side of the crops, 64 to 256 (default)")
    parser.add_argument(
        "--labels", metavar="NAME", help="npz: pose as published (6drepnet) or in the rgb camera's view"
    )
    parser.add_argument("--split", action="store_true", default=None, help="npz: NAME_train and NAME_test by 70/30")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default 1)")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def run(args: argparse.Namespace) -> int:
    """Prepare or check; 0 done or clean, 1 if the check found problems."""
    return _biwi(args) if args.part == "biwi" else _check(args)


def _biwi(args: argparse.Namespace) -> int:
    from runtime.errors import HeadPoseError
    from runtime.progress import progress_bar
    from training.prepare_biwi import prepare_boxes
    from training.prepare_biwi_npz import prepare_npz

    given = {name: getattr(args, name) for name in _NPZ_ONLY if getattr(args, name) is not None}
    if given and args.format == "boxes":
        raise HeadPoseError(f"--{next(iter(given))} is about crops, and face boxes have none: add  --format npz")
    shared = {"lost": args.lost, "workers": args.workers, "overwrite": args.overwrite}
    with progress_bar() as show:
        if args.format == "npz":
            done = prepare_npz(args.data_dir, args.out, **{**_NPZ_ONLY, **given}, **shared, progress=show)
        else:
            done = prepare_boxes(args.data_dir, args.out, **shared, progress=show)
    _print_preparation(done)
    return 0


def _print_preparation(done: Preparation) -> None:
    from training.prepare_biwi import PUBLISHED_FRAMES, PUBLISHED_KEPT

    print(f"{done.kept:,} of {done.boxes.frames:,} frames have a face box.")
    for reason, count in done.reasons.items():
        print(f"  dropped {count:,}: {reason}")
    for sequence, (kept, every) in done.poor_sequences.items():
        print(
            f"  sequence {sequence} kept only {kept} of {every}: look at its frames, a wrong first face loses the rest"
        )
    print(
        f"Published: {PUBLISHED_KEPT:,} of {PUBLISHED_FRAMES:,} with MTCNN. Another detector keeps other frames: "
        "compare errors with care, and give the count with every result."
    )
    if done.boxes.frames != PUBLISHED_FRAMES:
        print(f"This copy has {done.boxes.frames:,} frames and not {PUBLISHED_FRAMES:,}: see  headpose prepare check")
    for file in done.files:
        print(f"wrote {file}")


def _check(args: argparse.Namespace) -> int:
    from runtime.progress import progress_bar
    from training.dataset_check import check_dataset

    with progress_bar() as show:
        report = check_dataset(args.dataset, Path(args.data_dir), decode=args.decode, progress=show)
    if args.json:
        print(report.to_json())
    else:
        _print_report(report)
    return 0 if report.clean else 1


def _print_report(report: DatasetReport) -> None:
    print(f"{report.dataset} in {report.folder}")
    for name, (found, published) in report.counts.items():
        note = "" if published is None else " (as published)" if found == published else f" (published: {published:,})"
        print(f"  {name}: {found:,}{note}")
    if report.clean:
        print("Nothing is wrong" + ("." if report.decoded else "; pictures were not decoded (--decode)."))
        return
    for kind, total in report.totals.items():
        print(f"\n{kind}: {total:,}")
        listed = [problem for problem in report.problems if problem.kind == kind]
        for problem in listed:
            print(f"  {problem.reason}" if problem.file == "." else f"  {problem.file}: {problem.reason}")
        if len(listed) < total:
            print(f"  … and {total - len(listed):,} more")
