"""``headpose prepare check``: a clean copy is clean, and each fault is found where it was made."""

from __future__ import annotations

import argparse
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from runtime.errors import HeadPoseError
from tests.biwi_files import write_biwi, write_pose
from tests.face_files import write_300w_lp, write_aflw2000, write_jpg, write_mat
from training import dataset_check
from training.commands import prepare
from training.dataset_check import PUBLISHED, DatasetReport, check_dataset

LANDMARKS = np.random.default_rng(0).uniform(100, 300, (2, 68))
BIWI_SEQUENCES = ("01", "02")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """One clean copy of each data set: 2 photographs in 3 turns for each of 8 folders (AFW's first has two faces)."""
    root = tmp_path_factory.mktemp("sets")
    write_300w_lp(root / "Pose_300W_LP", photos=1, rotations=2)
    write_aflw2000(root / "AFLW2000", count=3)
    write_biwi(root / "BIWI", BIWI_SEQUENCES, frames=2, boxes=True)
    return root


@pytest.fixture
def copy(written, tmp_path, monkeypatch):
    """A copy to spoil, and published counts that fit it."""
    shutil.copytree(written, tmp_path / "sets")
    per_folder = {"AFW": 4, "HELEN": 2, "IBUG": 2, "LFPW": 2}
    folders = {f"{name}{flip}": count for name, count in per_folder.items() for flip in ("", "_Flip")}
    counts = {
        "Pose_300W_LP": {"pictures": 20, "labels within 99°": 20, **folders},
        "AFLW2000": {"pictures": 3, "labels within 99°": 2},
        "BIWI": {"sequences": 2, "frames": 4},
    }
    for name, published in counts.items():
        monkeypatch.setitem(PUBLISHED, name, published)
    monkeypatch.setattr(dataset_check, "SEQUENCES", BIWI_SEQUENCES)
    return tmp_path / "sets"


def check(copy, dataset: str, **options) -> DatasetReport:
    return check_dataset(dataset, copy / dataset, **options)


def command(*words: object) -> int:
    parser = argparse.ArgumentParser()
    prepare.add_arguments(parser)
    return prepare.run(parser.parse_args([str(word) for word in words]))


@pytest.mark.parametrize("dataset", PUBLISHED)
@pytest.mark.parametrize("decode", [False, True])
def test_a_clean_copy_is_clean(copy, dataset, decode):
    report = check(copy, dataset, decode=decode)
    assert report.problems == ()
    assert report.clean
    assert report.decoded is decode
    assert {name: count for name, (count, _) in report.counts.items() if name in PUBLISHED[dataset]} == (
        PUBLISHED[dataset]
    )


def test_published_counts_add_up():
    lp = PUBLISHED["Pose_300W_LP"]
    assert sum(count for name, count in lp.items() if name.startswith(("AFW", "HELEN", "IBUG", "LFPW"))) == 122_450
    assert lp["pictures"] == 122_450
    assert lp["AFW"] == lp["AFW_Flip"] == 5_207


def test_counts_that_are_not_the_published_ones_are_a_problem(written):
    report = check_dataset("AFLW2000", written / "AFLW2000")
    assert report.totals == {"count": 2}
    assert {p.reason for p in report.problems} == {
        "3 pictures, not 2,000 as published",
        "2 labels within 99°, not 1,969 as published",
    }
    assert report.counts["pictures"] == (3, 2000)


def test_the_number_of_boxes_is_told_and_no_problem(copy):
    assert check(copy, "BIWI").counts["frames with a face box"] == (4, 13_219)


MAT, JPG = "AFW/AFW_134212_1_0.mat", "AFW/AFW_134212_1_0.jpg"


def spoil_mat(**more):
    return lambda path: write_mat(path, (0, 0, 0), LANDMARKS, **more)


