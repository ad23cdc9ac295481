"""The truth that artefacts are held against: the PyTorch network in training form, in float32, never fused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from runtime.artifact import ArtifactInfo, sha256_of
from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from training.models.sixdrepnet import SixDRepNet

_BATCH = 8


class Reference:
    """A network whose answers are remembered: several artefacts of one checkpoint are compared with the same ones.

    Args:
        network: SixDRepNet as loaded, ImageNet-normalised RGB (N, 3, S, S) in, rotations (N, 3, 3) out. It is put in
            eval mode and must not change afterwards.
    """

    def __init__(self, network: SixDRepNet) -> None:
        self.network = network.eval()
        self._known: dict[bytes, npt.NDArray[np.float32]] = {}

    def rotations(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """RGB images (N, S, S, 3) uint8 → rotations (N, 3, 3)."""
        from hashlib import sha256

        keys = [sha256(image.tobytes() + bytes(str(image.shape), "ascii")).digest() for image in images]
        new = [i for i, key in enumerate(keys) if key not in self._known]
        for start in range(0, len(new), _BATCH):
            part = new[start : start + _BATCH]
            self._known.update(zip((keys[i] for i in part), self._compute(images[part])))
        return np.stack([self._known[key] for key in keys])

    def _compute(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        import torch

        from training.session import normalize

        with torch.no_grad():
            return np.asarray(self.network(normalize(images)).numpy(), dtype=np.float32)


def load_reference(
    info: ArtifactInfo, checkpoint: str | Path | None = None, *, beside: Path | None = None
) -> Reference:
    """The network that an artefact was made from.

    Args:
        info: the artefact's record.
        checkpoint: where the checkpoint is now; None takes what the record names: a file in the working folder or
            else in `beside`, shipped weights, or seeded ones.
        beside: folder of the artefact.

    Raises:
        HeadPoseError: the checkpoint is not there, or is another one than the artefact was made from.
    """
    from training.models.checkpoints import open_checkpoint
    from training.models.shipped import DEFAULT, UNTRAINED, is_name

    source = str(checkpoint if checkpoint is not None else info.checkpoint.source)
    if source == DEFAULT and not info.checkpoint.trained:
        source = UNTRAINED  # what 'default' was when the file was made
    if not is_name(source):
        source = str(_find(source, beside, info.name))
        _check_same(sha256_of(Path(source)), info, source)  # before a file of unknown content is opened
    loaded = open_checkpoint(source, info.backbone)
    _check_same(loaded.info.sha256, info, source)
    return Reference(loaded.model)


def _find(source: str, beside: Path | None, name: str) -> Path:
    for place in (Path(source), *([beside / source] if beside else [])):
        if place.is_file():
            return place
    raise HeadPoseError(f"the checkpoint {source} that {name} was made from is not there: say where with --checkpoint")


def _check_same(sha256: str, info: ArtifactInfo, source: str) -> None:
    if sha256 != info.checkpoint.sha256:
        raise HeadPoseError(
            f"{source} is not the checkpoint that {info.name} was made from (sha256 {sha256[:12]}…, "
            f"the artefact says {info.checkpoint.sha256[:12]}…): pass the right one with --checkpoint"
        )
