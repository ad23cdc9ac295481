"""A PyTorch checkpoint as a session: the reference that every exported artefact is compared with."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from runtime.artifact import ArtifactInfo, artifact_name
from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD, crop_rule
from runtime.sessions import check_images
from runtime.sessions.op_times import OpTime
from training.inputs import to_input
from training.models.checkpoints import LoadedCheckpoint, open_checkpoint
from training.models.reparam import reparameterize

FORMS = ("train", "deploy")
MODES = ("eager", "compiled")
_CACHE_KEY = re.compile(r" [a-z0-9]{40,}(?= ##)")  # of a compiled graph, in its name

_CONVENTIONS = {
    "rotation": "R = Rz(roll) Ry(yaw) Rx(pitch), row-major; the rows are the head's right, up and forward axes "
    "in a camera frame with x right, y up, z towards the viewer",
    "angles": "degrees; yaw > 0 turns to the image's left, pitch > 0 looks up, roll > 0 tilts clockwise in the image",
}


class TorchSession:
    """Runs a checkpoint in PyTorch, fp32, on the CPU. Fulfils `runtime.sessions.Session`.

    Args:
        path: a snapshot file, or the name of shipped or untrained weights, as `open_checkpoint` takes it.
        threads: CPU threads of PyTorch while it runs; None leaves them as they are.
        form: 'train' runs the network as the file has it, 'deploy' the folded one.
        backbone: the file's backbone; None takes what the file says.
        size: side of the square input in pixels; None takes what the checkpoint says, 224 if it says nothing.
        mode: 'eager' runs operator by operator, 'compiled' by torch.compile, which works at the first inference.

    Raises:
        HeadPoseError: a file that cannot be read, an unknown form or mode, a number of threads below 1.
    """

    info: ArtifactInfo
    """The facts of the checkpoint."""
    engine: str
    """'PyTorch 2.14.1 (eager, folded)'."""

    def __init__(
        self,
        path: str | Path,
        *,
        threads: int | None = None,
        form: str = "train",
        backbone: str | None = None,
        size: int | None = None,
        mode: str = "eager",
    ) -> None:
        if form not in FORMS:
            raise unknown_name("form", form, FORMS)
        if mode not in MODES:
            raise unknown_name("mode", mode, MODES)
        if threads is not None and threads < 1:
            raise HeadPoseError(f"cannot run with {threads} threads: pass 1 or more, or leave it out")
        loaded = open_checkpoint(path, backbone)
        self.info = _describe(loaded, size or loaded.image_size)
        self._threads = threads
        self._model: Any = loaded.model if form == "train" else reparameterize(loaded.model)
        if mode == "compiled":
            self._model = torch.compile(self._model)
        version = torch.__version__.partition("+")[0]
        self.engine = f"PyTorch {version} ({mode}, {'as trained' if form == 'train' else 'folded'})"

    def run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """RGB images (N, H, W, 3) uint8 of the input size → rotations (N, 3, 3)."""
        check_images(images, self.info.input_size)
        before = torch.get_num_threads()
        try:
            if self._threads is not None:
                torch.set_num_threads(self._threads)
            with torch.inference_mode():
                rotation: npt.NDArray[np.float32] = self._model(normalize(images)).numpy()
            return rotation
        finally:
            torch.set_num_threads(before)

    def operator_times(self, image: npt.NDArray[np.uint8], *, runs: int = 20) -> list[OpTime]:
        """Mean time by kind of operator for one image (S, S, 3) uint8, by PyTorch's profiler, without their callees."""
        from torch.profiler import ProfilerActivity, profile

        for _ in range(3):
            self.run(image[None])
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            for _ in range(runs):
                self.run(image[None])
        return [_op_time(event, runs) for event in profiled.key_averages() if event.self_cpu_time_total > 0]


def _op_time(event: Any, runs: int) -> OpTime:
    kind = _CACHE_KEY.sub("", event.key)
    return OpTime(event.key, kind, max(1, round(event.count / runs)), event.self_cpu_time_total / 1e3 / runs)


def normalize(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """RGB (N, H, W, 3) uint8 → ImageNet-normalised (N, 3, H, W) float32: (x / 255 − mean) / std."""
    return to_input(torch.from_numpy(np.ascontiguousarray(images)))


def _describe(loaded: LoadedCheckpoint, size: int) -> ArtifactInfo:
    shape = ["N", size, size, 3]
    return ArtifactInfo(
        name=artifact_name(loaded.backbone, "fp32"),
        model="sixdrepnet",
        backbone=loaded.backbone,
        target="pytorch",
        precision="fp32",
        output="rotation",
        input_size=size,
        input={
            "name": "image",
            "layout": "NHWC",
            "dtype": "uint8",
            "channels": "RGB",
            "range": [0, 255],
            "shape": shape,
        },
        normalization={"inside": True, "mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)},
        crop=dict(crop_rule()),
        conventions=dict(_CONVENTIONS),
        checkpoint=loaded.info,
        git={"commit": None, "dirty": None},
        tools={"torch": torch.__version__},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
