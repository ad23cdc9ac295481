"""Google's benchmark_model on a phone: its flags, its run, and what it tells as a latency result.

Two runs of it: one that is timed and nothing else, then a short one with the profiler and the memory monitor, which
slow it down. Flags: tflite/tools/benchmark/README.md of google-ai-edge/LiteRT.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.android.adb import Answer
from benchmarks.android.device import PhoneFacts
from benchmarks.android.figures import Figures
from benchmarks.android.plan import TOOL, WHERE_FROM, Job, Settings
from benchmarks.android.tool_log import Placement, read_figures, read_operators, read_placement
from benchmarks.android.wire import read_result
from benchmarks.android.workplace import Workplace
from benchmarks.record import Device, LatencyResult, LoadTimes, Memory, Run
from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError

_MAX_SECONDS = 150.0  # the tool's own limit of one run
_PROFILED_RUNS = 20
_UNIT_FLAGS = {"cpu": ["--use_xnnpack=true"], "gpu": ["--use_gpu=true"], "npu": ["--use_nnapi=true"]}
_SIGNALS = {132: "illegal instruction", 134: "aborted", 135: "bus error", 137: "killed", 139: "segmentation fault"}
_MISSING = {
    "gpu": (re.compile(r"GPU acceleration is unsupported|Unconsumed cmdline flags:.*--use_gpu"), "GPU"),
    "npu": (re.compile(r"NNAPI acceleration is unsupported|Unconsumed cmdline flags:.*--use_nnapi"), "NNAPI"),
}


@dataclass(frozen=True)
class _Told:
    figures: Figures
    placement: Placement
    profiled: Answer


def measure_with_tool(
    place: Workplace, job: Job, settings: Settings, facts: PhoneFacts, device: Device
) -> LatencyResult:
    """Run benchmark_model on one artefact.

    Args:
        place: our folder on the phone.
        job: what, and on which accelerator.
        settings: how long; with a tool.
        facts: the phone's.
        device: the phone's state before; what it was afterwards and whether the figures may be quoted, but for the
            backend, is the caller's to add.

    Raises HeadPoseError if the tool crashes, cannot do what was asked, or tells no figures.
    """
    if settings.tool is None:
        raise HeadPoseError(f"{TOOL} is measured with --tool: {WHERE_FROM}")
    told = _run(place, job, settings, facts, settings.tool)
    return _result(told, job, settings.tool, device)


def core_mask(cores: str, big: Sequence[int]) -> str | None:
    """The hexadecimal mask of taskset, None for all cores.

    Args:
        cores: 'big', 'all' or a mask.
        big: numbers of the big cores.
    """
    if cores == "all":
        return None
    return cores if cores != "big" else f"{sum(1 << core for core in big):x}"


def flags(job: Job, settings: Settings, graph: str) -> list[str]:
    """Arguments that the timed run and the profiled one share."""
    threads = [f"--num_threads={job.threads}"] if job.threads else []
    return [f"--graph={graph}", *threads, *_UNIT_FLAGS[job.accelerator], f"--max_secs={_limit(settings):g}"]


def _limit(settings: Settings) -> float:
    return max(_MAX_SECONDS, 2 * settings.min_seconds)


def _run(place: Workplace, job: Job, settings: Settings, facts: PhoneFacts, tool: Path) -> _Told:
    program, graph, stored = place.put(tool, executable=True), place.put(job.artefact.path), f"{place.folder}/result.pb"
    mask = core_mask(settings.cores, facts.big_cores)
    command = [*(["taskset", mask] if mask else []), program, *flags(job, settings, graph)]
    place.phone.shell(f"rm -f {stored}")
    timed = [f"--num_runs={settings.runs}", f"--min_secs={settings.min_seconds:g}", f"--warmup_runs={settings.warmup}"]
    answer = _answer(place, [*command, *timed, f"--result_file_path={stored}"], job, settings)
    written = place.phone.read(stored)
    figures = read_result(written) if written else read_figures(answer.text)
    if figures is None:
        raise HeadPoseError(f"{TOOL} told no latency of {job.artefact.path.name}: {_last_words(answer)}")
    profiling = [f"--num_runs={_PROFILED_RUNS}", "--enable_op_profiling=true", "--report_peak_memory_footprint=true"]
    profiled = _answer(place, [*command, *profiling], job, settings)
    return _Told(figures, read_placement(answer.text), profiled)


def _answer(place: Workplace, command: list[str], job: Job, settings: Settings) -> Answer:
    answer = place.phone.shell(shlex.join(command), timeout_s=2 * _limit(settings) + 120)
    missing = _MISSING.get(job.accelerator)
    if missing and missing[0].search(answer.text):
        raise HeadPoseError(
            f"--tool {settings.tool} was built without the {missing[1]} delegate: take one that has it, or leave "
            f"{job.accelerator} out of --accelerator"
        )
    if answer.code != 0:
        raise _failure(answer, job, settings, place.phone.name)
    return answer


def _failure(answer: Answer, job: Job, settings: Settings, name: str) -> HeadPoseError:
    what, said = f"{job.artefact.path.name} on {job.accelerator} of {name}", _last_words(answer)
    if "CANNOT LINK EXECUTABLE" in answer.text:
        return HeadPoseError(f"{name} cannot load --tool {settings.tool} ({said}): take one for its version of Android")
    if answer.code > 128:
        signal = _SIGNALS.get(answer.code, f"signal {answer.code - 128}")
        return HeadPoseError(f"{TOOL} crashed with {what} ({signal}; it said: {said}): take another version of it")
    return HeadPoseError(f"{TOOL} cannot run {what}: {said}")


def _last_words(answer: Answer) -> str:
    lines = [line.strip() for line in answer.text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR:", "FATAL:", "CANNOT LINK"))]
    told = [line for line in errors if "Benchmarking failed" not in line] or errors or lines
    return told[-1].removeprefix("ERROR: ") if told else "it said nothing"


def wrong_backend(asked: str, used: str) -> str | None:
    """Why a result is not that of the accelerator that was asked for, None if it is.

    An accelerator that leaves some operators to the processor is still used; the placement tells how many.
    """
    if asked == "npu" and "nnapi" in used.split("+"):
        return "NNAPI ran it, and does not tell on which accelerator: measure the NPU with --with app"
    if asked not in used.split("+"):
        return f"asked for {asked}, ran on {used}"
    return None


def _result(told: _Told, job: Job, tool: Path, device: Device) -> LatencyResult:
    figures, info, placement = told.figures, job.artefact.info, told.placement
    reason, seen = wrong_backend(job.accelerator, placement.used), read_figures(told.profiled.text)
    run = Run(
        tool=TOOL,
        engine="LiteRT (" + (", ".join(placement.delegates) or "its own kernels") + ")",
        threads=job.threads,
        compute_units_requested=job.accelerator,
        compute_units_used=placement.used,
        emulated=False,
        warmup=figures.warmup,
        iterations=figures.runs,
        protocol=TOOL,
        conditions={} if figures.growth_mb is None else {"memory_growth_mb": f"{figures.growth_mb:g}"},
    )
    return LatencyResult(
        model=job.artefact.model,
        device=device,
        run=run,
        load_ms=LoadTimes(figures.init_ms, None),
        first_ms=figures.first_ms,
        samples_ms=(),
        latency_ms=figures.stats(),
        tools={**info.tools, f"{TOOL} sha256": sha256_of(tool)},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        valid=reason is None,
        invalid_reasons=(reason,) if reason else (),
        memory_mb=Memory(seen.peak_mb, None) if seen and seen.peak_mb else None,
        placement=placement.shares,
        operators=read_operators(told.profiled.text),
        parity=info.parity,
    )
