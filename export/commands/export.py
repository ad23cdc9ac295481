"""``headpose export``: a checkpoint becomes artefacts whose rotations are proven."""

from __future__ import annotations

import argparse
import json
from typing import Any

_TARGETS = "onnx,tflite,coreml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--checkpoint",
        default="default",
        metavar="FILE|NAME",
        help="a file, or shipped weights: default, default-m0, default-m4; or untrained (default: %(default)s)",
    )
    parser.add_argument("--backbone", help="repnext_m0…m5, repvgg_*, timm:<name> (default: the checkpoint's own)")
    parser.add_argument("--targets", help=f"comma-separated (default: {_TARGETS}, or what --install needs)")
    parser.add_argument(
        "--precision",
        default="fp32,fp16",
        help="comma-separated: fp32, fp16, int8 of all; int8_static, int16x8 of tflite; palette8, palette6, palette4, "
        "w8a8 of coreml (default: %(default)s)",
    )
    parser.add_argument("--output", default="rotation", help="rotation (3×3) or sixd (default: %(default)s)")
    parser.add_argument(
        "--size", help="side of the square input in pixels (default: the checkpoint's own, usually 224)"
    )
    _add_quantization_arguments(parser)
    parser.add_argument("--out", default="out", help="folder for the artefacts (default: %(default)s)")
    parser.add_argument("--no-parity", action="store_true", help="do not compare the rotations with PyTorch's")
    parser.add_argument("--allow-failed", action="store_true", help="keep artefacts that miss their parity gate")
    parser.add_argument("--overwrite", action="store_true", help="replace artefacts that are there already")
    _add_install_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_install_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("an app to run the files")
    group.add_argument(
        "--install",
        metavar="APP",
        help="copy the files that passed, and their manifest, where this app's project finds them: ios (Core ML) "
        "or android (TFLite, and ONNX with --targets tflite,onnx); neither app was ever built with its vendor's tools",
    )
    group.add_argument(
        "--install-to",
        metavar="DIR",
        help="another folder than the app's own (default for ios: ios_app/HeadPose/Models)",
    )


def add_calibration_arguments(parser: Any) -> None:
    """Declare how files in few bits are calibrated and prepared; `parser` may be a group."""
    parser.add_argument(
        "--calibration",
        default="shipped",
        metavar="FOLDER|shipped|synthetic",
        help="faces that ranges are measured on: a folder of pictures or a face list, the rendered heads that come "
        "with the program, or heads rendered now (default: %(default)s)",
    )
    parser.add_argument("--samples", type=int, default=256, metavar="N", help="at most so many (default: %(default)s)")
    parser.add_argument(
        "--clipping",
        default="auto",
        help="how much of an activation its 8 bits span: minmax, percentile, mse (default: what measured best for the "
        "target)",
    )
    parser.add_argument("--no-equalize", action="store_true", help="do not make channels more alike before rounding")
    parser.add_argument("--no-bias-correction", action="store_true", help="do not correct biases for rounded weights")
    parser.add_argument(
        "--exact-gelu", action="store_true", help="no x·sigmoid(1.702 x) for GELU where activations are in 8 bits"
    )
    parser.add_argument(
        "--no-compensation", action="store_true", help="put weights into palettes without making up for the errors"
    )


def calibration_from(args: argparse.Namespace, **more: Any) -> Any:
    """The settings that the options ask for; HeadPoseError for one that makes no sense."""
    from export.quantize.settings import Quantization

    return Quantization(
        calibration=args.calibration,
        samples=args.samples,
        equalize=not args.no_equalize,
        correct_biases=not args.no_bias_correction,
        compensate=not args.no_compensation,
        sigmoid_gelu=not args.exact_gelu,
        clipping=args.clipping,
        **more,
    )


def _add_quantization_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("files in few bits")
    add_calibration_arguments(group)
    group.add_argument(
        "--labels",
        default="shipped",
        metavar="FOLDER|shipped|synthetic|none",
        help="faces with rotations that errors are measured on: a folder with labels.csv, the held-out heads that come "
        "with the program, or heads rendered now (default: %(default)s)",
    )
    group.add_argument("--keep-wide", default="", metavar="MODULES", help="comma-separated paths that stay in float")
    group.add_argument(
        "--budget-deg", type=float, metavar="DEG", help="largest mean loss on the parity inputs, besides the gate"
    )
    group.add_argument("--no-widen", action="store_true", help="do not keep blocks in float to meet gate and budget")


