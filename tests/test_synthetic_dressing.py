"""What a plan's person consists of: which parts, on which vertices, with which textures."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from texture_card import Card
from tiny_head import write_tiny_head

from runtime.errors import HeadPoseError
from training.data.synthetic import dressing
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.dressing import Dresser, plan_vertices
from training.data.synthetic.hair import hair_tint
from training.data.synthetic.head import HeadModel
from training.data.synthetic.labels import plan_camera
from training.data.synthetic.scene_plan import plan_scene
from training.data.synthetic.texture_store import LUMINANCE, TextureStore

ASSETS, MODEL = (Path(os.environ.get(name, "none")) for name in ("HEADPOSE_MAKEHUMAN", "HEADPOSE_HEAD_MODEL"))
needs_pack = pytest.mark.skipif(
    not (ASSETS.is_dir() and MODEL.is_file()), reason="HEADPOSE_MAKEHUMAN and HEADPOSE_HEAD_MODEL name no assets"
)
needs_model = pytest.mark.skipif(not MODEL.is_file(), reason="HEADPOSE_HEAD_MODEL names no head model")


@pytest.fixture
def card():
    return Card()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return HeadModel.load(write_tiny_head(tmp_path_factory.mktemp("tiny") / "head.npz"))


@pytest.fixture
def painted(monkeypatch):
    """How often a skin was painted; the head of the tests has no places for lips and beards."""
    calls = []

    def paint(picture, model, seed, **who):
        calls.append((seed, who))
        return picture

    monkeypatch.setattr(dressing, "painted_skin", paint)
    return calls


@pytest.fixture(scope="module")
def head():
    return HeadModel.load(MODEL)


@pytest.fixture(scope="module")
def pack():
    return AssetPack.open(ASSETS)


def plan_of(model, index=0, pack=None, seed=8, **choices):
    plan = plan_scene(seed, index, Catalogue.of(pack, ("drawn/plain/0",), model.actions))
    return replace(plan, **({"occluders": ()} | choices))


def dressed(model, plan, card, pack=None):
    return Dresser(model, pack, TextureStore(card)).dress(plan, plan_vertices(model, plan), plan_camera(plan)[1])


def turned(plan, **angles):
    from runtime.rotation import euler_to_rotation

    matrix = euler_to_rotation(*(angles.get(name, 0.0) for name in ("pitch", "yaw", "roll")))
    return replace(plan, neck=tuple(map(tuple, np.asarray(matrix, float).tolist())))


def test_without_a_pack_there_are_skin_and_eyes_in_one_place(tiny, card, painted):
    plan = plan_of(tiny)
    person = dressed(tiny, plan, card)
    skin, eyes = person.parts  # the head of the tests has no shoulders to dress
    np.testing.assert_array_equal(skin.vertices, plan_vertices(tiny, plan))
    assert skin.topology is tiny.topology
    for part in (skin, eyes):
        part.check()
        np.testing.assert_array_equal(part.model, plan_camera(plan)[1])
        assert card.has_texture(part.texture)


def test_albedo_is_the_luminance_of_the_skins_own_picture(tiny, card, painted):
    for index in range(6):
        person = dressed(tiny, plan_of(tiny, index), card)
        picture = card.textures[person.parts[0].texture].astype(float) / 255
        expected = np.median(picture.reshape(-1, 3) ** 2.2, axis=0) @ LUMINANCE
        assert person.albedo == pytest.approx(expected, rel=0.1)


def test_dark_skin_has_the_lower_albedo(tiny, card, painted):
    levels = {}
    for index in range(30):
        plan = plan_of(tiny, index)
        levels.setdefault(plan.group, []).append(dressed(tiny, plan, card).albedo)
    means = {group: np.mean(values) for group, values in levels.items()}
    assert means["african"] < 0.6 * min(means["asian"], means["caucasian"])


def test_a_person_is_painted_once(tiny, card, painted):
    dresser = Dresser(tiny, None, TextureStore(card))
    plan = plan_of(tiny)
    for one in (plan, replace(plan, gaze=(5.0, 5.0), expression={}), plan_of(tiny, 1), plan):
        dresser.dress(one, plan_vertices(tiny, one), plan_camera(one)[1])
    assert len(painted) == 2
    assert painted[0][0] == plan.identity_seed
    assert painted[0][1] == {
        "sex": plan.sex,
        "age": plan.age,
        "group": plan.group,
        "hair_colour": plan.hair_colour,
        "bald": True,
    }


def test_an_eye_of_a_colour_is_uploaded_once(tiny, card, painted):
    dresser = Dresser(tiny, None, TextureStore(card))
    for index, eyes in enumerate(["procedural/blue", "procedural/brown", "procedural/blue"]):
        plan = plan_of(tiny, index, eyes=eyes)
        assert dresser.dress(plan, plan_vertices(tiny, plan), np.eye(4)).parts[1].texture == f"eyes/{eyes[11:]}"
    assert sum(key.startswith("eyes/") for key in card.textures) == 2


@pytest.mark.parametrize("choice", [{"skin": "young_asian_male/picture"}, {"eyes": "high-poly/blue"}], ids=str)
def test_a_plan_of_a_pack_that_is_not_there_is_refused(tiny, card, painted, choice):
    plan = plan_of(tiny, **choice)
    with pytest.raises(HeadPoseError, match="names parts of an asset pack and there is none"):
        dressed(tiny, plan, card)


def test_drawn_eyes_turn_with_the_gaze(tiny, card, painted):
    plans = [plan_of(tiny, gaze=(0.0, yaw), expression={}) for yaw in (-18.0, 0.0, 18.0)]
    middles = [dressed(tiny, plan, card).parts[1].vertices[0, 0] for plan in plans]  # of the right eye's iris
    assert middles[0] > middles[1] > middles[2]  # yaw > 0 to the picture's left


@needs_model
def test_vertices_are_those_of_the_identity(head):
    plan = plan_of(head, expression={}, gaze=(0.0, 0.0))
    same = replace(plan_of(head, 1), **{name: getattr(plan, name) for name in ("identity_seed", "phenotypes")})
    skull = head.neck_weights[:, 0] > 0.9999
    one, other = (plan_vertices(head, p)[skull] for p in (plan, replace(same, expression={}, gaze=(0.0, 0.0))))
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.abs(one - plan_vertices(head, plan_of(head, 1))[skull]).max() > 0.003


@needs_model
def test_a_bent_neck_moves_the_shoulders_only(head):
    plan = plan_of(head)
    straight, bent = (plan_vertices(head, turned(plan, yaw=yaw)) for yaw in (0, 50))
    skull, shoulders = head.neck_weights[:, 0] > 0.9999, head.neck_weights[:, 4] > 0.9999
    np.testing.assert_allclose(straight[skull], bent[skull], atol=1e-6)
    assert np.linalg.norm(straight - bent, axis=1)[shoulders].mean() > 0.03


@needs_pack
@pytest.mark.parametrize("index", range(6))
def test_all_parts_of_a_pack_fit_and_have_textures(head, pack, card, index):
    plan = plan_of(head, index, pack, occluders=("glasses", "hat", "mask", "hand", "patch")[: index % 6])
    person = dressed(head, plan, card, pack)
    for part in person.parts:
        part.check()
        assert part.texture is None or card.has_texture(part.texture)
    for kind in ("eyes", "eyebrows", "eyelashes"):
        (one,) = (p for p in person.parts if str(p.texture).startswith(f"{pack.folder}{os.sep}{kind}{os.sep}"))
        assert np.abs(one.vertices).max() < 0.16  # metres from the head's middle
    assert 0.01 < person.albedo < 0.7


@needs_pack
def test_brows_are_of_the_hairs_colour_and_darker(head, pack, card):
    plan = plan_of(head, 0, pack, hair_colour=(190.0, 156.0, 104.0))
    brow = next(p for p in dressed(head, plan, card, pack).parts if "eyebrows" in str(p.texture))
    tint = np.array(hair_tint(plan.hair_colour, np.random.default_rng([plan.identity_seed, 2])))
    ratio = np.array(brow.material.tint) / tint
    assert np.ptp(ratio) < 1e-6
    assert 0.3 < ratio[0] < 0.9
    picture = card.textures[brow.texture]
    assert np.ptp(picture[..., :3]) == 0  # only its alpha is the file's
    assert np.ptp(picture[..., 3]) > 100


def hair_of(person, pack):
    return [p for p in person.parts if str(p.texture).startswith(f"hair/{pack.folder}")]


@needs_pack
def test_hair_is_there_unless_it_is_bald_or_covered(head, pack, card):
    plan = plan_of(head, 0, pack, hair=pack.names["hair"][0])
    assert len(hair_of(dressed(head, plan, card, pack), pack)) == 1
    assert not hair_of(dressed(head, replace(plan, hair=""), card, pack), pack)
    covered = [
        seed
        for seed in range(60)
        if dressing.hides_hair(("hat",), seed)
        and not hair_of(dressed(head, replace(plan, occluders=("hat",), occluder_seed=seed), card, pack), pack)
    ]
    assert covered == [seed for seed in range(60) if dressing.hides_hair(("hat",), seed)] != []


@needs_pack
def test_a_bald_head_has_a_skin_of_its_own(head, pack, card):
    plan = plan_of(head, 0, pack)
    keys = {
        dressed(head, replace(plan, hair=hair), card, pack).parts[0].texture for hair in ("", pack.names["hair"][0])
    }
    assert len(keys) == 2


@needs_pack
def test_eyes_of_a_pack_turn_with_the_gaze(head, pack, card):
    plans = [plan_of(head, 0, pack, gaze=(0.0, yaw), expression={}) for yaw in (-18.0, 18.0)]
    left, right = (dressed(head, plan, card, pack).parts[1].vertices for plan in plans)
    front = left[:, 2] > np.quantile(left[:, 2], 0.9)
    assert (right - left)[front, 0].mean() < -0.002  # yaw > 0 to the picture's left


@needs_pack
def test_a_picture_that_is_broken_is_named(head, pack, card, tmp_path):
    (tmp_path / "skin.png").write_bytes(b"half a file")
    broken = replace(pack, skins=tuple(replace(skin, texture=tmp_path / "skin.png") for skin in pack.skins))
    with pytest.raises(HeadPoseError, match=r"skin\.png cannot be read .* copy the assets again"):
        dressed(head, plan_of(head, 0, pack), card, broken)
