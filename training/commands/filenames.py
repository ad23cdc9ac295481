"""``headpose filenames``: the list of the faces of 300W-LP or AFLW2000-3D that training and evaluation take."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from runtime.errors import HeadPoseError

_SHOWN = 5  # names a reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; --root_dir and --filename are those of 6DRepNet's create_filename_list.py."""
    folder = parser.add_argument("--root_dir", "--root-dir", required=True, help="folder of the data set")
    folder.metavar = "DIR"
    parser.add_argument(
        "--filename", default="filenames.txt", help="the list, relative to the folder (default: %(default)s)"
    )
    parser.add_argument("--limit", default="99", help="largest angle that is kept, degrees (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace a list with other names")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the list and say what was left out; 0 when it is written."""
    from runtime.progress import progress_bar
    from training.data.filelists import create_filename_list

    with progress_bar() as progress:
        report = create_filename_list(
            args.root_dir,
            limit_deg=_degrees(args.limit),
            out=args.filename,
            overwrite=args.overwrite,
            progress=progress,
        )
    if args.json:
        print(json.dumps({**asdict(report), "path": str(report.path), "found": report.found}, ensure_ascii=False))
        return 0
    for line in _summary(report, args.limit):
        print(line)
    return 0


def _degrees(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise HeadPoseError(f"--limit takes degrees, not '{text}': try --limit 99") from None


def _summary(report: Any, limit: str) -> list[str]:
    lines = [f"{report.path}: {report.kept:,} of {report.found:,} faces{'' if report.written else ' (as before)'}"]
    lines += _reason(f"an angle beyond {limit}°", report.out_of_range)
    lines += _reason("no .mat file beside the picture", report.without_mat)
    if report.unusable:
        lines.append(f"  left out, {len(report.unusable):,}: cannot be used")
        lines += [f"    {reason}" for _, reason in report.unusable[:_SHOWN]]
        lines += ["    …"] * (len(report.unusable) > _SHOWN)
    return lines + _comparison(report, limit)


def _reason(text: str, names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    return [f"  left out, {len(names):,}: {text} ({', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''})"]


def _comparison(report: Any, limit: str) -> list[str]:
    if report.published is None:
        return []
    name, found, kept = report.published
    verdict = "the same" if (report.found, report.kept) == (found, kept) else "not the same"
    published = f"{name} as published: {kept:,} of {found:,} faces within 99°"
    return [f"{published}; this folder with a limit of {limit}°: {verdict}"]
