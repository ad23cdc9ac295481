"""Which operators an accelerator can take, as written lists with their sources; eligible does not mean placed.

Whether an operator really ran there is only known on the device (the compute plan on iOS, the verified backend on
Android); these lists catch a graph that cannot run there in one piece.
"""

from __future__ import annotations

from collections.abc import Iterable


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


GPU_DELEGATE_SOURCE = (
    "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/tools/versioning/gpu_compatibility.cc"
)
# The cases of CheckGpuDelegateCompatibility that have float inputs; names as in the TFLite schema.
GPU_DELEGATE_OPERATORS = _names(
    "ABS ADD ADD_N AVERAGE_POOL_2D BATCH_MATMUL CEIL CONCATENATION CONV_2D COS DENSIFY DEPTHWISE_CONV_2D "
    "DEPTH_TO_SPACE DEQUANTIZE DIV ELU EXP FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GELU HARD_SWISH LEAKY_RELU LOG "
    "LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG PACK PAD PADV2 POW PRELU QUANTIZE REDUCE_MAX "
    "REDUCE_MIN REDUCE_PROD RELU RELU6 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SIGN SIN "
    "SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TILE "
    "TRANSPOSE TRANSPOSE_CONV"
)

NEURAL_ENGINE_SOURCE = "https://aneforge.readthedocs.io/en/latest/op-catalog/"
# Apple publishes no list. These are the operators that the catalogue above, probed on hardware, marks native on the
# A14 (iPhone 12) and every later engine, as far as vision networks use them; names as in MIL. slice_by_index is left
# out: it only exists folded into a neighbour. Constants are folded at compile time and are no operators of the engine.
NEURAL_ENGINE_OPERATORS = _names(
    "abs add avg_pool batch_norm cast ceil clip concat conv conv_transpose einsum erf exp expand_dims floor gelu "
    "instance_norm inverse l2_norm layer_norm leaky_relu linear log matmul max_pool maximum minimum mul pad "
    "pixel_shuffle pow prelu quantize dequantize real_div reduce_l2_norm reduce_max reduce_mean reduce_min reduce_sum "
    "reduce_sum_square relu relu6 reshape round rsqrt select sigmoid sigmoid_hard sign silu "
    "slice_by_size softmax softplus softsign split sqrt square squeeze stack sub tanh tile transpose"
)
_FOLDED = ("const", "constexpr_")

_LISTS = {"tflite": GPU_DELEGATE_OPERATORS, "coreml": NEURAL_ENGINE_OPERATORS}
ACCELERATORS = {"tflite": "LiteRT GPU delegate", "coreml": "Apple Neural Engine"}


def ineligible(target: str, operators: Iterable[str]) -> list[str]:
    """Operators of a 'tflite' or 'coreml' graph that its accelerator has no kernel for, sorted; other targets: none."""
    known = _LISTS.get(target)
    if known is None:
        return []
    return sorted({op for op in operators if op not in known and not op.startswith(_FOLDED)})
