"""A whole picture to angles, each stage timed: detector, crop, network, decoding."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.record import STAGES
from runtime.detector import FaceDetector
from runtime.errors import HeadPoseError
from runtime.preprocess import crop_face
from runtime.rotation import rotation_to_euler
from runtime.sessions import Session

_T = TypeVar("_T")


class Pipeline:
    """The largest face of one photograph, as `runtime.estimator.HeadPoseEstimator` would read it.

    Args:
        session: an open artefact.
        photo: RGB (H, W, 3) uint8 with at least one face.
        threads: CPU threads of the detector; None leaves the engine's choice.

    Raises HeadPoseError for a photograph without a face.
    """

    def __init__(self, session: Session, photo: npt.NDArray[np.uint8], *, threads: int | None = None) -> None:
        self._session, self._photo, self._detector = session, photo, FaceDetector(threads=threads)
        self._stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
        if not self._detector.detect(photo):
            raise HeadPoseError("no face was found in the picture for the whole pipeline: give one with a clear face")

    def run(self) -> tuple[float, float, float]:
        """(pitch, yaw, roll) in degrees of the first face; the stages' times are kept."""
        face = self._timed("detect", lambda: self._detector.detect(self._photo))[0]
        size = self._session.info.input_size
        crop = self._timed("crop", lambda: crop_face(self._photo, face.box, size))
        rotation = self._timed("inference", lambda: self._session.run(crop[None]))[0]
        pitch, yaw, roll = self._timed("decode", lambda: rotation_to_euler(rotation))
        return float(pitch), float(yaw), float(roll)

    def take_stages(self) -> dict[str, list[float]]:
        """Stage → milliseconds of every run since the last call, in order."""
        taken, self._stages = self._stages, {stage: [] for stage in STAGES}
        return taken

    def _timed(self, stage: str, work: Callable[[], _T]) -> _T:
        start = time.perf_counter_ns()
        made = work()
        self._stages[stage].append((time.perf_counter_ns() - start) / 1e6)
        return made
