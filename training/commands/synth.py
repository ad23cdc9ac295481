"""``headpose synth``: a folder of rendered heads with exact rotations, for training or for tests."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.data.synthetic.generate import Order
    from training.data.synthetic.world import World

_BYTES_A_PIXEL = {"jpg": 0.6, "png": 2.0}  # of usual renders
_EPILOG = """
The folder is a face list: train on it with  headpose train --dataset FaceList --data_dir DIR, and test with
headpose evaluate --dataset FaceList --data_dir DIR. A run that was stopped goes on with the same command. Skins, hair,
eyes and brows are those of MakeHuman's core assets (CC0), a folder of yours: training/data/synthetic/assets.py tells
where to get it. Without it heads have drawn skins and no hair, which is enough to try everything.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: where and how many, what is rendered, how."""
    parser.epilog = _EPILOG
    parser.add_argument("--out", required=True, metavar="DIR", help="the set's folder, new or begun with this command")
    parser.add_argument("--count", required=True, type=int, metavar="N", help="how many pictures")
    what = parser.add_argument_group("what is rendered")
    what.add_argument("--seed", type=int, default=0, help="another one gives other scenes (default: %(default)s)")
    what.add_argument("--size", type=int, default=224, metavar="PX", help="side of the pictures (default: %(default)s)")
    what.add_argument(
        "--density", default="300w-lp", metavar="NAME", help="of the poses: 300w-lp (default), or uniform for tests"
    )
    what.add_argument(
        "--max-yaw", type=float, default=99.0, metavar="DEG", help="largest yaw, up to 120 (default: %(default)g)"
    )
    what.add_argument("--held-out", action="store_true", help="people, skins, hair and backgrounds never trained on")
    what.add_argument("--assets", metavar="DIR", help="asset pack (default: $HEADPOSE_MAKEHUMAN, else drawn skins)")
    what.add_argument(
        "--backgrounds", action="append", default=[], metavar="DIR", help="also put these pictures behind the heads"
    )
    what.add_argument(
        "--environments",
        action="append",
        default=[],
        metavar="DIR",
        help="light every second head by these panoramas (.hdr); training/data/synthetic/environments.py tells where "
        "to get some",
    )
    what.add_argument("--head-model", metavar="FILE", help="kept geometry (default: one in the cache, made if absent)")
    how = parser.add_argument_group("how")
    how.add_argument("--workers", type=int, metavar="N", help="processes (default: one per core)")
    how.add_argument(
        "--shard-size", type=int, default=500, metavar="N", help="pictures of a subfolder (default: %(default)s)"
    )
    how.add_argument("--format", choices=("jpg", "png"), default="jpg", help="of the pictures (default: %(default)s)")
    how.add_argument(
        "--sheet", type=int, default=36, metavar="N", help="faces on contact_sheet.png, 0: none (default: %(default)s)"
    )
    how.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    how.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(args: argparse.Namespace) -> int:
    """Render; 0 when the set is whole, 1 if a process was killed. Raises HeadPoseError for bad input."""
    from training.data.synthetic.generate import WorkerDiedError
    from training.data.synthetic.world import chosen_world

    order, choices = _order(args), _choices(args)
    world = chosen_world(**choices)
    if not world.assets:
        _say("no asset pack: heads have drawn skins and no hair; give one with --assets (see --help)")
    if args.dry_run:
        return _show(_plan(world, order), args, "the plan; nothing was rendered")
    try:
        return _show(_render(order, choices, args.sheet), args, "done")
    except WorkerDiedError as error:
        _say(f"error: {error}")
        return 1


def _order(args: argparse.Namespace) -> Order:
    from runtime.errors import HeadPoseError
    from training.data.synthetic.generate import Order

    if args.sheet < 0:
        raise HeadPoseError(f"--sheet is {args.sheet}: give a number of faces, or 0 for no sheet")
    workers = (os.cpu_count() or 1) if args.workers is None else args.workers
    return Order(Path(args.out), args.count, args.shard_size, f".{args.format}", workers)


def _choices(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "assets": args.assets,
        "head_model": args.head_model,
        "backgrounds": tuple(Path(folder) for folder in args.backgrounds),
        "environments": tuple(Path(folder) for folder in args.environments),
        "held_out": args.held_out,
        "seed": args.seed,
        "density": args.density,
        "max_yaw_deg": args.max_yaw,
        "size": args.size,
    }


def _render(order: Order, choices: dict[str, Any], sheet: int) -> dict[str, Any]:
    from runtime.atomic import make_folder
    from runtime.progress import progress_bar
    from training.data.synthetic.contact_sheet import write_contact_sheet
    from training.data.synthetic.generate import generate
    from training.data.synthetic.world import open_world

    make_folder(order.folder)
    start = time.monotonic()
    with progress_bar() as show:
        world = open_world(progress=show, **choices)
        missing = sum(len(order.indices(shard)) for shard in order.missing())
        labels = generate(world, order, _throttled(show))
        facts: dict[str, Any] = {
            "pictures": order.count,
            "rendered_now": missing,
            "seconds": round(time.monotonic() - start, 1),
        }
        facts["labels"] = str(labels)
        if sheet:
            show("drawing the contact sheet", 0, 1)
            facts["contact_sheet"] = str(write_contact_sheet(labels, sheet))
    return facts


def _plan(world: World, order: Order) -> dict[str, Any]:
    part = world.whole_catalogue().split(world.held_out)
    bytes_each = _BYTES_A_PIXEL[order.suffix[1:]] * world.size**2
    return {
        "pictures": order.count,
        "still_to_render": sum(len(order.indices(shard)) for shard in order.missing()),
        "shards": order.shards,
        "workers": min(order.workers, max(len(order.missing()), 1)),
        "megabytes_about": round(order.count * bytes_each / 1e6, 1),
        "people": part.identities[1] - part.identities[0],
        "skins": len(part.skins),
        "hair_styles": len(part.hair),
        "backgrounds": len(part.backgrounds),
        "environments": len(part.environments),
        "assets": str(world.assets) if world.assets else "none (drawn skins, no hair)",
        "head_model": f"{world.head_model}{'' if world.head_model.exists() else ' (will be made, 1-2 minutes)'}",
    }


def _throttled(show: Any) -> Any:
    """A terminal's bar moves with every picture; plain output gets a line now and then."""
    if sys.stderr.isatty():
        return show
    last = [0.0]

    def now_and_then(text: str, done: int, total: int) -> None:
        if done in (0, total) or time.monotonic() - last[0] >= 10:
            last[0] = time.monotonic()
            show(text, done, total)

    return now_and_then


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show(facts: dict[str, Any], args: argparse.Namespace, title: str) -> int:
    if args.json:
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return 0
    print(title)
    for name, value in facts.items():
        print(f"  {name.replace('_', ' ')}: {f'{value:,}' if isinstance(value, int) else value}")
    return 0
