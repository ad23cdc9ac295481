"""What is inside the exported M4: exact operator counts, one partition, nothing that an accelerator refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from export.eligibility import GPU_DELEGATE_OPERATORS, NEURAL_ENGINE_OPERATORS, ineligible

# The folded body: 248 convolutions (162 depthwise), 43 GELU, 39 splits, 42 concats, 42 adds, 1 mean; the head is one
# more 1×1 convolution. The decoding: 6 splits, 6 concats and a handful of element-wise operators on three numbers.
DEPTHWISE, DENSE, GELU, SPLITS, CONCATS, ADDS = 162, 87, 43, 39 + 6, 42 + 6, 42
BANDED = 39  # 7×7 depthwise convolutions that the .tflite holds as three bands each (export/depthwise.py)
FLATTENED = 1  # torch.export's decompositions merge the decoding's concat of a concat; the tracer leaves it
DECODING = {
    "abs": 3,
    "max": 3,
    "clip": 5,
    "div": 5,
    "sum": 2,
    "sqrt": 2,
    "sub": 2,
    "mul": 6,
    "reshape": 1,
    "transpose": 1,
}
FORBIDDEN = re.compile(r"batch_?norm|gather|select|where|erf|pow|einsum|matmul|cross", re.IGNORECASE)

precisions = pytest.mark.parametrize("precision", ["fp32", "fp16"])


def _file(folder: Path, precision: str, suffix: str) -> Path:
    return folder / f"sixdrepnet_repnext_m4_{precision}{suffix}"


@precisions
def test_onnx_operators(exported_m4: Path, precision: str) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(_file(exported_m4, precision, ".onnx"))
    census = Counter(node.op_type for node in model.graph.node)
    d = DECODING
    expected = {
        "Conv": DEPTHWISE + DENSE,
        "Gelu": GELU,
        "Split": SPLITS,
        "Concat": CONCATS - FLATTENED,
        "Add": ADDS,
        "ReduceMean": 1,
        "Sub": d["sub"] + 1,  # the normalisation's mean
        "Mul": d["mul"] + (precision == "fp16"),  # the normalisation's scale; in fp32 it is folded into the stem
        "Abs": d["abs"],
        "ReduceMax": d["max"],
        "Clip": d["clip"],
        "Div": d["div"],
        "ReduceSum": d["sum"],
        "Sqrt": d["sqrt"],
        "Reshape": d["reshape"],
        "Transpose": d["transpose"],
    }
    assert census == expected | ({"Cast": 2} if precision == "fp16" else {})
    assert model.opset_import[0].version >= 18
    groups = [a.i for n in model.graph.node if n.op_type == "Conv" for a in n.attribute if a.name == "group"]
    assert sum(g > 1 for g in groups) == DEPTHWISE
    modes = [a.s for n in model.graph.node if n.op_type == "Gelu" for a in n.attribute if a.name == "approximate"]
    assert set(modes) <= {b"none"}


@precisions
def test_onnx_types_and_dynamic_batch(exported_m4: Path, precision: str) -> None:
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(_file(exported_m4, precision, ".onnx")).graph
    shapes = {
        v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]
        for v in [*graph.input, *graph.output]
    }
    assert list(shapes) == ["image", "rotation"]
    assert isinstance(shapes["image"][0], str)
    assert shapes["image"][1:] == [3, 224, 224]
    assert shapes["rotation"][1:] == [3, 3]
    assert {v.type.tensor_type.elem_type for v in [*graph.input, *graph.output]} == {onnx.TensorProto.FLOAT}
    weights = Counter()
    for tensor in graph.initializer:
        weights[tensor.data_type] += int(np.prod(tensor.dims))
    wanted = onnx.TensorProto.FLOAT16 if precision == "fp16" else onnx.TensorProto.FLOAT
    assert weights[wanted] / weights.total() > 0.999


@precisions
def test_tflite_operators(exported_m4: Path, precision: str) -> None:
    from runtime.tflite_file import read_tflite_graph

    census = Counter(op.kind for op in read_tflite_graph(_file(exported_m4, precision, ".tflite")).ops)
    assert census["DEPTHWISE_CONV_2D"] == DEPTHWISE + 2 * BANDED
    assert census["CONV_2D"] + census["FULLY_CONNECTED"] == DENSE
    assert census["GELU"] == GELU
    assert census["ADD"] == ADDS + 2 * BANDED
    assert census["MEAN"] == 1
    slices = 39 * 3 + 6 * 2 + 3 * BANDED  # one for each part of a split; the quarter is within the 3×3 branch
    assert census["SLICE"] + census["SPLIT"] == slices
    assert census["PAD"] == 8 + BANDED  # symmetric padding of the 8 strided convolutions is no 'SAME' of TensorFlow's
    assert census["CONCATENATION"] == CONCATS - FLATTENED
    assert census["DEQUANTIZE"] == (
        DEPTHWISE + 2 * BANDED + DENSE if precision == "fp16" else 0
    )  # of constants, free at run time
    assert census["TRANSPOSE"] <= 1  # of the 3 × 3 output: no layout change in the body
    assert not [kind for kind in census if FORBIDDEN.search(kind)]
    assert ineligible("tflite", census) == []
    assert set(census) <= GPU_DELEGATE_OPERATORS


def test_tflite_gelu_is_exact(exported_m4: Path) -> None:
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    model = schema.ModelT.InitFromPackedBuf(_file(exported_m4, "fp32", ".tflite").read_bytes(), 0)
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    gelus = [op for op in model.subgraphs[0].operators if codes[op.opcodeIndex] == schema.BuiltinOperator.GELU]
    assert len(gelus) == GELU
    assert not any(op.builtinOptions is not None and op.builtinOptions.approximate for op in gelus)


@precisions
def test_tflite_is_one_xnnpack_partition(exported_m4: Path, precision: str) -> None:
    """One delegate kernel that reads the graph's input and writes its output: nothing is left outside."""
    script = (
        "import sys\n"
        "from ai_edge_litert.interpreter import Interpreter\n"
        "net = Interpreter(model_path=sys.argv[1])\n"
        "net.allocate_tensors()\n"
        "kernels = [op for op in net._get_ops_details() if op['op_name'] == 'DELEGATE']\n"
        "(image,), (rotation,) = net.get_input_details(), net.get_output_details()\n"
        "ends = [(image['index'] in k['inputs'], list(k['outputs']) == [rotation['index']]) for k in kernels]\n"
        "print(ends)\n"
    )
    command = [sys.executable, "-c", script, str(_file(exported_m4, precision, ".tflite"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "XNNPACK delegate" in done.stderr
    assert done.stdout.strip() == "[(True, True)]"


def test_tflite_input_is_nhwc(exported_m4: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(_file(exported_m4, "fp16", ".tflite")))
    (image,), (rotation,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert image["shape"].tolist() == [1, 224, 224, 3]
    assert rotation["shape"].tolist() == [1, 3, 3]
    assert image["dtype"] is rotation["dtype"] is np.float32
    assert interpreter.get_signature_list() == {"serving_default": {"inputs": ["image"], "outputs": ["rotation"]}}


@precisions
def test_coreml_operators(exported_m4: Path, precision: str) -> None:
    import coremltools as ct

    model = ct.models.MLModel(str(_file(exported_m4, precision, ".mlpackage")), skip_model_load=True)
    function = model.get_spec().mlProgram.functions["main"]
    (block,) = function.block_specializations.values()
    census = Counter(op.type for op in block.operations if op.type != "const")
    d = DECODING
    expected = {
        "conv": DEPTHWISE + DENSE,
        "gelu": GELU,
        "split": SPLITS,
        "concat": CONCATS,
        "add": ADDS + 1,  # the image input's bias
        "mul": d["mul"] + 1,  # the image input's scale
        "reduce_mean": 1,
        "sub": d["sub"],
        "abs": d["abs"],
        "reduce_max": d["max"],
        "clip": d["clip"],
        "real_div": d["div"],
        "reduce_sum": d["sum"],
        "sqrt": d["sqrt"],
        "reshape": d["reshape"],
        "transpose": d["transpose"],
    }
    assert census == expected | ({"cast": 2} if precision == "fp16" else {})
    assert ineligible("coreml", census) == []
    assert set(census) <= NEURAL_ENGINE_OPERATORS
    constants = {op.outputs[0].name: op for op in block.operations if op.type == "const"}
    modes = [constants[op.inputs["mode"].arguments[0].name] for op in block.operations if op.type == "gelu"]
    strings = {m.attributes["val"].immediateValue.tensor.strings.values[0] for m in modes}
    assert strings == {"EXACT"}


@precisions
def test_coreml_contract(exported_m4: Path, precision: str) -> None:
    import coremltools as ct

    path = _file(exported_m4, precision, ".mlpackage")
    spec = ct.models.MLModel(str(path), skip_model_load=True).get_spec()
    (image,), (rotation,) = spec.description.input, spec.description.output
    assert image.name == "image"
    assert image.type.imageType.colorSpace == image.type.imageType.RGB
    assert (image.type.imageType.width, image.type.imageType.height) == (224, 224)
    assert rotation.name == "rotation"
    assert list(rotation.type.multiArrayType.shape) == [1, 3, 3]
    assert rotation.type.multiArrayType.dataType == rotation.type.multiArrayType.FLOAT32
    assert spec.specificationVersion == 7  # iOS 16
    assert all(f.stat().st_mode & 0o044 == 0o044 for f in path.rglob("*")), "others must be able to read the package"


@pytest.mark.parametrize(
    ("target", "operators", "expected"),
    [
        ("tflite", ["CONV_2D", "GATHER_ND"], ["GATHER_ND"]),
        ("coreml", ["conv", "const", "constexpr_lut_to_dense", "scatter_nd"], ["scatter_nd"]),
        ("onnx", ["GatherND"], []),
    ],
    ids=["gather on a GPU", "scatter on the Neural Engine", "no list for ONNX"],
)
def test_ineligible_names_the_operator(target: str, operators: list[str], expected: list[str]) -> None:
    assert ineligible(target, operators) == expected
