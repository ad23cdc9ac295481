"""Who makes a file: the converter where the numbers stay float, a quantiser where they become few bits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from export.accuracy import LabelledCrops, against_labels, check_labelled, open_labelled
from export.converter import Converter
from export.prover import Draft, Exported, Prover
from export.quantize.settings import Quantization
from export.spec import ExportSpec, describe
from runtime.artifact import ArtifactInfo
from runtime.errors import unknown_name
from runtime.provenance import git_state

if TYPE_CHECKING:
    from export.parity_images import ParityImage
    from export.quantize.calibration import CalibrationSet
    from export.quantize.quantizers import Quantizer, Quantizers
    from export.reference import Reference
    from training.models.checkpoints import LoadedCheckpoint
    from training.models.sixdrepnet import SixDRepNet

_DECIDING = 32  # calibration crops that, beside the parity inputs, decide which blocks lose most


class Makers:
    """Makes the files of one checkpoint. `close` ends what still runs.

    Args:
        loaded: the checkpoint.
        specs: all that will be asked for.
        how: settings of files in few bits.
        labels: what their errors are measured on; see `export.accuracy.open_labelled`.
        prover: writes and checks.
    """

    def __init__(
        self,
        loaded: LoadedCheckpoint,
        specs: Sequence[ExportSpec],
        how: Quantization,
        labels: str | Path,
        prover: Prover,
    ) -> None:
        from training.models.reparam import reparameterize

        self._loaded, self._how, self._labels, self._prover = loaded, how, labels, prover
        self._size, self._told, self._git = specs[0].input_size, prover.told, git_state()
        network: Any = reparameterize(loaded.model)
        self._network: SixDRepNet = network
        if any(spec.quantized for spec in specs):
            check_labelled(labels)
            _check_wide(how.keep_wide, network)
        self._converter = Converter(self._network, [spec for spec in specs if not spec.quantized])

    def close(self) -> None:
        """End what still runs."""
        self._converter.close()

    def make(self, spec: ExportSpec) -> Exported:
        """Convert or quantise, prove, and write with its record."""
        self._told.file(f"converting {spec.file_name}")
        draft = self._quantized(spec) if spec.quantized else self._float(spec)
        return self._prover.finish(draft)

    def _float(self, spec: ExportSpec) -> Draft:
        model, seconds = self._converter.convert(spec)
        return self._prover.prove(Draft(spec, model, describe(spec, self._loaded.info, self._git), seconds))

    def _quantized(self, spec: ExportSpec) -> Draft:
        start = time.monotonic()
        quantizer = self._quantizers.of(spec)
        wide = self._how.keep_wide
        model = quantizer.quantize(wide)
        draft = self._proven(Draft(spec, model, self._described(spec, wide), time.monotonic() - start))
        if self._how.widen and not _passed(draft):
            draft = self._widened(draft, quantizer) or draft
        if not _passed(draft):
            draft = self._proven(draft, explain=True, made_from=self._quantizers.network_for(spec))
        return self._with_label_errors(draft)

    def _proven(self, draft: Draft, *, explain: bool = False, made_from: SixDRepNet | None = None) -> Draft:
        budget = self._how.budget_deg
        return self._prover.prove(draft, budget_deg=budget, explain=explain, made_from=made_from)

    def _described(self, spec: ExportSpec, wide: Sequence[str]) -> ArtifactInfo:
        from export.quantize.quantizers import takes_silu

        record = {**self._how.record(spec.target), "wide": list(wide), "calibration": self._calibration.record()}
        record["sigmoid_gelu"] = self._how.sigmoid_gelu and takes_silu(spec.target, spec.precision)
        return replace(describe(spec, self._loaded.info, self._git), quantization=record)

    def _widened(self, draft: Draft, quantizer: Quantizer) -> Draft | None:
        """The draft with the fewest of its worst blocks in float that is within gate and budget; None if none is."""
        from export.quantize.widen import unit_losses, widen

        spec = draft.spec
        tried: list[Draft] = []

        def holds(model: Any, wide: tuple[str, ...]) -> bool:
            tried.append(self._proven(Draft(spec, model, self._described(spec, wide), draft.seconds)))
            return _passed(tried[-1])

        def run(model: Any) -> npt.NDArray[np.float32]:
            return self._run(Draft(spec, model, self._described(spec, ()), 0.0), self._deciding)

        truth = self._reference.rotations(self._deciding)
        losses = unit_losses(quantizer, run, truth, progress=self._told.within)
        wide = widen(quantizer, losses, holds, self._how.keep_wide, self._told.within)
        return None if wide is None else tried[-1]

    def _run(self, draft: Draft, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        from runtime.sessions import open_session

        return open_session(self._prover.write(draft), threads=1, verify=False).run(images)

    def _with_label_errors(self, draft: Draft) -> Draft:
        faces = self._faces
        if faces is None:
            return draft
        self._told.within(f"measuring {draft.spec.file_name} on {len(faces.crops)} labelled faces", 0, 1)
        accuracy = against_labels(self._run(draft, faces.crops), self._reference.rotations(faces.crops), faces)
        return replace(draft, info=replace(draft.info, accuracy=accuracy))

    @cached_property
    def _reference(self) -> Reference:
        from export.reference import Reference

        return self._prover.reference or Reference(self._loaded.model)

    @cached_property
    def _quantizers(self) -> Quantizers:
        from export.quantize.quantizers import Quantizers

        folder = self._prover.folder
        info = self._loaded.info
        return Quantizers(self._network, info, self._calibration, self._how, folder, self._told.within)

    @cached_property
    def _calibration(self) -> CalibrationSet:
        from export.quantize.calibration import open_calibration

        how = self._how
        return open_calibration(how.calibration, samples=how.samples, size=self._size, progress=self._told.within)

    @cached_property
    def _deciding(self) -> npt.NDArray[np.uint8]:
        """The parity inputs and some of the calibration crops."""
        from export.parity_images import parity_images

        inputs: list[ParityImage] = parity_images(self._size)
        return np.concatenate([np.stack([i.pixels for i in inputs]), self._calibration.crops[:_DECIDING]])

    @cached_property
    def _faces(self) -> LabelledCrops | None:
        return open_labelled(self._labels, self._size, progress=self._told.within)


def _check_wide(wide: Sequence[str], network: SixDRepNet) -> None:
    """Refuse names of no module before anything is converted."""
    from export.quantize.placement import blocks_of

    known = [name for name, _ in network.named_modules() if name]
    for path in wide:
        if path not in known:
            leaves = [name for name in known if not any(other.startswith(f"{name}.") for other in known)]
            raise unknown_name("module to keep wide", path, blocks_of(leaves))


def _passed(draft: Draft) -> bool:
    return draft.parity is None or draft.parity.passed
