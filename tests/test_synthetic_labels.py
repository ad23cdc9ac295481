"""Labels against what is seen: rotation, landmarks and intrinsics are found again in pictures that a studio made."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_head import EVEN, write_tiny_head

from runtime.detector import FaceDetector
from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation, from_opencv, geodesic_deg, to_opencv
from training.data.synthetic import dressing
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.camera import Camera, toward_ray
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.head import NEUTRAL_PITCH_DEG, Coefficients, HeadModel
from training.data.synthetic.identity import gaze_actions, sample_changes
from training.data.synthetic.labels import (
    detector_box,
    drawn_rotation,
    face_landmarks,
    plan_camera,
    plan_neck,
    scene_record,
)
from training.data.synthetic.landmarks import landmark_rows, landmarks_68
from training.data.synthetic.mesh import Topology
from training.data.synthetic.parts import Material, Part
from training.data.synthetic.poses import split_turn
from training.data.synthetic.scene_plan import ScenePlan, plan_scene
from training.data.synthetic.studio import Studio

ASSETS, MODEL = (Path(os.environ.get(name, "none")) for name in ("HEADPOSE_MAKEHUMAN", "HEADPOSE_HEAD_MODEL"))
SIZE = 512  # so many pixels that the marks, not the pixels, are what a tenth of a degree is measured by
MARKS = 45
AS_DRAWN = {"blur": 0.0, "noise": 0.0, "saturation": 1.0, "contrast": 1.0, "seed": 0.0}
CORNERS = 12
SPOT = np.array([[np.cos(a), np.sin(a)] for a in np.arange(CORNERS) * 2 * np.pi / CORNERS])


class MarkedStudio(Studio):
    """Draws everything black in the dark, but for three marks on the skin: one red, one green, one blue."""

    marks = np.zeros((0, 3), np.int32)
    """(3, 3) triangles of the skin that are marked."""
    alone = False
    """Whether nothing hides the marks."""

    def _scene(self, plan, vertices):
        scene = super()._scene(plan, vertices)
        skin = scene.parts[0]
        marks = [
            Part(spot(skin.vertices, corners), FAN, None, Material(0.0, subsurface=0.0, tint=tuple(tint)), skin.model)
            for corners, tint in zip(self.marks, np.eye(3).tolist())
        ]
        rest = () if self.alone else [replace(part, material=black(part.material)) for part in scene.parts]
        night = np.zeros_like(scene.background)
        return replace(scene, parts=(*rest, *marks), lights=(), sh=EVEN, background=night)


SECTORS = np.array([[0, 1 + k, 1 + (k + 1) % CORNERS] for k in range(CORNERS)], np.int32)
FAN = Topology(SECTORS, np.zeros((CORNERS + 1, 2), np.float32), SECTORS)


def black(material):
    return replace(material, specular=0.0, subsurface=0.0, tint=(0.0, 0.0, 0.0))


def spot(vertices, corners, radius=0.0035):
    """A round mark 0.8 mm above the middle of a triangle; its first point is its middle."""
    a, b, c = vertices[corners].astype(np.float64)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal)
    right = (b - a) / np.linalg.norm(b - a)
    middle = (a + b + c) / 3 + 0.0008 * normal
    around = SPOT @ np.stack([right, np.cross(normal, right)])
    return np.concatenate([[middle], middle + radius * around]).astype(np.float32)


def spread_marks(model):
    """(MARKS, 3) triangles all over the skull, each far from the others."""
    triangles = model.topology.triangles
    triangles = triangles[(model.neck_weights[triangles, 0] > 0.9999).all(axis=1)]
    corners = model.shape(Coefficients())[triangles].astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    triangles, middles = triangles[area > 4e-6], corners[area > 4e-6].mean(axis=1)
    chosen = [int(middles[:, 2].argmax())]
    away = np.full(len(middles), np.inf)
    while len(chosen) < MARKS:
        away = np.minimum(away, np.linalg.norm(middles - middles[chosen[-1]], axis=1))
        chosen.append(int(away.argmax()))
    return triangles[chosen]


def linear(rgb):
    v = rgb.astype(np.float64) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


@pytest.fixture(scope="module", params=["tiny", "anny"])
def model(request, tmp_path_factory):
    """The head of the tests, whose skin cannot be painted, or that of a user's file."""
    if request.param == "tiny":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dressing, "painted_skin", lambda picture, *_, **__: picture)
            yield HeadModel.load(write_tiny_head(tmp_path_factory.mktemp("tiny") / "head.npz"))
    elif MODEL.is_file():
        yield HeadModel.load(MODEL)
    else:
        pytest.skip("HEADPOSE_HEAD_MODEL names no head model")


