"""Weights by name: which file a name stands for, that it is whole, and that everything made from it says so."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from stand_in_weights import COMMIT, SIZE, shipped

import headpose
import weights
from benchmarks import report
from export.reference import load_reference
from runtime.artifact import CheckpointInfo, sha256_of
from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg
from runtime.sessions import open_session
from training.bootstrap import Figure, IntervalFacts
from training.card_record import PHOTOGRAPHS, RENDERED, Card, CardSet, card_text, read_card
from training.card_text import markdown
from training.commands.evaluate import open_model
from training.evaluate import _model
from training.initial import initial_network
from training.models.checkpoints import open_checkpoint
from training.models.default import seed_weights, weights_sha256
from training.models.shipped import better, is_name, shipped_cards
from training.models.sixdrepnet import build_sixdrepnet

LICENCE = "Apache-2.0 (weights trained on rendered heads of CC0 assets)"
DATA = "12000 heads rendered by headpose synth"


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("made")
    for backbone in ("repnext_m0", "repnext_m4"):
        shipped(place / "weights", place / backbone, backbone)
    return place / "weights"


@pytest.fixture
def ship_only(made, tmp_path, monkeypatch):
    """Make the program's folder of weights hold stand-ins of these backbones."""

    def only(*backbones: str) -> Path:
        folder = tmp_path / "own"
        folder.mkdir()
        for backbone in backbones:
            for file in made.glob(f"{backbone}.*"):
                shutil.copy(file, folder)
        monkeypatch.setattr(weights, "FOLDER", folder)
        return folder

    return only


BOTH = ("repnext_m0", "repnext_m4")
CASES = [
    pytest.param((), "default", None, "untrained", "repnext_m4", id="nothing shipped"),
    pytest.param((), "default", "repnext_m0", "untrained", "repnext_m0", id="nothing shipped, m0 asked for"),
    pytest.param(BOTH[:1], "default", None, "default-m0", "repnext_m0", id="m0 alone"),
    pytest.param(BOTH[:1], "default", "repnext_m4", "untrained", "repnext_m4", id="m0 alone, m4 asked for"),
    pytest.param(BOTH[:1], "default", "repnext_m0", "default-m0", "repnext_m0", id="m0 alone, m0 asked for"),
    pytest.param(BOTH[1:], "default", None, "default-m4", "repnext_m4", id="m4 alone"),
    pytest.param(BOTH, "default", None, "default-m4", "repnext_m4", id="both, without figures"),
    pytest.param(BOTH, "default", "repnext_m0", "default-m0", "repnext_m0", id="both, m0 asked for"),
    pytest.param(BOTH, "default", "repvgg_a0", "untrained", "repvgg_a0", id="another backbone"),
    pytest.param(BOTH, "default-m0", None, "default-m0", "repnext_m0", id="m0 by name"),
    pytest.param(BOTH, "default-m4", "repnext_m4", "default-m4", "repnext_m4", id="m4 by name and backbone"),
    pytest.param(BOTH, "untrained", None, "untrained", "repnext_m4", id="untrained"),
    pytest.param(BOTH, "untrained", "repnext_m0", "untrained", "repnext_m0", id="untrained m0"),
]


@pytest.mark.parametrize(("there", "name", "backbone", "source", "found"), CASES)
def test_what_a_name_stands_for(there, name, backbone, source, found, ship_only):
    folder = ship_only(*there)
    loaded = open_checkpoint(name, backbone)
    assert (loaded.info.source, loaded.backbone, loaded.form) == (source, found, "train")
    assert loaded.info.trained is (source != "untrained")
    if loaded.info.trained:
        assert loaded.info.sha256 == sha256_of(folder / f"{found}.safetensors")
        assert loaded.info.training_data.startswith(DATA)
        assert (loaded.info.licence, loaded.image_size) == (LICENCE, SIZE)
    else:
        assert loaded.info.sha256 == weights_sha256(seed_weights(build_sixdrepnet(found)))
        assert (loaded.info.training_data, loaded.image_size) == ("none", 224)


