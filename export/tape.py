"""A tape of what PyTorch computes: every operator's output with the path of the module that ran it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

# Operator names of PyTorch (aten), ONNX, TFLite and Core ML → the kind under which they are compared. Converters write
# one as another (a difference as a sum, a 1×1 convolution as a matrix product), so such neighbours share a kind.
# Operators that only move data, and those not listed, are not compared.
KINDS: dict[str, str] = {
    name: kind
    for kind, names in {
        "conv": "convolution addmm mm bmm Conv Gemm MatMul CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED BATCH_MATMUL "
        "conv linear matmul einsum",
        "gelu": "gelu Gelu GELU",
        "relu": "relu Relu RELU hardtanh clamp Clip RELU6 relu6 clip",
        "silu": "silu hardswish HardSwish HARD_SWISH hard_swish",
        "sigmoid": "sigmoid Sigmoid LOGISTIC hardsigmoid HardSigmoid sigmoid_hard",
        "softmax": "_softmax Softmax SOFTMAX softmax",
        "add": "add sub rsub Add Sub ADD SUB",
        "mul": "mul div Mul Div MUL DIV real_div",
        "concat": "cat Concat CONCATENATION concat",
        "mean": "mean _adaptive_avg_pool2d avg_pool2d ReduceMean GlobalAveragePool AveragePool MEAN AVERAGE_POOL_2D "
        "reduce_mean avg_pool",
        "max": "amax max_pool2d_with_indices ReduceMax MaxPool REDUCE_MAX MAX_POOL_2D reduce_max max_pool",
        "sum": "sum ReduceSum SUM reduce_sum",
        "sqrt": "sqrt Sqrt SQRT",
        "abs": "abs Abs ABS",
    }.items()
    for name in names.split()
}
# Elementwise operators that converters melt into the one before: the earlier record then also takes their output.
_MELTED = {"_native_batch_norm_legit_no_training", "native_batch_norm", "relu", "hardtanh", "clamp"}


@dataclass(eq=False)
class Record:
    """One operator of the reference."""

    kind: str
    """Value of `KINDS`."""
    operator: str
    """aten name."""
    module: str
    """Path of the module, e.g. 'backbone.stages.0.blocks.1.norm'; empty for the outermost one."""
    values: list[npt.NDArray[np.float32]]
    """Its output, then the outputs of what a converter may have melted into it."""


class _Recorder(TorchDispatchMode):
    def __init__(self, path: list[str]) -> None:
        super().__init__()
        self.records: list[Record] = []
        self._path = path
        self._maker: dict[int, Record] = {}  # id of a tensor → record that made it
        self._alive: list[torch.Tensor] = []  # ids are reused once a tensor is gone

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        value = out[0] if isinstance(out, tuple) and out else out
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            self._record(func.overloadpacket.__name__.removesuffix("_"), args, value)  # relu_ is relu
        return out

    def _record(self, operator: str, args: Any, value: torch.Tensor) -> None:
        into = self._maker.get(id(args[0])) if args and operator in _MELTED else None
        if into is None and operator not in KINDS:
            return
        array = value.detach().numpy().copy()  # an operator that works in place would change it later
        if into is not None:
            into.values.append(array)
        if operator in KINDS:
            own = Record(KINDS[operator], operator, self._path[-1] if self._path else "", [array])
            self.records.append(own)
            into = into or own
        assert into is not None
        self._remember(value, into)

    def _remember(self, value: torch.Tensor, record: Record) -> None:
        self._maker[id(value)] = record
        self._alive.append(value)


@contextmanager
def _module_path(model: nn.Module) -> Iterator[list[str]]:
    """A stack of the paths of the modules that are running."""
    stack: list[str] = []
    handles = []
    for name, module in model.named_modules():
        handles.append(module.register_forward_pre_hook(lambda m, x, name=name: stack.append(name)))
        handles.append(module.register_forward_hook(lambda m, x, y: stack.pop() and None))
    try:
        yield stack
    finally:
        for handle in handles:
            handle.remove()


def record_tape(graph: nn.Module, image: npt.NDArray[np.uint8]) -> list[Record]:
    """Run `graph` on one RGB image (S, S, 3) uint8, as (1, 3, S, S) float32 in 0..255, and record its operators."""
    x = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32))
    with torch.no_grad(), _module_path(graph) as path, _Recorder(path) as recorder:
        graph(x)
    return recorder.records
