"""Shipping: half the size, the same rotations, a card that tells the truth, and nothing half-written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from safetensors import safe_open
from stand_in_weights import COMMIT, SIZE, rendered_set, run_folder
from torch import nn

from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError
from runtime.preprocess import Box, crop_face
from runtime.rotation import euler_to_rotation, geodesic_deg
from training import ship as ship_module
from training.card_record import read_card
from training.card_text import markdown
from training.data.synthetic.head import NEUTRAL_PITCH_DEG
from training.models.checkpoints import open_checkpoint, save_checkpoint
from training.models.default import seed_weights
from training.models.reparam import reparameterize
from training.models.shipped import shipped_cards
from training.models.sixdrepnet import build_sixdrepnet
from training.run_facts import RENDERED_LICENCE, rendered_origin, run_stages
from training.session import normalize
from training.ship import LIMIT_DEG, halved, main, ship


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def best(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("run")
    return run_folder(place / "run", rendered_set(place / "A"))


@pytest.fixture(scope="module")
def folder(best, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("shipped")
    ship(best, "repnext_m0", folder=place)
    return place


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    """Others than those that shipping proves the rotations on."""
    face = [crop_face(skimage.data.astronaut(), Box(180 + d, 70, 270 + d, 190), SIZE) for d in (0, 9, 18)]
    noise = np.random.default_rng(99).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    return normalize(np.stack([*face, *noise]))


def rotations(model: nn.Module, images: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        return model(images).double().numpy()


# --- the numbers ---


@pytest.mark.parametrize("backbone", ["repnext_m0", "repnext_m4"])
@pytest.mark.parametrize("stream", [0, 1])
def test_rotations_stay_within_the_limit_on_other_pictures(backbone, stream, pictures):
    model = seed_weights(build_sixdrepnet(backbone), stream).eval()
    before = rotations(model, pictures)
    tensors, rounding = halved(model, SIZE)
    assert rounding.max_deg <= LIMIT_DEG
    copy = build_sixdrepnet(backbone).eval()
    copy.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    moved = geodesic_deg(rotations(copy, pictures), before)
    assert 0 < moved.max() <= LIMIT_DEG
    assert np.array_equal(rotations(model, pictures), before)  # the network itself is left as it was


def test_the_file_is_half_as_large_and_keeps_statistics_exactly(folder, best):
    file = folder / "repnext_m0.safetensors"
    assert 0.5 < file.stat().st_size / best.stat().st_size < 0.7
    with safe_open(file, framework="pt") as stored, safe_open(best, framework="pt") as whole:
        assert set(stored.keys()) == set(whole.keys())
        for name in stored.keys():  # noqa: SIM118  (not a dict)
            half, full = stored.get_tensor(name), whole.get_tensor(name)
            if full.ndim < 2:
                assert torch.equal(half, full), name
            else:
                assert (half.float() - full).abs().max() <= full.abs().max() / 1024, name


def test_it_can_be_trained_on_and_folded(folder, pictures):
    loaded = open_checkpoint(folder / "repnext_m0.safetensors")
    assert (loaded.form, loaded.backbone, loaded.image_size) == ("train", "repnext_m0", SIZE)
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    folded = reparameterize(loaded.model)
    assert geodesic_deg(rotations(folded, pictures), rotations(loaded.model, pictures)).max() < 0.005
    loaded.model.train()
    loaded.model(pictures).sum().backward()
    assert all(p.grad is not None for p in loaded.model.parameters())


def test_what_half_precision_cannot_hold_stays(pictures):
    model = seed_weights(build_sixdrepnet("repnext_m0")).eval()
    kernels = {n: p for n, p in model.named_parameters() if p.ndim == 4 and p.numel() > 60000}
    name, kernel = next(iter(kernels.items()))
    with torch.no_grad():
        kernel.view(-1)[0] = 1e5
        for n, b in model.named_buffers():
            if n.endswith("running_var"):
                b.view(-1)[0] = 3e8
    tensors, rounding = halved(model, SIZE)
    assert tensors[name].dtype == torch.float32
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    assert max(float(t.max()) for n, t in tensors.items() if n.endswith("running_var")) == pytest.approx(3e8)
    assert rounding.max_deg <= LIMIT_DEG


def test_ever_more_is_kept_until_the_rotations_agree(monkeypatch):
    model = seed_weights(build_sixdrepnet("repnext_m0")).eval()
    easy = halved(model, SIZE)[1]
    monkeypatch.setattr(ship_module, "LIMIT_DEG", easy.max_deg / 4)
    tensors, strict = halved(model, SIZE)
    assert strict.kept_below > easy.kept_below
    assert strict.max_deg <= easy.max_deg / 4
    sizes = {t.dtype: [] for t in tensors.values()}
    for tensor in tensors.values():
        sizes[tensor.dtype].append(tensor.numel())
    assert max(sizes[torch.float32]) < strict.kept_below
    smaller = [size for size in sizes.get(torch.float16, []) if size < strict.kept_below]
    assert len(smaller) == strict.smaller
    assert all(size >= strict.kept_below // 2 for size in smaller)


# --- the card ---


def test_the_card_tells_what_is_in_the_file(folder, best):
    card = read_card(folder / "repnext_m0.json")
    file = folder / card.file
    assert (card.name, card.backbone, card.file) == ("repnext_m0", "repnext_m0", "repnext_m0.safetensors")
    assert (card.sha256, card.size_bytes) == (sha256_of(file), file.stat().st_size)
    assert (card.trained, card.input_size, card.framing) == (True, SIZE, "runtime")
    assert card.training_data == "12000 heads rendered by headpose synth (MakeHuman geometry and core assets, CC0)"
    assert card.licence == RENDERED_LICENCE == "Apache-2.0 (weights trained on rendered heads of CC0 assets)"
    assert card.sets == ()
    (stage,) = card.stages
    assert (stage.data, stage.train, stage.held_out, stage.commits) == ("A", 11760, 240, (COMMIT,))
    assert (stage.machine, stage.images, stage.seconds, stage.best_epoch) == ("2 CPUs", 500000, 7200.0, 4)
    assert stage.config["lr"] == 1e-4
    assert (stage.rendered["count"], stage.rendered["skins"], stage.rendered["people"]) == (12000, 2, 20000)
    info = open_checkpoint(file).info
    assert (info.trained, info.training_data, info.licence) == (True, card.training_data, card.licence)
    with safe_open(file, framework="pt") as stored:
        record = json.loads(stored.metadata()["headpose"])
    assert record["from_sha256"] == sha256_of(best)
    assert record["commits"] == [COMMIT]
    assert record["recipe"] == stage.config


def test_the_text_is_that_of_the_card(folder):
    card = read_card(folder / "repnext_m0.json")
    assert (folder / "repnext_m0.md").read_text(encoding="utf-8") == markdown(card)
    assert sorted(os.listdir(folder)) == ["repnext_m0.json", "repnext_m0.md", "repnext_m0.safetensors"]


def test_no_path_of_this_machine_is_told(folder, best):
    for file in folder.iterdir():
        data = file.read_bytes()
        assert str(best.parent.parent).encode() not in data
        assert os.path.expanduser("~").encode() + b"/" not in data


def test_the_same_weights_give_the_same_file(folder, best, tmp_path):
    ship(best, "repnext_m0", folder=tmp_path)
    one, two = (place / "repnext_m0.safetensors" for place in (folder, tmp_path))
    assert one.read_bytes() == two.read_bytes()


def test_a_run_that_started_from_a_run(tmp_path):
    first = run_folder(tmp_path / "one", rendered_set(tmp_path / "A"))
    second = run_folder(tmp_path / "two", rendered_set(tmp_path / "B", seed=2), snapshot=str(first), num_epochs=3)
    card = ship(second, "repnext_m0", folder=tmp_path / "out")
    assert [stage.data for stage in card.stages] == ["A", "B"]
    assert [stage.config["num_epochs"] for stage in card.stages] == [80, 3]
    assert card.training_data.startswith("24000 heads rendered")
    text = (tmp_path / "out" / "repnext_m0.md").read_text()
    assert "--snapshot RUN1/best.safetensors" in text
    assert "python -m training.ship RUN2/best.safetensors --name repnext_m0" in text


def test_rendered_sets_may_have_moved(tmp_path):
    data = rendered_set(tmp_path / "A")
    best = run_folder(tmp_path / "run", data)
    moved = data.rename(tmp_path / "elsewhere")
    with pytest.raises(HeadPoseError, match="--rendered tells where it is"):
        ship(best, "repnext_m0", folder=tmp_path / "out")
    card = ship(best, "repnext_m0", folder=tmp_path / "out", rendered=[moved])
    assert card.training_data.startswith("12000 heads")


def test_one_rendered_set_stands_for_all_runs_and_several_come_in_order(tmp_path):
    gone, one, two = tmp_path / "gone", rendered_set(tmp_path / "A"), rendered_set(tmp_path / "B", seed=2)
    first = run_folder(tmp_path / "one", gone)
    second = run_folder(tmp_path / "two", gone, snapshot=str(first))
    stages = run_stages(second, [two])
    assert [stage.rendered["seed"] for stage in stages] == [2, 2]
    assert rendered_origin(stages).startswith("12000 heads")
    stages = run_stages(second, [one, two])
    assert [stage.rendered["seed"] for stage in stages] == [1, 2]
    with pytest.raises(HeadPoseError, match="gone is no set of  headpose synth"):
        run_stages(second, [gone])


def test_a_run_that_started_from_shipped_weights_has_their_runs_before_its_own(tmp_path):
    before = shipped_cards()["repnext_m0"]
    best = run_folder(tmp_path / "run", rendered_set(tmp_path / "A", seed=91), snapshot="default-m0")
    started(best, "2999-01-01T00:00:00+0000")
    card = ship(best, "repnext_m0", folder=tmp_path / "out")
    assert card.stages[:-1] == before.stages
    assert card.stages[-1].config["snapshot"] == "default-m0"
    assert int(card.training_data.split()[0]) == int(before.training_data.split()[0]) + 12000


@pytest.mark.parametrize("time", ["2020-01-01T00:00:00+0000", None], ids=["shipped since", "nobody knows when"])
def test_a_run_that_started_from_other_weights_of_that_name_has_an_unknown_start(time, tmp_path):
    best = run_folder(tmp_path / "run", rendered_set(tmp_path / "A"), snapshot="default-m0")
    started(best, time)
    assert len(run_stages(best)) == 1
    with pytest.raises(HeadPoseError, match="started from default-m0, which are others now: say what the weights"):
        ship(best, "repnext_m0", folder=tmp_path / "out")


def started(best: Path, time: str | None) -> None:
    """Say when the run of a checkpoint began."""
    file = best.parent / "run.json"
    record = json.loads(file.read_text()) if file.exists() else {"starts": [{}]}
    record["starts"][0] |= {"time": time} if time else {}
    if time is None:
        record["starts"][0].pop("time", None)
    file.write_text(json.dumps(record))


# --- what is not known to be free is not called so ---


def _lonely(place: Path) -> Path:
    best = run_folder(place / "run", rendered_set(place / "A"))
    return Path(best.rename(place / "alone.safetensors"))


def _published(place: Path) -> Path:
    return run_folder(place / "run", rendered_set(place / "A"), backbone_weights="/data/repnext_m0.pth")


def _foreign(place: Path) -> Path:
    return run_folder(place / "run", rendered_set(place / "A", backgrounds=["drawn/wood/1", "holiday/a.jpg"]))


def _panoramas(place: Path) -> Path:
    return run_folder(place / "run", rendered_set(place / "A", environments=["sky", "hdri/park.hdr"]))


def _faces(place: Path) -> Path:
    (place / "300W_LP").mkdir()
    return run_folder(place / "run", place / "300W_LP")


def _from_nowhere(place: Path) -> Path:
    return run_folder(place / "run", rendered_set(place / "A"), snapshot="/gone/run/best.safetensors")


DOUBTS = [
    pytest.param(_lonely, "does not lie in a run folder", id="no run folder"),
    pytest.param(_published, r"started from the weights repnext_m0\.pth", id="published weights"),
    pytest.param(_foreign, r"pictures of somebody else behind or around heads \(holiday\)", id="backgrounds"),
    pytest.param(_panoramas, r"somebody else behind or around heads \(hdri\)", id="panoramas"),
    pytest.param(_faces, "300W_LP of a run is no rendered set", id="another data set"),
    pytest.param(_from_nowhere, r"started from best\.safetensors, whose run folder is not there", id="unknown start"),
]


@pytest.mark.parametrize(("make", "words"), DOUBTS)
def test_doubts_are_told_and_the_user_decides(make, words, tmp_path):
    best, out = make(tmp_path), tmp_path / "out"
    for known in ({}, {"training_data": "faces"}, {"licence": "MIT"}):
        with pytest.raises(HeadPoseError, match=f"{words}.*--training-data and --licence") as caught:
            ship(best, "repnext_m0", folder=out, **known)
        assert "\n" not in str(caught.value)
    assert not out.exists()
    card = ship(best, "repnext_m0", folder=out, training_data="faces", licence="for academic use")
    assert (card.training_data, card.licence) == ("faces", "for academic use")


# --- what goes wrong ---


def test_nothing_is_overwritten_unasked(best, tmp_path):
    ship(best, "repnext_m0", folder=tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(HeadPoseError, match="exists already"):
        ship(best, "repnext_m0", folder=tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    ship(best, "repnext_m0", folder=tmp_path, overwrite=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")], ids=["^C", "full disk"])
def test_an_interruption_leaves_nothing(error, best, tmp_path, monkeypatch):
    def fail(self, data):
        with self.open("wb") as stream:
            stream.write(data[:100])
        raise error

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises((KeyboardInterrupt, HeadPoseError)) as caught:
        ship(best, "repnext_m0", folder=tmp_path)
    assert isinstance(caught.value, KeyboardInterrupt) or "No space left on device" in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_folded_network_is_refused(tmp_path):
    model = reparameterize(seed_weights(build_sixdrepnet("repnext_m0")).eval())
    file = save_checkpoint(model, tmp_path / "f.safetensors", backbone="repnext_m0")
    with pytest.raises(HeadPoseError, match="is folded: give the network in training form"):
        ship(file, "repnext_m0", folder=tmp_path / "out")


def test_the_command(best, tmp_path, capsys):
    assert main([str(best), "--name", "repnext_m0", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "repnext_m0.safetensors: " in out
    assert RENDERED_LICENCE in out
    assert "headpose card default-m0 --held-out DIR" in out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("repnext_m00", "unknown name of shipped weights 'repnext_m00': did you mean", id="no name"),
        pytest.param("repnext_m4", "RepNeXt-M0.*not like repnext_m4", id="another backbone"),
    ],
)
def test_bad_names(name, message, best, tmp_path, capsys):
    import re

    assert main([str(best), "--name", name, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert re.search(message, error)
    assert not (tmp_path / "out").exists()


# --- another neutral pose ---


@pytest.mark.parametrize(
    ("in_set", "told", "down_deg"),
    [
        (None, None, 0.0),
        (NEUTRAL_PITCH_DEG, None, 0.0),
        (NEUTRAL_PITCH_DEG - 2, None, 2.0),
        (None, 3.5, 1.5),
        (3.0, 6.0, -1.0),
    ],
    ids=["unknown", "today's", "the set's", "told", "told against the set's"],
)
def test_labels_of_another_neutral_pose_turn_the_answers(in_set, told, down_deg, pictures, tmp_path):
    data = rendered_set(tmp_path / "A")
    if in_set is not None:
        record = json.loads((data / "manifest.json").read_text())
        record["parameters"]["neutral_pitch_deg"] = in_set
        (data / "manifest.json").write_text(json.dumps(record))
    best = run_folder(tmp_path / "run", data)
    card = ship(best, "repnext_m0", folder=tmp_path / "out", neutral_pitch_deg=told)
    before = rotations(open_checkpoint(best, "repnext_m0").model, pictures)
    after = rotations(open_checkpoint(tmp_path / "out" / card.file).model, pictures)
    turn = euler_to_rotation(-down_deg, 0, 0)  # a face that looked up by so much too far looks straight on now
    assert geodesic_deg(after, turn @ before).max() <= LIMIT_DEG
    assert card.turned_pitch_deg == pytest.approx(down_deg)
    assert ("after training" in (tmp_path / "out" / "repnext_m0.md").read_text()) == bool(down_deg)
