"""What is inside an exported file: its record, its operators, where its bytes go, and whether it was altered."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from runtime.artifact import METADATA_KEY, ArtifactInfo, sha256_of, size_bytes
from runtime.errors import HeadPoseError, MissingDependencyError, unknown_name
from runtime.integrity import manifest_sha256

INSPECTION_SCHEMA = 1
_TYPE_NAMES = {"float": "float32", "fp16": "float16", "fp32": "float32"}  # ONNX's and Core ML's words for NumPy's


@dataclass(frozen=True)
class OperatorSummary:
    """All operators of one type."""

    kind: str
    """Operator type as the format spells it."""
    count: int
    """How many there are."""
    weight_bytes: int
    """Size of the constants that they read; a constant that several types share counts for the first."""


@dataclass(frozen=True)
class Inspection:
    """What `inspect` found."""

    file: str
    """File name."""
    format: str
    """'onnx', 'tflite' or 'coreml'."""
    size_bytes: int
    """Size on disk."""
    sha256: str
    """Hash of the file as it is."""
    manifest: str
    """'matches', 'altered' or 'not listed': the hash against the manifest.json beside the file."""
    info: ArtifactInfo | None
    """The embedded record; None for a file that headpose did not make."""
    operators: tuple[OperatorSummary, ...]
    """By weight, then by count, the largest first."""
    weight_bytes: dict[str, int]
    """Size of the constants by element type, e.g. {'float16': 4000000}."""
    schema: int = INSPECTION_SCHEMA
    """Version of this record."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


class _Content(NamedTuple):
    record: str | None
    counts: Counter[str]
    bytes_by_kind: Counter[str]
    bytes_by_type: Counter[str]


def inspect(path: str | Path) -> Inspection:
    """Read an .onnx, .tflite or .mlpackage back.

    Raises:
        HeadPoseError: no such file, another suffix, damaged, or the package that reads it is not installed.
    """
    file = Path(path)
    if not file.exists():
        raise HeadPoseError(f"{file} does not exist: give the path of an exported file (headpose export makes one)")
    if file.suffix not in _READERS:
        raise unknown_name("artefact suffix", file.suffix or file.name, _READERS)
    name, reader = _READERS[file.suffix]
    content = reader(file)
    digest, listed = sha256_of(file), manifest_sha256(file)
    summaries = [OperatorSummary(kind, n, content.bytes_by_kind[kind]) for kind, n in content.counts.items()]
    return Inspection(
        file=file.name,
        format=name,
        size_bytes=size_bytes(file),
        sha256=digest,
        manifest="not listed" if listed is None else "matches" if listed == digest else "altered",
        info=None if content.record is None else ArtifactInfo.from_json(content.record, str(file)),
        operators=tuple(sorted(summaries, key=lambda s: (-s.weight_bytes, -s.count, s.kind))),
        weight_bytes={_TYPE_NAMES.get(name, name): size for name, size in content.bytes_by_type.most_common()},
    )


def _read_onnx(file: Path) -> _Content:
    try:
        import onnx
    except ImportError as error:
        raise MissingDependencyError("onnx", "inspecting an .onnx file", "export") from error

    try:
        model = onnx.load(str(file))
    except Exception as error:  # protobuf's DecodeError and OSError share no useful base
        raise HeadPoseError(f"{file} is not a readable ONNX file ({error}): export it again") from error
    constants = {c.name: c for c in model.graph.initializer}
    by_kind: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    for node in model.graph.node:
        tensors = [constants.pop(name) for name in node.input if name in constants]
        tensors += [a.t for a in node.attribute if a.type == onnx.AttributeProto.TENSOR]
        for tensor in tensors:
            size = int(onnx.numpy_helper.to_array(tensor).nbytes)
            by_kind[node.op_type] += size
            by_type[onnx.TensorProto.DataType.Name(tensor.data_type).lower()] += size
    record = next((p.value for p in model.metadata_props if p.key == METADATA_KEY), None)
    return _Content(record, Counter(n.op_type for n in model.graph.node), by_kind, by_type)


def _read_tflite(file: Path) -> _Content:
    from runtime.tflite_file import read_tflite_graph, read_tflite_metadata

    graph, entry = read_tflite_graph(file), read_tflite_metadata(file).get(METADATA_KEY)
    by_kind: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    seen: set[int] = set()
    stored = {op.outputs[0]: op.inputs[0] for op in graph.ops if op.kind == "DEQUANTIZE"}
    for op in (op for op in graph.ops if op.kind != "DEQUANTIZE"):  # half-precision weights count for who reads them
        for tensor in (graph.tensors[stored.get(i, i)] for i in op.inputs if i >= 0):
            if tensor.constant_bytes and tensor.buffer not in seen:
                seen.add(tensor.buffer)
                by_kind[op.kind] += tensor.constant_bytes
                by_type[tensor.dtype.lower()] += tensor.constant_bytes
    record = None if entry is None else entry.decode("utf-8", "replace")
    return _Content(record, Counter(op.kind for op in graph.ops), by_kind, by_type)


def _read_coreml(file: Path) -> _Content:
    from runtime.mil import load_program

    program = load_program(file)
    by_kind: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    for kind, entry in program.census.items():
        by_kind[kind] = entry.weight_bytes
        if entry.weight_bytes:
            by_type["+".join(entry.weight_dtypes)] += entry.weight_bytes
    counts = Counter({kind: entry.count for kind, entry in program.census.items()})
    return _Content(program.metadata.get(METADATA_KEY), counts, by_kind, by_type)


_READERS = {
    ".onnx": ("onnx", _read_onnx),
    ".tflite": ("tflite", _read_tflite),
    ".mlpackage": ("coreml", _read_coreml),
}
