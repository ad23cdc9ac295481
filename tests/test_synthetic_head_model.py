"""The head model on a tiny hand-made cache, and, marked slow, the real one against anny itself."""

import dataclasses
import sys

import numpy as np
import pytest

from runtime.errors import HeadPoseError, MissingDependencyError
from runtime.rotation import euler_to_rotation
from training.data.synthetic import landmarks
from training.data.synthetic.head import FORMAT, JOINTS, Coefficients, HeadModel, macro_weights
from training.data.synthetic.head_model import build_head_model, whole_model
from training.data.synthetic.identity import (
    EXPRESSIONS,
    face_changes,
    gaze_actions,
    sample_actions,
    sample_changes,
    sample_coefficients,
    sample_phenotypes,
)
from training.data.synthetic.mesh import Topology
from training.data.synthetic.proxy import Proxy

POINTS = {
    "head": (0, -3, -4),
    "neck03": (0, -6, -5),
    "neck02": (0, -9, -6),
    "neck01": (0, -12, -7),
    "jaw": (0, -2, -2),
    "eye.L": (3, 2, 4),
    "eye.R": (-3, 2, 4),
    "ear.L": (7, 0, -4),
    "ear.R": (-7, 0, -4),
}
SKIN = np.array([[0, 0, 6], [-5, -8, 3], [5, -8, 3], [0, -20, 0], [0, 5, 5]], np.float32) / 100
MACRO = ("male-young-averagemuscle-averageweight", "female-old-averagemuscle-maxweight", "asian-male-young")
LOCAL = ("action:jawOpen", "change:l-nose-size-incr+", "change:l-nose-size-incr-", "change:r-nose-size-incr+")
LOCAL += ("change:r-nose-size-incr-", "change:neck-circ+", "change:neck-circ-")


def tiny_arrays():
    template = np.concatenate([SKIN, np.array([POINTS[name] for name in JOINTS], np.float32) / 100])
    template += np.float32([1, 2, 3])  # the origin is found, wherever the template is
    macro = np.zeros((3, len(template), 3), np.float32)
    macro[0, 0] = [0, 0, 1]
    macro[1, 1] = [0, 1, 0]
    macro[2, 2] = [1, 0, 0]
    weights = np.zeros((len(template), 5), np.float32)
    weights[[*range(5), *range(5, len(template))], [0, 0, 0, 4, 0, 0, 1, 2, 3, *[0] * 5]] = 1
    return {
        "format": np.int32(FORMAT),
        "template": template,
        "base_index": np.array([10, 11, 12, 20, 30, *[-1] * len(JOINTS)], np.int32),
        "triangles": np.array([[0, 1, 2], [1, 3, 2]], np.int32),
        "uv": np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32),
        "uv_triangles": np.array([[0, 1, 2], [1, 3, 2]], np.int32),
        "macro": macro,
        "macro_labels": np.array(MACRO),
        "local_labels": np.array(LOCAL),
        "local_starts": np.array([0, 2, 3, 4, 4, 4, 5, 5], np.int32),
        "local_rows": np.array([0, 1, 0, 0, 3], np.int32),
        "local_deltas": np.array([[0, -1, 0], [0, -2, 0], [3, 0, 0], [5, 0, 0], [0, 0, 9]], np.float32),
        "neck_weights": weights,
    }


@pytest.fixture
def cache(tmp_path):
    np.savez_compressed(tmp_path / "head.npz", **tiny_arrays())
    return tmp_path / "head.npz"


@pytest.fixture
def model(cache):
    return HeadModel.load(cache)


PLAIN = {"gender": 0.0, "age": 2 / 3, "african": 1.0, "asian": 0.0, "caucasian": 0.0}


