"""What a user may say about quantisation."""

from __future__ import annotations

import pytest

from export.quantize.settings import Quantization
from export.spec import plan_specs
from runtime.errors import HeadPoseError


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"clipping": "minmx"}, "unknown method of clipping 'minmx': did you mean 'minmax'?"),
        ({"budget_deg": 0.0}, "a budget of 0.0° leaves nothing to round"),
        ({"budget_deg": -1.0}, "a budget of -1.0° leaves nothing"),
    ],
)
def test_settings_that_make_no_sense(settings, sentence):
    with pytest.raises(HeadPoseError) as found:
        Quantization(**settings)
    assert sentence in str(found.value)


def test_a_precision_is_made_for_the_targets_that_can_do_it():
    specs = plan_specs("repnext_m0", ["onnx", "tflite", "coreml"], ["fp32", "int8", "w8a8", "int8_static"], "sixd", 96)
    assert [(s.target, s.precision) for s in specs] == [
        ("onnx", "fp32"), ("onnx", "int8"),
        ("tflite", "fp32"), ("tflite", "int8"), ("tflite", "int8_static"),
        ("coreml", "fp32"), ("coreml", "int8"), ("coreml", "w8a8"),
    ]  # fmt: skip
    assert {(s.output, s.input_size, s.quantized) for s in specs if s.precision == "fp32"} == {("sixd", 96, False)}
    assert all(s.quantized for s in specs if s.precision != "fp32")


def test_a_precision_that_no_chosen_target_can_do_says_what_they_can():
    with pytest.raises(HeadPoseError) as found:
        plan_specs("repnext_m0", ["onnx", "tflite"], ["palette6"], "rotation", 96)
    assert str(found.value) == (
        "palette6 is made for none of these targets; they can do onnx: fp32, fp16, int8; "
        "tflite: fp32, fp16, int8, int8_static, int16x8"
    )
