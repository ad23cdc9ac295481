"""Converts one folded network to the targets' float files, in memory, so that nothing is converted twice."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.spec import ExportSpec
from runtime.artifact import ArtifactInfo
from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from export.tflite import TfliteConversion
    from training.models.sixdrepnet import SixDRepNet


class Converter:
    """Holds what several precisions of one network share. `close` ends what still runs.

    Args:
        network: as `reparameterize` returns it.
        specs: what will be asked for; a conversion to TFLite starts at once, in another process.
        bands: cut wide depthwise kernels for TFLite.
        quarter: take the untouched quarter into the 3×3 branch for ONNX and TFLite.
    """

    def __init__(
        self, network: SixDRepNet, specs: Sequence[ExportSpec], *, bands: bool = True, quarter: bool = True
    ) -> None:
        self.network, self._quarter = network, quarter
        self._tflite_job: TfliteConversion | None = None
        self._flatbuffer: tuple[bytes, float] | None = None
        first = next((spec for spec in specs if spec.target == "tflite"), None)
        if first is not None:
            from export.tflite import TfliteConversion

            self._tflite_job = TfliteConversion(network, first, bands=bands, quarter=quarter)

    def close(self) -> None:
        """End what still runs."""
        if self._tflite_job is not None:
            self._tflite_job.close()

    def convert(self, spec: ExportSpec) -> tuple[Any, float]:
        """The in-memory model of a float spec and the seconds that it took.

        Raises HeadPoseError if the target's converter cannot take the network.
        """
        start = time.monotonic()
        with converting(spec):
            if spec.target == "tflite":
                return self._tflite(spec)
            return getattr(self, f"_{spec.target}")(spec), time.monotonic() - start

    def _graph(self, spec: ExportSpec, **options: Any) -> Any:
        from export.graph import ExportGraph

        return ExportGraph(self.network, output=spec.output, **options)

    def _onnx(self, spec: ExportSpec) -> Any:
        from export.onnx import to_onnx
        from export.rewrites import rewritten

        return to_onnx(rewritten(self._graph(spec), "onnx", quarter=self._quarter), spec)

    def _tflite(self, spec: ExportSpec) -> tuple[bytes, float]:
        from export.tflite import halve_weights

        if self._flatbuffer is None:
            assert self._tflite_job is not None
            self._flatbuffer = self._tflite_job.result()
        flatbuffer, seconds = self._flatbuffer
        if spec.precision == "fp32":
            return flatbuffer, seconds
        start = time.monotonic()
        return halve_weights(flatbuffer), time.monotonic() - start

    def _coreml(self, spec: ExportSpec) -> Any:
        from export.coreml import to_coreml

        return to_coreml(self._graph(spec, normalized=True), spec)


@contextmanager
def converting(spec: ExportSpec) -> Iterator[None]:
    """Turns whatever a converter raises into one sentence about the file; the chain keeps the whole story."""
    try:
        yield
    except OSError as error:
        raise HeadPoseError(f"converting {spec.file_name} failed: {error.strerror or error}") from error
    except HeadPoseError:
        raise
    except Exception as error:  # each converter has its own kinds
        first = str(error).strip().partition("\n")[0]
        raise HeadPoseError(
            f"{spec.target} cannot take {spec.backbone} ({type(error).__name__}: {first}): leave that target out"
        ) from error


def write_artifact(spec: ExportSpec, model: Any, info: ArtifactInfo, path: Path) -> None:
    """Write an in-memory model with `info` embedded; HeadPoseError if the disk does not take it."""
    from export import coreml, onnx, tflite

    writers = {"onnx": onnx.write_onnx, "tflite": tflite.write_tflite, "coreml": coreml.write_coreml}
    try:
        writers[spec.target](model, info, path)
    except OSError as error:
        raise HeadPoseError(f"cannot write {path.name}: {error.strerror or error}") from error


def rewrite_artifact(spec: ExportSpec, model: Any, info: ArtifactInfo, path: Path) -> None:
    """`write_artifact` in place of an earlier file or package of that name."""
    if path.is_dir():
        shutil.rmtree(path)
    write_artifact(spec, model, info, path)
