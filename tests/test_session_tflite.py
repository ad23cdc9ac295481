"""TFLite artefacts in LiteRT: same rotations as PyTorch, every operator visible, damaged files refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from runtime.artifact import METADATA_KEY
from runtime.errors import HeadPoseError
from runtime.sessions import open_session
from runtime.sessions.tflite import TfliteSession, _dequantize, _quantize
from runtime.tflite_file import write_tflite_metadata

NAME = "sixdrepnet_repnext_m0_fp32.tflite"
IMAGES = np.random.default_rng(5).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def session(exported_m0: Path) -> TfliteSession:
    opened = open_session(exported_m0 / NAME, threads=1)
    assert isinstance(opened, TfliteSession)
    return opened


def test_rotations_of_a_batch_are_those_of_its_images(session: TfliteSession) -> None:
    together = session.run(IMAGES)
    assert together.shape == (3, 3, 3)
    assert together.dtype == np.float32
    np.testing.assert_array_equal(together[1:2], session.run(IMAGES[1:2]))
    np.testing.assert_allclose(together @ together.transpose(0, 2, 1), np.broadcast_to(np.eye(3), (3, 3, 3)), atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-4  # it looks at the image


def test_says_what_it_is(session: TfliteSession) -> None:
    assert (session.info.target, session.info.backbone, session.info.precision) == ("tflite", "repnext_m0", "fp32")
    assert session.engine.startswith("LiteRT 2.")


def test_steps_end_in_what_run_gives_and_come_as_nchw(session: TfliteSession) -> None:
    steps = list(session.steps(IMAGES[0]))
    np.testing.assert_allclose(steps[-1].value, session.run(IMAGES[:1]), atol=1e-5)
    first = next(step for step in steps if step.kind == "CONV_2D")
    assert first.value.shape == (1, 20, 112, 112)
    assert {step.value.dtype for step in steps} == {np.dtype(np.float32)}
    normalized = [step for step in steps if step.value.shape == (1, 3, 224, 224)][-1]
    expected = (IMAGES[0] / 255.0 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    np.testing.assert_allclose(normalized.value[0].transpose(1, 2, 0), expected, atol=1e-5)


def test_sixd_output_is_decoded(exported_m0: Path, tmp_path: Path) -> None:
    """A stand-in network whose six numbers are known: the mean colour, then turned round with the middle negated."""
    torch = pytest.importorskip("torch")
    litert_torch = pytest.importorskip("litert_torch")
    from dataclasses import replace

    from runtime.rotation import sixd_to_rotation

    class Means(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            m = image.mean((1, 2)) / 255
            return torch.cat([m, m.flip(1) * torch.tensor([1.0, -1.0, 1.0])], dim=1)

    path = tmp_path / "sixd.tflite"
    litert_torch.convert(Means().eval(), (torch.zeros(1, 8, 8, 3),)).export(str(path))
    info = replace(TfliteSession(exported_m0 / NAME).info, output="sixd", input_size=8)
    write_tflite_metadata(path, {METADATA_KEY: info.to_json().encode()})
    image = np.broadcast_to(np.array([200, 100, 50], dtype=np.uint8), (1, 8, 8, 3))
    m = np.array([200, 100, 50]) / 255
    expected = sixd_to_rotation(np.concatenate([m, m[::-1] * (1, -1, 1)]))
    np.testing.assert_allclose(TfliteSession(path).run(image)[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 112, 112, 3), np.uint8), r"\(N, 224, 224, 3\), not uint8 \(1, 112, 112, 3\)"),
        (np.zeros((1, 224, 224, 3), np.float32), "not float32"),
        (np.zeros((224, 224, 3), np.uint8), r"not uint8 \(224, 224, 3\)"),
        (np.zeros((0, 224, 224, 3), np.uint8), r"\(0, 224"),
    ],
    ids=["size", "type", "no batch axis", "empty"],
)
def test_wrong_images(session: TfliteSession, images: np.ndarray, message: str) -> None:
    with pytest.raises(HeadPoseError, match=message):
        session.run(images)


def test_without_metadata(exported_m0: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(exported_m0 / NAME, tmp_path / NAME))
    data = path.read_bytes()
    assert data.count(b"headpose") >= 1
    path.write_bytes(data.replace(b"headpose\x00", b"headache\x00"))
    with pytest.raises(HeadPoseError, match="carries no head-pose metadata"):
        open_session(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"input_size": 160}, "promises 160 pixel images"), ({"schema": 99}, "schema 99")],
    ids=["size", "schema"],
)
def test_altered_metadata(change: dict[str, int], message: str, exported_m0: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    path = Path(shutil.copy(exported_m0 / NAME, tmp_path / NAME))
    info = replace(TfliteSession(path).info, **change)  # type: ignore[arg-type]
    write_tflite_metadata(path, {METADATA_KEY: info.to_json().encode()})
    with pytest.raises(HeadPoseError, match=message):
        open_session(path)


@pytest.mark.parametrize("keep", [0, 6, 5000, 200_000], ids=["empty", "header", "start", "part"])
def test_cut_off_file(keep: int, exported_m0: Path, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes((exported_m0 / NAME).read_bytes()[:keep])
    with pytest.raises(HeadPoseError, match=NAME):
        open_session(path)


def test_nothing_is_printed(exported_m0: Path, capfd: pytest.CaptureFixture[str]) -> None:
    open_session(exported_m0 / NAME).run(IMAGES[:1])
    assert capfd.readouterr() == ("", "")


def test_integers_by_hand() -> None:
    tensor = {
        "dtype": np.int8,
        "quantization": (0.5, 3),
        "quantization_parameters": {
            "scales": np.array([0.5], np.float32),
            "zero_points": np.array([3]),
            "quantized_dimension": 0,
        },
    }
    stored = _quantize(np.array([-1.0, 0.0, 0.26, 1000.0], np.float32), tensor)
    assert stored.tolist() == [1, 3, 4, 127]
    assert _dequantize(stored, tensor).tolist() == [-1.0, 0.0, 0.5, 62.0]


def test_scales_by_channel() -> None:
    parameters = {"scales": np.array([1.0, 10.0]), "zero_points": np.array([0, 1]), "quantized_dimension": 1}
    value = _dequantize(np.array([[2, 2], [4, 4]], np.int8), {"quantization_parameters": parameters})
    assert value.tolist() == [[2.0, 10.0], [4.0, 30.0]]