@pytest.mark.parametrize(
    ("there", "name", "backbone", "message"),
    [
        pytest.param(
            (), "default-m4", None, "default-m4 is not shipped with this copy: give a file, or", id="not there"
        ),
        pytest.param(BOTH, "default-m4", "repnext_m0", "default-m4 is repnext_m4, not repnext_m0", id="another"),
        pytest.param(BOTH, "default-m5", None, "unknown weights 'default-m5': did you mean 'default-m", id="misspelt"),
        pytest.param(BOTH, "default", "repnext_m44", "did you mean 'repnext_m4'", id="unknown backbone"),
    ],
)
def test_bad_names_are_one_sentence(there, name, backbone, message, ship_only):
    ship_only(*there)
    with pytest.raises(HeadPoseError, match=message) as caught:
        open_checkpoint(name, backbone)
    assert "\n" not in str(caught.value)


def test_a_file_may_have_any_other_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("default-mine.pth").touch()
    assert not is_name("default-mine.pth")
    assert not is_name("run/default")
    assert is_name("default")


# --- which is the better one ---


def card_of(backbone: str, *, trained: bool = True, **means: float) -> Card:
    def figures(kind: str, mean: float) -> CardSet:
        figure, facts = Figure(mean, mean - 0.5, mean + 0.5), IntervalFacts("bootstrap", 0.95, 10, 0, 15, False)
        return CardSet(kind, kind, "16 faces", "runtime", 15, ("x",), 0, *[figure] * 6, 18.0, facts)

    return Card(
        name=backbone,
        file=f"{backbone}.safetensors",
        sha256="0" * 64,
        size_bytes=5_000_000,
        backbone=backbone,
        parameters=2_000_000,
        input_size=224,
        framing="runtime",
        trained=trained,
        training_data=DATA,
        licence=LICENCE,
        stages=(),
        rounding=None,
        git={"commit": COMMIT, "dirty": False},
        created="2026-01-01T00:00:00+00:00",
        sets=tuple(figures(kind, mean) for kind, mean in means.items()),
    )


@pytest.mark.parametrize(
    ("m0", "m4", "chosen"),
    [
        pytest.param({PHOTOGRAPHS: 7.0}, {PHOTOGRAPHS: 6.0}, "repnext_m4", id="m4 on photographs"),
        pytest.param({PHOTOGRAPHS: 5.0}, {PHOTOGRAPHS: 6.0}, "repnext_m0", id="m0 on photographs"),
        pytest.param(
            {PHOTOGRAPHS: 5.0, RENDERED: 9.0}, {PHOTOGRAPHS: 6.0, RENDERED: 2.0}, "repnext_m0", id="photos first"
        ),
        pytest.param({PHOTOGRAPHS: 9.0}, {RENDERED: 1.0}, "repnext_m0", id="who has a figure on photographs"),
        pytest.param({RENDERED: 3.0}, {RENDERED: 4.0}, "repnext_m0", id="rendered where no photographs"),
        pytest.param({}, {}, "repnext_m4", id="no figures"),
        pytest.param({PHOTOGRAPHS: 5.0}, {PHOTOGRAPHS: 4.0, "trained": False}, "repnext_m0", id="untrained is none"),
    ],
)
def test_the_better_one_by_its_card(m0, m4, chosen):
    cards = [card_of("repnext_m0", **m0), card_of("repnext_m4", **m4)]
    assert better(cards).backbone == better(cards[::-1]).backbone == chosen


def test_without_trained_weights_none_is_better():
    assert better([]) is None
    assert better([card_of("repnext_m0", trained=False)]) is None


def test_default_follows_the_card(ship_only):
    folder = ship_only(*BOTH)
    for backbone, mean in zip(BOTH, (5.0, 6.0)):
        file = folder / f"{backbone}.json"
        file.write_text(card_text(replace(read_card(file), sets=card_of(backbone, photographs=mean).sets)))
    assert open_checkpoint("default").backbone == "repnext_m0"


# --- damage ---


def _flip(folder: Path) -> None:
    file = folder / "repnext_m0.safetensors"
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)


def _other_card(folder: Path) -> None:
    file = folder / "repnext_m0.json"
    file.write_text(card_text(replace(read_card(file), backbone="repnext_m4")))


