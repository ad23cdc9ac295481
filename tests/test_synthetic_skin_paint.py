"""Painted skins: where a beard is and is not, tones, determinism; on the asset pack's textures and head model."""

import os
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import HeadPoseError

MODEL = Path(os.environ.get("HEADPOSE_HEAD_MODEL", "none"))
pytestmark = pytest.mark.skipif(not MODEL.is_file(), reason="HEADPOSE_HEAD_MODEL names no head model")

SIZE = 256
BROWN = (60.0, 40.0, 28.0)
SKIN = np.full((SIZE, SIZE, 3), (214, 170, 142), np.uint8)


@pytest.fixture(scope="module")
def model():
    from training.data.synthetic.head import HeadModel

    return HeadModel.load(MODEL)


@pytest.fixture(scope="module")
def at(model):
    """Landmark number → row and column in a texture of SIZE, from the mesh's own texture coordinates."""
    from training.data.synthetic.landmarks import landmark_rows

    topology, rows = model.topology, landmark_rows(model)

    def place(number):
        triangle, corner = np.argwhere(topology.triangles == rows[number])[0]
        u, v = topology.uv[topology.uv_triangles[triangle, corner]]
        return int((1 - v) * SIZE), int(u * SIZE)

    return place


@pytest.fixture
def style(monkeypatch):
    """Give every man the beard of that style."""
    return lambda name: monkeypatch.setattr("training.data.synthetic.skin_paint.draw_style", lambda rng: name)


def paint(model, seed=5, picture=SKIN, sex="male", age="young", group="caucasian", hair=BROWN, **more):
    from training.data.synthetic.skin_paint import painted_skin

    return painted_skin(picture, model, seed, sex=sex, age=age, group=group, hair_colour=hair, **more)


def luminance(picture):
    return picture[..., :3].astype(float) @ [0.2126, 0.7152, 0.0722]


def change(model, style, name, seed=5, **more):
    """(S, S) how much lighter a beard makes the skin."""
    pictures = []
    for one in ("", name):
        style(one)
        pictures.append(luminance(paint(model, seed, **more)))
    return pictures[1] - pictures[0]


def around(place, reach=1):
    row, column = place
    return np.s_[row - reach : row + reach + 1, column - reach : column + reach + 1]


def test_a_skin_is_the_same_again_and_another_for_another_seed(model):
    first = paint(model)
    assert first.shape == (SIZE, SIZE, 4)
    assert first.dtype == np.uint8
    assert (first[..., 3] == 255).all()
    np.testing.assert_array_equal(first, paint(model))
    assert (first != paint(model, seed=6)).mean() > 0.3


def test_the_picture_that_was_given_is_left_as_it_was(model):
    picture = SKIN.copy()
    paint(model, picture=picture)
    np.testing.assert_array_equal(picture, SKIN)


@pytest.mark.parametrize(
    ("name", "dark", "bare"),
    [
        ("full", (7, 8, 9, 6, 10), (27, 30, 36, 39, 45, 19, 24, 62)),
        ("goatee", (8,), (3, 13, 33, 36, 45, 27)),
        ("moustache", (), (8, 6, 10, 3, 36, 45, 27)),
        ("sideburns", (), (8, 7, 9, 33, 36, 45, 27)),
    ],
)
def test_a_beard_darkens_its_own_region_only(model, at, style, name, dark, bare):
    lighter = change(model, style, name)
    for number in dark:
        assert lighter[around(at(number))].mean() < -35, number
    for number in bare:
        assert abs(lighter[around(at(number), 0)]).mean() < 3, number


