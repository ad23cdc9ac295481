"""``python -m export.emulation``: makes and checks what ``headpose parity --emulate aarch64`` needs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from runtime.errors import HeadPoseError

_EPILOG = """\
Needs Linux, the tools and keys of Debian (apt-get, dpkg-deb, debian-archive-keyring; no administrator's rights) and
pip. Packages come from the Debian mirror and the package index that this computer is set up with: signatures and
hashes are checked. On other systems, copy a folder that was made on Debian and set HEADPOSE_EMULATION to it.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if the folder is there and works, 2 if not."""
    args = _parser().parse_args(arguments)
    try:
        return {"install": _install, "check": _check}[args.action](args)
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export.emulation", description=__doc__, epilog=_EPILOG)
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("install", help="download and unpack everything into a folder", epilog=_EPILOG)
    make.add_argument("--overwrite", action="store_true", help="make the folder again")
    look = actions.add_parser("check", help="start every engine under emulation")
    for action in (make, look):
        action.add_argument(
            "--into" if action is make else "--folder",
            dest="folder",
            type=Path,
            metavar="DIR",
            help="the folder (default: $HEADPOSE_EMULATION, else headpose/aarch64 in the cache folder)",
        )
    return parser


def _install(args: argparse.Namespace) -> int:
    from export.emulation.install import install
    from runtime.progress import progress_bar

    with progress_bar() as show:
        emulation = install(args.folder, overwrite=args.overwrite, progress=show)
    print(f"{emulation.folder} is ready: qemu {emulation.record.qemu}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from export.emulation.folder import open_emulation
    from export.emulation.install import try_out

    emulation = open_emulation(args.folder)
    try_out(emulation)
    print(f"{emulation.folder} works: qemu {emulation.record.qemu}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
