"""Hair that is varied: its colour, its sides, and, with the asset pack, its shape on a head."""

import os
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from training.data.synthetic import hair as module
from training.data.synthetic.hair import HAIR_SHARES, PICTURE_MEAN, hair_part, hair_picture, hair_tint

ASSETS, MODEL = (Path(os.environ.get(name, "none")) for name in ("HEADPOSE_MAKEHUMAN", "HEADPOSE_HEAD_MODEL"))
needs_pack = pytest.mark.skipif(
    not (ASSETS.is_dir() and MODEL.is_file()), reason="HEADPOSE_MAKEHUMAN and HEADPOSE_HEAD_MODEL name no assets"
)
BLACK, BROWN, BLOND, WHITE = (28, 24, 24), (74, 50, 34), (190, 156, 104), (240, 240, 238)


def strands(level):
    """A picture of hair of that sRGB level, its right half transparent."""
    rng = np.random.default_rng(0)
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[..., :3] = np.clip(level * np.exp(0.4 * rng.normal(size=(64, 64, 1))) * [1, 0.8, 0.6], 0, 255)
    picture[:, :32, 3] = 255
    return picture


@pytest.mark.parametrize("level", [12, 60, 180])
def test_evened_pictures_are_alike_whatever_they_were(level):
    even = hair_picture(strands(level))
    hair = even[even[..., 3] >= 128][:, :3] / 255
    np.testing.assert_allclose((hair**2.2).mean(axis=0), PICTURE_MEAN, rtol=0.06)
    assert 0.05 < (hair**2.2).std() < 0.25
    assert (even[..., 3] == strands(level)[..., 3]).all()


def test_a_picture_without_hair_is_refused():
    with pytest.raises(HeadPoseError, match="RGBA"):
        hair_picture(np.zeros((8, 8, 4), np.uint8))
    with pytest.raises(HeadPoseError, match="RGBA"):
        hair_picture(np.zeros((8, 8, 3), np.uint8))


@pytest.mark.parametrize(
    ("colour", "low", "high"),
    [(BLACK, 0.011, 0.03), (BROWN, 0.015, 0.08), (BLOND, 0.15, 0.45), (WHITE, 0.25, 0.45), ((0, 0, 0), 0.011, 0.02)],
)
def test_tints_are_those_of_hair(colour, low, high):
    tints = np.array([hair_tint(colour, np.random.default_rng(seed)) for seed in range(200)]) * PICTURE_MEAN
    luminance = tints @ [0.2126, 0.7152, 0.0722]
    assert low < luminance.min()
    assert luminance.max() < high
    assert luminance.std() > 0.0005
    if colour is BLOND:
        assert (tints[:, 0] > 1.2 * tints[:, 2]).all()


def test_shares_sum_to_one_and_men_wear_their_hair_short():
    for sex in ("male", "female"):
        assert sum(share[sex] for share in HAIR_SHARES.values()) == pytest.approx(1)
    short = [name for name in HAIR_SHARES if name.startswith("short")]
    assert sum(HAIR_SHARES[name]["male"] for name in short) > 0.75
    assert sum(HAIR_SHARES[name]["female"] for name in short) < 0.25


@pytest.fixture(scope="module")
def head():
    from training.data.synthetic.assets import AssetPack
    from training.data.synthetic.head import Coefficients, HeadModel

    model, pack = HeadModel.load(MODEL), AssetPack.open(ASSETS)
    shape = model.shape(Coefficients({"gender": 0.7}, {"r-ear-scale-incr": 0.0}))
    styles = {name: model.rebind(pack.proxy("hair", name)) for name in pack.names["hair"]}
    return model, model.bend(shape, np.eye(3)), styles


def worn(head, name, seed):
    model, vertices, styles = head
    return hair_part(model, styles[name], vertices, np.eye(4), name, BROWN, seed)


@needs_pack
@pytest.mark.parametrize("name", HAIR_SHARES)
def test_each_style_is_drawn_and_differs_by_the_seed_alone(head, name):
    parts = [worn(head, name, seed) for seed in range(6)]
    for part in parts:
        part.check()
        part.topology.check(len(part.vertices))
        assert part.material.alpha == "cutout"
    np.testing.assert_array_equal(parts[0].vertices, worn(head, name, 0).vertices)
    assert len({part.vertices.tobytes() for part in parts}) == 6
    assert len({id(part.topology) for part in (*parts, *(worn(head, name, seed) for seed in range(6)))}) == 2


@needs_pack
@pytest.mark.parametrize("name", ["bob01", "short03", "Braid01"])
def test_a_mirrored_style_is_the_style_of_the_mirrored_head(head, name):
    """The average head is nearly its own mirror, so the hair's outline must nearly be the mirror of what it was."""
    model, vertices, styles = head
    plain, turned = styles[name].fit(vertices), module.mirrored_fit(model, styles[name], vertices)
    np.testing.assert_allclose(turned * [-1, 1, 1], plain, atol=0.002)
    assert np.abs(turned - plain).max() > 0.02  # it has a parting


@needs_pack
@pytest.mark.parametrize("name", HAIR_SHARES)
def test_few_heads_have_hair_before_the_eyes(head, name):
    model, vertices, _ = head
    eyes = vertices[[model.joint("eye.L"), model.joint("eye.R")]]
    hidden = []
    for seed in range(30):
        points = worn(head, name, seed).vertices
        hit = [(np.hypot(*(points - eye)[:, :2].T) < 0.012) & (points[:, 2] > eye[2]) for eye in eyes]
        hidden.append(sum(bool(one.any()) for one in hit))
    assert np.mean(np.array(hidden) > 0) < 0.35
    assert np.mean(np.array(hidden) > 1) < 0.1


@needs_pack
@pytest.mark.parametrize("name", ["short01", "short04", "bob01", "afro01"])
def test_what_lies_on_the_scalp_stays_there(head, name):
    model, vertices, styles = head
    at_rest = styles[name].fit(vertices)
    skin = vertices[np.unique(model.topology.triangles)]
    low = np.array([np.linalg.norm(skin - point, axis=1).min() for point in at_rest[::7]]) < 0.004
    crown = low & (at_rest[::7, 1] > 0.06)
    for seed in range(8):
        part = worn(head, name, seed)
        if part.topology is styles[name].topology and crown.any():
            moved = np.linalg.norm(part.vertices[::7] - at_rest[::7], axis=1)[crown]
            assert moved.max() < 0.004


@needs_pack
def test_long_hair_lies_on_the_shoulders(head):
    from training.data.synthetic.clothes_neck import rest_skin
    from training.data.synthetic.mesh import vertex_normals

    model, vertices, _ = head
    triangles = rest_skin(model)[1]
    rows = np.unique(triangles)
    rows = rows[vertices[rows, 1] < -0.15]
    out = vertex_normals(vertices, triangles)[rows]
    points = worn(head, "long01", 2).vertices
    away = np.linalg.norm(points[:, None] - vertices[rows][None], axis=2)
    near, close = away.argmin(axis=1), away.min(axis=1) < 0.03
    height = ((points - vertices[rows][near]) * out[near]).sum(axis=1)[close]
    assert close.sum() > 50
    assert (height < 0.002).mean() < 0.1
