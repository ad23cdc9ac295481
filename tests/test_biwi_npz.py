"""FSA-Net's .npz of BIWI: angles, channel order, groups, workers, damaged files."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from runtime.errors import HeadPoseError
from tests.biwi_files import write_biwi_npz
from training.data.biwi_npz import open_biwi_npz
from training.data.biwi_split import split_70_30
from training.data.source import check_source


def test_angles_stand_as_yaw_pitch_roll(tmp_path):
    poses = write_biwi_npz(tmp_path / "BIWI_test.npz", count=5)
    source = open_biwi_npz(tmp_path / "BIWI_test.npz")
    check_source(source)
    # Rz(roll)·Ry(yaw)·Rx(pitch): scipy's capital letters turn about the moved axes
    expected = [Rotation.from_euler("ZYX", (r, y, p), degrees=True).as_matrix() for p, y, r in poses]
    np.testing.assert_allclose(source.rotations, expected, atol=1e-12)
    np.testing.assert_array_equal(source.boxes, [[0, 0, 64, 64]] * 5)
    assert source.keys[4] == "BIWI_test/00004"
    assert len(source) == 5


def test_channel_order_is_told_and_not_guessed(tmp_path):
    """The left stripe is red. Stored as BGR; 'rgb' feeds BGR as if it were RGB, as the published evaluation did."""
    write_biwi_npz(tmp_path / "b.npz", count=2)
    picture = open_biwi_npz(tmp_path / "b.npz").picture(1)
    assert (picture.shape, picture.dtype, picture.flags.c_contiguous) == ((64, 64, 3), np.uint8, True)
    assert tuple(picture[30, 2]) == (230, 20, 40)
    assert tuple(open_biwi_npz(tmp_path / "b.npz", channels="rgb").picture(1)[30, 2]) == (40, 20, 230)
    with np.load(tmp_path / "b.npz") as stored:
        np.testing.assert_array_equal(stored["image"][1, ..., ::-1], picture)


def test_a_compressed_file_reads_the_same(tmp_path):
    write_biwi_npz(tmp_path / "a.npz", count=3, size=32)
    with np.load(tmp_path / "a.npz") as columns:
        np.savez_compressed(tmp_path / "c.npz", **columns)
    plain, packed = open_biwi_npz(tmp_path / "a.npz"), open_biwi_npz(tmp_path / "c.npz")
    for index in range(3):
        np.testing.assert_array_equal(plain.picture(index), packed.picture(index))


def test_several_files_follow_each_other(tmp_path):
    write_biwi_npz(tmp_path / "BIWI_train.npz", count=3, size=32, seed=1)
    write_biwi_npz(tmp_path / "BIWI_test.npz", count=2, size=48, seed=2)
    both = open_biwi_npz([tmp_path / "BIWI_train.npz", str(tmp_path / "BIWI_test.npz")])
    check_source(both)
    assert [both.picture(i).shape[0] for i in range(5)] == [32, 32, 32, 48, 48]
    np.testing.assert_array_equal(both.picture(4), open_biwi_npz(tmp_path / "BIWI_test.npz").picture(1))
    np.testing.assert_array_equal(both.boxes[2:4], [[0, 0, 32, 32], [0, 0, 48, 48]])
    for index in (5, -1):
        with pytest.raises(IndexError):
            both.picture(index)


def test_a_nameless_file_is_one_group(tmp_path):
    write_biwi_npz(tmp_path / "BIWI_train.npz", count=3, size=16)
    source = open_biwi_npz(tmp_path / "BIWI_train.npz")
    assert list(source.groups) == ["BIWI_train"] * 3
    with pytest.raises(HeadPoseError, match="take the published train and test"):
        split_70_30(source)


def test_named_frames_give_people_and_the_split(tmp_path):
    names = ["01/frame_00003", "02/frame_00003", "21/frame_00009"]
    write_biwi_npz(tmp_path / "n.npz", count=3, size=16, names=names)
    source = open_biwi_npz(tmp_path / "n.npz")
    assert list(source.keys) == names
    assert list(source.groups) == ["F01", "F02", "F02"]
    train, test = split_70_30(source)
    assert ([*train], [*test]) == ([0], [1, 2])


def test_a_worker_gets_the_place_and_not_the_pictures(tmp_path):
    write_biwi_npz(tmp_path / "b.npz", count=8, size=128)
    source = open_biwi_npz(tmp_path / "b.npz")
    first = source.picture(7)
    packed = pickle.dumps(source)
    assert len(packed) < 20_000 < (tmp_path / "b.npz").stat().st_size
    np.testing.assert_array_equal(pickle.loads(packed).picture(7), first)
    np.testing.assert_array_equal(source.picture(7), first)  # the original was not touched


def test_pictures_are_mapped_and_not_loaded(tmp_path):
    write_biwi_npz(tmp_path / "b.npz", count=2)
    source = open_biwi_npz(tmp_path / "b.npz")
    picture = source.picture(0)
    assert all(isinstance(array, np.memmap) for array in source._open.values())
    picture[:] = 0  # the reader's own copy: the file stays as it is
    assert source.picture(0).any()


IMAGES, POSES = np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 3))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"image": IMAGES}, "pose is not a file"),
        ({"pose": POSES}, "image.npy"),
        ({"image": np.array([{}, {}], dtype=object), "pose": POSES}, "Python objects"),
        ({"image": IMAGES, "pose": np.array([{}, {}], dtype=object)}, "Object arrays"),
        ({"image": IMAGES, "pose": POSES[:1]}, r"2 pictures, but pose \(1, 3\)"),
        ({"image": IMAGES, "pose": POSES, "names": np.array(["01/a"])}, "2 pictures"),
        ({"image": IMAGES.astype(float), "pose": POSES}, "not uint8"),
        ({"image": IMAGES[..., 0], "pose": POSES}, "not uint8"),
        ({"image": IMAGES[:0], "pose": POSES[:0]}, "not uint8"),
        ({"image": IMAGES, "pose": np.array([[0, 0, 0], [0, np.nan, 0]])}, "pose of picture 1 is no angle"),
        ({"image": IMAGES, "pose": POSES + 1e4}, "pose of picture 0 is no angle"),
    ],
    ids=[
        "no pose",
        "no image",
        "object image",
        "object pose",
        "lengths",
        "names",
        "float",
        "gray",
        "empty",
        "nan",
        "big",
    ],
)
def test_another_npz_is_told_apart(tmp_path, columns, said):
    np.savez(tmp_path / "bad.npz", **columns)
    with pytest.raises(HeadPoseError, match=said) as error:
        open_biwi_npz(tmp_path / "bad.npz")
    assert "bad.npz" in str(error.value)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_damaged(tmp_path, keep):
    write_biwi_npz(tmp_path / "b.npz", count=2)
    whole = (tmp_path / "b.npz").read_bytes()
    (tmp_path / "b.npz").write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(HeadPoseError, match="damaged"):
        open_biwi_npz(tmp_path / "b.npz")


def test_a_file_that_vanishes_is_said(tmp_path):
    write_biwi_npz(tmp_path / "b.npz", count=2)
    source = open_biwi_npz(tmp_path / "b.npz")
    (tmp_path / "b.npz").unlink()
    with pytest.raises(HeadPoseError, match="cannot be read"):
        source.picture(0)


@pytest.mark.parametrize(("name", "said"), [("none.npz", "not there"), (".", "a folder")])
def test_no_file(tmp_path, name, said):
    with pytest.raises(HeadPoseError, match=said):
        open_biwi_npz(tmp_path / name)


def test_channels_are_known_names(tmp_path):
    write_biwi_npz(tmp_path / "b.npz", count=1, size=16)
    with pytest.raises(HeadPoseError, match="did you mean 'bgr'"):
        open_biwi_npz(tmp_path / "b.npz", channels="bgra")
    with pytest.raises(HeadPoseError, match="of BIWI is named"):
        open_biwi_npz([])
