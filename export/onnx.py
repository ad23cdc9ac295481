"""Exports ONNX: torch.onnx (dynamo), simplified by onnxsim, checked; fp16 keeps float32 in, out and in the decoding."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from export.graph import ExportGraph, decode_sixd
from export.quiet import quiet
from export.spec import ExportSpec
from runtime.artifact import METADATA_KEY, ArtifactInfo
from runtime.errors import HeadPoseError

OPSET = 20  # the first with an operator for the exact GELU


class _HalfBody(nn.Module):
    """float32 image → normalised in float32 → half-precision backbone and head → decoded in float32."""

    def __init__(self, graph: ExportGraph) -> None:
        super().__init__()
        self.normalize = graph.normalize
        self.half_graph = copy.deepcopy(graph).half()
        self.eval()

    def forward(self, image: Tensor) -> Tensor:
        sixd = self.half_graph.sixd(self.normalize(image).half()).float()
        return sixd.reshape(-1, 6) if self.half_graph.output == "sixd" else decode_sixd(sixd)


def to_onnx(graph: ExportGraph, spec: ExportSpec) -> Any:
    """Convert to an in-memory `onnx.ModelProto` with a dynamic batch axis.

    Args:
        graph: NCHW export graph with the normalisation inside.
        spec: precision and input size.

    Raises:
        HeadPoseError: the simplified graph is not valid ONNX.
    """
    with quiet():
        import onnx
        import onnxsim

    module: nn.Module = _HalfBody(graph) if spec.precision == "fp16" else graph
    example = torch.zeros(2, 3, spec.input_size, spec.input_size)
    with quiet(), torch.no_grad():
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=["image"],
            output_names=[spec.output],
            dynamic_shapes={"image": {0: torch.export.Dim("batch", min=1, max=4096)}},
            external_data=False,
            verbose=False,
        )
        assert program is not None
        model, _ = onnxsim.simplify(program.model_proto)
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.checker.ValidationError as error:  # pragma: no cover - a converter fault, not the user's
        raise HeadPoseError(f"the exported ONNX graph is not valid ({error}): please report this") from error
    return model


def write_onnx(model: Any, info: ArtifactInfo, path: Path) -> None:
    """Embed the record (replacing an older one) and write the file."""
    import onnx

    facts = {
        METADATA_KEY: info.to_json(),
        "author": "6DRepNeXt",
        "license": info.license,
        "description": f"Head pose ({info.backbone}, {info.precision}): RGB 0-255 in, {info.output} out",
    }
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, facts)
    path.write_bytes(model.SerializeToString())
