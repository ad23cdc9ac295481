"""The public face: what ``import headpose`` offers (loaded on first use) and the ``headpose`` command."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any

__version__ = "0.1.0"

# public name → module that holds it
_PUBLIC = {
    "HeadPoseError": "runtime.errors",
    "HeadPose": "runtime.estimator",
    "HeadPoseEstimator": "runtime.estimator",
    "FaceDetector": "runtime.detector",
    "Box": "runtime.preprocess",
    "crop_box": "runtime.preprocess",
    "crop_face": "runtime.preprocess",
    "draw_axes": "runtime.draw",
    "draw_cube": "runtime.draw",
    "open_session": "runtime.sessions",
    "sixd_to_rotation": "runtime.rotation",
    "rotation_to_euler": "runtime.rotation",
    "euler_to_rotation": "runtime.rotation",
    "geodesic_deg": "runtime.rotation",
    "to_opencv": "runtime.rotation",
    "SixDRepNet": "training.models.sixdrepnet",
    "SixDRepNet_RepNeXt": "training.models.sixdrepnet",
    "reparameterize": "training.models.reparam",
    "load_snapshot": "training.models.checkpoints",
    "load_backbone_weights": "training.models.checkpoints",
    "export": "export.pipeline",
    "check_parity": "export.parity",
    "measure_sensitivity": "export.sensitivity",
    "inspect": "export.inspect",
    "train": "training.train",
    "evaluate": "training.evaluate",
}
__all__ = ["__version__", "main", *_PUBLIC]

# sub-command → (module with add_arguments and run, one line for --help)
COMMANDS = {
    "predict": ("runtime.commands.predict", "head poses of a picture, a folder, a video or the webcam"),
    "export": ("export.commands.export", "turn a checkpoint into ONNX, TFLite and Core ML files, and prove them"),
    "parity": ("export.commands.parity", "compare the rotations of exported files with PyTorch's, in degrees"),
    "sensitivity": (
        "export.commands.sensitivity",
        "degrees that each block or operator costs when it alone is quantised",
    ),
    "inspect": ("export.commands.inspect", "what is inside an exported file"),
    "filenames": ("training.commands.filenames", "the list of a data set's files that training reads"),
    "prepare": ("training.commands.prepare", "check a data set, or crop BIWI with our face detector"),
    "synth": ("training.commands.synth", "render heads with exact rotations, to train on or to be tested with"),
    "train": ("training.commands.train", "train 6DRepNet on any backbone, on one processor or many"),
    "evaluate": ("training.commands.evaluate", "errors of a checkpoint or exported file on a labelled set"),
    "card": (
        "training.commands.card",
        "figures of weights by who is shown and how, on held-out renders and photographs",
    ),
    "compare": ("benchmarks.commands.compare", "two evaluations side by side, with intervals on the difference"),
    "demo": ("benchmarks.commands.demo", "export everything, prove it, and run it on a photograph"),
    "bench": ("benchmarks.commands.bench", "latency here, on an Android phone or an iPhone; and what became slower"),
    "report": ("benchmarks.commands.report", "all latency results as one HTML page: table, spread, error, history"),
    "pareto": ("benchmarks.commands.pareto", "exported files beside each other: size, time, degrees lost, error"),
    "doctor": ("export.commands.doctor", "which targets are usable here, and how to get the others"),
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'headpose' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def _overview() -> str:
    lines = [f"  {name:<11} {text}" for name, (_, text) in COMMANDS.items()]
    return "commands:\n" + "\n".join(lines) + "\n\nheadpose COMMAND --help tells the options of one command."


def main(argv: list[str] | None = None) -> int:
    """Run the ``headpose`` command; returns its exit code: 0 done, 1 a check failed, 2 bad input, 130 interrupted."""
    from runtime.command_line import run_command, stop_on_sigterm
    from runtime.errors import unknown_name

    args = list(sys.argv[1:] if argv is None else argv)
    stop_on_sigterm()
    if not args or args[0].startswith("-"):
        return _show_overview(args)
    if args[0] not in COMMANDS:
        print(f"error: {unknown_name('command', args[0], COMMANDS)}", file=sys.stderr)
        return 2
    module, text = COMMANDS[args[0]]
    return run_command(importlib.import_module(module), f"headpose {args[0]}", text, args[1:])


def _show_overview(args: list[str]) -> int:
    top = argparse.ArgumentParser(
        prog="headpose",
        description="Head pose from training to phones.",
        epilog=_overview(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="headpose [--version] COMMAND …",
    )
    top.add_argument("--version", action="version", version=f"headpose {__version__}")
    top.parse_args(args)
    top.print_help()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
