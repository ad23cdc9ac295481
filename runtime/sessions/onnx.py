"""Runs an .onnx artefact in ONNX Runtime."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.artifact import METADATA_KEY, ArtifactInfo
from runtime.errors import HeadPoseError, MissingDependencyError, unknown_name
from runtime.rotation import sixd_to_rotation
from runtime.sessions.op_times import OpTime
from runtime.sessions.steps import Step

_BATCH = 16  # images per call: more costs memory and is no faster on a CPU
_ERRORS_ONLY = 3  # ONNX Runtime's log level
_PROFILE_WARMUP = 3
# ONNX Runtime's threads go on spinning after a run, for longer than a frame, and take the cores from the detector
# (LiteRT with two threads on two cores then takes twice its time). See onnxruntime_session_options_config_keys.h.
_NO_IDLE_SPIN = ("session.force_spinning_stop", "1")


def _package() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError("onnxruntime", "running an .onnx file", "onnx") from error
    return onnxruntime


class OnnxSession:
    """An .onnx artefact, opened.

    Args:
        path: the file.
        threads: threads inside one operator; None leaves ONNX Runtime's choice.
        provider: execution provider, e.g. 'CPUExecutionProvider' or 'CUDAExecutionProvider'.
        settings: attributes of ONNX Runtime's SessionOptions, by name; an enumeration's value by its own name, as
            {'graph_optimization_level': 'ORT_ENABLE_EXTENDED'}.

    Raises:
        HeadPoseError: damaged file, no head-pose metadata, a provider or a setting that this build does not have.
    """

    info: ArtifactInfo
    engine: str

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        provider: str = "CPUExecutionProvider",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        ort = _package()
        if provider not in ort.get_available_providers():
            raise unknown_name("provider of this onnxruntime", provider, ort.get_available_providers())
        self.path, self._provider = Path(path), provider
        self._options = ort.SessionOptions()
        self._options.log_severity_level = _ERRORS_ONLY
        self._options.intra_op_num_threads = threads or 0
        self._options.add_session_config_entry(*_NO_IDLE_SPIN)
        for name, value in (settings or {}).items():
            if not hasattr(self._options, name):
                known = [own for own in dir(self._options) if not own.startswith("_")]
                raise unknown_name("setting of ONNX Runtime's session", name, known)
            kind = type(getattr(self._options, name))
            setattr(self._options, name, getattr(kind, value) if isinstance(value, str) and kind is not str else value)
        try:
            self._session = ort.InferenceSession(str(self.path), self._options, providers=[provider])
        except Exception as error:  # ONNX Runtime raises classes of its own that share no public base
            raise HeadPoseError(
                f"{self.path} cannot be opened by ONNX Runtime ({_short(error)}): export it again"
            ) from error
        text = self._session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        if text is None:
            raise HeadPoseError(f"{self.path} carries no head-pose metadata: it was not made by headpose export")
        self.info = ArtifactInfo.from_json(text, str(self.path))
        self.engine = f"onnxruntime {ort.__version__} ({provider.removesuffix('ExecutionProvider')})"
        self._input = self._session.get_inputs()[0]
        if list(self._input.shape[2:]) != [self.info.input_size] * 2:
            raise HeadPoseError(
                f"the metadata of {self.path} promises {self.info.input_size} pixel images and its graph "
                f"takes {self._input.shape}: export it again"
            )

    def run(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """RGB images (N, S, S, 3) uint8 → rotations (N, 3, 3)."""
        from runtime.sessions import check_images

        check_images(images, self.info.input_size)
        batch = self._input.shape[0] if isinstance(self._input.shape[0], int) else _BATCH
        parts = [self._session.run(None, self._feed(images[i : i + batch]))[0] for i in range(0, len(images), batch)]
        output = np.concatenate(parts)
        return np.asarray(sixd_to_rotation(output) if self.info.output == "sixd" else output, dtype=np.float32)

    def _feed(self, images: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
        return {self._input.name: np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32)}

    def steps(self, image: npt.NDArray[np.uint8]) -> Iterator[Step]:
        """Every operator's output for one image (S, S, 3) uint8, in execution order, with graph optimisation off.

        Raises MissingDependencyError without the package onnx.
        """
        model, nodes = _with_all_outputs(self.path)
        options = _package().SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.intra_op_num_threads = self._options.intra_op_num_threads
        options.graph_optimization_level = _package().GraphOptimizationLevel.ORT_DISABLE_ALL
        session = _package().InferenceSession(model, options, providers=[self._provider])
        values = session.run([name for name, _ in nodes], self._feed(image[None]))
        for (name, kind), value in zip(nodes, values):
            yield Step(name, kind, np.asarray(value, dtype=np.float32))

    def operator_times(self, image: npt.NDArray[np.uint8], *, runs: int = 20) -> list[OpTime]:
        """Every operator's mean time for one image (S, S, 3) uint8, by ONNX Runtime's profiler, in execution order."""
        with tempfile.TemporaryDirectory() as folder:
            options = {"enable_profiling": True, "profile_file_prefix": str(Path(folder) / "profile")}
            profiled = OnnxSession(
                self.path, threads=self._options.intra_op_num_threads, provider=self._provider, settings=options
            )
            for _ in range(_PROFILE_WARMUP + runs):
                profiled.run(image[None])
            events = json.loads(Path(profiled._session.end_profiling()).read_text(encoding="utf-8"))
        return _op_times(events, runs)


def _op_times(events: list[dict[str, Any]], runs: int) -> list[OpTime]:
    """Nodes of a profile in Chrome's trace format; each node's last `runs` times count."""
    times: dict[tuple[str, str], list[float]] = {}
    for event in events:
        if event.get("cat") == "Node" and str(event.get("name", "")).endswith("_kernel_time"):
            key = event["name"].removesuffix("_kernel_time"), event["args"]["op_name"]
            times.setdefault(key, []).append(event["dur"] / 1e3)
    return [OpTime(name, kind, 1, float(np.mean(taken[-runs:]))) for (name, kind), taken in times.items()]


def _short(error: Exception) -> str:
    """The first line of an error, without ONNX Runtime's code prefix."""
    return str(error).splitlines()[0].rpartition(" : ")[2][:200]


def _with_all_outputs(path: Path) -> tuple[bytes, list[tuple[str, str]]]:
    """The model with every node's outputs as graph outputs, and (tensor name, operator type) of each in order."""
    try:
        import onnx
    except ImportError as error:
        raise MissingDependencyError("onnx", "walking an .onnx file operator by operator", "export") from error

    model = onnx.load(str(path))
    nodes = [(name, node.op_type) for node in model.graph.node for name in node.output if name]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name, _ in nodes)
    return model.SerializeToString(), nodes
