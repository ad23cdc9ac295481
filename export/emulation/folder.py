"""The folder that an emulated run needs: an arm64 Debian root, qemu-user and the unpacked aarch64 wheels.

It is made once by  python -m export.emulation install  (export/emulation/install.py) and only read afterwards:

    emulation.json   what is inside: versions, and the hash of the list of wheels that it was made from
    qemu-aarch64     the emulator, statically linked, for this computer's own processor
    arm64/           Debian packages of Python 3.11 and the C and C++ libraries, unpacked
    site/            the wheels, unpacked
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError, unknown_name

WHEELS = Path(__file__).with_name("wheels.txt")
FOLDER_VARIABLE = "HEADPOSE_EMULATION"
INSTALL = "python -m export.emulation install"
RECORD, QEMU, ROOT, SITE = "emulation.json", "qemu-aarch64", "arm64", "site"
PYTHON = Path("usr", "bin", "python3.11")
_SCHEMA = 1
_ANSWER_S = 60.0


@dataclass(frozen=True)
class EmulationRecord:
    """What `emulation.json` says."""

    qemu: str
    """Version as the emulator prints it: '10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)'."""
    debian: tuple[str, ...]
    """arm64 packages of the root, 'name_version_architecture'."""
    wheels_sha256: str
    """Hash of the list of wheels (wheels.txt) that was installed."""
    created: str
    """UTC, ISO 8601."""
    schema: int = _SCHEMA
    """Version of this record."""

    def to_json(self) -> str:
        """The text of the file; `from_json` reads it back."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str) -> EmulationRecord:
        """Inverse of `to_json`; raises ValueError, KeyError or TypeError for a damaged text or another schema."""
        data: dict[str, Any] = json.loads(text)
        if data["schema"] != _SCHEMA:
            raise ValueError(f"schema {data['schema']}, this version reads {_SCHEMA}")
        return EmulationRecord(**{**data, "debian": tuple(data["debian"])})


@dataclass(frozen=True)
class Emulation:
    """A folder that can be run from."""

    folder: Path
    """Absolute."""
    record: EmulationRecord
    """What was put in."""

    @property
    def site(self) -> Path:
        """Where the wheels are."""
        return self.folder / SITE

    def command(self, cpu: str, *arguments: str) -> list[str]:
        """The command that runs the arm64 Python on a processor model, deaf to the environment and its packages.

        `-I -S` keep user folders and Debian's sitecustomize out: an absolute link, which would lead to the host's.
        """
        root = self.folder / ROOT
        emulator = [str(self.folder / QEMU), "-cpu", cpu, "-L", str(root)]
        return [*emulator, str(root / PYTHON), "-I", "-S", *arguments]

    def cpu_models(self) -> list[str]:
        """Names of the processor models that the emulator knows; HeadPoseError if it cannot be started."""
        lines = ask([str(self.folder / QEMU), "-cpu", "help"], codes=(0, 1)).splitlines()  # qemu 10 ends with 1
        return [line.strip() for line in lines if line.startswith(" ")]

    def check_models(self, names: list[str]) -> None:
        """Raise HeadPoseError for a model that the emulator does not know."""
        known = self.cpu_models()
        for name in names:
            if name not in known:
                raise unknown_name("processor model of the emulator", name, known)


def ask(command: list[str], codes: tuple[int, ...] = (0,)) -> str:
    """What a short command prints; HeadPoseError if it cannot be started or ends with another code than these."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_ANSWER_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HeadPoseError(f"{command[0]} does not run here ({error}): {_again()}") from error
    if done.returncode not in codes:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise HeadPoseError(f"{command[0]} does not run here ({last}): {_again()}")
    return done.stdout


def default_folder() -> Path:
    """$HEADPOSE_EMULATION, else headpose/aarch64 in the user's cache folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "headpose" / "aarch64"


def open_emulation(folder: str | Path | None = None) -> Emulation:
    """The emulation in `folder` (None: `default_folder()`), looked at but not run.

    Raises HeadPoseError with the command that helps: no such folder, not whole, made for other wheels, no Linux.
    """
    place = (Path(folder).expanduser() if folder is not None else default_folder()).resolve()
    if not sys.platform.startswith("linux"):
        raise HeadPoseError(f"qemu-user emulates a processor on Linux alone, and this is {sys.platform}")
    if not (place / RECORD).is_file():
        raise HeadPoseError(
            f"emulating aarch64 needs qemu, an arm64 Python and the aarch64 wheels, and {place} does not hold them: "
            f"make it once (110 MB of downloads, 240 MB on disk) with  {INSTALL}{_into(place)}"
        )
    try:
        record = EmulationRecord.from_json((place / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadPoseError(f"{place / RECORD} cannot be read ({error}): {_again(place)}") from error
    _check_whole(place, record)
    return Emulation(place, record)


def _check_whole(place: Path, record: EmulationRecord) -> None:
    gone = [part for part in (Path(QEMU), ROOT / PYTHON, Path(SITE, "numpy")) if not (place / part).exists()]
    if gone:
        raise HeadPoseError(f"{place} is damaged, {gone[0]} is missing: {_again(place)}")
    if record.wheels_sha256 != sha256_of(WHEELS):
        raise HeadPoseError(f"{place} was made with other versions of the wheels than this program's: {_again(place)}")


def _again(place: Path | None = None) -> str:
    return f"make the folder again with  {INSTALL} --overwrite{_into(place) if place else ''}"


def _into(place: Path) -> str:
    return "" if place == default_folder() else f" --into {place}"
