"""Holds what a file gives on emulated processors against PyTorch and against the same file on this computer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from export.emulation.process import EmulatedEngine, EmulatedRun, EmulationFailureError
from export.emulation.record import Distance, EmulatedImage, EmulatedParity, Figures
from export.parity import ParityReport, compare
from export.parity_images import ParityImage
from runtime.artifact import ArtifactInfo
from runtime.rotation import geodesic_deg
from runtime.sessions import Session

if TYPE_CHECKING:
    from export.reference import Reference

_WORST_DEG = 180.0  # what a rotation that holds NaN or infinity counts as
Rotations = npt.NDArray[np.float32]
Progress = Callable[[str, int], None]


class _Replay:
    """A session that knows its answers already."""

    def __init__(self, info: ArtifactInfo, engine: str, inputs: Sequence[ParityImage], rotations: Rotations) -> None:
        self.info, self.engine = info, engine
        self._known = {image.pixels.tobytes(): rotation for image, rotation in zip(inputs, rotations)}

    def run(self, images: npt.NDArray[np.uint8]) -> Rotations:
        """RGB images (N, S, S, 3) uint8 → rotations (N, 3, 3)."""
        return np.stack([self._known[image.tobytes()] for image in images])


def check_emulated(
    path: Path,
    session: Session,
    truth: Reference,
    inputs: Sequence[ParityImage],
    engines: Sequence[EmulatedEngine],
    progress: Progress = lambda text, done: None,
) -> list[EmulatedParity]:
    """One record for each emulated processor model; a run that comes to no end is a record too.

    Args:
        path: .onnx or .tflite.
        session: the same file, opened on this computer.
        truth: the network in training form.
        inputs: images of the file's size: the same bytes go everywhere.
        engines: the processor models.
        progress: called with a text and the images done, over all models.
    """
    progress(f"{path.name} on this computer", 0)
    images = np.stack([image.pixels for image in inputs])
    rotations = np.concatenate([session.run(image[None]) for image in images])
    host = compare(path, _Replay(session.info, getattr(session, "engine", ""), inputs, rotations), truth, inputs)
    records = []
    for turn, engine in enumerate(engines):
        before = turn * len(inputs)

        def show(done: int, engine: EmulatedEngine = engine, before: int = before) -> None:
            progress(f"{path.name} on an emulated CPU, {engine.cpu}", before + done)

        show(0)
        try:
            run = engine.run(path, session.info, images, show)
        except EmulationFailureError as error:
            records.append(_record(session.info, host, engine.cpu, None, str(error)))
        else:
            report = compare(path, _Replay(session.info, run.guest.engine, inputs, run.rotations), truth, inputs)
            records.append(_record(session.info, host, engine.cpu, _figures(report, host, run, rotations)))
    return records


def _record(
    info: ArtifactInfo, host: ParityReport, cpu: str, figures: Figures | None, failure: str = ""
) -> EmulatedParity:
    return EmulatedParity(
        file=host.file,
        sha256=host.sha256,
        size_bytes=host.size_bytes,
        target=host.target,
        precision=host.precision,
        backbone=host.backbone,
        checkpoint_sha256=host.checkpoint_sha256,
        trained=info.checkpoint.trained,
        cpu=cpu,
        host_engine=host.engine,
        gate=host.gate,
        figures=figures,
        failure=failure,
    )


def _figures(report: ParityReport, host: ParityReport, run: EmulatedRun, rotations: Rotations) -> Figures:
    apart = angles_deg(run.rotations, rotations)
    judged = [image.judged for image in report.images]
    return Figures(
        guest=run.guest,
        from_pytorch=Distance(report.mean_deg, report.max_deg),
        from_host=Distance(float(apart[judged].mean()), float(apart[judged].max())),
        host_from_pytorch=Distance(host.mean_deg, host.max_deg),
        images=tuple(
            EmulatedImage(there.name, there.judged, there.geodesic_deg, float(angle), here.geodesic_deg)
            for there, here, angle in zip(report.images, host.images, apart)
        ),
    )


def angles_deg(a: Rotations, b: Rotations) -> npt.NDArray[np.float64]:
    """Angles (N,) between rotations (N, 3, 3) in degrees; 180 where one of the two holds NaN or infinity."""
    finite = np.asarray(np.isfinite(a).all(axis=(1, 2)) & np.isfinite(b).all(axis=(1, 2)))
    mask = finite[:, None, None]
    angles = geodesic_deg(np.where(mask, a, 0), np.where(mask, b, 0))
    return np.where(finite, angles, _WORST_DEG)
