"""``headpose prepare biwi``: which face is taken, what is written, what is refused."""

from __future__ import annotations

import argparse
import itertools

import numpy as np
import pytest
from PIL import Image

from runtime.errors import HeadPoseError
from runtime.preprocess import Box, crop_face
from runtime.rotation import euler_to_rotation, geodesic_deg
from tests.biwi_files import draw_frame, face_box, write_biwi, write_pose
from training import prepare_biwi, prepare_biwi_npz
from training.commands import prepare
from training.data.biwi import open_biwi
from training.data.biwi_boxes import BOXES_NAME, read_boxes
from training.data.biwi_npz import open_biwi_npz
from training.prepare_biwi import Seen, find_boxes, follow, loose_crop, prepare_boxes
from training.prepare_biwi_npz import prepare_npz


def face(left: float, top: float = 100.0, side: float = 100.0) -> Box:
    return Box(left, top, left + side, top + side)


def frames(*faces: list[Box]) -> list[Seen]:
    return [Seen(640, 480, tuple(found)) for found in faces]


def command(*words: object) -> int:
    parser = argparse.ArgumentParser()
    prepare.add_arguments(parser)
    return prepare.run(parser.parse_args([str(word) for word in words]))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Box(200, 150, 300, 250), (160, 110, 340, 290)),
        (Box(200.9, 150.0, 301.5, 250.0), (160, 110, 341, 290)),  # 160.66 and 341.74 are cut off, not rounded
        (Box(10, 20, 110, 120), (0, 0, 150, 160)),
        (Box(560, 400, 660, 500), (520, 360, 639, 479)),  # the last pixel is inside, as in FSA-Net
    ],
    ids=["inside", "fractions", "upper left", "lower right"],
)
def test_the_loose_crop_by_hand(box, expected):
    assert loose_crop(box, 640, 480) == expected


NEAR, FAR = face(400, 300), face(60, 40)  # loose corners (360, 260) and (20, 0); the point is (426.7, 320)


@pytest.mark.parametrize(
    ("seen", "lost", "expected"),
    [
        (frames([face(200)], [face(210)]), "drop", [face(200), face(210)]),
        (frames([FAR, NEAR]), "drop", [NEAR]),
        (frames([NEAR, FAR]), "drop", [NEAR]),
        (frames([face(400, 140), NEAR]), "drop", [NEAR]),  # as far to the right, but not as low
        (frames([], [face(200)], []), "drop", ["no face found", face(200), "no face found"]),
        (frames([face(200)], [face(279)]), "drop", [face(200), face(279)]),
        (frames([face(200)], [face(280)]), "drop", [face(200), "face moved"]),
        (frames([face(200)], [face(120)]), "drop", [face(200), "face moved"]),
        # the move counts from the last kept frame, not from the last one
        (frames([face(200)], [face(290)], [face(270)]), "drop", [face(200), "face moved", face(270)]),
        (frames([face(200)], [face(270)], [face(340)]), "drop", [face(200), face(270), face(340)]),
        # up and down counts for nothing
        (frames([face(200, 50)], [face(200, 250)]), "drop", [face(200, 50), face(200, 250)]),
        # the nearest face is taken even if only the other one is where the face was
        (frames([face(100, 40)], [face(110, 40), NEAR]), "drop", [face(100, 40), "face moved"]),
        (frames([], [face(200)], [], [face(290)]), "previous", ["no face found", face(200), face(200), face(200)]),
        (frames([face(700, 100)]), "drop", ["no face found"]),
    ],
    ids=itertools.count(),
)
def test_the_face_is_followed(seen, lost, expected):
    track = follow(seen, lost=lost)
    assert len(track) == len(expected)
    for got, wanted in zip(track, expected):
        assert got == wanted if isinstance(wanted, Box) else str(got).startswith(wanted)


@pytest.fixture
def biwi(tmp_path):
    """Sequences 01 (for training) and 02 (for testing), three frames each; frame 4 of 02 shows nobody."""
    root = tmp_path / "biwi"
    write_biwi(root, ("01", "02"), frames=3)
    Image.new("RGB", (640, 480), (120, 120, 120)).save(root / "02/frame_00004_rgb.png")
    return root


def test_the_detector_finds_the_heads_and_one_worker_finds_the_same_as_two(biwi):
    told = []
    boxes = find_boxes(biwi, progress=lambda *step: told.append(step))
    assert boxes.frames == 6
    assert boxes.dropped == {"02/frame_00004": "no face found"}
    assert told[0] == ("finding faces", 0, 6)
    assert told[-1] == ("finding faces", 6, 6)
    assert find_boxes(biwi, workers=2) == boxes


