"""The command that says which block loses most: its record, its picture, its refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest

import headpose
from export.quantize.widen import UnitLoss
from export.sensitivity import Sensitivity
from export.sensitivity_picture import sensitivity_picture


def record(count: int = 6) -> Sensitivity:
    units = tuple(UnitLoss(f"backbone.stages.0.blocks.{i}", 0.1 * (i % 4), 0.3) for i in range(count))
    whole = UnitLoss("everything", 0.7, 2.0)
    calibration = {"source": "shipped", "text": "x", "count": 16, "skipped": 0, "sha256": "0" * 64}
    return Sensitivity(
        "repnext_m0", "onnx", "int8", "block", "1" * 64, True, 48, calibration, whole, units, {}, "2026-11-26T12:00:00Z"
    )


def test_the_worst_come_first():
    assert [loss.unit[-1] for loss in record().ranked[:2]] == ["3", "2"]


@pytest.mark.parametrize("count", [6, 120], ids=["named", "too many to name"])
def test_the_picture_has_a_bar_a_unit(count):
    """Bars are blue or, for the worst three, orange: in the middle of the chart their colours are found."""
    picture = sensitivity_picture(record(count)).astype(int)
    blue = (picture[..., 2] > 200) & (picture[..., 0] < 60)
    orange = (picture[..., 0] > 190) & (picture[..., 2] < 40)
    assert blue.sum() > 500
    assert orange.sum() > 200
    assert np.argwhere(orange)[:, 1].std() > 5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--target", "onnx", "--precision", "int9"], "unknown precision of onnx 'int9'"),
        (["--target", "onix", "--precision", "int8"], "unknown target 'onix': did you mean 'onnx'?"),
        (["--target", "onnx", "--precision", "fp16"], "fp16 rounds no operator to few bits"),
        (["--target", "onnx", "--precision", "int8", "--by", "blok"], "did you mean 'block'?"),
        (["--target", "onnx", "--precision", "int8", "--images", "0"], "cannot be means over 0 images"),
        (["--target", "onnx", "--precision", "int8", "--calibration", "nowhere"], "nowhere is no folder"),
        (["--target", "onnx", "--precision", "int8", "--clipping", "minmx"], "did you mean 'minmax'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input(words, sentence, capsys):
    assert headpose.main(["sensitivity", "--checkpoint", "default-m0", *words]) == 2
    assert sentence in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.slow  # twenty quantised files
def test_the_command(tmp_path, capsys):
    words = ["sensitivity", "--checkpoint", "default-m0", "--target", "onnx", "--precision", "int8", "--images", "4"]
    words += ["--samples", "16", "--out", str(tmp_path), "--json"]
    assert headpose.main(words) == 0
    data = json.loads((tmp_path / "sensitivity_onnx_int8_block.json").read_text())
    assert json.loads(capsys.readouterr().out) == data
    assert [unit["unit"] for unit in data["units"]][:2] == ["backbone.stem", "backbone.stages.0.blocks.0"]
    assert all(0 < unit["mean_deg"] < data["whole"]["mean_deg"] + 1 for unit in data["units"])
    assert (tmp_path / "sensitivity_onnx_int8_block.png").is_file()
