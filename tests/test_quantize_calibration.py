"""Calibration faces: the shipped ones, lists, folders of pictures, and folders that will not do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.cut_heads import whole_box
from export.heads import CALIBRATION, HELD_OUT
from export.quantize.calibration import open_calibration
from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError
from runtime.images import read_image
from runtime.preprocess import Box, crop_box
from training.data.registry import open_dataset

astronaut = pytest.importorskip("skimage.data").astronaut


def photos(folder: Path, faces: int, others: int = 0, damaged: int = 0) -> Path:
    """Pictures with a face (a portrait, each shifted a little), without one (gray noise), and no pictures at all."""
    folder.mkdir()
    portrait, rng = astronaut(), np.random.default_rng(0)
    for i in range(faces):
        Image.fromarray(np.roll(portrait, 3 * i, axis=1)).save(folder / f"face_{i:02}.png")
    for i in range(others):
        Image.fromarray(rng.integers(90, 160, (128, 128, 3), dtype=np.uint8)).save(folder / f"other_{i:02}.png")
    for i in range(damaged):
        (folder / f"torn_{i:02}.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    return folder


@pytest.mark.parametrize("folder", [CALIBRATION, HELD_OUT], ids=["calibration", "held out"])
def test_shipped_heads_are_what_their_record_says(folder):
    import json

    record = json.loads((folder / "provenance.json").read_text())
    faces = open_dataset("FaceList", folder)
    assert len(faces) == record["rendered"]["count"] == 128
    assert record["rendered"]["foreign"] == []
    assert record["rendered"]["held_out"] is (folder == HELD_OUT)
    assert record["labels_sha256"] == sha256_of(folder / "labels.csv")
    assert "CC0" in record["licence"]


def test_the_two_shipped_sets_share_nobody():
    known, new = (set(open_dataset("FaceList", folder).groups) for folder in (CALIBRATION, HELD_OUT))
    assert not known & new


@pytest.mark.parametrize("side", [224, 96, 101])
def test_the_crop_of_a_cut_head_is_the_whole_picture(side):
    assert crop_box(whole_box(side)) == Box(0, 0, side, side)


def test_shipped_crops_are_the_pictures_themselves():
    found = open_calibration("shipped", samples=16)
    assert found.crops.shape == (16, 224, 224, 3)
    assert found.source == "shipped"
    np.testing.assert_array_equal(found.crops[0], read_image(sorted(CALIBRATION.glob("*.jpg"))[0]))


def test_the_record_names_the_pixels():
    first, same = (open_calibration("shipped", samples=16, size=64).record() for _ in range(2))
    other = open_calibration("shipped", samples=17, size=64).record()
    assert first == same
    assert first["sha256"] != other["sha256"]
    assert (first["count"], first["skipped"]) == (16, 0)


def test_a_face_list_gives_its_faces(tmp_path):
    shutil.copytree(CALIBRATION, tmp_path / "mine")
    found = open_calibration(tmp_path / "mine", samples=20, size=64)
    assert (found.source, len(found.crops)) == ("mine", 20)


def test_a_folder_of_photographs_is_searched_for_faces(tmp_path):
    found = open_calibration(photos(tmp_path / "mine", faces=17, others=3), samples=64, size=96)
    assert found.crops.shape == (17, 96, 96, 3)
    assert len(found.skipped) == 3
    assert "no face is found on" in found.skipped[0]
    assert found.record()["skipped"] == 3


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param({"faces": 5}, "gives 5 faces, too few", id="too few"),
        pytest.param({"faces": 2, "others": 18}, "a face is found on 2 of 20 pictures", id="no faces"),
        pytest.param({"faces": 17, "damaged": 3}, "3 of 20 pictures in .* cannot be read; the first: ", id="damaged"),
    ],
)
def test_folders_that_will_not_do(make, sentence, tmp_path):
    with pytest.raises(HeadPoseError, match=sentence):
        open_calibration(photos(tmp_path / "mine", **make), size=64)


def test_no_such_folder(tmp_path):
    with pytest.raises(HeadPoseError, match="is no folder of calibration images: give one"):
        open_calibration(tmp_path / "missing")


def test_an_empty_folder(tmp_path):
    with pytest.raises(HeadPoseError, match="holds no picture"):
        open_calibration(tmp_path)


def test_too_few_are_asked_for():
    with pytest.raises(HeadPoseError, match="15 calibration images are too few"):
        open_calibration("shipped", samples=15)


def test_rendering_that_cannot_be_done_says_what_else_there_is(monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise HeadPoseError("no OpenGL here")

    monkeypatch.setattr("training.data.registry.open_dataset", refuse)
    with pytest.raises(
        HeadPoseError, match=r"no calibration heads can be rendered \(no OpenGL here\); or give a folder"
    ):
        open_calibration("synthetic")
