"""From a checkpoint to proven artefacts: reparameterise, convert, embed, check the rotations, write the manifest."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.manifest import manifest_entry, update_manifest
from export.spec import ExportSpec, describe
from runtime.artifact import ArtifactInfo, size_bytes
from runtime.atomic import check_new, make_folder
from runtime.errors import HeadPoseError
from runtime.provenance import git_state

if TYPE_CHECKING:
    from export.parity import ParityReport
    from export.reference import Reference
    from export.tflite import TfliteConversion
    from training.models.sixdrepnet import SixDRepNet

Progress = Callable[[str, int, int], None]
_STAGING = ".headpose-export-"


@dataclass(frozen=True)
class Exported:
    """One artefact that was made."""

    path: Path
    """File, or folder for an .mlpackage."""
    info: ArtifactInfo
    """The record embedded in it."""
    size_bytes: int
    """Size on disk."""
    seconds: float
    """Conversion time, without the parity check."""
    parity: ParityReport | None
    """Figures of the check, None if it was switched off."""
    written: bool = False
    """Whether `path` holds it; False if it missed its gate and was not wanted all the same."""


@dataclass(frozen=True)
class ExportResult:
    """What one export made."""

    artifacts: list[Exported]
    """In the order targets × precisions."""
    manifest: Path
    """manifest.json of the folder."""
    passed: bool
    """False if an artefact missed its parity gate."""


def export(
    checkpoint: str | Path = "default",
    backbone: str | None = None,
    *,
    targets: Sequence[str] = ("onnx", "tflite", "coreml"),
    precisions: Sequence[str] = ("fp32", "fp16"),
    output: str = "rotation",
    input_size: int | None = None,
    out: str | Path = "out",
    parity: bool = True,
    overwrite: bool = False,
    allow_failed: bool = False,
    progress: Progress = lambda text, done, total: None,
) -> ExportResult:
    """Export a checkpoint to every target in every precision, and prove each file against the train-form network.

    Args:
        checkpoint: a file that `training.models.open_checkpoint` reads, or a name that it knows, as 'default'.
        backbone: backbone name; None takes the checkpoint's own.
        targets: of 'onnx', 'tflite', 'coreml'.
        precisions: of 'fp32', 'fp16'.
        output: 'rotation' (N, 3, 3) or 'sixd' (N, 6).
        input_size: side of the square input in pixels; None takes what the checkpoint says, 224 if it says nothing.
        out: folder for the artefacts and manifest.json.
        parity: compare every file's rotations with PyTorch's.
        overwrite: replace files that are there already.
        allow_failed: keep artefacts that miss their gate (the result still says `passed=False`).
        progress: called with a text, steps done and steps in all.

    Raises:
        HeadPoseError: bad checkpoint, unknown name, folder that cannot be written, file in the way.
    """
    from training.models.checkpoints import open_checkpoint

    loaded = open_checkpoint(checkpoint, backbone)
    size = loaded.image_size if input_size is None else input_size
    specs = [ExportSpec(loaded.backbone, t, p, output, size) for t in targets for p in precisions]
    if not specs:
        raise HeadPoseError("nothing to export: name at least one target and one precision")
    folder = make_folder(Path(out))
    for spec in specs:
        check_new(folder / spec.file_name, overwrite=overwrite)
    git = git_state()
    made: list[Exported] = []
    with _staging(folder) as staging, _one_thread(), ExitStack() as held:
        converter = held.enter_context(closing(_Converter(loaded.model, specs)))
        reference = _reference(loaded.model) if parity else None
        total = len(specs) * (2 if parity else 1)
        for spec in specs:
            progress(f"converting {spec.file_name}", len(made) * total // len(specs), total)
            model, seconds = converter.convert(spec)
            step = len(made) * total // len(specs) + 1
            progress(f"proving {spec.file_name}" if parity else f"wrote {spec.file_name}", step, total)
            info = describe(spec, loaded.info, git)
            made.append(_prove(converter, spec, model, info, staging, reference, seconds))
        result = _publish(made, staging, folder, allow_failed=allow_failed)
        progress("done", total, total)
    return result


class _Converter:
    """Holds what several precisions of one network share, so that nothing is converted twice."""

    def __init__(self, network: SixDRepNet, specs: Sequence[ExportSpec]) -> None:
        from training.models.reparam import reparameterize

        self.deploy = reparameterize(network)
        self._tflite_job: TfliteConversion | None = None
        self._flatbuffer: tuple[bytes, float] | None = None
        first = next((spec for spec in specs if spec.target == "tflite"), None)
        if first is not None:
            from export.tflite import TfliteConversion

            self._tflite_job = TfliteConversion(self.deploy, first)

    def close(self) -> None:
        """End what still runs."""
        if self._tflite_job is not None:
            self._tflite_job.close()

    def convert(self, spec: ExportSpec) -> tuple[Any, float]:
        """The in-memory model of a spec and the seconds that it took."""
        start = time.monotonic()
        try:
            if spec.target == "tflite":
                return self._tflite(spec)
            return getattr(self, f"_{spec.target}")(spec), time.monotonic() - start
        except OSError as error:
            raise HeadPoseError(f"converting {spec.file_name} failed: {error.strerror or error}") from error
        except HeadPoseError:
            raise
        except Exception as error:  # each converter has its own kinds; the chain keeps the whole story for debugging
            first = str(error).strip().partition("\n")[0]
            raise HeadPoseError(
                f"{spec.target} cannot take {spec.backbone} ({type(error).__name__}: {first}): leave that target out"
            ) from error

    def write(self, spec: ExportSpec, model: Any, info: ArtifactInfo, path: Path) -> None:
        """Write the in-memory model with `info` embedded."""
        from export import coreml, onnx, tflite

        writers = {"onnx": onnx.write_onnx, "tflite": tflite.write_tflite, "coreml": coreml.write_coreml}
        try:
            writers[spec.target](model, info, path)
        except OSError as error:
            raise HeadPoseError(f"cannot write {path.name}: {error.strerror or error}") from error

    def _graph(self, spec: ExportSpec, **options: Any) -> Any:
        from export.graph import ExportGraph

        return ExportGraph(self.deploy, output=spec.output, **options)

    def _onnx(self, spec: ExportSpec) -> Any:
        from export.onnx import to_onnx

        return to_onnx(self._graph(spec), spec)

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


def _reference(network: SixDRepNet) -> Reference:
    """PyTorch's answers, worked out once for all artefacts."""
    from export.reference import Reference

    return Reference(network)