@pytest.fixture(scope="module")
def backgrounds():
    return Backgrounds(seed=0)


def opened(kind, model, pack, backgrounds, size):
    pytest.importorskip("moderngl", reason="moderngl is not installed, so nothing that is rendered is tested")
    try:
        return kind(model, pack, backgrounds, size)
    except HeadPoseError as error:
        pytest.skip(f"NOTHING THAT IS RENDERED IS TESTED: {error}")


@pytest.fixture(scope="module")
def marked(model, backgrounds):
    with opened(MarkedStudio, model, None, backgrounds, SIZE) as studio:
        yield studio


def bare_plan(model, backgrounds, angles=(0, 0, 0), index=0, **choices):
    """A scene of that label in which nothing hides the face and the camera changes no colour."""
    plan = plan_scene(5, index, Catalogue.of(None, backgrounds.names, model.actions))
    rotation = np.asarray(euler_to_rotation(*angles), dtype=np.float64)
    turns = dict(zip(("shoulders", "neck"), split_turn(rotation, np.random.default_rng(index))))
    matrices = {name: tuple(map(tuple, matrix.tolist())) for name, matrix in {"rotation": rotation, **turns}.items()}
    return replace(plan, occluders=(), hair="", post=AS_DRAWN, **matrices, **choices)


