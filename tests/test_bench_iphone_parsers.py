"""What Apple's tools answer, read: devices, attachments of a result bundle, complaints; chips and compute units."""

from __future__ import annotations

import json
import sys

import pytest
from iphone_samples import EXPORTED, UDID, devicectl, manifest, new_device, old_device

from benchmarks.iphone import chips, xcode
from benchmarks.iphone.devices import choose, iphones_from
from benchmarks.iphone.result_bundle import attachment
from benchmarks.iphone.units import Placed, compute_units_from, reasons_against_units, shares, units_used
from benchmarks.record import UnitShare
from runtime.errors import HeadPoseError


def test_a_list_of_xcode_16_is_read_and_ipads_and_simulators_are_passed_over():
    simulator = old_device("Simulated", "S")
    simulator["hardwareProperties"]["reality"] = "simulated"
    (phone,) = iphones_from(devicectl(old_device("Pad", "P", "iPad13,4"), old_device(), simulator))
    assert (phone.name, phone.udid, phone.identifier) == ("Phone", UDID, f"CORE-{UDID}")
    assert (phone.model, phone.os, phone.os_major) == ("iPhone13,2", "iOS 16.0.2", 16)
    assert (phone.paired, phone.developer_mode, phone.connection) == (True, True, "connected")


def test_a_list_of_xcode_27_is_read_from_its_properties():
    (phone,) = iphones_from(devicectl(new_device()))
    assert (phone.name, phone.model, phone.os) == ("Newer", "iPhone17,3", "iOS 27.0")
    assert (phone.paired, phone.developer_mode, phone.connection) == (True, True, "connected")
    (off,) = iphones_from(devicectl(new_device(mode="disabled", state="unavailable")))
    assert (off.developer_mode, off.connection) == (False, "unavailable")


def test_where_both_shapes_stand_the_new_one_counts():
    both = {**old_device("Old name", tunnelState="unavailable"), "properties": new_device("New name")["properties"]}
    (phone,) = iphones_from(devicectl(both))
    assert (phone.name, phone.connection, phone.os) == ("New name", "connected", "iOS 27.0")
    assert phone.model == "iPhone17,3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("devicectl: not found", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"info": {"outcome": "success"}, "result": {}}', "cannot be read"),
        (devicectl(outcome="failed"), "devicectl failed (it gives no reason)"),
        (
            '{"info": {"outcome": "failed"}, "error": {"userInfo": {"NSLocalizedDescription": {"string": "Busy"}}}}',
            "devicectl failed",
        ),
    ],
    ids=["no JSON", "a list", "no devices", "failed", "failed with a reason"],
)
def test_an_answer_of_devicectl_that_is_none(text, words):
    with pytest.raises(HeadPoseError) as caught:
        iphones_from(text)
    assert words in str(caught.value)


TWO = (old_device("One", "00008101-0000000000000001"), old_device("Two", "00008101-0000000000000002", "iPhone15,2"))


@pytest.mark.parametrize("wanted", ["two", "00008101-0000000000000002", "core-00008101-0000000000000002"])
def test_a_phone_is_chosen_by_name_udid_or_identifier(wanted):
    assert choose(iphones_from(devicectl(*TWO)), wanted).model == "iPhone15,2"


def test_the_only_phone_in_reach_needs_no_name():
    phones = iphones_from(devicectl(TWO[0], old_device("Far", "F", os="18.1", tunnelState="unavailable")))
    assert choose(phones, None).name == "One"


def test_a_udid_that_devicectl_does_not_list_is_believed():
    assert choose((), "00008101-0000000000000009").udid == "00008101-0000000000000009"


def test_before_ios_17_an_unavailable_connection_is_no_hindrance():
    assert choose(iphones_from(devicectl(old_device(os="16.0.2", tunnelState="unavailable"))), None).os_major == 16