# file, what is done to it, kind of the problem, words of the reason
SPOILED = {
    "Pose_300W_LP": {
        "no mat": (MAT, lambda p: p.unlink(), "no label beside the picture", "no .mat beside it"),
        "no jpg": (JPG, lambda p: p.unlink(), "no picture beside the label", "no .jpg beside it"),
        "empty jpg": (JPG, lambda p: p.write_bytes(b""), "unreadable picture", ""),
        "text jpg": (JPG, lambda p: p.write_text("<html>"), "unreadable picture", ""),
        "small jpg": (JPG, lambda p: write_jpg(p, np.zeros((20, 30, 3), np.uint8)), "wrong picture size", "30×20"),
        "cut mat": (MAT, lambda p: p.write_bytes(p.read_bytes()[:300]), "unusable label", "damaged"),
        "empty mat": (MAT, lambda p: p.write_bytes(b""), "unusable label", "empty"),
        "nan": (MAT, spoil_mat(Pose_Para=np.full((1, 7), np.nan)), "unusable label", "NaN"),
        "no pose": (MAT, spoil_mat(Pose_Para=np.zeros((1, 2))), "unusable label", "2 numbers"),
        "degrees": (MAT, spoil_mat(Pose_Para=np.full((1, 7), 30.0)), "label out of range", "radians"),
        "one point": (MAT, lambda p: write_mat(p, (0, 0, 0), np.full((2, 68), 9.0)), "landmarks without area", "68"),
        "a line": (MAT, lambda p: write_mat(p, (0, 0, 0), LANDMARKS * [[1], [0]]), "landmarks without area", "68"),
    },
    "AFLW2000": {
        "hidden": (
            "image00002.mat",
            lambda p: write_mat(p, (0, 0, 0), np.array([[-1, -1, 50], [452, 452, 60]])),
            "landmarks without area",
            "1 landmarks",
        ),
        "no mat": ("image00004.mat", lambda p: p.unlink(), "no label beside the picture", "no .mat"),
    },
    "BIWI": {
        "no pose": ("01/frame_00003_pose.txt", lambda p: p.unlink(), "no label beside the picture", "no _pose.txt"),
        "no png": ("02/frame_00004_rgb.png", lambda p: p.unlink(), "no picture beside the label", "no _rgb.png"),
        "png": ("02/frame_00004_rgb.png", lambda p: p.write_bytes(b"x"), "unreadable picture", ""),
        "size": ("02/frame_00004_rgb.png", lambda p: Image.new("RGB", (64, 48)).save(p), "wrong picture size", "64×48"),
        "cut pose": ("01/frame_00003_pose.txt", lambda p: p.write_text("1 0"), "unusable label", "2 numbers"),
        "nan": (
            "01/frame_00003_pose.txt",
            lambda p: write_pose(p, np.full((3, 3), np.nan), np.zeros(3)),
            "unusable label",
            "no rotation",
        ),
        "no cal": ("01/rgb.cal", lambda p: p.unlink(), "unusable calibration", "cannot be read"),
        "cal": ("01/rgb.cal", lambda p: p.write_text("1 2 3\n"), "unusable calibration", "cut off"),
    },
}


@pytest.mark.parametrize(
    ("dataset", "case"), [(d, c) for d, cases in SPOILED.items() for c in cases], ids=lambda value: value
)
def test_each_fault_is_found_where_it_is(copy, dataset, case):
    file, spoil, kind, words = SPOILED[dataset][case]
    spoil(copy / dataset / file)
    report = check(copy, dataset)
    assert set(report.totals) - {"count"} == {kind}
    (problem,) = (p for p in report.problems if p.kind == kind)
    beside = {"no label beside the picture": (".mat", ".jpg"), "no picture beside the label": (".jpg", ".mat")}
    if dataset != "BIWI":
        file = file.replace(*beside.get(kind, ("", "")))
    elif kind in beside:
        file = file.replace("_pose.txt", "|").replace("_rgb.png", "_pose.txt").replace("|", "_rgb.png")
    assert problem.file == file
    assert words in problem.reason
    assert str(copy) not in problem.reason


@pytest.mark.parametrize(("dataset", "file"), [("Pose_300W_LP", JPG), ("BIWI", "01/frame_00003_rgb.png")])
def test_only_decode_sees_a_picture_that_is_cut_off(copy, dataset, file):
    path = copy / dataset / file
    path.write_bytes(path.read_bytes()[:-2000])
    assert check(copy, dataset).clean
    assert check(copy, dataset, decode=True).totals == {"unreadable picture": 1}


def test_a_missing_flip_folder_is_named(copy):
    shutil.rmtree(copy / "Pose_300W_LP/IBUG_Flip")
    report = check(copy, "Pose_300W_LP")
    assert report.totals == {"missing folder": 1, "count": 3}
    assert ("IBUG_Flip", "not there (mirrored twins)") in {(p.file, p.reason) for p in report.problems}
    assert "0 IBUG_Flip, not 2 as published" in {p.reason for p in report.problems}


