"""300W-LP and AFLW2000-3D as sources: labels, boxes, groups and pictures of drawn heads whose pose is known."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from face_files import INVISIBLE, POINTS_68, draw_head, project, write_300w_lp, write_aflw2000, write_jpg, write_mat
from scipy.io import loadmat, savemat
from scipy.spatial.transform import Rotation

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from runtime.rotation import geodesic_deg, image_axes, mirror
from training.data.aflw2000 import open_aflw2000
from training.data.crops import landmark_crop
from training.data.filelists import create_filename_list
from training.data.label_index import sidecar_of
from training.data.pose_300w_lp import group_of, open_300w_lp
from training.data.source import check_source
from training.data.split import hold_out

POINTS = POINTS_68[:, :2].T * 20 + 40
SIZE = 96


@pytest.fixture(scope="module")
def lp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("300W_LP")
    write_300w_lp(root, size=SIZE)
    create_filename_list(root)
    return root


@pytest.fixture(scope="module")
def aflw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("AFLW2000")
    write_aflw2000(root, count=6, size=450)
    return root


def of_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Rotation by SciPy, and landmarks, as the file has them."""
    content = loadmat(path)
    pitch, yaw, roll = content["Pose_Para"].astype(np.float64)[0, :3]
    return Rotation.from_euler("ZYX", [roll, yaw, pitch]).as_matrix(), content["pt2d"]


def test_300w_lp_labels_are_those_of_the_files(lp):
    source = open_300w_lp(lp)
    check_source(source)
    assert len(source) == 54  # 9 faces of 8 photographs, 3 turns, twice
    for row, key in enumerate(source.keys):
        rotation, points = of_mat(lp / f"{key}.mat")
        np.testing.assert_allclose(source.rotations[row], rotation, atol=1e-12)
        np.testing.assert_array_equal(source.boxes[row], [*points.min(axis=1), *points.max(axis=1)])


def test_mirrored_twins_have_mirrored_labels_and_pictures(lp):
    source = open_300w_lp(lp)
    row = {key: i for i, key in enumerate(source.keys)}
    for key, i in row.items():
        if "_Flip" not in key:
            twin = row[key.replace("/", "_Flip/")]
            assert geodesic_deg(mirror(source.rotations[i]), source.rotations[twin]) < 1e-4
            difference = source.picture(i)[:, ::-1].astype(int) - source.picture(twin)
            assert np.abs(difference).mean() < 4  # JPEG


def test_drawn_head_looks_where_its_label_says():
    # the nose's tip against the middle of the eyes: what the label's Z axis does in the picture
    pose = (12.0, -33.0, 21.0)
    points, _ = project(pose, (225.0, 225.0), 270.0)
    rotation = Rotation.from_euler("ZYX", pose[::-1], degrees=True).as_matrix()
    ahead = points[:, 30] - points[:, 36:48].mean(axis=1)
    x_axis, y_axis, z_axis = image_axes(rotation)
    fitted = np.linalg.lstsq(np.stack([y_axis, z_axis], axis=1), ahead, rcond=None)[0]
    assert fitted[1] > 0
    across = points[:, 42:48].mean(axis=1) - points[:, 36:42].mean(axis=1)
    np.testing.assert_allclose(across / np.linalg.norm(across), x_axis / np.linalg.norm(x_axis), atol=1e-9)
    picture = draw_head(pose, 450, (225.0, 225.0))
    for eye in (points[:, 36:42].mean(axis=1), points[:, 42:48].mean(axis=1)):
        x, y = (int(v) for v in eye)
        assert picture[y, x].max() < 110  # the pupils are dark


def test_pictures_are_rgb(tmp_path):
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, :40, 0] = picture[:, 40:, 2] = 255
    for root, name, opener in ((tmp_path / "lp", "AFW/AFW_1_1_0", open_300w_lp), (tmp_path / "af", "x", open_aflw2000)):
        write_jpg(root / f"{name}.jpg", picture)
        write_mat(root / f"{name}.mat", (0, 0, 0), POINTS)
        create_filename_list(root)
        found = opener(root).picture(0)
        assert found.shape == (60, 80, 3)
        assert found.dtype == np.uint8
        np.testing.assert_allclose(found[30, 10], [255, 0, 0], atol=6)
        np.testing.assert_allclose(found[30, 70], [0, 0, 255], atol=6)


@pytest.mark.parametrize("opener", [open_300w_lp, open_aflw2000])
def test_sources_travel_to_other_processes(lp, opener):
    source = opener(lp)
    copy = pickle.loads(pickle.dumps(source))
    np.testing.assert_array_equal(copy.picture(3), source.picture(3))
    assert copy.keys == source.keys