@pytest.mark.parametrize(
    ("devices", "wanted", "words"),
    [
        ((), None, "none is known to this Mac"),
        ((), "Nobody", "no iPhone is called 'Nobody': none is known"),
        (TWO, None, "2 iPhones are connected, choose one with --device: 'One' (iPhone13,2"),
        (TWO, "Three", "no iPhone is called 'Three': 'One'"),
        ((TWO[0], old_device("One", "X")), "One", "2 iPhones are called 'One'"),
        ((old_device(pairingState="unpaired"),), None, "Phone is not paired with this Mac"),
        ((old_device(developerModeStatus="disabled"),), None, "Phone is not in developer mode"),
        ((old_device(os="18.2", tunnelState="unavailable"),), None, "Phone is not in reach"),
        ((new_device(mode="disabled"),), "Newer", "Newer is not in developer mode"),
    ],
    ids=["none", "unknown of none", "several", "unknown", "same name", "not paired", "no mode", "far", "Xcode 27"],
)
def test_a_phone_that_cannot_be_used_is_a_sentence(devices, wanted, words):
    with pytest.raises(HeadPoseError) as caught:
        choose(iphones_from(devicectl(*devices)), wanted)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        EXPORTED,
        "headpose-benchmark_0_96b887ef-3941-4af2-b98f-5ecbaee2068e.json",
        "headpose-benchmark.json_12_96B887EF-3941-4AF2-B98F-5ECBAEE2068E.json",
        "headpose-benchmark_0_96B887EF-3941-4AF2-B98F-5ECBAEE2068E",
        "headpose-benchmark.json",
    ],
    ids=["Xcode 27", "small letters", "suffix inside", "no suffix", "as given"],
)
def test_an_attachment_is_found_whatever_xcresulttool_adds_to_its_name(tmp_path, name):
    (tmp_path / "manifest.json").write_text(manifest("Screenshot_0_1.png", name, files=["a.png", "b.json"]))
    (tmp_path / "b.json").write_text("[]")
    assert attachment(tmp_path, "headpose-benchmark.json").name == "b.json"


def test_of_two_attachments_of_one_name_the_last_one_counts(tmp_path):
    (tmp_path / "manifest.json").write_text(manifest(EXPORTED, EXPORTED))
    (tmp_path / "1.json").write_text("[]")
    assert attachment(tmp_path, "headpose-benchmark.json").name == "1.json"


def test_a_manifest_with_one_attachment_that_is_no_list(tmp_path):
    (entry,) = json.loads(manifest(EXPORTED))
    (tmp_path / "manifest.json").write_text(json.dumps([{**entry, "attachments": entry["attachments"][0]}]))
    (tmp_path / "0.json").write_text("[]")
    assert attachment(tmp_path, "headpose-benchmark.json").name == "0.json"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "attached no headpose-benchmark.json, but nothing"),
        (manifest("Screenshot.png"), "attached no headpose-benchmark.json, but Screenshot.png"),
        (manifest(EXPORTED), "names '0.json', which is not in"),
        (manifest(EXPORTED, files=["../outside.json"]), "names '../outside.json', which is not in"),
    ],
    ids=["none", "damaged", "empty", "another", "file missing", "outside the folder"],
)
def test_a_manifest_that_does_not_help_is_a_sentence(tmp_path, text, words):
    (tmp_path / "in").mkdir()
    (tmp_path / "outside.json").write_text("[]")
    if text is not None:
        (tmp_path / "in" / "manifest.json").write_text(text)
    with pytest.raises(HeadPoseError) as caught:
        attachment(tmp_path / "in", "headpose-benchmark.json")
    assert words in str(caught.value)


TIMED_OUT = """Command line invocation:
    xcodebuild test
xcodebuild: error: Timed out waiting for all destinations matching the provided destination specifier to become \
available

\tAvailable destinations for the "HeadPose" scheme:
\t\t{ platform:iOS, arch:arm64, id:000, name:Phone, error:%s }
\t\t{ platform:iOS Simulator, id:1, OS:18.0, name:iPhone 16 }
"""


@pytest.mark.parametrize(
    ("output", "words", "advice"),
    [
        (
            "note: x\r\n/src/Signing.swift:1:2: error: cannot find 'x' in scope\r\nerror: second\r\n",
            "error: cannot find 'x' in scope",
            "OTHERWISE",
        ),
        (
            'App.xcodeproj: error: Signing for "HeadPose" requires a development team. Select one. (in target X)',
            "requires a development team",
            "--development-team",
        ),
        ("error: No profiles for 'a.b' were found", "No profiles", "--development-team"),
        (
            TIMED_OUT % "Developer Mode disabled To use Phone for development, enable Developer Mode in Settings.",
            "to become available: Developer Mode disabled",
            "Developer Mode on the iPhone",
        ),
        (
            TIMED_OUT % "Phone needs to be unlocked to enable development services Please unlock the device.",
            "needs to be unlocked",
            "unlock the iPhone and keep it awake",
        ),
        (
            TIMED_OUT % "The developer disk image could not be mounted on this device.",
            "disk image could not be mounted",
            "by cable and try again",
        ),
        (
            "xcodebuild: error: Unable to find a destination matching the provided destination specifier:\n\t{ id:9 }",
            "error: Unable to find a destination",
            "--device",
        ),
        ("something ended\n\n", "something ended", "OTHERWISE"),
        ("", "no message", "OTHERWISE"),
    ],
    ids=["compiler", "no team", "no profile", "no mode", "locked", "disk image", "no phone", "no error", "silence"],
)  # fmt: skip
def test_the_first_complaint_of_xcodebuild_and_what_to_do(output, words, advice):
    complaint = xcode.first_error(output)
    assert words in complaint
    assert "\n" not in complaint
    assert advice in xcode.advice_for(complaint, "OTHERWISE")


