"""ONNX artefacts in ONNX Runtime: same rotations as PyTorch, every operator visible, damaged files refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.artifact import METADATA_KEY, sha256_of
from runtime.errors import HeadPoseError
from runtime.integrity import check_against_manifest, manifest_sha256
from runtime.rotation import sixd_to_rotation
from runtime.sessions import open_session
from runtime.sessions.onnx import OnnxSession

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

NAME = "sixdrepnet_repnext_m0_fp32.onnx"
IMAGES = np.random.default_rng(5).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def session(exported_m0: Path) -> OnnxSession:
    opened = open_session(exported_m0 / NAME, threads=1)
    assert isinstance(opened, OnnxSession)
    return opened


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_rotations_are_pytorchs(precision: str, exported_m0: Path) -> None:
    torch = pytest.importorskip("torch")
    from training.models.checkpoints import open_checkpoint

    network = open_checkpoint("untrained", "repnext_m0").model.eval()
    mean, std = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
    normalized = ((IMAGES / 255.0 - mean) / std).transpose(0, 3, 1, 2).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(normalized)).numpy()
    actual = open_session(exported_m0 / f"sixdrepnet_repnext_m0_{precision}.onnx", threads=1).run(IMAGES)
    np.testing.assert_allclose(actual, expected, atol={"fp32": 2e-5, "fp16": 5e-3}[precision])


def test_rotations_of_a_batch_are_those_of_its_images(session: OnnxSession) -> None:
    together = session.run(np.concatenate([IMAGES] * 6))  # 18: more than one call of the engine
    assert together.shape == (18, 3, 3)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together[17], session.run(IMAGES[2:])[0], atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-4


def test_says_what_it_is(session: OnnxSession) -> None:
    assert (session.info.target, session.info.backbone, session.info.precision) == ("onnx", "repnext_m0", "fp32")
    assert session.engine.startswith("onnxruntime 1.")
    assert session.engine.endswith("(CPU)")


def test_steps_end_in_what_run_gives(session: OnnxSession) -> None:
    steps = list(session.steps(IMAGES[0]))
    np.testing.assert_allclose(steps[-1].value, session.run(IMAGES[:1]), atol=1e-5)
    assert sum(step.kind == "Conv" for step in steps) == 99
    assert {step.value.dtype for step in steps} == {np.dtype(np.float32)}


def _stand_in(path: Path, info: Any) -> Path:
    """image → the mean colour over 255 as six numbers (RGB, then BRG): what must come out is known."""
    helper, numbers = onnx.helper, onnx.numpy_helper.from_array
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Conv", ["pooled", "weight"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "shape"], ["sixd"]),
    ]
    weight = np.zeros((6, 3, 1, 1), np.float32)
    weight[range(6), [0, 1, 2, 2, 0, 1]] = 1 / 255
    image = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["N", 3, 8, 8])
    output = helper.make_tensor_value_info("sixd", onnx.TensorProto.FLOAT, ["N", 6])
    constants = [numbers(weight, "weight"), numbers(np.array([-1, 6]), "shape")]
    graph = helper.make_graph(nodes, "g", [image], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if info is not None:
        helper.set_model_props(model, {METADATA_KEY: info.to_json()})
    onnx.save(model, str(path))
    return path


def test_sixd_output_is_decoded(session: OnnxSession, tmp_path: Path) -> None:
    path = _stand_in(tmp_path / "sixd.onnx", replace(session.info, output="sixd", input_size=8))
    image = np.broadcast_to(np.array([200, 100, 50], dtype=np.uint8), (1, 8, 8, 3))
    expected = sixd_to_rotation(np.array([200, 100, 50, 50, 200, 100]) / 255)
    np.testing.assert_allclose(open_session(path).run(image)[0], expected, atol=1e-6)


def test_metadata_that_promises_another_size(session: OnnxSession, tmp_path: Path) -> None:
    path = _stand_in(tmp_path / "small.onnx", replace(session.info, input_size=160))
    with pytest.raises(HeadPoseError, match="promises 160 pixel images"):
        open_session(path)


def test_without_metadata(tmp_path: Path) -> None:
    with pytest.raises(HeadPoseError, match="carries no head-pose metadata"):
        open_session(_stand_in(tmp_path / "foreign.onnx", None))


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"\x08\x0a" * 50], ids=["empty", "web page", "garbage"])
def test_damaged_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(HeadPoseError, match=r"bad\.onnx cannot be opened by ONNX Runtime"):
        open_session(path)


def test_cut_off_file(exported_m0: Path, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes((exported_m0 / NAME).read_bytes()[:100_000])
    with pytest.raises(HeadPoseError, match="cannot be opened"):
        open_session(path)


def test_unknown_provider(exported_m0: Path) -> None:
    with pytest.raises(HeadPoseError, match="did you mean 'CPUExecutionProvider'"):
        open_session(exported_m0 / NAME, provider="CPUExecutionProvide")


# --- the hash in manifest.json ---


@pytest.fixture
def listed(exported_m0: Path, tmp_path: Path) -> Path:
    """An artefact alone with its manifest."""
    shutil.copy(exported_m0 / NAME, tmp_path)
    shutil.copy(exported_m0 / "manifest.json", tmp_path)
    return tmp_path / NAME


def test_an_untouched_file_opens(listed: Path) -> None:
    assert manifest_sha256(listed) == sha256_of(listed)
    open_session(listed)


def test_an_altered_file_is_refused_unless_asked(listed: Path) -> None:
    model = onnx.load(str(listed))
    model.doc_string = "changed"
    onnx.save(model, str(listed))
    with pytest.raises(HeadPoseError, match="was altered since it was exported"):
        open_session(listed)
    open_session(listed, verify=False)


def test_an_altered_package_is_refused(exported_m0: Path, tmp_path: Path) -> None:
    name = "sixdrepnet_repnext_m0_fp16.mlpackage"
    shutil.copytree(exported_m0 / name, tmp_path / name)
    shutil.copy(exported_m0 / "manifest.json", tmp_path)
    check_against_manifest(tmp_path / name)
    weights = next((tmp_path / name).rglob("weight.bin"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(HeadPoseError, match="was altered"):
        check_against_manifest(tmp_path / name)


def test_a_file_that_the_manifest_does_not_name_passes(listed: Path) -> None:
    other = Path(shutil.copy(listed, listed.with_name("mine.onnx")))
    assert manifest_sha256(other) is None
    check_against_manifest(other)


@pytest.mark.parametrize("text", ["{", '{"schema": 1}', "[]", json.dumps({"artifacts": [{"file": "a"}]})])
def test_a_damaged_manifest(text: str, listed: Path) -> None:
    listed.with_name("manifest.json").write_text(text)
    with pytest.raises(HeadPoseError, match=r"manifest\.json cannot be read"):
        open_session(listed)


def test_its_threads_do_not_spin_between_runs(session: OnnxSession) -> None:
    assert session._options.get_session_config_entry("session.force_spinning_stop") == "1"
