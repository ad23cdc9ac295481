"""A manifest.json with every field that export writes, and which of its files is picked for what is asked."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from export.spec import SUFFIXES, ExportSpec, describe
from runtime.artifact import CheckpointInfo

from .record_cases import COMMIT

Case = dict[str, Any]

ARTEFACTS = (  # backbone, target, precision; sorted by file name as a manifest is
    ("repnext_m0", "coreml", "fp16"),
    ("repnext_m0", "onnx", "fp16"),
    ("repnext_m4", "coreml", "fp16"),
    ("repnext_m4", "coreml", "int8"),
    ("repnext_m4", "tflite", "int8_static"),
)
PARITY = {
    "engine": "mil-executor (stored)",
    "mean_deg": 0.019559717412042647,
    "p95_deg": 0.08304567437844776,
    "max_deg": 0.12130027735434053,
    "passed": True,
    "images": 45,
    "gate": {"max_deg": 0.5, "mean_deg": 0.1},
}
QUANTIZATION = {
    "equalized": True,
    "biases_corrected": True,
    "compensated": False,
    "sigmoid_gelu": False,
    "clipping": "mse",
    "wide": ["head"],
    "calibration": {"source": "shipped", "text": "64 crops", "count": 64, "skipped": 0, "sha256": "4e" * 32},
}
ASKED = (  # target, precision, backbone, files that are there (None: all)
    ("coreml", "fp16", "repnext_m4", None),
    ("coreml", "fp16", None, None),
    ("coreml", "int8", None, None),
    ("tflite", "int8_static", "repnext_m4", None),
    ("coreml", "palette4", None, None),
    ("coreml", "int8", "repnext_m0", None),
    ("tflite", "fp32", None, None),
    ("coreml", "fp16", None, ["sixdrepnet_repnext_m4_fp16.mlpackage"]),
    ("coreml", "fp16", "repnext_m0", ["sixdrepnet_repnext_m4_fp16.mlpackage"]),
    ("coreml", "fp16", None, []),
)


def manifest() -> Case:
    return {"schema": 1, "artifacts": [_entry(number, *names) for number, names in enumerate(ARTEFACTS)]}


def _entry(number: int, backbone: str, target: str, precision: str) -> Case:
    checkpoint = CheckpointInfo("default-m0", "5f" * 32, True, "rendered heads", "Apache-2.0")
    if backbone == "repnext_m4":
        checkpoint = replace(checkpoint, source="untrained", trained=False, training_data="none")
    spec = ExportSpec(backbone, target, precision)
    told = describe(spec, checkpoint, {"commit": COMMIT, "dirty": False})
    told = replace(told, tools={"torch": "2.14.1"}, created="2026-11-26T14:12:51+00:00", parity=PARITY)
    if spec.quantized:
        told = replace(told, quantization=QUANTIZATION)
    return {"file": spec.file_name, "sha256": f"{number}a" * 32, "size_bytes": 4223017 + number, **asdict(told)}


def picks() -> dict[str, list[Case]]:
    """`file` is the first of the manifest's order that fits and is there; None where there is none."""
    entries, cases = manifest()["artifacts"], []
    for target, precision, backbone, there in ASKED:
        fits = [
            e["file"]
            for e in entries
            if (e["target"], e["precision"]) == (target, precision) and backbone in (None, e["backbone"])
        ]
        here = [file for file in fits if there is None or file in there]
        name = f"{target} {precision} {backbone or 'any'}, {'all' if there is None else len(there)} there"
        asked = {"target": target, "precision": precision, "backbone": backbone, "present": there}
        cases.append(
            {"name": name, **asked, "file": here[0] if here else None, "listed_but_absent": sorted({*fits} - {*here})}
        )
    return {"picks": cases, "suffixes": [{"name": t, "suffix": s} for t, s in SUFFIXES.items()]}