def test_a_long_command_is_logged_seen_line_by_line_and_stopped_in_time(tmp_path):
    code = "import os, time\nprint(os.environ['GIVEN'])\nprint('two', flush=True)\ntime.sleep(60)"
    lines: list[str] = []
    log = tmp_path / "log"
    done = xcode.run_logged(
        [sys.executable, "-c", code], log, env={"GIVEN": "one"}, on_line=lines.append, timeout_s=1.5
    )
    assert done < 0
    assert lines == ["one", "two"]
    assert log.read_text() == "one\ntwo\n"


def test_chips_are_told_by_identifier_and_unknown_ones_are_not_guessed():
    assert chips.soc_of("iPhone13,2") == "A14"
    assert chips.soc_of("iPhone15,2") == "A16"
    assert chips.soc_of("iPhone16,1") == "A17 Pro"
    assert chips.soc_of("iPhone99,1") is None
    assert chips.identifier_of("iPhone 12") == "iPhone13,2"
    assert chips.identifier_of("iPhone SE (3rd generation)") == "iPhone14,6"
    assert chips.identifier_of("iPhone 99") is None
    assert chips.name_of("iPhone99,1") == "iPhone99,1"
    identifiers = [phone.identifier for phone in chips.IPHONES]
    assert len(set(identifiers)) == len(identifiers)


def test_shares_count_operators_and_add_up_their_costs():
    found = shares([Placed("cpu", 1.0), Placed("ane", 6.0), Placed("ane", 2.0), Placed("gpu", 1.0)])
    assert found == (UnitShare("ane", 2, 0.8), UnitShare("cpu", 1, 0.1), UnitShare("gpu", 1, 0.1))
    assert units_used(found) == "ane, cpu, gpu"
    assert shares([Placed("cpu", 1.0), Placed("ane", None), Placed("ane", 1.0)]) == (
        UnitShare("ane", 2, None),
        UnitShare("cpu", 1, None),
    )
    assert shares([]) == ()
    assert units_used(()) is None


ANE, GPU, CPU = UnitShare("ane", 5, 0.9), UnitShare("gpu", 5, 0.9), UnitShare("cpu", 1, 0.1)


@pytest.mark.parametrize(
    ("asked", "placement", "words"),
    [
        ("all", (CPU,), ""),
        ("all", (ANE, GPU, CPU), ""),
        ("cpuAndNeuralEngine", (ANE, CPU), ""),
        ("cpuAndNeuralEngine", (CPU,), "gives no operator to the ane"),
        ("cpuAndNeuralEngine", (ANE, GPU), "gives operators to the gpu"),
        ("cpuAndGPU", (CPU,), "gives no operator to the gpu"),
        ("cpuOnly", (CPU,), ""),
        ("cpuOnly", (ANE, CPU), "gives operators to the ane"),
        ("cpuAndNeuralEngine", (), ""),
    ],
)
def test_units_that_were_not_asked_for_are_a_reason(asked, placement, words):
    reasons = reasons_against_units(asked, placement)
    assert len(reasons) == bool(words)
    assert all(words in reason and reason.startswith("backend not what was asked for") for reason in reasons)


def test_names_of_compute_units_are_those_of_swift():
    assert compute_units_from("all, cpuOnly") == ("all", "cpuOnly")
    with pytest.raises(HeadPoseError, match="did you mean 'cpuAndNeuralEngine'"):
        compute_units_from("cpuAndNeural")
    with pytest.raises(HeadPoseError, match="names one twice"):
        compute_units_from("all,all")
