"""Evaluates any checkpoint or exported artefact on any labelled set: ``python -m training.evaluate --help``.

The same crops go through every format, so that the errors of a .tflite and of its checkpoint can be laid side by side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.artifact import ArtifactInfo, sha256_of, size_bytes
from runtime.errors import HeadPoseError
from runtime.provenance import git_state, package_versions
from runtime.rotation import geodesic_deg, rotation_to_euler
from runtime.sessions import Session
from training.bootstrap import RESAMPLES, SEED, figures, interval_facts, weighted_mean
from training.complexity import Complexity
from training.data.source import PoseSource, Progress, Subset, check_source, silent
from training.evaluation_files import PerImage
from training.evaluation_record import EvaluatedData, EvaluatedModel, EvaluationRecord, Protocol, RobustnessPoint
from training.faces import FramedFaces
from training.metrics import face_sizes_px, image_errors
from training.models.shipped import is_name
from training.robustness import CONDITIONS, Variant
from training.scores import score

Array = npt.NDArray[np.floating]
MAX_SKIPPED = 10
_TOOLS = ("numpy", "torch", "onnxruntime", "ai-edge-litert", "coremltools", "opencv-python-headless", "pillow")
_AS_PUBLISHED = "angles as the data set publishes them"
_FROM_MATRIX = "angles decoded from the label's matrix"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` gives."""

    record: EvaluationRecord
    """The figures."""
    per_image: PerImage
    """The rows behind them."""
    faces: FramedFaces
    """The inputs, to look at."""
    indices: npt.NDArray[np.intp]
    """Position in the data set of every row."""


