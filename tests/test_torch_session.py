"""A PyTorch checkpoint behind the interface of all artefacts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from runtime.artifact import ArtifactInfo, sha256_of
from runtime.errors import HeadPoseError
from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD
from runtime.rotation import geodesic_deg
from runtime.sessions import open_session
from training.models.checkpoints import save_checkpoint
from training.models.default import seed_weights
from training.models.sixdrepnet import build_sixdrepnet
from training.session import TorchSession, normalize


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = seed_weights(build_sixdrepnet("repnext_m0"), 3)
    return save_checkpoint(model, tmp_path_factory.mktemp("s") / "pose.safetensors", backbone="repnext_m0")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    ramp = np.linspace(0, 255, 224).astype(np.uint8)
    one = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.uint8(90)), axis=-1)
    return np.stack([one, one[::-1], np.zeros_like(one)])


def test_normalisation_is_imagenets(images):
    expected = (images.astype(np.float64) / 255 - np.array(IMAGENET_MEAN)) / np.array(IMAGENET_STD)
    got = normalize(images)
    assert (got.shape, got.dtype) == ((3, 3, 224, 224), torch.float32)
    np.testing.assert_allclose(got, expected.transpose(0, 3, 1, 2), atol=1e-6)


def test_rotations_of_the_network(snapshot, images):
    rotation = open_session(snapshot).run(images)
    assert (rotation.shape, rotation.dtype) == ((3, 3, 3), np.float32)
    with torch.no_grad():
        expected = seed_weights(build_sixdrepnet("repnext_m0"), 3).eval()(normalize(images)).numpy()
    np.testing.assert_array_equal(rotation, expected)
    np.testing.assert_allclose(rotation @ rotation.transpose(0, 2, 1), np.broadcast_to(np.eye(3), (3, 3, 3)), atol=1e-6)


def test_one_by_one_is_the_same_as_together(snapshot, images):
    session = open_session(snapshot)
    alone = np.concatenate([session.run(images[i : i + 1]) for i in range(len(images))])
    assert geodesic_deg(alone, session.run(images)).max() < 1e-3


def test_both_forms_agree(snapshot, images):
    train, deploy = (TorchSession(snapshot, form=form) for form in ("train", "deploy"))
    error = geodesic_deg(train.run(images), deploy.run(images))
    assert 0 < error.max() <= 0.005  # not the very same network


def test_info(snapshot):
    info = open_session(snapshot).info
    assert (info.target, info.precision, info.backbone, info.input_size) == ("pytorch", "fp32", "repnext_m0", 224)
    assert info.name == "sixdrepnet_repnext_m0_fp32"
    assert info.checkpoint.sha256 == sha256_of(snapshot)
    assert ArtifactInfo.from_json(info.to_json()) == info
    assert json.loads(info.to_json())["normalization"]["mean"] == list(IMAGENET_MEAN)


def test_the_untrained_network_says_so():
    info = TorchSession("untrained", backbone="repnext_m0").info
    assert (info.checkpoint.source, info.checkpoint.trained) == ("untrained", False)


def test_another_size(snapshot, images):
    assert TorchSession(snapshot, size=96).run(images[:, :96, :96]).shape == (3, 3, 3)


def test_threads_are_put_back(snapshot, images):
    before = torch.get_num_threads()
    seen = []
    session = TorchSession(snapshot, threads=before + 1, size=32)
    session._model.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    session.run(images[:1, :32, :32])
    assert seen == [before + 1]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"form": "deplo"}, "unknown form 'deplo': did you mean 'deploy'", id="form"),
        pytest.param({"threads": 0}, "cannot run with 0 threads", id="threads"),
        pytest.param({"backbone": "repnext_m1"}, "looks like .*RepNeXt-M0.*not like repnext_m1", id="backbone"),
    ],
)
def test_bad_options(options, message, snapshot):
    with pytest.raises(HeadPoseError, match=message):
        open_session(snapshot, **options)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(np.zeros((1, 64, 64, 3), np.uint8), id="size"),
        pytest.param(np.zeros((224, 224, 3), np.uint8), id="no batch"),
        pytest.param(np.zeros((1, 224, 224, 3), np.float32), id="float"),
    ],
)
def test_bad_images(bad, snapshot):
    with pytest.raises(HeadPoseError, match="takes uint8 RGB images"):
        TorchSession(snapshot).run(bad)
