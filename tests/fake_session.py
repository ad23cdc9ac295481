"""A session without a network: the colour of a crop is its pose, so that tests know what must come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from runtime.artifact import ArtifactInfo, CheckpointInfo
from runtime.rotation import euler_to_rotation
from runtime.sessions import check_images


def fake_info(*, trained: bool = True, size: int = 32) -> ArtifactInfo:
    return ArtifactInfo(
        name="sixdrepnet_fake_fp32",
        model="sixdrepnet",
        backbone="fake",
        target="fake",
        precision="fp32",
        output="rotation",
        input_size=size,
        input={},
        normalization={},
        crop={},
        conventions={},
        checkpoint=CheckpointInfo("default", "0" * 64, trained, "none", "none"),
        git={},
        tools={},
        created="2026-01-01T00:00:00Z",
    )


def pose_of_color(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """Pitch, yaw, roll in degrees that the fake network reads from a crop of this mean colour."""
    return (green - 128) / 4, (red - 128) / 4, (blue - 128) / 4


class FakeSession:
    """Rotation from the mean colour of each crop; counts its calls."""

    def __init__(self, path: Path | None = None, *, threads: int | None = None, trained: bool = True) -> None:
        trained = trained and not (path is not None and "untrained" in path.name)
        self.info, self.threads, self.batches = fake_info(trained=trained), threads, []

    def run(self, images: np.ndarray) -> np.ndarray:
        check_images(images, self.info.input_size)
        self.batches.append(len(images))
        mean = images.astype(np.float64).mean(axis=(1, 2))
        pitch, yaw, roll = pose_of_color(*mean.T)
        return euler_to_rotation(pitch, yaw, roll).astype(np.float32)
