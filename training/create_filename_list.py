"""The list of files of a data set, called as in 6DRepNet: python -m training.create_filename_list --root_dir DIR."""

from __future__ import annotations

import argparse
import sys

from runtime.errors import HeadPoseError
from training.commands.filenames import add_arguments, run


def main(argv: list[str] | None = None) -> int:
    """Run with these arguments (the program's own if None); the exit code: 0 written, 2 bad input, 130 interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m training.create_filename_list",
        description="Write the list of the faces of 300W-LP or AFLW2000-3D whose angles are all within the limit.",
    )
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
