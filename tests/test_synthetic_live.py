"""Heads that are rendered on the fly: the same pictures and labels as of a rendered set, in any process of a loader."""

import os
import pickle
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_head import TinyWorld, tiny_world

from runtime.errors import HeadPoseError
from training.data.face_list import open_face_list
from training.data.loader import View, evaluation_loader
from training.data.registry import DATASETS, open_dataset
from training.data.source import Subset, check_source
from training.data.synthetic import world as world_module
from training.data.synthetic.contact_sheet import contact_sheet
from training.data.synthetic.generate import Order, generate
from training.data.synthetic.live import SyntheticHeads
from training.data.synthetic.render_process import RenderProcess
from training.data.synthetic.world import cache_folder, chosen_world, default_head_model, open_world
from training.evaluate import seen_in_training

NO_DRIVER = {"__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return tiny_world(tmp_path_factory.mktemp("tiny") / "head.npz")


@pytest.fixture(scope="module")
def drawing():
    """Skips where nothing can be rendered."""
    pytest.importorskip("moderngl", reason="moderngl is not installed, so nothing that is rendered is tested")
    from training.data.synthetic.renderer import Renderer

    try:
        Renderer(8).close()
    except HeadPoseError as error:
        pytest.skip(f"NOTHING THAT IS RENDERED IS TESTED: {error}")


@pytest.fixture(scope="module")
def heads(world, drawing):
    return SyntheticHeads(world, 7)


@pytest.fixture
def tiny(monkeypatch, world):
    """The options of the data sets make tiny worlds."""
    monkeypatch.setattr(world_module, "World", TinyWorld)
    monkeypatch.delenv(world_module.ASSETS_VARIABLE, raising=False)
    return {"head_model": str(world.head_model), "size": "48"}


def test_the_labels_hold_together(world):
    heads = SyntheticHeads(world, 40)
    check_source(heads)
    assert heads.keys[3] == "0-000003"
    assert len(set(heads.groups)) > 35
    middle = (heads.boxes[:, :2] + heads.boxes[:, 2:]) / 2
    assert ((middle > 0) & (middle < world.size)).all()
    told = []
    heads.read_labels(lambda *step: told.append(step))
    assert told[-1][1:] == (40, 40)


def test_live_heads_are_those_of_a_rendered_set(heads, tmp_path):
    source = open_face_list(generate(heads.world, Order(tmp_path, 7, 4, ".png", 2)))
    assert list(source.groups) == list(heads.groups)
    np.testing.assert_allclose(source.rotations, heads.rotations, atol=1e-12)
    np.testing.assert_allclose(source.boxes, heads.boxes, atol=1e-9)
    for index in range(7):
        np.testing.assert_array_equal(source.picture(index), heads.picture(index))
    np.testing.assert_array_equal(contact_sheet(source, 5), contact_sheet(heads, 5))


def test_loading_processes_render_what_the_main_one_renders(heads):
    heads.picture(0)  # the main process has rendered before it forks
    view = View("whole", "none", 32, random=False)
    few = Subset(heads, np.arange(5))
    alone, shared = (list(evaluation_loader(few, view, range(5), 2, workers)) for workers in (0, 2))
    for one, other in zip(alone, shared, strict=True):
        assert torch.equal(one.images, other.images)
        assert one.failures == other.failures == []
        assert one.images.float().std() > 5


def test_what_loaders_send_to_their_processes_is_small(heads):
    heads.picture(0)
    sent = pickle.dumps(heads)
    assert len(sent) < 2000
    assert pickle.loads(sent) == heads


def test_this_process_gets_no_context_of_its_own(heads, monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    assert heads.picture(1).shape == (48, 48, 3)


def test_a_killed_renderer_costs_one_picture(heads):
    before = heads.picture(2)
    killed = heads._processes[os.getpid()]
    killed._process.kill()
    with pytest.raises(HeadPoseError, match="the process that renders died"):
        killed.picture(2)
    assert not killed.alive
    np.testing.assert_array_equal(heads.picture(2), before)


def test_a_renderer_ends_when_it_is_forgotten(world, drawing):
    process = RenderProcess(world)
    process.picture(0)
    pid = process._process
    del process
    assert pid.poll() == 0


def test_without_a_driver_every_picture_says_so(world, monkeypatch):
    for name, value in NO_DRIVER.items():
        monkeypatch.setenv(name, value)
    heads = SyntheticHeads(world, 2)
    for index in (0, 1):
        with pytest.raises(HeadPoseError, match=r"(OpenGL cannot be started|needs the package moderngl)"):
            heads.picture(index)


@pytest.mark.parametrize("index", [-1, 7])
def test_there_are_as_many_as_were_asked_for(world, index):
    with pytest.raises(IndexError):
        SyntheticHeads(world, 7).picture(index)


def test_the_two_parts_share_nobody_and_have_names_of_their_own(world):
    train, held = (SyntheticHeads(replace(world, held_out=part), 60) for part in (False, True))
    assert not set(train.groups) & set(held.groups)
    plans = [{heads.world.plan(index).skin for index in range(60)} for heads in (train, held)]
    assert not plans[0] & plans[1]
    for assets in (None, Path("pack")):
        names = [replace(heads, world=replace(heads.world, assets=assets)).name for heads in (train, held)]
        assert not seen_in_training(names[0], names[1])
        assert seen_in_training(names[0], names[0])


def test_both_are_data_sets_that_need_no_folder(tiny, drawing):
    train = open_dataset("Synthetic", "nowhere", options={**tiny, "count": "12", "max_yaw": "30"})
    held = open_dataset("synthetic-heldout", "nowhere", options={**tiny, "count": "3", "seed": "4"})
    assert (len(train), len(held)) == (12, 3)
    assert held.keys[0] == "4-000000"
    assert held.world.held_out
    assert held.world.density == "uniform"
    assert np.degrees(np.arcsin(np.abs(train.rotations[:, 2, 0]))).max() <= 30
    assert DATASETS["synthetic-heldout"].test_framing == "runtime"


def half_copied(folder):
    (folder / "skins" / "young_asian_male" / "textures").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": "0"}, "cannot render 0 heads: ask for 1 or more"),
        ({"count": "many"}, "count of rendered heads is a whole number, not 'many'"),
        ({"density": "unifrm"}, "did you mean 'uniform'"),
        ({"size": "8"}, "pictures of 8 pixels cannot be rendered"),
        ({"seed": "-1"}, "seed of rendered heads is -1"),
        ({"max_yaw": "180"}, "largest yaw of 180"),
        ({"assets": "absent"}, "no asset pack at absent"),
        ({"heads": "1"}, "unknown option of Synthetic 'heads'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_options_are_told_before_anything_is_made(tmp_path, options, words):
    with pytest.raises(HeadPoseError, match=words):
        open_dataset("Synthetic", "nowhere", options={"head_model": str(tmp_path / "absent.npz"), **options})


def test_a_pack_that_was_copied_in_part(tmp_path):
    with pytest.raises(HeadPoseError, match=r"has no picture in its folder textures: copy it whole"):
        chosen_world(assets=half_copied(tmp_path / "pack"))


def test_a_head_model_that_is_none(tmp_path):
    (tmp_path / "head.npz").write_bytes(b"PK half a file")
    with pytest.raises(HeadPoseError, match="is damaged or no head model"):
        open_world(head_model=tmp_path / "head.npz")


def test_the_head_model_is_kept_where_caches_are(monkeypatch, tmp_path):
    monkeypatch.setenv("HEADPOSE_CACHE", str(tmp_path / "own"))
    assert default_head_model().parent == tmp_path / "own"
    monkeypatch.delenv("HEADPOSE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "headpose"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "headpose"


def test_parameters_tell_worlds_apart(world, tmp_path):
    other_file = tmp_path / "head.npz"
    shutil.copy(world.head_model, other_file)
    assert replace(world, head_model=other_file).parameters() == world.parameters()  # wherever it lies
    other = tiny_world(tmp_path / "other.npz", seed=1)
    assert {name for name, value in other.parameters().items() if value != world.parameters()[name]} == {"seed"}
    for choice in ({"held_out": True}, {"density": "uniform"}, {"max_yaw_deg": 50.0}, {"size": 64}):
        assert replace(world, **choice).parameters() != world.parameters()


@pytest.mark.skipif("HEADPOSE_HEAD_MODEL" not in os.environ, reason="HEADPOSE_HEAD_MODEL names no head model")
def test_whole_scenes_have_the_labels_that_are_told_beforehand(drawing):
    world = open_world(head_model=os.environ["HEADPOSE_HEAD_MODEL"], size=64)
    with world.open() as painter:
        for index in range(4):
            image, record = painter(index)
            assert image.shape == (64, 64, 3)
            np.testing.assert_allclose(world.box(world.plan(index)), record.box, atol=1e-9)
            np.testing.assert_array_equal(record.rotation, world.plan(index).rotation)
            assert record.group == str(world.plan(index).identity)