def _quantization(args: argparse.Namespace) -> Any:
    wide = tuple(_names(args.keep_wide))
    return calibration_from(args, keep_wide=wide, widen=not args.no_widen, budget_deg=args.budget_deg)


def run(args: argparse.Namespace) -> int:
    """Export; 0 if every artefact is within its gate, 1 if one is not."""
    from export.pipeline import export
    from runtime.progress import progress_bar

    app, folder, targets = _destination(args)
    with progress_bar() as progress:
        result = export(
            args.checkpoint,
            args.backbone,
            targets=targets,
            precisions=_names(args.precision),
            output=args.output,
            input_size=_size(args.size),
            out=args.out,
            parity=not args.no_parity,
            quantization=_quantization(args),
            labels=args.labels,
            overwrite=args.overwrite,
            allow_failed=args.allow_failed,
            progress=progress,
        )
    if not args.json:
        _print_table(result)
    installed = _install(result, app, folder, args)
    if args.json:
        print(json.dumps({**_as_json(result), "installed": installed}, indent=1))
    return 0 if result.passed else 1


def _destination(args: argparse.Namespace) -> tuple[Any, Any, list[str]]:
    """The app and its folder, or twice None, and the targets; all that can be wrong with them shows before the work."""
    from export.install import app_named, models_folder
    from runtime.errors import HeadPoseError

    if args.install is None:
        if args.install_to is not None:
            raise HeadPoseError("--install-to names a folder for an app: say which one, as in --install ios")
        return None, None, _names(_TARGETS if args.targets is None else args.targets)
    app = app_named(args.install)
    targets = [app.targets[0]] if args.targets is None else _names(args.targets)
    if not set(app.targets) & set(targets):
        raise HeadPoseError(
            f"--install {args.install} needs {' or '.join(app.targets)} files: add {app.targets[0]} to --targets"
        )
    return app, models_folder(app, args.install_to), targets


def _install(result: Any, app: Any, folder: Any, args: argparse.Namespace) -> dict[str, Any] | None:
    """Install if that was asked for, and say so; returns its JSON form."""
    from export.install import install

    if app is None:
        return None
    done = install(result, app, folder, overwrite=args.overwrite)
    if not args.json:
        print(done.next_step)
    return {"app": args.install, "folder": str(done.folder), "files": list(done.files), "next": done.next_step}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _size(text: str | None) -> int | None:
    from runtime.errors import HeadPoseError

    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise HeadPoseError(f"--size takes a whole number of pixels, not '{text}': try --size 224") from None


def _as_json(result: Any) -> dict[str, Any]:
    return {
        "passed": result.passed,
        "manifest": str(result.manifest),
        "artifacts": [
            {
                "path": str(e.path),
                "written": e.written,
                "size_bytes": e.size_bytes,
                "seconds": round(e.seconds, 2),
                "trained": e.info.checkpoint.trained,
                "training_data": e.info.checkpoint.training_data,
                "licence": e.info.checkpoint.licence,
                "parity": e.info.parity,
                "accuracy": e.info.accuracy,
                "quantization": e.info.quantization,
            }
            for e in result.artifacts
        ],
    }


def _print_table(result: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        "file", "MB", "export s", "mean °", "max °", "gate", title="degrees from the PyTorch network (train form)"
    )
    for e in result.artifacts:
        figures = ["–", "–", "not checked"]
        if e.parity is not None:
            verdict = "[green]passed[/]" if e.parity.passed else "[red]FAILED[/]"
            figures = [f"{e.parity.mean_deg:.5f}", f"{e.parity.max_deg:.5f}", verdict]
        table.add_row(e.path.name, f"{e.size_bytes / 1e6:.1f}", f"{e.seconds:.1f}", *figures)
    console.print(table)
    for e in result.artifacts:
        if e.parity is not None and not e.parity.passed:
            fate = "" if e.written else "; it was not written (--allow-failed keeps it)"
            console.print(f"[red]{e.path.name}[/]: {e.parity.explanation()}{fate}", soft_wrap=True)
        wide = (e.info.quantization or {}).get("wide")
        if wide:
            console.print(f"{e.path.name}: kept in float: {', '.join(wide)}", soft_wrap=True, highlight=False)
    for weights in {e.info.checkpoint for e in result.artifacts}:
        text = (
            weights.sentence()
            if weights.trained
            else "[yellow]The weights are UNTRAINED (seeded): the files agree with PyTorch, the poses mean nothing.[/]"
        )
        console.print(text, soft_wrap=True, highlight=False)
    console.print(f"manifest: {result.manifest}")