def _prove(
    converter: _Converter,
    spec: ExportSpec,
    model: Any,
    info: ArtifactInfo,
    staging: Path,
    reference: Reference | None,
    seconds: float,
) -> Exported:
    path = staging / spec.file_name
    start = time.monotonic()
    converter.write(spec, model, info, path)
    seconds += time.monotonic() - start
    report = None
    if reference is not None:
        from export.parity import check_parity

        report = check_parity(path, reference=reference, threads=1)
        info = replace(info, parity=report.summary())
        if path.is_dir():
            shutil.rmtree(path)
        converter.write(spec, model, info, path)
    return Exported(path, info, size_bytes(path), seconds, report)


def _publish(made: list[Exported], staging: Path, folder: Path, *, allow_failed: bool) -> ExportResult:
    """Move the artefacts to their place and write the manifest; if one failed, only those that passed, unless asked.

    Everything slow is done before the first file moves, so that an interruption leaves all or nothing.
    """
    passed = all(e.parity is None or e.parity.passed for e in made)
    kept = [e for e in made if passed or allow_failed or (e.parity is not None and e.parity.passed)]
    entries = [manifest_entry(e.path, e.info) for e in kept]
    for exported in kept:
        target = folder / exported.path.name
        if target.exists():
            os.rename(target, staging / f"old-{target.name}")
        os.rename(exported.path, target)
    manifest = update_manifest(folder, entries)
    artifacts = [replace(e, path=folder / e.path.name, written=e in kept) for e in made]
    return ExportResult(artifacts, manifest, passed)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A hidden folder beside the artefacts, gone at the end whatever happens; those of dead processes go first."""
    for left in folder.glob(f"{_STAGING}*"):
        if not _alive(left.name.removeprefix(_STAGING)):
            shutil.rmtree(left, ignore_errors=True)
    staging = folder / f"{_STAGING}{os.getpid()}"
    try:
        staging.mkdir()
        yield staging
    except OSError as error:
        raise HeadPoseError(f"cannot write into {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One PyTorch thread: another process converts beside us, and threads that wait for a busy core cost more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()
