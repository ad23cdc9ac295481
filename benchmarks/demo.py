"""The main job, start to end: export to every target, prove the rotations, run each file on a photograph, show it."""

from __future__ import annotations

import statistics
import textwrap
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, MissingDependencyError

if TYPE_CHECKING:
    from export.pipeline import Exported
    from runtime.estimator import HeadPose

Image = npt.NDArray[np.uint8]
Progress = Callable[[str, int, int], None]

PICTURE_NAME = "poses.png"
TARGETS, PRECISIONS = ("onnx", "tflite", "coreml"), ("fp32", "fp16")
_ROUNDS = {False: 20, True: 3}  # emulated → rounds: an emulation takes ten times as long and says nothing
_CAPTION = 62  # letters of a line
_REGION = 2.4  # side of a panel, in face heights


@dataclass(frozen=True)
class DemoRow:
    """One artefact's line of the table."""

    file: str
    """File name."""
    target: str
    """'onnx', 'tflite' or 'coreml'."""
    precision: str
    """'fp32' or 'fp16'."""
    size_bytes: int
    """Size on disk."""
    mean_deg: float
    """Mean angle between its rotations and PyTorch's."""
    max_deg: float
    """Largest one."""
    latency_ms: float
    """Median of one inference on this processor, one thread."""
    emulated: bool
    """True where that is the time of an emulation, which says nothing of a device."""
    yaw_deg: float | None
    """Pose of the photographed head; None if the file gave none."""
    pitch_deg: float | None
    """Pose of the photographed head."""
    roll_deg: float | None
    """Pose of the photographed head."""
    passed: bool
    """Whether it is within its parity gate."""
    verdict: str
    """The same in a sentence, with the place of the fault if there is one."""


@dataclass(frozen=True)
class DemoResult:
    """What the demo made."""

    rows: tuple[DemoRow, ...]
    """One per artefact."""
    manifest: str
    """Path of manifest.json."""
    picture: str
    """Path of the annotated pictures side by side."""
    passed: bool
    """Whether every artefact is within its parity gate."""
    trained: bool
    """False for seeded weights: the poses mean nothing."""
    backbone: str
    """Backbone name."""
    weights: str
    """Where the weights come from, what they were trained on, their licence."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps."""
        return {**asdict(self), "rows": [asdict(row) for row in self.rows]}


def photograph() -> Image:
    """NASA's portrait of Eileen Collins (public domain), RGB (512, 512, 3), as scikit-image ships it."""
    try:
        from skimage import data
    except ImportError as error:
        raise MissingDependencyError("scikit-image", "the photograph of the demo", "export") from error
    return np.asarray(data.astronaut(), dtype=np.uint8)


def demo(
    out: str | Path = "out/demo",
    *,
    checkpoint: str | Path = "default",
    backbone: str | None = None,
    targets: Sequence[str] = TARGETS,
    precisions: Sequence[str] = PRECISIONS,
    overwrite: bool = False,
    progress: Progress = lambda text, done, total: None,
) -> DemoResult:
    """Export, prove, run and draw; writes the artefacts, manifest.json and poses.png into `out`.

    Raises HeadPoseError for bad input and for files that are in the way.
    """
    from export.pipeline import export
    from runtime.atomic import check_new, make_folder

    folder = make_folder(Path(out))
    check_new(folder / PICTURE_NAME, overwrite=overwrite)
    made = export(
        checkpoint,
        backbone,
        targets=targets,
        precisions=precisions,
        out=folder,
        overwrite=overwrite,
        allow_failed=True,
        progress=progress,
    )
    photo, rows, panels = photograph(), [], []
    times = _times([exported.path for exported in made.artifacts], progress)
    for exported in made.artifacts:
        pose = _pose(exported, photo)
        rows.append(_row(exported, pose, *times[exported.path]))
        panels.append((_panel(photo, pose), _caption(exported)))
    picture = _write_picture(folder / PICTURE_NAME, panels, len(precisions), overwrite)
    info = made.artifacts[0].info
    return DemoResult(
        rows=tuple(rows),
        manifest=str(made.manifest),
        picture=str(picture),
        passed=made.passed,
        trained=info.checkpoint.trained,
        backbone=info.backbone,
        weights=info.checkpoint.sentence(),
    )


