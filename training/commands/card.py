"""``headpose card``: figures of weights, by who is shown and how, as a card for people and for programs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from training.card_record import Card

_EPILOG = """
The held-out set is made with  headpose synth --out DIR --count N --held-out --density uniform. Shipped weights keep
their card beside them; for a file of yours say where it goes with --out.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = _EPILOG
    parser.add_argument("checkpoint", metavar="FILE|NAME", help="a checkpoint, or shipped weights: default-m0, …-m4")
    parser.add_argument("--backbone", metavar="NAME", help="needed only where the file does not tell")
    parser.add_argument("--held-out", metavar="DIR", help="rendered set of people never trained on")
    parser.add_argument("--photos", metavar="DIR", help="photographs with labels.json")
    parser.add_argument(
        "--leave-out", metavar="KEY", action="append", default=[], help="a photograph that does not count"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only N rendered faces (default: all)")
    parser.add_argument("--out", metavar="FILE", help="NAME.json, and NAME.md beside it (default: the shipped card)")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: the engine's own choice)")
    parser.add_argument(
        "--bootstrap", type=int, default=1000, metavar="N", help="resamples of the intervals, 0: none (%(default)s)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace figures that are there already")
    parser.add_argument("--json", action="store_true", help="print the card as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure and write the card; 0 when done."""
    from runtime.progress import progress_bar
    from training.card import measure_photographs, measure_rendered, measured
    from training.session import TorchSession
    from training.ship import write_card

    _check(args)
    place, card = _begun(args)
    session = TorchSession(args.checkpoint, backbone=args.backbone, threads=args.threads)
    sets = []
    with progress_bar() as show:
        how = {"resamples": args.bootstrap, "progress": show}
        if args.held_out:
            sets.append(measure_rendered(session, args.held_out, limit=args.limit, **how))
        if args.photos:
            sets.append(measure_photographs(session, args.photos, leave_out=args.leave_out, **how))
    card = measured(card, sets, overwrite=args.overwrite)
    write_card(place, card, overwrite=True)
    _show(card, place, as_json=args.json)
    return 0


def _check(args: argparse.Namespace) -> None:
    if not args.held_out and not args.photos:
        raise HeadPoseError("nothing to measure on: give --held-out, a rendered set, or --photos, or both")
    if args.leave_out and not args.photos:
        raise HeadPoseError("--leave-out names a photograph: give their folder with --photos")
    if args.limit < 0 or args.bootstrap < 0:
        raise HeadPoseError("--limit and --bootstrap are numbers from 0 on")
    if args.out and Path(args.out).suffix != ".json":
        raise HeadPoseError(f"--out {args.out} is no card: its name ends in .json, and the text goes beside it as .md")


def _begun(args: argparse.Namespace) -> tuple[Path, Card]:
    """Where the card goes, and what it says before anything is measured; all that could be in the way is told now."""
    from runtime.atomic import check_new
    from training.card_record import PHOTOGRAPHS, RENDERED, read_card
    from training.models.checkpoints import open_checkpoint
    from training.models.shipped import find, is_name
    from training.ship import draft_card

    named = find(args.checkpoint, args.backbone) if is_name(args.checkpoint) else None
    if named is not None:
        if named.file is None:
            raise HeadPoseError("untrained weights have no figures: give a checkpoint, default-m0 or default-m4")
        own = named.file.with_suffix(".json")
        place, card = Path(args.out or own), read_card(own)
        asked = [kind for kind, given in ((RENDERED, args.held_out), (PHOTOGRAPHS, args.photos)) if given]
        if not args.out and not args.overwrite and (done := [kind for kind in asked if card.measured(kind)]):
            raise HeadPoseError(f"the card of {card.name} has figures on {done[0]} already: pass --overwrite")
    elif not args.out:
        raise HeadPoseError("where does the card go? say  --out NAME.json")
    else:
        file = Path(args.checkpoint)
        loaded = open_checkpoint(file, args.backbone)
        facts = {"training_data": loaded.info.training_data, "licence": loaded.info.licence}
        place, card = Path(args.out), draft_card(file, loaded, **facts)
    if args.out:
        check_new(place, overwrite=args.overwrite)
    return place, card


def _show(card: Card, place: Path, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(card.to_json(), indent=1, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    from training.card_text import figures_text

    console = Console()
    console.print(Markdown(figures_text(card)))
    console.print(f"written: {place} and {place.with_suffix('.md').name}", soft_wrap=True, highlight=False)
