"""``headpose evaluate`` and ``python -m training.evaluate``: errors of a checkpoint or exported file on a data set."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from runtime.sessions import Session
    from training.complexity import Complexity
    from training.data.source import PoseSource, Progress
    from training.evaluate import Evaluation

PICTURE_NAME, ROBUSTNESS_NAME, DRAWINGS_NAME = "picture.png", "robustness.png", "faces"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; those of 6DRepNet's test.py keep their names."""
    _add_inputs(parser)
    parser.add_argument("--out", metavar="DIR", help="write evaluation.json, errors.csv and picture.png there")
    parser.add_argument("--overwrite", action="store_true", help="replace what an earlier evaluation left there")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")
    parser.add_argument("--show_viz", action="store_true", help="also draw every face with both poses into DIR/faces")
    parser.add_argument("--robustness", action="store_true", help="also measure under blur, noise, occlusion, …")
    parser.add_argument("--batch_size", type=int, default=32, metavar="N", help="images at once (default: %(default)s)")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: the engine's own choice)")
    parser.add_argument("--gpu", type=int, metavar="N", help="accepted as in 6DRepNet's test.py; it runs on the CPU")
    parser.add_argument(
        "--bootstrap", type=int, default=1000, metavar="N", help="resamples of the intervals, 0: none (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default: %(default)s)")
    parser.add_argument(
        "--max_skipped", type=int, default=10, metavar="N", help="unreadable pictures left out (default: %(default)s)"
    )


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--snapshot",
        "--checkpoint",
        "--artifact",
        dest="snapshot",
        required=True,
        metavar="FILE|NAME",
        help="checkpoint (.safetensors, .tar, .pth), exported .onnx, .tflite or .mlpackage, default, default-m0, "
        "default-m4, or untrained",
    )
    parser.add_argument("--backbone", metavar="NAME", help="needed only where the file does not tell")
    parser.add_argument("--dataset", default="AFLW2000", metavar="NAME", help="data set (default: %(default)s)")
    parser.add_argument("--data_dir", metavar="DIR", help="its folder or file (default: datasets/NAME)")
    parser.add_argument("--filename_list", metavar="FILE", help="its list of files (default: the one in the folder)")
    parser.add_argument("--framing", metavar="NAME", help="how faces are cut out (default: the published test crop)")
    parser.add_argument("--landmarks", choices=("all", "visible"), help="AFLW2000: which landmarks span the face box")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="further option of the data set"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only N faces, evenly spread (default: all)")


def run(args: argparse.Namespace) -> int:
    """Evaluate, print and write; 0 when done."""
    from runtime.progress import progress_bar
    from training.evaluate import evaluate
    from training.robustness import variants

    _check_output(args)
    session = open_model(args.snapshot, args.backbone, args.threads)
    options = _options(args)
    with progress_bar() as progress:
        source = _open_data(args, options, progress)
        result = evaluate(
            session,
            source,
            framing=args.framing or _default_framing(args.dataset, args),
            batch_size=args.batch_size,
            disturbances=variants() if args.robustness else (),
            max_skipped=args.max_skipped,
            resamples=args.bootstrap,
            seed=args.seed,
            path=args.snapshot,
            options=_recorded(args, options),
            complexity=_complexity(session),
            progress=progress,
        )
        written = _write(Path(args.out), result, args, progress) if args.out else []
    _show(result, args, written)
    return 0


def open_model(path: str, backbone: str | None = None, threads: int | None = None) -> Session:
    """A checkpoint, an exported file or a name ('default', 'untrained', …) as a session.

    Raises HeadPoseError if it does not exist, cannot be opened, or is of another backbone than asked for.
    """
    import importlib

    from runtime.sessions import SESSIONS, open_session
    from training.models.shipped import is_name

    torch_session = SESSIONS[".safetensors"]
    if is_name(path):
        module, _, name = torch_session.partition(":")
        session: Session = getattr(importlib.import_module(module), name)(path, threads=threads, backbone=backbone)
        return session
    if SESSIONS.get(Path(path).suffix) == torch_session:
        return open_session(path, threads=threads, backbone=backbone)
    session = open_session(path, threads=threads)
    if backbone not in (None, session.info.backbone):
        raise HeadPoseError(f"{path} has the backbone {session.info.backbone}, not {backbone}: leave --backbone out")
    return session


