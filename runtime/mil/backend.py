"""PyTorch as the arithmetic back end of the executor, imported when the first operator runs.

The runtime must be importable without torch, so the operators take `torch` and `F` from here. Beside them: the types
of MIL as tensors. Floats are always computed in float32; what fp16 storage does to them is `store`'s business.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from runtime.errors import MissingDependencyError


class _LazyModule:
    """A module that is imported at the first attribute access; later accesses are plain attribute look-ups."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        try:
            value = getattr(importlib.import_module(self._name), attribute)
        except ModuleNotFoundError as error:
            raise MissingDependencyError("torch", "running an .mlpackage on this system", "coreml") from error
        setattr(self, attribute, value)
        return value


if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from torch import Tensor
else:
    torch = _LazyModule("torch")
    F = _LazyModule("torch.nn.functional")
    Tensor = Any

Operator = Callable[..., Any]
"""Inputs by their MIL names → the output tensor, or a tuple of them."""

__all__ = [
    "FLOATS",
    "NUMPY_TYPES",
    "F",
    "Operator",
    "Tensor",
    "as_tensor",
    "ints",
    "number",
    "store",
    "to_array",
    "torch",
    "torch_threads",
]

FLOATS = ("fp16", "fp32", "fp64")
# NumPy type of a MIL type; sub-byte integers travel one per byte, as coremltools unpacks them.
NUMPY_TYPES = {
    "fp16": np.float16,
    "fp32": np.float32,
    "fp64": np.float64,
    "bool": np.bool_,
    "int8": np.int8,
    "uint8": np.uint8,
    "int16": np.int16,
    "uint16": np.uint16,
    "int32": np.int32,
    "uint32": np.uint32,
    "int64": np.int64,
}
# torch has no arithmetic on the larger unsigned types: they are held in the next signed one.
_TORCH_TYPES = {"uint16": "int32", "uint32": "int64", "fp16": "float32", "fp32": "float32", "fp64": "float32"}


def as_tensor(value: npt.ArrayLike) -> Tensor:
    """A constant or a feed as a tensor: floats as float32, uint16 as int32, uint32 as int64, others unchanged."""
    array = np.asarray(value)
    if array.dtype.kind == "f":
        array = array.astype(np.float32)
    elif array.dtype.kind == "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int32 if array.dtype.itemsize == 2 else np.int64)
    return torch.from_numpy(np.array(array, order="C"))  # a copy: the blob reader's memory is read-only


def store(value: Tensor, dtype: str, *, rounding: bool) -> Tensor:
    """What is left of `value` in a variable of MIL type `dtype`.

    With `rounding` an fp16 variable keeps eleven bits and turns |x| ≥ 65520 into infinity; without it float32 stays.
    Floats that go into an integer variable lose their fraction.
    """
    if dtype == "fp16" and rounding:
        return value.half().float()
    return value.to(getattr(torch, _TORCH_TYPES.get(dtype, dtype)))


def to_array(value: Tensor, dtype: str, *, rounding: bool) -> np.ndarray:
    """The stored tensor as NumPy, in the variable's own type (`rounding`) or with float32 for every float."""
    array: np.ndarray = value.numpy()
    if dtype in FLOATS and not rounding:
        return array
    return array.astype(NUMPY_TYPES.get(dtype, array.dtype), copy=False)


def ints(value: Any) -> list[int]:
    """A parameter such as `strides` as Python integers, from a tensor, a list of scalar tensors or a scalar."""
    if isinstance(value, list | tuple):
        return [int(v) for v in value]
    return [int(v) for v in value.reshape(-1).tolist()]


def number(value: Any) -> float:
    """A scalar parameter such as `epsilon` as a Python float."""
    return float(value)


@contextmanager
def torch_threads(count: int | None) -> Iterator[None]:
    """Compute with `count` threads, then as before; None changes nothing. The number is one for the whole process."""
    before = torch.get_num_threads()
    try:
        if count is not None:
            torch.set_num_threads(count)
        yield
    finally:
        if count is not None:
            torch.set_num_threads(before)
