"""The inside of a .tflite file: its metadata entries, read and written, and its operators.

The only module that touches LiteRT's flatbuffer schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from runtime.atomic import replacing
from runtime.errors import HeadPoseError, MissingDependencyError

_IDENTIFIER = b"TFL3"
_ALIGNMENT = 16  # the schema's force_align of constant data, which Python's generic packer does not keep


class TfliteOp(NamedTuple):
    """One operator of the graph, in execution order."""

    kind: str
    """Operator name as in the schema, e.g. 'CONV_2D'."""
    inputs: list[int]
    """Tensor numbers, -1 for an input that is left out."""
    outputs: list[int]
    """Tensor numbers."""


class TfliteTensor(NamedTuple):
    """One tensor of the graph."""

    name: str
    dtype: str
    """Element type as in the schema, e.g. 'FLOAT32'."""
    shape: tuple[int, ...]
    constant_bytes: int
    """Size of its constant data; 0 for an activation."""
    buffer: int
    """Number of the buffer that holds its data; several tensors may share one."""


class TfliteGraph(NamedTuple):
    """The main graph of a file."""

    ops: list[TfliteOp]
    tensors: list[TfliteTensor]


def _schema() -> Any:
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise MissingDependencyError("ai-edge-litert", "reading a .tflite file", "tflite") from error
    return schema_py_generated


def _load_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HeadPoseError(f"cannot read {path}: {error.strerror or error}") from error
    if data[4:8] != _IDENTIFIER:
        raise HeadPoseError(f"{path} is not a TFLite model (no {_IDENTIFIER.decode()} mark): export it again")
    return data


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Offsets that lead outside the file surface as many kinds of error; a user needs one."""
    try:
        yield
    except HeadPoseError:
        raise
    except Exception as error:
        raise HeadPoseError(f"{path} is damaged ({error}): export it again") from error


def read_tflite_metadata(path: str | Path) -> dict[str, bytes]:
    """The metadata entries of a .tflite file, name → content.

    Raises HeadPoseError if the file cannot be read or is no TFLite model.
    """
    file = Path(path)
    data = _load_bytes(file)
    with _reading(file):
        model = _schema().Model.GetRootAs(data, 0)
        entries = [model.Metadata(i) for i in range(model.MetadataLength())]
        return {entry.Name().decode(): _content(model.Buffers(entry.Buffer()), data) for entry in entries}


def _content(buffer: Any, data: bytes) -> bytes:
    if buffer.Size():
        return data[buffer.Offset() : buffer.Offset() + buffer.Size()]
    return b"" if buffer.DataIsNone() else bytes(buffer.DataAsNumpy())


class Ends(NamedTuple):
    """What the one input and the one output of a graph are called."""

    input: str
    output: str


def write_tflite_metadata(path: str | Path, entries: Mapping[str, bytes], ends: Ends | None = None) -> None:
    """Add entries to the metadata of a .tflite file, or replace those of the same name; the operators stay as they are.

    Args:
        path: the file; it is replaced in one step.
        entries: name → content.
        ends: new names of input and output, in the signatures and of the tensors; None leaves them.

    Raises HeadPoseError if it cannot be read or written, or for `ends` of a graph with several inputs or outputs.
    """
    file = Path(path)
    schema, data = _schema(), _load_bytes(file)
    with _reading(file):
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        for buffer in model.buffers:
            _bring_inside(buffer, data)
        for name, content in entries.items():
            _set_entry(schema, model, name, np.frombuffer(content, dtype=np.uint8))
        if ends is not None:
            _name_ends(model, ends, file)
        packed = _pack(schema, model)
    with replacing(file) as part:
        part.write_bytes(packed)


def _bring_inside(buffer: Any, data: bytes) -> None:
    """Constants may stand behind the flatbuffer, at a place counted from the file's start that would now be wrong."""
    if buffer.size:
        buffer.data = np.frombuffer(data, dtype=np.uint8, count=buffer.size, offset=buffer.offset)
        buffer.offset = buffer.size = 0


