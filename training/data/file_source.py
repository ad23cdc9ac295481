"""A data set whose pictures are files: what the readers of 300W-LP, AFLW2000-3D and face lists return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.source import Image


@dataclass(frozen=True, eq=False)
class FileSource:
    """N faces in picture files, one or several to a file. Fulfils `PoseSource`."""

    name: str
    """As published."""
    terms: str
    """Terms of use of the pictures and labels."""
    keys: Sequence[str]
    """N unique names."""
    groups: Sequence[str]
    """N names of what stays together in a split."""
    rotations: npt.NDArray[np.float64]
    """(N, 3, 3)."""
    boxes: npt.NDArray[np.float64]
    """(N, 4) left, top, right, bottom."""
    root: Path
    """Folder that `files` start from."""
    files: Sequence[str]
    """N picture files, relative to `root` or absolute."""
    angles_deg: npt.NDArray[np.float64] | None = None
    """(N, 3) pitch, yaw, roll as the labels have them; beyond |yaw| 90° a matrix does not give them back."""

    def __post_init__(self) -> None:
        width, height = self.boxes[:, 2] - self.boxes[:, 0], self.boxes[:, 3] - self.boxes[:, 1]
        flat = np.flatnonzero(~((width > 0) & (height > 0)))
        if flat.size:
            some = ", ".join(self.keys[row] for row in flat[:3])
            raise HeadPoseError(
                f"{flat.size} of {len(self.keys)} faces of {self.name} in {self.root} have a face box without area "
                f"({some}{', …' if flat.size > 3 else ''}): leave them out of the list"
            )

    def __len__(self) -> int:
        return len(self.keys)

    def picture(self, index: int) -> Image:
        """The whole picture of one face, RGB (H, W, 3) uint8; HeadPoseError naming the file if it cannot be read."""
        from training.data.decode import read_rgb

        return read_rgb(self.root / self.files[index])
