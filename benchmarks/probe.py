"""The picture that latency is measured with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def probe_image(size: int) -> npt.NDArray[np.uint8]:
    """A batch (1, size, size, 3) of one picture with the statistics of a photograph: noise over a slope, seeded."""
    noise = np.random.default_rng(0).normal(0, 40, (size, size, 3))
    slope = np.linspace(40, 215, size)[:, None, None]
    return np.clip(noise + slope, 0, 255).astype(np.uint8)[None]
