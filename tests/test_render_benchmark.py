"""The renderer's benchmark: what is counted, what is written down, and what the README says of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource
from tiny_head import tiny_world

from benchmarks import record, render, report, spine
from benchmarks.render import RenderResult
from runtime.errors import HeadPoseError
from training.data.synthetic.generate import ONE_THREAD

SCHEMAS = [json.loads(file.read_text()) for file in (record.SCHEMA_FILE, spine.SCHEMA_FILE, render.SCHEMA_FILE)]
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS)
VALIDATOR = Draft202012Validator(SCHEMAS[-1], registry=REGISTRY)
RESULTS = sorted(render.RESULTS.rglob("*-render.json"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    pytest.importorskip("moderngl", reason="moderngl is not installed, so nothing that is rendered is tested")
    from training.data.synthetic.renderer import Renderer

    try:
        Renderer(8).close()
    except HeadPoseError as error:
        pytest.skip(f"NOTHING THAT IS RENDERED IS TESTED: {error}")
    return tiny_world(tmp_path_factory.mktemp("tiny") / "head.npz")


@pytest.fixture(scope="module")
def result(world):
    return render.run_render(world, pictures=20, warmup=3)


def test_a_tiny_run_is_a_record(result):
    VALIDATOR.validate(result.to_json())
    assert RenderResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    assert (result.pictures, result.warmup, result.size) == (20, 3, 48)
    assert len(result.processor_ms) == len(result.wall_ms) == 2
    assert result.images_per_second == pytest.approx(1000 / np.mean(result.processor_ms), rel=0.01)
    assert result.wall_images_per_second == pytest.approx(1000 / np.mean(result.wall_ms), rel=0.01)
    assert not result.asset_pack
    assert result.driver
    assert not result.valid  # two samples are no measurement
    assert "fewer than" in result.invalid_reasons[0]


def test_every_picture_is_another_scene_and_the_first_ones_are_not_measured(world, monkeypatch):
    drawn = []

    class Noted(type(world)):
        def _paint(self, renderer, index):
            drawn.append(index)
            return super()._paint(renderer, index)

    render.run_render(Noted(world.head_model, size=48), pictures=10, warmup=4)
    assert drawn == list(range(14))


def test_threads_are_given_back(world):
    import cv2

    before = cv2.getNumThreads()
    render.run_render(world, pictures=10, warmup=0)
    assert cv2.getNumThreads() == before


@pytest.mark.parametrize("options", [{"pictures": 0}, {"pictures": 15}, {"warmup": -1}], ids=str)
def test_nothing_to_measure_is_an_error(world, options):
    with pytest.raises(HeadPoseError, match="give a multiple of 10"):
        render.run_render(world, **options)


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"processor_ms": []}, {"pictures": 0}, {"extra": 1}, {"created": "yesterday"}, {"driver": ""}],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_refuses_what_is_no_result(result, change):
    with pytest.raises(ValidationError):
        VALIDATOR.validate({**result.to_json(), **change})


@pytest.mark.parametrize("change", [{"schema": 2}, {"wall_ms": None}, {"device": {}}], ids=str)
def test_damaged_records_are_named(result, change):
    with pytest.raises(HeadPoseError, match=r"old\.json cannot be read.*measure again"):
        RenderResult.from_json({**result.to_json(), **change}, "old.json")


@pytest.fixture
def alone(monkeypatch):
    """As a process that the command has started for itself."""
    for name, value in ONE_THREAD.items():
        monkeypatch.setenv(name, value)


def test_the_command_writes_once(world, result, tmp_path, monkeypatch, capsys, alone):
    asked = []
    monkeypatch.setattr(render, "open_world", lambda **choices: asked.append(choices) or world)
    monkeypatch.setattr(render, "run_render", lambda *_, **options: asked.append(options) or result)
    arguments = ["--out", str(tmp_path), "--pictures", "20", "--warmup", "3", "--size", "48"]
    assert render.main(arguments) == 0
    assert asked[0]["size"] == 48
    assert (asked[1]["pictures"], asked[1]["warmup"]) == (20, 3)
    (file,) = tmp_path.rglob("*-render.json")
    assert file.parent.name.startswith("host-")
    assert RenderResult.from_json(json.loads(file.read_text())) == result
    assert render.latest(tmp_path) == (file, result)
    assert f"{result.images_per_second} a second" in capsys.readouterr().out
    assert render.main(arguments) == 2
    assert "exists already" in capsys.readouterr().err
    assert render.main([*arguments, "--overwrite"]) == 0


def test_the_command_measures_in_a_process_of_one_thread(monkeypatch):
    started = []

    def run(command, env):
        started.append((command, env))
        return type("Done", (), {"returncode": 7})

    monkeypatch.setattr(render.subprocess, "run", run)
    monkeypatch.setenv("LP_NUM_THREADS", "4")
    assert render.main(["--pictures", "20"]) == 7
    ((command, env),) = started
    assert command[1:] == ["-m", "benchmarks.render", "--pictures", "20"]
    assert {name: env[name] for name in ONE_THREAD} == ONE_THREAD


def test_a_folder_that_is_no_pack_is_told(tmp_path, capsys, alone):
    assert render.main(["--out", str(tmp_path / "results"), "--assets", str(tmp_path / "absent")]) == 2
    assert "there is no asset pack at" in capsys.readouterr().err


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.stem)
def test_kept_results_can_be_read(file):
    data = json.loads(file.read_text())
    VALIDATOR.validate(data)
    kept = RenderResult.from_json(data, str(file))
    assert kept.valid == (not kept.invalid_reasons)
    assert not kept.git["dirty"]
    assert kept.pictures >= 200


def test_the_readme_table_shows_rates_and_doubts(result):
    text = report.render_markdown(replace(result, valid=False, invalid_reasons=("too busy",)), "benchmarks/x.json")
    rows = [line for line in text.splitlines() if line.startswith(("| processor", "| wall"))]
    assert rows[0].endswith(f"| {result.images_per_second:.1f} |")
    assert rows[1].endswith(f"| {result.wall_images_per_second:.1f} |")
    assert "too busy" in text
    assert "benchmarks/x.json" in text
    assert "drawn skins" in text
    sure = report.render_markdown(replace(result, valid=True, asset_pack=True, load=None), "benchmarks/x.json")
    assert "too busy" not in sure
    assert "MakeHuman" in sure
    assert "before the run unknown" in sure
    assert "Other work" not in sure
    assert "Other work" in report.render_markdown(replace(result, load=1.2), "benchmarks/x.json")
