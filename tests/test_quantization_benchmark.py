"""What each step before rounding is worth: which steps touch which format, and the table."""

from __future__ import annotations

import json

import pytest

from benchmarks.quantization import (
    FORMATS,
    SETTINGS,
    Loss,
    QuantizationResult,
    applies,
    formats_from,
    latest,
    quantization_markdown,
    quantization_of,
    result_path,
    run_quantization,
)
from export.quantize.settings import Quantization
from runtime.errors import HeadPoseError

RANGED = [setting for setting in SETTINGS if setting != "compensated"]  # palettes alone are


@pytest.mark.parametrize(
    ("target", "precision", "expected"),
    [
        ("onnx", "int8", RANGED),
        ("tflite", "int8_static", RANGED),
        ("coreml", "w8a8", [setting for setting in RANGED if setting != "sigmoid GELU"]),
        ("tflite", "int8", ["nothing", "equalised", "biases", "all (percentile)"]),
        ("coreml", "int8", ["nothing", "equalised", "biases", "all (percentile)"]),
        ("coreml", "palette6", ["nothing", "equalised", "compensated", "all (percentile)"]),
    ],
)
def test_only_settings_that_change_something_are_measured(target, precision, expected):
    assert [setting for setting in SETTINGS if applies(target, precision, setting)] == expected


def test_one_setting_is_the_default():
    assert quantization_of("all (percentile)") == Quantization(clipping="percentile")


def result() -> QuantizationResult:
    losses = (Loss("onnx", "int8", "nothing", 1.234, 5.0), Loss("onnx", "int8", "equalised", 0.5, 2.0))
    calibration = {"source": "shipped", "text": "x", "count": 128, "skipped": 0, "sha256": "0" * 64}
    return QuantizationResult(
        "2026-11-26T12:00:00+00:00", {}, "repnext_m0", "1" * 64, True, "held_out", 128, calibration, losses
    )


def test_the_record_comes_back(tmp_path):
    path = result_path(tmp_path, result())
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(result().to_json()))
    assert latest("repnext_m0", tmp_path) == (path, result())
    assert latest("repnext_m4", tmp_path) is None
    path.write_text(json.dumps({**result().to_json(), "schema": 9}))
    with pytest.raises(HeadPoseError, match="cannot be read"):
        latest("repnext_m0", tmp_path)


def test_the_table_has_a_row_a_format_and_a_column_a_setting():
    row = quantization_markdown(result(), "x.json").splitlines()[-1]
    assert row.startswith("| onnx int8 | 1.23 (5.0) | 0.50 (2.0) |  |")
    assert row.count("|") == len(SETTINGS) + 2


@pytest.mark.slow  # seven files
def test_a_run_of_one_format():
    found = run_quantization("default-m0", formats=FORMATS[:1])
    losses = {loss.setting: loss.mean_deg for loss in found.losses}
    assert list(losses) == [setting for setting in SETTINGS if setting != "compensated"]  # that is for palettes
    assert max(losses["all (percentile)"], losses["all (mse)"]) < losses["nothing"]


def test_formats_are_named_by_target_and_precision():
    assert formats_from("coreml:palette4, onnx:int8") == [("coreml", "palette4"), ("onnx", "int8")]
    assert formats_from(",".join(":".join(one) for one in FORMATS)) == list(FORMATS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("onnx:int9", "unknown format 'onnx:int9': did you mean 'onnx:int8'"), (" , ", "there is no format to make")],
)
def test_formats_that_are_none(text, sentence):
    with pytest.raises(HeadPoseError, match=sentence):
        formats_from(text)
