"""The generated weights of untrained networks: the same everywhere, and good enough to compare rotations with."""

from __future__ import annotations

import hashlib
import math
import zlib
from dataclasses import dataclass

import numpy as np
import pytest
import skimage.data
import torch
from torch import nn

from runtime.preprocess import Box, crop_face
from runtime.rotation import geodesic_deg
from training.models.default import seed_weights, weights_sha256
from training.models.reparam import reparameterize
from training.models.repnext import VARIANTS, repnext_m0
from training.models.sixdrepnet import build_sixdrepnet
from training.rotation import sixd_to_rotation
from training.session import normalize

FP16_MAX = 65504.0


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    """Face, black, white, noise."""
    face = crop_face(skimage.data.astronaut(), Box(180, 70, 270, 190), 224)
    noise = np.random.default_rng(0).integers(0, 256, face.shape, dtype=np.uint8)
    return normalize(np.stack([face, np.zeros_like(face), np.full_like(face, 255), noise]))


def test_numbers_come_from_the_raw_stream():
    # by hand, in Python integers: PCG64's raw output, its upper 53 bits as a number in [0, 1)
    model = seed_weights(nn.Sequential(nn.Conv2d(2, 3, 1)), 4)
    raw = np.random.PCG64([zlib.crc32(b"0.weight"), 4, 5]).random_raw(6)
    bound = math.sqrt(3 / 2)
    expected = [-bound + 2 * bound * ((int(r) >> 11) * 2.0**-53) for r in raw]
    np.testing.assert_array_equal(model[0].weight.flatten().detach(), np.float32(expected))


def test_the_weights_are_these():
    # the hash of the tensors of one machine, to be met by all others
    model = seed_weights(build_sixdrepnet("repnext_m0"))
    assert weights_sha256(model) == "1dafb375de41c68538d1acd492a0030bba8486cbf31953116fefb3f602e314b2"


def test_the_hash_covers_names_shapes_and_values():
    def digest(tensor: torch.Tensor, name: str = "w") -> str:
        module = nn.Module()
        module.register_buffer(name, tensor)
        return weights_sha256(module)

    ones = torch.ones(2, 3)
    by_hand = hashlib.sha256(b"w (2, 3) torch.float32\n" + np.ones((2, 3), np.float32).tobytes()).hexdigest()
    assert digest(ones) == by_hand
    others = [digest(ones, "v"), digest(ones.reshape(3, 2)), digest(ones * 2), digest(ones.half())]
    assert len({by_hand, *others}) == 5


def test_independent_of_torchs_random_state_and_keyed_on_the_seed():
    torch.manual_seed(1)
    first = weights_sha256(seed_weights(repnext_m0(num_classes=0)))
    torch.manual_seed(2)
    assert weights_sha256(seed_weights(repnext_m0(num_classes=0))) == first
    assert weights_sha256(seed_weights(repnext_m0(num_classes=0), 1)) != first


def test_no_two_tensors_are_alike():
    tensors = seed_weights(build_sixdrepnet("repnext_m0")).state_dict()
    large = [tuple(t.flatten()[:8].tolist()) for t in tensors.values() if t.numel() >= 8]
    assert len(set(large)) == len(large)


def test_batchnorms_are_far_from_the_identity():
    norms = [m for m in seed_weights(repnext_m0()).modules() if isinstance(m, nn.BatchNorm2d | nn.BatchNorm1d)]
    assert len(norms) > 40
    for norm in norms:
        assert norm.running_var.std() > 0.2
        assert norm.weight.std() > 0.2
        assert norm.running_mean.abs().max() > 0.03


@dataclass
class Answer:
    largest: float
    """Largest |activation| of any module."""
    features: np.ndarray
    sixd: np.ndarray
    rotation: np.ndarray


@pytest.fixture(scope="module", params=VARIANTS)
def answer(request, pictures) -> Answer:
    model = seed_weights(build_sixdrepnet(request.param)).eval()
    seen: dict[nn.Module, torch.Tensor] = {}
    for module in model.modules():
        module.register_forward_hook(lambda m, i, out: seen.update({m: out.abs().max()}))
    features: list[torch.Tensor] = []
    model.head.register_forward_pre_hook(lambda m, inputs: features.append(inputs[0]))
    with torch.inference_mode():
        sixd = model.forward_sixd(pictures)
        rotation = sixd_to_rotation(sixd)
    return Answer(float(max(seen.values())), features[0].numpy(), sixd.double().numpy(), rotation.numpy())


def test_activations_have_sane_sizes(answer):
    assert answer.largest < 1e3
    assert 0.1 < np.sqrt(np.square(answer.features).mean()) < 3


def test_pictures_have_clearly_different_rotations(answer):
    apart = geodesic_deg(answer.rotation[:, None], answer.rotation[None])
    assert apart[np.triu_indices(len(answer.rotation), 1)].min() > 2.5


def test_sixd_vectors_are_well_conditioned(answer):
    a, b = answer.sixd[:, :3], answer.sixd[:, 3:]
    lengths = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    sine = np.linalg.norm(np.cross(a, b), axis=1) / lengths[0] / lengths[1]
    assert sine.min() > 0.5
    assert np.min(lengths) > 0.3


@pytest.mark.parametrize("name", ["repnext_m0", "repnext_m4"])
def test_half_precision_holds(name, pictures):
    # every weight and every module's output rounded to fp16: what fp16 artefacts do, within their gate of 0.5°
    model = seed_weights(build_sixdrepnet(name)).eval()
    with torch.inference_mode():
        expected = model(pictures)
    folded = reparameterize(model)
    for module in folded.backbone.modules():
        module.register_forward_hook(lambda m, i, out: out.half().float())
    with torch.no_grad():
        for parameter in folded.parameters():
            parameter.copy_(parameter.half().float())
        error = geodesic_deg(folded(pictures).numpy(), expected.numpy())
    assert error.mean() < 0.1
    assert 0 < error.max() < 0.5
    assert max(float(p.detach().abs().max()) for p in folded.parameters()) < FP16_MAX


def test_ordinary_networks_answer_to_their_input(pictures):
    model = seed_weights(build_sixdrepnet("timm:mobilenetv4_conv_small")).eval()
    with torch.inference_mode():
        rotation = model(pictures).numpy()
    assert geodesic_deg(rotation[:, None], rotation[None]).max() > 3
