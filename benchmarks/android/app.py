"""Our app's benchmark as an instrumentation: `am instrument`, and the records that it leaves.

What the app promises: the test class takes the arguments `artefact` (path of a .tflite or .onnx that it may read),
`accelerator` (cpu, gpu, npu), `threads`, `warmup`, `runs`, `minSeconds` and `result`, and writes a list of records as
in benchmarks/schema.json to the file `result` among its own files. It is debuggable, so that `run-as` may read them.
**Unverified on a phone.** Source: https://developer.android.com/studio/test/command-line
"""

from __future__ import annotations

import json
import shlex
import uuid
from dataclasses import replace
from typing import Any

from benchmarks.android.adb import Phone
from benchmarks.android.benchmark_model import wrong_backend
from benchmarks.android.instrumentation import read_outcome
from benchmarks.android.plan import Job, Settings
from benchmarks.android.workplace import Workplace
from benchmarks.record import LatencyResult
from runtime.errors import HeadPoseError

APPLICATION_ID = "org.sixdrepnext.headpose"
TEST_PACKAGE = f"{APPLICATION_ID}.test"
RUNNER = f"{TEST_PACKAGE}/androidx.test.runner.AndroidJUnitRunner"
TEST_CLASS = f"{APPLICATION_ID}.BenchmarkInstrumentation"


def check_installed(phone: Phone) -> None:
    """Raise HeadPoseError unless the app and its test package are on the phone."""
    missing = [name for name in (APPLICATION_ID, TEST_PACKAGE) if "package:" not in phone.ask(f"pm path {name}")]
    if missing:
        raise HeadPoseError(
            f"{' and '.join(missing)} is not installed on {phone.name}: run  ./gradlew installDebug "
            "installDebugAndroidTest  in android_app, or measure without the app (--with benchmark_model)"
        )


def measure_with_app(place: Workplace, job: Job, settings: Settings) -> LatencyResult:
    """Run the app's benchmark on one artefact.

    Returns:
        The app's record with this file's own facts; the phone's are the caller's to add.

    Raises HeadPoseError if the instrumentation fails or its record is not that of this file.
    """
    graph, stored = place.put(job.artefact.path), f"headpose-benchmark-{uuid.uuid4().hex[:8]}.json"
    try:
        limit_s = 300 + 4 * settings.min_seconds + settings.runs
        answer = place.phone.shell(shlex.join(command(job, settings, graph, stored)), timeout_s=limit_s)
        outcome = read_outcome(answer.text)
        if outcome.failure:
            raise HeadPoseError(f"the app's benchmark of {job.text} failed on {place.phone.name}: {outcome.failure}")
        content = place.phone.read(f"files/{stored}", package=APPLICATION_ID)
    finally:
        _forget(place.phone, stored)
    if content is None:
        raise HeadPoseError(f"the app's benchmark of {job.text} passed and left no result: install the app again")
    return _completed(_record(content), job)


def command(job: Job, settings: Settings, graph: str, stored: str) -> list[str]:
    """The `am instrument` that measures `graph` and leaves `stored`."""
    extras = {
        "class": TEST_CLASS,
        "artefact": graph,
        "accelerator": job.accelerator,
        **({"threads": str(job.threads)} if job.threads else {}),
        "warmup": str(settings.warmup),
        "runs": str(settings.runs),
        "minSeconds": f"{settings.min_seconds:g}",
        "result": stored,
    }
    pairs = [word for name, value in extras.items() for word in ("-e", name, value)]
    return ["am", "instrument", "-w", "-r", *pairs, RUNNER]


def _forget(phone: Phone, stored: str) -> None:
    try:
        phone.shell(f"am force-stop {APPLICATION_ID}; run-as {APPLICATION_ID} rm -f files/{stored}")
    except HeadPoseError:  # the phone is gone: the first error tells it
        return


def _record(content: bytes) -> LatencyResult:
    where = "the app's result"
    try:
        data: Any = json.loads(content)
    except ValueError as error:
        raise HeadPoseError(f"{where} is no JSON ({error}): install the app again") from error
    if not isinstance(data, list) or len(data) != 1 or not isinstance(data[0], dict):
        raise HeadPoseError(f"{where} is not a list of one record: install the app of this version")
    return LatencyResult.from_json(data[0], where)


def _completed(result: LatencyResult, job: Job) -> LatencyResult:
    """With what the app cannot know of the file, and a check that it measured what was asked."""
    model, run, info = job.artefact.model, result.run, job.artefact.info
    if result.model.sha256 != model.sha256:
        raise HeadPoseError(f"the app measured another file than {job.artefact.path}: install the app again")
    asked = (job.accelerator, job.threads)
    if (run.compute_units_requested, run.threads if job.threads else None) != asked:
        raise HeadPoseError(f"the app did not measure what was asked ({job.text}): install the app of this version")
    reason = wrong_backend(job.accelerator, run.compute_units_used) if run.compute_units_used else None
    reasons = (*result.invalid_reasons, *((reason,) if reason else ()))
    tools = {**info.tools, **result.tools}
    return replace(result, model=model, parity=info.parity, tools=tools, valid=not reasons, invalid_reasons=reasons)
