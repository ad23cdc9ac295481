"""Drawn heads as a data set: needs no file, so that training can be tried on any machine within minutes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.data.drawn_faces import STYLES, FaceStyle, draw_face
from training.data.source import Image

_PITCH, _YAW, _ROLL = 40.0, 75.0, 40.0  # largest angles in degrees, either way
_FACE = (0.24, 0.20, 0.76, 0.84)  # of the picture's side: left, top, right, bottom of the drawn face


@dataclass(frozen=True)
class DrawnHeads:
    """N heads of random poses and colours, drawn when they are asked for. Fulfils `PoseSource`.

    Args:
        count: N.
        seed: of poses and colours; another seed gives other heads.
        size: side of the square pictures in pixels.
    """

    count: int
    seed: int = 0
    size: int = 160

    def __post_init__(self) -> None:
        if self.count < 1 or self.size < 16:
            raise HeadPoseError(f"cannot draw {self.count} heads of {self.size} pixels: ask for 1 or more, 16 or more")

    @property
    def name(self) -> str:
        """Also what the weights' record says of the training data."""
        return "drawn heads"

    @property
    def terms(self) -> str:
        """Nobody's pictures."""
        return "none (drawn by this program)"

    @cached_property
    def keys(self) -> list[str]:
        """N names."""
        return [f"{self.seed}-{i:05d}" for i in range(self.count)]

    @cached_property
    def groups(self) -> list[str]:
        """Every head is somebody else."""
        return self.keys

    @cached_property
    def _unit(self) -> npt.NDArray[np.float64]:
        """(N, 16) numbers in 0..1; a head's own do not depend on how many heads there are."""
        return np.stack([np.random.default_rng([self.seed, i]).random(16) for i in range(self.count)])

    @cached_property
    def rotations(self) -> npt.NDArray[np.float64]:
        """(N, 3, 3)."""
        spread = self._unit[:, :3] * 2 - 1
        angles = spread * np.array([_PITCH, _YAW, _ROLL])
        return np.asarray(euler_to_rotation(*angles.T), dtype=np.float64)

    @cached_property
    def boxes(self) -> npt.NDArray[np.float64]:
        """(N, 4): the same for all, since the head turns about the picture's centre."""
        return np.tile(np.array(_FACE) * self.size, (self.count, 1))

    def __len__(self) -> int:
        return self.count

    @cached_property
    def _drawn(self) -> dict[int, Image]:
        """Pictures that were asked for before."""
        return {}

    def __getstate__(self) -> dict[str, int]:
        """Loading processes draw for themselves."""
        return {"count": self.count, "seed": self.seed, "size": self.size}

    def picture(self, index: int) -> Image:
        """RGB (size, size, 3) uint8."""
        if index not in self._drawn:
            unit = self._unit[index]
            pitch, yaw, roll = (unit[:3] * 2 - 1) * (_PITCH, _YAW, _ROLL)
            self._drawn[index] = draw_face(float(pitch), float(yaw), float(roll), self.size, _style(unit[3:]))
        return self._drawn[index].copy()


def _style(unit: npt.NDArray[np.float64]) -> FaceStyle:
    """Colours between those of two of the fixed styles, any background, the lamp somewhere in front."""
    first, second = (STYLES[int(u * len(STYLES))] for u in unit[:2])
    skin, hair = (
        tuple(float(c) for c in np.array(a) * unit[2] + np.array(b) * (1 - unit[2]))
        for a, b in ((first.skin, second.skin), (first.hair, second.hair))
    )
    background = tuple(float(c) for c in 255 * unit[3:6])
    light = (float(unit[6] * 1.6 - 0.8), float(unit[7] * 1.2 - 0.9), -0.7)
    return FaceStyle(skin, hair, background, light)  # type: ignore[arg-type]
