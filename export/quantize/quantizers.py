"""One network's quantisers: friendlier weights, float files and ranges are made once for all precisions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from torch import Tensor

from export.converter import Converter, converting, write_artifact
from export.quantize.bias import correct_biases, rounded_8bit
from export.quantize.calibration import CalibrationSet
from export.quantize.compensate import input_moments, palettes_of
from export.quantize.coreml import PRECISIONS as COREML_PRECISIONS
from export.quantize.coreml import CoremlQuantizer
from export.quantize.equalize import equalize
from export.quantize.onnx import OnnxQuantizer
from export.quantize.palettes import Rounded
from export.quantize.placement import blocks_of, module_paths
from export.quantize.ranges import Histogram, Range, measure, ranges
from export.quantize.settings import Quantization
from export.quantize.silu import as_silu
from export.quantize.tflite import ACTIVATION_BITS, TfliteQuantizer
from export.spec import ExportSpec, describe
from runtime.artifact import CheckpointInfo
from runtime.errors import unknown_name
from training.data.source import Progress, silent

if TYPE_CHECKING:
    from training.models.sixdrepnet import SixDRepNet

_PREPARING = 64  # crops whose activations decide how channels are scaled and biases moved
_BATCH = 8


class Quantizer(Protocol):
    """Makes files of one target in one precision, with any modules left wide."""

    modules: tuple[str, ...]
    """Paths of what can be quantised, in execution order."""

    def quantize(self, wide: Collection[str] = ()) -> Any:
        """The in-memory model that the target's writer takes."""
        ...


def takes_silu(target: str, precision: str) -> bool:
    """Whether GELU becomes x·σ(1.702 x) there: activations are 8-bit numbers, and no kernel does a GELU of them."""
    return (target, precision) in (("onnx", "int8"), ("tflite", "int8_static"))


def needs_ranges(target: str, precision: str) -> bool:
    """Whether the activations are rounded with ranges that are fixed beforehand."""
    if target == "coreml":
        return precision in COREML_PRECISIONS and COREML_PRECISIONS[precision].activations
    return target == "onnx" or ACTIVATION_BITS.get(precision) is not None


@dataclass(eq=False)
class _Float:
    """A float file, and which module each of its operators belongs to."""

    spec: ExportSpec
    model: Any
    path: Path
    paths: dict[str, str]
    found: dict[str, Histogram] | None = None


