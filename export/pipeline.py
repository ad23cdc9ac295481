"""From a checkpoint to proven artefacts: reparameterise, convert, embed, check the rotations, write the manifest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from export.makers import Makers
from export.manifest import manifest_entry, update_manifest
from export.prover import Exported, Prover
from export.quantize.settings import Quantization
from export.spec import plan_specs
from export.told import Progress, Told
from runtime.atomic import check_new, make_folder
from runtime.errors import HeadPoseError

if TYPE_CHECKING:
    from export.reference import Reference
    from training.models.sixdrepnet import SixDRepNet

_STAGING = ".headpose-export-"


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
    quantization: Quantization | None = None,
    labels: str | Path = "shipped",
    overwrite: bool = False,
    allow_failed: bool = False,
    progress: Progress = lambda text, done, total: None,
) -> ExportResult:
    """Export a checkpoint to every target in every precision, and prove each file against the train-form network.

    Args:
        checkpoint: a file that `training.models.open_checkpoint` reads, or a name that it knows, as 'default'.
        backbone: backbone name; None takes the checkpoint's own.
        targets: of 'onnx', 'tflite', 'coreml'.
        precisions: of `export.spec.PRECISIONS`; one that only some of the targets can do is made for those.
        output: 'rotation' (N, 3, 3) or 'sixd' (N, 6).
        input_size: side of the square input in pixels; None takes what the checkpoint says, 224 if it says nothing.
        out: folder for the artefacts and manifest.json.
        parity: compare every file's rotations with PyTorch's.
        quantization: calibration and preparation of files in few bits; None takes the defaults.
        labels: what those files' errors are measured on: 'shipped' or 'synthetic' held-out heads, a folder with
            labels.csv, or 'none' (`export.accuracy.open_labelled`).
        overwrite: replace files that are there already.
        allow_failed: keep artefacts that miss their gate (the result still says `passed=False`).
        progress: called with a text, steps done and steps in all.

    Raises:
        HeadPoseError: bad checkpoint, unknown name, folder that cannot be written, file in the way, calibration images
            that are missing, damaged or no faces.
    """
    from training.models.checkpoints import open_checkpoint

    loaded = open_checkpoint(checkpoint, backbone)
    size = loaded.image_size if input_size is None else input_size
    specs = plan_specs(loaded.backbone, targets, precisions, output, size)
    if not specs:
        raise HeadPoseError("nothing to export: name at least one target and one precision")
    folder = make_folder(Path(out))
    for spec in specs:
        check_new(folder / spec.file_name, overwrite=overwrite)
    how, told = quantization or Quantization(), Told(progress, len(specs), 2 if parity else 1)
    with _staging(folder) as staging, _one_thread():
        prover = Prover(staging, _reference(loaded.model) if parity else None, told)
        with closing(Makers(loaded, specs, how, labels, prover)) as makers:
            made = [makers.make(spec) for spec in specs]
        result = _publish(made, staging, folder, allow_failed=allow_failed)
    told.finish()
    return result


def _reference(network: SixDRepNet) -> Reference:
    """PyTorch's answers, worked out once for all artefacts."""
    from export.reference import Reference

    return Reference(network)


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
