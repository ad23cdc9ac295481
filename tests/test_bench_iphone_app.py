"""``headpose bench iphone --with app``: the whole command against stand-ins for xcodebuild and xcrun, fault by fault.

The stand-ins follow recorded transcripts; what they show is this side of the exchange, not Xcode's.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace

import pytest
from iphone_samples import (
    STEADY,
    UDID,
    devicectl,
    info,
    make_package,
    manifest,
    model_of,
    old_device,
    records,
    result,
    stand_in_tools,
)

from benchmarks.artefact import read_artefact
from benchmarks.commands import bench_iphone
from benchmarks.iphone import app_benchmark, xcode
from benchmarks.record import UnitShare
from benchmarks.stored import read_results
from runtime.command_line import run_command
from runtime.errors import HeadPoseError


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("app") / "tiny.mlpackage")


@pytest.fixture
def mac(tmp_path, monkeypatch):
    """A function that puts stand-in tools on PATH and answers as macOS does."""
    monkeypatch.setattr(xcode, "is_mac", lambda: True)
    monkeypatch.setenv("HEADPOSE_BENCH_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(app_benchmark.tempfile, "tempdir", str(tmp_path))  # a failed build leaves its log there

    def install(**script):
        tools = stand_in_tools(tmp_path / "bin", **script)
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
        return tools

    return install


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "ios_app" / "HeadPose.xcodeproj"
    folder.mkdir(parents=True)
    (folder / "project.pbxproj").touch()
    return folder


def command(*args):
    return run_command(bench_iphone, "headpose bench iphone", "test", [str(arg) for arg in args])


def ours(package, **changes):
    return result(model_of(package, info()), **changes)


def test_the_test_is_told_what_to_measure_and_its_records_are_read_and_kept(package, project, mac, tmp_path, capsys):
    sent = [ours(package, protocol=name, samples=STEADY) for name in ("xcode", "headpose", "modelbench")]
    tools = mac(attached=records(*sent))
    kept = tmp_path / "kept"
    args = ["--project", project, "--preset", "iphone12-ios16", "--development-team", "TEAM", "--save", kept]
    assert command(package, *args) == 0
    call = json.loads((tools / "call.json").read_text())
    assert call["models"] == ["tiny.mlpackage"]
    assert call["order"]["models"] == [asdict(model_of(package, info()))]
    assert call["order"]["compute_units"] == ["all"]
    protocols = {p["name"]: p for p in call["order"]["protocols"]}
    assert list(protocols) == ["xcode", "headpose", "modelbench"]
    assert (protocols["modelbench"]["rounds"], protocols["modelbench"]["iterations"]) == (20, 50)
    assert (protocols["modelbench"]["warmup"], protocols["modelbench"]["figure"]) == (1, "trimmed_mean")
    assert (protocols["xcode"]["rounds"] * protocols["xcode"]["iterations"], protocols["xcode"]["loads"]) == (120, 3)
    argv = call["argv"]
    assert argv[:5] == ["test", "-project", str(project), "-scheme", "HeadPose"]
    assert argv[argv.index("-destination") + 1] == f"platform=iOS,id={UDID}"
    assert "-only-testing:HeadPoseTests/BenchmarkTests" in argv
    assert argv[-2:] == ["-allowProvisioningUpdates", "DEVELOPMENT_TEAM=TEAM"]
    assert sorted(r.run.protocol for r in read_results(kept)) == ["headpose", "modelbench", "xcode"]
    assert list((project.parent / "HeadPose" / "Models").iterdir()) == []
    out = capsys.readouterr().out
    assert out.count("published 1.48 ms") == 3
    assert "tiny, modelbench: measured 1.53 ms, published 1.48 ms, +3.4%" in out
    assert "NOT COMPARABLE" not in out


def test_without_a_team_the_project_signs_as_it_says(package, project, mac):
    tools = mac(attached=records(ours(package)))
    assert command(package, "--project", project, "--compute-units", "cpuOnly,all", "--device", "phone") == 0
    call = json.loads((tools / "call.json").read_text())
    assert not [arg for arg in call["argv"] if "TEAM" in arg or "Provisioning" in arg]
    assert call["order"]["compute_units"] == ["cpuOnly", "all"]
    assert [p["name"] for p in call["order"]["protocols"]] == ["headpose"]


def test_another_phone_is_measured_and_called_not_comparable(package, project, mac, capsys):
    newer = ours(package, device="iPhone17,1", os="iOS 26.1")
    mac(attached=records(newer), devices=devicectl(old_device(model="iPhone17,1", os="26.1")))
    assert command(package, "--project", project, "--preset", "iphone12-ios16", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    (beside,) = data["published"]
    assert beside["comparable"] is False
    assert beside["not_comparable"] == [
        "measured on iPhone 16 Pro (iPhone17,1), not on an iPhone 12 (iPhone13,2)",
        "iOS 26.1, not iOS 16",
    ]
    assert data["results"][0]["valid"] is True


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"thermal_end": "serious"}, "thermal state serious"),
        ({"thermal_start": "critical"}, "thermal state critical"),
        ({"low_power": True}, "low-power mode was on"),
        ({"samples": STEADY[:10]}, "10 samples, fewer than 20"),
        ({"samples": [1.5] * 200 + [2.5] * 200}, "drifted"),
        ({"units": "cpuAndNeuralEngine", "placement": (UnitShare("cpu", 64, 1.0),)}, "backend not what was asked for"),
        ({"valid": False, "invalid_reasons": ("the screen went dark",)}, "the screen went dark"),
    ],
    ids=["hot", "hot before", "low power", "few", "drift", "backend", "the app's own reason"],
)
def test_the_records_of_the_app_are_judged_here(package, changes, words):
    own = {key: changes.pop(key) for key in ("valid", "invalid_reasons") if key in changes}
    sent = replace(ours(package, **changes), **own)
    (judged,) = app_benchmark.results_from(records(sent), [read_artefact(package)])
    assert not judged.valid
    assert [reason for reason in judged.invalid_reasons if words in reason]


def test_the_figures_are_computed_here_and_not_believed(package):
    sent = replace(ours(package), latency_ms=replace(ours(package).latency_ms, p50=0.001, trimmed_mean=0.001))
    (judged,) = app_benchmark.results_from(records(sent), [read_artefact(package)])
    assert judged.latency_ms.p50 == 1.53
    assert judged.valid


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "holds no result"),
        ("{}", "holds no result"),
        ('[{"schema": 1}]', "cannot be read"),
        (records(result()), "tiny, which was not asked for"),
    ],
    ids=["cut", "empty", "no list", "another schema", "another file"],
)
def test_an_attachment_that_is_none_of_ours(package, text, words):
    with pytest.raises(HeadPoseError, match=words):
        app_benchmark.results_from(text, [read_artefact(package)])


def test_a_record_of_a_simulator_is_refused(package):
    sent = ours(package)
    sent = replace(sent, device=replace(sent.device, kind="host"))
    with pytest.raises(HeadPoseError, match="ran on a host, not on an iPhone"):
        app_benchmark.results_from(records(sent), [read_artefact(package)])


FAILED = "note: Building targets\n%s\n** TEST FAILED **"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            {"code": 65, "transcript": FAILED % "/p: error: Signing for HeadPose requires a development team."},
            "xcodebuild failed (error: Signing for HeadPose requires a development team.): give --development-team",
        ),
        (
            {"code": 65, "transcript": FAILED % "/src/A.swift:3:1: error: cannot find 'x' in scope\nerror: more"},
            "xcodebuild failed (error: cannot find 'x' in scope): open the project in Xcode",
        ),
        (
            {"code": 70, "transcript": "xcodebuild: error: Timed out waiting for all destinations matching …\n"
             "\t\t{ platform:iOS, arch:arm64, id:0, name:Phone, error:Phone needs to be unlocked }"},
            "Phone needs to be unlocked): unlock the iPhone and keep it awake",
        ),
        ({"bundle": False}, "left no result bundle"),
        ({"export_error": "error: Unknown subcommand 'attachments'"}, "Unknown subcommand 'attachments'"),
        ({"manifest": manifest("other.json")}, "attached no headpose-benchmark.json, but other.json"),
        ({"attached": "[]"}, "holds no result"),
        ({"version": "Xcode 15.4\nBuild version 15F31d"}, "--with app needs Xcode 16 or later, and this is 15.4"),
        (
            {"version": "", "version_code": 1},
            "--with app needs a Mac with Xcode and an iPhone in developer mode that is connected to it, and xcodebuild "
            "does not run (no message)",
        ),
        ({"devices": None}, "devicectl does not list the iPhones (ERROR: The operation could not be completed."),
        ({"devices": devicectl()}, "no iPhone to measure on"),
        ({"devices": devicectl(old_device(pairingState="unpaired"))}, "Phone is not paired"),
        ({"devices": devicectl(old_device(developerModeStatus="disabled"))}, "Phone is not in developer mode"),
    ],
    ids=["no team", "build", "locked", "no bundle", "old tool", "another attachment", "no results", "old Xcode",
         "tools alone", "devicectl", "no phone", "not paired", "no developer mode"],
)  # fmt: skip
def test_each_fault_is_one_sentence(package, project, mac, script, words, capsys):
    mac(**script)
    assert command(package, "--project", project) == 2
    err = capsys.readouterr().err
    (line,) = [line for line in err.splitlines() if line.startswith("error:")]
    assert words in line
    models = project.parent / "HeadPose" / "Models"
    assert not models.exists() or list(models.iterdir()) == []


def test_the_log_of_a_failed_build_is_kept_and_named(package, project, mac, capsys):
    mac(code=65, transcript=FAILED % "error: broken")
    assert command(package, "--project", project) == 2
    log = capsys.readouterr().err.rpartition("its whole output is in ")[2].strip()
    with open(log, encoding="utf-8") as stream:
        assert "note: Building targets" in stream.read()
    os.unlink(log)


def test_a_locked_phone_is_asked_to_be_unlocked_while_xcodebuild_waits(package, project, mac, capsys):
    waits = "Error Domain=com.apple.dt.deviceprep Code=-3 \"Unlock Phone to Continue\"\nTest Suite 'All tests' started"
    mac(transcript=waits, attached=records(ours(package)))
    assert command(package, "--project", project) == 0
    err = capsys.readouterr().err
    assert err.index("waiting: unlock Phone") < err.index("measuring on Phone")


def test_a_model_that_lies_in_the_app_already_stays_there(package, project, mac):
    place = project.parent / "HeadPose" / "Models" / "tiny.mlpackage"
    mac(attached=records(ours(package)))
    with app_benchmark.staged([read_artefact(package)], place.parent):
        assert (place / "Manifest.json").is_file()
    assert not place.exists()
    place.parent.mkdir(parents=True, exist_ok=True)
    os.rename(make_copy(package), place)
    assert command(package, "--project", project) == 0
    assert (place / "Manifest.json").is_file()


def make_copy(package):
    import shutil

    return shutil.copytree(package, package.with_name("copy.mlpackage"))


def test_another_model_of_the_same_name_is_never_overwritten(package, project, mac, capsys):
    place = project.parent / "HeadPose" / "Models" / "tiny.mlpackage"
    place.mkdir(parents=True)
    (place / "mine").write_text("mine")
    mac(attached=records(ours(package)))
    assert command(package, "--project", project) == 2
    assert "is another file than" in capsys.readouterr().err
    assert (place / "mine").read_text() == "mine"


def test_without_a_project_the_sentence_says_what_else_there_is(package, mac, tmp_path, capsys):
    mac()
    assert command(package, "--project", tmp_path / "none.xcodeproj") == 2
    err = capsys.readouterr().err
    assert "there is no Xcode project at" in err
    assert "--with coremltools" in err


def test_a_second_benchmark_is_refused(package, project, mac, capsys):
    from benchmarks.lock import only_benchmark

    mac(attached=records(ours(package)))
    with only_benchmark():
        assert command(package, "--project", project) == 2
    assert "another benchmark of headpose runs" in capsys.readouterr().err


def test_two_files_of_one_name_are_refused(package, project, mac, tmp_path, capsys):
    import shutil

    mac()
    other = shutil.copytree(package, tmp_path / "other" / "tiny.mlpackage")
    assert command(package, other, "--project", project) == 2
    assert "two files have the same name" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["app", "coremltools"])
def test_on_linux_the_sentence_says_what_is_needed(package, way, monkeypatch, capsys):
    monkeypatch.setattr(xcode.sys, "platform", "linux")
    assert command(package, "--with", way) == 2
    err = capsys.readouterr().err
    assert f"error: --with {way} needs a Mac with Xcode and an iPhone in developer mode" in err
    assert "this is no Mac" in err
    assert err.count("\n") == 1


def test_on_a_mac_without_xcode_too(package, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(xcode, "is_mac", lambda: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command(package) == 2
    assert "there is no xcodebuild here: install Xcode" in capsys.readouterr().err


def test_the_help_says_what_is_unverified_and_names_every_preset(capsys):
    from benchmarks.iphone.presets import PRESETS

    with pytest.raises(SystemExit) as stopped:
        command("--help")
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "UNVERIFIED on real devices" in out
    assert [name for name in PRESETS if name not in out] == []
