"""Cards: every figure is that of the faces it names, and what is written says all that it must."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stand_in_weights import FACE, ColorSession, painted, rendered_set, shipped

import headpose
import weights
from runtime.errors import HeadPoseError
from runtime.images import save_image
from runtime.rotation import euler_to_rotation, geodesic_deg
from training.card import in_plane_deg, measure_photographs, measure_rendered, measured
from training.card_record import PHOTOGRAPHS, RENDERED, Card, read_card
from training.card_text import figures_text, markdown
from training.data.face_list import FaceRow, write_face_list
from training.data.synthetic.head import NEUTRAL_PITCH_DEG

# pitch, yaw, roll, error in yaw, then who and what is shown
PEOPLE = [
    (0, 0, 0, 1, "african", "female", "young", ["glasses"], "bob"),
    (10, 20, 5, 2, "african", "male", "old", [], ""),
    (0, -40, 20, 3, "asian", "female", "young", ["hat", "mask"], "bob"),
    (-20, 50, 0, 4, "asian", "male", "middleage", [], "bob"),
    (0, 62, -50, 25, "caucasian", "female", "old", ["mask"], ""),
    (40, -80, 0, 7, "caucasian", "male", "young", ["hand"], "bob"),
    (0, 10, 35, 0, "african", "female", "young", [], "bob"),
    (5, -10, 0, 6, "asian", "male", "young", ["patch", "glasses"], "bob"),
]
ERRORS = np.array([row[3] for row in PEOPLE], dtype=float)
NAMES = ("pitch", "yaw", "roll", "error", "group", "sex", "age", "occluders", "hair")


def person(index: int) -> dict:
    return dict(zip(NAMES, PEOPLE[index % len(PEOPLE)]))


def heldout(folder: Path, count: int = len(PEOPLE), **facts: object) -> Path:
    """A held-out set whose pictures are painted with pose and error of `PEOPLE`; two pictures of each person."""
    rendered_set(folder, **{"held_out": True, **facts})
    rows, lines = [], []
    for index in range(count):
        p = person(index)
        save_image(folder / f"{index}.png", painted(p["pitch"], p["yaw"] + p["error"], p["roll"]))
        rotation = euler_to_rotation(p["pitch"], p["yaw"], p["roll"])
        rows.append(FaceRow(f"{index}.png", rotation, FACE, f"person {index // 2}"))
        scene = {name: p[name] for name in NAMES[4:]}
        lines.append(json.dumps({"image": f"{index}.png", "scene": scene}))
    write_face_list(folder / "labels.csv", rows)
    (folder / "scenes.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return measure_rendered(ColorSession(), heldout(tmp_path_factory.mktemp("sets") / "H"), resamples=200)


def test_the_whole_set(rendered):
    assert (rendered.kind, rendered.name, rendered.n, rendered.left_out) == (RENDERED, "H", 8, ())
    assert rendered.geodesic_mean_deg.value == pytest.approx(ERRORS.mean(), abs=1e-4)
    assert rendered.geodesic_median_deg.value == pytest.approx(np.median(ERRORS), abs=1e-4)
    assert rendered.geodesic_p95_deg.value == pytest.approx(np.percentile(ERRORS, 95), abs=1e-4)
    assert rendered.above_20_percent.value == pytest.approx(100 / 8)
    assert rendered.euler_mae_deg.value == pytest.approx(ERRORS.mean() / 3, abs=1e-4)  # only yaw is wrong
    assert rendered.geodesic_mean_deg.low < ERRORS.mean() < rendered.geodesic_mean_deg.high
    assert (rendered.interval.groups, rendered.interval.clustered) == (4, True)  # people are drawn, not pictures
    assert "8 heads of 4 people" in rendered.about
    assert rendered.rendered["held_out"] is True
    turns = [geodesic_deg(euler_to_rotation(*row[:3]), np.eye(3)) for row in PEOPLE]
    assert rendered.straight_ahead_deg == pytest.approx(np.mean(turns), abs=1e-4)


TABLES = {
    "yaw to either side, degrees": {
        "0–30": lambda p: abs(p["yaw"]) < 30,
        "30–60": lambda p: 30 <= abs(p["yaw"]) < 60,
        "60–99": lambda p: 60 <= abs(p["yaw"]) <= 99,
        "above 99": lambda p: False,
    },
    "who is shown": {
        name: lambda p, name=name: f"{p['age']} {p['group']} {p['sex']}" == name
        for name in sorted({f"{row[6]} {row[4]} {row[5]}" for row in PEOPLE})
    },
    "skin tone": {name: lambda p, name=name: p["group"] == name for name in ("african", "asian", "caucasian")},
    "age": {name: lambda p, name=name: p["age"] == name for name in ("middleage", "old", "young")},
    "sex": {name: lambda p, name=name: p["sex"] == name for name in ("female", "male")},
    "hair": {"hair": lambda p: p["hair"] != "", "none": lambda p: p["hair"] == ""},
    "what covers the face": {
        **{n: lambda p, n=n: n in p["occluders"] for n in ("glasses", "hat", "mask", "hand", "patch")},
        "none of these": lambda p: p["occluders"] == [],
    },
}


@pytest.mark.parametrize("title", TABLES)
def test_the_parts_are_those_that_are_shown(title, rendered):
    (table,) = (one for one in rendered.tables if one.title == title)
    assert [part.name for part in table.parts] == list(TABLES[title])
    for part in table.parts:
        mine = [p["error"] for p in map(person, range(8)) if TABLES[title][part.name](p)]
        assert part.n == len(mine)
        if mine:
            assert part.geodesic_mean_deg.value == pytest.approx(np.mean(mine), abs=1e-4)
        else:
            assert part.geodesic_mean_deg is None


def test_bins_of_turns_in_the_picture_have_every_face_once(rendered):
    (table,) = (one for one in rendered.tables if one.title.startswith("turn in the picture"))
    assert [part.name for part in table.parts] == ["0–15", "15–30", "30–45", "45 and more"]
    assert sum(part.n for part in table.parts) == 8


@pytest.mark.parametrize("yaw", [0, 40, 88], ids="yaw {}".format)
@pytest.mark.parametrize("turn", [-70, -15, 0, 30, 100], ids="turn {}".format)
def test_the_turn_in_the_plane_is_that_of_the_picture(yaw, turn):
    # the documented rule: a picture that is turned clockwise by α shows R Rz(α)
    turned = euler_to_rotation(0, yaw, 0) @ euler_to_rotation(0, 0, turn)
    assert in_plane_deg(turned[None])[0] == pytest.approx(turn, abs=1e-4)


def test_a_limit_spreads(tmp_path):
    found = measure_rendered(ColorSession(), heldout(tmp_path / "H"), limit=4, resamples=0)
    assert found.n == 4
    assert found.geodesic_mean_deg.low is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(lambda f: (f / "manifest.json").unlink(), "is no set of  headpose synth", id="no set"),
        pytest.param(lambda f: (f / "manifest.json").write_text("{}"), "is no set of  headpose synth", id="manifest"),
        pytest.param(lambda f: (f / "scenes.jsonl").unlink(), "scenes.jsonl cannot be read", id="no scenes"),
        pytest.param(lambda f: (f / "scenes.jsonl").write_text("[]\n"), "scenes.jsonl cannot be read", id="scenes"),
        pytest.param(lambda f: (f / "scenes.jsonl").write_text(""), "does not tell of 0.png", id="not all scenes"),
        pytest.param(lambda f: (f / "labels.csv").unlink(), "cannot read the face list", id="no labels"),
    ],
)
def test_a_set_that_is_not_whole(spoil, message, tmp_path):
    spoil(heldout(tmp_path / "H"))
    with pytest.raises(HeadPoseError, match=message) as caught:
        measure_rendered(ColorSession(), tmp_path / "H")
    assert "\n" not in str(caught.value)


def test_people_who_were_trained_on_are_refused(tmp_path):
    with pytest.raises(HeadPoseError, match="may have been trained on"):
        measure_rendered(ColorSession(), heldout(tmp_path / "H", held_out=False))


def test_labels_of_another_neutral_pose_are_refused(tmp_path):
    folder = heldout(tmp_path / "H")
    record = json.loads((folder / "manifest.json").read_text())
    record["parameters"]["neutral_pitch_deg"] = NEUTRAL_PITCH_DEG - 2
    (folder / "manifest.json").write_text(json.dumps(record))
    with pytest.raises(HeadPoseError, match=r"neutral pose of .*render again"):
        measure_rendered(ColorSession(), folder)


# --- photographs ---


def photographs(folder: Path, names: tuple[str, ...], errors: tuple[float, ...], monkeypatch) -> Path:
    """Painted pictures with labels.json; no detector finds a face on them, so the landmarks' box stands in."""
    from training.data import labelled_photos

    monkeypatch.setattr(labelled_photos, "_detected", lambda root, files, marks, progress: marks)
    folder.mkdir()
    corners = [[FACE.left, FACE.top], [FACE.right, FACE.bottom]]
    images = []
    for name, error in zip(names, errors):
        save_image(folder / f"{name}.png", painted(0, 10 + error, 0))
        rotation = euler_to_rotation(0, 10, 0).tolist()
        images.append({"file": f"{name}.png", "rotation": rotation, "landmarks68": corners})
    (folder / "labels.json").write_text(json.dumps({"images": images}))
    return folder


