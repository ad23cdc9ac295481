"""Xcode's command line tools as subprocesses, and their complaints as sentences.

Unverified: no Mac was at hand. Behaviour follows the man page of xcodebuild and messages that Xcode 15 to 27 print.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runtime.errors import HeadPoseError

ATTACHMENTS_SINCE = 16
"""First Xcode whose xcresulttool knows `export attachments`."""
_ADVICE = (
    (r"Developer Mode disabled", "switch on Settings › Privacy & Security › Developer Mode on the iPhone"),
    (r"unlock|is locked|was locked|passcode protected", "unlock the iPhone and keep it awake"),
    (r"not paired|pairing|trust this computer", "connect the iPhone by cable and tap Trust on it"),
    (r"developer disk image could not be mounted", "unlock the iPhone, connect it by cable and try again"),
    (
        r"requires a development team|No Account for Team|No Accounts|No profiles for|provisioning profile"
        r"|Failed Registering Bundle Identifier|signing certificate|Code ?Sign",
        "give --development-team with a team that Xcode › Settings › Accounts knows",
    ),
    (r"Unable to find a destination|Timed out waiting for all destinations", "name a connected iPhone with --device"),
    (r"does not contain a scheme", "open the project in Xcode once, or give another one with --project"),
)


@dataclass(frozen=True)
class Xcode:
    """The Xcode that is selected."""

    version: str
    """'16.4'."""

    @property
    def major(self) -> int:
        """16 of '16.4'."""
        return int(self.version.partition(".")[0])


def is_mac() -> bool:
    """Whether this is macOS, where alone Xcode exists."""
    return sys.platform == "darwin"


def require_xcode(way: str) -> Xcode:
    """The selected Xcode.

    Args:
        way: the value of --with that needs it.

    Raises HeadPoseError, saying what `way` needs, on another system, without Xcode, or with command line tools alone.
    """
    needs = "a Mac with Xcode and an iPhone in developer mode that is connected to it"
    if not is_mac():
        raise HeadPoseError(
            f"--with {way} needs {needs}, and this is no Mac: run it there, or import a report with  --report FILE"
        )
    if shutil.which("xcodebuild") is None or shutil.which("xcrun") is None:
        raise HeadPoseError(f"--with {way} needs {needs}, and there is no xcodebuild here: install Xcode")
    done = run_tool(["xcodebuild", "-version"])
    found = re.search(r"^Xcode (\d[\d.]*)", done.stdout, re.MULTILINE)
    if done.returncode != 0 or found is None:
        raise HeadPoseError(
            f"--with {way} needs {needs}, and xcodebuild does not run ({first_error(done.stderr + done.stdout)}): "
            "select it with  sudo xcode-select --switch /Applications/Xcode.app"
        )
    return Xcode(found[1])


def run_tool(command: Sequence[str], timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end; HeadPoseError if it cannot be started or takes too long."""
    try:
        return subprocess.run(list(command), capture_output=True, text=True, errors="replace", timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise HeadPoseError(
            f"{' '.join(command[:3])} gave no answer in {timeout_s:g} s: unplug the iPhone and plug it in again"
        ) from error
    except OSError as error:
        raise HeadPoseError(f"{command[0]} cannot be started: {error.strerror or error}") from error


def run_logged(
    command: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str],
    on_line: Callable[[str], None] = lambda line: None,
    timeout_s: float,
) -> int:
    """Run a long command, its whole output going to a file and line by line to a function.

    Args:
        command: what to run.
        log: file to write.
        env: variables in addition to this process's own.
        on_line: called with every line.
        timeout_s: the command is killed after so long.

    Returns:
        Its exit code, negative if it was killed. It is killed too if this function is interrupted.
    """
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            list(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **env},
        )
        timer = threading.Timer(timeout_s, process.kill)
        timer.start()
        try:
            _copy_lines(process.stdout, stream, on_line)
            return process.wait()
        finally:
            timer.cancel()
            process.kill()
            process.wait()


def _copy_lines(source: IO[str] | None, target: IO[str], on_line: Callable[[str], None]) -> None:
    for line in source or ():
        target.write(line)
        on_line(line.rstrip("\r\n"))


def first_error(output: str) -> str:
    """The first line with `error:`, from there on; what a destination says of itself if that line is about it.

    Xcode prints 'Timed out waiting for all destinations …' first, and the cause below it, in
    '{ platform:iOS, id:…, name:…, error:Developer Mode disabled … }'.
    """
    lines = [line.strip() for line in output.splitlines()]
    found = next((line[line.index("error:") :] for line in lines if "error:" in line), None)
    if found is None:
        return next((line for line in reversed(lines) if line), "no message")
    cause = re.search(r"\{[^{}\n]*platform:iOS,[^{}\n]*\berror:([^{}\n]+?)\s*\}", output)
    if cause is not None and "destination" in found:
        return f"{found}: {cause[1]}"
    return found


def advice_for(complaint: str, otherwise: str) -> str:
    """What to do about a complaint of Xcode's."""
    return next((advice for words, advice in _ADVICE if re.search(words, complaint, re.IGNORECASE)), otherwise)
