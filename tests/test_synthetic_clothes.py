"""Cloth cut out of plain meshes, pictures of cloth, and, with a head model, garments on real shoulders."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation, geodesic_deg
from training.data.synthetic.clothes import BARE, choose_garment, clothes_parts, shoulder_turn
from training.data.synthetic.clothes_cut import Mesh, mixed, neighbours, packed, rim
from training.data.synthetic.clothes_garments import GARMENTS
from training.data.synthetic.clothes_textures import PATTERNS, cloth_key, cloth_picture

MODEL = Path(os.environ.get("HEADPOSE_HEAD_MODEL", "none"))
needs_head = pytest.mark.skipif(not MODEL.is_file(), reason="HEADPOSE_HEAD_MODEL names no head model")


def sheet(cells=10):
    """A square of side 2 around the origin, seen from above."""
    ramp = np.linspace(-1, 1, cells + 1)
    x, y = (axis.ravel() for axis in np.meshgrid(ramp, ramp))
    first = np.arange(cells * (cells + 1)).reshape(cells, cells + 1)[:, :-1].ravel()
    above = first + cells + 1
    triangles = np.concatenate([np.stack([first, first + 1, above + 1], 1), np.stack([first, above + 1, above], 1)])
    return np.stack([x, y, 0 * x], axis=1).astype(np.float32), triangles.astype(np.int32)


def area(points, triangles):
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)[:, 2] / 2


LINES = {
    "slanted": (lambda p: 0.3 - p[:, 0] - 0.2 * p[:, 1], 2.6),
    "along an edge": (lambda p: 0.2 - p[:, 0], 2.4),
    "circle": (lambda p: 0.7 - np.hypot(p[:, 0], p[:, 1]), np.pi * 0.49),
    "all": (lambda p: 2 - p[:, 0], 4.0),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_what_is_cut_out_has_the_area_inside_the_line(line, expected):
    points, triangles = sheet(40)
    cut = Mesh.of(points, triangles).inner(line)
    areas = area(cut.rest, cut.triangles)
    assert (areas > -1e-9).all()  # none is turned over
    assert areas.sum() == pytest.approx(expected, rel=2e-3)
    assert line(cut.rest).min() > -2e-3


def test_a_split_keeps_the_whole_and_hangs_where_it_lies():
    points, triangles = sheet()
    cut, value = Mesh.of(points, triangles).split(LINES["circle"][0])
    cut, _ = cut.split(LINES["slanted"][0])
    assert area(cut.rest, cut.triangles).sum() == pytest.approx(4.0)
    rows, weights = packed(cut.holds)
    np.testing.assert_allclose(np.einsum("nk,nkd->nd", weights, points[rows]), cut.rest, atol=1e-6)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    assert (value == 0).sum() > 20


def test_the_rim_of_a_square_is_its_sides():
    _, triangles = sheet(4)
    edges = rim(triangles)
    assert len(edges) == 16
    assert sorted(Counter(edges.ravel()).values()) == [2] * 16


def test_neighbours_are_those_of_the_edges():
    links, starts = neighbours(np.array([[0, 1, 2], [2, 1, 3]], np.int32), 5)
    found = [set(part.tolist()) for part in np.split(links, starts[1:])]
    assert found == [{1, 2}, {0, 2, 3}, {0, 1, 3}, {1, 2}, {4}]  # one without an edge has itself


def test_holds_are_mixed_by_their_shares():
    assert mixed({1: 1.0}, {1: 0.5, 2: 0.5}, 0.5) == {1: 0.75, 2: 0.25}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pictures_of_cloth_repeat_without_a_seam_and_are_few(pattern):
    keys = {cloth_key(pattern, np.random.default_rng(seed)) for seed in range(300)}
    assert len(keys) == PATTERNS[pattern][0]
    for key in keys:
        picture = cloth_picture(key).astype(float)
        assert picture.shape == (128, 128, 3)
        for axis in (0, 1):  # the step over the seam is one that occurs inside too
            steps = np.abs(np.diff(picture, axis=axis)).mean(axis=(1 - axis, 2))
            seam = np.abs(picture.take(0, axis) - picture.take(-1, axis)).mean()
            assert seam <= 1.5 * steps.max() + 6
        if PATTERNS[pattern][1]:
            assert picture.mean() > 150  # the tint makes the colour


def test_a_pattern_that_is_unknown_is_said():
    with pytest.raises(HeadPoseError, match="stripes"):
        cloth_key("stripe", np.random.default_rng(0))


@pytest.mark.parametrize("sex", ["male", "female", None])
def test_garments_are_chosen_as_often_as_they_are_worn(sex):
    rng = np.random.default_rng(0)
    count = Counter(choose_garment(rng, sex) for _ in range(4000))
    assert count[""] / 4000 == pytest.approx(BARE, abs=0.02)
    assert set(count) - {""} <= set(GARMENTS)
    assert (count["blouse"] > 0) == (sex != "male")
    assert count["suit"] > 40


@pytest.fixture(scope="module")
def model():
    from training.data.synthetic.head import HeadModel

    return HeadModel.load(MODEL)


def dressed(model, garment, turn=(0, 0, 0), seed=3):
    from training.data.synthetic.identity import sample_coefficients

    shape = model.shape(sample_coefficients(model, np.random.default_rng(seed)))
    vertices = model.bend(shape, euler_to_rotation(*turn))
    return vertices, clothes_parts(model, vertices, np.eye(4), seed, garment=garment)


@needs_head
@pytest.mark.parametrize("garment", GARMENTS)
def test_a_garment_covers_shoulders_and_leaves_the_face(model, garment):
    vertices, (parts, pictures) = dressed(model, garment)
    assert {part.texture for part in parts} == set(pictures)
    points = np.concatenate([part.vertices for part in parts])
    for part in parts:
        part.check()
        part.topology.check(len(part.vertices))
    skin = vertices[np.unique(model.topology.triangles)]
    assert points[:, 1].min() < skin[:, 1].min()  # it goes on below the model's edge
    assert np.ptp(points[:, 0]) > (0.18 if garment == "tank top" else 0.35)
    chin = vertices[model.joint("jaw"), 1]
    assert points[:, 1].max() < chin
    again = dressed(model, garment)[1][0]
    for part, same in zip(parts, again, strict=True):
        assert part.topology is same.topology  # what the card holds is found again
        np.testing.assert_array_equal(part.vertices, same.vertices)


@needs_head
@pytest.mark.parametrize("garment", ["t-shirt", "v-neck", "blouse", "tank top"])
def test_cloth_lies_above_the_skin(model, garment):
    """Along the normal of the nearest vertex of the skin; a hem is tucked in by 1.5 mm."""
    vertices, (parts, _) = dressed(model, garment)
    from training.data.synthetic.clothes_neck import rest_skin
    from training.data.synthetic.mesh import vertex_normals

    triangles = rest_skin(model)[1]
    rows = np.unique(triangles)
    normals = vertex_normals(vertices, triangles)[rows]
    points = parts[0].vertices[::3]
    away = np.linalg.norm(points[:, None] - vertices[rows][None], axis=2)
    near = away.argmin(axis=1)
    close = away.min(axis=1) < 0.012
    height = ((points - vertices[rows][near]) * normals[near]).sum(axis=1)[close]
    assert np.median(height) > 0.003
    assert (height > -0.004).all()


@needs_head
def test_clothes_go_with_the_shoulders(model):
    straight, turned = (dressed(model, "shirt", (0, yaw, 0))[1][0][0].vertices for yaw in (0, 40))
    low = straight[:, 1] < np.quantile(straight[:, 1], 0.5)
    a, b = (points[low] - points[low].mean(axis=0) for points in (straight, turned))
    left, _, right = np.linalg.svd(b.T @ a)
    rotation = left @ right
    assert geodesic_deg(rotation.T, euler_to_rotation(0, 40, 0).T) < 3
    assert np.abs(b - a @ rotation.T).max() < 0.02


@needs_head
def test_the_shoulders_rotation_is_found_from_their_vertices(model):
    vertices, _ = dressed(model, "", (15, -35, 10))
    found = shoulder_turn(model, vertices)
    straight = shoulder_turn(model, dressed(model, "")[0])
    assert geodesic_deg(found @ straight.T, euler_to_rotation(15, -35, 10)) < 1


@needs_head
def test_nothing_is_worn_where_nothing_is_asked_for(model):
    assert dressed(model, "")[1] == ([], {})
    with pytest.raises(HeadPoseError, match="hoodie"):
        dressed(model, "hoody")
