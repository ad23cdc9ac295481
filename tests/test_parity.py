"""Parity: gates, reports, the command, and what happens to files and folders that are not as they should be."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_session import FakeSession
from surgery import corrupt

import headpose
from export.gates import CLASS_GATES, GATES, OPERATOR_TOLERANCES, gate_for, precision_class
from export.parity import ParityReport, check_parity, compare
from export.parity_images import ParityImage, parity_images
from export.reference import Reference, load_reference
from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from runtime.sessions import open_session

pytest.importorskip("torch")

SUFFIX = {"onnx": "onnx", "tflite": "tflite", "coreml": "mlpackage"}
FILES = [(target, precision) for target in SUFFIX for precision in ("fp32", "fp16")]


def _file(folder: Path, target: str, precision: str = "fp32") -> Path:
    return folder / f"sixdrepnet_repnext_m0_{precision}.{SUFFIX[target]}"


@pytest.fixture(scope="module")
def reference(exported_m0: Path) -> Reference:
    return load_reference(open_session(_file(exported_m0, "onnx")).info)


@pytest.fixture(scope="module")
def damaged(exported_m0: Path, reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file with one wrong weight in its last 1×1 convolution."""
    from training.models.reparam import reparameterize

    path = Path(shutil.copy(_file(exported_m0, "onnx"), tmp_path_factory.mktemp("damaged") / "damaged.onnx"))
    weights = reparameterize(reference.network).get_parameter("backbone.stages.3.blocks.0.channel_mixer.2.weight")

    def blow_up(values: np.ndarray) -> None:
        values.ravel()[np.abs(values).argmax()] *= -60

    corrupt(path, weights.detach().numpy(), blow_up)
    return path


# --- the gates ---


@pytest.mark.parametrize(
    ("target", "precision", "max_deg", "mean_deg"),
    [
        ("onnx", "fp32", 0.02, None),
        ("tflite", "fp32", 0.02, None),
        ("coreml", "fp32", 0.02, None),
        ("onnx", "fp16", 0.5, 0.1),
        ("tflite", "fp16", 0.5, 0.1),
        ("coreml", "fp16", 0.5, 0.1),
        ("tflite", "int8", 3.0, 0.5),
        ("coreml", "int8", 3.0, 0.5),
        ("onnx", "int8", 6.0, 1.0),
        ("tflite", "int8_static", 6.0, 1.0),
        ("coreml", "palette4", 6.0, 1.0),
        ("coreml", "a precision of tomorrow", 6.0, 1.0),
        ("webgpu", "fp16", 0.5, 0.1),
    ],
)
def test_gates(target: str, precision: str, max_deg: float, mean_deg: float | None) -> None:
    gate = gate_for(target, precision)
    assert (gate.max_deg, gate.mean_deg) == (max_deg, mean_deg)


def test_operators_are_held_tighter_than_the_rotations_they_lead_to() -> None:
    """Else a fault could miss the gate and no operator be named; and the classes go from strict to wide."""
    order = ["fp32", "fp16", "8-bit weights", "low bits"]
    tolerances = [OPERATOR_TOLERANCES[name] for name in order]
    assert tolerances[0].max_relative < np.radians(CLASS_GATES["fp32"].max_deg)
    assert [t.max_relative for t in tolerances] == sorted(t.max_relative for t in tolerances)
    assert [t.min_psnr_db for t in tolerances] == sorted((t.min_psnr_db for t in tolerances), reverse=True)
    assert [precision_class("coreml", p) for p in ("fp32", "fp16", "int8", "palette4")] == order


def test_a_gate_looser_than_its_class_has_a_reason() -> None:
    standard = set(CLASS_GATES.values())
    assert [key for key, gate in GATES.items() if gate not in standard and not gate.reason] == []


@pytest.mark.parametrize(
    ("mean", "worst", "passes"),
    [(0.1, 0.5, True), (0.11, 0.2, False), (0.05, 0.51, False), (0.05, float("nan"), False), (float("nan"), 0, False)],
)
def test_both_limits_count(mean: float, worst: float, passes: bool) -> None:
    assert gate_for("onnx", "fp16").passes(mean, worst) is passes


