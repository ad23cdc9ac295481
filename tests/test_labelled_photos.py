"""Photographs with a labels.json, framed by our own detector."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.data.labelled_photos import open_labelled_photos
from training.data.registry import open_dataset

FACE = (180, 80, 265, 185)  # of the astronaut, brows to chin


def write(folder, **changes):
    Image.fromarray(astronaut()).save(folder / "a photo.png")
    left, top, right, bottom = FACE
    label = {
        "file": "a photo.png",
        "rotation": euler_to_rotation(5, -20, 3).tolist(),
        "landmarks68": [[left, top], [right, bottom], [(left + right) / 2, (top + bottom) / 2]],
        **changes,
    }
    label = {name: value for name, value in label.items() if value is not None}
    (folder / "labels.json").write_text(json.dumps({"convention": "as ours", "images": [label]}))
    return folder


def test_the_detected_face_is_the_labelled_one(tmp_path):
    source = open_dataset("LabelledPhotos", write(tmp_path))
    assert source.keys == ["a photo"]
    np.testing.assert_allclose(source.rotations[0], euler_to_rotation(5, -20, 3), atol=1e-12)
    left, top, right, bottom = source.boxes[0]
    shared = (min(right, FACE[2]) - max(left, FACE[0])) * (min(bottom, FACE[3]) - max(top, FACE[1]))
    assert shared > 0.7 * (FACE[2] - FACE[0]) * (FACE[3] - FACE[1])
    np.testing.assert_array_equal(source.picture(0), astronaut())


def test_the_landmarks_box_is_taken_if_asked(tmp_path):
    source = open_dataset("LabelledPhotos", write(tmp_path), options={"boxes": "landmarks"})
    assert source.boxes.tolist() == [list(FACE)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rotation": None}, "has no rotation"),
        ({"landmarks68": None}, "has no landmarks68"),
        ({"landmarks68": [[1, 2, 3]]}, "are no points x, y"),
        ({"landmarks68": [[400, 400], [500, 500]]}, "does not find the labelled face"),
        ({"rotation": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]}, "a photo.png"),
        ({"file": "gone.png"}, "gone.png"),
    ],
    ids=["no rotation", "no landmarks", "3D points", "another place", "no rotation matrix", "no file"],
)
def test_bad_labels_are_one_sentence(tmp_path, changes, words):
    with pytest.raises(HeadPoseError, match=words):
        open_labelled_photos(write(tmp_path, **changes))


@pytest.mark.parametrize("text", ["", "[]", '{"images": 3}', '{"images": []}'], ids=["empty", "list", "number", "none"])
def test_a_damaged_file_is_one_sentence(tmp_path, text):
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(HeadPoseError, match=r"labels\.json"):
        open_labelled_photos(tmp_path)
    with pytest.raises(HeadPoseError, match="did you mean 'landmarks'"):
        open_labelled_photos(tmp_path, boxes="landmark")
