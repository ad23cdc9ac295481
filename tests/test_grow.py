"""A larger RepNeXt that starts as a smaller one: the same answers at once, and everything new in it learns."""

from __future__ import annotations

import json

import pytest
import torch
from tiny_runs import only_run, train

from runtime.errors import HeadPoseError
from training.initial import initial_network
from training.models.checkpoints import save_checkpoint
from training.models.default import seed_weights
from training.models.grow import can_grow, grow
from training.models.reparam import reparameterize
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet
from training.rotation import geodesic_deg

GROWTHS = [("repnext_m0", "repnext_m1"), ("repnext_m0", "repnext_m3"), ("repnext_m3", "repnext_m4")]


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def images(size: int = 64) -> torch.Tensor:
    rng = torch.Generator().manual_seed(3)
    coarse = torch.randn(4, 3, 6, 6, generator=rng)
    return torch.nn.functional.interpolate(coarse, size=(size, size), mode="bicubic")


def small_network(name: str = "repnext_m0") -> SixDRepNet:
    return seed_weights(build_sixdrepnet(name)).eval()


def grown(small: SixDRepNet, name: str, seed: int = 0) -> SixDRepNet:
    torch.manual_seed(seed)
    return grow(small, build_sixdrepnet(name)).eval()


@pytest.mark.parametrize(("small", "large"), GROWTHS)
@pytest.mark.parametrize("size", [64, 97], ids=["even", "odd"])
@pytest.mark.parametrize("training", [False, True], ids=["stored statistics", "batch statistics"])
def test_the_answers_stay_the_same(small, large, size, training):
    before = small_network(small)
    after = grown(before, large)
    with torch.no_grad():
        turn = geodesic_deg(before.train(training)(images(size)), after.train(training)(images(size))).max()
    assert turn <= 0.005


def test_the_folded_form_gives_them_too():
    before = small_network()
    folded = reparameterize(grown(before, "repnext_m1"))
    with torch.no_grad():
        assert geodesic_deg(before(images()), folded(images())).max() <= 0.005


def test_the_small_network_is_left_alone():
    before = small_network()
    tensors = {name: tensor.clone() for name, tensor in before.state_dict().items()}
    grown(before, "repnext_m1")
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in before.state_dict().items())


def test_everything_new_learns():
    """After a few steps every kernel has moved, in each of its entries but a few."""
    network = grown(small_network(), "repnext_m1").train()
    start = {name: tensor.clone() for name, tensor in network.named_parameters() if tensor.ndim > 1}
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    for _ in range(4):
        optimizer.zero_grad()
        (network(images(192)) - torch.eye(3).flip(0)).pow(2).sum().backward()
        optimizer.step()
    kernels = dict(network.named_parameters())
    moved = {name: float((kernels[name] != tensor).float().mean()) for name, tensor in start.items()}
    assert {name: share for name, share in moved.items() if share < 0.8} == {}


@pytest.mark.parametrize(
    ("small", "large", "able"),
    [
        pytest.param("repnext_m0", "repnext_m4", True, id="larger everywhere"),
        pytest.param("repnext_m3", "repnext_m4", True, id="as wide, deeper"),
        pytest.param("repnext_m4", "repnext_m5", False, id="wider, shallower at the end"),
        pytest.param("repnext_m4", "repnext_m0", False, id="smaller"),
        pytest.param("repnext_m0", "repnext_m0", False, id="the same"),
        pytest.param("repvgg_a0", "repvgg_b1", False, id="no RepNeXt"),
    ],
)
def test_what_grows_into_what(small, large, able):
    assert can_grow(small, large) is able


@pytest.mark.parametrize(
    ("small", "large", "message"),
    [
        pytest.param("repnext_m1", "repnext_m0", "at least as many channels and blocks", id="smaller"),
        pytest.param("repvgg_a0", "repnext_m0", "on a RepNeXt in training form", id="another family"),
    ],
)
def test_what_cannot_grow_is_named(small, large, message):
    with pytest.raises(HeadPoseError, match=message):
        grow(small_network(small), build_sixdrepnet(large))


def test_a_folded_network_does_not_grow():
    with pytest.raises(HeadPoseError, match="in training form"):
        grow(reparameterize(small_network()), build_sixdrepnet("repnext_m1"))


@pytest.mark.parametrize("folded", [False, True], ids=["training form", "folded"])
def test_a_run_starts_from_a_file_of_the_small_network(tmp_path, folded):
    small = small_network()
    file = save_checkpoint(
        reparameterize(small) if folded else small, tmp_path / "m0.safetensors", backbone="repnext_m0"
    )
    network, text = initial_network("repnext_m1", snapshot=file, grows=True, images=lambda: [images()])
    assert text.startswith("repnext_m1 grown from repnext_m0 and its 6D head from m0.safetensors")
    with torch.no_grad():
        assert geodesic_deg(network.eval()(images()), small(images())).max() <= 0.02


def test_a_run_says_what_cannot_grow(tmp_path):
    file = save_checkpoint(small_network("repnext_m1"), tmp_path / "m1.safetensors", backbone="repnext_m1")
    with pytest.raises(HeadPoseError, match="is a repnext_m1, which cannot grow into repnext_m0"):
        initial_network("repnext_m0", snapshot=file, grows=True, images=lambda: [])


def test_the_command_grows_a_network(tmp_path):
    file = save_checkpoint(small_network(), tmp_path / "m0.safetensors", backbone="repnext_m0")
    more = {"backbone_type": "repnext_m1", "snapshot": str(file), "grow": "true", "num_epochs": 1}
    assert train(tmp_path / "runs", **more) == 0
    (start,) = json.loads((only_run(tmp_path / "runs") / "run.json").read_text())["starts"]
    assert start["origin"] == "repnext_m1 grown from repnext_m0 and its 6D head from m0.safetensors"


def test_growing_needs_something_to_grow_from(tmp_path, capsys):
    assert train(tmp_path, backbone_type="repnext_m1", grow="true") == 2
    assert "no snapshot to grow from" in capsys.readouterr().err
