"""Latency on an iPhone with coremltools' MLModelBenchmarker: a Mac drives an app of Apple's on the phone.

Follows coremltools 9.0, coremltools.models.ml_program.experimental (perf_utils, remote_device): Xcode builds, signs and
installs its ModelRunner; each inference is a file copied to the phone and an answer copied back, so a second passes
between two of them and the Neural Engine may have gone to sleep. These times are for comparison among themselves, and
for the compute plan; our app measures a steady rate. iOS 17 at least, iOS 17.4 for the plan.

coremltools 9.0 hands no images to a phone (its issue 2678): the program is the same, but its input is declared as a
tensor of the same pixels, so what turns a pixel buffer into a tensor is not in the time.

Unverified on a phone; the tests run coremltools' own benchmarker with a stand-in for the phone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.artefact import Artefact
from benchmarks.iphone.chips import CORES, soc_of
from benchmarks.iphone.devices import ConnectedIphone
from benchmarks.iphone.tensor_input import as_tensor_input, tensor_of
from benchmarks.iphone.units import Placed, shares, units_used
from benchmarks.iphone.verdict import judged
from benchmarks.iphone.xcode import advice_for, first_error, run_tool
from benchmarks.latency import LatencyStats
from benchmarks.probe import probe_image
from benchmarks.record import Device, LatencyResult, LoadTimes, Run
from benchmarks.turns import Progress
from export.quiet import quiet
from runtime.errors import HeadPoseError
from runtime.mil.package import coremltools

PROTOCOL = "coremltools"
MIN_IOS = 17
LOADS, WARMUP, ITERATIONS, STEP = 3, 10, 200, 10
_UNIT_OF = {"MLNeuralEngineComputeDevice": "ane", "MLGPUComputeDevice": "gpu", "MLCPUComputeDevice": "cpu"}
_CONDITIONS = {
    "input": "a tensor of pixels instead of an image",
    "pace": "one inference for each exchange of files with the phone",
}


@dataclass(frozen=True)
class _Measured:
    load_ms: tuple[float, ...]
    predict_ms: tuple[float, ...]  # the warm-up included
    operators: tuple[Placed, ...]
    plan: str  # why there is no plan, '' if there is one


def check_phone(phone: ConnectedIphone) -> None:
    """Raise HeadPoseError for a phone that coremltools cannot drive."""
    if phone.os_major and phone.os_major < MIN_IOS:
        raise HeadPoseError(
            f"{phone.name} has {phone.os}, and --with coremltools needs iOS {MIN_IOS}: measure with  --with app  "
            "or import a report of Xcode with  --report FILE"
        )


def measure_with_coremltools(
    artefacts: Sequence[Artefact],
    phone: ConnectedIphone,
    *,
    compute_units: Sequence[str],
    team: str | None = None,
    iterations: int = ITERATIONS,
    progress: Progress = lambda text, done, total: None,
) -> list[LatencyResult]:
    """Load, first inference, samples and compute plan of every artefact and choice of compute units.

    Args:
        artefacts: .mlpackage files.
        phone: iOS 17 or later, connected.
        compute_units: MLComputeUnits as Swift spells them.
        team: development team that signs the app that runs the models.
        iterations: inferences that are kept.
        progress: called with a text, inferences done and inferences in all.

    Raises HeadPoseError with the words of coremltools or Xcode if anything on the way fails.
    """
    check_phone(phone)
    _find_devicectl()
    try:
        with quiet():  # coremltools draws a bar of its own for every exchange with the phone
            return asyncio.run(_measure_all(artefacts, phone, compute_units, team, iterations, progress))
    except HeadPoseError:
        raise
    except Exception as error:  # coremltools raises ValueError, TypeError and private errors of its own
        complaint = _complaint(error)
        advice = advice_for(complaint, "unlock the iPhone, or measure with  --with app")
        raise HeadPoseError(f"coremltools cannot measure on {phone.name} ({complaint}): {advice}") from error


async def _measure_all(
    artefacts: Sequence[Artefact],
    phone: ConnectedIphone,
    compute_units: Sequence[str],
    team: str | None,
    iterations: int,
    progress: Progress,
) -> list[LatencyResult]:
    progress(f"building coremltools' app for {phone.name}", 0, 1)
    device = await _prepared(phone, team)
    results = []
    for artefact in artefacts:
        for units in compute_units:
            model = as_tensor_input(artefact.path, units)
            benchmarker = _experimental().perf_utils.MLModelBenchmarker(model, device)
            image = probe_image(artefact.model.input_size)

            def step(done: int, name: str = f"{artefact.path.name}, {units}") -> None:
                progress(name, done, WARMUP + iterations)

            measured = await _measure(benchmarker, tensor_of(image, model), iterations, step)
            results.append(result_of(artefact, phone, units, measured))
    return results


async def _prepared(phone: ConnectedIphone, team: str | None) -> Any:
    """coremltools' own object for the phone, its app running there."""
    remote = _experimental().remote_device
    devices = remote.Device.get_connected_devices(remote.DeviceType.IPHONE)
    found = next((device for device in devices if device.udid == phone.udid), None)
    if found is None:
        raise HeadPoseError(
            f"coremltools does not see {phone.name} as connected: unlock it, connect it by cable, and open "
            "Xcode › Window › Devices and Simulators once"
        )
    credentials = remote.AppSigningCredentials(development_team=team or "")
    return await found.prepare_for_model_debugging(credentials)


