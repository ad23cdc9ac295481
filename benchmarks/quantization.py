"""What each step before rounding is worth, in degrees: ``python -m benchmarks.quantization --checkpoint default-m0``.

Every format of every target is made without any preparation, with each step alone, and with all, and its rotations on
the held-out heads that come with the program are compared with the PyTorch network's. Minutes for M0, more for M4.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.newest import newest
from export.accuracy import LabelledCrops, in_words, open_labelled
from export.converter import rewrite_artifact
from export.quantize.calibration import open_calibration
from export.quantize.quantizers import Quantizers, needs_ranges, takes_silu
from export.quantize.settings import Quantization
from export.quantize.widen import angles_to
from export.reference import Reference
from export.spec import ExportSpec, describe
from runtime.atomic import make_folder, write_text
from runtime.errors import HeadPoseError, unknown_name
from runtime.provenance import git_state
from runtime.sessions import open_session
from training.data.source import Progress, silent

SCHEMA = 1
RESULTS = Path(__file__).with_name("results")
SETTINGS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "equalised": {"equalize": True},
    "biases": {"correct_biases": True},
    "compensated": {"compensate": True},
    "percentile": {"clipping": "percentile"},
    "mse": {"clipping": "mse"},
    "sigmoid GELU": {"sigmoid_gelu": True},
    "all (percentile)": {},
    "all (mse)": {"clipping": "mse"},
}
_OFF = {"equalize": False, "correct_biases": False, "compensate": False, "sigmoid_gelu": False}
_NOTHING: dict[str, Any] = {**_OFF, "clipping": "minmax"}
_ALL: dict[str, Any] = {**dict.fromkeys(_OFF, True), "clipping": "percentile"}
FORMATS = (
    ("onnx", "int8"), ("tflite", "int8"), ("tflite", "int8_static"), ("coreml", "int8"), ("coreml", "w8a8"),
    ("coreml", "palette6"), ("coreml", "palette4"),
)  # fmt: skip


@dataclass(frozen=True)
class Loss:
    """One format made with one choice of steps."""

    target: str
    precision: str
    setting: str
    """Key of `SETTINGS`."""
    mean_deg: float
    """Mean angle to PyTorch's rotations."""
    max_deg: float
    """Worst face."""


@dataclass(frozen=True)
class QuantizationResult:
    """One run."""

    created: str
    """UTC time, ISO 8601."""
    git: dict[str, Any]
    """Commit of the code and whether its tree was dirty."""
    backbone: str
    """Backbone name."""
    checkpoint_sha256: str
    """Hash of the weights."""
    trained: bool
    """False for seeded weights, whose losses mean nothing."""
    faces: str
    """What the losses are means over."""
    n: int
    """How many."""
    calibration: dict[str, Any]
    """What ranges were measured on."""
    losses: tuple[Loss, ...]
    """By format, then setting; settings that change nothing of a format are left out."""
    schema: int = SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the result") -> QuantizationResult:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {SCHEMA}")
            return QuantizationResult(**{**data, "losses": tuple(Loss(**loss) for loss in data["losses"])})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def quantization_of(setting: str) -> Quantization:
    """The settings that a key of `SETTINGS` stands for."""
    return Quantization(**{**(_ALL if setting.startswith("all") else _NOTHING), **SETTINGS[setting]})


def applies(target: str, precision: str, setting: str) -> bool:
    """Whether a setting changes anything of a format beside what 'nothing' and 'equalised' do."""
    if setting in ("percentile", "mse", "all (mse)"):
        return needs_ranges(target, precision)
    palette = precision.startswith("palette")
    if setting == "sigmoid GELU":
        return takes_silu(target, precision)
    return not (setting == "biases" and palette) and not (setting == "compensated" and not palette)


def run_quantization(
    checkpoint: str | Path = "default", *, formats: Sequence[tuple[str, str]] = FORMATS, progress: Progress = silent
) -> QuantizationResult:
    """Make every format with every choice of steps, and measure.

    Args:
        checkpoint: as `training.models.open_checkpoint` takes it.
        formats: (target, precision) pairs.
        progress: told of every file.

    Raises HeadPoseError for a bad checkpoint.
    """
    from training.models.checkpoints import open_checkpoint

    loaded = open_checkpoint(checkpoint)
    faces = open_labelled("shipped", loaded.image_size)
    assert faces is not None
    calibration = open_calibration(size=loaded.image_size)
    losses = list(_losses(loaded, faces, calibration, formats, progress))
    return QuantizationResult(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git=git_state(),
        backbone=loaded.backbone,
        checkpoint_sha256=loaded.info.sha256,
        trained=loaded.info.trained,
        faces=faces.name,
        n=len(faces.crops),
        calibration=calibration.record(),
        losses=tuple(sorted(losses, key=lambda loss: list(formats).index((loss.target, loss.precision)))),
    )