AFLW = ("image00001", "image00002", "image02773")


def test_a_photograph_that_is_left_out_is_told(tmp_path, monkeypatch):
    folder = photographs(tmp_path / "real3", AFLW, (2, 4, 60), monkeypatch)
    found = measure_photographs(ColorSession(), folder, leave_out=["image02773"], resamples=50)
    assert (found.kind, found.name, found.n, found.left_out) == (PHOTOGRAPHS, "real3", 2, ("image02773",))
    assert found.about == "3 AFLW2000-3D photographs for validation only, not an AFLW2000 MAE"
    assert found.geodesic_mean_deg.value == pytest.approx(3, abs=1e-4)
    assert found.with_left_out_deg.value == pytest.approx(22, abs=1e-4)
    assert found.above_20_percent.value == 0
    assert found.straight_ahead_deg == pytest.approx(10, abs=1e-4)  # all of them look 10 degrees aside
    assert found.tables == ()


def test_other_photographs_are_not_called_aflw(tmp_path, monkeypatch):
    folder = photographs(tmp_path / "mine", ("a", "b"), (2, 4), monkeypatch)
    assert measure_photographs(ColorSession(), folder, resamples=0).about == "2 photographs"


@pytest.mark.parametrize(
    ("leave_out", "message"),
    [
        pytest.param(["image02774"], "unknown photograph 'image02774': did you mean 'image02773'", id="unknown"),
        pytest.param(list(AFLW), "all 3 photographs of .* are left out", id="all"),
    ],
)
def test_bad_keys(leave_out, message, tmp_path, monkeypatch):
    folder = photographs(tmp_path / "p", AFLW, (1, 2, 3), monkeypatch)
    with pytest.raises(HeadPoseError, match=message):
        measure_photographs(ColorSession(), folder, leave_out=leave_out)