async def _measure(
    benchmarker: Any, inputs: dict[str, npt.NDArray[np.float32]], iterations: int, step: Callable[[int], None]
) -> _Measured:
    step(0)
    load = await benchmarker.benchmark_load(iterations=LOADS)
    samples: list[float] = []
    total = WARMUP + iterations
    while len(samples) < total:
        part = await benchmarker.benchmark_predict(inputs, iterations=min(STEP, total - len(samples)))
        samples += part.samples
        step(len(samples))
    operators, complaint = await _plan(benchmarker.benchmark_operation_execution(inputs, iterations=1))
    return _Measured(_rounded(load.samples), _rounded(samples), operators, complaint)


async def _plan(asked: Awaitable[Any]) -> tuple[tuple[Placed, ...], str]:
    """Operators with their units and costs, or why there are none: a phone before iOS 17.4 has no compute plan."""
    try:
        return placed(await asked), ""
    except Exception as error:  # the latencies are there all the same
        return (), _complaint(error)


def placed(infos: Sequence[Any]) -> tuple[Placed, ...]:
    """The computed operators among MLModelBenchmarker.OperationExecutionInfo; constants have no device.

    Its measurement of an operator is the model's time weighted by the plan's cost, so it serves as the cost here.
    """
    used = [info for info in infos if info.compute_device_usage is not None]
    return tuple(
        Placed(
            _UNIT_OF[type(info.compute_device_usage.preferred_compute_device).__name__],
            float(info.measurement.samples[0]) if info.measurement.samples else None,
        )
        for info in used
    )


def result_of(artefact: Artefact, phone: ConnectedIphone, units: str, measured: _Measured) -> LatencyResult:
    """What was measured as a record, judged by our own rules."""
    kept, placement = measured.predict_ms[WARMUP:], shares(measured.operators)
    version = str(coremltools().__version__)
    conditions = {**_CONDITIONS, **({"no compute plan": measured.plan} if measured.plan else {})}
    run = Run(
        tool=f"coremltools {version} MLModelBenchmarker",
        engine="Core ML",
        threads=None,
        compute_units_requested=units,
        compute_units_used=units_used(placement),
        emulated=False,
        warmup=WARMUP,
        iterations=len(kept),
        protocol=PROTOCOL,
        conditions=conditions,
    )
    warm = measured.load_ms[1:]
    return judged(
        LatencyResult(
            model=artefact.model,
            device=Device("iphone", phone.model or "iPhone", soc_of(phone.model), phone.os, CORES, None),
            run=run,
            load_ms=LoadTimes(measured.load_ms[0], round(median(warm), 4) if warm else None),
            first_ms=measured.predict_ms[0],
            samples_ms=kept,
            latency_ms=LatencyStats.of(kept),
            tools={**artefact.info.tools, "here:coremltools": version},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            valid=True,
            invalid_reasons=(),
            placement=placement,
            parity=artefact.info.parity,
        )
    )


def _rounded(samples: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(float(sample), 4) for sample in samples)


def _experimental() -> Any:
    return coremltools().models.ml_program.experimental


def _find_devicectl() -> None:
    """coremltools calls devicectl by its bare name, which only xcrun finds on many Macs."""
    if shutil.which("devicectl") is None:
        found = run_tool(["xcrun", "--find", "devicectl"]).stdout.strip()
        if found:
            os.environ["PATH"] = f"{os.environ.get('PATH', '')}{os.pathsep}{Path(found).parent}"


def _complaint(error: BaseException) -> str:
    """One line of an error; where coremltools loses what xcodebuild said, from the process error beneath it."""
    output = getattr(error.__context__, "output", None)
    if isinstance(output, bytes) and output:
        return first_error(output.decode(errors="replace"))
    text = getattr(error, "message", None) or str(error)
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