DAMAGE = [
    pytest.param(
        _flip, r"repnext_m0\.safetensors is damaged: its SHA-256 is not the one that repnext_m0\.json", id="bit"
    ),
    pytest.param(lambda f: (f / "repnext_m0.safetensors").write_text(""), "is damaged: its SHA-256", id="empty"),
    pytest.param(
        lambda f: (f / "repnext_m0.safetensors").unlink(), r"not repnext_m0\.safetensors: install", id="no file"
    ),
    pytest.param(lambda f: (f / "repnext_m0.json").unlink(), r"not repnext_m0\.json: install", id="no card"),
    pytest.param(lambda f: (f / "repnext_m0.json").write_text("{"), "cannot be read", id="card"),
    pytest.param(_other_card, "is the card of repnext_m4", id="another card"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE)
@pytest.mark.parametrize("name", ["default", "default-m0"])
def test_damage_is_one_sentence_and_never_an_untrained_network(damage, message, name, ship_only):
    damage(ship_only("repnext_m0"))
    with pytest.raises(HeadPoseError, match=message) as caught:
        open_checkpoint(name)
    assert "\n" not in str(caught.value)


def test_the_command_tells_of_damage(ship_only, tmp_path, capsys):
    _flip(ship_only("repnext_m0"))
    assert headpose.main(["export", "--out", str(tmp_path / "out")]) == 2
    assert "is damaged" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# --- what is made from them says so ---


@pytest.fixture(scope="module")
def exported(made, tmp_path_factory):
    """`headpose export` without --backbone where RepNeXt-M0 alone is shipped."""
    place = tmp_path_factory.mktemp("exported")
    own = place / "own"
    own.mkdir()
    for file in made.glob("repnext_m0.*"):
        shutil.copy(file, own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "FOLDER", own)
        assert headpose.main(["export", "--targets", "onnx", "--out", str(place / "out")]) == 0
    return own, place / "out"


def test_export_takes_the_backbone_of_the_weights_and_their_size(exported):
    _, out = exported
    entries = json.loads((out / "manifest.json").read_text())["artifacts"]
    assert [entry["file"] for entry in entries] == [f"sixdrepnet_repnext_m0_{p}.onnx" for p in ("fp16", "fp32")]
    for entry in entries:
        assert entry["input_size"] == SIZE
        assert entry["parity"]["passed"] is True
        assert entry["checkpoint"]["trained"] is True
        assert entry["checkpoint"]["source"] == "default-m0"
        assert entry["checkpoint"]["training_data"].startswith(DATA)
        assert entry["checkpoint"]["licence"] == LICENCE


def test_inspect_and_predict_say_what_the_weights_were_trained_on(exported, tmp_path, capsys):
    from runtime.images import save_image

    _, out = exported
    file = out / "sixdrepnet_repnext_m0_fp32.onnx"
    assert headpose.main(["inspect", str(file)]) == 0
    seen = capsys.readouterr().out
    assert "UNTRAINED" not in seen
    assert "default-m0" in seen
    save_image(tmp_path / "a.png", np.zeros((64, 64, 3), np.uint8))
    assert headpose.main(["predict", str(tmp_path / "a.png"), "--artifact", str(file), "--threads", "1"]) == 0
    printed = capsys.readouterr()
    assert f"trained on {DATA}" in printed.out
    assert LICENCE in printed.out
    assert "UNTRAINED" not in printed.out + printed.err


def test_parity_finds_the_shipped_weights_again(exported, monkeypatch):
    own, out = exported
    monkeypatch.setattr(weights, "FOLDER", own)
    session = open_session(out / "sixdrepnet_repnext_m0_fp32.onnx", threads=1)
    reference = load_reference(session.info)
    images = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), dtype=np.uint8)
    assert geodesic_deg(reference.rotations(images), session.run(images)).max() < 0.02


def test_files_of_before_find_their_seeded_network():
    info = open_checkpoint("untrained", "repnext_m0").info
    old = CheckpointInfo("default", info.sha256, False, "none", "Apache-2.0")
    artifact = replace(open_model("untrained", "repnext_m0").info, checkpoint=old)
    assert load_reference(artifact).network.training is False


