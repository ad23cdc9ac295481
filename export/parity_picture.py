"""A sheet of the inputs with PyTorch's axes and the artefact's side by side, for people who would rather look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from export.parity_images import ParityImage
from export.reference import Reference
from runtime.rotation import geodesic_deg
from runtime.sessions import Session

_TILE = 160  # height of one picture, pixels


def parity_picture(session: Session, reference: Reference, inputs: Sequence[ParityImage]) -> npt.NDArray[np.uint8]:
    """RGB (H, W, 3) uint8: for every input PyTorch's axes on the left, the artefact's on the right, the angle below."""
    from runtime.draw import draw_axes, side_by_side

    expected = reference.rotations(np.stack([image.pixels for image in inputs]))
    panels = []
    for image, truth in zip(inputs, expected):
        rotation = session.run(image.pixels[None])[0]
        finite = bool(np.isfinite(rotation).all())
        length = image.pixels.shape[0] * 0.4
        left = draw_axes(image.pixels, truth, size=length)
        right = draw_axes(image.pixels, rotation, size=length) if finite else np.zeros_like(image.pixels)
        angle = f"{float(geodesic_deg(rotation, truth)):.4f}°" if finite else "NaN"
        panels.append(
            (np.concatenate([left, right], axis=1), f"{image.name}\nPyTorch | {session.info.target}: {angle}")
        )
    return side_by_side(panels, height=_TILE, columns=4, gap=8)
