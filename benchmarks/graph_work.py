"""What was tried to make the graphs faster: ``python -m benchmarks.graph_work --checkpoint default-m4``.

Each form of the graph is made by the exporters' own code and timed in turns with the others of its target, one thread;
its rotations are compared with the PyTorch network's on the held-out heads. What measured faster at rotations as near
is what `headpose export` makes. Core ML is not among them: on Linux nothing but an emulation runs it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.device import host_device, host_folder
from benchmarks.graph_forms import FORMS, Form
from benchmarks.newest import newest
from benchmarks.probe import probe_image
from benchmarks.record import Device
from benchmarks.turns import ratio_of, take_turns
from export.accuracy import in_words, open_labelled
from export.converter import write_artifact
from export.quantize.calibration import open_calibration
from export.quantize.quantizers import Quantizers
from export.quantize.settings import Quantization
from export.quantize.widen import angles_to
from export.reference import Reference
from export.spec import ExportSpec, describe
from runtime.artifact import size_bytes
from runtime.atomic import make_folder, write_text
from runtime.errors import HeadPoseError
from runtime.provenance import git_state
from runtime.sessions import open_session
from training.data.source import Progress, silent

SCHEMA = 1
RESULTS = Path(__file__).with_name("results")
_UNKNOWN = {"commit": None, "dirty": None}


@dataclass(frozen=True)
class Tried:
    """One form, measured."""

    target: str
    """'onnx' or 'tflite'."""
    precision: str
    """'fp32', 'int8' or 'int8_static'."""
    name: str
    """What was done."""
    exported: bool
    """Whether it is what `headpose export` makes."""
    size_bytes: int
    """Of the file."""
    p50_ms: float
    """Median latency of one image."""
    time: float
    """Over that of the first form of this target and precision; below 1 is faster."""
    time_low: float
    """2.5th percentile of the bootstrap."""
    time_high: float
    """97.5th percentile."""
    mean_deg: float
    """Mean angle to PyTorch's rotations."""
    max_deg: float
    """Worst face."""


@dataclass(frozen=True)
class GraphWorkResult:
    """One run."""

    created: str
    """UTC time, ISO 8601."""
    git: dict[str, Any]
    """Commit of the code and whether its tree was dirty."""
    device: Device
    """This computer."""
    backbone: str
    """Backbone name."""
    checkpoint_sha256: str
    """Hash of the weights."""
    rounds: int
    """Samples of each form, in turns with the others of its target."""
    faces: str
    """What angles are measured on."""
    n: int
    """How many."""
    tried: tuple[Tried, ...]
    """In the order of `FORMS`."""
    schema: int = SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the result") -> GraphWorkResult:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {SCHEMA}")
            tried = tuple(Tried(**one) for one in data["tried"])
            return GraphWorkResult(**{**data, "device": Device(**data["device"]), "tried": tried})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def run_graph_work(
    checkpoint: str | Path = "default-m4",
    *,
    tried: tuple[Form, ...] = FORMS,
    rounds: int = 40,
    progress: Progress = silent,
) -> GraphWorkResult:
    """Make every form, and measure.

    Args:
        checkpoint: as `training.models.open_checkpoint` takes it.
        tried: of `FORMS`; the first of each target and precision must be among them.
        rounds: samples of each.
        progress: told of every file.

    Raises HeadPoseError for a bad checkpoint.
    """
    from training.models.checkpoints import open_checkpoint

    loaded = open_checkpoint(checkpoint)
    faces = open_labelled("shipped", loaded.image_size)
    assert faces is not None
    truth = Reference(loaded.model).rotations(faces.crops)
    with tempfile.TemporaryDirectory(prefix="headpose-graph-") as place:
        files = dict(_files(loaded, tried, Path(place), progress))
        measured = [
            one
            for target in dict.fromkeys(form.target for form in tried)
            for one in _measured(_of(files, target), faces.crops, truth, rounds, progress)
        ]
    return GraphWorkResult(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git=git_state(),
        device=host_device(),
        backbone=loaded.backbone,
        checkpoint_sha256=loaded.info.sha256,
        rounds=rounds,
        faces=faces.name,
        n=len(faces.crops),
        tried=tuple(measured),
    )


def _files(loaded: Any, tried: tuple[Form, ...], place: Path, progress: Progress) -> Iterator[tuple[Form, Path]]:
    from training.models.reparam import reparameterize

    network: Any = reparameterize(loaded.model)
    quantizers = Quantizers(network, loaded.info, open_calibration(size=loaded.image_size), Quantization(), place)
    for number, form in enumerate(tried):
        progress(f"making {form.target} {form.precision}: {form.name}", number, len(tried))
        spec = ExportSpec(loaded.backbone, form.target, form.precision, input_size=loaded.image_size)
        folder = make_folder(place / str(number))
        if spec.quantized:
            how: dict[str, Any] = dict(form.how)
            quantizers.how = replace(Quantization(), **how)
            model = quantizers.of(spec).quantize()
        else:
            model = _float_model(network, spec, form, folder / "float")
        write_artifact(spec, model, describe(spec, loaded.info, _UNKNOWN), folder / spec.file_name)
        yield form, folder / spec.file_name


