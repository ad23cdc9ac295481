#!/usr/bin/env python3
"""Write ios_app/HeadPose.xcodeproj, always the same; `--check` only says whether what lies there is that.

    python ios_app/tools/generate_project.py [--check] [--out FOLDER]

Needs Python 3.11 and nothing else. Change a target, a setting or a scheme here, in settings.py, project.py or
scheme.py, not in Xcode; source files need no change, for the targets build whole folders.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the modules beside, also when this one is imported

from project import pbxproj
from scheme import PROJECT_FILE, RUN_CONFIGURATION, scheme

IOS_APP = Path(__file__).resolve().parents[1]
_WORKSPACE = """<?xml version="1.0" encoding="UTF-8"?>
<Workspace
   version = "1.0">
   <FileRef
      location = "self:">
   </FileRef>
</Workspace>
"""


def files() -> dict[Path, str]:
    """Every file of the project, with its place below ios_app."""
    project = Path(PROJECT_FILE)
    schemes = {project / "xcshareddata/xcschemes" / f"{n}.xcscheme": scheme(c) for n, c in RUN_CONFIGURATION.items()}
    workspace = {project / "project.xcworkspace/contents.xcworkspacedata": _WORKSPACE}
    return {project / "project.pbxproj": pbxproj(), **workspace, **schemes}


def stale(folder: Path) -> list[Path]:
    """The files of the project that are missing below `folder` or differ from what would be written."""
    return [
        path
        for path, text in files().items()
        if not (folder / path).is_file() or (folder / path).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """0 if the files are as they should be, now or already; 1 if `--check` found that they are not."""
    parser = argparse.ArgumentParser(description="Write the app's Xcode project, always the same.")
    parser.add_argument("--out", type=Path, default=IOS_APP, help="folder to write it into (default: ios_app)")
    parser.add_argument("--check", action="store_true", help="write nothing: 1 if the files differ")
    args = parser.parse_args(arguments)
    different = stale(args.out)
    for path in different:
        if not args.check:
            (args.out / path).parent.mkdir(parents=True, exist_ok=True)
            (args.out / path).write_text(files()[path], encoding="utf-8", newline="\n")
        print(f"{'differs' if args.check else 'written'}: {args.out / path}")
    if args.check and different:
        print("write them anew with  python ios_app/tools/generate_project.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
