"""Changes one number among the constants of an artefact, found by its values and not by our own file readers' names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Constant(NamedTuple):
    """A constant of a file and how to store another value of it."""

    values: np.ndarray
    store: Callable[[np.ndarray], None]


def corrupt(path: Path, weights: np.ndarray, change: Callable[[np.ndarray], None]) -> None:
    """Apply `change` to the only constant of the file that holds the same numbers as `weights`, in any order."""
    constants = [*_CONSTANTS[path.suffix](path), *_written_out(path, weights)]
    hits = [c for c in constants if _same_numbers(c.values, weights)]
    assert len(hits) == 1, f"{len(hits)} constants of {path.name} hold these weights"
    values = hits[0].values.copy()
    change(values)
    hits[0].store(values)


def _same_numbers(a: np.ndarray, b: np.ndarray) -> bool:
    if a.size != b.size or a.dtype.kind != "f":
        return False
    x, y = np.sort(a.ravel().astype(np.float32)), np.sort(b.ravel().astype(np.float32))
    return bool(np.abs(x - y).max() <= 1e-3 * np.abs(y).max())


def _onnx(path: Path) -> Iterator[Constant]:
    import onnx

    model = onnx.load(str(path))
    for tensor in model.graph.initializer:

        def store(values: np.ndarray, tensor: Any = tensor) -> None:
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
            onnx.save(model, str(path))

        yield Constant(onnx.numpy_helper.to_array(tensor), store)


def _tflite(path: Path) -> Iterator[Constant]:
    from ai_edge_litert import schema_py_generated as schema

    types = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16}
    data = bytearray(path.read_bytes())
    model = schema.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    for tensor in (graph.Tensors(i) for i in range(graph.TensorsLength())):
        buffer = model.Buffers(tensor.Buffer())
        if buffer.DataLength() and tensor.Type() in types:
            view = buffer.DataAsNumpy().view(types[tensor.Type()])

            def store(values: np.ndarray, view: np.ndarray = view) -> None:
                view[:] = values
                path.write_bytes(data)

            yield Constant(view, store)


def _coreml(path: Path) -> Iterator[Constant]:
    """weight.bin is a row of blobs: a header of 64 bytes (mark, type, size, place of the data), then the data."""
    file = next(path.rglob("weight.bin"))
    data = bytearray(file.read_bytes())
    types = {1: np.float16, 2: np.float32}
    for start in range(64, len(data) - 64, 64):
        if data[start : start + 4] != b"\xef\xbe\xad\xde":
            continue
        kind = int.from_bytes(data[start + 4 : start + 8], "little")
        size, place = (int.from_bytes(data[start + i : start + i + 8], "little") for i in (8, 16))
        if kind not in types:
            continue
        view = np.frombuffer(data, dtype=np.uint8, count=size, offset=place).view(types[kind])

        def store(values: np.ndarray, view: np.ndarray = view) -> None:
            view[:] = values
            file.write_bytes(data)

        yield Constant(view, store)


def _written_out(path: Path, weights: np.ndarray) -> Iterator[Constant]:
    """Core ML keeps constants of fewer than ten numbers in the program itself."""
    file = path / "Data" / "com.apple.CoreML" / "model.mlmodel"
    pattern = weights.astype("<f4").tobytes()
    if path.suffix == ".mlpackage" and file.read_bytes().count(pattern) == 1:
        yield Constant(weights, lambda values: _replace(file, pattern, values.astype("<f4").tobytes()))


def _replace(file: Path, old: bytes, new: bytes) -> None:
    file.write_bytes(file.read_bytes().replace(old, new))


_CONSTANTS: dict[str, Callable[[Path], Iterator[Constant]]] = {
    ".onnx": _onnx,
    ".tflite": _tflite,
    ".mlpackage": _coreml,
}