def evaluate(
    session: Session,
    source: PoseSource,
    *,
    framing: str,
    batch_size: int = 32,
    disturbances: Sequence[Variant] = (),
    max_skipped: int = MAX_SKIPPED,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    path: str | Path | None = None,
    options: Mapping[str, str] | None = None,
    complexity: Complexity | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Errors of a model on every face of a set.

    Args:
        session: the opened model.
        source: the labelled faces. Where it has `angles_deg` (N, 3), pitch, yaw, roll as published, Euler errors are
            measured against those, else against the angles of its matrices.
        framing: key of `training.data.crops.FRAMINGS`; its deterministic form is used.
        batch_size: images that go through the model at once; it changes no figure.
        disturbances: also measure under these (`training.robustness.variants()` for all).
        max_skipped: images that may be unreadable; they are left out, counted and named.
        resamples: of the bootstrap, 0 for no intervals.
        seed: of the bootstrap.
        path: the model's file, for its hash and size.
        options: what the set was opened with, for the record.
        complexity: of the network, for the record.
        progress: called with a text, images done and images in all.

    Raises:
        HeadPoseError: an empty set, an unknown framing, too many unreadable images, output that is no rotation.
    """
    check_source(source)
    if batch_size < 1 or max_skipped < 0 or resamples < 0:
        raise HeadPoseError("an evaluation needs a batch of 1 or more, and no negative number of skips or resamples")
    faces = FramedFaces(source, framing, session.info.input_size)
    found = faces.estimate(session, disturbances, batch_size, max_skipped, progress)
    progress("computing intervals", len(source), len(source))
    per_image = _per_image(source, found.indices, found.rotations)
    groups = per_image.groups
    record = EvaluationRecord(
        model=_model(session, path),
        data=_data(source, session.info, len(groups), found.skipped, options or {}),
        protocol=Protocol(framing),
        scores=score(
            per_image.errors, per_image.true_deg[:, 1], per_image.face_px, groups, resamples=resamples, seed=seed
        ),
        straight_ahead_deg=round(float(geodesic_deg(source.rotations[found.indices], np.eye(3)).mean()), 6),
        interval=interval_facts(groups, resamples, seed),
        robustness=_robustness(disturbances, per_image, resamples, seed),
        complexity=complexity,
        git=git_state(),
        tools={name: v for name, v in package_versions(_TOOLS).items() if v != "missing"},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Evaluation(record, per_image, faces, found.indices)


def label_angles_deg(source: PoseSource) -> Array | None:
    """(N, 3) pitch, yaw, roll as the data set publishes them; None where only matrices are known."""
    if isinstance(source, Subset):
        whole = label_angles_deg(source.source)
        return None if whole is None else whole[source.indices]
    angles = getattr(source, "angles_deg", None)
    return None if angles is None else np.asarray(angles, dtype=np.float64)


def seen_in_training(training_data: str, name: str) -> bool:
    """Whether the words about a model's training data name this data set ('300W-LP', '300W_LP + AFLW2000', …)."""
    wanted = _plain(name)
    parts = [_plain(part) for part in re.split(r"[,;+&()]|\band\b", training_data)]
    return any(wanted in part or (len(part) > 3 and part in wanted) for part in parts)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _per_image(source: PoseSource, indices: npt.NDArray[np.intp], rotations: Mapping[str, Array]) -> PerImage:
    truth, published = source.rotations[indices], label_angles_deg(source)
    angles = rotation_to_euler(truth) if published is None else published[indices]
    clean, *others = rotations
    return PerImage(
        keys=tuple(source.keys[i] for i in indices),
        groups=tuple(source.groups[i] for i in indices),
        face_px=face_sizes_px(source.boxes[indices]),
        true_deg=angles,
        predicted_deg=rotation_to_euler(rotations[clean]),
        errors=image_errors(truth, rotations[clean], angles),
        disturbed={name: geodesic_deg(truth, rotations[name]) for name in others},
    )


def _robustness(
    disturbances: Sequence[Variant], per_image: PerImage, resamples: int, seed: int
) -> tuple[RobustnessPoint, ...]:
    if not disturbances:
        return ()
    table = np.column_stack([per_image.disturbed[variant.name] for variant in disturbances])
    means = figures(lambda weights: weighted_mean(table, weights), per_image.groups, resamples=resamples, seed=seed)
    return tuple(
        RobustnessPoint(v.condition, v.level, CONDITIONS[v.condition].unit, mean)
        for v, mean in zip(disturbances, means)
    )


def _model(session: Session, path: str | Path | None) -> EvaluatedModel:
    info, file = session.info, None if path is None or is_name(path) else Path(path)
    torch_version = info.tools.get("torch", "")
    engine = f"PyTorch {torch_version}" if info.target == "pytorch" else type(session).__name__
    return EvaluatedModel(
        name=info.name,
        backbone=info.backbone,
        target=info.target,
        precision=info.precision,
        input_size=info.input_size,
        path=None if file is None else str(file),
        sha256=info.checkpoint.sha256 if file is None else sha256_of(file),
        size_bytes=None if file is None else size_bytes(file),
        engine=str(getattr(session, "engine", engine)),
        trained=info.checkpoint.trained,
        training_data=info.checkpoint.training_data,
        licence=info.checkpoint.licence,
        checkpoint_sha256=info.checkpoint.sha256,
    )


def _data(
    source: PoseSource, info: ArtifactInfo, n: int, skipped: Mapping[str, str], options: Mapping[str, str]
) -> EvaluatedData:
    return EvaluatedData(
        name=source.name,
        terms=source.terms,
        n=n,
        skipped=dict(skipped),
        label_form=_FROM_MATRIX if label_angles_deg(source) is None else _AS_PUBLISHED,
        seen_in_training=seen_in_training(info.checkpoint.training_data, source.name),
        options=dict(options),
    )


def main(argv: list[str] | None = None) -> int:
    """``python -m training.evaluate``: the options of ``headpose evaluate``."""
    import sys

    from runtime.command_line import run_command
    from training.commands import evaluate as command

    arguments = sys.argv[1:] if argv is None else argv
    return run_command(command, "python -m training.evaluate", "Errors on labelled faces.", arguments)


if __name__ == "__main__":
    raise SystemExit(main())