def _check_output(args: argparse.Namespace) -> None:
    """Before minutes of work: nothing may be in the way."""
    from runtime.atomic import check_new
    from training.evaluation_files import ERRORS_NAME, RECORD_NAME

    if args.show_viz and not args.out:
        raise HeadPoseError("--show_viz draws into a folder: say which with --out DIR")
    for name in (RECORD_NAME, ERRORS_NAME, PICTURE_NAME, ROBUSTNESS_NAME, DRAWINGS_NAME) if args.out else ():
        check_new(Path(args.out) / name, overwrite=args.overwrite)


def _options(args: argparse.Namespace) -> dict[str, str]:
    options = {} if args.landmarks is None else {"landmarks": args.landmarks}
    for text in args.option:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise HeadPoseError(f"--option {text} is no NAME=VALUE: write it like --option labels=rgb")
        options[name] = value
    return options


def _open_data(args: argparse.Namespace, options: dict[str, str], progress: Progress) -> PoseSource:
    from training.data.registry import open_dataset, spread

    if args.limit < 0:
        raise HeadPoseError(f"--limit {args.limit} is negative: give a number of faces, or 0 for all")
    folder = args.data_dir or f"datasets/{args.dataset}"
    source = open_dataset(args.dataset, folder, args.filename_list, options=options, progress=progress)
    return spread(source, args.limit)


def _default_framing(dataset: str, args: argparse.Namespace) -> str:
    from training.data.registry import DEFAULT_FRAMING

    is_npz = dataset == "BIWI" and Path(args.filename_list or args.data_dir or "").suffix == ".npz"
    return DEFAULT_FRAMING["BIWI_npz" if is_npz else dataset]


def _recorded(args: argparse.Namespace, options: dict[str, str]) -> dict[str, str]:
    """What the figures depend on besides the data set's name."""
    facts = {"dataset": args.dataset, **_defaults(args.dataset), **options}
    if args.filename_list:
        facts["filename_list"] = Path(args.filename_list).name
    return {**facts, "limit": str(args.limit)} if args.limit else facts


def _defaults(dataset: str) -> dict[str, str]:
    """Options of the data set that were not given, with the values that then hold."""
    import inspect

    from training.data.registry import DATASETS

    parameters = inspect.signature(DATASETS[dataset].opener).parameters.values() if dataset in DATASETS else ()
    return {p.name: str(p.default) for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not None}


def _complexity(session: Session) -> Complexity | None:
    """None where the network cannot be built: without PyTorch, or of an unknown backbone."""
    from training.complexity import complexity

    try:
        return complexity(session.info.backbone, session.info.input_size)
    except (HeadPoseError, ImportError):
        return None


def _write(folder: Path, result: Evaluation, args: argparse.Namespace, progress: Progress) -> list[Path]:
    from runtime.images import save_image
    from training.evaluation_files import ERRORS_NAME, RECORD_NAME, write_evaluation
    from training.evaluation_picture import draw_faces, evaluation_picture, robustness_picture, worst

    progress("drawing", 0, 1)
    write_evaluation(folder, result.record, result.per_image, overwrite=args.overwrite)
    crops = [result.faces.crops(int(result.indices[row]))[0] for row in worst(result.per_image)]
    save_image(folder / PICTURE_NAME, evaluation_picture(result.record, result.per_image, crops))
    names = [RECORD_NAME, ERRORS_NAME, PICTURE_NAME]
    if result.record.robustness:
        save_image(folder / ROBUSTNESS_NAME, robustness_picture([result.record]))
        names.append(ROBUSTNESS_NAME)
    if args.show_viz:
        draw_faces(folder / DRAWINGS_NAME, result, progress)
        names.append(DRAWINGS_NAME)
    return [folder / name for name in names]


def _show(result: Evaluation, args: argparse.Namespace, written: list[Path]) -> None:
    from training.commands.evaluation_table import print_evaluation

    if args.json:
        print(json.dumps(result.record.to_json(), indent=1, ensure_ascii=False))
    else:
        print_evaluation(result.record)
        for path in written:
            print(path)