def _times(paths: Sequence[Path], progress: Progress) -> dict[Path, tuple[float, bool]]:
    """Path → (median milliseconds, emulated); the emulated ones are measured apart, they would slow the others."""
    from benchmarks.host import measure

    times: dict[Path, tuple[float, bool]] = {}
    for emulated in (False, True):
        group = [path for path in paths if (path.suffix == ".mlpackage") == emulated]
        if group:
            results = measure(group, threads=1, rounds=_ROUNDS[emulated], warmup=1, progress=progress)
            times |= {p: (statistics.median(r.samples_ms), r.run.emulated) for p, r in zip(group, results)}
    return times


def _pose(exported: Exported, photo: Image) -> HeadPose | None:
    """The photographed head; None if the file failed its proof and gives no pose."""
    from runtime.estimator import HeadPoseEstimator, UntrainedWeightsWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UntrainedWeightsWarning)  # the demo says it once, in its own words
        estimator = HeadPoseEstimator(exported.path, threads=1)
    try:
        heads = estimator.predict(photo)
    except HeadPoseError:
        if exported.parity is not None and not exported.parity.passed:
            return None
        raise
    if not heads:
        raise HeadPoseError(
            "no face was found on the demo's photograph: reinstall the package, its detector is damaged"
        )
    return heads[0]


def _row(exported: Exported, pose: HeadPose | None, latency_ms: float, emulated: bool) -> DemoRow:
    if exported.parity is None:
        raise HeadPoseError(f"{exported.path.name} was not held against PyTorch: run headpose parity on it")
    return DemoRow(
        file=exported.path.name,
        target=exported.info.target,
        precision=exported.info.precision,
        size_bytes=exported.size_bytes,
        mean_deg=exported.parity.mean_deg,
        max_deg=exported.parity.max_deg,
        latency_ms=round(latency_ms, 2),
        emulated=emulated,
        yaw_deg=None if pose is None else pose.yaw_deg,
        pitch_deg=None if pose is None else pose.pitch_deg,
        roll_deg=None if pose is None else pose.roll_deg,
        passed=exported.parity.passed,
        verdict=exported.parity.explanation(),
    )


def _panel(photo: Image, pose: HeadPose | None) -> Image:
    """The annotated photograph, cut to a square around the head; the bare photograph if there is no pose."""
    from runtime.draw import annotate

    if pose is None:
        return photo
    box, drawn = pose.box, annotate(photo, [pose])
    side = min(round(_REGION * (box.bottom - box.top)), *photo.shape[:2])
    left = int(np.clip((box.left + box.right - side) / 2, 0, photo.shape[1] - side))
    top = int(np.clip((box.top + box.bottom - side) / 2, 0, photo.shape[0] - side))
    return np.ascontiguousarray(drawn[top : top + side, left : left + side])


def _caption(exported: Exported) -> str:
    weights, name = exported.info.checkpoint, f"{exported.info.target} {exported.info.precision}"
    if not weights.trained:
        return f"{name}\nUNTRAINED weights"
    data = textwrap.shorten(weights.training_data, _CAPTION, placeholder=" …")
    return f"{name}\ntrained on {data}\n{textwrap.shorten(weights.licence, _CAPTION, placeholder=' …')}"


def _write_picture(path: Path, panels: list[tuple[Image, str]], columns: int, overwrite: bool) -> Path:
    from runtime.draw import side_by_side
    from runtime.images import save_image

    rows = len(panels) // columns  # columns of the sheet are targets, its rows are precisions
    ordered = [panels[target * columns + precision] for precision in range(columns) for target in range(rows)]
    save_image(path, side_by_side(ordered, columns=rows, height=360), overwrite=overwrite)
    return path
