"""The README's tables of latency: what is chosen, what is marked, and what stands there without any result."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_results import ANDROID, BUSY, EMULATED, IPHONE, made, sample_results

from benchmarks.html_report import labels
from benchmarks.latency_tables import selected, tables
from benchmarks.stored import store
from runtime.errors import HeadPoseError


@pytest.fixture
def folder(tmp_path):
    """A folder of results, as the project has it, with those of the host alone."""
    place = tmp_path / "benchmarks" / "results"
    for result in sample_results():
        if result.device.kind == "host":
            store(result, place)
    return place


def rows(text, heading):
    """Cells of the table with this heading, a list of dicts."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(heading))
    names = [name.strip() for name in lines[at].strip("|").split("|")]
    found = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        found.append(dict(zip(names, (cell.strip() for cell in line.strip("|").split(" | ")))))
    return found


def test_the_newest_of_each_network_in_full_precision_and_the_fastest_in_few_bits(folder):
    table = rows(tables(folder), "| network | precision | engine | MB")
    found = [(row["network"], row["precision"], row["engine"]) for row in table]
    assert found == [
        ("RepNeXt-M0", "fp32", "ONNX Runtime"),
        ("RepNeXt-M0", "fp32", "LiteRT"),
        ("RepNeXt-M0", "int8", "ONNX Runtime"),
        ("RepNeXt-M0", "int8_static", "LiteRT"),
        ("RepNeXt-M1, *untrained*", "fp32", "ONNX Runtime"),
        ("RepNeXt-M2, *untrained*", "fp32", "ONNX Runtime"),
        ("RepNeXt-M3, *untrained*", "fp32", "ONNX Runtime"),
        ("RepNeXt-M4", "fp32", "ONNX Runtime"),
        ("RepNeXt-M4", "fp32", "LiteRT"),
        ("RepNeXt-M4", "int8", "ONNX Runtime"),
        ("RepNeXt-M4", "int8_static", "LiteRT"),
        ("RepNeXt-M5, *untrained*", "fp32", "ONNX Runtime"),
        ("RepVGG-B1g2, *untrained*", "fp32", "ONNX Runtime"),
    ]


def test_cells_are_what_the_result_says(folder):
    row = rows(tables(folder), "| network | precision | engine | MB")[7]
    assert (row["MB"], row["p50 ms"], row["peak MB"]) == ("51.5", "49.3", "181")
    assert row["° from PyTorch, mean / max"] == "< 0.0001 / < 0.0001"
    assert row["error °"] == "5.65 (5.37–5.99)"
    text = tables(folder)
    assert "Example CPU, 2 cores, Linux 6.1 x86_64; 1 thread, 2026-11-20" in text
    assert "`benchmarks/results/host-example-cpu`" in text
    assert "128 faces of held-out renders" in text


def test_whole_pipelines_have_a_table_of_their_own(folder):
    table = rows(tables(folder), "| network | precision | engine | detect")
    assert [(row["network"], row["detect"], row["inference"], row["whole, p50"]) for row in table] == [
        ("RepNeXt-M0", "9.40", "7.90", "18.9"),
        ("RepNeXt-M4", "9.30", "49.5", "60.3"),
    ]


def test_phones_without_results_are_rows_with_the_command_that_fills_them(folder):
    table = rows(tables(folder), "| phone")
    assert [(row["phone"], row["p50 ms"]) for row in table] == [("iPhone 12", "–"), ("any Android phone", "–")]
    assert all(row["the command that fills the row"].startswith("`headpose bench ") for row in table)
    assert "--preset iphone12-ios16" in table[0]["the command that fills the row"]


@pytest.mark.parametrize(
    ("device", "left"),
    [(ANDROID, ["iPhone 12"]), (IPHONE, ["any Android phone"]), (replace(IPHONE, model="iPhone15,2"), None)],
    ids=["an Android phone", "that iPhone", "another iPhone"],
)
def test_a_phone_that_was_measured_is_not_waited_for(device, left, folder):
    store(made("repnext_m4", "fp16", "coreml", 1.5, device=device, units="all", threads=None), folder)
    text = tables(folder)
    assert [row["phone"] for row in rows(text, "| phone")] == (left or ["iPhone 12", "any Android phone"])
    assert f"{labels.device_name(device)}, {device.cores} cores, {device.os}" in text


def test_published_figures_stand_apart_and_say_so(folder):
    text = tables(folder)
    table = rows(text, "| *published*")
    assert [row["*published*: network"] for row in table if "ImageNet" in row["what it is"]] == [
        f"RepNeXt-M{i}" for i in range(6)
    ]
    assert table[4]["ms"] == "1.48"
    assert [row["what it is"] for row in table if "6DRepNet" in row["*published*: network"]] == [
        "head pose, six numbers; decoded outside the network"
    ]
    assert "1.48" not in text[: text.index("*Published* by others")]


def test_without_any_result_the_phones_and_the_published_figures_remain(tmp_path):
    text = tables(tmp_path)
    assert text.startswith("| phone |")
    assert len(rows(text, "| *published*")) == 7


def test_a_damaged_result_is_no_empty_folder(folder):
    next(folder.rglob("*.json")).write_text("{")
    with pytest.raises(HeadPoseError, match="cannot be read"):
        tables(folder)


def test_one_in_doubt_says_so_and_is_no_best_file():
    slow, fast = made("a", "int8", p50=9.0), made("a", "palette6", p50=5.0, invalid=(BUSY,))
    doubtful = made("a", "fp32", invalid=(BUSY,))
    emulated = made("a", "fp16", "coreml", invalid=(EMULATED,))
    assert selected([slow, fast, doubtful, emulated]) == [doubtful, slow]


def test_doubt_is_written_where_the_number_is(tmp_path):
    store(made(invalid=(BUSY,)), tmp_path)
    (row,) = rows(tables(tmp_path), "| network | precision | engine | MB")
    assert row["p50 ms"] == f"49.3 (not quotable: {BUSY})"


def test_no_name_can_end_a_cell(tmp_path):
    store(made("a|b\nc", p50=3.0), tmp_path)
    assert "| a\\|b c | fp32 |" in tables(tmp_path)
