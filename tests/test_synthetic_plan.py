"""Plans of scenes: repeatable one by one, whole in JSON, varied, and with a held-out part that shares nobody."""

import json
import os
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from runtime.rotation import geodesic_deg
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.camera import Camera, from_ray, toward_ray
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.poses import draw_poses, wide_euler
from training.data.synthetic.scene_draws import OCCLUDERS
from training.data.synthetic.scene_plan import ScenePlan, plan_scene

ACTIONS = (
    *(f"{name}{side}" for name in ("eyeBlink", "eyeLookUp", "mouthSmile", "browDown") for side in ("Left", "Right")),
    *("jawLeft", "jawOpen", "jawRight", "tongueOut"),
)
BACKGROUNDS = Backgrounds().names
WHOLE = replace(
    Catalogue.of(None, BACKGROUNDS, ACTIONS),
    hair=tuple(f"hair{number:02}" for number in range(10)),
    brows=("brow1", "brow2"),
    lashes=("lash1",),
)
TRAIN, HELD_OUT = WHOLE.split(False), WHOLE.split(True)


@pytest.fixture(scope="module")
def plans():
    return [plan_scene(5, index, TRAIN) for index in range(1500)]


def test_a_scene_does_not_depend_on_the_others(plans):
    for index in (1400, 3, 77, 3):
        assert plan_scene(5, index, TRAIN) == plans[index]
    assert plan_scene(6, 3, TRAIN) != plans[3]
    assert len({plan.rotation for plan in plans}) == len({plan.light_seed for plan in plans}) == len(plans)


def test_a_plan_survives_json(plans):
    for plan in plans[:50]:
        again = ScenePlan.from_json(json.loads(json.dumps(plan.to_json())))
        assert again == plan  # to the last bit, tuples as tuples
        assert type(again.place) is tuple
        assert type(again.rotation[0]) is tuple


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda record: record.pop("gaze"), "format 1"),
        (lambda record: record.update(format=2), "format 1"),
        (lambda record: record.update(more=1), "format 1"),
        (lambda record: record.update(rotation=[[1, 0, 0], [0, 1, 0], [0, 0, 2]]), "rotation of scene 0"),
        (lambda record: record.update(neck=[[-1, 0, 0], [0, 1, 0], [0, 0, 1]]), "reflection"),
    ],
    ids=["missing", "version", "unknown", "no rotation", "reflection"],
)
def test_a_wrong_record_is_refused(plans, change, words):
    record = plans[0].to_json()
    change(record)
    with pytest.raises(HeadPoseError, match=words):
        ScenePlan.from_json(record)


def test_neck_and_shoulders_make_the_label(plans):
    for plan in plans:
        assert np.abs(np.array(plan.neck) @ plan.shoulders - plan.rotation).max() < 1e-12
        assert geodesic_deg(plan.shoulders, np.eye(3)) < geodesic_deg(plan.rotation, np.eye(3))


@pytest.mark.parametrize("density", ["300w-lp", "uniform"])
def test_poses_follow_their_density(density):
    yaw = np.sort([wide_euler(plan_scene(1, k, TRAIN, density, max_yaw_deg=80).rotation)[1] for k in range(1500)])
    expected = np.sort(wide_euler(draw_poses(density, np.random.default_rng(0), 20_000, 80.0))[:, 1])
    assert np.abs(yaw).max() <= 80
    gap = np.abs(np.searchsorted(expected, yaw) / 20_000 - np.arange(1500) / 1500).max()
    assert gap < 1.95 * np.sqrt(1 / 1500 + 1 / 20_000)  # Kolmogorov–Smirnov at 0.1 %


def test_skin_and_phenotype_agree(plans):
    for plan in plans:
        assert plan.skin == f"procedural/{plan.age}_{plan.group}_{plan.sex}"
        groups = {name: plan.phenotypes[name] for name in ("african", "asian", "caucasian")}
        assert max(groups, key=groups.get) == plan.group
        assert sum(groups.values()) == pytest.approx(1.0)
        assert (plan.phenotypes["gender"] < 0.5) == (plan.sex == "male")  # the head model's 0 is male
    ages = {age: [p.phenotypes["age"] for p in plans if p.age == age] for age in ("young", "middleage", "old")}
    assert 0.5 < min(ages["young"]) < max(ages["young"]) <= min(ages["middleage"])
    assert max(ages["middleage"]) <= min(ages["old"]) < max(ages["old"]) <= 1.0
    assert min(Counter(plan.group for plan in plans).values()) > 400  # a third each
    grey = [min(p.hair_colour) > 90 for p in plans if p.age == "old"]
    assert 0.6 < np.mean(grey) < 0.97


def test_a_person_looks_the_same_in_every_picture():
    few = replace(TRAIN, identities=(40, 44))
    looks = {}
    for index in range(60):
        plan = plan_scene(index % 3, index, few)
        own = (plan.identity_seed, tuple(plan.phenotypes.items()), plan.skin, plan.eyes, plan.brows, plan.hair_colour)
        assert looks.setdefault(plan.identity, own) == own
    assert sorted(looks) == [40, 41, 42, 43]
    assert len({own[0] for own in looks.values()}) == 4


def test_scenes_vary_within_their_bounds(plans):
    fov = np.array([plan.fov_deg for plan in plans])
    assert 10 <= fov.min() < 11
    assert 47 < fov.max() <= 50
    height = [0.24 / (2 * p.distance * np.tan(np.radians(p.fov_deg / 2))) for p in plans]  # of the picture's side
    assert 0.5 - 1e-9 <= min(height) < 0.53 < 0.82 < max(height) <= 0.85 + 1e-9
    assert np.abs([plan.gaze for plan in plans]).max(axis=0).tolist() == [15.0, 20.0]
    for name, share in OCCLUDERS.items():
        seen = np.mean([name in plan.occluders for plan in plans])
        assert abs(seen - share) < 4 * np.sqrt(share * (1 - share) / len(plans))
    assert {plan.background for plan in plans} == set(TRAIN.backgrounds)
    assert {plan.hair for plan in plans} == {"", *TRAIN.hair}
    assert {plan.environment for plan in plans} == set(TRAIN.environments)
    assert {plan.light["most"] for plan in plans} == {1.0, 2.0, 3.0}