def test_a_missing_sequence_is_named(copy):
    shutil.rmtree(copy / "BIWI/02")
    report = check(copy, "BIWI")
    assert report.totals == {"missing folder": 1, "count": 2}
    assert report.problems[0].file == "02"


def test_landmarks_that_do_not_turn_with_the_head(copy):
    """The reported defect: every rotation of a photograph carries the landmarks of the first."""
    for turn in (0, 1):
        write_mat(copy / f"Pose_300W_LP/HELEN/HELEN_2908549_1_{turn}.mat", (0, 20 * turn, 0), LANDMARKS)
    report = check(copy, "Pose_300W_LP")
    assert report.totals == {"same landmarks in all turns": 1}
    assert report.problems[0].file == "HELEN/HELEN_2908549_1_0.mat"
    assert "all 2 turns" in report.problems[0].reason


def test_other_folders_of_the_archive_do_not_matter(copy):
    (copy / "Pose_300W_LP/landmarks/AFW").mkdir(parents=True)
    write_mat(copy / "Pose_300W_LP/landmarks/AFW/AFW_134212_1_0_pts.mat", (0, 0, 0), LANDMARKS)
    (copy / "Pose_300W_LP/AFW/._AFW_134212_1_0.jpg").write_bytes(b"macOS")
    assert check(copy, "Pose_300W_LP").clean


def test_long_lists_are_cut_and_counted(copy):
    for index in range(25):
        write_jpg(copy / f"AFLW2000/image9{index:04d}.jpg", np.zeros((450, 450, 3), np.uint8))
    report = check(copy, "AFLW2000")
    assert report.totals["no label beside the picture"] == 25
    assert sum(p.kind == "no label beside the picture" for p in report.problems) == 20


def test_the_report_survives_its_json(copy):
    (copy / "BIWI/01/rgb.cal").unlink()
    report = check(copy, "BIWI")
    assert DatasetReport.from_json(report.to_json()) == report
    with pytest.raises(HeadPoseError, match="no report"):
        DatasetReport.from_json("{}")


def test_exit_codes_and_text(copy, capsys):
    assert command("check", "--dataset", "BIWI", "--data_dir", copy / "BIWI") == 0
    said = capsys.readouterr().out
    assert "frames: 4 (as published)" in said
    assert "Nothing is wrong; pictures were not decoded" in said
    (copy / "BIWI/01/rgb.cal").unlink()
    assert command("check", "--dataset", "BIWI", "--data_dir", copy / "BIWI") == 1
    said = capsys.readouterr().out
    assert "unusable calibration: 1" in said
    assert "  01/rgb.cal: it cannot be read" in said
    assert command("check", "--dataset", "BIWI", "--data-dir", copy / "BIWI", "--json") == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["clean"], printed["totals"]) == (False, {"unusable calibration": 1})


def test_a_long_list_says_how_many_more(copy, capsys):
    for index in range(25):
        write_jpg(copy / f"AFLW2000/image9{index:04d}.jpg", np.zeros((450, 450, 3), np.uint8))
    assert command("check", "--dataset", "AFLW2000", "--data_dir", copy / "AFLW2000") == 1
    said = capsys.readouterr().out
    assert "no label beside the picture: 25" in said
    assert "… and 5 more" in said
    assert "\n  28 pictures, not 3 as published\n" in said


@pytest.mark.parametrize("dataset", PUBLISHED)
def test_folders_with_nothing_of_it_are_bad_input(tmp_path, dataset):
    with pytest.raises(HeadPoseError, match="does not exist"):
        check_dataset(dataset, tmp_path / "nowhere")
    with pytest.raises(HeadPoseError, match="holds no"):
        check_dataset(dataset, tmp_path)


def test_an_unknown_data_set(tmp_path):
    with pytest.raises(HeadPoseError, match="did you mean 'AFLW2000'"):
        check_dataset("AFLW200", tmp_path)


def test_progress_is_told(copy):
    told = []
    check(copy, "BIWI", progress=lambda *step: told.append(step))
    assert ("checking sequence 01", 2, 2) in told
