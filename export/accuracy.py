"""Errors of a file against labels, beside PyTorch's on the same pictures: what rounding costs a user."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export.heads import HELD_OUT
from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg
from training.data.source import PoseSource, Progress, silent

SHIPPED, SYNTHETIC, NONE = "shipped", "synthetic", "none"
SAMPLES = 256
_SEED = 30_000  # of rendered held-out heads


@dataclass(frozen=True, eq=False)
class LabelledCrops:
    """Network inputs with their rotations."""

    name: str
    """Of the data set."""
    crops: npt.NDArray[np.uint8]
    """RGB (N, S, S, 3)."""
    rotations: npt.NDArray[np.float64]
    """(N, 3, 3)."""


def in_words(name: str) -> str:
    """A set's name for people: 'held-out rendered heads' for those that come with the program."""
    return {"held_out": "held-out rendered heads"}.get(name, name)


def open_labelled(
    source: str | Path, size: int, *, samples: int = SAMPLES, progress: Progress = silent
) -> LabelledCrops | None:
    """Labelled faces, cut as the runtime cuts faces.

    Args:
        source: 'shipped' takes the held-out heads that come with the program, 'synthetic' renders new ones, a folder
            with labels.csv gives its faces, 'none' gives None.
        size: side of the crops in pixels.
        samples: how many are wanted at most.
        progress: told of every picture.

    Raises HeadPoseError for a folder without labels, or if nothing can be rendered.
    """
    from training.data.registry import open_dataset, spread

    if str(source) == NONE:
        return None
    if str(source) == SYNTHETIC:
        options = {"count": str(samples), "seed": str(_SEED), "size": str(max(size, 64))}
        try:
            faces = open_dataset("synthetic-heldout", ".", options=options, progress=progress)
        except HeadPoseError as error:
            raise HeadPoseError(
                f"no held-out heads can be rendered ({error}); give a folder with labels.csv with --labels, or 'none'"
            ) from error
    else:
        folder = HELD_OUT if str(source) == SHIPPED else source
        faces = spread(open_dataset("FaceList", folder, progress=progress), samples)
    return _cut(faces, size, progress)


def check_labelled(source: str | Path) -> None:
    """Raise HeadPoseError at once for a folder that `open_labelled` would refuse minutes later."""
    from training.data.registry import open_dataset

    if str(source) not in (SHIPPED, SYNTHETIC, NONE):
        open_dataset("FaceList", source)


def _cut(faces: PoseSource, size: int, progress: Progress) -> LabelledCrops:
    from training.faces import FramedFaces

    framed = FramedFaces(faces, "runtime", size)
    crops = []
    for index in range(len(faces)):
        progress("preparing labelled faces", index, len(faces))
        crops.append(framed.crops(index)[0])
    return LabelledCrops(faces.name, np.stack(crops), np.asarray(faces.rotations))


def against_labels(
    rotations: npt.NDArray[np.floating], reference: npt.NDArray[np.floating], faces: LabelledCrops
) -> dict[str, Any]:
    """JSON values for the manifest: mean geodesic error of the file and of PyTorch, and how far one is from the other.

    Args:
        rotations: (N, 3, 3) of the file.
        reference: (N, 3, 3) of the PyTorch network.
        faces: the labelled crops.
    """
    own, true = geodesic_deg(rotations, faces.rotations), geodesic_deg(reference, faces.rotations)
    loss = geodesic_deg(rotations, reference)
    return {
        "dataset": faces.name,
        "n": len(faces.crops),
        "geodesic_mean_deg": round(float(np.mean(own)), 4),
        "pytorch_geodesic_mean_deg": round(float(np.mean(true)), 4),
        "loss_mean_deg": round(float(np.mean(loss)), 4),
        "loss_p95_deg": round(float(np.percentile(loss, 95)), 4),
        "loss_max_deg": round(float(np.max(loss)), 4),
    }
