"""The list of files of a data set, called as in 6DRepNet: python -m training.create_filename_list --root_dir DIR."""

from __future__ import annotations

import sys

from runtime.command_line import run_command
from training.commands import filenames

_TEXT = "Write the list of the faces of 300W-LP or AFLW2000-3D whose angles are all within the limit."


def main(argv: list[str] | None = None) -> int:
    """Run with these arguments (the program's own if None); the exit code: 0 written, 2 bad input, 130 interrupted."""
    arguments = sys.argv[1:] if argv is None else argv
    return run_command(filenames, "python -m training.create_filename_list", _TEXT, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