def _set_entry(schema: Any, model: Any, name: str, content: npt.NDArray[np.uint8]) -> None:
    model.metadata = model.metadata or []
    for entry in model.metadata:
        if entry.name in (name, name.encode()):
            model.buffers[entry.buffer].data = content
            return
    model.metadata.append(schema.MetadataT(name=name, buffer=len(model.buffers)))
    model.buffers.append(schema.BufferT(data=content))


def _name_ends(model: Any, ends: Ends, file: Path) -> None:
    graph = model.subgraphs[0]
    for places, name in zip((graph.inputs, graph.outputs), ends, strict=True):
        if len(places) != 1:
            raise HeadPoseError(f"{file} has {len(places)} inputs or outputs to be named '{name}', not one")
        graph.tensors[places[0]].name = name
    for signature in model.signatureDefs or []:
        signature.inputs[0].name, signature.outputs[0].name = ends


def _pack(schema: Any, model: Any) -> bytes:
    import flatbuffers

    aligned = _aligned_buffer(schema)
    builder = flatbuffers.Builder(sum(len(b.data) for b in model.buffers if b.data is not None) + (1 << 20))
    model.buffers = [aligned(data=buffer.data) for buffer in model.buffers]
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


@cache
def _aligned_buffer(schema: Any) -> type:
    """The schema's BufferT with its data on 16-byte borders: kernels read constants in place with vector loads."""

    class AlignedBuffer(schema.BufferT):  # type: ignore[misc, name-defined]
        def Pack(self, builder: Any) -> int:
            data = None if self.data is None else _aligned_vector(builder, np.asarray(self.data, dtype=np.uint8))
            schema.BufferStart(builder)
            if data is not None:
                schema.BufferAddData(builder, data)
            return int(schema.BufferEnd(builder))

    return AlignedBuffer


def _aligned_vector(builder: Any, data: npt.NDArray[np.uint8]) -> int:
    builder.StartVector(1, len(data), _ALIGNMENT)
    builder.head -= len(data)
    builder.Bytes[builder.head : builder.head + len(data)] = data.tobytes()
    return int(builder.EndVector())


def _names(enum: type) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def read_tflite_graph(path: str | Path) -> TfliteGraph:
    """Operators in execution order and all tensors of the main graph; HeadPoseError if the file is damaged."""
    file = Path(path)
    schema, data = _schema(), _load_bytes(file)
    with _reading(file):
        model = schema.Model.GetRootAs(data, 0)
        graph, kinds, types = model.Subgraphs(0), _names(schema.BuiltinOperator), _names(schema.TensorType)
        ops = [_operator(model, graph.Operators(i), kinds) for i in range(graph.OperatorsLength())]
        tensors = [_tensor(model, graph.Tensors(i), types) for i in range(graph.TensorsLength())]
    return TfliteGraph(ops, tensors)


def _operator(model: Any, op: Any, kinds: dict[int, str]) -> TfliteOp:
    code = model.OperatorCodes(op.OpcodeIndex())
    # files from before operator 127 existed fill only the deprecated field
    kind = kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    if kind == "CUSTOM":
        kind = f"CUSTOM:{(code.CustomCode() or b'').decode()}"
    inputs = [int(op.Inputs(i)) for i in range(op.InputsLength())]
    return TfliteOp(kind, inputs, [int(op.Outputs(i)) for i in range(op.OutputsLength())])


def _tensor(model: Any, tensor: Any, types: dict[int, str]) -> TfliteTensor:
    shape = tuple(int(tensor.Shape(i)) for i in range(tensor.ShapeLength()))
    name = (tensor.Name() or b"").decode()
    buffer = model.Buffers(tensor.Buffer())
    size = int(buffer.Size() or buffer.DataLength())
    return TfliteTensor(name, types[tensor.Type()], shape, size, int(tensor.Buffer()))
