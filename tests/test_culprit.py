"""The first operator that leaves the tolerance is named, in files that were damaged on purpose."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
from surgery import corrupt

from export.culprit import align, difference, find_culprit, psnr_db
from export.gates import OperatorTolerance
from export.parity import ParityReport, check_parity
from export.parity_images import parity_images
from export.reference import Reference
from export.tape import Record
from runtime.sessions.steps import Step

torch = pytest.importorskip("torch")

SUFFIX = {"onnx": "onnx", "tflite": "tflite", "coreml": "mlpackage"}
STD = np.array((0.229, 0.224, 0.225)).reshape(1, 3, 1, 1)
INPUTS = 2  # the gates have their own test; here two images are enough to fail


@pytest.fixture(scope="module")
def reference(exported_m0: Path) -> Reference:
    from training.models.checkpoints import open_checkpoint

    return Reference(open_checkpoint("untrained", "repnext_m0").model)


@pytest.fixture(scope="module")
def folded(reference: Reference) -> dict[str, np.ndarray]:
    from training.models.reparam import reparameterize

    return {name: value.numpy() for name, value in reparameterize(reference.network).state_dict().items()}


def _damage(exported: Path, tmp_path: Path, target: str, precision: str, weights: list[np.ndarray]) -> Path:
    """A copy of an artefact with its largest weight of one layer made 60 times as large, and of the other sign."""
    source = exported / f"sixdrepnet_repnext_m0_{precision}.{SUFFIX[target]}"
    path = tmp_path / source.name
    (shutil.copytree if source.is_dir() else shutil.copy)(source, path)

    def blow_up(values: np.ndarray) -> None:
        values.ravel()[np.abs(values).argmax()] *= -60

    for form in weights[:-1]:
        try:
            corrupt(path, form, blow_up)
            return path
        except AssertionError:
            continue
    corrupt(path, weights[-1], blow_up)
    return path


def _forms(name: str, value: np.ndarray) -> list[np.ndarray]:
    """The stem as exporters store it: as it is, divided by std (image inputs), or with the whole scale melted in.

    A small branch: as it is, or behind kernels that leave the untouched quarter as it is.
    """
    if name.endswith("conv_s.weight"):
        untouched = np.zeros_like(value)
        untouched[:, :, 1, 1] = 1
        return [np.concatenate([untouched, value]), value]
    return [value / STD, value / STD / 255, value] if name.endswith("stem.0.weight") else [value]


def _check(path: Path, reference: Reference) -> ParityReport:
    return check_parity(path, reference, parity_images(224)[:INPUTS], threads=1)


PLACES = [
    ("backbone.stem.stem.0.weight", "backbone.stem.stem.0"),
    ("backbone.stages.0.blocks.1.token_mixer.conv_s.weight", "backbone.stages.0.blocks.1.token_mixer.conv_s"),
    ("backbone.stages.1.downsample.token_mixer.conv_m.weight", "backbone.stages.1.downsample.token_mixer.conv_m"),
    ("backbone.stages.2.blocks.4.channel_mixer.0.bias", "backbone.stages.2.blocks.4.channel_mixer.0"),
    ("backbone.stages.3.blocks.0.channel_mixer.2.weight", "backbone.stages.3.blocks.0.channel_mixer.2"),
    ("head.weight", "head"),
    ("head.bias", "head"),
]


@pytest.mark.parametrize(("weight", "module"), PLACES, ids=[w for w, _ in PLACES])
@pytest.mark.parametrize("target", list(SUFFIX))
def test_one_damaged_weight_is_found(
    target: str,
    weight: str,
    module: str,
    exported_m0: Path,
    reference: Reference,
    folded: dict[str, np.ndarray],
    tmp_path: Path,
) -> None:
    path = _damage(exported_m0, tmp_path, target, "fp32", _forms(weight, folded[weight]))
    report = _check(path, reference)
    assert not report.passed
    assert report.culprit is not None, report.note
    assert report.culprit.module == module
    assert "conv" in report.culprit.kind.lower()
    assert not report.culprit.within_tolerance
    assert module in report.explanation()


@pytest.mark.parametrize("target", list(SUFFIX))
def test_in_half_precision_too(
    target: str, exported_m0: Path, reference: Reference, folded: dict[str, np.ndarray], tmp_path: Path
) -> None:
    weight, module = PLACES[2]
    report = _check(_damage(exported_m0, tmp_path, target, "fp16", [folded[weight]]), reference)
    assert not report.passed
    assert report.culprit is not None
    assert report.culprit.module == module


@pytest.mark.parametrize("target", list(SUFFIX))
def test_not_a_number_counts_as_180_degrees_and_is_located(
    target: str, exported_m0: Path, reference: Reference, folded: dict[str, np.ndarray], tmp_path: Path
) -> None:
    weight, module = PLACES[4]
    source = exported_m0 / f"sixdrepnet_repnext_m0_fp32.{SUFFIX[target]}"
    path = tmp_path / source.name
    (shutil.copytree if source.is_dir() else shutil.copy)(source, path)
    corrupt(path, folded[weight], lambda values: values.ravel().__setitem__(0, np.nan))
    report = _check(path, reference)
    assert not report.passed
    assert report.max_deg == 180
    assert report.max_abs is None
    assert report.culprit is not None
    assert report.culprit.module == module
    assert report.culprit.max_abs is None
    assert "NaN" in report.explanation()


def test_a_fault_of_the_folding_is_not_blamed_on_an_operator(
    exported_m0: Path, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.models import reparam

    def wrong(model: torch.nn.Module) -> torch.nn.Module:
        folded = fold(model)
        with torch.no_grad():
            folded.get_parameter("head.bias").add_(1.0)
        return folded

    fold = reparam.reparameterize
    monkeypatch.setattr(reparam, "reparameterize", wrong)
    other = copy.deepcopy(reference.network)
    with torch.no_grad():
        other.head.bias.add_(0.5)  # so that the gate fails
    report = _check(exported_m0 / "sixdrepnet_repnext_m0_fp32.onnx", Reference(other))
    assert not report.passed
    assert report.culprit is None
    assert "reparameterisation" in report.explanation()


# --- the tape of PyTorch ---


def test_tape_keeps_values_that_are_later_changed_in_place_and_knows_modules() -> None:
    from export.tape import record_tape

    class Block(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 3, padding=1)
            self.norm = torch.nn.BatchNorm2d(3)
            self.act = torch.nn.ReLU(inplace=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.act(self.norm(self.conv(x))) + x

    torch.manual_seed(0)
    net = torch.nn.Sequential(Block(), torch.nn.GELU()).eval()
    net[0].norm.running_mean.uniform_(-50, 50)
    image = np.random.default_rng(2).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    conv, relu, add, gelu = record_tape(net, image)
    assert [(r.kind, r.module) for r in (conv, relu, add, gelu)] == [
        ("conv", "0.conv"),
        ("relu", "0.act"),
        ("add", "0"),
        ("gelu", "1"),
    ]
    x = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))
    with torch.no_grad():
        raw = net[0].conv(x)
        normed = net[0].norm(raw)
        clipped = normed.clamp(min=0)
    for value, expected in zip(conv.values, (raw, normed, clipped), strict=True):
        np.testing.assert_allclose(value, expected.numpy(), atol=1e-4)
    np.testing.assert_allclose(add.values[0], (clipped + x).numpy(), atol=1e-4)
    np.testing.assert_allclose(gelu.values[0], torch.nn.functional.gelu(clipped + x).numpy(), atol=1e-4)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())


# --- alignment alone, on networks that exist only as numbers ---

TIGHT = OperatorTolerance(min_psnr_db=60, max_relative=1e-3)
RNG = np.random.default_rng(0)
A, B, C, D = (RNG.normal(size=(1, 4, 5, 5)).astype(np.float32) for _ in range(4))


def _record(module: str, value: np.ndarray, kind: str = "conv") -> Record:
    return Record(kind, "convolution", module, [value])


def test_parallel_branches_may_change_places() -> None:
    tape = [_record("a", A), _record("b", B), _record("c", C)]
    steps = [Step("s0", "Conv", B), Step("s1", "Conv", A), Step("s2", "Conv", C)]
    assert [p.record.module for p in align(steps, tape, TIGHT)] == ["b", "a", "c"]


def test_the_damaged_one_of_reordered_branches_is_named() -> None:
    tape = [_record("a", A), _record("b", B), _record("c", C)]
    steps = [Step("s0", "Conv", C), Step("s1", "Conv", A), Step("s2", "Conv", B + 1)]
    culprit = find_culprit(steps, tape, TIGHT, "image")
    assert culprit is not None
    assert (culprit.operator, culprit.module) == ("s2", "b")


def test_the_first_in_execution_order_counts() -> None:
    tape = [_record("a", A), _record("gelu", B, "gelu"), _record("c", C)]
    steps = [Step("s0", "Conv", A), Step("s1", "Gelu", B * 2), Step("s2", "Conv", C + 1)]
    culprit = find_culprit(steps, tape, TIGHT, "image")
    assert culprit is not None
    assert (culprit.kind, culprit.module, culprit.position) == ("Gelu", "gelu", 1)


def test_extra_operators_of_the_converter_do_not_disturb() -> None:
    tape = [_record("a", A), _record("sum", B, "add"), _record("c", C)]
    steps = [
        Step("pad", "PAD", A),
        Step("s0", "CONV_2D", A),
        Step("helper", "ADD", D),  # a piece of something the converter wrote out
        Step("s1", "ADD", B),
        Step("s2", "CONV_2D", C + 1),
    ]
    culprit = find_culprit(steps, tape, TIGHT, "image")
    assert culprit is not None
    assert (culprit.operator, culprit.module) == ("s2", "c")


def test_an_activation_melted_into_the_convolution_is_no_fault() -> None:
    tape = [Record("conv", "convolution", "a", [A, np.maximum(A, 0)])]
    culprit = find_culprit([Step("s0", "CONV_2D", np.maximum(A, 0))], tape, TIGHT, "image")
    assert culprit is not None
    assert culprit.within_tolerance


def test_without_a_culprit_the_farthest_is_named_as_such() -> None:
    tape = [_record("a", A), _record("b", B)]
    culprit = find_culprit([Step("s0", "Conv", A), Step("s1", "Conv", B * 1.0001)], tape, TIGHT, "image")
    assert culprit is not None
    assert culprit.module == "b"
    assert culprit.within_tolerance
    assert "no single operator" in culprit.sentence()


def test_nothing_in_common_is_none() -> None:
    assert find_culprit([Step("s0", "Tanh", A)], [_record("a", A)], TIGHT, "image") is None


def test_one_ruined_channel_is_seen_though_the_psnr_is_high() -> None:
    big = RNG.normal(size=(1, 500, 7, 7)).astype(np.float32)
    ruined = big.copy()
    ruined[0, 3, 2, 2] += 0.1
    far = difference(ruined, big)
    assert far.psnr_db > TIGHT.min_psnr_db
    assert not far.within(TIGHT)


@pytest.mark.parametrize(
    ("value", "expected_db"),
    [([1.0, 1.0], 200.0), ([1.0, 0.9], 20 * np.log10(1 / np.sqrt(0.005))), ([1.0, np.nan], 0.0), ([np.inf, 1], 0.0)],
    ids=["equal", "by hand", "nan", "inf"],
)
def test_psnr(value: list[float], expected_db: float) -> None:
    assert psnr_db(value, [1.0, 1.0]) == pytest.approx(expected_db, abs=1e-4)
