"""``headpose synth`` as users meet it: what it writes and prints, and one sentence for everything that goes wrong."""

import json
import os
import resource
from pathlib import Path

import numpy as np
import pytest
from tiny_head import TinyWorld, write_tiny_head

import headpose
from runtime.errors import HeadPoseError
from runtime.images import read_image
from training.data.registry import open_dataset
from training.data.synthetic import generate as generate_module
from training.data.synthetic import world as world_module
from training.data.synthetic.scene_plan import ScenePlan


@pytest.fixture(scope="module")
def drawing():
    """Skips where nothing can be rendered."""
    pytest.importorskip("moderngl", reason="moderngl is not installed, so nothing that is rendered is tested")
    from training.data.synthetic.renderer import Renderer

    try:
        Renderer(8).close()
    except HeadPoseError as error:
        pytest.skip(f"NOTHING THAT IS RENDERED IS TESTED: {error}")


@pytest.fixture
def synth(monkeypatch, tmp_path, capsys):
    """The command on a tiny head: (exit code, standard output, errors)."""
    monkeypatch.setattr(world_module, "World", TinyWorld)
    monkeypatch.delenv(world_module.ASSETS_VARIABLE, raising=False)
    model = write_tiny_head(tmp_path / "head.npz")

    def run(*words, count=5):
        fixed = ["--out", tmp_path / "set", "--count", count, "--head-model", model, "--size", 48, "--workers", 2]
        capsys.readouterr()
        code = headpose.main(["synth", *map(str, [*fixed, "--shard-size", 2, *words])])
        return code, *capsys.readouterr()

    return run


def files_of(folder):
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_a_set_with_its_sheet(synth, drawing, tmp_path):
    code, out, errors = synth("--sheet", 3, "--json")
    assert code == 0, errors
    facts = json.loads(out)
    assert facts["pictures"] == facts["rendered_now"] == 5
    assert "no asset pack: heads have drawn skins" in errors
    folder = tmp_path / "set"
    assert len(list(folder.glob("shard_0000?/*.jpg"))) == 5
    assert read_image(folder / "contact_sheet.png").shape[1] > 3 * 224
    source = open_dataset("FaceList", folder)
    lines = [json.loads(line) for line in (folder / "scenes.jsonl").read_text().splitlines()]
    plans = [ScenePlan.from_json(line["scene"]) for line in lines]
    np.testing.assert_allclose(source.rotations, [plan.rotation for plan in plans], atol=1e-12)
    assert [plan.index for plan in plans] == list(range(5))
    code, out, _ = synth("--sheet", 0, "--json")
    assert (code, json.loads(out)["rendered_now"]) == (0, 0)


def test_what_is_held_out_can_be_evaluated_on(synth, drawing, tmp_path):
    code, out, _ = synth("--held-out", "--density", "uniform", "--sheet", 0, "--format", "png", count=3)
    assert code == 0
    assert "pictures: 3" in out
    groups = open_dataset("FaceList", tmp_path / "set").groups
    assert all(int(group) >= 1_000_000 for group in groups)
    assert (tmp_path / "set" / "shard_00001" / "000000.png").is_file()


def test_a_dry_run_does_nothing(synth, tmp_path):
    model = tmp_path / "absent" / "head.npz"
    code, out, _ = synth("--dry-run", "--json", "--head-model", model, count=1000)
    plan = json.loads(out)
    assert code == 0
    assert (plan["still_to_render"], plan["shards"]) == (1000, 500)
    assert plan["head_model"] == f"{model} (will be made, 1-2 minutes)"
    assert files_of(tmp_path) == ["head.npz"]


def half_copied(folder):
    (folder / "skins" / "young_asian_male" / "textures").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--count", 0), "--count is 0: a rendered set needs 1 or more"),
        (("--workers", 0), "--workers is 0"),
        (("--shard-size", -2), "--shard-size is -2"),
        (("--sheet", -1), "--sheet is -1"),
        (("--size", 4), "pictures of 4 pixels cannot be rendered"),
        (("--seed", -1), "seed of rendered heads is -1"),
        (("--density", "unifrm"), "unknown pose density 'unifrm': did you mean 'uniform'"),
        (("--max-yaw", 200), "largest yaw of 200° makes no set of faces"),
        (("--assets", "absent"), "there is no asset pack at absent"),
        (("--backgrounds", "absent"), "folder of backgrounds absent is not there"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_sentence_before_anything_is_made(synth, tmp_path, words, sentence):
    code, out, errors = synth(*words)
    assert (code, out) == (2, "")
    assert sentence in errors
    assert errors.count("error:") == 1
    assert not (tmp_path / "set").exists()


def test_a_pack_that_was_copied_in_part(synth, tmp_path):
    code, _, errors = synth("--assets", half_copied(tmp_path / "pack"))
    assert code == 2
    assert "young_asian_male has no picture in its folder textures: copy it whole or remove it" in errors


def test_no_driver_is_said_once(synth, drawing, monkeypatch, tmp_path):
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", os.devnull)
    code, _, errors = synth()
    assert code == 2
    assert errors.count("OpenGL cannot be started through EGL") == 1
    assert "apt-get install" in errors
    assert files_of(tmp_path / "set") == ["manifest.json"]
    monkeypatch.undo()


def test_other_parameters_in_the_same_folder(synth, drawing, tmp_path):
    assert synth("--sheet", 0)[0] == 0
    before = files_of(tmp_path / "set")
    code, _, errors = synth("--seed", 3)
    assert code == 2
    assert "holds a set rendered with seed 0, not 3: give another folder, or the same parameters" in errors
    assert files_of(tmp_path / "set") == before


def test_a_folder_that_cannot_be_written(synth, tmp_path):
    (tmp_path / "file").touch()
    code, _, errors = synth("--out", tmp_path / "file" / "set")
    assert code == 2
    assert "cannot create the folder" in errors
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "holiday.jpg").touch()
    code, _, errors = synth()
    assert code == 2
    assert "holds other files: give a new folder" in errors


@pytest.fixture
def small_files():
    """No file may grow beyond 700 bytes, in this process and in those that it starts: as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (700, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more(synth, drawing, monkeypatch, tmp_path, small_files):
    begin = generate_module.begin_set

    def begin_and_fill(*arguments):
        try:
            return begin(*arguments)
        finally:
            small_files()  # the manifest is written, no picture will be

    monkeypatch.setattr(generate_module, "begin_set", begin_and_fill)
    code, _, errors = synth()
    assert code == 2
    assert errors.count("error: cannot write") == 1
    assert "File too large" in errors
    assert files_of(tmp_path / "set") == ["manifest.json"]


def test_a_killed_process_is_exit_code_1(synth, monkeypatch):
    def killed(*arguments):
        raise generate_module.WorkerDiedError("a process that renders died: run the same command again to go on")

    monkeypatch.setattr(generate_module, "generate", killed)
    code, out, errors = synth()
    assert (code, out) == (1, "")
    assert errors.splitlines()[-1] == "error: a process that renders died: run the same command again to go on"


def test_help_tells_where_the_pack_comes_from(capsys):
    with pytest.raises(SystemExit):
        headpose.main(["synth", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "HEADPOSE_MAKEHUMAN" in text
    assert Path("training/data/synthetic/assets.py").as_posix() in text