def test_the_origin_is_the_middle_of_eyes_and_ears(model):
    vertices = model.shape(Coefficients({"gender": 0.0, "age": 1.0}))
    assert vertices.dtype == np.float32
    eyes_and_ears = [vertices[model.joint(name)] for name in ("eye.L", "eye.R", "ear.L", "ear.R")]
    np.testing.assert_allclose(np.mean(eyes_and_ears, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(vertices[3], [0, -0.21, 0], atol=1e-6)  # the points' own mean is (0, 1, 0) / 100


def test_blendshapes_add_up(model):
    rest = model.shape(Coefficients(PLAIN | {"gender": 1.0, "weight": 0.0}))
    grown = model.shape(
        Coefficients(PLAIN, {"l-nose-size-incr": 0.5, "neck-circ": 1.0}, {"jawOpen": 0.25})
    )  # by hand, of the tables above
    np.testing.assert_allclose((grown - rest)[:4], [[1.5, -0.25, 1], [0, -0.5, 0], [0, 0, 0], [0, 0, 9]], atol=1e-6)
    shrunk = model.shape(Coefficients(PLAIN, {"l-nose-size-incr": -0.5, "neck-circ": -1.0}))
    np.testing.assert_allclose((shrunk - rest)[:4], [[2.5, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("phenotypes", "expected"),
    [
        pytest.param({"age": 0.5}, [0.25, 0, 1 / 12], id="half-way from child to young"),
        pytest.param({"gender": 0, "age": 2 / 3, "weight": 0.5, "asian": 0}, [1, 0, 0], id="young man"),
        pytest.param({"gender": 0, "age": 2 / 3, "african": 0, "caucasian": 0}, [1, 0, 1], id="asian man"),
        pytest.param({"gender": 1, "age": 1, "weight": 0.75}, [0, 0.5, 0], id="old woman"),
        pytest.param({"gender": 1, "age": 7, "weight": 9}, [0, 1, 0], id="beyond the ends"),
        pytest.param({"gender": 0, "age": 2 / 3, "african": 0, "asian": 0, "caucasian": 0}, [1, 0, 1 / 3], id="none"),
    ],
)
def test_phenotypes_weigh_as_products(phenotypes, expected):
    np.testing.assert_allclose(macro_weights(phenotypes, MACRO), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("coefficients", "message"),
    [
        pytest.param(Coefficients({"agee": 1.0}), "unknown phenotype 'agee': did you mean 'age'", id="phenotype"),
        pytest.param(
            Coefficients({}, {"nose-size-incr": 1.0}),
            r"local change 'nose-size-incr': did you mean '[lr]-nose",
            id="change",
        ),
        pytest.param(Coefficients({}, {}, {"jawopen": 1.0}), r"facial action .* did you mean 'jawOpen'", id="action"),
    ],
)
def test_an_unknown_coefficient_gets_the_nearest(model, coefficients, message):
    with pytest.raises(HeadPoseError, match=message):
        model.shape(coefficients)


@pytest.mark.parametrize("angles", [(0, 0, 0), (20, 0, 0), (0, -70, 0), (25, 60, -20)])
def test_the_shoulders_turn_and_the_skull_stays(model, angles):
    vertices = model.shape(Coefficients())
    rotation = euler_to_rotation(*angles)
    bent = model.bend(vertices, rotation)
    skull = model.neck_weights[:, 0] == 1
    np.testing.assert_allclose(bent[skull], vertices[skull], atol=1e-7)
    # a second vertex of the shoulders shows the rotation of the shoulders against the skull
    other = vertices.copy()
    other[3] += np.float32([0.1, 0.2, 0.3])
    np.testing.assert_allclose(model.bend(other, rotation)[3] - bent[3], rotation @ [0.1, 0.2, 0.3], atol=1e-6)
    # in the camera's frame, Rᵀ v, those shoulders are upright again
    step = rotation.T @ (model.bend(other, rotation)[3] - bent[3])
    np.testing.assert_allclose(step, [0.1, 0.2, 0.3], atol=1e-6)
    if angles == (0, 0, 0):
        np.testing.assert_allclose(bent, vertices, atol=1e-6)


def test_the_neck_shares_the_turn(model):
    vertices = model.shape(Coefficients())
    bent = model.bend(vertices, euler_to_rotation(0, 0, 80))
    chain = [bent[model.joint(name)] for name in ("head", "neck03", "neck02", "neck01")]
    links = np.diff(chain, axis=0)  # each is 20 degrees further than the one above it
    angles = np.degrees(np.arctan2(links[:, 0], -links[:, 1]))
    np.testing.assert_allclose(np.abs(np.diff(angles)), [20, 20], atol=0.5)
    np.testing.assert_allclose(
        np.linalg.norm(links, axis=1),
        np.linalg.norm(np.diff([POINTS[n] for n in JOINTS[:4]], axis=0), axis=1) / 100,
        atol=1e-6,
    )


def test_parts_are_bound_to_the_heads_own_rows(model):
    references = np.array([[10, 11, 12], [20, 20, 20]], np.int32)
    weights = np.array([[0.5, 0.25, 0.25], [1, 0, 0]], np.float32)
    empty = Topology(np.zeros((0, 3), np.int32), np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32))
    part = Proxy("bob", "hair", references, weights, np.zeros((2, 3), np.float32), empty, ())
    base = np.full((31, 3), np.nan, np.float32)
    vertices = model.shape(Coefficients())
    base[model.base_index[:5]] = vertices[:5]
    np.testing.assert_allclose(model.rebind(part).fit(vertices), part.fit(base), atol=1e-7)
    for foreign in (13, 400):
        with pytest.raises(HeadPoseError, match="hair bob hangs on vertices below the shoulders"):
            model.rebind(dataclasses.replace(part, references=references * 0 + foreign))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        pytest.param(lambda p: None, "cannot read", id="missing"),
        pytest.param(lambda p: p.write_bytes(b""), "damaged", id="empty"),
        pytest.param(lambda p: p.write_bytes(b"PK\x03\x04 and no more"), "damaged", id="no archive"),
        pytest.param(lambda p: np.savez(p, a=np.ones(3)), "damaged", id="other arrays"),
        pytest.param(lambda p: np.savez(p, **(tiny_arrays() | {"format": 0})), "of version 0", id="version"),
        pytest.param(
            lambda p: np.savez(p, **(tiny_arrays() | {"triangles": np.full((2, 3), 99, np.int32)})),
            "corners beyond",
            id="corners",
        ),
    ],
)
def test_a_bad_cache_is_one_sentence(tmp_path, write, message):
    write(tmp_path / "bad.npz")
    with pytest.raises(HeadPoseError, match=message):
        HeadModel.load(tmp_path / "bad.npz")


def test_a_cut_off_cache_is_one_sentence(cache):
    cache.write_bytes(cache.read_bytes()[:-400])
    with pytest.raises(HeadPoseError, match="damaged"):
        HeadModel.load(cache)


def test_a_cache_that_is_there_is_not_built_again(cache):
    before = cache.read_bytes()
    assert build_head_model(cache).template.shape == (14, 3)
    assert cache.read_bytes() == before


def test_without_anny_the_install_line_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "anny", None)
    with pytest.raises(MissingDependencyError, match=r"anny.*sixdrepnext\[synth\]"):
        build_head_model(tmp_path / "head.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "anny", None)
    (tmp_path / "file").write_text("")
    with pytest.raises(HeadPoseError, match="cannot create the folder"):
        build_head_model(tmp_path / "file" / "head.npz")


def test_people_are_drawn_from_the_seed(model):
    one, same, other = (sample_coefficients(model, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    model.shape(one)  # all names are known


def test_phenotypes_are_of_teens_and_adults():
    drawn = [sample_phenotypes(np.random.default_rng(seed)) for seed in range(300)]
    assert 0.4 < min(d["age"] for d in drawn) < 0.55 < 0.95 < max(d["age"] for d in drawn) <= 1
    np.testing.assert_allclose([d["african"] + d["asian"] + d["caucasian"] for d in drawn], 1, atol=1e-9)
    assert {max(("african", "asian", "caucasian"), key=d.get) for d in drawn} == {"african", "asian", "caucasian"}


def test_sides_differ_little_and_only_faces_change(model):
    assert face_changes(model) == ("l-nose-size-incr", "r-nose-size-incr")
    rng = np.random.default_rng(0)
    pairs = np.array([list(sample_changes(model, rng, 0.5).values()) for _ in range(2000)])
    assert pairs[:, 0].std() == pytest.approx(0.25, rel=0.1)  # half of the spread
    assert (pairs[:, 1] - pairs[:, 0]).std() == pytest.approx(0.25 * 0.15, rel=0.1)
    assert not np.any(list(sample_changes(model, rng, 0.0).values()))


def with_actions(model, names):
    labels = tuple(f"action:{name}" for name in names)
    return dataclasses.replace(model, local_labels=labels, local_starts=np.zeros(len(labels) + 1, np.int32))


def test_expressions_move_both_sides_and_stay_in_range(model):
    plain = {name for _, most in EXPRESSIONS.values() for name in most}
    whole = {"jawOpen", "jawLeft", "jawRight", "mouthPucker", "mouthFunnel", "browInnerUp", "cheekPuff"}
    whole |= {"mouthRollLower", "mouthRollUpper"}
    full = with_actions(model, sorted(whole | {n + side for n in plain - whole for side in ("Left", "Right")}))
    drawn = [sample_actions(full, np.random.default_rng(seed)) for seed in range(300)]
    assert {name for actions in drawn for name in actions} == set(full.actions)
    assert all(0 <= value <= 1 for actions in drawn for value in actions.values())
    assert 0.25 < np.mean([not actions for actions in drawn]) < 0.6
    for actions in drawn:
        assert {n for n in actions if n.startswith("mouthSmile")} in ({"mouthSmileLeft", "mouthSmileRight"}, set())
    assert not any(any(sample_actions(full, np.random.default_rng(s), 0.0).values()) for s in range(50))


def test_both_eyes_look_the_same_way():
    right = gaze_actions(pitch_deg=-5, yaw_deg=14)  # to the picture's left, the head's own right
    assert right == {"eyeLookOutRight": 1, "eyeLookInLeft": 1, "eyeLookDownLeft": 0.5, "eyeLookDownRight": 0.5}
    assert gaze_actions(0, -90)["eyeLookOutLeft"] == 1.5


def test_landmarks_are_68_in_pairs():
    assert len(set(landmarks.BASE_VERTICES)) == 68
    assert sorted(landmarks.MIRRORED) == list(range(68))
    assert [landmarks.MIRRORED[other] for other in landmarks.MIRRORED] == list(range(68))
    middle = [i for i, other in enumerate(landmarks.MIRRORED) if i == other]
    assert middle == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]


def test_a_model_without_the_landmarks_says_so(model):
    with pytest.raises(HeadPoseError, match="lacks the landmarks' vertices"):
        landmarks.landmarks_68(model, model.shape(Coefficients()))
    with pytest.raises(HeadPoseError, match=r"landmarks need vertices of shape \(14, 3\), not \(3, 3\)"):
        landmarks.landmarks_68(model, np.zeros((3, 3), np.float32))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The real head, and anny's own vertices of one identity in the axes of the head's frame."""
    pytest.importorskip("anny")
    folder = tmp_path_factory.mktemp("anny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANNY_CACHE_DIR", str(folder))  # the second building reads what the first one kept
        model = build_head_model(folder / "new" / "head.npz")
        rng = np.random.default_rng(0)
        changes = {name: float(rng.uniform(-1, 1)) for name in model.changes}
        coefficients = Coefficients(
            {"gender": 0.3, "age": 0.55, "weight": 0.7, "muscle": 0.2, "african": 0.2, "asian": 0.5, "caucasian": 0.1},
            changes,
            {name: float(rng.uniform(0, 0.6)) for name in model.actions},
        )
        with whole_model() as whole:
            output = whole(
                phenotype_kwargs=coefficients.phenotypes,
                local_changes_kwargs=coefficients.changes,
                facial_actions=coefficients.actions,
            )
    x, backwards, up = output["vertices"][0].numpy().T
    return folder / "new" / "head.npz", model, coefficients, np.stack([x, up, -backwards], axis=1)


@pytest.mark.slow
def test_the_head_is_annys_head(real):
    cache, model, coefficients, whole = real
    assert cache.stat().st_size < 40e6
    assert len(whole) == 19158
    skin = model.base_index >= 0
    difference = model.shape(coefficients)[skin] - whole[model.base_index[skin]]
    np.testing.assert_allclose(difference - difference.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(model.neck_weights.sum(axis=1), 1, atol=1e-6)
    assert not any(np.isnan(table).any() for table in (model.macro, model.local_deltas, model.neck_weights))


@pytest.mark.slow
def test_the_landmarks_are_ibugs(real):
    _, model, _, _ = real
    head = model.shape(Coefficients())
    points = landmarks.landmarks_68(model, head)
    np.testing.assert_allclose(points[list(landmarks.MIRRORED)] * [-1, 1, 1], points, atol=5e-4)
    assert set(landmarks.landmark_rows(model)) <= set(model.topology.triangles.ravel())
    x, y, z = points.T
    assert (np.diff(x[landmarks.JAW]) > 0).all()  # from the picture's left to its right
    assert (np.diff(x[landmarks.BROWS]) > 0).all()
    assert y.argmin() == 8
    assert z.argmax() == 30
    assert (np.diff(y[27:31]) < 0).all()
    assert (np.diff(x[31:36]) > 0).all()
    for outer, first, second, inner, below_inner, below_outer in (range(36, 42), (45, 44, 43, 42, 47, 46)):
        assert abs(x[outer]) > abs(x[first]) > abs(x[second]) > abs(x[inner])
        assert min(y[first], y[second]) > max(y[outer], y[inner]) > min(y[outer], y[inner]) > y[below_inner]
        assert abs(x[below_inner]) < abs(x[below_outer])
    assert (np.diff(x[48:55]) > 0).all()
    assert (np.diff(x[54:60]) < 0).all()
    assert y[51] > y[62] > y[66] > y[57] > y[8]
    assert _hidden(points[list(range(17, 48))], head[model.topology.triangles]) == []


def _hidden(points, triangles):
    """Numbers of the points in front of which a triangle lies more than a millimetre, seen from the front."""
    a, b, c = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    area = b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0]
    hidden = []
    for number, point in enumerate(points):
        d = point - a
        with np.errstate(divide="ignore", invalid="ignore"):
            u = (d[:, 0] * c[:, 1] - d[:, 1] * c[:, 0]) / area
            v = (b[:, 0] * d[:, 1] - b[:, 1] * d[:, 0]) / area
        depth = a[:, 2] + u * b[:, 2] + v * c[:, 2]
        if ((u > 0) & (v > 0) & (u + v < 1) & (depth > point[2] + 1e-3)).any():
            hidden.append(number)
    return hidden


@pytest.mark.slow
def test_a_mouth_opens_and_eyes_close(real):
    _, model, _, _ = real
    rest, acting = (
        landmarks.landmarks_68(model, model.shape(Coefficients({}, {}, actions)))
        for actions in ({}, {"jawOpen": 1.0, "eyeBlinkLeft": 1.0})
    )
    assert rest[62, 1] - rest[66, 1] < 0.003
    assert acting[62, 1] - acting[66, 1] > 0.015
    assert acting[43, 1] - acting[47, 1] < 0.5 * (rest[43, 1] - rest[47, 1])  # the head's left eye
    np.testing.assert_allclose(acting[37], rest[37], atol=1e-3)
    np.testing.assert_allclose(acting[27:31], rest[27:31], atol=1e-3)  # the skull's frame stays
