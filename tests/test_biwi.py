"""Raw BIWI: what the labels mean, built by hand; the files, whole and damaged."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation, from_opencv, geodesic_deg, image_axes, rotation_to_euler
from tests.biwi_files import CALIBRATION, INTRINSICS, TRANSLATION_MM, write_biwi, write_calibration, write_pose
from training.data.biwi import (
    LABELS,
    depth_labels,
    find_sequences,
    frame_keys,
    open_biwi,
    published_angles,
    read_calibration,
    read_pose,
    rgb_labels,
)
from training.data.biwi_boxes import BOXES_NAME, FaceBoxes, read_boxes, write_boxes
from training.data.source import check_source

FACE_OUT = np.array([0.0, 0.0, -1.0])  # out of the face, in the head's axes of BIWI: right, down, back
HEAD_RIGHT = np.array([1.0, 0.0, 0.0])


def turn(axis: str, angle_deg: float) -> np.ndarray:
    return Rotation.from_euler(axis, angle_deg, degrees=True).as_matrix()


def a(angle_deg: float) -> tuple[float, float]:
    return float(np.cos(np.radians(angle_deg))), float(np.sin(np.radians(angle_deg)))


# What the file holds when a head at rest makes one turn; the camera's axes are right, down, into the scene.
#   to the image's left by 30°: the face, out of the scene before, now looks to (-sin, 0, -cos)
#   up by 20°: the face looks to (0, -sin, -cos); clockwise by 10°: the head's right points to (cos, sin, 0)
@pytest.mark.parametrize(
    ("stored", "probe", "points_to", "expected"),
    [
        (turn("y", 30), FACE_OUT, (-a(30)[1], 0, -a(30)[0]), (0, 30, 0)),
        (turn("x", -20), FACE_OUT, (0, -a(20)[1], -a(20)[0]), (20, 0, 0)),
        (turn("z", 10), HEAD_RIGHT, (a(10)[0], a(10)[1], 0), (0, 0, 10)),
        (np.eye(3), FACE_OUT, (0, 0, -1), (0, 0, 0)),
    ],
    ids=["to the image's left", "up", "clockwise", "at rest"],
)
def test_signs_of_the_published_angles_by_hand(stored, probe, points_to, expected):
    np.testing.assert_allclose(stored @ probe, points_to, atol=1e-12)  # the file says what the comment says
    np.testing.assert_allclose(published_angles(stored), expected, atol=1e-12)


def test_the_published_angles_of_a_real_file():
    """Frame 501 of sequence 01 and its angles as they stand in natanielruiz/deep-head-pose, issue 39."""
    stored = [[0.45684, -0.404949, -0.792031], [-0.103806, 0.860022, -0.499587], [0.883471, 0.310449, 0.350856]]
    pitch, yaw, roll = published_angles(stored)
    np.testing.assert_allclose((yaw, pitch, roll), (-52.3757, -54.9199, 41.5542), atol=2e-3)


def test_labels_draw_the_axes_where_the_head_points():
    """The label's axes in the image are the columns of what BIWI stores, seen without perspective."""
    stored = Rotation.random(200, random_state=3).as_matrix()
    drawn = image_axes(depth_labels(stored, stored))
    np.testing.assert_allclose(drawn[:, 0], stored[:, :2, 0], atol=1e-9)
    np.testing.assert_allclose(drawn[:, 1], stored[:, :2, 1], atol=1e-9)
    np.testing.assert_allclose(drawn[:, 2], -stored[:, :2, 2], atol=1e-9)


def test_published_angles_are_those_of_the_opencv_form():
    stored = Rotation.random(200, random_state=4).as_matrix()
    np.testing.assert_allclose(depth_labels(stored, stored), from_opencv(stored), atol=1e-9)
    np.testing.assert_allclose(published_angles(stored), rotation_to_euler(from_opencv(stored)), atol=1e-9)


def test_with_identity_calibration_both_labels_agree():
    stored = Rotation.random(50, random_state=5).as_matrix()
    same = np.broadcast_to(np.eye(3), stored.shape)
    np.testing.assert_array_equal(rgb_labels(stored, same), depth_labels(stored, same))


def test_rgb_labels_show_the_head_as_the_rgb_camera_does():
    """Points of a head are carried through both frames; a rigid fit of what the RGB camera sees is the label."""
    rng = np.random.default_rng(1)
    stored, place = Rotation.from_euler("xyz", [25, -40, 10], degrees=True).as_matrix(), np.array([50.0, -20.0, 900.0])
    camera = turn("y", 8) @ turn("x", -5)
    head = rng.normal(size=(30, 3)) * 80
    seen = np.array([camera @ (stored @ point + place) + TRANSLATION_MM for point in head])
    fitted, _ = Rotation.align_vectors(seen - seen.mean(0), head - head.mean(0))
    label = rgb_labels(stored[None], camera[None])[0]
    assert geodesic_deg(label, from_opencv(fitted.as_matrix())) < 1e-5
    assert geodesic_deg(label, depth_labels(stored[None], camera[None])[0]) > 5


