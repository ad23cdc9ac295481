"""The gate on stored results: each fits its schema, is read back, and is of a known kind."""

from __future__ import annotations

import json
import shutil

import pytest

from benchmarks import check
from benchmarks.stored import RESULTS

STORED = sorted(RESULTS.rglob("*.json"))


def test_every_stored_result_is_what_it_should_be():
    assert STORED
    assert check.faults() == []


def _set(data, path, value):
    *parents, last = path
    for key in parents:
        data = data[key]
    data[last] = value


@pytest.mark.parametrize(
    ("ending", "path", "value", "words"),
    [
        ("-spine.json", ["latencies", 0, "latency_ms", "p50"], -1, "latencies/0/latency_ms/p50"),
        ("-spine.json", ["schema"], 99, "schema 99"),
        ("-spine.json", ["latencies", 0, "run", "includes"], ["tea"], "'tea' is not one of"),
        ("-pareto.json", ["points"], 3, "cannot be read"),
        ("-render.json", ["pictures"], "many", "pictures"),
        ("-quantization.json", ["created_by"], "me", "created_by"),
    ],
    ids=["a negative time", "another schema", "an unknown stage", "no list", "no number", "an unknown field"],
)
def test_a_spoilt_file_is_named_with_its_place(ending, path, value, words, tmp_path, capsys):
    source = next(file for file in STORED if file.name.endswith(ending))
    data = json.loads(source.read_text())
    _set(data, path, value)
    (tmp_path / source.name).write_text(json.dumps(data))
    (fault, *_) = check.faults(tmp_path)
    assert fault.startswith(source.name)
    assert words in fault
    assert check.main(["--results", str(tmp_path)]) == 1
    assert "0 of 1 result files fit" in capsys.readouterr().out


def test_half_a_file_and_a_file_of_no_kind(tmp_path):
    shutil.copy(STORED[0], tmp_path / "whole.json.bak")
    (tmp_path / "a-spine.json").write_text("{half")
    (tmp_path / "notes.json").write_text("{}")
    found = check.faults(tmp_path)
    assert [fault.partition(":")[0] for fault in found] == ["a-spine.json", "notes.json"]


def test_an_empty_folder_is_no_proof(tmp_path):
    assert check.main(["--results", str(tmp_path)]) == 1