def test_the_export_of_an_untrained_network_is_loud(ship_only, tmp_path, capsys):
    ship_only("repnext_m0")
    words = [
        "export",
        "--backbone",
        "repnext_m1",
        "--size",
        "64",
        "--targets",
        "onnx",
        "--precision",
        "fp32",
        "--no-parity",
    ]
    assert headpose.main([*words, "--out", str(tmp_path)]) == 0
    assert "UNTRAINED" in capsys.readouterr().out


def test_the_demo_says_and_draws_what_the_weights_were_trained_on(ship_only, tmp_path, capsys, monkeypatch):
    from benchmarks import demo

    ship_only("repnext_m0")
    captions = []
    draw = demo._write_picture
    monkeypatch.setattr(
        demo,
        "_write_picture",
        lambda path, panels, *rest: captions.extend(c for _, c in panels) or draw(path, panels, *rest),
    )
    assert headpose.main(["demo", "--targets", "onnx", "--out", str(tmp_path / "demo")]) == 0
    out = capsys.readouterr().out
    assert "6DRepNet on repnext_m0" in out
    assert f"weights default-m0, trained on {DATA}" in out
    assert LICENCE in out
    assert "UNTRAINED" not in out
    assert len(captions) == 2
    for caption in captions:
        assert "trained on 12000 heads rendered by headpose synth" in caption
        assert "Apache-2.0" in caption


def test_evaluation_and_training_take_the_names(ship_only):
    folder = ship_only("repnext_m0")
    session = open_model("default", threads=1)
    assert session.info.input_size == SIZE
    model = _model(session, "default")
    assert (model.path, model.trained, model.licence) == (None, True, LICENCE)
    assert model.sha256 == sha256_of(folder / "repnext_m0.safetensors")
    network, text = initial_network("repnext_m0", snapshot="default-m0", images=lambda: [])
    assert text == "repnext_m0 and its 6D head from default-m0"
    assert next(network.parameters()).dtype == torch.float32


# --- the README ---


def test_the_readme_section_has_the_figures_of_the_cards():
    cards = {name: card_of(name, photographs=mean, rendered=2.5) for name, mean in zip(BOTH, (7.25, 6.125))}
    text = report.weights_markdown(cards)
    assert "`--checkpoint default` is `default-m4`" in text
    assert "| `default-m0`, trained | 5.0 | 2.50 (2.00–3.00), n = 15 (x left out) | 7.25 (6.75–7.75), n = 15" in text
    assert LICENCE in text
    assert "weights/repnext_m4.md" in text
    assert "**untrained**" in report.weights_markdown({})


def test_the_readme_has_the_section_between_its_markers():
    readme = report.README.read_text(encoding="utf-8")
    begin, end = report.marks("weights")
    section = readme.split(begin)[1].split(end)[0].strip()
    assert section == report.weights_markdown(shipped_cards()), "run  python -m benchmarks.report"


# --- what is really shipped ---


def own_cards() -> dict[str, Card]:
    found = shipped_cards()
    if not found:
        pytest.skip("no trained weights are shipped yet")
    return found


def test_shipped_files_are_whole_small_and_have_their_text():
    for backbone, card in own_cards().items():
        file = weights.FOLDER / card.file
        assert sha256_of(file) == card.sha256
        assert file.stat().st_size == card.size_bytes < {"repnext_m0": 6e6, "repnext_m4": 30e6}[backbone]
        assert file.with_suffix(".md").read_text(encoding="utf-8") == markdown(card), (
            f"run  headpose card  on {card.name}"
        )
        assert card.rounding is not None
        assert card.rounding.max_deg <= 0.02
        assert card.trained


def test_shipped_figures_are_on_the_same_photographs():
    photographs = [found for card in own_cards().values() if (found := card.measured(PHOTOGRAPHS))]
    assert len({(found.name, found.n, found.left_out) for found in photographs}) <= 1


def test_every_shipped_file_is_in_the_notice():
    own_cards()
    assert "weights/*.safetensors" in (Path(__file__).parents[1] / "NOTICE").read_text(encoding="utf-8")
