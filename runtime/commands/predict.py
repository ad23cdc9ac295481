"""``headpose predict``: head poses of a picture, a folder of pictures, a video or the webcam."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from runtime.estimator import HeadPoseEstimator

_WEBCAM_FACE_PX = 48.0  # nobody sits so far from a webcam that the face is smaller; keeps the window quick
_EPILOG = """
--out is a folder, or a file name for one picture or video; with --json the results alone go to standard output.
A picture without a face is not an error. In a folder, pictures that cannot be read are told on the error stream and
skipped, and the exit code is then 2. Videos are written as H.264 without sound.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = _EPILOG
    parser.add_argument("source", metavar="IMAGE|FOLDER|VIDEO|0", help="what to look at; 0 is the first webcam")
    parser.add_argument("--artifact", required=True, metavar="FILE", help="exported file or checkpoint that estimates")
    parser.add_argument("--detector-threshold", type=float, metavar="X", help="lowest face score, 0 to 1 (0.65)")
    parser.add_argument(
        "--search", choices=("auto", "whole", "all"), default="auto", help="how far to look for small faces"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (the engines' own choice)")
    parser.add_argument("--draw", choices=("axes", "cube"), default="axes", help="what to draw (axes)")
    parser.add_argument("--out", type=Path, metavar="DIR|FILE", help="write annotated pictures or the annotated video")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--overwrite", action="store_true", help="replace what --out names if it exists")


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 done, 2 if a picture of a folder could not be read. Raises HeadPoseError for bad input."""
    from runtime import images, video

    if args.threads is not None and args.threads < 1:
        raise HeadPoseError(f"--threads takes a number from 1 on, not {args.threads}")
    source = Path(args.source)
    if args.source.isdecimal() and not source.exists():
        return _webcam(args, int(args.source))
    if not source.exists():
        raise HeadPoseError(f"{source} does not exist: give a picture, a folder, a video, or 0 for the webcam")
    if source.is_dir():
        return _pictures(args, images.find_images(source))
    if source.suffix.lower() in video.READ_SUFFIXES:
        return _video(args, source)
    return _pictures(args, [source])


def _estimator(args: argparse.Namespace, **detector_options: Any) -> HeadPoseEstimator:
    from runtime.detector import FaceDetector
    from runtime.estimator import HeadPoseEstimator, UntrainedWeightsWarning, untrained_message

    if args.detector_threshold is not None:
        detector_options["min_score"] = args.detector_threshold
    detector = FaceDetector(threads=args.threads, search=args.search, **detector_options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UntrainedWeightsWarning)  # said below, without a source line
        estimator = HeadPoseEstimator(args.artifact, detector=detector, threads=args.threads)
    info = estimator.session.info
    if not info.checkpoint.trained:
        print(f"warning: {untrained_message(info.name)}", file=sys.stderr)
    return estimator


def _target(source: Path, out: Path | None, suffixes: tuple[str, ...], overwrite: bool) -> Path | None:
    """Where the annotated copy of `source` goes; raise HeadPoseError if it may not be written there."""
    from runtime.atomic import check_new
    from runtime.errors import unknown_name

    if out is None:
        return None
    if out.suffix == "" or out.is_dir():
        suffix = source.suffix if source.suffix.lower() in suffixes else suffixes[0]
        target = out / (source.stem + suffix)
    elif out.suffix.lower() in suffixes:
        target = out
    else:
        raise unknown_name("suffix for --out", out.suffix, suffixes)
    if target.resolve() == source.resolve():
        raise HeadPoseError(f"--out would replace {source} itself: choose another place")
    check_new(target, overwrite=overwrite)
    return target


def _targets(args: argparse.Namespace, files: list[Path]) -> list[Path | None]:
    from runtime.images import WRITE_SUFFIXES

    if (
        args.out is not None
        and Path(args.source).is_dir()
        and (args.out.is_file() or args.out.suffix in WRITE_SUFFIXES)
    ):
        raise HeadPoseError(f"--out {args.out} is a file name, a folder of pictures needs a folder: give one")
    targets = [_target(file, args.out, WRITE_SUFFIXES, args.overwrite) for file in files]
    for i, target in enumerate(targets):
        if target is not None and target in targets[:i]:
            other = files[targets.index(target)]
            raise HeadPoseError(f"{other} and {files[i]} would both be written to {target}: rename one of them")
    return targets


def _pictures(args: argparse.Namespace, files: list[Path]) -> int:
    from runtime.commands.predict_output import print_pictures

    targets, alone = _targets(args, files), not Path(args.source).is_dir()
    estimator = _estimator(args)
    records = []
    with _progress(len(files), quiet=alone) as advance:
        for file, target in zip(files, targets, strict=True):
            try:
                records.append(_picture(estimator, file, target, args))
            except HeadPoseError as error:
                if alone:
                    raise
                print(f"error: {error}", file=sys.stderr)
                records.append({"source": str(file), "error": str(error)})
            advance(file.name)
    print_pictures(records, estimator.session.info, as_json=args.json)
    return 2 if any("error" in record for record in records) else 0


def _picture(estimator: HeadPoseEstimator, file: Path, target: Path | None, args: argparse.Namespace) -> dict[str, Any]:
    from runtime.images import read_image, save_image

    image = read_image(file)
    poses = estimator.predict(image)
    if target is not None:
        from runtime.draw import annotate

        save_image(target, annotate(image, poses, args.draw), overwrite=args.overwrite)
    return {
        "source": str(file),
        "width": image.shape[1],
        "height": image.shape[0],
        "annotated": None if target is None else str(target),
        "poses": [pose.to_dict() for pose in poses],
    }


def _video(args: argparse.Namespace, source: Path) -> int:
    from runtime.commands.predict_output import print_video
    from runtime.video import WRITE_SUFFIXES, VideoReader

    target = _target(source, args.out, WRITE_SUFFIXES, args.overwrite)
    with VideoReader(source) as reader:
        estimator = _estimator(args)
        frames = list(_frames(args, reader, estimator, target))
        record = {
            "source": str(source),
            "frame_rate": round(float(reader.frame_rate), 4),
            "annotated": None if target is None else str(target),
            "frames": frames,
        }
    print_video(record, estimator.session.info, as_json=args.json)
    return 0


def _frames(
    args: argparse.Namespace, reader: Any, estimator: HeadPoseEstimator, target: Path | None
) -> Iterator[dict[str, Any]]:
    """One record per frame; the annotated video is written on the way and appears when the last frame is done."""
    from runtime.atomic import make_folder, replacing
    from runtime.draw import annotate
    from runtime.video import VideoWriter

    frames = iter(reader)
    first = next(frames)  # a video without frames is told before anything is made
    with ExitStack() as stack:
        writer = None
        if target is not None:
            make_folder(target.parent)
            part = stack.enter_context(replacing(target, overwrite=args.overwrite))
            writer = stack.enter_context(VideoWriter(part, reader.frame_rate))
        advance = stack.enter_context(_progress(reader.frames_expected))
        for frame in chain([first], frames):
            poses = estimator.predict(frame.image)
            if writer is not None:
                writer.write(annotate(frame.image, poses, args.draw), frame.time_s)
            advance(f"frame {frame.index}")
            time_s = round(float(frame.time_s), 4)
            yield {"index": frame.index, "time_s": time_s, "poses": [pose.to_dict() for pose in poses]}


def _webcam(args: argparse.Namespace, index: int) -> int:
    from runtime.live import run_webcam

    if args.out is not None or args.json:
        raise HeadPoseError("the webcam is only shown in a window: --out and --json are for pictures and videos")
    shown = run_webcam(_estimator(args, min_face_px=_WEBCAM_FACE_PX), index, style=args.draw)
    print(f"{shown} frames shown", file=sys.stderr)
    return 0


@contextmanager
def _progress(total: int | None, *, quiet: bool = False) -> Iterator[Any]:
    """Yield a function (text) that moves a bar by one step; the bar is on the error stream."""
    if quiet:
        yield lambda text: None
        return
    from rich.console import Console
    from rich.progress import Progress, TimeRemainingColumn

    columns = [*Progress.get_default_columns()[:-1], TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("opening", total=total)
        yield lambda text: bar.update(task, advance=1, description=text)
