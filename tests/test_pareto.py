"""Exported files as points: the front, the table, the picture and the record."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from fake_session import fake_info

import headpose
from benchmarks import pareto
from benchmarks.device import host_device
from benchmarks.pareto import SCHEMA_FILE, ParetoResult, Point, front
from benchmarks.pareto_picture import pareto_picture
from benchmarks.pareto_table import cells, pareto_markdown
from runtime.artifact import ArtifactInfo
from runtime.errors import HeadPoseError


def point(name: str, **changes: Any) -> Point:
    facts: dict[str, Any] = {
        "file": f"{name}.onnx",
        "sha256": "0" * 64,
        "backbone": "repnext_m4",
        "target": "onnx",
        "precision": name,
        "trained": True,
        "size_bytes": 10_000_000,
        "p50_ms": 10.0,
        "p95_ms": 11.0,
        "quotable": True,
        "loss_mean_deg": 0.5,
        "loss_max_deg": 2.0,
        "error_mean_deg": 6.0,
        "wide": (),
        "gate_passed": True,
    }
    return Point(**{**facts, **changes})


POINTS = (
    point("fp32", size_bytes=51_000_000, p50_ms=50.0, loss_mean_deg=0.0),
    point("fp16", size_bytes=26_000_000, p50_ms=51.0, loss_mean_deg=0.005),
    point("int8", size_bytes=13_000_000, p50_ms=20.0, loss_mean_deg=0.6),
    point("worse", size_bytes=14_000_000, p50_ms=21.0, loss_mean_deg=0.7),
    point("w8a8", target="coreml", size_bytes=13_500_000, p50_ms=None, p95_ms=None, loss_mean_deg=0.9),
    point("broken", size_bytes=1_000_000, p50_ms=1.0, loss_mean_deg=40.0, gate_passed=False),
    point(
        "other", backbone="repvgg_b1g2", trained=False, size_bytes=157_000_000, loss_mean_deg=None, error_mean_deg=None
    ),
)


def result(points: tuple[Point, ...] = POINTS) -> ParetoResult:
    git = {"commit": "a" * 40, "dirty": False}
    return ParetoResult("2026-11-26T12:00:00+00:00", git, host_device(), 50, "held_out", 128, points)


@pytest.mark.parametrize(("cost", "expected"), [("size_bytes", ["int8", "fp16", "fp32"]), ("p50_ms", ["int8", "fp32"])])
def test_the_front(cost, expected):
    assert [p.precision for p in front(POINTS, cost)] == expected


def test_the_front_is_what_nothing_beats():
    """Against the definition, over all pairs, on a cloud of points."""
    rng = np.random.default_rng(0)
    cloud = [
        point(str(i), size_bytes=int(rng.integers(1, 40)), loss_mean_deg=float(rng.integers(0, 20))) for i in range(60)
    ]

    def beaten(one: Point) -> bool:
        costs = [(p.size_bytes, p.loss_mean_deg) for p in cloud]
        own = one.size_bytes, one.loss_mean_deg
        return any(c[0] <= own[0] and c[1] <= own[1] and c != own for c in costs)

    expected = {(p.size_bytes, p.loss_mean_deg) for p in cloud if not beaten(p)}
    assert {(p.size_bytes, p.loss_mean_deg) for p in front(cloud, "size_bytes")} == expected


def test_the_record_fits_its_schema_and_comes_back():
    jsonschema = pytest.importorskip("jsonschema")
    data = json.loads(json.dumps(result().to_json()))
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).validate(data)
    assert ParetoResult.from_json(data) == result()


@pytest.mark.parametrize(
    "change", [{"schema": 2}, {"points": [{}]}, {"device": None}], ids=["schema", "point", "device"]
)
def test_a_damaged_record_is_named(change):
    with pytest.raises(HeadPoseError, match=r"some\.json cannot be read"):
        ParetoResult.from_json({**result().to_json(), **change}, "some.json")


def test_rows_say_what_is_missing():
    rows = {p.precision: cells(p) for p in POINTS}
    assert rows["int8"] == ["repnext_m4", "onnx", "int8", "13.0", "20.0", "0.60", "2.00", "6.00", ""]
    assert rows["w8a8"][4] == "–"
    assert rows["broken"][2] == "broken (misses its gate)"
    assert rows["other"][5:8] == ["–", "2.00", "–"]
    assert cells(point("x", loss_mean_deg=0.001))[5] == "< 0.01"
    assert cells(point("x", quotable=False))[4] == "10.0 (not quotable)"
    assert cells(point("x", wide=("head", "backbone.stem")))[8] == "2"


def test_markdown_has_a_row_a_point_and_says_what_has_no_time():
    text = pareto_markdown(result(), "results/x.json")
    assert sum(line.startswith("| rep") for line in text.splitlines()) == len(POINTS)
    assert "nothing but an emulation runs them" in text
    assert "size and time alone" in text
    assert "an emulation" not in pareto_markdown(result(POINTS[:3]), "x")


def test_the_picture_shows_a_failed_point_in_red():
    def red(points: tuple[Point, ...]) -> int:
        pixels = pareto_picture(result(points)).astype(int)
        return int(((pixels[..., 0] > 170) & (pixels[..., 1] < 70) & (pixels[..., 2] < 70)).sum())

    healthy = tuple(p for p in POINTS if p.gate_passed)
    assert red(healthy) == 0
    assert red(POINTS) > 50  # on both panels


def test_the_command_writes_record_table_and_picture(exported_m0, tmp_path, capsys):
    files = [str(exported_m0 / f"sixdrepnet_repnext_m0_{p}{s}") for p, s in product(("fp32", "fp16"), (".onnx",))]
    words = ["pareto", *files, "--rounds", "3", "--labels", "none", "--out", str(tmp_path / "out")]
    assert headpose.main(words) == 0
    data = json.loads((tmp_path / "out" / "pareto.json").read_text())
    assert [p["precision"] for p in data["points"]] == ["fp32", "fp16"]
    assert all(p["p50_ms"] > 0 for p in data["points"])
    assert (tmp_path / "out" / "pareto.png").stat().st_size > 10_000
    assert "| repnext_m0 | onnx | fp16 |" in (tmp_path / "out" / "pareto.md").read_text()
    assert headpose.main(words) == 2
    assert "exists already" in capsys.readouterr().err


def test_pytorch_runs_once_for_all_files_of_a_checkpoint(tmp_path, monkeypatch):
    info = fake_info()
    runs: list[tuple[str, int]] = []

    class Counted:
        def __init__(self, of: ArtifactInfo) -> None:
            self.of = of

        def rotations(self, crops: np.ndarray) -> np.ndarray:
            runs.append((self.of.checkpoint.sha256, self.of.input_size))
            return np.stack([np.eye(3, dtype=np.float32)] * len(crops))

    monkeypatch.setattr(pareto, "load_reference", lambda of, beside: Counted(of))
    other = replace(info, checkpoint=replace(info.checkpoint, sha256="b" * 64))
    known = pareto._Known("none")
    for asked in (info, other, info, replace(info, input_size=96), other):
        assert known.truth(asked, tmp_path, np.zeros((2, 8, 8, 3), np.uint8)).shape == (2, 3, 3)
    assert runs == [
        (info.checkpoint.sha256, info.input_size),
        ("b" * 64, info.input_size),
        (info.checkpoint.sha256, 96),
    ]


def test_nothing_to_measure(tmp_path, capsys):
    assert headpose.main(["pareto", str(tmp_path)]) == 2
    assert "there is no exported file to measure" in capsys.readouterr().err
