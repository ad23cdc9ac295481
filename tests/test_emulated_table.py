"""The README's table of emulated ARM processors says what the records say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks.emulated_table import emulated_markdown, reports
from export.emulation.record import Distance, EmulatedImage, EmulatedParity, EmulatedReport, Figures, Guest
from export.gates import Gate
from runtime.errors import HeadPoseError


def run(file: str, cpu: str, mean: float, worst: float, apart: float, limit: float = 1.0) -> EmulatedParity:
    guest = Guest("aarch64", ("asimd",), "3.11", "2.3", "onnxruntime 1.31.1")
    image = EmulatedImage("face", True, worst, apart, worst)
    figures = Figures(guest, Distance(mean, worst), Distance(apart, apart), Distance(mean, worst), (image, image))
    made = {"sha256": "0" * 64, "size_bytes": 9, "target": "onnx", "precision": "fp32", "backbone": "repnext_m0"}
    weights = {"checkpoint_sha256": "1" * 64, "trained": True, "host_engine": "onnxruntime"}
    return EmulatedParity(file=file, cpu=cpu, gate=Gate(max_deg=limit), figures=figures, **made, **weights)


def report(*runs: EmulatedParity, created: str = "2026-01-01T00:00:00+00:00") -> EmulatedReport:
    git = {"commit": None, "dirty": None}
    return EmulatedReport("aarch64", "10.0.1 (Debian)", "x86_64", "", "0.1", git, created, runs, {})


def rows(*found: EmulatedReport) -> list[list[str]]:
    lines = [line for line in emulated_markdown(found).splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_file_has_one_row_with_the_worst_of_its_processors():
    found = report(run("b", "max", 0.1, 0.4, 0.0001), run("b", "cortex-a53", 0.2, 0.3, 0.05), run("a", "max", 0, 0, 0))
    assert rows(found) == [
        ["a", "max", "2", "< 0.001 / < 0.001", "< 0.001", ""],
        ["b", "cortex-a53, max", "2", "0.200 / 0.400", "0.050", ""],
    ]


def test_the_newest_run_counts():
    old, new = report(run("a", "max", 0.5, 0.6, 0.1)), report(run("a", "max", 0.1, 0.2, 0.1), created="2026-02-01")
    assert rows(old, new)[0][3] == "0.100 / 0.200"


def test_a_missed_gate_and_a_run_without_an_end_are_seen():
    crashed = replace(run("b", "max", 0, 0, 0), figures=None, failure="the engine crashed on max")
    found = report(run("a", "max", 1.5, 2.0, 0.0), crashed)
    assert rows(found) == [
        ["a", "max", "2", "1.500 / 2.000", "< 0.001", "**outside its gate**"],
        ["b", "max", "–", "–", "–", "**the engine crashed on max**"],
    ]


def test_files_are_read_by_date_and_damage_is_named(tmp_path):
    for name, created in (("a-emulated.json", "2026-02-01"), ("b-emulated.json", "2026-01-01")):
        (tmp_path / name).write_text(json.dumps(report(run("x", "max", 0, 0, 0), created=created).as_dict()))
    assert [one.created for one in reports(tmp_path)] == ["2026-01-01", "2026-02-01"]
    (tmp_path / "c-emulated.json").write_text("{")
    with pytest.raises(HeadPoseError, match=r"c-emulated\.json cannot be read .*run the emulation again"):
        reports(tmp_path)


def test_without_a_record_the_command_is_named():
    assert "--emulate aarch64" in emulated_markdown([])
