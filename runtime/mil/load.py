"""From a PyMIL function to a `MilProgram`: constants unpacked once, operators looked up, lifetimes worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from runtime.errors import HeadPoseError
from runtime.mil import ops_conv, ops_elementwise, ops_quant, ops_reduce, ops_resize, ops_select, ops_shape
from runtime.mil.backend import Operator, as_tensor
from runtime.mil.package import features, load_function, open_model
from runtime.mil.program import MilProgram, Node, OperatorCount, Variable

OPERATORS: dict[str, Operator] = {
    **ops_conv.OPERATORS,
    **ops_elementwise.OPERATORS,
    **ops_quant.OPERATORS,
    **ops_reduce.OPERATORS,
    **ops_resize.OPERATORS,
    **ops_select.OPERATORS,
    **ops_shape.OPERATORS,
}
_BITS = {"fp16": 16, "fp32": 32, "fp64": 64, "bool": 8}
_WEIGHT_ELEMENTS = 10  # coremltools writes smaller constants into the program, not into weight.bin


def load_program(path: str | Path) -> MilProgram:
    """Read an .mlpackage that holds an ML Program (iOS15 or newer).

    Raises:
        HeadPoseError: no such package, damaged specification or weights, an operator that the executor does not know
            (named with its inputs), or coremltools or torch is not installed.
    """
    package = Path(path)
    model = open_model(package)
    function = load_function(model, package)
    spec = model.get_spec()
    return MilProgram(
        path=package,
        inputs=features(spec.description.input),
        outputs=features(spec.description.output),
        metadata=dict(spec.description.metadata.userDefined),
        nodes=build_nodes(function, package.name),
        parameters=tuple(_variable(v) for v in function.inputs.values()),
        results=tuple(_variable(v) for v in function.outputs),
        census=_census(function),
    )


def build_nodes(function: Any, where: str) -> tuple[Node, ...]:
    """The operators of a PyMIL function (a Program's `functions[name]`) in order, ready to run."""
    constants = _Constants()
    operations = [op for op in function.operations if not _is_constant(op)]
    kept = {v.name for v in function.outputs} | {v.name for v in function.inputs.values()}
    last = {v.name: op for op in operations for v in op.outputs}  # an output that nobody reads dies where it is made
    last.update((name, op) for op in operations for name in _read_names(op))
    dying: dict[int, list[str]] = {}
    for name, op in last.items():
        if name not in kept:
            dying.setdefault(id(op), []).append(name)
    return tuple(_node(op, constants, tuple(dying.get(id(op), ())), where) for op in operations)


def _is_constant(op: Any) -> bool:
    return op.op_type == "const" or op.op_type.startswith("constexpr_")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _inputs(op: Any) -> Iterator[tuple[str, Any]]:
    """(name, variable or list of variables) of the inputs that are given."""
    return ((name, value) for name, value in op.inputs.items() if value is not None)


def _flat(op: Any) -> list[Any]:
    return [v for _, value in _inputs(op) for v in (value if _is_list(value) else [value])]


def _known(var: Any) -> bool:
    return var.op is not None and _is_constant(var.op)


def _read_names(op: Any) -> list[str]:
    return [v.name for v in _flat(op) if not _known(v)]


def _dtype(var: Any) -> str:
    name: str = var.dtype.__type_info__().name if hasattr(var.dtype, "__type_info__") else "unknown"
    return name


def _variable(var: Any) -> Variable:
    shape = tuple(int(n) if isinstance(n, int | np.integer) else None for n in var.shape)
    return Variable(var.name, _dtype(var), shape)


class _Constants:
    """Constants as tensors, each converted once however many operators read it."""

    def __init__(self) -> None:
        self._tensors: dict[int, Any] = {}
        self._unpacked: dict[int, tuple[Any, ...]] = {}

    def tensor(self, var: Any) -> Any:
        """A tensor, or the string of a string constant."""
        if id(var) not in self._tensors:
            value = self.array(var)
            self._tensors[id(var)] = value if isinstance(value, str) else as_tensor(value)
        return self._tensors[id(var)]

    def array(self, var: Any) -> Any:
        """The NumPy value; compressed weights are unpacked, from the inside of a chain outwards."""
        if var.op.op_type == "const":
            return var.val
        if id(var.op) not in self._unpacked:
            unpack = ops_quant.CONSTEXPR.get(var.op.op_type)
            if unpack is None:
                raise _unsupported(var.op, "the package")
            value = unpack(**{name: self.array(v) for name, v in _inputs(var.op)})
            self._unpacked[id(var.op)] = value if isinstance(value, tuple) else (value,)
        return self._unpacked[id(var.op)][list(var.op.outputs).index(var)]


def _node(op: Any, constants: _Constants, dead: tuple[str, ...], where: str) -> Node:
    if op.op_type not in OPERATORS:
        raise _unsupported(op, where)
    fixed: dict[str, Any] = {}
    variables: dict[str, str | tuple[str, ...]] = {}
    for name, value in _inputs(op):
        members = value if _is_list(value) else [value]
        tensors = [constants.tensor(v) if _known(v) else None for v in members]
        names = tuple("" if _known(v) else v.name for v in members)
        if any(t is not None for t in tensors):
            fixed[name] = tensors if _is_list(value) else tensors[0]
        if any(names):
            variables[name] = names if _is_list(value) else names[0]
    outputs = tuple(_variable(v) for v in op.outputs)
    same_type = {_dtype(v) for v in _flat(op) if not _known(v)} == {v.dtype for v in outputs}
    moves = op.op_type in ops_shape.MOVES_ONLY and same_type
    return Node(op.name, op.op_type, OPERATORS[op.op_type], fixed, variables, outputs, moves, dead)


def _unsupported(op: Any, where: str) -> HeadPoseError:
    inputs = []
    for name, value in _inputs(op):
        for v in value if _is_list(value) else [value]:
            inputs.append(f"{name} %{v.name} {_dtype(v)} {list(v.shape)}" if hasattr(v, "shape") else name)
    return HeadPoseError(
        f"operator {op.op_type} '{op.name}' of {where} is not supported by the executor "
        f"(inputs: {', '.join(inputs) or 'none'}): run this package on macOS, or convert the model without it"
    )


def _weights(op: Any) -> Iterator[Any]:
    """The stored constants behind an operator's inputs, through chains of compressed ones."""
    for var in _flat(op):
        if _known(var):
            yield from [var] if var.op.op_type == "const" else _weights(var.op)


def _census(function: Any) -> Mapping[str, OperatorCount]:
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    dtypes: dict[str, set[str]] = {}
    seen: set[int] = set()
    for op in function.operations:
        if _is_constant(op):
            continue
        counts[op.op_type] += 1
        for var in _weights(op):
            if np.size(var.val) < _WEIGHT_ELEMENTS or id(var) in seen:
                continue
            seen.add(id(var))
            dtype = _dtype(var)
            sizes[op.op_type] += -(-np.size(var.val) * _bits(dtype) // 8)
            dtypes.setdefault(op.op_type, set()).add(dtype)
    return {t: OperatorCount(t, n, sizes[t], tuple(sorted(dtypes.get(t, ())))) for t, n in counts.most_common()}


def _bits(dtype: str) -> int:
    return _BITS.get(dtype) or int("".join(c for c in dtype if c.isdigit()) or 0)
