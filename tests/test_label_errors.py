"""Errors of files against labels, and the shipped crops that they are measured on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from export.accuracy import against_labels, open_labelled
from export.cut_heads import cut_heads, main
from export.heads import HELD_OUT
from runtime.errors import HeadPoseError
from runtime.images import read_image, save_image
from runtime.preprocess import Box, crop_face
from runtime.rotation import euler_to_rotation
from training.data.face_list import FaceRow, write_face_list
from training.data.registry import open_dataset


def test_shipped_faces_are_the_held_out_ones():
    faces = open_labelled("shipped", 64, samples=10)
    assert faces is not None
    assert (faces.crops.shape, faces.rotations.shape) == ((10, 64, 64, 3), (10, 3, 3))
    whole = open_dataset("FaceList", HELD_OUT)
    np.testing.assert_array_equal(faces.rotations[0], whole.rotations[0])
    np.testing.assert_array_equal(faces.rotations[-1], whole.rotations[-1])


def test_none_is_none():
    assert open_labelled("none", 64) is None


def test_a_folder_without_labels_is_named(tmp_path):
    with pytest.raises(HeadPoseError, match=r"labels\.csv"):
        open_labelled(tmp_path, 64)


def test_rendering_that_cannot_be_done_says_what_else_there_is(monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise HeadPoseError("no OpenGL here")

    monkeypatch.setattr("training.data.registry.open_dataset", refuse)
    with pytest.raises(HeadPoseError, match=r"no held-out heads can be rendered \(no OpenGL here\); give a folder"):
        open_labelled("synthetic", 64)


def test_figures_by_hand():
    """Labels at yaw 0; PyTorch 3° off, the file 5° off on the same side and 1° on the other."""
    faces = open_labelled("shipped", 32, samples=2)
    assert faces is not None
    labels = np.repeat(np.eye(3)[None], 2, axis=0)
    faces = type(faces)("x", faces.crops, labels)
    torch_says = np.stack([euler_to_rotation(0, 3, 0), euler_to_rotation(0, 3, 0)])
    file_says = np.stack([euler_to_rotation(0, 5, 0), euler_to_rotation(0, -1, 0)])
    figures = against_labels(file_says, torch_says, faces)
    assert figures["n"] == 2
    assert figures["geodesic_mean_deg"] == pytest.approx(3.0, abs=1e-3)
    assert figures["pytorch_geodesic_mean_deg"] == pytest.approx(3.0, abs=1e-3)
    assert figures["loss_mean_deg"] == pytest.approx(3.0, abs=1e-3)  # 2° and 4°
    assert figures["loss_max_deg"] == pytest.approx(4.0, abs=1e-3)


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """A set as `headpose synth` leaves it, of one picture in two faces."""
    folder = tmp_path / "set"
    y, x = np.mgrid[:90, :120]
    picture = np.stack([2 * x, 2 * y, 255 - x - y], axis=-1).astype(np.uint8)
    save_image(folder / "a.png", picture)
    boxes = (Box(10, 20, 50, 60), Box(40.5, 30, 100.5, 80))
    write_face_list(folder / "labels.csv", [FaceRow("a.png", np.eye(3), box, f"p{i}") for i, box in enumerate(boxes)])
    catalogue = {"backgrounds": ["drawn/1"], "environments": [], "identities": [0, 5], "skins": ["s"], "hair": []}
    parameters = {"count": 2, "seed": 1, "catalogue": catalogue}
    (folder / "manifest.json").write_text(json.dumps({"hash": "h", "parameters": parameters}))
    return folder


def test_cutting_keeps_what_the_runtime_would_cut(rendered, tmp_path):
    assert cut_heads(rendered, tmp_path / "out") == 2
    faces, source = (open_dataset("FaceList", folder) for folder in (tmp_path / "out", rendered))
    assert list(faces.groups) == list(source.groups)
    expected = crop_face(source.picture(1), Box(*source.boxes[1]), 224).astype(int)
    got = read_image(tmp_path / "out" / "001.jpg").astype(int)
    assert np.abs(expected - got).mean() < 2  # JPEG
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert record["rendered"]["seed"] == 1


def test_foreign_pictures_are_not_shipped(rendered, tmp_path, capsys):
    data = json.loads((rendered / "manifest.json").read_text())
    data["parameters"]["catalogue"]["backgrounds"] = ["holiday/me.jpg"]
    (rendered / "manifest.json").write_text(json.dumps(data))
    assert main([str(rendered), str(tmp_path / "out")]) == 2
    assert "has pictures of holiday: they cannot be shipped" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_existing_list_is_left_alone(rendered, tmp_path):
    shutil.copytree(rendered, tmp_path / "out")
    with pytest.raises(HeadPoseError, match="exists already"):
        cut_heads(rendered, tmp_path / "out")


def test_a_folder_that_is_no_rendered_set(tmp_path):
    with pytest.raises(HeadPoseError, match="is no set of  headpose synth"):
        cut_heads(tmp_path, tmp_path / "out")