def _losses(
    loaded: Any, faces: LabelledCrops, calibration: Any, formats: Sequence[tuple[str, str]], progress: Progress
) -> Iterator[Loss]:
    from training.models.reparam import reparameterize

    network: Any = reparameterize(loaded.model)
    truth = Reference(loaded.model).rotations(faces.crops)
    for done, setting in enumerate(SETTINGS):
        with tempfile.TemporaryDirectory(prefix="headpose-quantization-") as place:
            quantizers = Quantizers(network, loaded.info, calibration, quantization_of(setting), Path(place))
            for target, precision in formats:
                if not applies(target, precision, setting):
                    continue
                progress(f"{setting}: {target} {precision}", done, len(SETTINGS))
                spec = ExportSpec(loaded.backbone, target, precision, input_size=loaded.image_size)
                file = Path(place) / spec.file_name
                info = describe(spec, loaded.info, {"commit": None, "dirty": None})
                rewrite_artifact(spec, quantizers.of(spec).quantize(), info, file)
                rotations = open_session(file, threads=1, verify=False).run(faces.crops)
                loss = angles_to(truth, np.asarray(rotations), setting)
                yield Loss(target, precision, setting, round(loss.mean_deg, 4), round(loss.max_deg, 4))


def quantization_markdown(result: QuantizationResult, source: str) -> str:
    """A Markdown table: a row a format, a column a setting; mean and worst face."""
    known = {(loss.target, loss.precision, loss.setting): loss for loss in result.losses}
    faces = in_words(result.faces)
    lines = [
        f"{result.backbone}, {result.n} {faces}, mean (worst) angle to PyTorch's rotations in degrees, "
        f"nothing kept wide but the head. Source: `{source}`.",
        "",
        f"| format | {' | '.join(SETTINGS)} |",
        f"|---|{'--:|' * len(SETTINGS)}",
    ]
    for target, precision in dict.fromkeys((loss.target, loss.precision) for loss in result.losses):
        cells = []
        for setting in SETTINGS:
            loss = known.get((target, precision, setting))
            cells.append("" if loss is None else f"{loss.mean_deg:.2f} ({loss.max_deg:.1f})")
        lines.append(f"| {target} {precision} | {' | '.join(cells)} |")
    return "\n".join(lines)


def formats_from(text: str) -> list[tuple[str, str]]:
    """'onnx:int8,coreml:palette4' as pairs; HeadPoseError for one that is not among `FORMATS`."""
    names = [":".join(one) for one in FORMATS]
    chosen = [name.strip() for name in text.split(",") if name.strip()]
    for name in chosen:
        if name not in names:
            raise unknown_name("format", name, names)
    if not chosen:
        raise HeadPoseError(f"there is no format to make: name some of {', '.join(names)}")
    return [FORMATS[names.index(name)] for name in chosen]


def result_path(folder: Path, result: QuantizationResult) -> Path:
    """<folder>/quantization/<date>-<backbone>-quantization.json."""
    return folder / "quantization" / f"{result.created[:10]}-{result.backbone}-quantization.json"


def latest(backbone: str, folder: Path = RESULTS) -> tuple[Path, QuantizationResult] | None:
    """The newest result of a backbone, None if there is none; HeadPoseError for a damaged file."""
    return newest(folder, f"*-{backbone}-quantization.json", QuantizationResult.from_json)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--checkpoint", default="default", metavar="FILE|NAME", help="(default: %(default)s)")
    parser.add_argument(
        "--formats",
        default=",".join(":".join(one) for one in FORMATS),
        metavar="TARGET:PRECISION,…",
        help="(default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="where results are kept")


def run(args: argparse.Namespace) -> int:
    """Measure, write and print; 0."""
    from runtime.progress import progress_bar

    with progress_bar() as progress:
        result = run_quantization(args.checkpoint, formats=formats_from(args.formats), progress=progress)
    path = result_path(args.out, result)
    make_folder(path.parent)
    write_text(path, json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n")
    print(quantization_markdown(result, path.name))
    print(f"written: {path}")
    return 0


if __name__ == "__main__":
    from runtime.command_line import run_command

    raise SystemExit(run_command(sys.modules[__name__], "python -m benchmarks.quantization", "Measure.", sys.argv[1:]))
