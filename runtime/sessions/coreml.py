"""Runs an .mlpackage artefact: in Core ML on a Mac, in the executor `runtime.mil` elsewhere.

The executor proves the conversion (graph, weights, preprocessing, fp16 storage), not the arithmetic of the Neural
Engine. The branch for macOS is written against coremltools' documented interface and has not been run by us.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.artifact import METADATA_KEY, ArtifactInfo
from runtime.errors import HeadPoseError, unknown_name
from runtime.mil.backend import torch_threads
from runtime.rotation import sixd_to_rotation
from runtime.sessions.steps import Step

COMPUTE_UNITS = {
    "all": "ALL",
    "cpu_only": "CPU_ONLY",
    "cpu_and_gpu": "CPU_AND_GPU",
    "cpu_and_ne": "CPU_AND_NE",
}


class CoreMLSession:
    """An .mlpackage artefact, opened.

    Args:
        path: the package (a folder).
        threads: CPU threads of the executor; None leaves PyTorch's choice. Core ML chooses its own.
        mode: of the executor: 'stored' rounds every result to its stored type, so that fp16 shows; 'fp32' keeps
            float32. Without effect on a Mac, except for `steps`.
        compute_units: of Core ML: 'all', 'cpu_only', 'cpu_and_gpu' or 'cpu_and_ne'. Without effect elsewhere.

    Raises:
        HeadPoseError: no such package, damaged, no head-pose metadata, not one image in and one array out, an
            unknown mode or compute unit, an operator that the executor does not know.
    """

    info: ArtifactInfo
    engine: str

    def __init__(
        self, path: Path, *, threads: int | None = None, mode: str = "stored", compute_units: str = "all"
    ) -> None:
        from runtime.mil import MODES, load_program

        if mode not in MODES:
            raise unknown_name("mode", mode, MODES)
        if compute_units not in COMPUTE_UNITS:
            raise unknown_name("compute unit", compute_units, COMPUTE_UNITS)
        self.path, self._threads, self._mode = Path(path), threads, mode
        self.program = load_program(self.path)
        self.info = self._read_info()
        self._check_interface()
        self._model: Any = None
        self.engine = f"mil-executor ({mode})"
        if sys.platform == "darwin":  # pragma: no cover
            from runtime.mil.package import predictor

            self._model, self.engine = predictor(self.path, COMPUTE_UNITS[compute_units]), "Core ML"

    def _read_info(self) -> ArtifactInfo:
        if METADATA_KEY not in self.program.metadata:
            raise HeadPoseError(f"{self.path} carries no head-pose metadata: it was not made by headpose export")
        return ArtifactInfo.from_json(self.program.metadata[METADATA_KEY], str(self.path))

    def _check_interface(self) -> None:
        """One RGB or BGR image of the promised size in, one array out."""
        inputs, outputs = self.program.inputs, self.program.outputs
        sizes = [f.shape for f in inputs if f.kind == "image" and f.color_layout in ("RGB", "BGR")]
        if len(inputs) != 1 or len(outputs) != 1 or sizes != [(self.info.input_size,) * 2]:
            raise HeadPoseError(
                f"{self.path} does not take one colour image of {self.info.input_size}×{self.info.input_size} pixels "
                "and give one array, as its metadata promises: export it again"
            )

    def run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """RGB images (N, S, S, 3) uint8 → rotations (N, 3, 3), one image at a time."""
        from runtime.sessions import check_images

        check_images(images, self.info.input_size)
        outputs = np.stack([self._predict(image) for image in images])
        return np.asarray(self._decode(outputs), dtype=np.float32)

    def _decode(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
        n = len(outputs)
        if self.info.output == "sixd":
            return sixd_to_rotation(outputs.reshape(n, 6))
        return outputs.reshape(n, 3, 3)

    def _predict(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        name = self.program.outputs[0].name
        if self._model is not None:  # pragma: no cover
            from PIL import Image

            # Core ML converts a picture to the package's own channel order itself
            prediction = self._model.predict({self.program.inputs[0].name: Image.fromarray(image)})
            return np.asarray(prediction[name], dtype=np.float32)
        with torch_threads(self._threads):
            return self.program.run(self._feed(image), self._mode)[name].astype(np.float32)

    def _feed(self, image: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.uint8]]:
        return {self.program.inputs[0].name: image}

    def steps(self, image: npt.NDArray[np.uint8]) -> Iterator[Step]:
        """Every operator's output for one image (S, S, 3) uint8 in execution order, by the executor on any system."""
        from runtime.sessions import check_images

        check_images(image[None], self.info.input_size)
        for step in self.program.steps(self._feed(image), self._mode):
            value = step.value.astype(np.float32) if step.value.dtype == np.float16 else step.value
            yield Step(step.name, step.kind, value)
