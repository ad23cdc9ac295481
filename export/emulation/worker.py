"""Runs inside the emulation: one model over a batch of images, by the engine of the aarch64 wheels.

    python3.11 -I -S worker.py SITE JOB.npz RESULT.npz

A program of its own that imports NumPy, one engine and the standard library: the arm64 Python knows nothing of this
project. SITE is the folder that holds the unpacked wheels, '' for the packages of the Python that runs it. Every image
that is done prints a line, so that a bar can move; the last line of the error stream says why a run failed.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

DONE = "image done"
DISTRIBUTIONS = {"onnx": "onnxruntime", "tflite": "ai-edge-litert"}  # target → package that runs it


def main(arguments: list[str]) -> int:
    """Run a job: SITE, job file, result file. 0 and a result file, or 1 and a last line that says what went wrong.

    The job holds `images` (N, S, S, 3) uint8 RGB, `model` (path) and `target`; the result holds `outputs` (N, …)
    float32 as the file gives them, six numbers or a matrix, and `facts`, a JSON text about the machine and versions.
    """
    site, job, result = arguments
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves an exit code, not a core file
    if site:
        sys.path.insert(0, site)
    try:
        _work(Path(job), Path(result))
    except Exception as error:  # whatever the engine raises: the caller wants one line
        print(f"{type(error).__name__}: {' '.join(str(error).split())}"[:500], file=sys.stderr)
        return 1
    return 0


def _work(job: Path, result: Path) -> None:
    import numpy as np

    with np.load(job) as stored:
        images, model, target = stored["images"], str(stored["model"]), str(stored["target"])
    run = {"onnx": _onnx, "tflite": _tflite}[target](model)
    outputs = np.concatenate(list(_each(run, images)))
    part = result.with_name(f"part-{result.name}")
    np.savez(part, outputs=outputs.astype(np.float32), facts=np.array(json.dumps(_facts(target))))
    os.replace(part, result)


def _each(run: Callable[[Any], Any], images: Any) -> Iterator[Any]:
    for image in images:
        yield run(image[None])
        print(DONE, flush=True)


def _facts(target: str) -> dict[str, Any]:
    """What ran: the machine and processor features as the emulation shows them, and versions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    features = next((line.partition(":")[2].split() for line in lines if line.startswith(("Features", "flags"))), [])
    return {
        "machine": platform.machine(),
        "features": features,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "engine": f"{DISTRIBUTIONS[target]} {version(DISTRIBUTIONS[target])}",
    }


def _onnx(model: str) -> Callable[[Any], Any]:
    """Images (1, S, S, 3) uint8 → the output (1, …), by ONNX Runtime with one thread."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(image: Any) -> Any:
        return session.run(None, {name: np.ascontiguousarray(image.transpose(0, 3, 1, 2), dtype=np.float32)})[0]

    return run


def _tflite(model: str) -> Callable[[Any], Any]:
    """Images (1, S, S, 3) uint8 → the output (1, …) in float32, by LiteRT with XNNPACK and one thread."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=model, num_threads=1)
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(image: Any) -> Any:
        values = image.astype(np.float32)
        if source["dtype"] != np.float32:  # a fully quantised file
            scale, zero = source["quantization"]
            limits = np.iinfo(source["dtype"])
            values = np.clip(np.round(values / scale + zero), limits.min, limits.max).astype(source["dtype"])
        interpreter.set_tensor(source["index"], values)
        interpreter.invoke()
        output = interpreter.get_tensor(sink["index"])
        if output.dtype == np.float32:
            return output
        scale, zero = sink["quantization"]
        return ((output.astype(np.float32) - zero) * scale).astype(np.float32)

    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
