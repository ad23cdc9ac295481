"""What it costs, in degrees, to quantise one block or one operator of a network alone: what is to be kept wide."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from export.quantize.settings import Quantization
from export.quantize.widen import UNITS, UnitLoss, angles_to, unit_losses
from export.spec import FLOATS, ExportSpec, describe
from runtime.errors import HeadPoseError, unknown_name
from runtime.provenance import git_state
from training.data.source import Progress, silent

if TYPE_CHECKING:
    from export.quantize.calibration import CalibrationSet
    from training.models.checkpoints import LoadedCheckpoint

SCHEMA = 1
_IMAGES = 32


@dataclass(frozen=True)
class Sensitivity:
    """The losses of one target in one precision."""

    backbone: str
    """Backbone name."""
    target: str
    """'onnx', 'tflite' or 'coreml'."""
    precision: str
    """Which of its quantised precisions."""
    by: str
    """'block' or 'operator'."""
    checkpoint_sha256: str
    """Hash of the weights."""
    trained: bool
    """False for seeded weights, whose losses mean nothing."""
    images: int
    """How many faces the losses are means over: the parity inputs that show faces, and calibration crops."""
    calibration: dict[str, Any]
    """What ranges were measured on."""
    whole: UnitLoss
    """Everything quantised."""
    units: tuple[UnitLoss, ...]
    """Each alone, in execution order."""
    git: dict[str, Any]
    """Commit of the code and whether its tree was dirty."""
    created: str
    """UTC time, ISO 8601."""
    schema: int = SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @property
    def ranked(self) -> list[UnitLoss]:
        """The worst first."""
        return sorted(self.units, key=lambda loss: loss.mean_deg, reverse=True)


def measure_sensitivity(
    checkpoint: str | Path = "default",
    backbone: str | None = None,
    *,
    target: str,
    precision: str,
    by: str = "block",
    quantization: Quantization | None = None,
    images: int = _IMAGES,
    progress: Progress = silent,
) -> Sensitivity:
    """Quantise every block, or every operator, alone, and measure the angle to the float file's rotations.

    Args:
        checkpoint: a file that `training.models.open_checkpoint` reads, or a name that it knows.
        backbone: backbone name; None takes the checkpoint's own.
        target: 'onnx', 'tflite' or 'coreml'.
        precision: one of the target's precisions that are not float.
        by: 'block' or 'operator'.
        quantization: calibration and preparation; `keep_wide`, `widen` and `budget_deg` are not read.
        images: calibration crops, besides the faces of the parity inputs, that the losses are means over.
        progress: told of every unit.

    Raises:
        HeadPoseError: an unknown name, a float precision, no image, and what `export` refuses.
    """
    from export.quantize.calibration import open_calibration
    from training.models.checkpoints import open_checkpoint

    _check(precision, target, by, images)
    how, loaded = quantization or Quantization(), open_checkpoint(checkpoint, backbone)
    spec = ExportSpec(loaded.backbone, target, precision, input_size=loaded.image_size)
    calibration = open_calibration(how.calibration, samples=how.samples, size=spec.input_size, progress=progress)
    faces = _faces(spec.input_size, calibration.crops[:images])
    whole, units = _losses(loaded, spec, how, calibration, faces, by, progress)
    return Sensitivity(
        backbone=spec.backbone,
        target=target,
        precision=precision,
        by=by,
        checkpoint_sha256=loaded.info.sha256,
        trained=loaded.info.trained,
        images=len(faces),
        calibration=calibration.record(),
        whole=whole,
        units=units,
        git=git_state(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _check(precision: str, target: str, by: str, images: int) -> None:
    if by not in UNITS:
        raise unknown_name("unit of sensitivity", by, UNITS)
    if images < 1:
        raise HeadPoseError(f"losses cannot be means over {images} images: give 1 or more")
    if precision in FLOATS:
        raise HeadPoseError(f"{precision} rounds no operator to few bits: choose another precision of {target}")


def _losses(
    loaded: LoadedCheckpoint,
    spec: ExportSpec,
    how: Quantization,
    calibration: CalibrationSet,
    faces: npt.NDArray[np.uint8],
    by: str,
    progress: Progress,
) -> tuple[UnitLoss, tuple[UnitLoss, ...]]:
    """Of everything together, and of each unit alone."""
    from export.quantize.quantizers import Quantizers
    from training.models.reparam import reparameterize

    network: Any = reparameterize(loaded.model)
    with TemporaryDirectory(prefix="headpose-sensitivity-") as place:
        folder = Path(place)
        quantizer = Quantizers(network, loaded.info, calibration, how, folder, progress).of(spec)
        run = _Engine(spec, describe(spec, loaded.info, git_state()), folder, faces)
        truth = run(quantizer.quantize(quantizer.modules))
        whole = angles_to(truth, run(quantizer.quantize()), "everything")
        return whole, tuple(unit_losses(quantizer, run, truth, by, progress))


def _faces(size: int, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from export.parity_images import parity_images

    return np.concatenate([np.stack([image.pixels for image in parity_images(size) if image.face]), crops])


class _Engine:
    """Writes a model and runs it on the faces."""

    def __init__(self, spec: ExportSpec, info: Any, folder: Path, faces: npt.NDArray[np.uint8]) -> None:
        self._spec, self._info, self._path, self._faces = spec, info, folder / spec.file_name, faces

    def __call__(self, model: Any) -> npt.NDArray[np.float32]:
        """Rotations (N, 3, 3)."""
        from export.converter import rewrite_artifact
        from runtime.sessions import open_session

        rewrite_artifact(self._spec, model, self._info, self._path)
        return open_session(self._path, threads=1, verify=False).run(self._faces)
