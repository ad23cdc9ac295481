"""Occluders: their meshes against solids that can be computed, and how they sit on heads, by casting rays.

What is worn needs a head model, which no package brings: HEADPOSE_HEAD_MODEL names its file.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.data.synthetic.camera import head_matrix
from training.data.synthetic.occluder_fit import Shell
from training.data.synthetic.occluder_looks import CLOTHS, occluder_textures
from training.data.synthetic.occluder_meshes import ball, box, curve, joined, loop, mirrored, moved, sheet, tube
from training.data.synthetic.occluders import LEAST_SEEN, hidden, hides_hair, occluder_parts, tucked_hair
from training.data.synthetic.parts import Material
from training.data.synthetic.scene_draws import OCCLUDERS

MODEL = Path(os.environ.get("HEADPOSE_HEAD_MODEL", "none"))
needs_model = pytest.mark.skipif(
    not MODEL.is_file(), reason="HEADPOSE_HEAD_MODEL names no head model, so nothing that heads wear is tested"
)
SKIN = (0.4, 0.2, 0.15)
FRONT = head_matrix(np.eye(3), (0, 0, -0.8))
SEEDS = range(12)


def volume(piece):
    """Of a closed mesh; negative where its triangles are turned inwards."""
    a, b, c = piece[0][piece[1].triangles].astype(np.float64).transpose(1, 0, 2)
    return (np.cross(a, b) * c).sum() / 6


def hits(origin, points, vertices, triangles):
    """(P, T) how far along the way from `origin` to each point each triangle lies, NaN where the ray misses it.

    Möller and Trumbore 1997; 1 is at the point itself.
    """
    a, b, c = vertices[triangles].astype(np.float64).transpose(1, 0, 2)
    way = np.asarray(points, np.float64)[:, None] - origin
    across = np.cross(way, c - a)
    scale = (across * (b - a)).sum(-1)
    from_corner = np.asarray(origin, np.float64) - a
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (across * from_corner).sum(-1) / scale
        turned = np.cross(from_corner, b - a)
        v = (way * turned).sum(-1) / scale
        t = ((c - a) * turned).sum(-1) / scale
        return np.where((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0), t, np.nan)


TURN = euler_to_rotation(20, 30, 40)
LINE = [[0, 0, 0], [0, 0, 0.1], [0, 0, 0.3]]
CIRCLE = 0.1 * np.stack([np.cos(np.arange(40) * np.pi / 20), np.sin(np.arange(40) * np.pi / 20), np.zeros(40)], 1)
HEXAGON = 6 * np.sin(np.pi / 3) / 2  # area of one in a unit circle
SOLIDS = {
    "box": (box((0.1, 0.2, 0.3)), 0.048, 1e-6),
    "ball": (ball((0.1, 0.1, 0.2), 40, 60), 4 / 3 * np.pi * 0.002, 0.02),
    "tube": (tube(LINE, 0.02, (1, 0, 0)), 0.3 * HEXAGON * 0.0004, 1e-5),
    "flat tube": (tube(LINE, np.array([0.02, 0.01]) * np.ones((3, 1)), (1, 0, 0)), 0.3 * HEXAGON * 0.0002, 1e-5),
    "ring": (loop(CIRCLE, (0.01, 0.02), (0, 0, 1)), 2 * np.pi * 0.1 * HEXAGON * 0.0002, 0.01),
    "mirrored": (mirrored(tube(LINE, 0.02, (1, 0, 0))), 0.3 * HEXAGON * 0.0004, 1e-5),
    "moved": (moved(box((0.1, 0.2, 0.3)), TURN, (1, 2, 3)), 0.048, 1e-3),
    "joined": (joined(box((0.1, 0.1, 0.1)), moved(box((0.1, 0.1, 0.1)), np.eye(3), (1, 0, 0))), 0.016, 1e-4),
}


@pytest.mark.parametrize(("piece", "expected", "tolerance"), SOLIDS.values(), ids=SOLIDS)
def test_solids_are_closed_and_turned_outwards(piece, expected, tolerance):
    assert volume(piece) == pytest.approx(expected, rel=tolerance)
    piece[1].check(len(piece[0]))


def test_a_topology_is_made_once():
    pairs = [(joined(box((x, x, x)), tube(LINE, x, (1, 0, 0))), mirrored(ball((x, x, x)))) for x in (0.1, 0.2)]
    assert all(first[1] is second[1] for first, second in zip(*pairs))
    assert sheet(3, 4) is sheet(3, 4)


def test_a_curve_goes_through_its_points():
    points = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(curve(points, 17)[::4], points, atol=1e-12)


def test_a_shell_over_a_ball_is_the_ball():
    unit = np.random.default_rng(1).normal(size=(20_000, 3))
    middle = np.array([0.1, 0.2, 0.3])
    shell = Shell.over(middle + 0.5 * unit / np.linalg.norm(unit, axis=1, keepdims=True), middle, 3)
    np.testing.assert_allclose(shell.radii, 0.5, atol=1e-9)
    azimuth, elevation, radius = shell.around(middle + np.array([0, 0.3, 0.3]))
    assert np.degrees([azimuth, elevation]) == pytest.approx([0, 45])
    assert radius == pytest.approx(0.3 * np.sqrt(2))
    pushed = shell.pushed(middle + np.array([[0.2, 0, 0], [0.9, 0, 0]]), 0.01)
    np.testing.assert_allclose(pushed - middle, [[0.51, 0, 0], [0.9, 0, 0]], atol=1e-9)


def test_a_shell_hides_no_point_and_is_taut_over_hollows():
    rng = np.random.default_rng(2)
    unit = rng.normal(size=(3000, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    hollow = unit @ [0, 0, 1] > 0.95
    points = unit * np.where(hollow, 0.2, 1.0 + 0.3 * rng.random(3000))[:, None]
    shell = Shell.over(points, (0, 0, 0), 30)
    azimuth, elevation, radius = shell.around(points)
    assert (shell.at(azimuth, elevation) >= radius - 1e-9).all()
    assert shell.at(np.array(0.0), np.array(0.0)) > 0.8


def test_what_is_hidden_is_what_a_ray_hits():
    rng = np.random.default_rng(3)
    points, eye = rng.uniform(-0.1, 0.1, (300, 3)), np.array([0.1, -0.2, 0.7])
    piece = joined(
        moved(ball((0.04, 0.03, 0.05)), TURN, (0.02, 0, 0.05)), moved(box((0.03, 0.01, 0.02)), TURN, (0, 0, -0.05))
    )
    way = hits(eye, points, piece[0], piece[1].triangles)
    expected = (way < 1).any(axis=1)
    assert 20 < expected.sum() < 200
    np.testing.assert_array_equal(hidden(points, eye, [(piece, Material(), None, True)]), expected)


def test_textures_are_small_pictures():
    made = occluder_textures()
    assert {f"occluder/{name}" for name in CLOTHS} < set(made)
    for picture in made.values():
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 4
        assert max(picture.shape) <= 128
    assert occluder_textures() is made


@pytest.fixture(scope="module")
def model():
    from training.data.synthetic.head import HeadModel

    return HeadModel.load(MODEL)


@pytest.fixture(scope="module")
def heads(model):
    """A few faces, one of them with its mouth open, their necks bent."""
    from training.data.synthetic.head import Coefficients
    from training.data.synthetic.identity import sample_changes, sample_phenotypes

    rng = np.random.default_rng(5)
    faces = [Coefficients(sample_phenotypes(rng), sample_changes(model, rng), {}) for _ in range(3)]
    faces.append(Coefficients(actions={"jawOpen": 0.9}))
    return [model.bend(model.shape(face), euler_to_rotation(10 * k, -20 * k, 5)) for k, face in enumerate(faces)]


def worn(name, seed, model, vertices, place=FRONT):
    return occluder_parts((name,), seed, model, vertices, place, SKIN)


@needs_model
@pytest.mark.parametrize("name", OCCLUDERS)
@pytest.mark.parametrize("angles", [(0, 0, 0), (-20, 45, 10), (15, -90, 0)], ids=["front", "half", "profile"])
def test_a_part_of_the_face_stays_open(model, heads, name, angles):
    from training.data.synthetic.landmarks import landmark_rows
    from training.data.synthetic.mesh import vertex_normals

    place = head_matrix(euler_to_rotation(*angles), (0.05, -0.05, -0.7))
    eye = np.linalg.inv(place)[:3, 3]
    rows = landmark_rows(model)
    for seed, vertices in zip(SEEDS, heads * 3):
        facing = (vertex_normals(vertices, model.topology.triangles)[rows] * (eye - vertices[rows])).sum(axis=1) > 0
        points, covered = vertices[rows][facing], np.zeros(facing.sum(), bool)
        for part in worn(name, seed, model, vertices, place):
            way = hits(eye, points, part.vertices, part.topology.triangles)
            covered |= (way < 0.999).any(axis=1) & (part.casts_shadow or part.material.alpha != "blend")
        assert (~covered).mean() > LEAST_SEEN - 0.06  # landmarks at the outline are counted here or there


@needs_model
def test_all_at_once_leave_a_part_open_too(model, heads):
    from training.data.synthetic.landmarks import landmarks_68

    for seed, vertices in zip(SEEDS, heads * 3):
        parts = occluder_parts(tuple(OCCLUDERS), seed, model, vertices, FRONT, SKIN)
        points, eye = landmarks_68(model, vertices), np.array([0, 0, 0.8])
        solid = [part for part in parts if part.casts_shadow]
        open_points = ~np.any(
            [(hits(eye, points, p.vertices, p.topology.triangles) < 0.999).any(1) for p in solid], axis=0
        )
        assert open_points.mean() > LEAST_SEEN - 0.06


@needs_model
@pytest.mark.parametrize("name", OCCLUDERS)
def test_a_seed_makes_the_same_again_and_another_something_else(model, heads, name):
    first, again = (worn(name, 3, model, heads[0]) for _ in range(2))
    assert [part.vertices.tobytes() for part in first] == [part.vertices.tobytes() for part in again]
    assert [(part.material, part.texture) for part in first] == [(part.material, part.texture) for part in again]
    looks = {worn(name, seed, model, heads[0])[0].vertices.tobytes() for seed in SEEDS}
    assert len(looks) == len(SEEDS)


@needs_model
@pytest.mark.parametrize("name", OCCLUDERS)
def test_parts_can_be_drawn_and_share_few_topologies(model, heads, name):
    known = set(occluder_textures()) | {None}
    topologies = set()
    for seed in range(40):
        for part in worn(name, seed, model, heads[seed % 4]):
            part.check()
            part.topology.check(len(part.vertices))
            assert part.texture in known
            assert part.model is FRONT
            topologies.add(id(part.topology))
    assert len(topologies) <= 20


@needs_model
def test_a_mask_lies_over_the_face_that_is_below_it(model, heads):
    from training.data.synthetic.landmarks import landmarks_68

    used = np.unique(model.topology.triangles)
    for seed, vertices in zip(SEEDS, heads * 3):
        cloth = worn("mask", seed, model, vertices)[0]
        marks = landmarks_68(model, vertices)
        inside = np.array([0, marks[[33, 51], 1].mean(), 0.01])
        skin = vertices[used]
        skin = skin[(np.abs(skin[:, 0]) < 0.05) & (skin[:, 2] > 0.02)]
        way = np.nanmin(
            np.pad(hits(inside, skin, cloth.vertices, cloth.topology.triangles), ((0, 0), (0, 1)), constant_values=9), 1
        )
        under = (way > 0.3) & (way < 8)
        assert under.sum() > 50
        assert (way[under] > 1).mean() > 0.99  # all but folds at the corners
        gap = ((way - 1) * np.linalg.norm(skin - inside, axis=1))[under]
        assert np.median(gap) < 0.02  # metres: it does not float


@needs_model
def test_lenses_stand_before_the_eyes_and_temples_reach_behind_the_ears(model, heads):
    lenses = 0
    for seed, vertices in zip(SEEDS, heads * 3):
        frame, *glass = worn("glasses", seed, model, vertices)
        for side in ("L", "R"):
            eye, ear = (vertices[model.joint(f"{what}.{side}")] for what in ("eye", "ear"))
            temple = frame.vertices[np.sign(frame.vertices[:, 0]) == np.sign(ear[0])]
            assert temple[:, 2].min() < ear[2] - 0.01
            assert np.abs(temple[:, 0]).max() < abs(ear[0]) + 0.02
            for lens in glass:
                lenses += 1
                way = hits(eye, eye[None] + [[0, 0, 1]], lens.vertices, lens.topology.triangles)
                assert 0.02 < np.nanmin(way) < 0.06  # metres before the eyeball's middle
    assert lenses > 8


@needs_model
def test_no_skull_reaches_through_a_hat(model, heads):
    used = np.unique(model.topology.triangles)
    for seed, vertices in zip(range(24), heads * 6):
        skin = vertices[used]
        crown = skin[skin[:, 1] > 0.06]
        inside = np.array([0, 0.03, -0.03])
        for part in worn("hat", seed, model, vertices)[:1]:
            way = hits(inside, crown, part.vertices, part.topology.triangles)
            assert not (way < 1).any()


@needs_model
def test_hair_is_tucked_under_the_hat(model, heads):
    inside = np.array([0, 0.03, -0.03])
    rng = np.random.default_rng(6)
    unit = rng.normal(size=(1500, 3))
    hair = (inside + 0.13 * unit / np.linalg.norm(unit, axis=1, keepdims=True)).astype(np.float32)
    tried = 0
    for seed, vertices in zip(range(24), heads * 6):
        crown = worn("hat", seed, model, vertices)[0]
        if hides_hair(("hat",), seed):
            continue
        tucked = tucked_hair(("hat",), seed, model, vertices, hair)
        moved_in = np.linalg.norm(tucked - hair, axis=1) > 1e-4
        assert moved_in.any()
        assert (np.linalg.norm(tucked - inside, axis=1) <= 0.13 + 1e-5).all()
        way = hits(inside, tucked, crown.vertices, crown.topology.triangles)
        outside = (np.nan_to_num(way, nan=9) < 0.98).any(axis=1)
        assert outside.mean() < 0.02  # a band lets some swell beside it
        tried += 1
    assert tried > 12


def test_hair_without_a_hat_is_left_alone():
    hair = np.ones((4, 3), np.float32)
    assert tucked_hair(("mask",), 0, None, None, hair) is hair
    assert not any(hides_hair(("glasses", "hand"), seed) for seed in SEEDS)
    assert 0 < sum(hides_hair(("hat",), seed) for seed in range(100)) < 40


@needs_model
def test_a_hand_stays_out_of_the_head(model, heads):
    triangles = model.topology.triangles
    for seed, vertices in zip(SEEDS, heads * 3):
        middle = np.array([0, -0.025, -0.015])
        near = triangles[(np.abs(vertices[triangles].mean(axis=1) - middle) < 0.16).all(axis=1)]
        hand = worn("hand", seed, model, vertices)[0].vertices[::4]
        hand = hand[hand[:, 1] > -0.1]  # the arm may come from behind the shoulder
        way = hits(middle, hand, vertices, near)
        depth = (np.nan_to_num(way, nan=0).max(axis=1) - 1) * np.linalg.norm(hand - middle, axis=1)
        assert np.percentile(depth, 95) < 0.004  # metres under the skin


@needs_model
def test_hands_have_the_colour_of_the_skin(model, heads):
    for skin in ((0.5, 0.3, 0.2), (0.06, 0.03, 0.02)):
        parts = occluder_parts(("hand",), 1, model, heads[0], FRONT, skin)
        np.testing.assert_allclose(parts[0].material.tint, skin, rtol=0.11)


@needs_model
def test_nothing_is_worn_where_nothing_is_asked_for(model, heads):
    assert occluder_parts((), 0, model, heads[0], FRONT, SKIN) == ()


def test_an_unknown_occluder_is_said():
    with pytest.raises(HeadPoseError, match="occluder 'beard'"):
        occluder_parts(("beard",), 0, None, None, FRONT, SKIN)
