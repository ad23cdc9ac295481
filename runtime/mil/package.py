"""Reads an .mlpackage with coremltools: the only module of the runtime that imports it."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import HeadPoseError, MissingDependencyError

_COLOURS = {10: "GRAYSCALE", 20: "RGB", 30: "BGR", 40: "GRAYSCALE_FLOAT16"}  # ImageFeatureType.ColorSpace
_ARRAY_TYPES = {65552: "fp16", 65568: "fp32", 65600: "fp64", 131080: "int8", 131104: "int32"}


@dataclass(frozen=True)
class Feature:
    """An input or output as the package describes it to a host."""

    name: str
    """Name in the package's interface."""
    kind: str
    """'image' or 'tensor'."""
    dtype: str
    """MIL type of a tensor, 'uint8' for an image."""
    shape: tuple[int, ...]
    """Shape of a tensor; (height, width) of an image."""
    color_layout: str | None = None
    """'RGB', 'BGR', 'GRAYSCALE' or 'GRAYSCALE_FLOAT16' for an image; None for a tensor."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without coremltools' warnings on Linux: Core ML's own libraries are missing there, which we know."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def coremltools() -> Any:
    """The coremltools package; MissingDependencyError with the install line if it is absent."""
    try:
        with _quiet():
            return importlib.import_module("coremltools")
    except ModuleNotFoundError as error:
        raise MissingDependencyError("coremltools", "opening an .mlpackage", "coreml") from error


def _check_folder(path: Path) -> None:
    if not path.exists():
        raise HeadPoseError(f"{path} does not exist: give the path of an .mlpackage (headpose export makes one)")
    if not path.is_dir() or not (path / "Manifest.json").is_file():
        raise HeadPoseError(f"{path} is not a Core ML package (a folder with Manifest.json): export it again")


def open_model(path: Path) -> Any:
    """The package as a coremltools MLModel that is not handed to Core ML.

    Raises:
        HeadPoseError: no such folder, not a package, or its specification cannot be read.
    """
    _check_folder(path)
    ct = coremltools()
    try:
        with _quiet():
            return ct.models.MLModel(str(path), skip_model_load=True)
    except Exception as error:  # protobuf, JSON and C++ readers each raise their own kind
        raise HeadPoseError(f"{path} is damaged ({_first_line(error)}): export it again") from error


def predictor(path: Path, compute_units: str) -> Any:
    """The package loaded by Core ML itself, on macOS only; `compute_units` is a name of coremltools.ComputeUnit."""
    _check_folder(path)
    ct = coremltools()
    try:
        return ct.models.MLModel(str(path), compute_units=ct.ComputeUnit[compute_units])
    except Exception as error:
        raise HeadPoseError(f"Core ML cannot load {path} ({_first_line(error)}): export it again") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def load_function(model: Any, path: Path) -> Any:
    """The main function of the package's ML Program in PyMIL, weights included.

    Raises:
        HeadPoseError: an old neural-network model, missing or damaged weights, or a construct that PyMIL refuses.
    """
    spec = model.get_spec()
    if spec.WhichOneof("Type") != "mlProgram":
        raise HeadPoseError(f"{path} is a {spec.WhichOneof('Type')}, not an ML Program: convert it for iOS15 or newer")
    _check_weights(model, path)
    loader = importlib.import_module("coremltools.converters.mil.frontend.milproto.load")
    try:
        with _quiet():
            program = loader.load(spec, spec.specificationVersion, file_weights_dir=model.weights_dir)
    except Exception as error:
        raise HeadPoseError(f"the program of {path} cannot be read ({_first_line(error)}): export it again") from error
    name = spec.description.defaultFunctionName or "main"
    if name not in program.functions:
        raise HeadPoseError(
            f"{path} has no function '{name}' (it has: {', '.join(program.functions)}): export it again"
        )
    return program.functions[name]


def _check_weights(model: Any, path: Path) -> None:
    """Every blob must lie inside its file: the C++ reader may crash on a file that was cut off."""
    spec, folder = model.get_spec(), Path(model.weights_dir or path)
    for function in spec.mlProgram.functions.values():
        for block in function.block_specializations.values():
            for operation in block.operations:
                _check_blobs(operation, folder)


def _check_blobs(operation: Any, folder: Path) -> None:
    arguments = [a for argument in operation.inputs.values() for a in argument.arguments]
    values = [*operation.attributes.values(), *(a.value for a in arguments if a.WhichOneof("binding") == "value")]
    for value in values:
        if value.WhichOneof("value") != "blobFileValue":
            continue
        file = folder / value.blobFileValue.fileName.rsplit("/", 1)[-1]
        if not file.is_file():
            raise HeadPoseError(f"the weights {file} are missing: copy the whole package, or export it again")
        _check_blob(file, value.blobFileValue.offset)


def _check_blob(file: Path, offset: int) -> None:
    """A blob starts with 0xDEADBEEF, its type (4 bytes), its size and its data's offset (8 bytes each)."""
    with file.open("rb") as stream:
        stream.seek(offset)
        header = stream.read(24)
    size, data = int.from_bytes(header[8:16], "little"), int.from_bytes(header[16:24], "little")
    if header[:4] != b"\xef\xbe\xad\xde" or data + size > file.stat().st_size:
        raise HeadPoseError(f"the weights {file} are cut off or damaged at byte {offset}: export the package again")


def features(descriptions: Any) -> tuple[Feature, ...]:
    """`spec.description.input` or `.output` as records."""
    return tuple(_feature(d) for d in descriptions)


def _feature(description: Any) -> Feature:
    kind = description.type.WhichOneof("Type")
    if kind == "imageType":
        image = description.type.imageType
        return Feature(
            description.name, "image", "uint8", (image.height, image.width), _COLOURS.get(image.colorSpace, "unknown")
        )
    array = description.type.multiArrayType
    return Feature(description.name, "tensor", _ARRAY_TYPES.get(array.dataType, "unknown"), tuple(array.shape))