def found_marks(studio, model, plan):
    """(N, 3) places in the head's frame and (N, 2) pixels of the marks that are seen whole, and the landmarks."""
    actions = {**plan.expression, **gaze_actions(*plan.gaze)}
    changes = sample_changes(model, np.random.default_rng(plan.identity_seed))
    unbent = model.shape(Coefficients(plan.phenotypes, changes, actions))
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    known, found = [], []
    every = spread_marks(model)
    for first in range(0, MARKS, 3):
        studio.marks = every[first : first + 3]
        faces = []
        for studio.alone in (False, True):
            faces.append(studio.labelled(plan))
        seen, whole = (linear(face.rgb) for face in faces)
        for channel, corners in enumerate(studio.marks):
            weight = seen[..., channel]
            if weight.sum() > max(0.98 * whole[..., channel].sum(), 5.0):
                known.append(spot(unbent, corners)[0])
                found.append([(x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()])
    return np.array(known, np.float64), np.array(found), faces[0], landmarks_68(model, unbent).astype(np.float64)


POSES = {
    "frontal": ((0, 0, 0), {"fov_deg": 20.0, "distance": 1.0}),
    "turned": ((15, -40, 10), {"fov_deg": 20.0, "distance": 1.0}),
    "looking down, near a wide lens": ((-30, 25, -20), {"fov_deg": 45.0, "distance": 0.5, "place": (0.1, 0.1)}),
    "off the axis": ((10, 30, 15), {"fov_deg": 60.0, "distance": 0.55, "place": (0.5, -0.5)}),
    "off the axis, straight": ((0, 0, 0), {"fov_deg": 60.0, "distance": 0.55, "place": (-0.5, 0.4)}),
    "cut out": ((-10, 35, -25), {"fov_deg": 25.0, "distance": 0.9, "axis": (-1.2, 0.8), "place": (0.1, -0.1)}),
    "seen from behind the cheek": ((10, 98, -15), {"fov_deg": 25.0, "distance": 0.8}),
    "the other side, off the axis": ((-20, -110, 30), {"fov_deg": 50.0, "distance": 0.6, "place": (0.3, 0.3)}),
}


@pytest.mark.parametrize(("angles", "choices"), POSES.values(), ids=POSES)
def test_rotation_and_landmarks_are_found_again_in_the_picture(marked, model, backgrounds, angles, choices):
    import cv2

    camera = {"axis": (0.0, 0.0), "place": (0.0, 0.0), **choices}
    plan = bare_plan(model, backgrounds, angles, index=len(str(angles)), **camera)
    known, found, face, landmarks = found_marks(marked, model, plan)
    assert len(known) >= 8
    matrix, flipped = np.array(face.record["intrinsics"]), np.array([1, -1, -1])
    _, turn, shift = cv2.solvePnP(known * flipped, found - 0.5, matrix, None)
    seen = toward_ray(from_opencv(cv2.Rodrigues(turn)[0]), shift[:, 0] * flipped)
    neutral = euler_to_rotation(NEUTRAL_PITCH_DEG, 0, 0)
    assert geodesic_deg(neutral.T @ seen, plan.rotation) <= 0.1
    assert geodesic_deg(face.rotation, euler_to_rotation(*angles)) < 1e-4
    projected = cv2.projectPoints(landmarks * flipped, turn, shift, matrix, None)[0][:, 0] + 0.5
    rigid = model.neck_weights[landmark_rows(model), 0] > 0.9999  # the chin's skin follows the neck a little
    assert rigid.sum() > 50
    assert np.abs(projected - face.landmarks)[rigid].max() < 0.5


def test_a_head_of_no_rotation_looks_up_in_makehumans_frame():
    ahead = np.array([0, 0, 1]) @ drawn_rotation(np.eye(3))  # rows: Rᵀ v
    assert np.degrees(np.arcsin(ahead[1])) == pytest.approx(NEUTRAL_PITCH_DEG)
    assert ahead[0] == pytest.approx(0, abs=1e-12)


def test_the_neck_leaves_the_shoulders_where_the_plan_has_them(backgrounds):
    plan = plan_scene(2, 0, Catalogue.of(None, backgrounds.names))
    _, place = plan_camera(plan)
    straight, leaning = (replace(plan, neck=neck) for neck in (tuple(map(tuple, np.eye(3).tolist())), plan.neck))
    np.testing.assert_allclose(plan_camera(leaning)[1], place)  # the head stays
    # R of the shoulders, of whose point v the bent head has neck v, is neckᵀ R
    shoulders = [plan_neck(one).T @ drawn_rotation(plan.rotation) for one in (straight, leaning)]
    np.testing.assert_allclose(shoulders[0], plan.rotation, atol=1e-12)
    np.testing.assert_allclose(shoulders[1], plan.shoulders, atol=1e-6)


CAMERAS = {
    "on the axis": Camera(20.0, 1.0),
    "wide": Camera(70.0, 0.4),
    "cut out of a larger picture": Camera(30.0, 0.8, (1.1, -0.7)),
}


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
@pytest.mark.parametrize("size", [96, 224])
def test_landmarks_are_where_opencv_projects_them(tmp_path, camera, size):
    import cv2

    head = HeadModel.load(write_tiny_head(tmp_path / "head.npz"))
    vertices, rotation = head.shape(Coefficients()), euler_to_rotation(20, -35, 10)
    position, flip = camera.place(0.3, -0.2), np.array([1, -1, -1])
    place = np.eye(4)
    place[:3, :3], place[:3, 3] = rotation.T, position
    turn, points = cv2.Rodrigues(to_opencv(rotation))[0], landmarks_68(head, vertices).astype(np.float64)
    expected = cv2.projectPoints(points * flip, turn, position * flip, camera.intrinsics(size), None)[0][:, 0]
    # OpenCV has the middle of the first pixel at 0, labels have it at a half
    np.testing.assert_allclose(face_landmarks(head, vertices, camera, place, size), expected + 0.5, atol=1e-6)


def face_of_68(width=100.0, height=110.0):
    """Landmarks on a rough drawing of a frontal face."""
    points = np.zeros((68, 2))
    t = np.linspace(0, np.pi, 17)
    points[:17] = np.stack([-np.cos(t) * width / 2, np.sin(t) * height * 0.6 + 0.1 * height], axis=1)
    points[17:27] = np.stack([np.linspace(-0.4, 0.4, 10) * width, np.full(10, -0.3 * height)], axis=1)
    points[27:36] = np.stack([np.linspace(-0.05, 0.05, 9) * width, np.linspace(-0.1, 0.25, 9) * height], axis=1)
    points[36:48, 0] = np.repeat([-0.22, 0.22], 6) * width
    points[36:48, 1] = -0.15 * height
    points[48:] = [0, 0.4 * height]
    return points


def test_the_box_is_a_square_on_the_face_that_goes_with_it():
    points = face_of_68()
    box = detector_box(points)
    assert box.width == pytest.approx(box.height)
    inside = (points >= [box.left, box.top]) & (points <= [box.right, box.bottom])
    assert inside.all(axis=1).mean() > 0.75
    moved = np.array(detector_box(3 * points + [7, -5]))
    np.testing.assert_allclose(moved, 3 * np.array(box) + [7, -5, 7, -5])


def test_a_record_survives_json_and_gives_the_picture_again(model, backgrounds):
    plan = plan_scene(4, 1, Catalogue.of(None, backgrounds.names, model.actions))
    plan = replace(plan, occluders=())
    with opened(Studio, model, None, backgrounds, 64) as studio:
        first = studio.labelled(plan)
        kept = json.loads(json.dumps(first.record))
        again = ScenePlan.from_json(kept["scene"])
        assert again == plan
        other = studio.labelled(again)
    np.testing.assert_array_equal(first.rgb, other.rgb)
    np.testing.assert_array_equal(first.landmarks, other.landmarks)
    assert first.box == other.box == detector_box(first.landmarks)
    assert first.group == str(plan.identity)
    assert kept == json.loads(json.dumps(other.record))
    np.testing.assert_allclose(kept["landmarks"], first.landmarks, atol=1e-3)
    assert kept["size"] == 64


def test_a_record_has_json_types_only(backgrounds):
    plan = plan_scene(4, 0, Catalogue.of(None, backgrounds.names))
    camera, _ = plan_camera(plan)
    record = scene_record(plan, camera, np.ones((68, 2)), 100)
    assert json.loads(json.dumps(record))["intrinsics"] == camera.intrinsics(100).round(4).tolist()
    assert np.shape(record["landmarks"]) == (68, 2)


def shared(one, other):
    """Intersection over union."""
    a, b = np.array(one), np.array(other)
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = float(np.prod(sides.clip(0)))
    return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)