class Quantizers:
    """Makes and keeps the quantisers of one network.

    Args:
        network: deploy form.
        checkpoint: its facts, for the float files.
        calibration: crops of the input size.
        how: what the user said. It may be replaced by settings that differ in nothing but the graph's form.
        folder: where float files go; the caller removes it.
        progress: told of what is slow.
    """

    def __init__(
        self,
        network: SixDRepNet,
        checkpoint: CheckpointInfo,
        calibration: CalibrationSet,
        how: Quantization,
        folder: Path,
        progress: Progress = silent,
    ) -> None:
        self.calibration, self.how = calibration, how
        self._network, self._checkpoint, self._folder, self._progress = network, checkpoint, folder, progress
        self._floats: dict[tuple[str, bool, bool, bool], _Float] = {}

    def of(self, spec: ExportSpec) -> Quantizer:
        """The quantiser of a spec; HeadPoseError if its target cannot take the network."""
        found = self._float(spec)
        with converting(spec):
            chosen = self._ranges(found, spec) if needs_ranges(spec.target, spec.precision) else {}
            if spec.target == "onnx":
                made: Quantizer = OnnxQuantizer(found.model, found.paths, chosen, even_concats=self.how.even_concats)
            elif spec.target == "tflite":
                made = TfliteQuantizer(
                    found.model, found.paths, chosen, spec.precision, float_depthwise=self.how.float_depthwise
                )
            else:
                palettes = self._palettes(spec.precision)
                made = CoremlQuantizer(
                    found.model, found.path, found.paths, spec.precision, ranges=chosen, palettes=palettes
                )
        self._check_wide(made)
        return made

    def _check_wide(self, made: Quantizer) -> None:
        for path in self.how.keep_wide:
            if not any(module == path or module.startswith(f"{path}.") for module in made.modules):
                raise unknown_name("module to keep wide", path, blocks_of(made.modules))

    def _ranges(self, found: _Float, spec: ExportSpec) -> dict[str, Range]:
        from runtime.sessions import open_session

        if found.found is None:
            session: Any = open_session(found.path, threads=1, verify=False)
            found.found = measure(session, self.calibration.crops, self._told(f"{spec.target}: "))
        bits = 16 if spec.precision == "int16x8" else 8
        return ranges(found.found, self.how.clipping_for(spec.target), bits)

    def _told(self, prefix: str) -> Progress:
        return lambda text, done, total: self._progress(prefix + text, done, total)

    def network_for(self, spec: ExportSpec) -> SixDRepNet:
        """The float network whose weights and activations a file holds, rounded: deploy form."""
        corrected, silu = self._prepared(spec)
        return self._network_with(corrected=corrected, silu=silu)

    def _prepared(self, spec: ExportSpec) -> tuple[bool, bool]:
        """Whether biases are corrected for it, and GELU replaced."""
        corrected = self.how.correct_biases and not spec.precision.startswith("palette")
        return corrected, self.how.sigmoid_gelu and takes_silu(spec.target, spec.precision)

    def _float(self, spec: ExportSpec) -> _Float:
        corrected, silu = self._prepared(spec)
        key = spec.target, corrected, silu, self.how.row_bands
        if key not in self._floats:
            self._floats[key] = self._converted(spec, self._network_with(corrected=corrected, silu=silu))
        return self._floats[key]

    def _network_with(self, *, corrected: bool, silu: bool) -> SixDRepNet:
        network = self._with_silu if silu else self._equalized
        if corrected:
            self._progress("correcting biases", 0, 1)
            network = correct_biases(network, rounded_8bit, self._batches())
        return network

    def _converted(self, spec: ExportSpec, network: SixDRepNet) -> _Float:
        precision = "fp16" if spec.target == "coreml" else "fp32"
        plain = ExportSpec(spec.backbone, spec.target, precision, spec.output, spec.input_size)
        path = self._folder / f"float-{len(self._floats)}-{plain.file_name}"
        self._progress(f"converting the float file for {spec.file_name}", 0, 1)
        with closing(Converter(network, [plain], bands=self.how.row_bands, quarter=False)) as converter:
            model, _ = converter.convert(plain)
        write_artifact(plain, model, describe(plain, self._checkpoint, {"commit": None, "dirty": None}), path)
        return _Float(plain, model, path, self._paths(plain, path, network))

    def _paths(self, spec: ExportSpec, path: Path, network: SixDRepNet) -> dict[str, str]:
        from export.graph import ExportGraph
        from export.rewrites import rewritten
        from export.tape import record_tape
        from runtime.sessions import open_session

        crop = self.calibration.crops[0]
        graph = ExportGraph(network, output=spec.output)
        tape = record_tape(rewritten(graph, spec.target, bands=self.how.row_bands, quarter=False), crop)
        if spec.target == "coreml":  # its image input normalises in another way
            tape = [record for record in tape if record.module != "normalize"]
        session: Any = open_session(path, threads=1, verify=False)
        return module_paths(session.steps(crop), tape, spec.precision)

    @cached_property
    def _equalized(self) -> SixDRepNet:
        if not self.how.equalize:
            return self._network
        self._progress("equalising channels", 0, 1)
        return equalize(self._network, self._batches())

    @cached_property
    def _with_silu(self) -> SixDRepNet:
        self._progress("replacing GELU", 0, 1)
        return as_silu(self._equalized, self._batches())

    def _palettes(self, precision: str) -> list[Rounded]:
        how = COREML_PRECISIONS.get(precision)
        if how is None or not how.palette:
            return []
        moments = self._moments if self.how.compensate else {}
        return list(palettes_of(self._equalized, moments, how.weight_bits, how.palette, self._progress).values())

    @cached_property
    def _moments(self) -> dict[str, Tensor]:
        self._progress("measuring what the convolutions read", 0, 1)
        return input_moments(self._equalized, self._batches())

    def _batches(self) -> Iterator[Tensor]:
        from training.session import normalize

        crops = self.calibration.crops
        picks = np.linspace(0, len(crops) - 1, min(_PREPARING, len(crops))).round().astype(int)
        for start in range(0, len(picks), _BATCH):
            yield normalize(crops[picks[start : start + _BATCH]])


__all__ = ["Quantizer", "Quantizers", "needs_ranges", "takes_silu"]
