"""Face lists: what is written is read back, any range of angles, and each mistake is named with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation, from_opencv, geodesic_deg
from training.data.face_list import FaceRow, open_face_list, write_face_list
from training.data.source import check_source

ROTATIONS = Rotation.random(6, random_state=3).as_matrix()
EYE = ",".join(str(float(v)) for v in np.eye(3).ravel())
MATRIX = "r00,r01,r02,r10,r11,r12,r20,r21,r22"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name, size in (("a.png", (40, 30)), ("sub/b.jpg", (64, 20))):
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        picture[:, : size[0] // 2, 0] = picture[:, size[0] // 2 :, 2] = 255
        Image.fromarray(picture).save(tmp_path / name, quality=95)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_angles_of_any_range(folder):
    source = open_face_list(write(folder, "image,pitch,yaw,roll\na.png,10,150,-20\nsub/b.jpg,-170.5,-91,0\n"))
    check_source(source)
    wanted = Rotation.from_euler("ZYX", [[-20, 150, 10], [0, -91, -170.5]], degrees=True).as_matrix()
    np.testing.assert_allclose(source.rotations, wanted, atol=1e-12)
    np.testing.assert_array_equal(source.boxes, [[0, 0, 40, 30], [0, 0, 64, 20]])
    assert source.keys == source.groups == ["a.png", "sub/b.jpg"]
    assert source.name == folder.name


def test_pictures_are_rgb(folder):
    source = open_face_list(write(folder, "image,pitch,yaw,roll\nsub/b.jpg,0,0,0\n"))
    np.testing.assert_allclose(source.picture(0)[10, 5], [255, 0, 0], atol=8)
    np.testing.assert_allclose(source.picture(0)[10, 60], [0, 0, 255], atol=8)


def test_several_faces_of_a_picture_are_kept_apart_and_grouped(folder):
    rows = f"a.png,,1,2,9,8,{EYE}\na.png,,11,2,19,8,{EYE}\na.png,anna,1,12,9,18,{EYE}\nsub/b.jpg,,,,,,{EYE}\n"
    source = open_face_list(write(folder, f"image,group,left,top,right,bottom,{MATRIX}\n{rows}"))
    assert source.keys == ["a.png", "a.png#2", "a.png#3", "sub/b.jpg"]
    assert source.groups == ["a.png", "a.png", "anna", "sub/b.jpg"]
    assert source.boxes.tolist() == [[1, 2, 9, 8], [11, 2, 19, 8], [1, 12, 9, 18], [0, 0, 64, 20]]


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_whole_picture_is_that_which_is_read(folder, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (50, 20)).save(folder / "turned.jpg", exif=exif)
    source = open_face_list(write(folder, "image,pitch,yaw,roll\nturned.jpg,0,0,0\n"))
    height, width, _ = source.picture(0).shape
    assert source.boxes.tolist() == [[0, 0, width, height]]


def test_what_is_written_is_read_back(folder):
    rows = [
        FaceRow("a.png", ROTATIONS[0], Box(1.25, 2.5, 30.1, 29.9), 'anna, or "Ann"'),
        FaceRow("sub/b.jpg", ROTATIONS[1]),
        FaceRow(folder / "a.png", ROTATIONS[2], Box(0, 0, 3, 3)),
    ]
    write_face_list(folder / "list.csv", rows)
    source = open_face_list(folder / "list.csv", terms="mine")
    assert geodesic_deg(source.rotations, ROTATIONS[:3]).max() < 1e-7
    assert source.boxes.tolist() == [[1.25, 2.5, 30.1, 29.9], [0, 0, 64, 20], [0, 0, 3, 3]]
    assert source.groups[0] == 'anna, or "Ann"'
    assert (source.name, source.terms) == ("list", "mine")
    np.testing.assert_array_equal(source.picture(2), source.picture(0))


def test_an_existing_list_is_kept(folder):
    rows = [FaceRow("a.png", np.eye(3))]
    write_face_list(folder / "list.csv", rows)
    with pytest.raises(HeadPoseError, match="exists already"):
        write_face_list(folder / "list.csv", rows)
    write_face_list(folder / "list.csv", rows * 2, overwrite=True)
    assert len(open_face_list(folder / "list.csv")) == 2
    with pytest.raises(HeadPoseError, match="no face to write"):
        write_face_list(folder / "none.csv", [])
    with pytest.raises(HeadPoseError, match=r"face 2 of .*none\.csv has a matrix that is a reflection"):
        write_face_list(folder / "none.csv", [*rows, FaceRow("a.png", np.diag([-1, 1, 1]))])
    assert not (folder / "none.csv").exists()


def test_rounded_matrices_become_rotations_again(folder):
    cells = [",".join(f"{v:.4f}" for v in rotation.ravel()) for rotation in ROTATIONS]
    source = open_face_list(write(folder, f"image,{MATRIX}\n" + "".join(f"a.png,{c}\n" for c in cells)))
    for found, wanted in zip(source.rotations, ROTATIONS):
        np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-14)
        assert np.linalg.det(found) == pytest.approx(1)
        assert geodesic_deg(found, wanted) < 0.01


def test_spreadsheets_may_write_it_their_way(folder):
    text = "\ufeffImage, Pitch ,YAW,roll\r\nsub\\b.jpg , 1,2,3\r\n,,,\r\n\r\na.png,4,5,6\r\n"
    source = open_face_list(write(folder, text))
    assert source.keys == ["sub/b.jpg", "a.png"]
    np.testing.assert_allclose(source.rotations[1], euler_to_rotation(4, 5, 6))


HEAD = "image,pitch,yaw,roll\n"
BOXED = "image,left,top,right,bottom,pitch,yaw,roll\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "no column image", id="empty"),
        pytest.param("AFW/AFW_1_1_0\n", "no column image, but 'afw/afw_1_1_0'", id="another kind of list"),
        pytest.param(HEAD, "holds no face", id="header only"),
        pytest.param("image,pitch,yaw\na.png,1,2\n", "needs the columns pitch,yaw,roll or", id="half of the angles"),
        pytest.param("image\na.png\n", "needs the columns", id="no label"),
        pytest.param(f"image,pitch,yaw,roll,{MATRIX}\na.png,0,0,0,{EYE}\n", "one of the two", id="both labels"),
        pytest.param("image,pitch,yaw,roll,gruop\na.png,1,2,3,x\n", "did you mean 'group'", id="misspelt column"),
        pytest.param("image,yaw,yaw,pitch,roll\na.png,1,2,3,4\n", "a column twice", id="column twice"),
        pytest.param("image,left,top,pitch,yaw,roll\na.png,1,2,0,0,0\n", "all four or none", id="half a box"),
        pytest.param(HEAD + "a.png,1,2,3\na.png,1,2\n", "line 3, has 3 cells, the header 4", id="short line"),
        pytest.param(HEAD + "a.png,1,left,3\n", "line 2, has no finite numbers in pitch,yaw,roll", id="text"),
        pytest.param(HEAD + "a.png,1,nan,3\n", "line 2, has no finite numbers", id="NaN"),
        pytest.param(HEAD + ",1,2,3\n", "line 2, names no image", id="no picture named"),
        pytest.param(HEAD + "a.png,1,2,3\nnone.png,1,2,3\n", "line 3, names .*none.png", id="no such picture"),
        pytest.param(HEAD + "labels.csv,1,2,3\n", "line 2, names .*whose size cannot be read", id="no picture"),
        pytest.param(BOXED + "none.png,0,0,9,9,1,2,3\n", "line 2, names .*not there", id="no such picture, boxed"),
        pytest.param(BOXED + "a.png,0,,9,9,1,2,3\n", "line 2, has no finite numbers in left", id="part of a box"),
        pytest.param(BOXED + "a.png,9,0,9,9,1,2,3\n", r"box without area \(a.png\)", id="flat box"),
        pytest.param(f"image,{MATRIX}\na.png,2,0,0,0,1,0,0,0,1\n", "line 2, .*not orthonormal", id="stretched"),
        pytest.param(f"image,{MATRIX}\na.png,1,0,0,0,1,0,0,0,-1\n", "line 2, .*reflection", id="reflection"),
        pytest.param(f"image,{MATRIX}\na.png,1,0,0.002,0,1,0,0,0,1\n", "not orthonormal", id="just beyond rounding"),
    ],
)
def test_every_mistake_is_named(folder, text, said):
    with pytest.raises(HeadPoseError, match=said) as caught:
        open_face_list(write(folder, text))
    assert str(folder) in str(caught.value)


def test_what_is_no_text_is_named(folder):
    with pytest.raises(HeadPoseError, match="no CSV file in UTF-8"):
        open_face_list(folder / "a.png")
    with pytest.raises(HeadPoseError, match=r"cannot read the face list .*none\.csv"):
        open_face_list(folder / "none.csv")


def test_panoptic_recipe_of_the_documentation(folder):
    """A head in a room, seen by a turned camera: the recipe must give what the camera's picture shows."""
    wanted = euler_to_rotation(12.0, 130.0, -25.0)  # from behind
    camera = Rotation.from_euler("xyz", [20, -70, 5], degrees=True).as_matrix()
    head = {"right_eye": (-3.0, -2, -8), "left_eye": (3.0, -2, -8), "brows": (0.0, -4, -8), "chin": (0.0, 7, -8)}
    to_opencv = np.diag([1.0, -1, -1]) @ wanted.T @ np.diag([1.0, -1, -1])  # of the head in the camera
    room = {name: camera.T @ to_opencv @ point + (50, 20, 300) for name, point in head.items()}
    x = room["left_eye"] - room["right_eye"]
    x = x / np.linalg.norm(x)
    down = room["chin"] - room["brows"]
    y = down - (down @ x) * x
    y = y / np.linalg.norm(y)
    found = from_opencv(camera @ np.stack([x, y, np.cross(x, y)], axis=1))
    write_face_list(folder / "panoptic.csv", [FaceRow("a.png", found, None, "171204_pose1/0")])
    assert geodesic_deg(open_face_list(folder / "panoptic.csv").rotations[0], wanted) < 1e-6