# --- the check ---


@pytest.mark.parametrize(("target", "precision"), FILES)
def test_healthy_artefacts_pass(target: str, precision: str, exported_m0: Path, reference: Reference) -> None:
    report = check_parity(_file(exported_m0, target, precision), reference, threads=1)
    assert report.passed, report.explanation()
    assert report.culprit is None
    assert len(report.images) == 45
    assert (report.target, report.precision, report.backbone) == (target, precision, "repnext_m0")
    assert report.max_deg == max(image.geodesic_deg for image in report.images)
    assert report.mean_deg == pytest.approx(np.mean([image.geodesic_deg for image in report.images]))
    assert report.mean_deg <= report.p95_deg <= report.max_deg
    assert report.psnr_db > {"fp32": 90, "fp16": 45}[precision]


def test_figures_against_a_second_implementation(exported_m0: Path, reference: Reference) -> None:
    """Angles by the chord, ‖A − B‖ = 2√2 sin(θ/2), on the file and the network as anybody would run them."""
    images = parity_images(224)[::7]
    path = _file(exported_m0, "tflite", "fp16")
    report = check_parity(path, reference, images, threads=1)
    stack = np.stack([image.pixels for image in images])
    ours = open_session(path, threads=1).run(stack).astype(np.float64)
    theirs = reference.rotations(stack).astype(np.float64)
    chord = np.linalg.norm(ours - theirs, axis=(1, 2))
    expected = np.degrees(2 * np.arcsin(chord / 8**0.5))
    # half precision leaves matrices that are rotations to 5e-4 only, which the two formulas see differently
    np.testing.assert_allclose([image.geodesic_deg for image in report.images], expected, atol=0.02)


def test_the_reference_is_the_training_form(reference: Reference) -> None:
    """Never the folded network, in which a fault of the folding could not be seen."""
    names = [type(module).__name__ for module in reference.network.modules()]
    assert "BatchNorm2d" in names
    assert not reference.network.training


def test_an_altered_file_is_refused(exported_m0: Path, reference: Reference, tmp_path: Path) -> None:
    shutil.copy(exported_m0 / "manifest.json", tmp_path)
    path = Path(shutil.copy(_file(exported_m0, "tflite"), tmp_path))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(data)
    with pytest.raises(HeadPoseError, match="was altered since it was exported"):
        check_parity(path, reference)


@pytest.mark.parametrize(
    ("checkpoint", "message"),
    [
        ({"sha256": "1" * 64}, r"is not the checkpoint that sixdrepnet_repnext_m0_fp32 was made from \(sha256 "),
        ({"source": "gone.pth"}, r"the checkpoint gone\.pth .* is not there: say where with --checkpoint"),
    ],
    ids=["another", "moved"],
)
def test_wrong_checkpoint(checkpoint: dict[str, str], message: str, exported_m0: Path) -> None:
    info = open_session(_file(exported_m0, "onnx")).info
    with pytest.raises(HeadPoseError, match=message):
        load_reference(replace(info, checkpoint=replace(info.checkpoint, **checkpoint)))


