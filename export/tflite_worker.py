"""The process in which litert-torch converts: ``python -m export.tflite_worker JOB.json``.

A process of its own for two reasons: the converter's native code ends the whole process when it fails (a full disk is
enough), and it can run beside the other targets on a second core. Written and read by `export.tflite` alone.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


def write_flatbuffer(graph: Any, input_size: int, path: Path) -> None:
    """Convert an NHWC module in this process, and write it.

    Args:
        graph: in eval mode; takes (1, S, S, 3).
        input_size: S.
        path: of the flatbuffer.
    """
    import torch

    import litert_torch  # isort: skip  (after torch: it patches it)

    with torch.no_grad():
        litert_torch.convert(graph, (torch.zeros(1, input_size, input_size, 3),)).export(str(path))


def convert(job: Path) -> None:
    """Read a job file and write the float32 flatbuffer and the seconds that the conversion took beside it."""
    from safetensors.torch import load_file

    from export.graph import ExportGraph
    from export.quantize.silu import put_silu
    from export.rewrites import rewritten
    from training.models.reparam import reparameterize
    from training.models.sixdrepnet import build_sixdrepnet

    task = json.loads(job.read_text(encoding="utf-8"))
    network = reparameterize(build_sixdrepnet(task["backbone"]))
    if task["silu"]:
        put_silu(network)
    network.load_state_dict(load_file(job.with_name("weights.safetensors")))
    start = time.monotonic()
    graph = ExportGraph(network, output=task["output"], layout="NHWC")
    graph = rewritten(graph, "tflite", bands=task["bands"], quarter=task["quarter"])
    write_flatbuffer(graph, task["input_size"], job.with_name("model.tflite"))
    job.with_name("seconds").write_text(str(time.monotonic() - start))


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