def test_a_moustache_lies_between_nose_and_lip(model, at, style):
    (top, left), (_, right) = at(33), at(51)
    assert change(model, style, "moustache")[top, (left + right + 1) // 2] < -20


def test_a_beard_is_alike_on_both_sides(model, at, style):
    lighter = change(model, style, "full")
    for left, right in ((3, 13), (5, 11), (6, 10)):
        one, other = (lighter[around(at(number), 2)].mean() for number in (left, right))
        assert one == pytest.approx(other, abs=12)


@pytest.mark.parametrize("seed", range(3))
def test_a_beard_stays_on_the_head(model, at, style, seed):
    lighter = change(model, style, "full", seed)
    changed = np.argwhere(lighter)
    low, high = changed.min(axis=0), changed.max(axis=0)
    ears = sorted((at(0)[0], at(16)[0]))
    assert ears[0] - 8 <= low[0]
    assert high[0] <= ears[1] + 8
    assert low[1] >= at(27)[1] - 8  # below the root of the nose; the texture's columns run down the face


def test_a_white_beard_lightens_dark_skin(model, at, style):
    dark = np.full((SIZE, SIZE, 3), (70, 46, 36), np.uint8)
    assert change(model, style, "full", picture=dark, group="african", hair=(222, 220, 216))[around(at(8))].mean() > 30


def test_hair_is_not_flat_as_paint(model, at, style):
    lighter = change(model, style, "full")
    assert lighter[around(at(7), 3)].std() > 3


def test_about_half_of_the_men_and_no_woman_have_a_beard(model, at, monkeypatch):
    drawn = []
    from training.data.synthetic import skin_paint

    grow = skin_paint.grow_beard
    monkeypatch.setattr(skin_paint, "grow_beard", lambda skin, *a, **k: drawn.append(1) or grow(skin, *a, **k))
    for seed in range(120):
        paint(model, seed, sex="female")
    assert not drawn
    for seed in range(120):
        paint(model, seed)
    assert 0.3 < len(drawn) / 120 < 0.6


def test_tones_cover_the_groups_ranges_in_order(model, at):
    cheek = around(at(30), 3)
    levels = {
        group: [luminance(paint(model, seed, sex="female", group=group)[cheek]).mean() for seed in range(12)]
        for group in ("caucasian", "asian", "african")
    }
    means = [np.mean(levels[group]) for group in levels]
    assert means[0] > means[1] > means[2] + 30
    assert max(levels["caucasian"]) > 195
    assert min(levels["african"]) < 65
    assert all(np.ptp(group) > 20 for group in levels.values())


def test_clothes_that_are_painted_on_keep_their_colour(model, at):
    suited = SKIN.copy()
    suited[: SIZE // 2, : SIZE // 2] = (52, 52, 54)  # all of the chest and shoulders
    painted = paint(model, picture=suited)[..., :3].astype(int)
    assert abs(painted[: SIZE // 2, : SIZE // 2] - (52, 52, 54)).max() <= 1
    assert abs(painted[around(at(30))] - SKIN[0, 0]).mean() > 3


def test_the_hairs_colour_changes_no_shaven_face(model, at, style):
    style("")
    marked = SKIN.copy()
    marked[::2, ::2] = (120, 70, 60)  # dark texels are hair on the scalp, and stay what they are elsewhere
    black, white = (luminance(paint(model, picture=marked, hair=hair)) for hair in ((20,) * 3, (220,) * 3))
    changed = abs(black - white) > 2
    assert not any(changed[around(at(number), 3)].any() for number in (8, 5, 11, 33, 36, 45, 57, 62))
    row, column = at(27)
    assert changed[around((row - 60, column - 40))].any()  # on the skull


def test_pale_lips_become_darker_than_the_skin(model, at):
    painted = luminance(paint(model))
    lip = painted[around(at(57), 0)].mean()
    assert 30 < lip < 0.9 * painted[around(at(30))].mean()


def test_the_inside_of_the_mouth_is_dark_towards_the_throat(model):
    from training.data.synthetic.head import Coefficients
    from training.data.synthetic.skin_regions import piece_of, surface_map

    topology = model.topology
    mouth = piece_of(topology, int(np.flatnonzero(model.base_index == 541)[0]))
    depth, _ = surface_map(topology, model.shape(Coefficients()), SIZE)
    rows = np.zeros((SIZE, SIZE), bool)
    for u, v in topology.uv[np.unique(topology.uv_triangles[mouth])]:
        rows[int((1 - v) * SIZE), int(u * SIZE)] = True
    light, depth = luminance(paint(model))[rows], depth[rows][:, 2]
    assert light[depth < 0.0].mean() < 25
    assert np.corrcoef(light, depth)[0, 1] > 0.6


def test_age_lines_darken_the_fold_beside_the_nose(model, at):
    old, young = (luminance(paint(model, 5, age=age, sex="female")) for age in ("old", "young"))
    (row, column), (corner_row, corner_column) = at(31), at(48)
    fold = np.s_[min(row, corner_row) - 12 : max(row, corner_row) + 13, min(column, corner_column) : corner_column]
    assert (old - young)[fold].min() < -8


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"picture": SKIN[..., 0]}, "is none"),
        ({"picture": SKIN[:100]}, "is none"),
        ({"picture": SKIN.astype(float)}, "is none"),
        ({"sex": "man"}, "sex"),
        ({"age": "older"}, "age"),
        ({"group": "martian"}, "group"),
    ],
    ids=["grey", "not square", "floats", "sex", "age", "group"],
)
def test_what_is_unknown_is_said(model, changed, said):
    with pytest.raises(HeadPoseError, match=said):
        paint(model, **changed)