def _float_model(network: Any, spec: ExportSpec, form: Form, scratch: Path) -> Any:
    from export.graph import ExportGraph
    from export.onnx import to_onnx
    from export.quiet import quiet
    from export.rewrites import rewritten
    from export.tflite_worker import write_flatbuffer

    layout = "NHWC" if spec.target == "tflite" else "NCHW"
    graph: Any = ExportGraph(form.change(network), output=spec.output, layout=layout)
    if spec.target == "onnx":
        return to_onnx(graph, spec)
    with quiet():
        graph = rewritten(graph, "tflite", bands=form.bands, quarter=False)
        write_flatbuffer(graph, spec.input_size, scratch)
    return scratch.read_bytes()


def _of(files: Mapping[Form, Path], target: str) -> dict[Form, Path]:
    return {form: path for form, path in files.items() if form.target == target}


def _measured(
    files: Mapping[Form, Path],
    crops: npt.NDArray[np.uint8],
    truth: npt.NDArray[np.float32],
    rounds: int,
    progress: Progress,
) -> Iterator[Tried]:
    sessions = {str(number): _open(form, path) for number, (form, path) in enumerate(files.items())}
    image = probe_image(crops.shape[1])
    work = {name: (lambda session=session: session.run(image)) for name, session in sessions.items()}
    samples = take_turns(work, rounds=rounds, warmup=5, progress=progress)
    first: dict[str, str] = {}
    for name, (form, path) in zip(sessions, files.items()):
        base = first.setdefault(form.precision, name)
        ratio = ratio_of(name, base, samples)
        loss = angles_to(truth, np.asarray(sessions[name].run(crops)), form.name)
        yield Tried(
            target=form.target,
            precision=form.precision,
            name=form.name,
            exported=form.exported,
            size_bytes=size_bytes(path),
            p50_ms=round(float(np.median(samples[name])), 3),
            time=ratio.ratio,
            time_low=ratio.low,
            time_high=ratio.high,
            mean_deg=round(loss.mean_deg, 4),
            max_deg=round(loss.max_deg, 4),
        )


def _open(form: Form, path: Path) -> Any:
    options = {"settings": form.settings} if form.settings else {}
    return open_session(path, threads=1, verify=False, **options)


def graph_work_markdown(result: GraphWorkResult, source: str) -> str:
    """A Markdown table: what was tried, its time over the first line of its kind, and its angles."""
    faces = in_words(result.faces)
    lines = [
        f"{result.backbone} on {result.device.model}, one thread, {result.rounds} rounds in turns; angles to PyTorch's "
        f"rotations over {result.n} {faces}. **Bold** is what `headpose export` makes. Source: `{source}`.",
        "",
        "| format | form | MB | p50 ms | time over the first (95 %) | mean ° | max ° |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for one in result.tried:
        name = f"**{one.name}**" if one.exported else one.name
        angles = (f"{angle:.2f}" if angle >= 0.005 else "< 0.01" for angle in (one.mean_deg, one.max_deg))
        time = f"{one.time:.3f} ({one.time_low:.3f}–{one.time_high:.3f})"
        size = f"{one.size_bytes / 1e6:.1f}"
        cells = (f"{one.target} {one.precision}", name, size, f"{one.p50_ms:.1f}", time, *angles)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def result_path(folder: Path, result: GraphWorkResult) -> Path:
    """<folder>/<processor>/<date>-<backbone>-graph-work.json."""
    return folder / host_folder(result.device) / f"{result.created[:10]}-{result.backbone}-graph-work.json"


def latest(backbone: str = "repnext_m4", folder: Path = RESULTS) -> tuple[Path, GraphWorkResult] | None:
    """The newest result of a backbone, None if there is none; HeadPoseError for a damaged file."""
    return newest(folder, f"*-{backbone}-graph-work.json", GraphWorkResult.from_json)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--checkpoint", default="default-m4", metavar="FILE|NAME", help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=40, help="samples of each form (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="where results are kept")


def run(args: argparse.Namespace) -> int:
    """Measure, write and print; 0."""
    from runtime.progress import progress_bar

    with progress_bar() as progress:
        result = run_graph_work(args.checkpoint, rounds=args.rounds, progress=progress)
    path = result_path(args.out, result)
    make_folder(path.parent)
    write_text(path, json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n")
    print(graph_work_markdown(result, path.name))
    print(f"written: {path}")
    return 0


if __name__ == "__main__":
    from runtime.command_line import run_command

    raise SystemExit(run_command(sys.modules[__name__], "python -m benchmarks.graph_work", "Measure.", sys.argv[1:]))