def test_a_trained_checkpoint_is_found_again_and_another_is_refused(
    exported_m0: Path, reference: Reference, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record names a file: looked for beside the artefact or where --checkpoint says; its hash counts."""
    from runtime.artifact import METADATA_KEY
    from runtime.tflite_file import write_tflite_metadata
    from training.models.checkpoints import save_checkpoint

    made_from = save_checkpoint(reference.network, tmp_path / "weights.safetensors", backbone="repnext_m0")
    other = save_checkpoint(reference.network, tmp_path / "other.safetensors", backbone="repnext_m0", trained=False)
    path = Path(shutil.copy(_file(exported_m0, "tflite"), tmp_path))
    info = open_session(path).info
    weights = replace(info.checkpoint, source=made_from.name, sha256=sha256_of(made_from), trained=True)
    write_tflite_metadata(path, {METADATA_KEY: replace(info, checkpoint=weights).to_json().encode()})
    assert _run(capsys, str(path), "--limit", "1")[0] == 0
    code, _, error = _run(capsys, str(path), "--limit", "1", "--checkpoint", str(other))
    assert code == 2
    assert "other.safetensors is not the checkpoint that" in error
    made_from.rename(tmp_path / "moved.safetensors")
    code, _, error = _run(capsys, str(path), "--limit", "1")
    assert code == 2
    assert "the checkpoint weights.safetensors" in error
    assert _run(capsys, str(path), "--limit", "1", "--checkpoint", str(tmp_path / "moved.safetensors"))[0] == 0


def test_no_images_are_not_a_pass(exported_m0: Path, reference: Reference) -> None:
    with pytest.raises(HeadPoseError, match="no images to compare on"):
        check_parity(_file(exported_m0, "onnx"), reference, [])


def test_answers_are_remembered(reference: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(8).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    first = reference.rotations(images)
    monkeypatch.setattr(reference, "_compute", lambda images: pytest.fail("computed again"))
    np.testing.assert_array_equal(reference.rotations(images[::-1]), first[::-1])


# --- the report ---


def _schema() -> dict[str, Any]:
    import export

    return json.loads((Path(export.__file__).parent / "parity.schema.json").read_text())


def test_reports_come_back_from_json(damaged: Path, exported_m0: Path, reference: Reference) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    images = parity_images(224)[:2]
    reports = [check_parity(p, reference, images, threads=1) for p in (damaged, _file(exported_m0, "onnx"))]
    assert [r.passed for r in reports] == [False, True]
    text = json.dumps({"schema": 1, "passed": False, "reports": [r.as_dict() for r in reports]}, allow_nan=False)
    jsonschema.validate(json.loads(text), _schema())
    assert [ParityReport.from_dict(data) for data in json.loads(text)["reports"]] == reports


def test_a_damaged_report_is_refused(exported_m0: Path, reference: Reference) -> None:
    data = check_parity(_file(exported_m0, "onnx"), reference, parity_images(224)[:1], threads=1).as_dict()
    for broken in ({**data, "schema": 2}, {**data, "gate": None}, {k: v for k, v in data.items() if k != "file"}):
        with pytest.raises(HeadPoseError, match="the parity report cannot be read"):
            ParityReport.from_dict(broken)


# --- the command ---


def _run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = headpose.main(["parity", *args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_command_prints_json_and_writes_pictures(
    exported_m0: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from PIL import Image

    files = [str(_file(exported_m0, "onnx")), str(_file(exported_m0, "tflite", "fp16"))]
    out = tmp_path / "report"
    code, text, _ = _run(capsys, *files, "--json", "--limit", "4", "--threads", "1", "--out", str(out))
    assert code == 0
    result = json.loads(text)
    jsonschema.validate(result, _schema())
    assert [r["target"] for r in result["reports"]] == ["onnx", "tflite"]
    assert [len(r["images"]) for r in result["reports"]] == [4, 4]
    assert json.loads((out / "parity.json").read_text()) == result
    for file in files:
        with Image.open(out / f"{Path(file).name}.parity.png") as picture:
            assert picture.size[0] > 600
    code, _, error = _run(capsys, *files, "--out", str(out))
    assert code == 2
    assert "exists already" in error


def test_command_fails_with_1_and_names_the_place(damaged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = _run(capsys, str(damaged), "--limit", "2")
    assert code == 1
    assert "FAILED" in text
    assert "backbone.stages.3.blocks.0.channel_mixer.2" in text.replace("\n", "")
    assert "ntrained" in text


def test_command_takes_a_folder_and_says_what_core_ml_figures_mean(
    exported_m0: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = _file(exported_m0, "coreml").name
    shutil.copytree(exported_m0 / name, tmp_path / name)
    code, text, _ = _run(capsys, str(tmp_path), "--limit", "1")
    assert code == 0
    assert "not the arithmetic of the Neural Engine" in " ".join(text.split())


def test_pictures_of_a_folder_join_the_standard_inputs(
    exported_m0: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    Image.fromarray(np.full((50, 80, 3), 90, np.uint8)).save(tmp_path / "mine.png")
    file = str(_file(exported_m0, "onnx"))
    code, text, _ = _run(capsys, file, "--images", str(tmp_path), "--json", "--threads", "1")
    assert code == 0
    names = [image["name"] for image in json.loads(text)["reports"][0]["images"]]
    assert names[0] == "mine.png"
    assert len(names) == 46


def test_an_unreadable_picture_is_named(exported_m0: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    code, _, error = _run(capsys, str(_file(exported_m0, "onnx")), "--images", str(tmp_path))
    assert code == 2
    assert "broken.jpg" in error.splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere.onnx"], "nowhere.onnx does not exist"),
        (["{empty}"], "holds no exported file"),
        (["{onnx}", "--images", "{empty}"], "holds no picture"),
        (["{onnx}", "--images", "{onnx}"], "cannot be listed"),
        (["{onnx}", "--limit", "0"], "leaves no image"),
        (["{onnx}", "--checkpoint", "gone.pth"], "gone.pth"),
        (["{empty}/model.bin"], "does not exist"),
    ],
    ids=["missing", "empty folder", "no pictures", "not a folder", "limit", "checkpoint", "unknown file"],
)
def test_bad_arguments(
    args: list[str], message: str, exported_m0: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"empty": str(tmp_path), "onnx": str(_file(exported_m0, "onnx"))}
    code, _, error = _run(capsys, *[arg.format(**places) for arg in args])
    assert code == 2
    assert error.splitlines()[-1].startswith("error: ")
    assert message in error.splitlines()[-1]


# --- files in few bits are judged on faces ---


class Off(FakeSession):
    """An artefact that turns face 0 by 0.4°, face 1 by 1.2°, and everything else by 50° or into NaN."""

    def __init__(self, precision: str, other: float = 50.0) -> None:
        super().__init__()
        self.info = replace(self.info, target="tflite", precision=precision)
        self.angles = [0.4, 1.2, other]

    def run(self, images: np.ndarray) -> np.ndarray:
        angle = self.angles[int(images[0, 0, 0, 0])]
        return np.full((1, 3, 3), np.nan) if np.isnan(angle) else euler_to_rotation(0.0, angle, 0.0)[None]


class Straight:
    """A reference that sees every head straight ahead."""

    def rotations(self, images: np.ndarray) -> np.ndarray:
        return np.repeat(np.eye(3, dtype=np.float32)[None], len(images), axis=0)


def _judged(tmp_path: Path, session: Off, **options: Any) -> ParityReport:
    file = tmp_path / "some.tflite"
    file.write_bytes(b"x")
    inputs = [ParityImage(str(i), np.full((32, 32, 3), i, dtype=np.uint8), face=i < 2) for i in range(3)]
    return compare(file, session, Straight(), inputs, **options)  # type: ignore[arg-type]


def test_few_bits_are_judged_on_faces(tmp_path: Path) -> None:
    report = _judged(tmp_path, Off("int8_static"))
    assert report.passed
    assert (report.mean_deg, report.max_deg) == (pytest.approx(0.8, abs=1e-4), pytest.approx(1.2, abs=1e-4))
    assert [image.judged for image in report.images] == [True, True, False]
    summary = report.summary()
    assert (summary["images"], summary["other_images"]) == (2, 1)
    assert summary["other_max_deg"] == pytest.approx(50.0, abs=1e-3)
    assert "over 2 faces" in report.explanation()


def test_floats_are_judged_on_everything(tmp_path: Path) -> None:
    report = _judged(tmp_path, Off("fp16"))
    assert not report.passed
    assert report.max_deg == pytest.approx(50.0, abs=1e-3)


def test_numbers_that_are_none_fail_wherever_they_are(tmp_path: Path) -> None:
    report = _judged(tmp_path, Off("int8_static", other=float("nan")))
    assert not report.passed
    assert report.max_deg == 180.0


@pytest.mark.parametrize(
    ("budget", "passed"), [(None, True), (0.9, True), (0.7, False), (5.0, True)], ids=lambda v: str(v)
)
def test_a_budget_narrows_the_gate_and_never_widens_it(budget: float | None, passed: bool, tmp_path: Path) -> None:
    report = _judged(tmp_path, Off("int8_static"), budget_deg=budget)
    assert report.passed is passed
    assert report.gate.mean_deg == min(1.0, budget or 1.0)
