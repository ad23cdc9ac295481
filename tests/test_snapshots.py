"""Training snapshots: 6DRepNet's form, what they keep, and what happens to damaged ones."""

import pytest
import torch

from runtime.errors import HeadPoseError
from training.models.checkpoints import load_snapshot
from training.models.sixdrepnet import build_sixdrepnet
from training.snapshots import (
    Position,
    TrainState,
    is_training_snapshot,
    load_state,
    newest_state,
    own_names,
    prune,
    published_names,
    save_state,
    snapshots_in,
)

THIRD = Position(3)


def state(position=THIRD, backbone="repnext_m0"):
    network = build_sixdrepnet(backbone)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    network.train()(torch.zeros(2, 3, 32, 32)).sum().backward()
    optimizer.step()
    return TrainState(
        position=position,
        model=network.state_dict(),
        optimizer=optimizer.state_dict(),
        backbone=backbone,
        ema={"updates": 4},
        rng=torch.get_rng_state(),
        config={"lr": 0.1},
        record={"best_deg": 4.5},
    )


def same(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.parametrize(
    ("position", "prefix", "name"),
    [
        (Position(1), "myexp", "myexp_epoch_1.tar"),
        (Position(80), "", "epoch_80.tar"),
        (Position(2, 40), "my_exp", "my_exp_epoch_2_step_40.tar"),
    ],
    ids=str,
)
def test_names_are_those_that_6drepnet_gives(tmp_path, position, prefix, name):
    assert save_state(tmp_path, state(position), prefix=prefix).name == name
    assert [p.name for p in snapshots_in(tmp_path)] == [name]


def test_everything_comes_back(tmp_path):
    before = state(Position(2, 7))
    after = load_state(save_state(tmp_path, before))
    assert all(same(vars(before)[name], vars(after)[name]) for name in vars(before))


def test_the_file_is_a_6drepnet_snapshot(tmp_path):
    payload = torch.load(save_state(tmp_path, state(backbone="repvgg_a0")), weights_only=True)
    assert payload["epoch"] == 3
    assert payload["optimizer_state_dict"]["state"]
    names = set(payload["model_state_dict"])
    # names that the published implementation's own network has
    assert {
        "layer0.rbr_dense.conv.weight",
        "layer0.rbr_1x1.bn.running_mean",
        "layer1.1.rbr_identity.weight",
        "layer4.0.rbr_dense.bn.bias",
        "linear_reg.weight",
        "linear_reg.bias",
    } <= names
    assert not any(name.startswith(("backbone.", "head.")) for name in names)


def test_its_weights_are_read_like_any_snapshot(tmp_path):
    before = state(backbone="repvgg_a0")
    network = load_snapshot(save_state(tmp_path, before))
    assert same(dict(network.state_dict()), dict(before.model))


@pytest.mark.parametrize("backbone", ["repnext_m0", "repvgg_a0", "timm:resnet18"])
def test_names_go_there_and_back(backbone):
    model = build_sixdrepnet(backbone).state_dict()
    assert same(own_names(published_names(dict(model))), dict(model))


def test_the_furthest_comes_first(tmp_path):
    for position in (Position(9), Position(10), Position(9, 30), Position(2)):
        (tmp_path / position.file_name("a")).touch()
    (tmp_path / ".a_epoch_99.part.tar").touch()
    (tmp_path / "notes.tar").touch()
    order = ["a_epoch_10.tar", "a_epoch_9_step_30.tar", "a_epoch_9.tar", "a_epoch_2.tar"]
    assert [p.name for p in snapshots_in(tmp_path)] == order
    prune(tmp_path, 2)
    assert [p.name for p in snapshots_in(tmp_path)] == order[:2]
    prune(tmp_path, 0)
    assert (tmp_path / "notes.tar").exists()


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "truncated":
        data = data[: len(data) // 2]
    elif how == "one byte":  # in the middle of a tensor, where only a checksum can see it
        data[len(data) // 2] ^= 0xFF
    else:
        data = bytearray()
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["truncated", "one byte", "empty"])
def test_a_damaged_newest_snapshot_falls_back(tmp_path, how):
    save_state(tmp_path, state(Position(1)))
    newest = save_state(tmp_path, state(Position(2)))
    damage(newest, how)
    found, path, faults = newest_state(tmp_path)
    assert found.position == Position(1)
    assert path.name == "epoch_1.tar"
    assert len(faults) == 1
    assert "epoch_2.tar is damaged" in faults[0]


def test_nothing_to_go_on_from(tmp_path):
    with pytest.raises(HeadPoseError, match="holds no snapshot"):
        newest_state(tmp_path)
    damage(save_state(tmp_path, state()), "truncated")
    with pytest.raises(HeadPoseError, match=r"epoch_3\.tar is damaged"):
        newest_state(tmp_path)


def test_a_full_disk_keeps_the_snapshot_of_before(tmp_path, monkeypatch):
    save_state(tmp_path, state(Position(1)))

    def full(payload, part):
        part.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(HeadPoseError, match=r"cannot write .*epoch_2\.tar"):
        save_state(tmp_path, state(Position(2)))
    assert [p.name for p in tmp_path.iterdir()] == ["epoch_1.tar"]


def test_weights_alone_are_not_resumed(tmp_path):
    file = tmp_path / "theirs_epoch_1.tar"
    torch.save({"epoch": 1, "model_state_dict": state().model, "optimizer_state_dict": {}}, file)
    assert not is_training_snapshot(file)
    with pytest.raises(HeadPoseError, match="holds weights only"):
        load_state(file)
