"""``headpose train``: a recipe and flags become a run folder with weights, figures and pictures."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

_EPILOG = """
A recipe's settings go before the defaults, flags go before the recipe. Stop with Ctrl-C or SIGTERM at any time: the run
is saved first, and --resume goes on as if nothing had happened. On several GPUs:
torchrun --nproc_per_node N -m training.train …
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: one flag for every field of `TrainConfig`, and 6DRepNet's old ones."""
    from training.config import TrainConfig, field_help, field_types, recipe_names

    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--recipe", metavar="NAME|FILE", help=f"settings to start from: {', '.join(recipe_names())}")
    parser.add_argument("--resume", metavar="RUN", help="continue this run folder (or one of its snapshots) in place")
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    for name, kind in field_types().items():
        flags = [f"--{name}", *([f"--{name.replace('_', '-')}"] if "_" in name else [])]
        text = field_help()[name].replace("%", "%%")
        default = getattr(TrainConfig(), name)
        if default not in (None, "", {}):
            text += f" ({','.join(map(str, default)) if isinstance(default, tuple) else default})"
        if kind is bool:  # a bare flag switches on; 'false' switches off
            parser.add_argument(*flags, nargs="?", const="true", default=argparse.SUPPRESS, metavar="BOOL", help=text)
        else:
            parser.add_argument(*flags, default=argparse.SUPPRESS, metavar="X", help=text)
    parser.add_argument("--gpu", "--gpu_id", metavar="N", help="6DRepNet's: number of the GPU; -1 is the CPU")
    parser.add_argument("--scheduler", metavar="BOOL", help="6DRepNet's: true is --schedule multistep, false constant")


def run(args: argparse.Namespace) -> int:
    """Train; 0 done, 128 + the signal if one stopped the run. Raises HeadPoseError for bad input."""
    config, resume = _settings(args)
    if args.dry_run:
        return _dry_run(config, as_json=args.json)
    from runtime.progress import progress_bar
    from training.train import train

    with progress_bar() as show:
        outcome = train(config, resume=resume, progress=_throttled(show), say=_say)
    if _is_main():
        _report(outcome, as_json=args.json)
    return outcome.exit_code


def _is_main() -> bool:
    import os

    return os.environ.get("RANK", "0") == "0"


def _settings(args: argparse.Namespace) -> tuple[Any, Any]:
    from training.config import TrainConfig, check, read_recipe, with_values

    given = {name: value for name, value in vars(args).items() if name in vars(TrainConfig())}
    given.update(_old_flags(args))
    if args.resume:
        return _resumed(args, given)
    config = TrainConfig()
    if args.recipe:
        config = with_values(config, read_recipe(args.recipe), f"the recipe {args.recipe}")
    return check(with_values(config, given, "the flags")), None


def _old_flags(args: argparse.Namespace) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if args.gpu is not None:
        values["device"] = _device(args.gpu)
    if args.scheduler is not None:
        values["schedule"] = "multistep" if str(args.scheduler).lower() in ("true", "1", "yes") else "constant"
    return values


def _device(gpu: str) -> str:
    """6DRepNet's users pass --gpu 0 everywhere; where there is no GPU it cannot mean one."""
    import torch

    from runtime.errors import HeadPoseError

    try:
        number = int(gpu)
    except ValueError:
        raise HeadPoseError(f"--gpu takes a number, not '{gpu}': 0 is the first GPU, -1 the CPU") from None
    if number >= 0 and not torch.cuda.is_available():
        _say(f"--gpu {number}: this machine has no CUDA GPU, training on the CPU")
        return "cpu"
    return f"cuda:{number}" if number >= 0 else "cpu"


def _resumed(args: argparse.Namespace, given: dict[str, Any]) -> tuple[Any, Any]:
    from runtime.errors import HeadPoseError
    from training.config import TrainConfig, check, with_values
    from training.run_folder import RunFolder
    from training.snapshots import load_state, newest_state

    place = Path(args.resume)
    if args.recipe:
        raise HeadPoseError("--resume takes its settings from the run: leave --recipe out")
    if not place.exists():
        raise HeadPoseError(f"{place} does not exist: give a run folder or one of its .tar snapshots")
    state, path, faults = (load_state(place), place, []) if place.is_file() else newest_state(place)
    for fault in faults:
        _say(f"{fault}: going back to {path.name}")
    before = with_values(TrainConfig(), state.config, str(path))
    config = check(with_values(before, given, "the flags"))
    changed = [name for name in given if getattr(config, name) != getattr(before, name)]
    if changed:
        _say(f"changed since the snapshot: {', '.join(changed)}")
    return config, (RunFolder(path.parent), state)


def _throttled(show: Any) -> Any:
    """Every step moves a bar; plain output gets a line now and then."""
    import time

    if sys.stderr.isatty():
        return show
    last = [0.0]

    def now_and_then(text: str, done: int, total: int) -> None:
        if done >= total or time.monotonic() - last[0] >= 10:
            last[0] = time.monotonic()
            show(text, done, total)

    return now_and_then


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _dry_run(config: Any, *, as_json: bool) -> int:
    from training.plan import plan
    from training.run_data import open_data

    facts = plan(config, open_data(config))
    if as_json:
        print(json.dumps({"config": config.to_dict(), "plan": facts}, indent=1, ensure_ascii=False))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "value", title="the plan; nothing was trained", title_justify="left")
    for name, value in facts.items():
        table.add_row(name.removesuffix("_bytes").replace("_", " "), _readable(name, value))
    Console().print(table)
    return 0


def _readable(name: str, value: Any) -> str:
    if name == "memory_bytes":
        return ", ".join(f"{part} {size / 1e6:,.0f} MB" for part, size in value.items())
    if name == "memory_total_bytes":
        return f"about {value / 1e9:.2f} GB, besides workspaces and the loading processes"
    if name == "learning_rate":
        return ", ".join(f"epoch {epoch}: {rate:.3g}" for epoch, rate in value.items())
    if name == "augmentation":
        return ", ".join(step["step"] for step in value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _report(outcome: Any, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"folder": str(outcome.folder), **outcome.summary}, indent=1, ensure_ascii=False))
        return
    from rich.console import Console

    console, summary = Console(), outcome.summary
    if outcome.status != "finished":
        text = f"stopped ({outcome.status}) and saved; go on with  headpose train --resume {outcome.folder}"
        console.print(text, soft_wrap=True, highlight=False)
        return
    best = summary["best_held_out_geodesic_deg"]
    figure = (
        f"best {best:.3f}° on the held-out part (epoch {summary['best_epoch']})"
        if best is not None
        else "nothing held out"
    )
    console.print(f"finished {summary['epochs']} epochs: {figure}, {summary['images_per_s']:.0f} images/s")
    if summary["skipped"]:
        console.print(f"[yellow]{len(summary['skipped'])} pictures could not be read; summary.json lists them[/]")
    console.print(f"run folder: {outcome.folder}", soft_wrap=True)
