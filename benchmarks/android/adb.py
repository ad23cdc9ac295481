"""The real adb client as a subprocess: finding it, and commands on one phone whose end is seen.

adb gives no exit code of commands on phones before Android 7, and code 0 where the phone goes away in the middle; so
every command is followed by one that prints the code, and an answer without it is a phone that went away.

Sources: https://developer.android.com/tools/adb, and AOSP's packages/modules/adb/docs/dev/services.md.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.android.listing import ListedPhone, listed_phones
from runtime.errors import HeadPoseError

_END = "headpose-exit-code"
_QUICK_S = 60.0
_PUSH_S = 900.0


@dataclass(frozen=True)
class Answer:
    """What a command on the phone gave."""

    code: int
    """Its exit code."""
    out: str
    """Standard output."""
    err: str
    """Error stream; empty on phones before Android 7, which mix it into the output."""

    @property
    def text(self) -> str:
        """Both streams, the error stream first: that is where a tool names its delegates."""
        return f"{self.err}\n{self.out}"


def find_adb() -> str:
    """Path of the client: $ADB, then PATH, then $ANDROID_HOME or $ANDROID_SDK_ROOT; HeadPoseError if there is none."""
    named = os.environ.get("ADB")
    if named:
        if found := shutil.which(named):
            return found
        raise HeadPoseError(f"$ADB is {named}, and that is no program: set it to the adb client or unset it")
    folders = [os.environ.get(name) for name in ("ANDROID_HOME", "ANDROID_SDK_ROOT")]
    places = [None, *(str(Path(folder) / "platform-tools") for folder in folders if folder)]
    for place in places:
        if found := shutil.which("adb", path=place):
            return found
    raise HeadPoseError(
        "there is no adb on this computer: install it (Debian and Ubuntu: apt install adb; elsewhere the SDK "
        "Platform-Tools of developer.android.com), or set $ADB to it"
    )


def connected(adb: str) -> list[ListedPhone]:
    """Every phone that adb knows, in any state; starts adb's server if it does not run. Raises HeadPoseError."""
    done = _run([adb, "devices", "-l"], _QUICK_S)
    if done.returncode != 0:
        raise HeadPoseError(f"adb cannot list the phones: {_last_line(done.stderr)}")
    return listed_phones(_decoded(done.stdout))


class Phone:
    """One phone that answers.

    Args:
        adb: the client.
        listed: what `adb devices` says of it; in the state 'device'.
    """

    def __init__(self, adb: str, listed: ListedPhone) -> None:
        self.adb, self.serial, self.name = adb, listed.serial, listed.name

    def shell(self, command: str, *, timeout_s: float = _QUICK_S) -> Answer:
        """Run a command of the phone's shell.

        Raises HeadPoseError if the phone goes away meanwhile or does not answer within `timeout_s` seconds.
        """
        done = self._client("shell", f'{command}; echo "{_END} $?"', timeout_s=timeout_s)
        out = _decoded(done.stdout)
        ended = re.search(rf"{_END} (\d+)\s*$", out)
        if ended is None:
            raise self._gone(_last_line(done.stderr))
        return Answer(int(ended[1]), out[: ended.start()], _decoded(done.stderr))

    def ask(self, command: str) -> str:
        """Output of a command, empty where the phone does not know it or refuses; raises as `shell` does."""
        answer = self.shell(command)
        return answer.out if answer.code == 0 else ""

    def push(self, file: Path, place: str) -> None:
        """Copy a file to the phone; HeadPoseError if it is full, the file cannot be read or the phone goes away."""
        done = self._client("push", str(file), place, timeout_s=_PUSH_S)
        if done.returncode == 0:
            return
        said = _decoded(done.stdout + done.stderr)
        if "No space left on device" in said:
            size = f"{file.stat().st_size / 1e6:.0f} MB"
            raise HeadPoseError(f"{self.name} has no room for {file.name} ({size}): free space in its data partition")
        if all(phone.serial != self.serial or phone.state != "device" for phone in connected(self.adb)):
            raise self._gone(_last_line(done.stderr))
        raise HeadPoseError(f"{file} cannot be copied to {self.name}: {_last_line(said.encode())}")

    def read(self, place: str, *, package: str | None = None) -> bytes | None:
        """Content of a file on the phone, None if there is none.

        Args:
            place: its path; relative to the app's own folder with `package`.
            package: a debuggable app as which it is read.

        Raises HeadPoseError if it does not come whole.
        """
        reader = f"run-as {package} " if package else ""
        counted = self.shell(f"{reader}wc -c {shlex.quote(place)}")
        if counted.code != 0:
            return None
        content = self._client("exec-out", f"{reader}cat {shlex.quote(place)}", timeout_s=_PUSH_S).stdout
        if len(content) != int(counted.out.split()[0]):
            raise self._gone(f"{len(content)} bytes of {place} came, not {counted.out.split()[0]}")
        return content

    def _client(self, *words: str, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
        try:
            return _run([self.adb, "-s", self.serial, *words], timeout_s)
        except subprocess.TimeoutExpired:
            raise HeadPoseError(
                f"{self.name} did not end  adb {words[0]}  within {timeout_s:.0f} s: restart the phone, or ask for less"
            ) from None

    def _gone(self, why: str) -> HeadPoseError:
        states = [phone.state for phone in connected(self.adb) if phone.serial == self.serial]
        now = f"adb lists it as {states[0]}" if states else "adb does not list it any more"
        return HeadPoseError(
            f"{self.name} went away in the middle of its work ({why}; {now}): check its cable and that it stays "
            f"awake, and measure again"
        )


def _run(words: Sequence[str], timeout_s: float) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s)
    except OSError as error:
        raise HeadPoseError(
            f"{words[0]} cannot be run ({error.strerror or error}): set $ADB to the adb client"
        ) from error


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _last_line(data: bytes) -> str:
    lines = [line.strip() for line in _decoded(data).splitlines() if line.strip()]
    told = [line for line in lines if "error:" in line] or lines
    return re.sub(r"^(?:adb: )?error: ", "", told[-1]) if told else "the connection closed"
