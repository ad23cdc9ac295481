"""What is to be measured on a phone: every artefact, each way, on each accelerator, with each number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.artefact import Artefact, read_artefact
from runtime.errors import HeadPoseError, unknown_name

ACCELERATORS = ("cpu", "gpu", "npu")
TOOL, APP = "benchmark_model", "app"
WAYS = (TOOL, APP)
WHERE_FROM = (
    "Google offers it built for Android on the page of LiteRT's performance measurement "
    "(https://ai.google.dev/edge/litert/models/measurement)"
)


@dataclass(frozen=True)
class Settings:
    """How long, where and how carefully."""

    accelerators: tuple[str, ...] = ("cpu",)
    """Of ACCELERATORS."""
    threads: tuple[int, ...] = (4,)
    """Numbers of threads on the processor, each measured by itself."""
    runs: int = 100
    """Inferences that are timed, at least."""
    min_seconds: float = 10.0
    """Time them at least so long."""
    warmup: int = 10
    """Inferences before, at least; benchmark_model warms up for half a second at least."""
    cores: str = "big"
    """'big', 'all' or a hexadecimal mask of processors, for benchmark_model."""
    cool_down_s: float = 120.0
    """Wait at most so long for the phone to cool between two measurements."""
    tool: Path | None = None
    """Google's benchmark_model for the phone."""
    ways: tuple[str, ...] = (TOOL,)
    """Of WAYS."""

    def __post_init__(self) -> None:
        for kind, given, known in (("accelerator", self.accelerators, ACCELERATORS), ("way", self.ways, WAYS)):
            _check_names(kind, given, known)
        if len(set(self.threads)) < len(self.threads) or not self.threads or min(self.threads) < 1:
            raise HeadPoseError(f"--threads is {','.join(map(str, self.threads))}: give numbers from 1, each once")
        if self.runs < 1 or not 0 <= self.min_seconds < 3600 or not 0 <= self.cool_down_s < 86400:
            raise HeadPoseError(
                "a benchmark needs one run at least, --min-seconds below an hour and --cool-down below a day"
            )
        if TOOL in self.ways and self.tool is None:
            raise HeadPoseError(f"--with benchmark_model needs that program, given with --tool: {WHERE_FROM}")
        if self.cores not in ("big", "all"):
            self._check_mask()

    def _check_mask(self) -> None:
        try:
            usable = int(self.cores, 16) > 0
        except ValueError:
            usable = False
        if not usable:
            raise HeadPoseError(
                f"--cores is '{self.cores}': give big, all or a hexadecimal mask, as f0 for cores 4 to 7"
            )


def _check_names(kind: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise unknown_name(kind, name, known)
    if len(set(given)) < len(given) or not given:
        raise HeadPoseError(f"name each {kind} once: '{','.join(given)}'")


@dataclass(frozen=True)
class Job:
    """One measurement."""

    artefact: Artefact
    """What runs."""
    way: str
    """Of WAYS."""
    accelerator: str
    """Of ACCELERATORS."""
    threads: int | None
    """On the processor; None for an accelerator, whose rest runs with the engine's own choice."""

    @property
    def text(self) -> str:
        """'sixdrepnet_repnext_m4_fp16, app, cpu, 4 thread(s)'."""
        threads = [] if self.threads is None else [f"{self.threads} thread(s)"]
        return ", ".join([self.artefact.model.name, self.way, self.accelerator, *threads])


def phone_artefact(path: str | Path) -> Artefact:
    """A .tflite or .onnx file's record; HeadPoseError for another format, or a file that cannot be read."""
    if Path(path).suffix.lower() not in (".tflite", ".onnx"):
        raise HeadPoseError(
            f"{path} is neither a .tflite nor an .onnx file, and these are what runs on the phone: export one with "
            "--targets tflite"
        )
    return read_artefact(path)


def jobs_of(artefacts: Sequence[Artefact], settings: Settings) -> list[Job]:
    """Everything in the order in which it is measured.

    Raises HeadPoseError for a file that runs in none of the ways that were asked for: .onnx needs the app, on the cpu.
    """
    units = [(a, n) for a in settings.accelerators for n in (settings.threads if a == "cpu" else (None,))]
    jobs = [
        Job(artefact, way, unit, n)
        for way in settings.ways
        for artefact in artefacts
        for unit, n in units
        if artefact.model.target == "tflite" or (way, unit) == (APP, "cpu")
    ]
    for artefact in artefacts:
        if not any(job.artefact is artefact for job in jobs):
            raise HeadPoseError(
                f"{artefact.path} runs in our app alone, in ONNX Runtime on the processor: add  --with app "
                "--accelerator cpu,  or take a .tflite file"
            )
    return jobs