def test_the_boxes_lie_on_the_drawn_faces(tmp_path):
    center = (330.0, 250.0)
    (tmp_path / "05").mkdir()
    Image.fromarray(draw_frame((5, 10, 0), center)).save(tmp_path / "05/frame_00003_rgb.png")
    (box,) = find_boxes(tmp_path).boxes.values()
    np.testing.assert_allclose(box, face_box(center), atol=20)


def test_a_photograph_that_jumps_and_goes(tmp_path):
    """The track on a real face: 30 pixels are a move, 90 a jump, back again is fine."""
    astronaut = pytest.importorskip("skimage.data").astronaut()
    (tmp_path / "11").mkdir()
    for number, left in enumerate((200, 230, 320, 240), start=3):
        frame = np.full((480, 640, 3), 90, np.uint8)
        frame[100:320, left : left + 220] = astronaut[5:225, 115:335]
        Image.fromarray(frame).save(tmp_path / f"11/frame_{number:05d}_rgb.png")
    found = find_boxes(tmp_path)
    assert list(found.dropped) == ["11/frame_00005"]
    for key, left in (("11/frame_00003", 200), ("11/frame_00004", 230), ("11/frame_00006", 240)):
        box = found.boxes[key]  # the face's centre is (109, 119) in what was pasted
        assert abs((box.left + box.right) / 2 - left - 109) < 12
        assert abs((box.top + box.bottom) / 2 - 100 - 119) < 12


def test_prepared_boxes_open_the_data_set(biwi, capsys):
    assert command("biwi", "--data_dir", biwi) == 0
    said = capsys.readouterr().out
    assert "5 of 6 frames have a face box" in said
    assert "dropped 1: no face found" in said
    assert "13,219 of 15,678" in said
    assert "and not 15,678" in said
    source = open_biwi(biwi)
    assert "02/frame_00004" not in source.keys
    assert len(source) == 5


def test_what_is_there_is_kept_unless_it_may_go(biwi, monkeypatch):
    (biwi / BOXES_NAME).write_text("mine")
    with monkeypatch.context() as patch:
        patch.setattr(prepare_biwi, "find_boxes", lambda *a, **k: pytest.fail("looked before it asked"))
        with pytest.raises(HeadPoseError, match="--overwrite"):
            command("biwi", "--data_dir", biwi)
    assert (biwi / BOXES_NAME).read_text() == "mine"
    assert command("biwi", "--data_dir", biwi, "--overwrite", "--lost", "previous") == 0
    table = read_boxes(biwi / BOXES_NAME)
    assert table.boxes["02/frame_00004"] == table.boxes["02/frame_00003"]
    assert (table.lost, table.dropped) == ("previous", {})


def test_a_place_that_cannot_be_written_is_said_before_the_work(biwi, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_biwi, "find_boxes", lambda *a, **k: pytest.fail("looked before it asked"))
    (tmp_path / "file").write_text("")
    with pytest.raises(HeadPoseError, match="cannot create the folder"):
        prepare_boxes(biwi, tmp_path / "file" / "boxes.json")
    monkeypatch.setattr(prepare_biwi.os, "access", lambda path, mode: False)
    with pytest.raises(HeadPoseError, match="cannot be written"):
        prepare_boxes(biwi, tmp_path / "boxes.json")


def test_a_full_disk_leaves_nothing_behind(biwi, tmp_path, monkeypatch):
    def full(stream, header):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    (tmp_path / "out").mkdir()
    with pytest.raises(HeadPoseError, match="No space left"):
        prepare_npz(biwi, tmp_path / "out" / "b.npz", size=64)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_sequence_that_loses_its_face_is_pointed_at(tmp_path):
    write_biwi(tmp_path, ("07", "08"), frames=4)
    for sequence, numbers in (("07", (3, 4, 6)), ("08", (3, 4))):  # half is not more than half
        for number in numbers:
            Image.new("RGB", (640, 480)).save(tmp_path / f"{sequence}/frame_{number:05d}_rgb.png")
    done = prepare_boxes(tmp_path)
    assert done.poor_sequences == {"07": (1, 4)}
    assert done.reasons == {"no face found": 5}


def test_the_npz_is_fsa_nets(biwi, tmp_path):
    """Read as other people's code does, and cut again with Pillow."""
    poses = write_biwi(tmp_path / "again", ("01", "02"), frames=3)  # the fixture's seed: the same poses
    done = prepare_npz(biwi, tmp_path / "BIWI.npz")
    with np.load(tmp_path / "BIWI.npz") as stored:
        image, pose, names = stored["image"], stored["pose"], [str(n) for n in stored["names"]]
        assert int(stored["img_size"]) == 256
    assert (image.shape, image.dtype) == ((5, 256, 256, 3), np.uint8)
    assert names == list(done.boxes.boxes)
    for row, key in zip(pose, names):
        yaw, pitch, roll = row
        assert geodesic_deg(euler_to_rotation(pitch, yaw, roll), euler_to_rotation(*poses[key])) < 2e-3
    for crop, key in zip(image, names):
        left, top, right, bottom = loose_crop(done.boxes.boxes[key], 640, 480)
        frame = Image.open(biwi / f"{key}_rgb.png").crop((left, top, right + 1, bottom + 1))
        expected = np.asarray(frame.resize((256, 256), Image.Resampling.BILINEAR), dtype=float)
        assert np.abs(crop[..., ::-1] - expected).mean() < 1.0
        assert np.abs(crop - expected).mean() > 5.0  # RGB it is not