def test_a_camera_turned_to_its_right_sees_the_face_look_to_the_right():
    """The direction of C: with it the other way round, the sign of this yaw would be wrong."""
    right_20 = turn("y", -20)  # what lies straight ahead of the depth camera goes left in a camera turned right by 20°
    assert (right_20 @ [0, 0, 1])[0] < 0
    pitch, yaw, roll = rotation_to_euler(rgb_labels(np.eye(3)[None], right_20[None])[0])
    np.testing.assert_allclose((pitch, yaw, roll), (0, -20, 0), atol=1e-9)


def test_open_reads_what_was_written(tmp_path):
    poses = write_biwi(tmp_path, ("02", "15", "21"), frames=3, boxes=True)
    source = open_biwi(tmp_path)
    check_source(source)
    assert list(source.keys) == sorted(poses)
    assert source.keys[0] == "02/frame_00003"
    assert (len(source), source.name) == (9, "BIWI")
    assert source.groups == [*["F02"] * 3, *["F03"] * 3, *["F02"] * 3]
    expected = euler_to_rotation(*np.array([poses[key] for key in source.keys]).T)
    assert geodesic_deg(source.rotations, expected).max() < 2e-3  # six digits in the files
    assert source.boxes.shape == (9, 4)


def test_labels_of_the_rgb_camera(tmp_path):
    write_biwi(tmp_path, frames=2, boxes=True)
    published, corrected = open_biwi(tmp_path), open_biwi(tmp_path, labels="rgb")
    apart = geodesic_deg(published.rotations, corrected.rotations)
    size = np.degrees(Rotation.from_matrix(CALIBRATION).magnitude())
    np.testing.assert_allclose(apart, size, atol=2e-3)
    assert 0.9 < size < 1.1
    assert corrected.name == "BIWI (rgb labels)"


def test_identity_calibration_in_the_files(tmp_path):
    write_biwi(tmp_path, frames=2, boxes=True, calibration=np.eye(3))
    np.testing.assert_array_equal(open_biwi(tmp_path, labels="rgb").rotations, open_biwi(tmp_path).rotations)


def test_picture_is_rgb_and_survives_pickling(tmp_path):
    write_biwi(tmp_path, frames=2, boxes=True)
    source = pickle.loads(pickle.dumps(open_biwi(tmp_path)))
    picture = source.picture(3)
    assert (picture.shape, picture.dtype) == ((480, 640, 3), np.uint8)
    np.testing.assert_array_equal(picture, np.asarray(Image.open(tmp_path / "02/frame_00004_rgb.png")))
    assert tuple(picture[5, 5]) == (220, 30, 40)


@pytest.mark.parametrize("place", [".", "hpdb", "kinect_head_pose_db/hpdb", "faces_0"])
def test_the_folders_of_the_archives_are_found(tmp_path, place):
    write_biwi(tmp_path / place, ("07",), frames=1)
    assert find_sequences(tmp_path).samefile(tmp_path / place)
    assert frame_keys(find_sequences(tmp_path)) == ["07/frame_00003"]


def test_boxes_from_elsewhere_choose_the_frames(tmp_path):
    write_biwi(tmp_path / "biwi", frames=3, boxes=True)
    table = read_boxes(tmp_path / "biwi" / BOXES_NAME)
    few = dict(list(table.boxes.items())[1:3])
    write_boxes(tmp_path / "mine.json", FaceBoxes("me", "drop", 6, few, {"02/frame_00003": "no face"}))
    source = open_biwi(tmp_path / "biwi", boxes=str(tmp_path / "mine.json"))
    assert list(source.keys) == list(few)
    np.testing.assert_allclose(source.boxes, np.array(list(few.values())), atol=0.006)


def test_boxes_survive_their_file(tmp_path):
    write_biwi(tmp_path, ("01",), frames=2, boxes=True)
    table = read_boxes(tmp_path / BOXES_NAME)
    assert FaceBoxes.from_json(table.to_json(), tmp_path) == table
    assert (table.detector, table.lost, table.frames, len(table.boxes)) == ("drawn", "drop", 2, 2)


def test_calibration_is_read(tmp_path):
    write_calibration(tmp_path / "rgb.cal")
    read = read_calibration(tmp_path / "rgb.cal")
    np.testing.assert_allclose(read.intrinsics, INTRINSICS)
    np.testing.assert_allclose(read.rotation, CALIBRATION)
    np.testing.assert_allclose(read.translation_mm, TRANSLATION_MM)
    lines = (tmp_path / "rgb.cal").read_text().splitlines()
    (tmp_path / "short.cal").write_text("\n".join(lines[:4] + lines[6:11]))  # neither zeros nor size
    np.testing.assert_array_equal(read_calibration(tmp_path / "short.cal").rotation, read.rotation)


