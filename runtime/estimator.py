"""From a picture to head poses: detector, crop rule, artefact."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.detector import FaceDetector, check_image
from runtime.errors import HeadPoseError
from runtime.preprocess import Box, crop_face, resize_square
from runtime.rotation import rotation_to_euler
from runtime.sessions import Session, open_session

Image = npt.NDArray[np.uint8]


class UntrainedWeightsWarning(UserWarning):
    """The artefact holds seeded, untrained weights."""


def untrained_message(name: str) -> str:
    """What is said wherever an untrained artefact is used."""
    return f"{name} holds UNTRAINED weights: its poses are noise, good for trying the pipeline and nothing else"


@dataclass(frozen=True, eq=False)
class HeadPose:
    """One head in one picture."""

    box: Box
    """The face in pixels, as the detector found it."""
    score: float
    """The detector's, 0..1."""
    rotation: npt.NDArray[np.floating]
    """(3, 3), R = Rz(roll) · Ry(yaw) · Rx(pitch), 6DRepNet's convention (runtime/rotation.py)."""
    yaw_deg: float
    """> 0: the face turns to the image's left; -90..90."""
    pitch_deg: float
    """> 0: looks up; -180..180."""
    roll_deg: float
    """> 0: tilts clockwise in the image; -180..180."""

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, ready for JSON."""
        return {
            "box": [round(float(v), 2) for v in self.box],
            "score": round(float(self.score), 4),
            "rotation": np.asarray(self.rotation, dtype=np.float64).round(7).tolist(),
            "yaw_deg": round(float(self.yaw_deg), 3),
            "pitch_deg": round(float(self.pitch_deg), 3),
            "roll_deg": round(float(self.roll_deg), 3),
        }


class HeadPoseEstimator:
    """Finds faces and estimates their head poses. Not safe for use by several threads at once.

    Example:
        >>> estimator = HeadPoseEstimator("sixdrepnet_repnext_m4_fp16.tflite")   # doctest: +SKIP
        >>> for head in estimator.predict(read_image("photo.jpg")):              # doctest: +SKIP
        ...     print(head.yaw_deg, head.pitch_deg, head.roll_deg)
    """

    def __init__(
        self,
        artifact: str | Path | Session,
        *,
        detector: FaceDetector | None = None,
        threads: int | None = None,
        **session_options: Any,
    ) -> None:
        """Open the artefact; the detector is opened when the first picture comes.

        Args:
            artifact: path of an exported file or a checkpoint (see `open_session`), or an open session.
            detector: a face detector; None makes one with its default settings.
            threads: CPU threads of both networks; None leaves the engines' own choice.
            session_options: passed to `open_session`.

        Raises:
            HeadPoseError: the artefact cannot be opened.

        Warns:
            UntrainedWeightsWarning: the artefact's weights were never trained.
        """
        self.session: Session = (
            open_session(artifact, threads=threads, **session_options) if isinstance(artifact, str | Path) else artifact
        )
        self._detector, self._threads = detector, threads
        if not self.session.info.checkpoint.trained:
            warnings.warn(untrained_message(self.session.info.name), UntrainedWeightsWarning, stacklevel=2)

    @property
    def detector(self) -> FaceDetector:
        """The face detector."""
        if self._detector is None:
            self._detector = FaceDetector(threads=self._threads)
        return self._detector

    def predict(self, image: Image) -> list[HeadPose]:
        """RGB (H, W, 3) uint8 → one pose per face, best detector score first; an empty list if there is no face.

        Raises HeadPoseError if `image` is no such array.
        """
        check_image(image)
        faces = self.detector.detect(image)
        size = self.session.info.input_size
        rotations = self._run([crop_face(image, face.box, size) for face in faces])
        angles = rotation_to_euler(rotations)
        return [
            HeadPose(face.box, face.score, rotation, yaw_deg=float(yaw), pitch_deg=float(pitch), roll_deg=float(roll))
            for face, rotation, (pitch, yaw, roll) in zip(faces, rotations, angles, strict=True)
        ]

    def predict_crops(self, crops: Sequence[Image]) -> npt.NDArray[np.float32]:
        """RGB face crops (H, W, 3) uint8 of any size, N of them → rotations (N, 3, 3); each is stretched to a square.

        Raises HeadPoseError if one is no such array.
        """
        for crop in crops:
            check_image(crop)
        size = self.session.info.input_size
        return self._run([resize_square(crop, size) for crop in crops])

    def _run(self, crops: list[Image]) -> npt.NDArray[np.float32]:
        if not crops:
            return np.zeros((0, 3, 3), dtype=np.float32)
        rotations = self.session.run(np.stack(crops))
        if rotations.shape != (len(crops), 3, 3) or not np.isfinite(rotations).all():
            raise HeadPoseError(
                f"{self.session.info.name} gave {rotations.shape} numbers that are not {len(crops)} finite rotations: "
                "check the artefact with  headpose parity"
            )
        return rotations