def test_overlap_of_boxes():
    assert shared(Box(0, 0, 2, 2), Box(0, 0, 2, 2)) == 1
    assert shared(Box(0, 0, 2, 2), Box(1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert shared(Box(0, 0, 1, 1), Box(2, 2, 3, 3)) == 0


@pytest.mark.skipif(
    not (ASSETS.is_dir() and MODEL.is_file()), reason="HEADPOSE_MAKEHUMAN and HEADPOSE_HEAD_MODEL name no assets"
)
def test_boxes_are_those_of_the_detector(backgrounds):
    head, pack = HeadModel.load(MODEL), AssetPack.open(ASSETS)
    catalogue, detector = Catalogue.of(pack, backgrounds.names, head.actions), FaceDetector(threads=1)
    plans = [plan_scene(21, index, catalogue, max_yaw_deg=70.0) for index in range(20)]
    overlaps = []
    with opened(Studio, head, pack, backgrounds, 224) as studio:
        for plan in plans:
            face = studio.labelled(plan)
            overlaps.append(max((shared(face.box, seen.box) for seen in detector.detect(face.rgb)), default=np.nan))
    assert np.isfinite(overlaps).mean() >= 0.7  # some are covered by hands, masks and hats
    assert np.nanmedian(overlaps) >= 0.75