def test_the_npz_is_read_back_with_its_people(biwi, tmp_path):
    prepare_npz(biwi, tmp_path / "b.npz", size=64)
    source = open_biwi_npz(tmp_path / "b.npz")
    assert source.keys[0] == "01/frame_00003"
    assert set(source.groups) == {"F01", "F02"}


def test_square_crops_are_the_runtimes(biwi, tmp_path):
    done = prepare_npz(biwi, tmp_path / "s.npz", rule="square", size=96)
    source = open_biwi_npz(tmp_path / "s.npz")
    for index, (key, box) in enumerate(done.boxes.boxes.items()):
        frame = np.asarray(Image.open(biwi / f"{key}_rgb.png"))
        np.testing.assert_array_equal(source.picture(index), crop_face(frame, box, 96))


def test_split_npz_through_the_command_with_workers(biwi, tmp_path, capsys):
    options = ["--out", tmp_path / "B.npz", "--size", 64, "--split", "--workers", 2, "--labels", "rgb"]
    assert command("biwi", "--data_dir", biwi, "--format", "npz", *options) == 0
    train, test = open_biwi_npz(tmp_path / "B_train.npz"), open_biwi_npz(tmp_path / "B_test.npz")
    assert {key[:2] for key in train.keys} == {"01"}
    assert {key[:2] for key in test.keys} == {"02"}
    assert (len(train), len(test)) == (3, 2)
    raw = open_biwi(biwi, boxes=find_boxes(biwi), labels="rgb")
    assert geodesic_deg(np.concatenate([train.rotations, test.rotations]), raw.rotations).max() < 1e-6
    assert "B_train.npz" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 32}, "64 to 256"),
        ({"size": 512}, "64 to 256"),
        ({"rule": "sqare"}, "did you mean 'square'"),
        ({"labels": "rbg"}, "unknown BIWI labels"),
        ({"lost": "keep"}, "unknown way"),
    ],
)
def test_options_out_of_range(biwi, tmp_path, options, said):
    with pytest.raises(HeadPoseError, match=said):
        prepare_npz(biwi, tmp_path / "b.npz", **options)


def test_what_can_be_checked_is_checked_before_the_detector(biwi, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_biwi_npz, "find_boxes", lambda *a, **k: pytest.fail("looked before it checked"))
    with pytest.raises(HeadPoseError, match=r"ends in \.npz"):
        prepare_npz(biwi, tmp_path / "b.zip")
    (biwi / "02/rgb.cal").unlink()
    with pytest.raises(HeadPoseError, match=r"02/rgb\.cal"):
        prepare_npz(biwi, tmp_path / "b.npz", labels="rgb")
    write_pose(biwi / "02/frame_00005_pose.txt", np.full((3, 3), np.nan), np.zeros(3))
    with pytest.raises(HeadPoseError, match=r"02/frame_00005_pose\.txt"):
        prepare_npz(biwi, tmp_path / "b.npz")
    (tmp_path / "one").mkdir()
    (biwi / "01").rename(tmp_path / "one/01")
    with pytest.raises(HeadPoseError, match="no test sequence"):
        prepare_npz(tmp_path / "one", tmp_path / "b.npz", split=True)


def test_bad_folders_and_frames(biwi, tmp_path):
    with pytest.raises(HeadPoseError, match="does not exist"):
        prepare_boxes(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(HeadPoseError, match="is about crops"):
        command("biwi", "--data_dir", biwi, "--size", 64)
    (biwi / "01/frame_00004_rgb.png").write_bytes(b"")
    with pytest.raises(HeadPoseError, match=r"01/frame_00004_rgb\.png"):
        prepare_boxes(biwi)
    for path in biwi.glob("*/*_rgb.png"):
        Image.new("RGB", (640, 480)).save(path)
    with pytest.raises(HeadPoseError, match="no face was found in the 6 frames"):
        prepare_boxes(biwi)
    for path in biwi.glob("*/*_rgb.png"):
        path.unlink()
    with pytest.raises(HeadPoseError, match=r"no frame_NNNNN_rgb\.png"):
        prepare_boxes(biwi)
    assert not (biwi / BOXES_NAME).exists()
