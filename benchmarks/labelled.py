"""The error of an opened model against labels, as a benchmark result keeps it beside the latency."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.record import Accuracy
from runtime.rotation import geodesic_deg, rotation_to_euler
from runtime.sessions import Session

if TYPE_CHECKING:
    from export.accuracy import LabelledCrops

Progress = Callable[[str, int, int], None]
_TOLD = 32  # faces between two words of progress


def accuracy_of(
    session: Session, faces: LabelledCrops, progress: Progress = lambda text, done, total: None
) -> Accuracy:
    """Geodesic error with the interval of a bootstrap over faces, and Euler MAE wrapped at ±360°.

    Args:
        session: an open model.
        faces: crops of its input size with rotations.
        progress: told of every face.
    """
    from export.accuracy import in_words
    from training.bootstrap import figures, weighted_mean
    from training.metrics import wrapped_error_deg

    rotations = []
    for i, crop in enumerate(faces.crops):
        if i % _TOLD == 0:
            progress("reading labelled faces", i, len(faces.crops))
        rotations.append(session.run(crop[None])[0])
    own = np.stack(rotations).astype(np.float64)
    geodesic = geodesic_deg(own, faces.rotations)
    (figure,) = figures(lambda weights: weighted_mean(geodesic[:, None], weights), [str(i) for i in range(len(own))])
    euler = wrapped_error_deg(rotation_to_euler(faces.rotations), rotation_to_euler(own))
    return Accuracy(
        dataset=in_words(faces.name),
        n=len(own),
        geodesic_mean_deg=round(figure.value, 4),
        geodesic_low_deg=None if figure.low is None else round(figure.low, 4),
        geodesic_high_deg=None if figure.high is None else round(figure.high, 4),
        mae_deg=round(float(euler.mean()), 4),
    )