GROUPS = [
    ("AFW/AFW_134212_1_0", "AFW_134212"),
    ("AFW/AFW_134212_1_13", "AFW_134212"),
    ("AFW/AFW_134212_2_0", "AFW_134212"),
    ("AFW_Flip/AFW_134212_2_5", "AFW_134212"),
    ("AFW/AFW_1051618982_1_0", "AFW_1051618982"),
    ("HELEN/HELEN_2908549_1_3", "HELEN_2908549"),
    ("HELEN_Flip/HELEN_2908549_1_16", "HELEN_2908549"),
    ("HELEN/HELEN_2908549_2_0", "HELEN_2908549"),
    ("IBUG/IBUG_image_003_1_05", "IBUG_image_003"),
    ("IBUG/IBUG_image_003_1_0", "IBUG_image_003"),
    ("IBUG/IBUG_image_014_01_3", "IBUG_image_014"),
    ("IBUG_Flip/IBUG_image_014_02_3", "IBUG_image_014"),
    ("IBUG/IBUG_image_018_7", "IBUG_image_018"),
    ("LFPW/LFPW_image_train_0001_0", "LFPW_image_train_0001"),
    ("LFPW_Flip/LFPW_image_train_0001_12", "LFPW_image_train_0001"),
    ("LFPW/LFPW_image_train_0002_0", "LFPW_image_train_0002"),
    ("LFPW/LFPW_image_test_0001_0", "LFPW_image_test_0001"),
    ("300W_LP/LFPW/LFPW_image_test_0001_3", "LFPW_image_test_0001"),
    ("HELEN_2908549_1_3", "HELEN_2908549"),
    ("mine/anna_0001_2", "mine/anna"),
    ("mine_Flip/anna_0001_2", "mine/anna"),
    ("mine/anna_0002_flip", "mine/anna"),
    ("mine/frame0012", "mine/frame"),
    ("mine/anna", "mine/anna"),
    ("mine/000012", "mine"),
    ("000012", "."),
]


@pytest.mark.parametrize(("key", "group"), GROUPS, ids=[key for key, _ in GROUPS])
def test_groups_are_photographs(key, group):
    assert group_of(key) == group


def test_a_long_name_of_digits_is_no_trouble():
    assert group_of(f"x/{'1' * 5000}a") == f"x/{'1' * 5000}a"


def test_validation_shares_no_photograph_with_training(lp):
    source = open_300w_lp(lp)
    assert len(set(source.groups)) == 8
    train, validation = hold_out(source.groups, 0.3)
    photographs = [{source.keys[i].split("/")[1].rsplit("_", 1)[0] for i in part} for part in (train, validation)]
    assert not photographs[0] & photographs[1]


def test_aflw2000_without_a_list_takes_what_is_within_99_degrees(aflw):
    before = sorted(aflw.iterdir())
    source = open_aflw2000(aflw)
    check_source(source)
    assert source.keys == [f"image{2 + 2 * i:05d}" for i in range(5)]
    assert source.groups == source.keys
    for row, key in enumerate(source.keys):
        rotation, points = of_mat(aflw / f"{key}.mat")
        np.testing.assert_allclose(source.rotations[row], rotation, atol=1e-12)
        np.testing.assert_array_equal(source.boxes[row], [*points.min(axis=1), *points.max(axis=1)])
    assert sorted(aflw.iterdir()) == before


def test_hidden_landmarks_stretch_the_published_box_and_not_the_corrected_one(aflw):
    published, corrected = (open_aflw2000(aflw, landmarks=which) for which in ("all", "visible"))
    hidden = 0
    for row, key in enumerate(published.keys):
        points = of_mat(aflw / f"{key}.mat")[1]
        seen = points[:, points[0] >= 0]
        np.testing.assert_array_equal(corrected.boxes[row], [*seen.min(axis=1), *seen.max(axis=1)])
        if seen.shape != points.shape:
            hidden += 1
            assert published.boxes[row][[0, 3]].tolist() == [INVISIBLE[0], INVISIBLE[1]]
            crop = landmark_crop(Box(*published.boxes[row]), 0.2, 2.0)
            assert crop.left < 0
            assert crop.bottom > 450
    assert hidden >= 3


def test_a_list_chooses_and_orders_the_faces_of_aflw2000(aflw, tmp_path):
    (tmp_path / "some.txt").write_text("image00006\nimage00002\nimage00012\n")
    source = open_aflw2000(aflw, tmp_path / "some.txt")
    assert source.keys == ["image00006", "image00002", "image00012"]
    assert sidecar_of(tmp_path / "some.txt").exists()


