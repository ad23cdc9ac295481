"""How many pictures a second one core decodes, crops, augments and normalises: 6DRepNet's pipeline and ours in turns.

    python -m benchmarks.loader --out benchmarks/results

Both make the same pixels of the same rectangles (benchmarks/loader_pipelines.py); the record says how nearly. Times
are processor time of the one thread that works, so that neighbours on the machine count little; files lie in the page
cache. About four minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.device import host_device, host_folder
from benchmarks.latency import reasons_against
from benchmarks.loader_pipelines import SIZE, Laps, Pipeline, Sample, ours, ours_with, theirs, write_samples
from benchmarks.newest import newest
from benchmarks.record import Device
from benchmarks.spine import RESULTS, Promise
from benchmarks.turns import Ratio, ratio_of
from runtime.atomic import check_new, make_folder, write_text
from runtime.errors import HeadPoseError
from runtime.provenance import git_state, package_versions

LOADER_SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("loader.schema.json")
LABELS_READ = "6DRepNet, labels read for every picture"
THEIRS, OURS, STRONG = "6DRepNet, labels in memory", "ours, the same work", "ours, recipe strong"
QUALITIES = (75, 95)  # the JPEGs of AFLW2000-3D, by the makers of 300W-LP, have 75; 95 is harder on the decoder
_PROMISED = 2.0
_BATCH = 64  # pictures, as in 6DRepNet's paper
_WARMUP = 2  # rounds; the first one imports
_TOOLS = ("numpy", "opencv-python-headless", "pillow", "torch", "torchvision", "scipy")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PipelineCost:
    """One pipeline on all pictures of a set."""

    name: str
    """Which."""
    samples_ms: tuple[float, ...]
    """Processor time of one picture, mean over the set, of every round."""
    images_per_second: float
    """Of one core, by the median round."""
    stages_ms: dict[str, float]
    """Median time of every stage, one picture."""


@dataclass(frozen=True)
class LoaderRun:
    """All pipelines on one set of pictures."""

    quality: int
    """Of the JPEGs, 1–100."""
    mean_bytes: int
    """Size of a file."""
    pipelines: tuple[PipelineCost, ...]
    """In turns."""
    ratios: tuple[Ratio, ...]
    """6DRepNet's over ours: with its reading of labels, and without."""
    difference: float
    """Mean absolute difference of the pixels of both, in levels of 0–255."""


@dataclass(frozen=True)
class LoaderResult:
    """One run of this file."""

    created: str
    """UTC time, ISO 8601."""
    git: dict[str, Any]
    """Commit of the code and whether its tree was dirty."""
    device: Device
    """This computer."""
    tools: dict[str, str]
    """Versions of what decodes, resizes and computes."""
    pictures: int
    """In a set, 450×450 each."""
    input_size: int
    """Side of the network's square."""
    clock: str
    """What was measured."""
    runs: tuple[LoaderRun, ...]
    """One for every JPEG quality."""
    promises: tuple[Promise, ...]
    """Ratios beside what was promised, labels in memory on both sides."""
    valid: bool
    """Whether pictures a second and stages may be quoted; a ratio, taken in turns, has its own interval."""
    invalid_reasons: tuple[str, ...]
    """Why not."""
    schema: int = LOADER_SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps; tuples become lists."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the result") -> LoaderResult:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != LOADER_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {LOADER_SCHEMA}")
            parts = {
                "device": Device(**data["device"]),
                "runs": tuple(_run_from(run) for run in data["runs"]),
                "promises": tuple(Promise(**promise) for promise in data["promises"]),
                "invalid_reasons": tuple(data["invalid_reasons"]),
            }
            return LoaderResult(**{**data, **parts})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def _run_from(data: dict[str, Any]) -> LoaderRun:
    costs = tuple(PipelineCost(**{**cost, "samples_ms": tuple(cost["samples_ms"])}) for cost in data["pipelines"])
    return LoaderRun(**{**data, "pipelines": costs, "ratios": tuple(Ratio(**ratio) for ratio in data["ratios"])})


def run_loader(
    work: Path, *, pictures: int = 192, rounds: int = 20, progress: Progress = lambda text, done, total: None
) -> LoaderResult:
    """Write the pictures into the folder `work` and measure.

    Raises HeadPoseError for no picture or no round.
    """
    if pictures < 1 or rounds < 1:
        raise HeadPoseError("the loader's benchmark needs at least one picture and one round")
    runs = []
    for done, quality in enumerate(QUALITIES):
        progress(f"pictures of quality {quality}", done, len(QUALITIES))
        folder = make_folder(work / str(quality))
        with _one_thread():
            runs.append(_run(write_samples(folder, pictures, quality), quality, rounds))
    checked = [(run.quality, cost) for run in runs for cost in run.pipelines if cost.name in (THEIRS, OURS)]
    reasons = tuple(f"quality {q}, {c.name}: {reason}" for q, c in checked for reason in reasons_against(c.samples_ms))
    return LoaderResult(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git=git_state(),
        device=host_device(),
        tools=package_versions(_TOOLS),
        pictures=pictures,
        input_size=SIZE,
        clock="processor time of one thread",
        runs=tuple(runs),
        promises=tuple(_promise(run) for run in runs),
        valid=not reasons,
        invalid_reasons=reasons,
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    import cv2
    import torch

    before = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])


