"""Shards of rendered heads: read back as a face list, whole or absent, of one set only."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.errors import HeadPoseError
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation, geodesic_deg
from training.data.face_list import open_face_list
from training.data.source import check_source
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.scene_plan import ScenePlan, plan_scene
from training.data.synthetic.shards import (
    ShardRecord,
    begin_set,
    finish_set,
    missing_shards,
    shard_folder,
    write_shard,
)

PARAMETERS = {"seed": 4, "density": "300w-lp", "size": 24}
CATALOGUE = Catalogue.of(None, Backgrounds().names)
PER_SHARD = 3


def picture(index):
    """A gray ramp of the index's own brightness with a red corner: an RGB/BGR mix-up is seen."""
    ramp = np.broadcast_to(np.linspace(20, 60 + 10 * index, 24)[:, None], (24, 24)).astype(np.uint8)
    image = np.repeat(ramp[..., None], 3, axis=2)
    image[:12, :12] = (230, 30, 20)
    return image


def records(shard):
    plans = [plan_scene(4, shard * PER_SHARD + k, CATALOGUE) for k in range(PER_SHARD)]
    return [ShardRecord(p.rotation, Box(1.5, 2, 20, 21.25), f"identity{p.identity}", p.to_json()) for p in plans]


def images(shard):
    return [picture(shard * PER_SHARD + k) for k in range(PER_SHARD)]


def write(folder, *shards, suffix=".jpg", parameters=PARAMETERS):
    set_hash = begin_set(folder, parameters)
    return [
        write_shard(folder, shard, images(shard), records(shard), set_hash=set_hash, suffix=suffix) for shard in shards
    ]


def contents(folder):
    files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


@pytest.mark.parametrize(("suffix", "tolerance"), [(".jpg", 12), (".png", 0)])
def test_a_set_is_a_face_list_with_its_rotations(tmp_path, suffix, tolerance):
    folder = tmp_path / "heads"
    write(folder, 0, 1, suffix=suffix)
    source = open_face_list(finish_set(folder, 2))
    check_source(source)
    assert source.name == "heads"
    plans = [plan_scene(4, index, CATALOGUE) for index in range(6)]
    assert np.abs(source.rotations - np.array([plan.rotation for plan in plans])).max() < 1e-12
    assert list(source.groups) == [f"identity{plan.identity}" for plan in plans]
    assert source.boxes.tolist() == [[1.5, 2.0, 20.0, 21.25]] * 6
    for index in range(6):
        assert np.abs(source.picture(index).astype(int) - picture(index))[2:10, 2:10].max() <= tolerance
        assert np.abs(source.picture(index).astype(int) - picture(index)).mean() <= tolerance / 4
        stored = np.asarray(Image.open(folder / source.keys[index]))  # another decoder sees the same colours
        assert np.abs(stored.astype(int) - source.picture(index)).max() <= 3


def test_one_shard_is_a_face_list_of_its_own(tmp_path):
    write(tmp_path, 1)
    source = open_face_list(shard_folder(tmp_path, 1) / "labels.csv")
    assert geodesic_deg(source.rotations[2], plan_scene(4, 5, CATALOGUE).rotation) < 1e-9


def test_every_scene_can_be_planned_again_from_its_line(tmp_path):
    write(tmp_path, 0, 1)
    finish_set(tmp_path, 2)
    lines = [json.loads(line) for line in (tmp_path / "scenes.jsonl").read_text().splitlines()]
    assert [line.pop("image") for line in lines] == [f"shard_{k // 3:05}/{k % 3:06}.jpg" for k in range(6)]
    assert [ScenePlan.from_json(line) for line in lines] == [plan_scene(4, k, CATALOGUE) for k in range(6)]


def test_the_order_of_writing_changes_no_byte(tmp_path):
    write(tmp_path / "a", 0, 1, 2)
    write(tmp_path / "b", 2, 0)
    write(tmp_path / "b", 1)
    for one in ("a", "b"):
        finish_set(tmp_path / one, 3)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) == 3 * (PER_SHARD + 3) + 3


def test_what_is_there_is_not_written_again(tmp_path):
    assert missing_shards(tmp_path, 3) == [0, 1, 2]
    assert write(tmp_path, 1) == [True]
    assert missing_shards(tmp_path, 3) == [0, 2]

    def never():
        raise AssertionError("rendered again")
        yield

    before = contents(tmp_path)
    set_hash = begin_set(tmp_path, PARAMETERS)
    assert write_shard(tmp_path, 1, never(), records(1), set_hash=set_hash) is False
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 5}, "rendered with seed 4, not 5"),
        ({"density": "uniform"}, 'density "300w-lp", not "uniform"'),
        ({"more": True}, "more null, not true"),
    ],
)
def test_another_set_is_not_mixed_in(tmp_path, change, words):
    write(tmp_path, 0)
    before = contents(tmp_path)
    with pytest.raises(HeadPoseError, match=words):
        begin_set(tmp_path, PARAMETERS | change)
    other = begin_set(tmp_path.parent / f"{tmp_path.name}-other", PARAMETERS | change)
    with pytest.raises(HeadPoseError, match="other parameters"):
        write_shard(tmp_path, 1, images(1), records(1), set_hash=other)
    assert contents(tmp_path) == before


