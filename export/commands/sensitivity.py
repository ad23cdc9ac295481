"""``headpose sensitivity``: the degrees that each block or operator costs when it alone is quantised."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

_SHOWN = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from export.commands.export import add_calibration_arguments

    parser.add_argument("--checkpoint", default="default", metavar="FILE|NAME", help="as of export (default: default)")
    parser.add_argument("--backbone", help="as of export (default: the checkpoint's own)")
    parser.add_argument("--target", required=True, help="onnx, tflite or coreml")
    parser.add_argument("--precision", required=True, help="a precision of the target in few bits, as int8 or w8a8")
    parser.add_argument("--by", default="block", help="block or operator (default: %(default)s)")
    parser.add_argument(
        "--images", type=int, default=32, metavar="N", help="calibration faces to run on (default: %(default)s)"
    )
    add_calibration_arguments(parser)
    parser.add_argument("--out", metavar="DIR", help="write sensitivity_….json and a picture there")
    parser.add_argument("--overwrite", action="store_true", help="replace what --out wrote before")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure; 0."""
    from export.commands.export import calibration_from
    from export.sensitivity import measure_sensitivity
    from runtime.atomic import check_new, make_folder
    from runtime.progress import progress_bar

    stem = f"sensitivity_{args.target}_{args.precision}_{args.by}"
    places = [Path(args.out) / f"{stem}{suffix}" for suffix in (".json", ".png")] if args.out else []
    for place in places:
        check_new(place, overwrite=args.overwrite)
    with progress_bar() as progress:
        found = measure_sensitivity(
            args.checkpoint,
            args.backbone,
            target=args.target,
            precision=args.precision,
            by=args.by,
            quantization=calibration_from(args),
            images=args.images,
            progress=progress,
        )
    if places:
        make_folder(places[0].parent)
        _write(found, *places, overwrite=args.overwrite)
    if args.json:
        print(json.dumps(found.to_json(), indent=1))
    else:
        _print(found)
    return 0


def _write(found: Any, record: Path, picture: Path, *, overwrite: bool) -> None:
    from export.sensitivity_picture import sensitivity_picture
    from runtime.atomic import write_text
    from runtime.images import save_image

    write_text(record, json.dumps(found.to_json(), indent=1))
    save_image(picture, sensitivity_picture(found), overwrite=overwrite)


def _print(found: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    title = f"{found.backbone}, {found.target} {found.precision}: loss of each {found.by} quantised alone"
    table = Table(found.by, "mean °", "max °", title=f"{title}, {found.images} faces")
    for loss in found.ranked[:_SHOWN]:
        table.add_row(loss.unit, f"{loss.mean_deg:.3f}", f"{loss.max_deg:.3f}")
    if len(found.units) > _SHOWN:
        table.add_row(f"… and {len(found.units) - _SHOWN} that lose less", "", "")
    table.add_row("everything", f"{found.whole.mean_deg:.3f}", f"{found.whole.max_deg:.3f}", style="bold")
    console.print(table)
    if not found.trained:
        console.print("[yellow]The weights are UNTRAINED (seeded): these losses mean nothing.[/]")
    worst = ",".join(loss.unit for loss in found.ranked[:3])
    console.print(f"to keep the worst three in float:  headpose export … --keep-wide {worst}", soft_wrap=True)