def _run(samples: Sequence[Sample], quality: int, rounds: int) -> LoaderRun:
    pipelines: dict[str, Pipeline] = {
        LABELS_READ: partial(theirs, read_labels=True),
        THEIRS: partial(theirs, read_labels=False),
        OURS: ours,
        STRONG: partial(ours_with, "strong"),
    }
    laps: dict[str, list[dict[str, int]]] = {name: [] for name in pipelines}
    for turn in range(-_WARMUP, rounds):
        for name in sorted(pipelines, reverse=bool(turn % 2)):
            clock = Laps()
            for first in range(0, len(samples), _BATCH):
                pipelines[name](samples[first : first + _BATCH], clock)
            if turn >= 0:
                laps[name].append(dict(clock.ns))
    costs = {name: _cost(name, rows, len(samples)) for name, rows in laps.items()}
    times = {name: cost.samples_ms for name, cost in costs.items()}
    return LoaderRun(
        quality=quality,
        mean_bytes=round(float(np.mean([sample.path.stat().st_size for sample in samples]))),
        pipelines=tuple(costs.values()),
        ratios=(ratio_of(LABELS_READ, OURS, times), ratio_of(THEIRS, OURS, times)),
        difference=pixel_difference(samples),
    )


def _cost(name: str, rows: Sequence[dict[str, int]], pictures: int) -> PipelineCost:
    to_ms = 1e-6 / pictures
    samples = tuple(round(sum(row.values()) * to_ms, 4) for row in rows)
    stages = {stage: round(float(np.median([row[stage] for row in rows])) * to_ms, 4) for stage in rows[0]}
    return PipelineCost(name, samples, round(1000 / float(np.median(samples)), 1), stages)


def pixel_difference(samples: Sequence[Sample]) -> float:
    """Mean absolute difference of 6DRepNet's and our pixels of the same samples, in levels of 0–255."""
    from runtime.preprocess import IMAGENET_STD

    distance = (theirs(samples, Laps(), read_labels=False) - ours(samples, Laps())).abs().mean(dim=(0, 2, 3))
    return round(float(np.mean(255 * distance.numpy() * IMAGENET_STD)), 4)


def _promise(run: LoaderRun) -> Promise:
    name = f"pictures a second of one core over 6DRepNet's pipeline, JPEG quality {run.quality}"
    return Promise(name, run.ratios[1].ratio, _PROMISED, True, "×")


def result_path(folder: Path, created: str) -> Path:
    """<folder>/<this processor>/<date>-loader.json."""
    return folder / host_folder(host_device()) / f"{created[:10]}-loader.json"


def latest(folder: Path = RESULTS) -> tuple[Path, LoaderResult] | None:
    """The newest result under `folder` by its own date, None if there is none; HeadPoseError for a damaged file."""
    return newest(folder, "*-loader.json", LoaderResult.from_json)


def _print(result: LoaderResult) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("JPEG", "pipeline", "pictures/s", "ms", "stages, ms", title=f"{result.device.model}, one core")
    for run in result.runs:
        for cost in run.pipelines:
            stages = ", ".join(f"{name} {ms:.2f}" for name, ms in cost.stages_ms.items())
            row = (f"{cost.images_per_second:.0f}", f"{np.median(cost.samples_ms):.2f}", stages)
            table.add_row(str(run.quality), cost.name, *row)
    console = Console()
    console.print(table)
    for run in result.runs:
        for ratio in run.ratios:
            text = f"{ratio.slow} / {ratio.fast}: {ratio.ratio:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
            console.print(f"quality {run.quality}, {text}, pixels differ by {run.difference:.2f} levels")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write; 0 if the promise is kept, 1 if not."""
    from runtime.progress import progress_bar

    parser = argparse.ArgumentParser(prog="python -m benchmarks.loader", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file (default: %(default)s)")
    parser.add_argument("--pictures", type=int, default=192, help="pictures of a set (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=20, help="samples of each pipeline (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace today's result of this processor")
    args = parser.parse_args(argv)
    try:
        path = result_path(args.out, datetime.now(UTC).isoformat())
        check_new(path, overwrite=args.overwrite)  # before the minutes of measuring
        make_folder(path.parent)
        with tempfile.TemporaryDirectory() as work, progress_bar() as progress:
            result = run_loader(Path(work), pictures=args.pictures, rounds=args.rounds, progress=progress)
        _print(result)
        write_text(path, json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n", overwrite=args.overwrite)
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"written: {path}")
    return 0 if all(promise.kept for promise in result.promises) else 1


if __name__ == "__main__":
    raise SystemExit(main())