# --- the card itself ---


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with shipped weights in weights/ and the run that they come from in work/."""
    place = tmp_path_factory.mktemp("shipped")
    shipped(place / "weights", place / "work")
    return place


@pytest.fixture(scope="module")
def bare(made) -> Card:
    return read_card(made / "weights" / "repnext_m0.json")


@pytest.fixture(scope="module")
def card(bare, rendered, tmp_path_factory) -> Card:
    with pytest.MonkeyPatch.context() as patch:
        folder = photographs(tmp_path_factory.mktemp("p") / "real3", AFLW, (2, 4, 60), patch)
        photos = measure_photographs(ColorSession(), folder, leave_out=["image02773"], resamples=50)
    return measured(bare, [photos, rendered])


def test_json_and_back(card):
    assert Card.from_json(json.loads(json.dumps(card.to_json()))) == card
    assert [one.kind for one in card.sets] == [RENDERED, PHOTOGRAPHS]
    assert {"git", "tools", "created"} <= card.evaluated.keys()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda d: d.pop("sha256"), "sha256", id="missing"),
        pytest.param(lambda d: d.update(more=1), "more", id="unknown"),
        pytest.param(lambda d: d.update(schema=9), "schema 9, this version reads 1", id="schema"),
        pytest.param(lambda d: d["sets"][0].update(kind="films"), "films", id="kind"),
    ],
)
def test_a_damaged_card_is_one_sentence(change, words, card, tmp_path):
    data = card.to_json()
    change(data)
    (tmp_path / "c.json").write_text(json.dumps(data))
    with pytest.raises(HeadPoseError, match=words) as caught:
        read_card(tmp_path / "c.json")
    assert str(tmp_path / "c.json") in str(caught.value)
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(HeadPoseError, match="cannot be read"):
        read_card(tmp_path / "c.json")


def test_figures_are_not_replaced_unasked(card, rendered):
    with pytest.raises(HeadPoseError, match="has figures on rendered already: pass --overwrite"):
        measured(card, [rendered])
    again = measured(card, [replace(rendered, n=3)], overwrite=True)
    assert [one.n for one in again.sets] == [3, 2]


def test_the_text_says_everything(card):
    text = markdown(card)
    for part in ("## Figures", "## Known failures", "## How it was made", "## Better weights", card.sha256):
        assert part in text
    assert "12000 heads rendered by headpose synth" in text
    assert "Apache-2.0 (weights trained on rendered heads of CC0 assets)" in text
    assert "### real3, n = 2 (image02773 left out), 3 AFLW2000-3D photographs for validation only" in text
    assert "nothing left out, n = 3 | 22.00" in text
    assert "| mask | 2 | 14.00" in text
    assert all(len(re.findall(r"(?<!`)\|", line)) in (3, 4) for line in text.splitlines() if line.startswith("|"))
    assert "H shows 7 combinations of age, skin tone and sex only" in text.split("## Known failures")[1]
    assert "headpose synth --out SET1 --count 12000 --seed 1 --size 224 --density 300w-lp" in text
    assert "--leave-out image02773" in text
    assert "c" * 40 in text


def test_parts_that_are_clearly_harder_are_named_among_the_failures(card, rendered):
    many = [
        replace(table, parts=tuple(replace(part, n=part.n * 100) for part in table.parts)) for table in rendered.tables
    ]
    text = markdown(replace(card, sets=(replace(rendered, tables=tuple(many)),)))
    failures = text.split("## Known failures")[1].split("## How")[0]
    assert "what covers the face mask: 14.00" in failures
    assert "n = 200, 2.3 times the mean" in failures
    assert "sex female" not in failures
    assert "rendered adults alone" in failures
    small = markdown(card).split("## Known failures")[1]
    assert "covers the face mask" not in small  # of two faces nothing follows


def test_a_card_without_figures_says_so(bare):
    assert figures_text(bare) == "Not measured yet."
    assert "Not measured yet." in markdown(bare)


# --- the command ---


@pytest.fixture
def own_folder(made, tmp_path, monkeypatch) -> Path:
    folder = Path(shutil.copytree(made / "weights", tmp_path / "weights"))
    monkeypatch.setattr(weights, "FOLDER", folder)
    return folder


def card_command(*words: object) -> int:
    return headpose.main(["card", *map(str, words), "--threads", "1", "--bootstrap", "20"])


def test_shipped_weights_keep_their_card(own_folder, tmp_path, capsys):
    set_folder = heldout(tmp_path / "H", 4)
    assert card_command("default-m0", "--held-out", set_folder) == 0
    assert "by skin tone" in capsys.readouterr().out
    card = read_card(own_folder / "repnext_m0.json")
    assert card.measured(RENDERED).n == 4
    assert (own_folder / "repnext_m0.md").read_text(encoding="utf-8") == markdown(card)
    assert sorted(file.name for file in own_folder.iterdir()) == [
        f"repnext_m0.{s}" for s in ("json", "md", "safetensors")
    ]
    assert card_command("default-m0", "--held-out", set_folder) == 2
    assert "pass --overwrite" in capsys.readouterr().err
    assert card_command("default-m0", "--held-out", set_folder, "--limit", 2, "--overwrite", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sets"][0]["n"] == 2


def test_a_file_of_yours_gets_a_card_where_you_say(made, tmp_path):
    best, out = made / "work" / "run" / "best.safetensors", tmp_path / "mine.json"
    assert card_command(best, "--held-out", heldout(tmp_path / "H", 2), "--out", out) == 0
    card = read_card(out)
    assert (card.file, card.licence, card.rounding, len(card.stages)) == ("best.safetensors", "unknown", None, 1)
    assert "# repnext_m0" in out.with_suffix(".md").read_text(encoding="utf-8")
    assert str(made) not in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["default-m0"], "nothing to measure on", id="no set"),
        pytest.param(
            ["default-m0", "--held-out", "H", "--leave-out", "a"], "give their folder with --photos", id="left"
        ),
        pytest.param(["default-m0", "--held-out", "H", "--limit", "-1"], "numbers from 0 on", id="limit"),
        pytest.param(["default-m0", "--held-out", "H", "--out", "a.md"], "ends in .json", id="suffix"),
        pytest.param(["default-m0", "--held-out", "gone"], "is no set of  headpose synth", id="gone"),
        pytest.param(["default-m4", "--held-out", "H"], "default-m4 is not shipped", id="not shipped"),
        pytest.param(["untrained", "--held-out", "H"], "untrained weights have no figures", id="untrained"),
        pytest.param(["a.safetensors", "--held-out", "H"], "say  --out NAME.json", id="where"),
        pytest.param(["a.safetensors", "--held-out", "H", "--out", "a.json"], "is not a file", id="no file"),
    ],
)
def test_bad_input_is_one_sentence(words, message, own_folder, capsys):
    before = (own_folder / "repnext_m0.json").read_bytes()
    assert card_command(*words) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert (own_folder / "repnext_m0.json").read_bytes() == before
