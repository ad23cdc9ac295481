"""One emulated run: a file, a processor model, a batch of images, in a process of its own that may crash or hang."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from export.emulation.folder import Emulation
from export.emulation.record import Guest
from export.emulation.worker import DISTRIBUTIONS, DONE
from runtime.artifact import ArtifactInfo
from runtime.errors import HeadPoseError
from runtime.rotation import sixd_to_rotation

_WORKER = Path(__file__).with_name("worker.py")
_NUMBERS = {"rotation": 9, "sixd": 6}  # per image, by the artefact's output
_REASONS = {
    signal.SIGILL: "an instruction that this model does not have",
    signal.SIGSEGV: "a memory access outside its bounds",
    signal.SIGBUS: "a memory access that this model does not allow",
    signal.SIGABRT: "it gave up",
    signal.SIGKILL: "ended from outside, perhaps for want of memory",
}


class EmulationFailureError(HeadPoseError):
    """An emulated run without rotations: a crash, a refusal, a result that cannot be read, no time left."""


class EmulatedRun(NamedTuple):
    """What a run gave."""

    rotations: npt.NDArray[np.float32]
    """(N, 3, 3), decoded here from what the file gave there."""
    guest: Guest
    """What ran it."""


@dataclass(frozen=True)
class EmulatedEngine:
    """Runs files on one emulated processor model."""

    emulation: Emulation
    """The folder."""
    cpu: str
    """Processor model."""
    timeout_s: float
    """Longest run of one file, in seconds."""

    def run(
        self, path: Path, info: ArtifactInfo, images: npt.NDArray[np.uint8], progress: Callable[[int], None]
    ) -> EmulatedRun:
        """RGB images (N, S, S, 3) uint8 → rotations.

        Args:
            path: .onnx or .tflite.
            info: its record.
            images: of its input size.
            progress: called with the number of images that are done.

        Raises EmulationFailureError with one sentence that names the file, the engine and the processor model.
        """
        with tempfile.TemporaryDirectory(prefix="headpose-emulated-") as name:
            job, result = Path(name, "job.npz"), Path(name, "result.npz")
            np.savez(job, images=images, model=np.array(str(path.resolve())), target=np.array(info.target))
            subject = f"{path.name} in {DISTRIBUTIONS[info.target]} on the emulated CPU {self.cpu}"
            arguments = (str(_WORKER), str(self.emulation.site), str(job), str(result))
            self._execute(self.emulation.command(self.cpu, *arguments), Path(name), subject, len(images), progress)
            return _read(result, info, len(images), subject)

    def _execute(
        self, command: list[str], folder: Path, subject: str, count: int, progress: Callable[[int], None]
    ) -> None:
        with (folder / "log").open("w+", encoding="utf-8", errors="replace") as log:
            try:
                process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
            except OSError as error:
                raise EmulationFailureError(f"{subject} could not be started: {error}") from error
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(self.timeout_s, end)
            timer.start()
            try:
                done = _follow(process, progress)
            finally:
                timer.cancel()
                process.kill()
                process.wait()
            if late.is_set():
                raise EmulationFailureError(
                    f"{subject} took longer than {self.timeout_s:g} s, {done} of {count} images were done: "
                    "give fewer with --limit, or more time with --emulate-timeout"
                )
            if process.returncode != 0:
                raise EmulationFailureError(f"{subject} {_why(process.returncode, log)}, {done} of {count} images done")


def _follow(process: subprocess.Popen[str], progress: Callable[[int], None]) -> int:
    """Wait for the end; number of images done."""
    done = 0
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == DONE:
            done += 1
            progress(done)
    process.wait()
    return done


def _why(code: int, log: IO[str]) -> str:
    """'crashed with SIGILL (…)' or 'failed (its last line)'; qemu ends by the signal that its program got."""
    if code < 0:
        name = signal.Signals(-code)
        return f"crashed with {name.name} ({_REASONS.get(name, 'a signal')})"
    log.seek(0)
    said = [line.strip() for line in log if line.strip()]
    return f"failed ({said[-1] if said else f'exit code {code}'})"


def _read(result: Path, info: ArtifactInfo, count: int, subject: str) -> EmulatedRun:
    try:
        with np.load(result) as stored:
            outputs, facts = stored["outputs"], json.loads(str(stored["facts"]))
        guest = Guest.from_dict(facts)
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise EmulationFailureError(f"{subject} left no result that can be read ({error})") from error
    if guest.machine != "aarch64":
        raise EmulationFailureError(f"{subject} was run by a {guest.machine} Python: nothing was emulated")
    if outputs.shape[:1] != (count,) or outputs.size != count * _NUMBERS[info.output]:
        raise EmulationFailureError(f"{subject} gave an array {outputs.shape} for {count} images")
    if info.output == "sixd":
        return EmulatedRun(np.asarray(sixd_to_rotation(outputs.reshape(count, 6)), dtype=np.float32), guest)
    return EmulatedRun(outputs.reshape(count, 3, 3), guest)
