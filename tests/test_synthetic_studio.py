"""Whole scenes: without any file on the head of the tests, and with a head model and an asset pack where they are."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_head import write_tiny_head

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.data.synthetic import dressing
from training.data.synthetic import studio as module
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.head import HeadModel
from training.data.synthetic.scene_plan import plan_scene
from training.data.synthetic.studio import Studio

ASSETS, MODEL = (Path(os.environ.get(name, "none")) for name in ("HEADPOSE_MAKEHUMAN", "HEADPOSE_HEAD_MODEL"))
SIZE = 96
KINDS = {
    "the tests' head": (True, ""),
    "no asset pack": (MODEL.is_file(), "HEADPOSE_HEAD_MODEL names no head model"),
    "asset pack": (
        ASSETS.is_dir() and MODEL.is_file(),
        "HEADPOSE_MAKEHUMAN and HEADPOSE_HEAD_MODEL name no assets",
    ),
}
AS_DRAWN = {"blur": 0.0, "noise": 0.0, "saturation": 1.0, "contrast": 1.0, "seed": 0.0}


@pytest.fixture(scope="module", params=KINDS)
def parts(request, tmp_path_factory):
    """Head model and asset pack of a kind; the skin of the tests' head cannot be painted."""
    there, why = KINDS[request.param]
    if not there:
        pytest.skip(why)
    if request.param != "the tests' head":
        yield HeadModel.load(MODEL), AssetPack.open(ASSETS) if request.param == "asset pack" else None
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dressing, "painted_skin", lambda picture, *_, **__: picture)
        yield HeadModel.load(write_tiny_head(tmp_path_factory.mktemp("tiny") / "head.npz")), None


@pytest.fixture(scope="module")
def backgrounds():
    return Backgrounds(seed=0)


def opened(parts, backgrounds, size=SIZE):
    pytest.importorskip("moderngl", reason="moderngl is not installed, so nothing that is rendered is tested")
    try:
        return Studio(*parts, backgrounds, size)
    except HeadPoseError as error:
        pytest.skip(f"NOTHING THAT IS RENDERED IS TESTED: {error}")


@pytest.fixture(scope="module")
def studio(parts, backgrounds):
    with opened(parts, backgrounds) as one:
        yield one


@pytest.fixture(scope="module")
def plans(parts, backgrounds):
    """The first scenes of a seed; occluders are fitted to a real head only."""
    model, pack = parts
    catalogue = Catalogue.of(pack, backgrounds.names, model.actions)
    drawn = [plan_scene(3, index, catalogue) for index in range(6)]
    return drawn if a_person(model) else [replace(plan, occluders=()) for plan in drawn]


def a_person(model):
    """Whether it is more than the tests' ellipsoid, whose landmarks lie in no order of a face's."""
    return len(model.template) > 2000


@pytest.fixture(scope="module")
def drawn(studio, plans):
    return [studio.render(plan) for plan in plans]


def test_a_head_is_in_every_picture(drawn):
    for rendered in drawn:
        assert rendered.rgb.shape == (SIZE, SIZE, 3)
        assert rendered.rgb.dtype == np.uint8
        assert 0.1 < rendered.coverage.mean() < 0.95
        assert rendered.rgb[rendered.coverage > 0.9].std() > 8


def test_a_plan_gives_the_same_picture_again(studio, plans, drawn):
    np.testing.assert_array_equal(studio.render(plans[0]).rgb, drawn[0].rgb)


def test_another_studio_draws_the_same(parts, backgrounds, plans, drawn):
    with opened(parts, Backgrounds(seed=0)) as other:
        for index in (5, 1):  # in another order
            np.testing.assert_array_equal(other.render(plans[index]).rgb, drawn[index].rgb)


def test_a_labelled_picture_is_the_rendered_one(studio, plans, drawn):
    for plan, rendered in zip(plans, drawn, strict=True):
        face = studio.labelled(plan)
        np.testing.assert_array_equal(face.rgb, rendered.rgb)
        np.testing.assert_array_equal(face.rotation, plan.rotation)
        assert face.group == str(plan.identity)


def test_the_face_is_where_landmarks_and_box_say(studio, plans, drawn):
    for plan, rendered in zip(plans, drawn, strict=True):
        face = studio.labelled(plan)
        inside = ((face.landmarks > 0) & (face.landmarks < SIZE)).all(axis=1)
        x, y = face.landmarks[inside].astype(int).T
        assert inside.mean() > 0.8
        assert (rendered.coverage[y, x] > 0.5).mean() > 0.8
        middle = np.array([face.box.left + face.box.right, face.box.top + face.box.bottom]) / 2
        np.testing.assert_allclose(middle, face.landmarks.mean(axis=0), atol=0.3 * face.box.width)


def test_what_stands_behind_is_the_plans_background(parts, backgrounds, studio, plans):
    plan = replace(plans[0], post=AS_DRAWN)
    rendered = studio.render(plan)
    rng = np.random.default_rng(plan.background_seed)
    expected = backgrounds.draw(rng, SIZE, plan.background)
    bare = rendered.coverage == 0
    assert bare.any()
    np.testing.assert_array_equal(rendered.rgb[bare], expected[bare])


def test_a_stop_more_is_a_brighter_head_before_the_same_background(studio, plans):
    dim, bright = (
        studio.render(replace(plans[1], post=AS_DRAWN, light={**plans[1].light, "exposure": stops}))
        for stops in (-1.0, 0.0)
    )
    head, bare = dim.coverage == 1, dim.coverage == 0
    assert bright.rgb[head].mean() > 1.2 * dim.rgb[head].mean()
    np.testing.assert_array_equal(bright.rgb[bare], dim.rgb[bare])


def test_heads_are_neither_black_nor_burnt_out(drawn):
    for rendered in drawn:
        head = rendered.rgb[rendered.coverage > 0.9]
        assert 25 < head.mean() < 230
        assert (head == 255).all(axis=1).mean() < 0.1


def test_a_turn_to_the_left_is_a_turn_to_the_left(studio, parts, plans):
    if not a_person(parts[0]):
        pytest.skip("an ellipsoid has no ears and no nose")
    for yaw in (40, -40):
        turn = tuple(map(tuple, np.asarray(euler_to_rotation(0, yaw, 0), float).tolist()))
        face = studio.labelled(replace(plans[0], rotation=turn, place=(0.0, 0.0), axis=(0.0, 0.0)))
        ears, nose = face.landmarks[[0, 16], 0].mean(), face.landmarks[30, 0]
        assert np.sign(ears - nose) == np.sign(yaw)


def test_a_studio_that_cannot_be_furnished_closes_its_renderer(parts, backgrounds, monkeypatch):
    closed = []

    class Renderer:
        def __init__(self, size):
            self.size = size

        def close(self):
            closed.append(self.size)

    def broken(*_):
        raise HeadPoseError("the tooth has no picture")

    monkeypatch.setattr(module, "Renderer", Renderer)
    monkeypatch.setattr(module, "Dresser", broken)
    with pytest.raises(HeadPoseError, match="tooth"):
        Studio(*parts, backgrounds, 40)
    assert closed == [40]
