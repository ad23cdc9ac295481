"""Whole networks: converted by coremltools, executed here, compared with PyTorch."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import nn

from runtime.mil import find_overflow, load_program
from runtime.rotation import geodesic_deg

IMAGE = np.random.default_rng(4).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)


class Residual(nn.Module):
    """Depthwise and pointwise convolutions, split, concatenation, squeeze and excitation, residual."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.wide = nn.Conv2d(channels // 2, channels // 2, 7, padding=3, groups=channels // 2)
        self.mix = nn.Conv2d(channels, channels, 1)
        self.gate = nn.Conv2d(channels, channels, 1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = x.chunk(2, dim=1)
        y = torch.cat([self.wide(a), b], dim=1)
        y = nn.functional.gelu(self.mix(self.norm(y)))
        return x + y * torch.sigmoid(self.gate(y.mean((2, 3), keepdim=True)))


class Small(nn.Module):
    """Two stages and a head, with the odds and ends of mobile networks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.Hardswish(), nn.MaxPool2d(3, 2, 1))
        self.body = nn.Sequential(
            Residual(16), nn.Conv2d(16, 32, 2, 2), nn.PReLU(32), Residual(32), nn.Upsample(scale_factor=2)
        )
        self.norm = nn.LayerNorm(32)
        self.head = nn.Linear(32, 6)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        y = self.body(self.stem(image / 127.5 - 1))
        return self.head(self.norm(y.flatten(2).mean(-1)))


def shaken(network: nn.Module) -> nn.Module:
    """Seeded weights with BatchNorm statistics far from the identity."""
    generator = torch.Generator().manual_seed(3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.2, generator=generator)
    return network.eval()


def convert(network, size, path, precision="FLOAT32", target="iOS16"):
    """Trace and convert with an RGB image input 0–255; returns the coremltools model, saved at `path`."""
    import coremltools as ct

    with torch.no_grad():
        traced = torch.jit.trace(network, torch.zeros(1, 3, size, size))
        model = ct.convert(
            traced,
            inputs=[ct.ImageType("image", shape=(1, 3, size, size))],
            outputs=[ct.TensorType("out", dtype=float)],
            convert_to="mlprogram",
            compute_precision=getattr(ct.precision, precision),
            minimum_deployment_target=getattr(ct.target, target),
            skip_model_load=True,
        )
    model.save(str(path))
    return model


def reference(network, images):
    with torch.no_grad():
        return network(torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32))).numpy()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    torch.manual_seed(1)
    network, folder = shaken(Small()), tmp_path_factory.mktemp("mil")
    models = {p: convert(network, 64, folder / f"{p}.mlpackage", p) for p in ("FLOAT32", "FLOAT16")}
    return network, folder, models


def test_fp32_network_equals_torch(small):
    network, folder, _ = small
    got = load_program(folder / "FLOAT32.mlpackage").run({"image": IMAGE})["out"]
    np.testing.assert_allclose(got, reference(network, IMAGE), atol=2e-5)


def test_fp16_network_is_near_torch_and_nearer_in_fp32_mode(small):
    """Half-precision weights alone cost less than weights and activations together; neither costs nothing."""
    network, folder, _ = small
    program, want = load_program(folder / "FLOAT16.mlpackage"), reference(network, IMAGE)
    weights_only = np.abs(program.run({"image": IMAGE}, mode="fp32")["out"] - want).max()
    all_half = np.abs(program.run({"image": IMAGE})["out"] - want).max()
    assert 0 < weights_only < 2e-3
    assert 0 < all_half < 1e-2
    assert weights_only < all_half
    assert find_overflow(program, {"image": IMAGE}) is None


def test_half_precision_overflow_inside_a_network(small, tmp_path):
    """One convolution made a million times stronger: found at that convolution, although the output may look fine."""
    network, _, _ = small
    loud = Small()
    loud.load_state_dict(network.state_dict())
    with torch.no_grad():
        loud.body[1].weight.mul_(1e6)
    convert(loud.eval(), 64, tmp_path / "loud.mlpackage", "FLOAT16")
    found = find_overflow(load_program(tmp_path / "loud.mlpackage"), {"image": IMAGE})
    assert found.op_type == "conv"
    assert found.largest > 65504
    names = [s.name for s in load_program(tmp_path / "loud.mlpackage").steps({"image": IMAGE}) if s.kind == "conv"]
    assert names.index(found.name) == 4  # stem, wide, mix, gate of the first stage stand before it


@pytest.mark.parametrize("bits", [8, 6])
def test_palette_and_int8_weights_stay_near(bits, small, tmp_path):
    import coremltools.optimize.coreml as cto

    network, _, models = small
    if bits == 8:
        config = cto.OpLinearQuantizerConfig(mode="linear_symmetric", weight_threshold=200)
        packed = cto.linear_quantize_weights(models["FLOAT16"], cto.OptimizationConfig(global_config=config))
    else:
        config = cto.OpPalettizerConfig(mode="uniform", nbits=6, weight_threshold=200)
        packed = cto.palettize_weights(models["FLOAT16"], cto.OptimizationConfig(global_config=config))
    packed.save(str(tmp_path / "packed.mlpackage"))
    program, want = load_program(tmp_path / "packed.mlpackage"), reference(network, IMAGE)
    gap = np.abs(program.run({"image": IMAGE})["out"] - want).max()
    assert 1e-4 < gap < 0.05 * np.abs(want).max() * (8 / bits) ** 2


@pytest.mark.parametrize(
    "name",
    [
        "mobilenetv3_small_050",
        pytest.param("repvgg_a0", marks=pytest.mark.slow),
        pytest.param("fastvit_t8", marks=pytest.mark.slow),
        pytest.param("swin_tiny_patch4_window7_224", marks=pytest.mark.slow),
        pytest.param("mobilenetv4_conv_small", marks=pytest.mark.slow),
        pytest.param("efficientnet_lite0", marks=pytest.mark.slow),
        pytest.param("convnext_atto", marks=pytest.mark.slow),
    ],
)
def test_timm_network_equals_torch(name, tmp_path):
    """Random weights, BatchNorm statistics shaken; an image and its negative."""
    import timm

    torch.manual_seed(2)
    network = shaken(timm.create_model(name, num_classes=6))
    size = 224 if "224" in name else 64
    image = np.random.default_rng(4).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    images = np.concatenate([image, 255 - image])
    scaled = nn.Sequential(Scale(), network)
    convert(scaled, size, tmp_path / "timm.mlpackage")
    program = load_program(tmp_path / "timm.mlpackage")
    want = reference(scaled, images)
    got = np.concatenate([program.run({"image": image})["out"] for image in images])
    assert np.abs(want[0] - want[1]).max() > 1e-3  # the network looks at its input
    np.testing.assert_allclose(got, want, atol=1e-4 * np.abs(want).max())


class Scale(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image / 127.5 - 1


def head_pose_package(backbone, precision, path):
    from export.coreml import to_coreml
    from export.graph import ExportGraph
    from export.spec import ExportSpec
    from training.models.reparam import reparameterize
    from training.models.sixdrepnet import build_sixdrepnet

    torch.manual_seed(6)
    network = shaken(build_sixdrepnet(backbone))
    graph = ExportGraph(reparameterize(network), normalized=True)
    to_coreml(graph, ExportSpec(backbone, "coreml", precision)).save(str(path))
    return network


def crops():
    """Two crops of scikit-image's astronaut, one of them mirrored, and a black picture."""
    from skimage.data import astronaut

    face = np.ascontiguousarray(astronaut()[0:224, 110:334])
    return np.stack([face, face[:, ::-1], np.zeros_like(face)])


def rotations(network, images):
    from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD

    x = (images / 255 - np.array(IMAGENET_MEAN)) / np.array(IMAGENET_STD)
    with torch.no_grad():
        return network(torch.from_numpy(x.transpose(0, 3, 1, 2).astype(np.float32))).numpy()


@pytest.mark.parametrize("precision", ["fp16", pytest.param("fp32", marks=pytest.mark.slow)])
def test_head_pose_network_gives_the_rotations_of_the_training_form(precision, tmp_path):
    """fp16 weights cost less than fp16 storage of everything; a float32 package costs next to nothing."""
    network = head_pose_package("repnext_m0", precision, tmp_path / "m0.mlpackage")
    program, want = load_program(tmp_path / "m0.mlpackage"), rotations(network, crops())
    gaps = {}
    for mode in ("stored", "fp32"):
        got = np.concatenate([program.run({"image": image}, mode)["rotation"] for image in crops()])
        gaps[mode] = geodesic_deg(got, want).max()
    limits = {"fp32": (0.02, 0.02), "fp16": (0.5, 0.2)}[precision]
    assert gaps["stored"] <= limits[0]
    assert gaps["fp32"] <= limits[1]
    assert geodesic_deg(want[:1], want[1:]).min() > 1  # the three pictures have three different poses
    assert program.operations()["gelu"].count == 18


@pytest.mark.slow
def test_m4_in_both_modes_and_its_speed(tmp_path, capsys):
    """248 convolutions and the head's; the time is printed, not judged."""
    network = head_pose_package("repnext_m4", "fp16", tmp_path / "m4.mlpackage")
    start = time.perf_counter()
    program = load_program(tmp_path / "m4.mlpackage")
    loading = time.perf_counter() - start
    want, seconds = rotations(network, crops()[:1]), {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for mode, limit_deg in (("stored", 0.5), ("fp32", 0.2)):
        program.run({"image": crops()[0]}, mode)
        start = time.perf_counter()
        got = program.run({"image": crops()[0]}, mode)["rotation"]
        seconds[mode] = time.perf_counter() - start
        assert geodesic_deg(got, want).max() <= limit_deg
    torch.set_num_threads(threads)
    assert program.operations()["conv"].count == 249
    with capsys.disabled():
        print(f"\nRepNeXt-M4: loaded in {loading:.2f} s, one image on one core in {seconds}")
