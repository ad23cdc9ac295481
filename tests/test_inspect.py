"""`headpose inspect`: the record, the operators and the bytes of an exported file, read back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import headpose
from export.inspect import inspect
from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError

SUFFIX = {"onnx": "onnx", "tflite": "tflite", "coreml": "mlpackage"}
# RepNeXt-M0 folded: parameters without a classifier, and the 6D head
PARAMETERS = 2_007_080 + 320 * 6 + 6
CONVOLUTIONS = {"onnx": ("Conv",), "tflite": ("CONV_2D", "DEPTHWISE_CONV_2D"), "coreml": ("conv",)}
GELU = {"onnx": "Gelu", "tflite": "GELU", "coreml": "gelu"}


def _file(folder: Path, target: str, precision: str = "fp32") -> Path:
    return folder / f"sixdrepnet_repnext_m0_{precision}.{SUFFIX[target]}"


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("target", list(SUFFIX))
def test_operators_and_bytes(target: str, precision: str, exported_m0: Path) -> None:
    path = _file(exported_m0, target, precision)
    found = inspect(path)
    counts = {op.kind: op.count for op in found.operators}
    assert found.format == target
    # 14 blocks of 4 + 2, 3 downsamples of 2 + 2, 2 in the stem, 1 head; a GELU in each of 14 + 3, 1 in the stem
    # a .tflite holds the 7×7 kernel of a block as three bands
    bands = 14 * 2 if target == "tflite" else 0
    assert sum(counts.get(kind, 0) for kind in CONVOLUTIONS[target]) == 14 * 6 + 3 * 4 + 2 + 1 + bands
    assert counts[GELU[target]] == 18
    element = {"fp32": 4, "fp16": 2}[precision]
    total = sum(found.weight_bytes.values())
    assert PARAMETERS * element * 0.999 < total < PARAMETERS * element * 1.012  # TFLite keeps biases in float32
    assert found.weight_bytes[{"fp32": "float32", "fp16": "float16"}[precision]] / total > 0.98
    assert sum(op.weight_bytes for op in found.operators) == total
    assert total < found.size_bytes < total * 1.1
    assert found.operators[0].kind in CONVOLUTIONS[target]  # the largest first


@pytest.mark.parametrize("target", list(SUFFIX))
def test_the_record_comes_back(target: str, exported_m0: Path) -> None:
    path = _file(exported_m0, target, "fp16")
    found = inspect(path)
    assert found.info is not None
    assert (found.info.target, found.info.backbone, found.info.precision) == (target, "repnext_m0", "fp16")
    assert found.sha256 == sha256_of(path)
    assert found.manifest == "matches"
    listed = json.loads((exported_m0 / "manifest.json").read_text())["artifacts"]
    entry = next(e for e in listed if e["file"] == path.name)
    assert found.as_dict()["info"].items() <= entry.items()  # the manifest says the same


@pytest.mark.parametrize("target", list(SUFFIX))
def test_json_follows_the_schema(target: str, exported_m0: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    import export

    assert headpose.main(["inspect", str(_file(exported_m0, target)), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    schema = json.loads((Path(export.__file__).parent / "inspection.schema.json").read_text())
    jsonschema.validate(result, schema)
    assert result["format"] == target


def test_the_table_says_what_a_person_must_know(
    exported_m0: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    from runtime.artifact import METADATA_KEY
    from runtime.tflite_file import write_tflite_metadata

    path = Path(shutil.copy(_file(exported_m0, "tflite"), tmp_path))
    info = inspect(path).info
    assert info is not None
    figures = {"passed": True, "mean_deg": 0.01234, "max_deg": 0.0567, "images": 29, "engine": "LiteRT 2.3.0"}
    write_tflite_metadata(path, {METADATA_KEY: replace(info, parity=figures).to_json().encode()})
    assert headpose.main(["inspect", str(path)]) == 0
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    words = ("no manifest.json names it", "seeded weights, the poses mean nothing", "DEPTHWISE_CONV_2D")
    for expected in (*words, "passed: mean 0.0123°, max 0.0567° over 29 images, LiteRT 2.3.0"):
        assert expected in text, expected


def test_an_altered_file_is_shown_and_counts_as_a_failed_check(
    exported_m0: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from runtime.tflite_file import write_tflite_metadata

    shutil.copy(exported_m0 / "manifest.json", tmp_path)
    path = Path(shutil.copy(_file(exported_m0, "tflite"), tmp_path))
    write_tflite_metadata(path, {"extra": b"x"})
    assert headpose.main(["inspect", str(path)]) == 1
    assert "ALTERED" in capsys.readouterr().out


def test_a_file_of_somebody_else_has_no_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "g", [value], [value])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "other.onnx"))
    found = inspect(tmp_path / "other.onnx")
    assert (found.info, found.manifest, found.weight_bytes) == (None, "not listed", {})
    assert headpose.main(["inspect", str(tmp_path / "other.onnx")]) == 0
    assert "not made by headpose export" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.onnx", None, "does not exist"),
        ("a.bin", b"x", "unknown artefact suffix '.bin'"),
        ("a.onnx", b"<html></html>", "is not a readable ONNX file"),
        ("a.tflite", b"<html></html>", "is not a TFLite model"),
        ("a.mlpackage", b"<html></html>", "is not a Core ML package"),
    ],
    ids=["missing", "suffix", "onnx", "tflite", "coreml"],
)
def test_bad_files(name: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(HeadPoseError, match=message):
        inspect(tmp_path / name)