def test_a_shard_of_another_set_is_found(tmp_path):
    write(tmp_path / "a", 0)
    write(tmp_path / "b", 1, parameters=PARAMETERS | {"seed": 9})
    shard_folder(tmp_path / "b", 1).rename(shard_folder(tmp_path / "a", 1))
    with pytest.raises(HeadPoseError, match=r"shard_00001 is of another set"):
        finish_set(tmp_path / "a", 2)


KILLED = """
import os, sys
sys.path[:0] = {path!r}
from test_synthetic_shards import *
def images():
    yield picture(0)
    yield picture(1)
    os._exit(9)
write_shard({folder!r}, 1, images(), records(1), set_hash=begin_set({folder!r}, PARAMETERS))
"""


def test_a_killed_process_leaves_no_shard_and_the_next_run_goes_on(tmp_path):
    write(tmp_path / "killed", 0)
    code = KILLED.format(folder=str(tmp_path / "killed"), path=[str(Path(__file__).parent), *sys.path])
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    assert list((tmp_path / "killed").glob(".shard_00001*/000001.jpg"))  # it was in the middle
    assert missing_shards(tmp_path / "killed", 2) == [1]
    with pytest.raises(HeadPoseError, match="lacks 1 of 2 shards: run the same command again"):
        finish_set(tmp_path / "killed", 2)
    write(tmp_path / "killed", 1)
    write(tmp_path / "whole", 0, 1)
    for one in ("killed", "whole"):
        finish_set(tmp_path / one, 2)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


@pytest.mark.parametrize("name", ["000001.jpg", "scenes.jsonl", "shard.json"])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, name):
    set_hash = begin_set(tmp_path, PARAMETERS)

    def full(method):
        def limited(file, *arguments, **options):
            if file.name == name:
                raise OSError(errno.ENOSPC, "No space left on device")
            return method(file, *arguments, **options)

        return limited

    for method in ("write_bytes", "write_text"):
        monkeypatch.setattr(Path, method, full(getattr(Path, method)))
    with pytest.raises(HeadPoseError, match=r"cannot write .*shard_00000: No space left on device"):
        write_shard(tmp_path, 0, images(0), records(0), set_hash=set_hash)
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((images(0)[:2], records(0)), "2 pictures for 3 records"),
        ((images(0) * 2, records(0)), "6 pictures for 3 records"),
        (([], []), "no face to write"),
        (([picture(0).astype(float)] * 3, records(0)), "RGB of 8 bits"),
        ((images(0)[:1], [ShardRecord(2 * euler_to_rotation(0, 0, 0), Box(0, 0, 1, 1), "", {})]), "no rotation"),
    ],
    ids=["few", "many", "none", "float", "no rotation"],
)
def test_a_wrong_shard_leaves_nothing(tmp_path, given, words):
    set_hash = begin_set(tmp_path, PARAMETERS)
    with pytest.raises(HeadPoseError, match=words):
        write_shard(tmp_path, 0, *given, set_hash=set_hash)
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda shard: (shard / "000001.jpg").unlink(), "000001.jpg is not there"),
        (lambda shard: (shard / "labels.csv").write_text("image,r00\n000000.jpg,1\n"), "1 labels of 3"),
        (lambda shard: (shard / "labels.csv").write_text("a\n1\n2\n3\n"), "holds no labels"),
        (lambda shard: (shard / "labels.csv").unlink(), "No such file"),
        (lambda shard: (shard / "shard.json").write_text("[1]"), "shard_00000 is damaged"),
        (lambda shard: (shard / "scenes.jsonl").write_text("{"), "scenes.jsonl"),
    ],
    ids=["picture", "short labels", "other table", "no labels", "no record", "scenes"],
)
def test_a_damaged_shard_is_named(tmp_path, harm, words):
    write(tmp_path, 0)
    harm(shard_folder(tmp_path, 0))
    with pytest.raises(HeadPoseError, match=words) as caught:
        finish_set(tmp_path, 1)
    assert "delete it and run the same command again" in str(caught.value)
    assert not (tmp_path / "labels.csv").exists()


def test_wrong_folders_are_refused(tmp_path):
    with pytest.raises(HeadPoseError, match="is no rendered set"):
        write_shard(tmp_path, 0, images(0), records(0), set_hash="")
    with pytest.raises(HeadPoseError, match="unknown picture format"):
        write_shard(tmp_path, 0, images(0), records(0), set_hash="", suffix=".gif")
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(HeadPoseError, match="holds other files"):
        begin_set(tmp_path, PARAMETERS)
    begin_set(tmp_path / "set", PARAMETERS)
    manifest = tmp_path / "set" / "manifest.json"
    for text, words in ((manifest.read_text().replace("24", "25"), "was changed"), ("{", "is damaged")):
        manifest.write_text(text)
        with pytest.raises(HeadPoseError, match=words):
            begin_set(tmp_path / "set", PARAMETERS)
