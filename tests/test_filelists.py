"""Lists of files: written by 6DRepNet's rule, read in many spellings, never lost."""

from __future__ import annotations

import codecs
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from face_files import INVISIBLE, POINTS_68, write_300w_lp, write_aflw2000, write_mat
from scipy.io import loadmat, savemat

from runtime.errors import HeadPoseError
from training import create_filename_list as program
from training.data import label_index
from training.data.filelists import create_filename_list
from training.data.label_index import load_index, sidecar_of
from training.data.read_list import read_filename_list

ROOT = Path(__file__).resolve().parent.parent
POINTS = POINTS_68[:, :2].T * 20 + 40


def add_face(root: Path, name: str, pose: tuple[float, float, float] = (0.0, 10.0, 0.0)) -> None:
    """A pair whose picture is never opened."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / f"{name}.jpg").write_bytes(b"not read")
    write_mat(root / f"{name}.mat", pose, POINTS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "set"
    for name in ("b/2", "b/10", "a", "b/c/3"):
        add_face(root, name)
    return root


def test_every_pair_is_listed_in_order_relative_and_without_extension(folder):
    report = create_filename_list(folder)
    assert report.path == folder / "filenames.txt"
    assert report.path.read_bytes() == b"a\nb/10\nb/2\nb/c/3\n"
    assert (report.kept, report.found, report.written) == (4, 4, True)


@pytest.mark.parametrize(
    ("pose", "kept"),
    [
        ((98.9, 0.0, 0.0), True),
        ((99.1, 0.0, 0.0), False),
        ((0.0, -98.9, 0.0), True),
        ((0.0, -99.1, 0.0), False),
        ((0.0, 0.0, 99.1), False),
        ((-98.9, 98.9, -98.9), True),
    ],
    ids=str,
)
def test_the_limit_counts_for_each_angle(folder, pose, kept):
    add_face(folder, "x", pose)
    report = create_filename_list(folder)
    assert ("x" in report.path.read_text().split()) == kept
    assert report.out_of_range == (() if kept else ("x",))


def test_published_rejections_are_found_again(tmp_path):
    poses = write_aflw2000(tmp_path, count=5, size=64)
    report = create_filename_list(tmp_path)
    wanted = sorted(name for name, pose in poses.items() if max(map(abs, pose)) <= 99)
    assert report.path.read_text().split() == wanted
    assert report.published == ("AFLW2000-3D", 2000, 1969)


def test_bad_files_are_reported_and_cost_no_more_than_themselves(folder):
    (folder / "alone.jpg").write_bytes(b"")
    (folder / "label.mat").write_bytes(b"no picture, no face")
    add_face(folder, "damaged")
    (folder / "damaged.mat").write_bytes((folder / "a.mat").read_bytes()[:150])
    add_face(folder, "no_pose")
    savemat(folder / "no_pose.mat", {"pt2d": POINTS})
    add_face(folder, "nan")
    write_mat(folder / "nan.mat", (0, float("nan"), 0), POINTS)
    add_face(folder, "blank ")
    (folder / "._a.jpg").write_bytes(b"macOS")
    (folder / "._a.mat").write_bytes(b"macOS")
    report = create_filename_list(folder)
    assert report.kept == 4
    assert report.without_mat == ("alone",)
    reasons = dict(report.unusable)
    assert sorted(reasons) == ["blank ", "damaged", "nan", "no_pose"]
    assert "damaged" in reasons["damaged"]
    assert "has no Pose_Para" in reasons["no_pose"]
    assert "NaN" in reasons["nan"]
    assert "rename" in reasons["blank "]
    assert report.found == 9


def test_making_the_same_list_again_touches_nothing(folder):
    path = create_filename_list(folder).path
    before = path.stat()
    assert not create_filename_list(folder).written
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        pytest.param(b"b/2\na\n", r"lists other files \(2, now 4\)", id="a chosen part"),
        pytest.param(b"b/2\na\nb/10\nb/c/3\n", "the same files in another order", id="another order"),
        pytest.param(b"\xff\x00\x81 my notes", "lists other files", id="no list at all"),
    ],
)
def test_a_list_that_a_person_made_is_replaced_only_if_asked(folder, mine, said):
    path = folder / "filenames.txt"
    path.write_bytes(mine)
    with pytest.raises(HeadPoseError, match=f"{said}.*--overwrite"):
        create_filename_list(folder)
    assert path.read_bytes() == mine
    assert create_filename_list(folder, overwrite=True).written
    assert path.read_text().split() == ["a", "b/10", "b/2", "b/c/3"]


def test_the_list_may_stand_elsewhere(folder, tmp_path):
    out = tmp_path / "mine.txt"
    create_filename_list(folder, out=out)
    assert read_filename_list(out, folder) == ["a", "b/10", "b/2", "b/c/3"]
    assert create_filename_list(folder, out="files.txt").path == folder / "files.txt"


def test_progress_reaches_the_number_of_faces(folder):
    told = []
    create_filename_list(folder, progress=lambda *args: told.append(args))
    assert told[-1] == ("reading labels", 4, 4)


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        pytest.param(lambda root: shutil.rmtree(root), "does not exist", id="no folder"),
        pytest.param(lambda root: [f.unlink() for f in root.rglob("*.jpg")], "hold no .jpg file", id="no picture"),
        pytest.param(lambda root: [f.unlink() for f in root.rglob("*.mat")], "none has a .mat", id="no label"),
        pytest.param(
            lambda root: [f.write_bytes(b"") for f in root.rglob("*.mat")],
            r"none of the 4 faces .*; 4 cannot be used, the first: .*a\.mat is empty",
            id="only damage",
        ),
        pytest.param(lambda root: (root / "filenames.txt").mkdir(), "is a folder", id="a folder in the way"),
    ],
)
def test_a_folder_without_a_list_to_make_is_named(folder, prepare, said):
    prepare(folder)
    with pytest.raises(HeadPoseError, match=said):
        create_filename_list(folder)


@pytest.mark.parametrize("limit", [0.0, -1.0, 181.0, float("nan")])
def test_a_limit_that_is_no_angle_is_refused(folder, limit):
    with pytest.raises(HeadPoseError, match="limit of the angles"):
        create_filename_list(folder, limit_deg=limit)


SPELLINGS = [
    pytest.param(b"b/2\na\nb/c/3\n", id="ours"),
    pytest.param(b"b/2\na\nb/c/3", id="no last line end"),
    pytest.param(b"./b/2\n./a\n./b/c/3", id="6DRepNet's"),
    pytest.param(b"b\\2\r\na\r\nb\\c\\3\r\n", id="Windows"),
    pytest.param(b".\\b\\2\r\n.\\a\r\n.\\b\\c\\3\r\n", id="Windows with a dot"),
    pytest.param(codecs.BOM_UTF8 + b"b/2\na\nb/c/3\n", id="byte order mark"),
    pytest.param("b/2\r\na\r\nb/c/3\r\n".encode("utf-16"), id="PowerShell"),
    pytest.param(b"  b/2 \n\na\t\n\n\nb/c/3   \n\n", id="blanks and empty lines"),
    pytest.param(b"b/2.jpg\na.jpg\nb/c/3.jpg\n", id="pictures"),
    pytest.param(b"b/2.mat\na.MAT\nb/c/3.jpg\n", id="any extension"),
    pytest.param(b"set/b/2\nset/a\nset/b/c/3\n", id="from one folder up"),
    pytest.param(b"/data/sets/set/b/2.jpg\n/data/sets/set/a.jpg\n/data/sets/set/b/c/3.jpg", id="another machine"),
    pytest.param(b"D:\\sets\\set\\b\\2.jpg\r\nD:\\sets\\set\\a.jpg\r\nD:\\sets\\set\\b\\c\\3.jpg", id="Windows drive"),
]


@pytest.mark.parametrize("content", SPELLINGS)
def test_lists_of_other_programs_are_understood(folder, tmp_path, content):
    (tmp_path / "list.txt").write_bytes(content)
    assert read_filename_list(tmp_path / "list.txt", folder) == ["b/2", "a", "b/c/3"]


def test_an_absolute_list_of_this_machine_is_understood(folder, tmp_path):
    (tmp_path / "list.txt").write_text("".join(f"{folder / name}\n" for name in ("b/2", "a")))
    assert read_filename_list(tmp_path / "list.txt", folder) == ["b/2", "a"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf\r\n  \n", "is empty", id="blank lines only"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", "holds no text", id="no text"),
        pytest.param(b"a\nb/2\na.jpg\n./a\n", r"names 1 faces more than once \(a\)", id="twice"),
        pytest.param(b"a\nb/9\n", r"1 of the 2 names in .* have no \.jpg file in .* \(b/9\)", id="one is missing"),
        pytest.param(b"q\nw\ne\nr\n", r"4 of the 4 names.*\(q, w, e, …\)", id="all are missing"),
        pytest.param(b"a\nonly_picture\n", r"no \.mat file .*only_picture", id="no label"),
        pytest.param(b"a\nb/2,0.1,0.2\n", "1 of the 2 names", id="a table"),
    ],
)
def test_a_list_that_cannot_be_used_is_named(folder, tmp_path, content, said):
    (folder / "only_picture.jpg").write_bytes(b"")
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(HeadPoseError, match=said) as caught:
        read_filename_list(tmp_path / "list.txt", folder)
    assert "list.txt" in str(caught.value)


def test_lists_and_folders_that_are_not_there_are_named(folder, tmp_path):
    with pytest.raises(HeadPoseError, match=r"cannot read the list of files .*none\.txt"):
        read_filename_list(tmp_path / "none.txt", folder)
    (tmp_path / "list.txt").write_text("a\n")
    with pytest.raises(HeadPoseError, match=r"the folder .*nowhere.* does not exist"):
        read_filename_list(tmp_path / "list.txt", tmp_path / "nowhere")


@pytest.fixture
def listed(folder: Path) -> Path:
    return create_filename_list(folder).path


NAMES = ["a", "b/10", "b/2", "b/c/3"]


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    reads: list[object] = []
    parse = label_index.parse_mat
    monkeypatch.setattr(label_index, "parse_mat", lambda data, path: reads.append(path) or parse(data, path))
    return reads


def test_labels_are_kept_beside_the_list(folder, listed, monkeypatch):
    reads = count_reads(monkeypatch)
    index = load_index(folder, NAMES, listed)
    assert reads == []
    for row, name in enumerate(NAMES):
        points = loadmat(folder / f"{name}.mat")["pt2d"]
        np.testing.assert_array_equal(index.boxes_all[row], [*points.min(axis=1), *points.max(axis=1)])
    np.testing.assert_allclose(index.angles_deg, [[0, 10, 0]] * 4, atol=1e-5)


def _other_label(folder: Path) -> None:
    write_mat(folder / "b" / "2.mat", (0, -40.0, 0), POINTS)


def _damage(folder: Path) -> None:
    path = sidecar_of(folder / "filenames.txt")
    path.write_bytes(path.read_bytes()[:-30])


def _pickled(folder: Path) -> None:
    path = sidecar_of(folder / "filenames.txt")
    with np.load(path) as stored:
        columns = dict(stored)
    np.savez(path, **{**columns, "angles_deg": np.array([object()] * 4)})


def _shorter(folder: Path) -> None:
    path = sidecar_of(folder / "filenames.txt")
    with np.load(path) as stored:
        columns = dict(stored)
    np.savez(path, **{**columns, "boxes_all": columns["boxes_all"][:2]})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_other_label, id="a label changed"),
        pytest.param(lambda folder: sidecar_of(folder / "filenames.txt").unlink(), id="none is there"),
        pytest.param(_damage, id="damaged"),
        pytest.param(_pickled, id="objects instead of numbers"),
        pytest.param(_shorter, id="a column cut"),
        pytest.param(lambda folder: sidecar_of(folder / "filenames.txt").write_bytes(b""), id="empty"),
    ],
)
def test_labels_are_read_again_when_they_are_not_those_of_now(folder, listed, monkeypatch, change):
    change(folder)
    reads = count_reads(monkeypatch)
    index = load_index(folder, NAMES, listed)
    assert len(reads) == 4
    yaw = np.degrees([loadmat(folder / f"{name}.mat")["Pose_Para"][0, 1] for name in NAMES])
    np.testing.assert_allclose(index.angles_deg[:, 1], yaw)
    load_index(folder, NAMES, listed)
    assert len(reads) == 4


def test_labels_of_another_list_are_not_taken(folder, listed):
    index = load_index(folder, NAMES[:2], listed)
    assert len(index) == 2


@pytest.mark.parametrize("number", [28, 30], ids=["disk full", "read-only"])
def test_where_nothing_can_be_written_labels_stay_in_memory(folder, listed, monkeypatch, number):
    sidecar_of(listed).unlink()

    def refuse(*args: object, **columns: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(np, "savez", refuse)
    assert len(load_index(folder, NAMES, listed)) == 4
    assert sorted(p.name for p in folder.iterdir() if p.is_file()) == ["a.jpg", "a.mat", "filenames.txt"]


def test_hidden_landmarks_are_counted_and_left_out_of_the_second_box(tmp_path):
    points = POINTS.copy()
    points[:, [3, 7]] = np.array([INVISIBLE]).T
    (tmp_path / "x.jpg").write_bytes(b"")
    write_mat(tmp_path / "x.mat", (0, 0, 0), points)
    write_mat(tmp_path / "y.mat", (0, 0, 0), np.tile(np.array([INVISIBLE]).T, 21))
    index = load_index(tmp_path, ["x", "y"], None)
    seen = np.delete(points, [3, 7], axis=1)
    np.testing.assert_array_equal(index.invisible, [2, 21])
    np.testing.assert_array_equal(index.boxes_all[0], [-1, points[1].min(), points[0].max(), 452])
    np.testing.assert_array_equal(index.boxes_visible[0], [*seen.min(axis=1), *seen.max(axis=1)])
    assert np.isnan(index.boxes_visible[1]).all()


def test_many_files_come_back_in_order(tmp_path):
    names = [f"{i:04d}" for i in range(1300)]  # more than the readers run ahead
    write_mat(tmp_path / "x.mat", (0, 0, 0), POINTS)
    whole = (tmp_path / "x.mat").read_bytes()
    at = whole.index(POINTS.astype("<f8").T.tobytes())  # the first landmark's x says which file it is
    for number, name in enumerate(names):
        (tmp_path / f"{name}.mat").write_bytes(whole[:at] + np.float64(-number).tobytes() + whole[at + 8 :])
    index = load_index(tmp_path, names, None)
    np.testing.assert_array_equal(index.boxes_all[1:, 0], -np.arange(1.0, 1300))


def test_program_prints_what_was_kept_and_what_was_published(tmp_path, capsys):
    write_300w_lp(tmp_path, photos=1, rotations=2, size=64)
    add_face(tmp_path, "AFW/AFW_1_1_0", (0.0, 120.0, 0.0))
    (tmp_path / "AFW" / "AFW_2_1_0.jpg").write_bytes(b"")
    (tmp_path / "AFW" / "AFW_3_1_0.jpg").write_bytes(b"")
    (tmp_path / "AFW" / "AFW_3_1_0.mat").write_bytes(b"")
    assert program.main(["--root_dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "filenames.txt: 20 of 23 faces" in out
    assert "1: an angle beyond 99° (AFW/AFW_1_1_0)" in out
    assert "1: no .mat file beside the picture (AFW/AFW_2_1_0)" in out
    assert "AFW_3_1_0.mat is empty" in out
    assert "300W-LP as published: 122,415 of 122,450 faces" in out
    assert "not the same" in out


def test_options_of_the_published_script_work(folder, capsys):
    assert program.main(["--root_dir", str(folder), "--filename", "files.txt"]) == 0
    assert (folder / "files.txt").read_text() == "a\nb/10\nb/2\nb/c/3\n"
    add_face(folder, "late")
    assert program.main(["--root_dir", str(folder), "--filename", "files.txt"]) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith("error: ")
    assert "--overwrite" in error
    assert program.main(["--root_dir", str(folder), "--filename", "files.txt", "--overwrite"]) == 0
    assert program.main(["--root_dir", str(folder), "--filename", "files.txt", "--limit", "5"]) == 2
    assert program.main(["--root_dir", str(folder), "--limit", "wide"]) == 2
    assert "--limit takes degrees, not 'wide'" in capsys.readouterr().err


def test_it_runs_as_a_module_like_the_published_one(folder):
    command = [sys.executable, "-m", "training.create_filename_list", "--root_dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "filenames.txt: 4 of 4 faces" in done.stdout


def test_the_report_as_json(tmp_path, capsys):
    import json

    import headpose

    labels = write_300w_lp(tmp_path, photos=1, rotations=2, size=32)
    assert headpose.main(["filenames", "--root_dir", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["found"] == report["kept"] == len(labels)
    assert report["path"] == str(tmp_path / "filenames.txt")
