"""What a test attached to Xcode's result bundle (.xcresult), through xcresulttool of Xcode 16 and later.

`xcrun xcresulttool export attachments --path BUNDLE --output-path FOLDER` writes the files under names of its own and a
manifest.json: a list of {testIdentifier, attachments: [{exportedFileName, suggestedHumanReadableName,
isAssociatedWithFailure, timestamp, …}]} (`xcresulttool export attachments --schema`). The suggested name is the
XCTAttachment's own with '_<index>_<UUID>' before its suffix.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.iphone.xcode import first_error, run_tool
from runtime.errors import HeadPoseError

_OWN_PART = re.compile(r"_\d+_[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?=\.[^.]+$|$)")


def export_attachments(bundle: Path, folder: Path) -> None:
    """Write the bundle's attachments and their manifest into a folder that does not exist yet.

    Raises HeadPoseError for no bundle, or with xcresulttool's own words.
    """
    if not bundle.exists():
        raise HeadPoseError(f"xcodebuild left no result bundle at {bundle}: run it again")
    command = ["xcrun", "xcresulttool", "export", "attachments", "--path", str(bundle), "--output-path", str(folder)]
    done = run_tool(command)
    if done.returncode != 0:
        words = first_error(done.stderr + done.stdout)
        raise HeadPoseError(
            f"xcresulttool cannot export the attachments of {bundle} ({words}): update Xcode to 16 or later"
        )


def attachment(folder: Path, name: str) -> Path:
    """The file of the last attachment of that name.

    Args:
        folder: what `export_attachments` wrote.
        name: as the test gave it, with its suffix.

    Raises HeadPoseError for a missing or damaged manifest, no such attachment, or a file that is not in the folder.
    """
    entries = list(_entries(folder / "manifest.json"))
    found = [entry for entry in entries if _plain(entry.get("suggestedHumanReadableName")) == _plain(name)]
    if not found:
        others = sorted({str(entry.get("suggestedHumanReadableName")) for entry in entries}) or ["nothing"]
        raise HeadPoseError(f"the test attached no {name}, but {', '.join(others)}: update the app of this project")
    exported = str(found[-1].get("exportedFileName", ""))
    file = folder / exported
    if not exported or Path(exported).name != exported or not file.is_file():
        raise HeadPoseError(
            f"the manifest of the attachments names '{exported}', which is not in {folder}: run it again"
        )
    return file


def _entries(manifest: Path) -> Iterator[dict[str, Any]]:
    try:
        tests = json.loads(manifest.read_text(encoding="utf-8"))
        for test in tests:
            attached = test.get("attachments") or []
            yield from [attached] if isinstance(attached, dict) else attached
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise HeadPoseError(f"{manifest} of xcresulttool cannot be read ({error}): run it again") from error


def _plain(name: Any) -> str:
    """Without what xcresulttool adds, and without a suffix: not every Xcode keeps the attachment's own."""
    return re.sub(r"(\.json)+$", "", _OWN_PART.sub("", str(name)))
