"""The folder of one training run: what was asked, on what machine, every figure, and the weights."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from runtime.atomic import check_new, make_folder, replacing, write_text
from runtime.errors import HeadPoseError
from runtime.provenance import git_state, package_versions
from training.config import TrainConfig, to_yaml
from training.snapshots import Position

_PACKAGES = ("torch", "torchvision", "timm", "numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True)
class RunFolder:
    """Places inside a run folder.

    config.yaml, run.json, metrics.jsonl, curves.png, samples.png, summary.json, best.safetensors, last.safetensors,
    TensorBoard's events, and the training snapshots (.tar).
    """

    path: Path
    """The folder itself."""

    @staticmethod
    def create(config: TrainConfig) -> RunFolder:
        """<output_dir>/SixDRepNet_<seconds since 1970>_bs<batch size>, as 6DRepNet names it; never an existing one."""
        parent = make_folder(Path(config.output_dir))
        name = f"SixDRepNet_{int(time.time())}_bs{config.batch_size}"
        for candidate in [name, *(f"{name}_{i}" for i in range(2, 1000))]:
            try:
                (parent / candidate).mkdir()
                return RunFolder(parent / candidate)
            except FileExistsError:
                continue
            except OSError as error:
                raise HeadPoseError(
                    f"cannot create the run folder {parent / candidate}: {error.strerror or error}"
                ) from error
        raise HeadPoseError(f"{parent} has a thousand runs of this second: choose another --output_dir")

    @property
    def metrics(self) -> Path:
        """One JSON object a line: steps, then the validation of every epoch."""
        return self.path / "metrics.jsonl"

    @property
    def best(self) -> Path:
        """Weights of the best epoch on the held-out part."""
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        """Weights of the last epoch."""
        return self.path / "last.safetensors"

    @property
    def summary(self) -> Path:
        """The outcome in one JSON object."""
        return self.path / "summary.json"

    def best_epoch(self) -> int | None:
        """The epoch that the weights in `best` are of; None if there are none that can be read."""
        from training.models.formats import read

        try:
            epoch = read(self.best).metadata.get("epoch")
        except HeadPoseError:
            return None
        return epoch if isinstance(epoch, int) else None

    def remove_leftovers(self) -> None:
        """Remove what a process that was killed had half written."""
        for part in self.path.glob(".*.part*"):
            part.unlink(missing_ok=True)

    def write_start(self, config: TrainConfig, facts: dict[str, Any]) -> None:
        """config.yaml and run.json; a resumed run adds one more entry to run.json."""
        write_text(self.path / "config.yaml", to_yaml(config))
        starts = [*self._starts(), {**start_record(), **facts}]
        write_text(self.path / "run.json", json.dumps({"schema": 1, "starts": starts}, indent=1, ensure_ascii=False))

    def _starts(self) -> list[Any]:
        try:
            return list(json.loads((self.path / "run.json").read_text(encoding="utf-8"))["starts"])
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def write_summary(self, summary: dict[str, Any]) -> None:
        """summary.json."""
        write_text(self.summary, json.dumps({"schema": 1, **summary}, indent=1, ensure_ascii=False))

    def read_summary(self) -> dict[str, Any]:
        """summary.json; HeadPoseError if it is missing or damaged."""
        try:
            return dict(json.loads(self.summary.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise HeadPoseError(f"{self.summary} cannot be read ({error}): the run did not finish") from error


def start_record() -> dict[str, Any]:
    """The command as it was typed, the code and the machine of this process; no names of users or hosts."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "git": git_state(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": package_versions(_PACKAGES),
        "cpus": os.cpu_count(),
        "gpus": gpus,
        "torch_threads": torch.get_num_threads(),
    }


class MetricsLog:
    """metrics.jsonl and TensorBoard's events.

    Args:
        folder: the run's.
        tensorboard: also write events.
        done: how far the run is. Later lines are dropped, as a resumed run does those steps again; they are told by
            their epoch, because the steps of an epoch may have been other ones before.
        steps_per_epoch: to place `done`.
    """

    def __init__(self, folder: RunFolder, *, tensorboard: bool, done: Position, steps_per_epoch: int) -> None:
        self._file = folder.metrics
        ends = {"val": done.epoch, "train": done.epoch + done.step / steps_per_epoch + 1e-6}  # epochs are rounded
        kept = [
            line for line in read_metrics(self._file) if line.get("epoch", 0) <= ends.get(str(line.get("group")), 0)
        ]
        write_text(self._file, "".join(json.dumps(line) + "\n" for line in kept))
        self._events = _event_writer(folder.path, done.epoch * steps_per_epoch + done.step) if tensorboard else None

    def write(self, step: int, values: dict[str, Any], *, group: str) -> None:
        """One line {"step", "group", …}, and every number as a TensorBoard scalar <group>/<name>.

        What is no finite number becomes null: JSON knows no NaN.
        """
        finite = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in values.items()}
        line = json.dumps({"step": step, "group": group, **finite})
        with _writing(self._file), self._file.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
        if self._events is not None:
            with _writing(self._file.with_name("events.out.tfevents")):
                for name, value in values.items():
                    if isinstance(value, int | float):
                        self._events.add_scalar(f"{group}/{name}", value, step)

    def close(self) -> None:
        """Flush the events; HeadPoseError if they cannot be written."""
        if self._events is not None:
            with _writing(self._file.with_name("events.out.tfevents")):
                self._events.close()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HeadPoseError(f"cannot write {path}: {error.strerror or error}") from error


def _event_writer(folder: Path, from_step: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(log_dir=str(folder), purge_step=from_step + 1)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Lines of metrics.jsonl; a last line that was cut off by a crash is left out; [] if there is no file."""
    return list(_lines(path)) if path.is_file() else []


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return


def check_copy_target(copy_to: str | None, runs: Path) -> None:
    """Raise HeadPoseError before the run, whose folder is to lie in `runs`, if it could not be copied after it."""
    if copy_to is None:
        return
    target = Path(copy_to)
    if target.resolve() == runs.resolve():
        raise HeadPoseError(f"--copy_to is {target}, where the run itself is written: give another folder")
    make_folder(target)
    if not os.access(target, os.W_OK):
        raise HeadPoseError(f"cannot write into {target}: give --copy_to a folder that is mounted for writing")


def copy_run(folder: RunFolder, copy_to: str) -> Path:
    """Copy a finished run to <copy_to>/<its name>, beside first and then renamed; returns the copy's path.

    Raises HeadPoseError if a run of that name is there already or the copy fails; the run itself is untouched.
    """
    target = Path(copy_to) / folder.path.name
    check_new(target, overwrite=False)
    try:
        with replacing(target, overwrite=False) as part:
            shutil.copytree(folder.path, part, ignore=shutil.ignore_patterns(".*"))
    except (HeadPoseError, shutil.Error) as error:
        raise HeadPoseError(
            f"the run is complete in {folder.path}, but its copy failed ({error}): copy the folder by hand"
        ) from error
    return target