def test_pose_file_is_read(tmp_path):
    write_pose(tmp_path / "p.txt", turn("y", 20), np.array([43.4, -30.7, 906.9]))
    rotation, center = read_pose(tmp_path / "p.txt")
    np.testing.assert_allclose(rotation, turn("y", 20), atol=1e-5)
    np.testing.assert_allclose(center, (43.4, -30.7, 906.9))


def spoil(path, text):
    path.write_text(text)


GOOD = "1 0 0 \n0 1 0 \n0 0 1 \n\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 0 0 \n0 1 0 \n0 0", "holds 8 numbers"),
        ("", "holds 0 numbers"),
        (GOOD, "holds 9 numbers"),
        ("nan 0 0 \n0 1 0 \n0 0 1 \n\n1 2 3\n", "no rotation"),
        (GOOD + "1 nan 3\n", "no number"),
        ("1 0 0 \n0 1 0 \n0 0 -1 \n\n1 2 3\n", "no rotation"),
        ("2 0 0 \n0 2 0 \n0 0 2 \n\n1 2 3\n", "no rotation"),
        ("<html>\n", "something else than numbers"),
        ("ä", "something else than numbers"),
    ],
)
def test_a_damaged_pose_file_is_named(tmp_path, text, said):
    write_biwi(tmp_path, frames=1, boxes=True)
    spoil(tmp_path / "02/frame_00003_pose.txt", text)
    with pytest.raises(HeadPoseError, match=said) as error:
        open_biwi(tmp_path)
    assert "02/frame_00003_pose.txt" in str(error.value)


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (None, "rgb.cal cannot be read"),
        ("517 0 320\n0 517 240\n0 0 1\n\n0 0 0 0\n\n1 0 0\n0 1 0\n", "cut off"),
        ("1 0 0\n0 1 0\n0 0 1\n0 0 0 0\n3 0 0\n0 1 0\n0 0 1\n1 2 3\n", "no rotation"),
    ],
    ids=["missing", "cut off", "no rotation"],
)
def test_rgb_labels_need_the_calibration_and_the_published_ones_do_not(tmp_path, spoiled, said):
    write_biwi(tmp_path, frames=1, boxes=True)
    (tmp_path / "01/rgb.cal").unlink() if spoiled is None else spoil(tmp_path / "01/rgb.cal", spoiled)
    assert len(open_biwi(tmp_path)) == 2
    with pytest.raises(HeadPoseError, match=said):
        open_biwi(tmp_path, labels="rgb")


def test_bad_input_is_said_in_a_sentence(tmp_path):
    with pytest.raises(HeadPoseError, match="does not exist"):
        open_biwi(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(HeadPoseError, match="no BIWI sequence"):
        open_biwi(tmp_path / "empty")
    write_biwi(tmp_path / "biwi", frames=1)
    with pytest.raises(HeadPoseError, match="headpose prepare biwi"):
        open_biwi(tmp_path / "biwi")
    with pytest.raises(HeadPoseError, match="did you mean '6drepnet'"):
        open_biwi(tmp_path / "biwi", labels="6drepnt")
    assert set(LABELS) == {"6drepnet", "rgb"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no file of BIWI face boxes"),
        ("[]", "no file of BIWI face boxes"),
        ('{"schema": 1, "dataset": "other"}', "another kind of file"),
        (FaceBoxes("d", "drop", 0, {}, {}).to_json(), "no BIWI frame"),
        (
            FaceBoxes("d", "drop", 1, {}, {}).to_json().replace('"boxes":{', '"boxes":{"01/f":[1,2,1,9]'),
            "01/f is empty",
        ),
    ],
    ids=["cut off", "a list", "another file", "none kept", "empty box"],
)
def test_damaged_boxes_are_said(tmp_path, text, said):
    write_biwi(tmp_path, frames=1)
    spoil(tmp_path / BOXES_NAME, text)
    with pytest.raises(HeadPoseError, match=said):
        open_biwi(tmp_path)


def test_a_damaged_or_missing_frame_is_named(tmp_path):
    write_biwi(tmp_path, frames=1, boxes=True)
    (tmp_path / "01/frame_00003_rgb.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "02/frame_00003_rgb.png").unlink()
    source = open_biwi(tmp_path)
    for index, name in enumerate(("01/frame_00003_rgb.png", "02/frame_00003_rgb.png")):
        with pytest.raises(HeadPoseError, match=name):
            source.picture(index)
