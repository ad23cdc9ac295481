"""How many heads a second one core renders: whole labelled pictures as `headpose synth` makes them, not yet written.

    HEADPOSE_MAKEHUMAN=DIR python -m benchmarks.render --out benchmarks/results

From the number of a picture to its pixels and labels: plan, shape, painted skin, hair, clothes, light, background and
camera. Every picture shows another scene. What many pictures share (geometry, textures, backgrounds) is made by the
pictures before the measured ones. Processor time is that of all threads of the process, of which OpenGL's is one where
it runs on the processor; on a graphics card only the wall clock counts. About a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.device import host_device
from benchmarks.latency import reasons_against
from benchmarks.loader import result_path as loader_path
from benchmarks.newest import newest
from benchmarks.record import Device
from benchmarks.spine import RESULTS
from runtime.atomic import check_new, make_folder, write_text
from runtime.errors import HeadPoseError
from runtime.provenance import git_state, package_versions
from training.data.synthetic.generate import ONE_THREAD, Painter
from training.data.synthetic.world import World, open_world

RENDER_SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("render.schema.json")
_BLOCK = 10  # pictures of a sample: scenes differ, and a mean of some differs less
_TOOLS = ("numpy", "opencv-python-headless", "pillow", "moderngl")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class RenderResult:
    """One run of this file."""

    created: str
    """UTC time, ISO 8601."""
    git: dict[str, Any]
    """Commit of the code and whether its tree was dirty."""
    device: Device
    """This computer."""
    tools: dict[str, str]
    """Versions of what computes and draws."""
    driver: str
    """What draws, by OpenGL's own name."""
    asset_pack: bool
    """Whether skins and hair are MakeHuman's; drawn skins and no hair else."""
    size: int
    """Side of the pictures in pixels."""
    warmup: int
    """Pictures before the measured ones."""
    pictures: int
    """Measured ones."""
    load: float | None
    """Of the machine before the run, mean of a minute: 1 is one busy core. None where the system does not tell."""
    processor_ms: tuple[float, ...]
    """Processor time of one picture, mean of each ten in turn."""
    wall_ms: tuple[float, ...]
    """Likewise by the clock on the wall."""
    images_per_second: float
    """Of one core: pictures over all processor time."""
    wall_images_per_second: float
    """Pictures over all time that passed."""
    valid: bool
    """Whether they may be quoted."""
    invalid_reasons: tuple[str, ...]
    """Why not."""
    schema: int = RENDER_SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps; tuples become lists."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the result") -> RenderResult:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != RENDER_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {RENDER_SCHEMA}")
            lists = {name: tuple(data[name]) for name in ("processor_ms", "wall_ms", "invalid_reasons")}
            return RenderResult(**{**data, **lists, "device": Device(**data["device"])})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): measure again") from error


def run_render(
    world: World, *, pictures: int = 300, warmup: int = 300, progress: Progress = lambda text, done, total: None
) -> RenderResult:
    """Render `warmup` scenes of a world and measure the next ones.

    Set the variables of `ONE_THREAD` before the process starts, as the command does.

    Raises HeadPoseError for pictures that are no tens, and what a renderer refuses.
    """
    if pictures < _BLOCK or pictures % _BLOCK or warmup < 0:
        raise HeadPoseError(f"{pictures} pictures after {warmup} cannot be measured: give a multiple of {_BLOCK}")
    load, driver = _load(), _driver()
    processor, wall = _measured(world, pictures, warmup, progress)
    reasons = reasons_against(processor)
    return RenderResult(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git=git_state(),
        device=host_device(),
        tools=package_versions(_TOOLS),
        driver=driver,
        asset_pack=world.assets is not None,
        size=world.size,
        warmup=warmup,
        pictures=pictures,
        load=load,
        processor_ms=processor,
        wall_ms=wall,
        images_per_second=round(1000 / float(np.mean(processor)), 2),
        wall_images_per_second=round(1000 / float(np.mean(wall)), 2),
        valid=not reasons,
        invalid_reasons=reasons,
    )


def _load() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _driver() -> str:
    from training.data.synthetic.renderer import Renderer

    with Renderer(8) as renderer:
        return renderer.driver


def _measured(
    world: World, pictures: int, warmup: int, progress: Progress
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Milliseconds of one picture, mean of each block: of the processor, and of the clock."""
    laps = []
    with _one_thread(), world.open() as painter:
        for index in range(warmup):
            if index % 50 == 0:
                progress("warming up", index, warmup + pictures)
            painter(index)
        progress("measuring", warmup, warmup + pictures)
        for first in range(warmup, warmup + pictures, _BLOCK):
            laps.append(_block(painter, first))
    processor, wall = zip(*laps)
    return processor, wall


def _block(painter: Painter, first: int) -> tuple[float, float]:
    busy, start = time.process_time(), time.perf_counter()
    for index in range(first, first + _BLOCK):
        painter(index)
    spent = time.process_time() - busy, time.perf_counter() - start
    return round(1000 * spent[0] / _BLOCK, 3), round(1000 * spent[1] / _BLOCK, 3)


@contextmanager
def _one_thread() -> Iterator[None]:
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(0)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def result_path(folder: Path, created: str) -> Path:
    """<folder>/<this processor>/<date>-render.json."""
    path = loader_path(folder, created)
    return path.with_name(path.name.replace("-loader", "-render"))


def latest(folder: Path = RESULTS) -> tuple[Path, RenderResult] | None:
    """The newest result under `folder` by its own date, None if there is none; HeadPoseError for a damaged file."""
    return newest(folder, "*-render.json", RenderResult.from_json)


def _summary(result: RenderResult) -> str:
    lines = [
        f"{result.driver}, {result.pictures} pictures of {result.size} px, load {result.load} before the run",
        f"processor time {np.mean(result.processor_ms):.1f} ms a picture: {result.images_per_second} a second",
        f"wall clock {np.mean(result.wall_ms):.1f} ms a picture: {result.wall_images_per_second} a second",
        *(f"not quotable: {reason}" for reason in result.invalid_reasons),
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file (default: %(default)s)")
    parser.add_argument("--pictures", type=int, default=300, help="that are measured (default: %(default)s)")
    parser.add_argument("--warmup", type=int, default=300, help="pictures before them (default: %(default)s)")
    parser.add_argument("--size", type=int, default=224, help="side of the pictures (default: %(default)s)")
    parser.add_argument("--assets", type=Path, help="asset pack (default: $HEADPOSE_MAKEHUMAN, else drawn skins)")
    parser.add_argument("--head-model", type=Path, help="kept geometry (default: one in the cache, made if absent)")
    parser.add_argument("--overwrite", action="store_true", help="replace today's result of this processor")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write; 0 when done, 2 for bad input."""
    from runtime.progress import progress_bar

    arguments = sys.argv[1:] if argv is None else list(argv)
    args = _parser().parse_args(arguments)
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):  # read when libraries are loaded
        command = [sys.executable, "-m", "benchmarks.render", *arguments]
        return subprocess.run(command, env={**os.environ, **ONE_THREAD}).returncode
    try:
        path = result_path(args.out, datetime.now(UTC).isoformat())
        check_new(path, overwrite=args.overwrite)  # before the minute of measuring
        make_folder(path.parent)
        with progress_bar() as progress:
            world = open_world(assets=args.assets, head_model=args.head_model, size=args.size, progress=progress)
            result = run_render(world, pictures=args.pictures, warmup=args.warmup, progress=progress)
        write_text(path, json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n", overwrite=args.overwrite)
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{_summary(result)}\nwritten: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
