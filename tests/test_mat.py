"""The .mat label files: read back what scipy wrote, and one sentence for each way in which a file can be wrong."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from face_files import POINTS_68, write_mat
from scipy.io import loadmat, savemat

from runtime.errors import HeadPoseError
from training.data.mat import parse_mat, read_mat

POINTS = POINTS_68[:, :2].T * 100 + 200
POSE = (-12.5, 43.0, 7.25)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="as published"),
        pytest.param({"Pose_Para": np.radians([*POSE, 0, 0, 0, 1])}, id="pose in one row less"),
        pytest.param({"Pose_Para": np.radians([POSE])}, id="pose without translation"),
        pytest.param({"Pose_Para": np.radians([[*POSE, 0, 0, 0, 1]]).T}, id="pose in a column"),
        pytest.param({"roi": np.zeros((1, 3))}, id="roi of another size"),
    ],
)
def test_pose_in_degrees_and_landmarks_come_back(tmp_path, change):
    write_mat(tmp_path / "a.mat", POSE, POINTS, **change)
    labels = read_mat(tmp_path / "a.mat")
    assert (labels.pitch_deg, labels.yaw_deg, labels.roll_deg) == pytest.approx(POSE, abs=1e-5)
    np.testing.assert_array_equal(labels.landmarks, POINTS)
    assert labels.landmarks.dtype == np.float64


def test_the_region_of_interest_is_optional(tmp_path):
    write_mat(tmp_path / "a.mat", POSE, POINTS, size=120)
    np.testing.assert_array_equal(read_mat(tmp_path / "a.mat").roi, [1, 120, 1, 120])
    savemat(tmp_path / "b.mat", {"Pose_Para": np.zeros((1, 7)), "pt2d": POINTS})
    assert read_mat(tmp_path / "b.mat").roi is None


def test_compressed_files_as_matlab_writes_them(tmp_path):
    savemat(tmp_path / "a.mat", {"Pose_Para": np.radians([POSE]), "pt2d": POINTS}, do_compression=True)
    assert read_mat(tmp_path / "a.mat").yaw_deg == pytest.approx(43.0)


NAN_POSE = np.array([[0.1, np.nan, 0.1, 0, 0, 0, 1]])
INF_POINTS = np.full((2, 68), np.inf)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        pytest.param({"pt2d": POINTS}, "has no Pose_Para", id="no pose"),
        pytest.param({"Pose_Para": np.zeros((1, 7))}, "has no pt2d", id="no landmarks"),
        pytest.param({"Pose_Para": np.zeros((1, 2)), "pt2d": POINTS}, "Pose_Para of 2 numbers", id="short pose"),
        pytest.param({"Pose_Para": "left", "pt2d": POINTS}, "Pose_Para that holds no numbers", id="text as pose"),
        pytest.param({"Pose_Para": np.zeros((1, 7)), "pt2d": POINTS.T}, r"shape \(68, 2\)", id="landmarks turned"),
        pytest.param({"Pose_Para": np.zeros((1, 7)), "pt2d": np.zeros((2, 0))}, r"shape \(2, 0\)", id="no landmark"),
        pytest.param({"Pose_Para": NAN_POSE, "pt2d": POINTS}, "NaN or infinite", id="pose is NaN"),
        pytest.param({"Pose_Para": np.zeros((1, 7)), "pt2d": INF_POINTS}, "NaN or infinite", id="landmark is inf"),
    ],
)
def test_a_file_without_usable_labels_is_named(tmp_path, variables, said):
    savemat(tmp_path / "face.mat", variables)
    with pytest.raises(HeadPoseError, match=rf"face\.mat .*{said}"):
        read_mat(tmp_path / "face.mat")


def _version_7_3() -> bytes:
    return b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n\x1a\n".ljust(600, b"\0")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"<!doctype html><html>no such file</html>" * 9, "damaged or no .mat file", id="web page"),
        pytest.param(b"\xff\xd8\xff\xe0" * 60, "damaged or no .mat file", id="picture"),
        pytest.param(_version_7_3(), "version 7.3", id="version 7.3"),
    ],
)
def test_what_is_no_mat_file_is_named(tmp_path, content, said):
    (tmp_path / "face.mat").write_bytes(content)
    with pytest.raises(HeadPoseError, match=rf"face\.mat .*{said}"):
        read_mat(tmp_path / "face.mat")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(HeadPoseError, match=r"cannot read .*none\.mat: No such file"):
        read_mat(tmp_path / "none.mat")
    with pytest.raises(HeadPoseError, match="Is a directory"):
        read_mat(tmp_path)


@pytest.mark.parametrize("compressed", [False, True])
def test_no_damage_gets_past_as_another_error(tmp_path, compressed):
    file = tmp_path / "a.mat"
    savemat(file, {"Pose_Para": np.radians([POSE]), "pt2d": POINTS}, do_compression=compressed)
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    said = []
    for _ in range(2000):
        broken = bytearray(whole[: rng.integers(1, len(whole))] if rng.random() < 0.3 else whole)
        for at in rng.integers(0, min(len(broken), 400), 3):
            broken[at] = rng.integers(256)
        try:
            labels = parse_mat(bytes(broken), file)
        except HeadPoseError as error:
            said.append(str(error))
        else:
            assert np.isfinite(labels.landmarks).all()
            assert labels.landmarks.shape[0] == 2
    assert len(said) > 1000
    assert [text for text in said if "a.mat" not in text or "\n" in text] == []


def _matrix_5(order: str, name: bytes, values: np.ndarray, stored_as: tuple[int, str]) -> bytes:
    """A variable of class double, byte by byte after MathWorks' MAT-File Format, with its numbers stored narrower."""

    def element(kind: int, content: bytes) -> bytes:
        return struct.pack(f"{order}II", kind, len(content)) + content + b"\0" * (-len(content) % 8)

    head = element(6, struct.pack(f"{order}II", 6, 0)) + element(5, struct.pack(f"{order}ii", *values.shape))
    numbers = values.astype(order + stored_as[1]).tobytes(order="F")
    return element(14, head + element(1, name) + element(stored_as[0], numbers))


@pytest.mark.parametrize("order", [pytest.param("<", id="little endian"), pytest.param(">", id="big endian")])
@pytest.mark.parametrize("stored_as", [(2, "u1"), (3, "i2"), (6, "u4"), (7, "f4"), (9, "f8"), (12, "i8")], ids=str)
def test_numbers_in_every_storage_and_byte_order(tmp_path, order, stored_as):
    pose, points = np.array([[1, 0, 1, 7, 7, 7, 1]]), np.arange(42).reshape(2, 21)
    mark = struct.pack(f"{order}HH", 0x0100, 0x4D49)
    body = _matrix_5(order, b"Pose_Para", pose, stored_as) + _matrix_5(order, b"pt2d", points, stored_as)
    (tmp_path / "a.mat").write_bytes(b"by hand".ljust(124) + mark + body)
    np.testing.assert_array_equal(loadmat(tmp_path / "a.mat")["pt2d"], points)  # SciPy agrees that it is a .mat file
    labels = read_mat(tmp_path / "a.mat")
    np.testing.assert_array_equal(labels.landmarks, points)
    assert (labels.pitch_deg, labels.yaw_deg, labels.roll_deg) == pytest.approx(np.degrees([1, 0, 1]))
