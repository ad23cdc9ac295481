"""The public face: what ``import headpose`` offers (loaded on first use) and the ``headpose`` command."""

from __future__ import annotations

import argparse
import importlib
import os
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
    "inspect": "export.inspect",
}
__all__ = ["__version__", "main", *_PUBLIC]

# sub-command → (module with add_arguments and run, one line for --help)
COMMANDS = {
    "predict": ("runtime.commands.predict", "head poses of a picture, a folder, a video or the webcam"),
    "export": ("export.commands.export", "turn a checkpoint into ONNX, TFLite and Core ML files, and prove them"),
    "parity": ("export.commands.parity", "compare the rotations of exported files with PyTorch's, in degrees"),
    "inspect": ("export.commands.inspect", "what is inside an exported file"),
    "demo": ("benchmarks.commands.demo", "export everything, prove it, and run it on a photograph"),
    "bench": ("benchmarks.commands.bench", "latency of exported files on this computer, in turns"),
    "doctor": ("export.commands.doctor", "which targets are usable here, and how to get the others"),
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'headpose' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def _overview() -> str:
    lines = [f"  {name:<10} {text}" for name, (_, text) in COMMANDS.items()]
    return "commands:\n" + "\n".join(lines) + "\n\nheadpose COMMAND --help tells the options of one command."


def _stop_on_sigterm() -> None:
    """Let a polite kill end like Ctrl-C: through the code that removes half-written files."""
    import signal
    import threading

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def main(argv: list[str] | None = None) -> int:
    """Run the ``headpose`` command; returns its exit code: 0 done, 1 a check failed, 2 bad input, 130 interrupted."""
    from runtime.errors import HeadPoseError, unknown_name

    args = list(sys.argv[1:] if argv is None else argv)
    top = argparse.ArgumentParser(
        prog="headpose",
        description="Head pose from training to phones.",
        epilog=_overview(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="headpose [--version] COMMAND …",
    )
    top.add_argument("--version", action="version", version=f"headpose {__version__}")
    _stop_on_sigterm()
    try:
        if not args or args[0].startswith("-"):
            top.parse_args(args)
            top.print_help()
            return 0
        if args[0] not in COMMANDS:
            raise unknown_name("command", args[0], COMMANDS)
        command = importlib.import_module(COMMANDS[args[0]][0])
        parser = argparse.ArgumentParser(prog=f"headpose {args[0]}", description=COMMANDS[args[0]][1])
        command.add_arguments(parser)
        code = int(command.run(parser.parse_args(args[1:])))
        sys.stdout.flush()
        return code
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output (head, less) has gone: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
