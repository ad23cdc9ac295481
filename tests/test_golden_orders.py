"""Golden orders, protocols, phones and suffixes: they fit each other, and numbers come back from their texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from golden.reading import cases, read

ANDROID_TESTS = Path(__file__).resolve().parents[1] / "android_app" / "app" / "src" / "androidTest" / "kotlin"
MAY_RUN_ON = {
    "all": {"ane", "gpu", "cpu"},
    "cpuAndNeuralEngine": {"ane", "cpu"},
    "cpuAndGPU": {"gpu", "cpu"},
    "cpuOnly": {"cpu"},
}
MUST_RUN_ON = {"cpuAndNeuralEngine": {"ane"}, "cpuAndGPU": {"gpu"}}


def test_an_iphones_order_asks_for_the_protocols_and_units_that_there_are():
    order = read("order.json")
    assert order["protocols"] == read("protocols.json")["protocols"]
    assert order["models"] == [read("record_full.json")["model"]]
    assert set(order["compute_units"]) == set(MAY_RUN_ON)


@pytest.mark.parametrize("case", cases("android_orders.json", "orders"))
def test_an_android_phones_order_is_its_values_as_text(case):
    given, numbers = dict(case["arguments"]), {"warmup", "runs", "minSeconds", "threads"}
    assert (ANDROID_TESTS / f"{given.pop('class').replace('.', '/')}.kt").is_file()
    asked = {key: value for key, value in case.items() if key not in ("name", "arguments") and value is not None}
    asked["minSeconds"] = asked.pop("min_seconds")
    assert {key: float(value) if key in numbers else value for key, value in given.items()} == asked


@pytest.mark.parametrize("case", cases("protocols.json", "protocols"))
def test_a_protocol_counts_and_quotes_a_figure_of_the_records(case):
    assert min(case["rounds"], case["loads"], case["iterations"]) >= 1
    assert case["warmup"] >= 0 <= case["min_seconds"]
    assert case["figure"] in read("record_full.json")["latency_ms"]


@pytest.mark.parametrize("case", cases("protocols.json", "presets"))
def test_a_preset_names_protocols_units_and_a_phone_that_there_are(case):
    protocols = read("protocols.json")
    assert set(case["protocols"]) <= {protocol["name"] for protocol in protocols["protocols"]}
    assert set(case["compute_units"]) <= set(MAY_RUN_ON)
    assert case["device_model"] in {None, *(chip["name"] for chip in protocols["chips"])}
    assert (case["device_model"] is None) == (case["os_version"] is None)


@pytest.mark.parametrize("case", cases("protocols.json", "units"))
def test_a_placement_is_blamed_exactly_when_it_is_not_what_was_asked_for(case):
    got, asked = {share["unit"] for share in case["placement"]}, case["asked"]
    wrong = bool(got) and not MUST_RUN_ON.get(asked, set()) <= got <= MAY_RUN_ON[asked]
    assert [reason.startswith(f"backend not what was asked for: {asked}, but") for reason in case["reasons"]] == (
        [True] if wrong else []
    )


@pytest.mark.parametrize("case", cases("protocols.json", "chips"))
def test_an_iphones_chip_is_one_above_its_identifier(case):
    major = int(re.fullmatch(r"iPhone(\d+),\d", case["name"])[1])
    assert re.fullmatch(rf"A{major + 1}( Pro)?", case["soc"])
    assert case["title"].startswith("iPhone ")


@pytest.mark.parametrize("case", cases("picks.json", "suffixes"))
def test_a_suffix_makes_a_files_name_of_its_models(case):
    files = {
        entry["name"]: entry["file"] for entry in read("manifest.json")["artifacts"] if entry["target"] == case["name"]
    }
    assert files
    assert all(file == name + case["suffix"] for name, file in files.items())
