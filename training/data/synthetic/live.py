"""Rendered heads as a data set without files: pictures are made when a loader asks for them.

Picture `index` is scene `index` of a world in every epoch, so ask for as many as a run shall see; what is to be seen
often is better written to a folder first (`headpose synth`). Each loading process has a process that renders for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.source import Image, Progress, silent
from training.data.synthetic.render_process import RenderProcess
from training.data.synthetic.world import World, open_world

_REPORT_EVERY = 1000  # labels

Table = tuple[list[str], npt.NDArray[np.float64], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class SyntheticHeads:
    """The first N scenes of a world, rendered when they are asked for. Fulfils `PoseSource`.

    Raises HeadPoseError for no heads.
    """

    world: World
    """What is rendered."""
    count: int
    """N."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise _no_heads(self.count)

    def __getstate__(self) -> dict[str, Any]:
        """Loading processes render for themselves."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def name(self) -> str:
        """The two parts have unlike names: whoever trained on one has not seen the other."""
        kind = "held-out renders" if self.world.held_out else "synthetic heads"
        return kind if self.world.assets else f"plain {kind}"

    @property
    def terms(self) -> str:
        """Of what they are made of."""
        return "none (rendered by this program; geometry and MakeHuman's core assets are CC0)"

    @cached_property
    def keys(self) -> list[str]:
        """N names."""
        return [f"{self.world.seed}-{index:06}" for index in range(self.count)]

    @property
    def groups(self) -> list[str]:
        """Who it is."""
        return self._table[0]

    @property
    def rotations(self) -> npt.NDArray[np.float64]:
        """(N, 3, 3)."""
        return self._table[1]

    @property
    def boxes(self) -> npt.NDArray[np.float64]:
        """(N, 4), as the runtime's face detector would give them, about."""
        return self._table[2]

    def __len__(self) -> int:
        return self.count

    def picture(self, index: int) -> Image:
        """RGB (S, S, 3) uint8; HeadPoseError if it cannot be rendered."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        mine = self._processes.get(os.getpid())
        if mine is None or not mine.alive:
            mine = self._processes[os.getpid()] = RenderProcess(self.world)
        return mine.picture(index)

    def read_labels(self, progress: Progress = silent) -> None:
        """Make all labels now, some 5 ms each, and tell of it; they are made without words when first needed else."""
        self.__dict__["_table"] = self._labels(progress)

    @cached_property
    def _table(self) -> Table:
        return self._labels(silent)

    @cached_property
    def _processes(self) -> dict[int, RenderProcess]:
        """By the process that uses them: a forked one has its parent's here, and may not use it."""
        return {}

    def _labels(self, progress: Progress) -> Table:
        groups, rotations, boxes = [], np.empty((self.count, 3, 3)), np.empty((self.count, 4))
        for index in range(self.count):
            if index % _REPORT_EVERY == 0:
                progress("making labels", index, self.count)
            plan = self.world.plan(index)
            groups.append(str(plan.identity))
            rotations[index], boxes[index] = plan.rotation, self.world.box(plan)
        progress("making labels", self.count, self.count)
        return groups, rotations, boxes


def open_synthetic_heads(
    numbers: Mapping[str, str],
    files: Mapping[str, str | None],
    *,
    density: str,
    held_out: bool,
    progress: Progress = silent,
) -> SyntheticHeads:
    """Rendered heads from the options of a data set; one picture is rendered to see that it can be done.

    Args:
        numbers: count, seed, size and max_yaw, as texts.
        files: assets and head_model, as `open_world` takes them.
        density: key of `poses.POSE_DENSITIES`.
        held_out: the part of the catalogue that is never trained on.
        progress: told while labels are made.

    Raises:
        HeadPoseError: a number that is none, what `open_world` refuses, no OpenGL.
    """
    count, seed, size, max_yaw = (_number(name, numbers[name]) for name in ("count", "seed", "size", "max_yaw"))
    if count < 1:  # before minutes of work
        raise _no_heads(count)
    choices = {"held_out": held_out, "seed": seed, "size": size, "max_yaw_deg": float(max_yaw), "density": density}
    heads = SyntheticHeads(open_world(**files, **choices, progress=progress), count)
    heads.picture(0)
    heads.read_labels(progress)
    return heads


def _no_heads(count: int) -> HeadPoseError:
    return HeadPoseError(f"cannot render {count} heads: ask for 1 or more")


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise HeadPoseError(f"the option {name} of rendered heads is a whole number, not {text!r}") from None
