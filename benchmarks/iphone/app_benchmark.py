"""Our app's benchmark on an iPhone: a test of its Xcode project, run by xcodebuild, whose attachment is read back.

The contract with the app. xcodebuild hands a variable TEST_RUNNER_X to the test as X (man page of xcodebuild); the test
HeadPoseTests/BenchmarkTests finds in HEADPOSE_BENCHMARK this JSON:

    {"schema": 1, "models": [facts of benchmarks.record.Model, …], "compute_units": ["all", …],
     "protocols": [fields of benchmarks.iphone.presets.Protocol, …]}

and attaches headpose-benchmark.json: a list of records of benchmarks/schema.json, one for each model, choice of units
and protocol, each with its model's facts as they came. A model is the .mlpackage of that name in HeadPose/Models, where
this module puts it for the build. Unverified: neither a Mac nor an iPhone was at hand.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.artefact import Artefact
from benchmarks.iphone.devices import ConnectedIphone
from benchmarks.iphone.presets import Protocol
from benchmarks.iphone.result_bundle import attachment, export_attachments
from benchmarks.iphone.verdict import judged
from benchmarks.iphone.xcode import advice_for, first_error, run_logged
from benchmarks.record import LatencyResult
from benchmarks.turns import Progress
from runtime.artifact import sha256_of
from runtime.atomic import make_folder, replacing
from runtime.errors import HeadPoseError

PROJECT = Path(__file__).resolve().parents[2] / "ios_app" / "HeadPose.xcodeproj"
SCHEME = "HeadPose"
TEST = "HeadPoseTests/BenchmarkTests"
MODELS = Path("HeadPose") / "Models"
"""Beside the project: what lies there is built into the app."""
ATTACHMENT = "headpose-benchmark.json"
VARIABLE = "HEADPOSE_BENCHMARK"
TIMEOUT_S = 3600.0


def check_project(project: Path) -> None:
    """Raise HeadPoseError if there is no Xcode project."""
    if not (project / "project.pbxproj").is_file():
        raise HeadPoseError(
            f"there is no Xcode project at {project}: give its place with --project, or measure with "
            "--with coremltools, or import a report of Xcode with  --report FILE"
        )


def measure_with_app(
    artefacts: Sequence[Artefact],
    phone: ConnectedIphone,
    *,
    protocols: Sequence[Protocol],
    compute_units: Sequence[str],
    project: Path = PROJECT,
    team: str | None = None,
    progress: Progress = lambda text, done, total: None,
) -> list[LatencyResult]:
    """Build the app with the artefacts in it, run its benchmark on the phone, and read the results back.

    Args:
        artefacts: .mlpackage files, each name once.
        phone: where to run.
        protocols: how to measure; one result each.
        compute_units: MLComputeUnits as Swift spells them; one result each.
        project: .xcodeproj of the app.
        team: development team that signs; None for what the project says.
        progress: called with a text, steps done and steps in all.

    Raises HeadPoseError with the first `error:` line of xcodebuild, or for an attachment that is none of ours.
    """
    check_project(project)
    order = options(artefacts, protocols, compute_units)
    with tempfile.TemporaryDirectory(prefix="headpose-iphone-") as folder, staged(artefacts, project.parent / MODELS):
        bundle = Path(folder) / "benchmark.xcresult"
        _run_test(xcodebuild_command(project, phone, bundle, team), phone, order, progress)
        progress("reading the results back", 2, 3)
        export_attachments(bundle, Path(folder) / "attachments")
        text = attachment(Path(folder) / "attachments", ATTACHMENT).read_text(encoding="utf-8")
    return results_from(text, artefacts)


def options(artefacts: Sequence[Artefact], protocols: Sequence[Protocol], compute_units: Sequence[str]) -> str:
    """The JSON that the test finds in its environment."""
    order = {
        "schema": 1,
        "models": [asdict(artefact.model) for artefact in artefacts],
        "compute_units": list(compute_units),
        "protocols": [asdict(protocol) for protocol in protocols],
    }
    return json.dumps(order, sort_keys=True)


def xcodebuild_command(project: Path, phone: ConnectedIphone, bundle: Path, team: str | None) -> list[str]:
    """Arguments of xcodebuild; automatic signing may then ask Apple for a profile if a team is given."""
    command = ["xcodebuild", "test", "-project", str(project), "-scheme", SCHEME]
    command += ["-destination", f"platform=iOS,id={phone.udid}", "-destination-timeout", "60"]
    command += [f"-only-testing:{TEST}", "-resultBundlePath", str(bundle)]
    return command + (["-allowProvisioningUpdates", f"DEVELOPMENT_TEAM={team}"] if team else [])


def results_from(text: str, artefacts: Sequence[Artefact]) -> list[LatencyResult]:
    """The records of an attachment, judged by our own rules.

    Raises HeadPoseError if it is no list of our records, or one of them is of another file or not of an iPhone.
    """
    try:
        records = json.loads(text)
    except ValueError as error:
        raise HeadPoseError(f"{ATTACHMENT} of the app is no JSON ({error}): measure again") from error
    if not isinstance(records, list) or not records:
        raise HeadPoseError(f"{ATTACHMENT} of the app holds no result: look at the test's messages in Xcode")
    return [_result(record, {artefact.model.sha256 for artefact in artefacts}) for record in records]


def _result(record: Any, hashes: set[str]) -> LatencyResult:
    result = LatencyResult.from_json(record, f"a record of {ATTACHMENT}")
    if result.model.sha256 not in hashes:
        raise HeadPoseError(f"the app measured {result.model.name}, which was not asked for: build the app anew")
    if result.device.kind != "iphone":
        raise HeadPoseError(f"the app ran on a {result.device.kind}, not on an iPhone: choose one with --device")
    return judged(result)


@contextmanager
def staged(artefacts: Sequence[Artefact], models: Path) -> Iterator[None]:
    """Have the artefacts in the app's folder of models for the time of a build; what was put there goes away again.

    Raises HeadPoseError if another file of an artefact's name lies there, which is never overwritten.
    """
    with ExitStack() as stack:
        for artefact in artefacts:
            place = make_folder(models) / artefact.path.name
            if not place.exists():
                stack.callback(shutil.rmtree, place, ignore_errors=True)
                with replacing(place) as part:
                    shutil.copytree(artefact.path, part)
            elif sha256_of(place) != artefact.model.sha256:
                raise HeadPoseError(f"{place} is another file than {artefact.path}: take it away, or measure that one")
        yield


def _run_test(command: list[str], phone: ConnectedIphone, order: str, progress: Progress) -> None:
    with tempfile.NamedTemporaryFile(prefix="headpose-xcodebuild-", suffix=".log", delete=False) as made:
        log = Path(made.name)
    progress(f"building the app for {phone.name}", 0, 3)

    def follow(line: str) -> None:
        if "Unlock" in line and "to Continue" in line:
            progress(f"waiting: unlock {phone.name}", 0, 3)
        elif line.startswith(("Test Suite ", "Testing started")):
            progress(f"measuring on {phone.name}", 1, 3)

    code = run_logged(command, log, env={f"TEST_RUNNER_{VARIABLE}": order}, on_line=follow, timeout_s=TIMEOUT_S)
    if code == 0:
        log.unlink()
        return
    complaint = first_error(log.read_text(encoding="utf-8"))
    ended = "was stopped after an hour" if code < 0 else "failed"
    advice = advice_for(complaint, "open the project in Xcode and run its tests there")
    raise HeadPoseError(f"xcodebuild {ended} ({complaint}): {advice}; its whole output is in {log}")
