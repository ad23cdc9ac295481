"""The whole export: files, metadata and manifest agree, and a failed gate keeps its file out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import headpose
from runtime.artifact import sha256_of
from runtime.rotation import geodesic_deg, sixd_to_rotation
from runtime.sessions import open_session

FILES = [f"sixdrepnet_repnext_m0_{p}{s}" for p in ("fp32", "fp16") for s in (".onnx", ".tflite", ".mlpackage")]


def _manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def test_manifest_matches_its_schema(exported_m0: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(__file__).parent.parent / "export" / "manifest.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(_manifest(exported_m0))


def test_folder_holds_what_the_manifest_says(exported_m0: Path) -> None:
    entries = {entry["file"]: entry for entry in _manifest(exported_m0)["artifacts"]}
    assert sorted(entries) == sorted(FILES)
    assert sorted(p.name for p in exported_m0.iterdir()) == sorted([*FILES, "manifest.json"])
    for name, entry in entries.items():
        assert entry["sha256"] == sha256_of(exported_m0 / name)


@pytest.mark.parametrize("name", FILES)
def test_metadata_inside_equals_the_manifest(exported_m0: Path, name: str) -> None:
    entry = next(e for e in _manifest(exported_m0)["artifacts"] if e["file"] == name)
    inside = json.loads(json.dumps(asdict(open_session(exported_m0 / name).info)))
    assert inside == {key: value for key, value in entry.items() if key not in ("file", "sha256", "size_bytes")}
    assert inside["checkpoint"]["trained"] is False
    assert inside["conventions"]["rotation"].startswith("R = Rz(roll) Ry(yaw) Rx(pitch)")


def test_half_precision_files_are_half_as_large(exported_m0: Path) -> None:
    sizes = {entry["file"]: entry["size_bytes"] for entry in _manifest(exported_m0)["artifacts"]}
    for suffix in (".onnx", ".tflite", ".mlpackage"):
        ratio = sizes[f"sixdrepnet_repnext_m0_fp16{suffix}"] / sizes[f"sixdrepnet_repnext_m0_fp32{suffix}"]
        assert 0.45 < ratio < 0.65, suffix


def test_sixd_output_decodes_to_the_same_rotations(exported_m0: Path, tmp_path: Path) -> None:
    result = headpose.export(
        "untrained", "repnext_m0", targets=["onnx"], precisions=["fp32"], output="sixd", out=tmp_path, parity=False
    )
    path = result.artifacts[0].path
    images = np.random.default_rng(5).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    onnxruntime = pytest.importorskip("onnxruntime")
    raw = onnxruntime.InferenceSession(path).run(None, {"image": images.transpose(0, 3, 1, 2).astype(np.float32)})[0]
    assert raw.shape == (3, 6)
    rotations = open_session(exported_m0 / "sixdrepnet_repnext_m0_fp32.onnx").run(images)
    assert geodesic_deg(sixd_to_rotation(raw), rotations).max() < 0.01
    assert geodesic_deg(open_session(path).run(images), rotations).max() < 0.01


def test_another_size_and_a_second_export_join_the_manifest(tmp_path: Path) -> None:
    for precision in ("fp32", "fp16"):
        headpose.export(
            "untrained",
            "repnext_m0",
            targets=["onnx"],
            precisions=[precision],
            input_size=97,
            out=tmp_path,
            parity=False,
        )
    entries = _manifest(tmp_path)["artifacts"]
    assert [e["precision"] for e in entries] == ["fp16", "fp32"]
    assert {e["input_size"] for e in entries} == {97}
    images = np.random.default_rng(6).integers(0, 256, (2, 97, 97, 3), dtype=np.uint8)
    fp32, fp16 = (open_session(tmp_path / e["file"]).run(images) for e in reversed(entries))
    assert geodesic_deg(fp32, fp16).max() < 0.5


@pytest.mark.parametrize("allow_failed", [False, True], ids=["kept out", "kept on request"])
def test_a_failed_gate(allow_failed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from export import gates

    impossible = {key: gates.Gate(max_deg=-1.0, reason="nothing passes") for key in gates.GATES}
    monkeypatch.setattr(gates, "GATES", impossible)
    command = [
        "export",
        "--backbone",
        "repnext_m0",
        "--size",
        "64",
        "--targets",
        "onnx",
        "--precision",
        "fp32",
        "--json",
    ]
    code = headpose.main([*command, "--out", str(tmp_path), *(["--allow-failed"] if allow_failed else [])])
    assert code == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["passed"] is False
    assert printed["artifacts"][0]["parity"]["passed"] is False
    assert printed["artifacts"][0]["written"] is allow_failed
    assert bool(list(tmp_path.glob("*.onnx"))) is allow_failed
    assert len(_manifest(tmp_path)["artifacts"]) == int(allow_failed)


@pytest.mark.parametrize("backbone", ["timm:mobilenetv4_conv_small", "repvgg_a0"])
def test_other_backbones_pass_their_gates(backbone: str, tmp_path: Path) -> None:
    """mobilenetv4 has a convolution after its pooling, which a plain mean of its feature map would miss."""
    result = headpose.export("untrained", backbone, targets=["onnx"], input_size=64, out=tmp_path)
    assert result.passed
    assert [e.path.name for e in result.artifacts] == [
        f"sixdrepnet_{backbone.replace(':', '_')}_{p}.onnx" for p in ("fp32", "fp16")
    ]


def test_a_backbone_that_a_converter_refuses_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from export import onnx as exporter
    from runtime.errors import HeadPoseError

    def refuse(graph: object, spec: object) -> None:
        raise NotImplementedError("no rule for aten::roll\nand a long story")

    monkeypatch.setattr(exporter, "to_onnx", refuse)
    with pytest.raises(
        HeadPoseError, match=r"^onnx cannot take repnext_m0 \(NotImplementedError: no rule for aten::roll\)"
    ):
        headpose.export("untrained", "repnext_m0", targets=["onnx"], precisions=["fp32"], out=tmp_path)
    assert list(tmp_path.iterdir()) == []
