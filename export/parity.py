"""Proves an artefact: its rotations beside those of the PyTorch network in training form, in degrees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from export.culprit import Culprit, find_culprit, psnr_db
from export.gates import CLASS_GATES, FP32, Gate, gate_for, operator_tolerance
from export.parity_images import ParityImage, parity_images
from export.reference import Reference, load_reference
from export.spec import FLOATS
from runtime.artifact import ArtifactInfo, sha256_of, size_bytes
from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg
from runtime.sessions import Session, open_session

if TYPE_CHECKING:
    from training.models.sixdrepnet import SixDRepNet

REPORT_SCHEMA = 1
_WORST_DEG = 180.0  # what a rotation that holds NaN or infinity counts as
Progress = Callable[[str, int, int], None]


def _no_progress(text: str, done: int, total: int) -> None:
    """For callers that show none."""


@dataclass(frozen=True)
class ImageParity:
    """One input's figures."""

    name: str
    """Name of the input."""
    geodesic_deg: float
    """Angle between the artefact's rotation and PyTorch's; 180 for NaN or infinity."""
    max_abs: float | None
    """Largest |Δ| of a matrix element, None if not finite."""
    judged: bool = True
    """Whether it counts for the figures and the gate; in files in few bits only faces do."""


@dataclass(frozen=True)
class ParityReport:
    """One artefact held against PyTorch."""

    file: str
    """File name."""
    sha256: str
    """Hash of the file that was run."""
    size_bytes: int
    """Its size on disk."""
    target: str
    """'onnx', 'tflite' or 'coreml'."""
    precision: str
    """'fp32', 'fp16', …"""
    backbone: str
    """Backbone name."""
    engine: str
    """What ran the file, with its version."""
    checkpoint_sha256: str
    """Hash of the weights that both sides used."""
    mean_deg: float
    """Mean geodesic angle over the judged inputs."""
    p95_deg: float
    """95th percentile."""
    max_deg: float
    """Worst judged input."""
    max_abs: float | None
    """Largest |Δ| of a matrix element over all inputs, None if not finite."""
    psnr_db: float
    """Of all matrix elements, at most 200."""
    gate: Gate
    """The limits."""
    passed: bool
    """Whether the figures are within the gate."""
    images: tuple[ImageParity, ...]
    """Per input."""
    culprit: Culprit | None = None
    """First operator that leaves the tolerance; None if the gate was passed or no operator could be named."""
    note: str = ""
    """What else the search found, for people."""
    schema: int = REPORT_SCHEMA
    """Version of this record."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> ParityReport:
        """Inverse of `as_dict`; HeadPoseError if the record is damaged or of another schema version."""
        try:
            if data["schema"] != REPORT_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {REPORT_SCHEMA}")
            parts = {
                "gate": Gate(**data["gate"]),
                "images": tuple(ImageParity(**image) for image in data["images"]),
                "culprit": Culprit(**data["culprit"]) if data["culprit"] else None,
            }
            return ParityReport(**{**data, **parts})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"the parity report cannot be read ({error}): check the artefact again") from error

    def summary(self) -> dict[str, Any]:
        """The figures that travel inside the artefact."""
        keys = ("engine", "mean_deg", "p95_deg", "max_deg", "max_abs", "psnr_db", "passed")
        gate = {"max_deg": self.gate.max_deg, "mean_deg": self.gate.mean_deg}
        judged = sum(image.judged for image in self.images)
        rest = max((image.geodesic_deg for image in self.images if not image.judged), default=None)
        counts = {"images": judged, "other_images": len(self.images) - judged, "other_max_deg": rest}
        return {**{key: getattr(self, key) for key in keys}, **counts, "gate": gate}

    def explanation(self) -> str:
        """One sentence for people: the verdict and, if it is a failure, where it starts."""
        judged = sum(image.judged for image in self.images)
        kind = "images" if judged == len(self.images) else "faces"
        figures = f"mean {self.mean_deg:.4f}°, max {self.max_deg:.4f}° over {judged} {kind}"
        if self.passed:
            return f"within the gate: {figures}"
        where = self.culprit.sentence() if self.culprit else "no operator could be compared"
        limits = f"max {self.gate.max_deg}°" + ("" if self.gate.mean_deg is None else f", mean {self.gate.mean_deg}°")
        return f"outside the gate ({limits}): {figures}; {self.note or where}"


def check_parity(
    artifact: str | Path,
    reference: Reference | SixDRepNet | None = None,
    images: Sequence[ParityImage] | None = None,
    *,
    checkpoint: str | Path | None = None,
    threads: int | None = None,
    verify: bool = True,
    budget_deg: float | None = None,
    explain: bool = True,
    made_from: SixDRepNet | None = None,
    progress: Progress = _no_progress,
) -> ParityReport:
    """Run an artefact and the PyTorch network in training form (float32) on the same images and compare rotations.

    >>> report = check_parity("out/sixdrepnet_repnext_m4_fp32.onnx")  # doctest: +SKIP
    >>> report.passed, report.max_deg                                 # doctest: +SKIP
    (True, 0.0003)

    Args:
        artifact: .onnx, .tflite or .mlpackage.
        reference: the network in training form, or a `Reference` that remembers its answers over several artefacts;
            None loads the checkpoint that the artefact's record names.
        images: inputs of the artefact's size; None takes the standard ones.
        checkpoint: where that checkpoint is now.
        threads: threads of the engine.
        verify: refuse a file whose hash is not the one in the manifest.json beside it.
        budget_deg: a smaller limit of the mean than the gate's own.
        explain: look for the operator where a failure starts, which takes longer than the check.
        made_from: the network, in deploy form, from which a file in few bits was made, if its channels were scaled
            first: without it nothing can be said of that file's operators.
        progress: called with a text, images done and images in all.

    Raises:
        HeadPoseError: a file that cannot be run, another checkpoint than the artefact was made from.
    """
    path = Path(artifact)
    session = open_session(path, threads=threads, verify=verify)
    if reference is None:
        reference = load_reference(session.info, checkpoint, beside=path.parent)
    truth = reference if isinstance(reference, Reference) else Reference(reference)
    inputs = parity_images(session.info.input_size) if images is None else images
    report = compare(path, session, truth, inputs, progress, budget_deg=budget_deg)
    if report.passed or not explain:
        return report
    progress(f"looking for the place in {path.name}", len(inputs), len(inputs))
    return explained(report, session, truth, inputs, made_from)


def compare(
    path: Path,
    session: Session,
    truth: Reference,
    inputs: Sequence[ParityImage],
    progress: Progress = _no_progress,
    *,
    budget_deg: float | None = None,
) -> ParityReport:
    """`check_parity` without the explanation, for a session that is open already; `path` is its file."""
    if not inputs:
        raise HeadPoseError("there are no images to compare on: give at least one")
    expected = truth.rotations(np.stack([image.pixels for image in inputs]))
    gate = gate_for(session.info.target, session.info.precision).within_budget(budget_deg)
    return _report(path, session, inputs, _run(session, inputs, progress), expected, gate)


def _run(session: Session, inputs: Sequence[ParityImage], progress: Progress) -> npt.NDArray[np.float32]:
    """Rotations (N, 3, 3), image by image."""
    rotations = []
    for done, image in enumerate(inputs):
        progress(image.name, done, len(inputs))
        rotations.append(session.run(image.pixels[None])[0])
    return np.stack(rotations)


def _report(
    path: Path,
    session: Session,
    inputs: Sequence[ParityImage],
    actual: npt.NDArray[np.float32],
    expected: npt.NDArray[np.float32],
    gate: Gate,
) -> ParityReport:
    info: ArtifactInfo = session.info
    finite: npt.NDArray[np.bool_] = np.asarray(np.isfinite(actual).all(axis=(1, 2)))
    angles = np.where(finite, geodesic_deg(np.where(finite[:, None, None], actual, 0), expected), _WORST_DEG)
    deltas = np.abs(actual.astype(np.float64) - expected).max(axis=(1, 2))
    judged = _judged(info, inputs)
    per_image = [
        ImageParity(image.name, float(angle), float(delta) if ok else None, bool(counts))
        for image, angle, delta, ok, counts in zip(inputs, angles, deltas, finite, judged)
    ]
    angles = np.where(finite, angles, _WORST_DEG)[judged | ~finite]  # NaN or infinity never passes
    mean_deg, max_deg = float(angles.mean()), float(angles.max())
    return ParityReport(
        file=path.name,
        sha256=sha256_of(path),
        size_bytes=size_bytes(path),
        target=info.target,
        precision=info.precision,
        backbone=info.backbone,
        engine=getattr(session, "engine", type(session).__name__),
        checkpoint_sha256=info.checkpoint.sha256,
        mean_deg=mean_deg,
        p95_deg=float(np.percentile(angles, 95)),
        max_deg=max_deg,
        max_abs=float(deltas.max()) if finite.all() else None,
        psnr_db=round(psnr_db(actual, expected), 2),
        gate=gate,
        passed=gate.passes(mean_deg, max_deg),
        images=tuple(per_image),
    )


def _judged(info: ArtifactInfo, inputs: Sequence[ParityImage]) -> npt.NDArray[np.bool_]:
    """Which inputs count: all, in float; faces, where ranges were measured on faces."""
    if info.precision in FLOATS or not any(image.face for image in inputs):
        return np.ones(len(inputs), dtype=bool)
    return np.array([image.face for image in inputs])


def explained(
    report: ParityReport,
    session: Session,
    truth: Reference,
    inputs: Sequence[ParityImage],
    made_from: SixDRepNet | None = None,
) -> ParityReport:
    """What `compare` gave of a failed file, with the place where it starts: both are walked side by side."""
    from dataclasses import replace

    from export.graph import ExportGraph
    from export.rewrites import rewritten
    from export.tape import record_tape
    from training.models.reparam import reparameterize

    worst = inputs[int(np.argmax([image.geodesic_deg * image.judged for image in report.images]))]
    changed = session.info.quantization or {}
    if made_from is None and (changed.get("equalized") or changed.get("sigmoid_gelu")):
        note = "its channels were scaled before rounding, so its operators cannot be compared here: export says where"
        return replace(report, note=note)
    graph = ExportGraph(made_from or reparameterize(truth.network))
    folded_deg = 0.0 if made_from else _folding_error_deg(graph, truth, worst.pixels)
    if not folded_deg <= CLASS_GATES[FP32].max_deg:
        note = (
            f"the fault is in the reparameterisation or in the exported module: PyTorch itself, folded, is "
            f"{folded_deg:.4f}° off on {worst.name}"
        )
        return replace(report, note=note)
    tolerance = operator_tolerance(report.target, report.precision)
    steps = session.steps(worst.pixels)  # type: ignore[attr-defined]
    tape = record_tape(rewritten(graph, report.target, quarter=report.precision in ("fp32", "fp16")), worst.pixels)
    if report.target == "coreml":  # its image input normalises in another way; the first convolution judges it
        tape = [record for record in tape if record.module != "normalize"]
    if report.precision == "w8a8":  # coremltools divides both summands and the sum by one of their scales
        steps = (step for step in steps if step.kind != "add")
    culprit = find_culprit(steps, tape, tolerance, worst.name)
    return replace(report, culprit=culprit)


def _folding_error_deg(graph: Any, truth: Reference, image: npt.NDArray[np.uint8]) -> float:
    import torch

    x = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32))
    with torch.no_grad():
        folded = graph(x).numpy()
    return float(geodesic_deg(folded, truth.rotations(image[None]))[0])
