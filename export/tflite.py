"""Exports TFLite (LiteRT): litert-torch from PyTorch, NHWC in; fp16 stores the weights in half precision."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from torch import nn

from export.quiet import quiet
from export.spec import ExportSpec
from runtime.artifact import METADATA_KEY, ArtifactInfo
from runtime.errors import HeadPoseError

_ROOT = Path(__file__).resolve().parent.parent


class TfliteConversion:
    """A conversion that runs in another process; `result` waits for it, `close` ends it.

    Args:
        network: SixDRepNet as `reparameterize` returns it.
        spec: backbone, output and input size; the flatbuffer is float32 whatever its precision.
        bands: cut wide depthwise kernels (export/depthwise.py).
        quarter: take the untouched quarter into the 3×3 branch (export/branches.py).

    Raises:
        HeadPoseError: the weights cannot be handed over (full disk).
    """

    def __init__(self, network: nn.Module, spec: ExportSpec, *, bands: bool = True, quarter: bool = True) -> None:
        self._name = spec.file_name
        self._folder = tempfile.TemporaryDirectory(prefix="headpose-tflite-")
        job = Path(self._folder.name) / "job.json"
        try:
            self._write(job, network, spec, bands=bands, quarter=quarter)
        except Exception as error:  # safetensors has an error class of its own for a full disk
            self._folder.cleanup()
            raise HeadPoseError(f"cannot prepare {spec.file_name}: {error}") from error
        self._log = (job.parent / "log").open("w+", encoding="utf-8", errors="replace")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "export.tflite_worker", str(job)]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment)

    @staticmethod
    def _write(job: Path, network: nn.Module, spec: ExportSpec, **rewrites: bool) -> None:
        from safetensors.torch import save_file

        from export.quantize.silu import has_silu

        weights = {name: tensor.detach().contiguous().clone() for name, tensor in network.state_dict().items()}
        save_file(weights, job.with_name("weights.safetensors"))
        task = {"backbone": spec.backbone, "output": spec.output, "input_size": spec.input_size}
        task |= {**rewrites, "silu": has_silu(network)}
        job.write_text(json.dumps(task), encoding="utf-8")

    def result(self) -> tuple[bytes, float]:
        """The flatbuffer (input [1, S, S, 3], RGB 0–255) and the conversion's seconds; HeadPoseError if it failed."""
        code = self._process.wait()
        folder = Path(self._folder.name)
        if code != 0 or not (folder / "seconds").exists():
            self._log.seek(0)
            said = [line.strip() for line in self._log if line.strip()]
            why = said[-1] if said else "it said nothing"
            raise HeadPoseError(f"litert-torch could not make {self._name} (exit code {code}): {why}")
        return (folder / "model.tflite").read_bytes(), float((folder / "seconds").read_text())

    def close(self) -> None:
        """Stop the process if it still runs and remove its folder."""
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._folder.cleanup()


def halve_weights(flatbuffer: bytes) -> bytes:
    """Store every float32 constant as float16; arithmetic stays float32 on the CPU and is half on a GPU."""
    with quiet():
        from ai_edge_quantizer import quantizer

    with quiet(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(flatbuffer)
        tool = quantizer.Quantizer(str(path))
        tool.load_quantization_recipe(_float_casting_recipe())
        return bytes(tool.quantize().quantized_model)


def _float_casting_recipe() -> list[dict[str, object]]:
    weights = {"num_bits": 16, "symmetric": True, "granularity": "TENSORWISE", "dtype": "FLOAT", "block_size": 0}
    config = {
        "weight_tensor_config": weights,
        "compute_precision": "FLOAT",
        "explicit_dequantize": True,
        "skip_checks": False,
        "min_weight_elements": 0,
    }
    names = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    return [{"regex": ".*", "operation": op, "algorithm_key": "float_casting", "op_config": config} for op in names]


def write_tflite(flatbuffer: bytes, info: ArtifactInfo, path: Path) -> None:
    """Write the file, name its input and output as the record does, and embed the record in its metadata."""
    from runtime.tflite_file import Ends, write_tflite_metadata

    path.write_bytes(flatbuffer)
    ends = Ends(info.input["name"], info.output)
    write_tflite_metadata(path, {METADATA_KEY: info.to_json().encode()}, ends)
