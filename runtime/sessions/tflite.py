"""Runs a .tflite artefact in LiteRT."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.artifact import METADATA_KEY, ArtifactInfo
from runtime.errors import HeadPoseError
from runtime.litert import litert_package, open_interpreter
from runtime.rotation import sixd_to_rotation
from runtime.sessions.op_times import OpTime
from runtime.sessions.steps import Step
from runtime.tflite_file import TfliteGraph, TfliteOp, read_tflite_graph, read_tflite_metadata

_ALWAYS_NHWC = {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
_TO_NCHW = (0, 3, 1, 2)
_TO_NHWC = (0, 2, 3, 1)
_PURPOSE = "running a .tflite file"


def _open(path: Path, **options: Any) -> Any:
    try:
        return open_interpreter(_PURPOSE, model_path=str(path), **options)
    except (ValueError, RuntimeError) as error:
        raise HeadPoseError(f"{path} cannot be opened by LiteRT ({error}): export it again") from error


class TfliteSession:
    """A .tflite artefact, opened; it takes images one by one.

    Args:
        path: the file.
        threads: threads of the engine; None leaves LiteRT's choice.

    Raises:
        HeadPoseError: damaged file or no head-pose metadata.
    """

    info: ArtifactInfo
    engine: str

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        from importlib.metadata import version

        self.path, self._threads = Path(path), threads
        text = read_tflite_metadata(self.path).get(METADATA_KEY)
        if text is None:
            raise HeadPoseError(f"{self.path} carries no head-pose metadata: it was not made by headpose export")
        self.info = ArtifactInfo.from_json(text.decode("utf-8", "replace"), str(self.path))
        self._interpreter = _open(self.path, num_threads=threads)
        self.engine = f"LiteRT {version('ai-edge-litert')} (XNNPACK)"
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        shape, size = self._input["shape"].tolist(), self.info.input_size
        if shape != [1, size, size, 3]:
            raise HeadPoseError(
                f"the metadata of {self.path} promises {size} pixel images and its graph takes {shape}: export it again"
            )

    def run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """RGB images (N, S, S, 3) uint8 → rotations (N, 3, 3)."""
        from runtime.sessions import check_images

        check_images(images, self.info.input_size)
        output = np.concatenate([self._run_one(image) for image in images])
        return np.asarray(sixd_to_rotation(output) if self.info.output == "sixd" else output, dtype=np.float32)

    def _run_one(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        self._interpreter.set_tensor(self._input["index"], _quantize(image[None].astype(np.float32), self._input))
        self._interpreter.invoke()
        return _dequantize(self._interpreter.get_tensor(self._output["index"]), self._output)

    def steps(self, image: npt.NDArray[np.uint8]) -> Iterator[Step]:
        """Every operator's output for one image (S, S, 3) uint8, in execution order, by LiteRT's plain kernels.

        Images and feature maps come as (N, C, H, W), integers dequantised, so that they compare with PyTorch's.
        """
        walker = _open(
            self.path,
            num_threads=self._threads,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=litert_package(_PURPOSE).OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        walker.set_tensor(self._input["index"], _quantize(image[None].astype(np.float32), self._input))
        walker.invoke()
        graph = read_tflite_graph(self.path)
        channels_last = _channels_last(graph, self._input["index"], walker)
        details = {d["index"]: d for d in walker.get_tensor_details()}
        for op in graph.ops:
            for index in op.outputs:
                value = _dequantize(walker.get_tensor(index), details[index])
                shown = value.transpose(_TO_NCHW) if index in channels_last else value
                yield Step(graph.tensors[index].name, op.kind, shown)

    def operator_times(self, image: npt.NDArray[np.uint8], *, runs: int = 20) -> list[OpTime]:
        """Every operator's mean time for one image (S, S, 3) uint8, by LiteRT's profiler, in execution order.

        Raises HeadPoseError for a file whose input or output is not float32.
        """
        from runtime.litert_profile import operator_times

        if {self._input["dtype"], self._output["dtype"]} != {np.float32}:
            raise HeadPoseError(
                f"{self.path} takes integers: its operators can be timed in files with float32 ends only"
            )
        shape = self._output["shape"].tolist()
        return operator_times(self.path, image[None].astype(np.float32), shape, threads=self._threads or 1, runs=runs)


def _quantize(value: npt.NDArray[np.float32], tensor: dict[str, Any]) -> npt.NDArray[Any]:
    """To the tensor's own type; the contract is float32, a fully quantised file takes integers."""
    if tensor["dtype"] == np.float32:
        return value
    scale, zero = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    return np.clip(np.round(value / scale + zero), limits.min, limits.max).astype(tensor["dtype"])


def _dequantize(value: npt.NDArray[Any], tensor: dict[str, Any]) -> npt.NDArray[np.float32]:
    """To float32; scales along the quantised axis where there are several."""
    parameters = tensor["quantization_parameters"]
    if not len(parameters["scales"]):
        return np.asarray(value, dtype=np.float32)
    shape = [1] * value.ndim
    if len(parameters["scales"]) > 1:
        shape[parameters["quantized_dimension"]] = -1
    scale, zero = parameters["scales"].reshape(shape), parameters["zero_points"].reshape(shape)
    return np.asarray((value.astype(np.float32) - zero) * scale, dtype=np.float32)


def _channels_last(graph: TfliteGraph, input_index: int, walker: Any) -> set[int]:
    """Numbers of the four-dimensional tensors laid out (N, H, W, C), followed through the graph from its input."""
    found = {input_index}
    for op in graph.ops:
        if _gives_channels_last(op, found, walker):
            found.update(i for i in op.outputs if len(graph.tensors[i].shape) == 4)
    return found


def _gives_channels_last(op: TfliteOp, known: set[int], walker: Any) -> bool:
    if op.kind in _ALWAYS_NHWC:
        return True
    follows = any(index in known for index in op.inputs)
    if op.kind != "TRANSPOSE":
        return follows
    order = tuple(walker.get_tensor(op.inputs[1]).tolist())
    return order != _TO_NCHW if follows else order == _TO_NHWC
