"""The page on files in few bits: the promises, the README's share, and where tables go."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from benchmarks import few_bits
from benchmarks.device import host_device
from benchmarks.marked import marks, with_tables
from benchmarks.pareto import ParetoResult, Point, result_path
from runtime.errors import HeadPoseError


def point(backbone: str, target: str, precision: str, megabytes: float, ms: float | None, loss: float) -> Point:
    file = f"{backbone}_{precision}.{target}"
    facts: dict[str, Any] = {"trained": True, "p95_ms": ms, "quotable": True, "error_mean_deg": 6.0, "wide": ()}
    return Point(
        file, "0" * 64, backbone, target, precision,
        size_bytes=int(megabytes * 1e6), p50_ms=ms, loss_mean_deg=loss, loss_max_deg=3 * loss, gate_passed=True,
        **facts,
    )  # fmt: skip


POINTS = (
    point("repnext_m4", "onnx", "fp32", 51.4, 50.0, 0.0),
    point("repnext_m4", "onnx", "int8", 14.1, 20.0, 0.6),
    point("repnext_m4", "tflite", "fp32", 51.8, 52.0, 0.0),
    point("repnext_m4", "tflite", "int8_static", 14.7, 32.5, 0.5),
    point("repnext_m4", "coreml", "palette6", 10.42, None, 0.1),
    point("repnext_m4", "coreml", "palette4", 8.0, None, 1.3),
    point("repnext_m0", "onnx", "int8", 2.4, 5.0, 0.6),
    replace(point("repvgg_b1g2", "onnx", "fp32", 157.0, 160.0, 0.0), trained=False, loss_mean_deg=None),
)


def result(points: tuple[Point, ...] = POINTS) -> ParetoResult:
    git = {"commit": "a" * 40, "dirty": False}
    return ParetoResult("2026-11-26T12:00:00+00:00", git, host_device(), 50, "heads", 128, points)


def test_promises_are_worked_out_from_the_points():
    found = {p.name: (p.value, p.limit, p.kept) for p in few_bits.promises(result())}
    fastest = "6DRepNet's RepVGG-B1g2, fp32 in ONNX Runtime, over the fastest file of RepNeXt-M4 within its gate"
    assert found == {
        f"{fastest} (onnx int8)": (8.0, 5.0, True),
        "onnx int8 over onnx fp32, RepNeXt-M4": (2.5, 1.6, True),
        "tflite int8_static over tflite fp32, RepNeXt-M4": (1.6, 1.8, False),
        "Core ML palette6 of RepNeXt-M4": (10.42, 10.5, True),
        "Core ML palette6 of RepNeXt-M4, mean angle to PyTorch": (0.1, 0.5, True),
        "Core ML palette4 of RepNeXt-M4": (8.0, 7.5, False),
        "Core ML palette4 of RepNeXt-M4, mean angle to PyTorch": (1.3, 1.0, False),
    }


def test_a_file_outside_its_gate_keeps_no_promise():
    failed = tuple(replace(p, gate_passed=False) if p.precision == "int8" else p for p in POINTS)
    first = few_bits.promises(result(failed))[0]
    assert "(tflite int8_static)" in first.name
    assert first.value == pytest.approx(160 / 32.5, abs=0.01)


def test_promises_without_their_files_are_left_out():
    assert few_bits.promises(result(POINTS[-1:])) == []


def test_missed_promises_are_marked():
    lines = few_bits.promises_markdown(result(), "x.json").splitlines()
    assert "`x.json`" in lines[0]
    assert "| tflite int8_static over tflite fp32, RepNeXt-M4 | 1.6 × **(missed)** | ≥ 1.8 × |" in lines
    assert "| Core ML palette6 of RepNeXt-M4 | 10.42 MB | ≤ 10.5 MB |" in lines


def test_the_readme_shows_each_networks_front_and_the_original():
    table = few_bits.front_markdown(result(), "x.json")
    rows = [line.split(" | ")[:3] for line in table.splitlines() if line.startswith("| rep")]
    assert [[cell.strip("| ") for cell in row] for row in rows] == [
        ["repnext_m4", "onnx", "fp32"],
        ["repnext_m4", "onnx", "int8"],
        ["repnext_m4", "tflite", "int8_static"],
        ["repnext_m4", "coreml", "palette6"],
        ["repnext_m4", "coreml", "palette4"],
        ["repnext_m0", "onnx", "int8"],
        ["repvgg_b1g2", "onnx", "fp32"],
    ]


@pytest.mark.parametrize("folder", ["", "docs"])
def test_tables_go_where_their_markers_are(tmp_path, folder):
    page = tmp_path / folder / "page.md"
    page.parent.mkdir(exist_ok=True)
    begin, end = marks("promises")
    page.write_text(f"# Title\n\n{begin}\n{end}\n\nthe end\n")
    path = result_path(tmp_path / "results", result())
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(result().to_json()))
    text = few_bits.current(page, tmp_path / "results")
    assert "8 ×" in text
    assert f"`results/{path.parent.name}/{path.name}`" in text
    assert text.endswith("\n\nthe end\n")
    assert "| network |" not in text  # its marker is not there


def test_without_results_a_page_stays_as_it_is(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("plain\n")
    assert few_bits.current(page, tmp_path) == "plain\n"


def test_markers_that_do_not_pair_are_told():
    begin, _ = marks("graph")
    with pytest.raises(HeadPoseError, match="the page needs one line '<!-- graph:begin"):
        with_tables(f"{begin}\n", "table", "graph")


def test_the_pages_own_pictures_are_there():
    text = few_bits.PAGE.read_text(encoding="utf-8")
    assert (few_bits.PAGE.parent / "pareto.png").exists()
    assert "](pareto.png)" in text