def test_terms_are_those_of_the_data(lp, aflw):
    assert (open_300w_lp(lp).name, open_aflw2000(aflw).name) == ("300W-LP", "AFLW2000-3D")
    assert all("academic research only" in source.terms for source in (open_300w_lp(lp), open_aflw2000(aflw)))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two faces, listed."""
    for name in ("AFW_1_1_0", "AFW_2_1_0"):
        write_jpg(tmp_path / "AFW" / f"{name}.jpg", np.full((80, 80, 3), 99, np.uint8))
        write_mat(tmp_path / "AFW" / f"{name}.mat", (0, 0, 0), POINTS)
    create_filename_list(tmp_path)
    return tmp_path


def _no_pose(root: Path) -> None:
    savemat(root / "AFW" / "AFW_2_1_0.mat", {"pt2d": POINTS})


def _two_damaged(root: Path) -> None:
    for name in ("AFW_1_1_0", "AFW_2_1_0"):
        (root / "AFW" / f"{name}.mat").write_bytes(b"none")


@pytest.mark.parametrize("opener", [open_300w_lp, open_aflw2000])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda root: (root / "filenames.txt").write_text(""), "filenames.txt is empty", id="empty list"),
        pytest.param(_no_pose, r"AFW_2_1_0\.mat has no Pose_Para.*headpose filenames", id="no pose"),
        pytest.param(_two_damaged, r"AFW_1_1_0\.mat is damaged.*and 1 more of 2", id="two damaged"),
        pytest.param(
            lambda root: write_mat(root / "AFW" / "AFW_2_1_0.mat", (0, float("nan"), 0), POINTS),
            r"AFW_2_1_0\.mat has labels that are NaN",
            id="NaN",
        ),
        pytest.param(
            lambda root: write_mat(root / "AFW" / "AFW_1_1_0.mat", (0, 0, 0), np.full((2, 68), 50.0)),
            r"1 of 2 faces of .* have a face box without area \(AFW/AFW_1_1_0\)",
            id="landmarks in one place",
        ),
        pytest.param(lambda root: (root / "AFW" / "AFW_2_1_0.mat").unlink(), r"no \.mat file", id="label is gone"),
    ],
)
def test_labels_that_cannot_be_used_are_named_when_the_set_is_opened(small, opener, change, said):
    change(small)
    with pytest.raises(HeadPoseError, match=said):
        opener(small)


def test_aflw2000_without_a_list_must_be_whole(small):
    (small / "filenames.txt").unlink()
    _no_pose(small)
    with pytest.raises(HeadPoseError, match="has no Pose_Para"):
        open_aflw2000(small)


def test_faces_without_a_visible_landmark_are_named(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"")
    write_mat(tmp_path / "x.mat", (0, 0, 0), np.tile(np.array([INVISIBLE]).T, 21) + np.arange(21) * [[-1], [1]])
    assert len(open_aflw2000(tmp_path)) == 1
    with pytest.raises(HeadPoseError, match=r"1 faces .* no visible landmark \(first: x\)"):
        open_aflw2000(tmp_path, landmarks="visible")


def test_other_landmarks_are_unknown(aflw):
    with pytest.raises(HeadPoseError, match="unknown landmarks of AFLW2000 'visble': did you mean 'visible'"):
        open_aflw2000(aflw, landmarks="visble")


def test_what_is_missing_is_said_with_what_to_do(tmp_path):
    with pytest.raises(HeadPoseError, match="headpose filenames --root_dir"):
        open_300w_lp(tmp_path)
    for opener in (open_300w_lp, open_aflw2000):
        with pytest.raises(HeadPoseError, match="nowhere"):
            opener(tmp_path / "nowhere")
    with pytest.raises(HeadPoseError, match=r"hold no \.jpg file"):
        open_aflw2000(tmp_path)


@pytest.mark.parametrize(
    "content", [pytest.param(b"", id="empty"), pytest.param(b"\xff\xd8\xff\xe0 half", id="damaged")]
)
def test_a_picture_that_cannot_be_read_is_named_when_it_is_asked_for(small, content):
    (small / "AFW" / "AFW_2_1_0.jpg").write_bytes(content)
    source = open_300w_lp(small)
    assert source.picture(0).shape == (80, 80, 3)
    with pytest.raises(HeadPoseError, match=r"AFW_2_1_0\.jpg"):
        source.picture(1)
