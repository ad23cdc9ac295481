"""Makes the folder of an emulation: Debian packages, qemu-user and hash-checked wheels, tried before it is used."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from export.emulation import debian
from export.emulation.folder import (
    QEMU,
    RECORD,
    ROOT,
    SITE,
    WHEELS,
    Emulation,
    EmulationRecord,
    ask,
    default_folder,
    open_emulation,
)
from runtime.artifact import sha256_of
from runtime.atomic import make_folder, replacing
from runtime.errors import HeadPoseError

# Python of the wheels, and the libraries that they ask for. Its packages name all further ones.
_ROOT_RELEASE, _ROOT_PACKAGES = "bookworm", ("python3.11-minimal", "libpython3.11-stdlib", "libstdc++6")
# qemu-user of bookworm (7.2) crashes in LiteRT and ONNX Runtime; that of trixie (10.0) does not.
_QEMU_RELEASE, _QEMU_PACKAGE, _QEMU_FILE = "trixie", "qemu-user", "usr/bin/qemu-aarch64"
_PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
_TRIAL_CPUS = ("cortex-a53", "max")
_TRIAL = """
import platform, sys
sys.path.insert(0, sys.argv[1])
import numpy, onnxruntime, ai_edge_litert.interpreter
print(platform.machine())
"""
_STEPS = 5

Progress = Callable[[str, int, int], None]


def _silent(text: str, done: int, total: int) -> None:
    """For callers that show none."""


def install(folder: Path | None = None, *, overwrite: bool = False, progress: Progress = _silent) -> Emulation:
    """Make the folder, or return the one that is there and whole.

    Args:
        folder: where; None takes `default_folder()`.
        overwrite: make it again if there is one. A folder that holds anything else is never replaced.
        progress: called with a text, steps done and steps in all.

    Raises:
        HeadPoseError: other files are there, tools are missing, the network is not there, a hash is not as listed,
            or what was made does not run. Nothing is left behind then.
    """
    place = (folder or default_folder()).expanduser().resolve()
    if not overwrite and (place / RECORD).exists():
        return open_emulation(place)
    if place.exists() and not (place / RECORD).is_file() and (not place.is_dir() or any(place.iterdir())):
        raise HeadPoseError(f"{place} holds other files: choose a new or empty folder with --into")
    if not sys.platform.startswith("linux"):
        raise HeadPoseError(f"qemu-user emulates a processor on Linux alone, and this is {sys.platform}")
    debian.check_tools()
    make_folder(place.parent)
    with replacing(place) as part:
        part.mkdir()
        record = _fill(part, progress)
        (part / RECORD).write_text(record.to_json(), encoding="utf-8")
        progress("trying it", _STEPS - 1, _STEPS)
        try_out(Emulation(part, record))
    return open_emulation(place)


def _fill(part: Path, progress: Progress) -> EmulationRecord:
    with tempfile.TemporaryDirectory(prefix="headpose-") as name:
        scratch = Path(name)
        scratch.chmod(0o755)  # apt gives up root's rights before it downloads
        progress("fetching the arm64 Python from Debian", 0, _STEPS)
        packages = debian.fetch(_ROOT_PACKAGES, _ROOT_RELEASE, "arm64", scratch)
        progress("unpacking it", 1, _STEPS)
        for package in packages:
            debian.unpack(package, part / ROOT)
        progress("fetching qemu-user from Debian", 2, _STEPS)
        fetched = debian.fetch([_QEMU_PACKAGE], _QEMU_RELEASE, debian.own_architecture(), scratch)
        (qemu,) = [file for file in fetched if file.name.startswith(f"{_QEMU_PACKAGE}_")]
        debian.unpack_file(qemu, _QEMU_FILE, part / QEMU)
        (part / QEMU).chmod(0o755)
    progress("fetching the aarch64 wheels", 3, _STEPS)
    install_wheels(part / SITE)
    version = ask([str(part / QEMU), "--version"]).splitlines()[0].rpartition("version ")[2]
    names = tuple(file.stem.replace("%3a", ":") for file in packages)
    return EmulationRecord(version, names, sha256_of(WHEELS), datetime.now(UTC).isoformat(timespec="seconds"))


def install_wheels(site: Path, wheels: Path = WHEELS) -> None:
    """Download and unpack the aarch64 wheels by this Python's pip, each with the hash of the list, into `site`.

    Raises HeadPoseError with pip's words.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--target", str(site), "--only-binary=:all:", "--no-deps", "--no-compile", "--require-hashes"]
    command += ["--implementation", "cp", "--python-version", "3.11"]
    command += [word for platform in _PLATFORMS for word in ("--platform", platform)]
    done = subprocess.run([*command, "--requirement", str(wheels)], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR:")] or said or ["no message"]
        raise HeadPoseError(f"pip could not fetch the aarch64 wheels: {why[0]}")


def try_out(emulation: Emulation) -> None:
    """Import every engine on an old and on the newest processor model; HeadPoseError if that does not work.

    The first import also leaves the byte code that makes later starts quick.
    """
    for cpu in _TRIAL_CPUS:
        machine = ask(emulation.command(cpu, "-c", _TRIAL, str(emulation.site))).strip()
        if machine != "aarch64":
            raise HeadPoseError(f"the emulated Python says that it runs on {machine or 'nothing'}, not on aarch64")
