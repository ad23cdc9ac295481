"""What the doctor says of programs that pip cannot install: adb, Xcode, the emulator of ARM processors."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """A thing outside Python."""

    name: str
    """Short name of what it is for."""
    purpose: str
    """The same in words."""
    found: str | None
    """Where it is, or its version; None if it is not there."""
    lacking: str
    """What is missing, then."""
    install: str | None
    """The line that installs it, None if no single line does."""


def tools() -> list[Tool]:
    """All of them; nothing is started that takes long, and nothing raises."""
    return [
        Tool(
            "android bench",
            "latency on an Android phone",
            shutil.which("adb"),
            "no adb on the PATH",
            "apt-get install adb    (Debian, Ubuntu; elsewhere Android's platform-tools)",
        ),
        Tool(
            "iphone bench",
            "latency on an iPhone",
            shutil.which("xcrun") if sys.platform == "darwin" else None,
            "needs a Mac with Xcode; Xcode's performance reports can be imported anywhere",
            None,
        ),
        Tool(
            "arm parity",
            "rotations on emulated ARM processors",
            _emulation(),
            "no emulated system was made yet",
            "python -m export.emulation install",
        ),
    ]


def _emulation() -> str | None:
    from runtime.errors import HeadPoseError

    try:
        from export.emulation.folder import open_emulation

        emulation = open_emulation()
    except (HeadPoseError, ImportError):  # not there, not whole, or numpy is what is broken
        return None
    return f"qemu {emulation.record.qemu.partition(' ')[0]} in {emulation.folder}"