def test_heads_stand_where_the_plan_says_and_photographs_have_usual_lenses(plans):
    off_axis = []
    for plan in plans:
        camera = Camera(plan.fov_deg, plan.distance, plan.axis)
        head = camera.place(*plan.place)
        seen = (camera.project(head[None], 200)[0] / 100 - 1) * (1, -1)
        assert np.allclose(seen, plan.place)
        assert np.allclose(toward_ray(from_ray(plan.rotation, head), head), plan.rotation)
        corner = np.abs(plan.axis).max() + 1  # the picture's far border, in half sides from the axis
        assert np.degrees(np.arctan(corner * camera.half_width)) < 36
        off_axis.append(np.degrees(np.arctan2(np.hypot(*head[:2]), -head[2])))
    assert 0.35 < np.mean(np.array(off_axis) < 3) < 0.65
    assert 20 < max(off_axis) < 32


def test_expressions_move_both_sides_and_leave_the_eyes_to_the_gaze(plans):
    used = Counter(name for plan in plans for name in plan.expression)
    assert set(used) == {name for name in ACTIONS if not name.startswith(("eyeLook", "tongue"))}
    assert all(0 <= value <= 1 for plan in plans for value in plan.expression.values())
    for plan in plans:
        assert ("eyeBlinkLeft" in plan.expression) == ("eyeBlinkRight" in plan.expression)
    assert 0.25 < np.mean([not plan.expression for plan in plans]) < 0.55
    assert plan_scene(0, 1, replace(TRAIN, actions=())).expression == {}


def test_the_parts_share_no_person_skin_hair_or_background():
    assert not set(range(*TRAIN.identities)) & set(range(*HELD_OUT.identities))
    for kind in ("skins", "hair", "backgrounds"):
        train, away, whole = (set(getattr(part, kind)) for part in (TRAIN, HELD_OUT, WHOLE))
        assert train & away == set()
        assert train | away == whole
        assert 0.03 * len(whole) < len(away) < 0.45 * len(whole)
    drawn = [{name.split("/")[1] for name in p.backgrounds if name.startswith("drawn/")} for p in (TRAIN, HELD_OUT)]
    assert drawn[0] & drawn[1] == set()  # whole kinds
    assert {skin.group for skin in HELD_OUT.skins} == {skin.group for skin in TRAIN.skins}
    seeds = [{plan_scene(0, k, part).identity_seed for k in range(300)} for part in (TRAIN, HELD_OUT)]
    assert seeds[0] & seeds[1] == set()


def test_what_is_held_out_stays_so_when_names_are_added():
    more = replace(WHOLE, hair=(*WHOLE.hair, "new1", "new2"), backgrounds=(*BACKGROUNDS, "walls/a.png", "walls/b.png"))
    assert set(more.split(True).backgrounds) - {"walls/a.png", "walls/b.png"} == set(HELD_OUT.backgrounds)
    assert set(more.split(True).hair) - {"new1", "new2"} == set(HELD_OUT.hair)
    assert replace(WHOLE, hair=WHOLE.hair[::-1]).split(True).hair == HELD_OUT.hair[::-1]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_names_are_split_as_far_as_they_go(count):
    small = replace(WHOLE, hair=WHOLE.hair[:count])
    parts = [len(small.split(held_out).hair) for held_out in (False, True)]
    assert sum(parts) == count
    assert parts[0] >= 1
    assert parts[1] >= min(count - 1, 1)


def test_what_cannot_be_planned():
    with pytest.raises(HeadPoseError, match="split again"):
        TRAIN.split(True)
    with pytest.raises(HeadPoseError, match="too few"):
        replace(WHOLE, skins=WHOLE.skins[:1]).split(True)
    with pytest.raises(HeadPoseError, match="range below"):
        replace(WHOLE, identities=(0, 2_000_000)).split(True)
    with pytest.raises(HeadPoseError, match="need a skin"):
        Catalogue.of(None, ())
    with pytest.raises(HeadPoseError, match="did you mean 'uniform'"):
        plan_scene(0, 0, TRAIN, "unifrm")
    with pytest.raises(HeadPoseError, match="scene -1 of seed 0"):
        plan_scene(0, -1, TRAIN)


def test_the_names_of_an_asset_pack_make_scenes():
    folder = os.environ.get("HEADPOSE_MAKEHUMAN")
    if folder is None:
        pytest.skip("HEADPOSE_MAKEHUMAN names no asset pack")
    pack = AssetPack.open(folder)
    whole = Catalogue.of(pack, BACKGROUNDS)
    assert len(whole.skins) == len(pack.skins)
    train, away = whole.split(False), whole.split(True)
    assert {skin.group for skin in train.skins} == {skin.group for skin in away.skins}
    for part in (train, away):
        plans = [plan_scene(2, index, part) for index in range(200)]
        assert np.mean(["brown" in plan.eyes for plan in plans if plan.group == "african"]) > 0.85
        for plan in plans:
            skin = pack.skin(plan.skin)
            assert (skin.age, skin.group, skin.sex) == (plan.age, plan.group, plan.sex)
            eyes, picture = plan.eyes.split("/")
            assert (pack.folder / "eyes" / eyes / "textures" / f"{picture}.png").is_file()
