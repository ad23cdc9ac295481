"""The Colab notebook: well formed, every command in it is one of ours, and from clone to export it does its work."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from notebook_rehearsal import CODE_CELLS, NOTEBOOK, Rehearsal

from training.config import TrainConfig, check, read_recipe, recipe_names, with_values

ROOT = Path(__file__).resolve().parent.parent
TEXT = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")


def parameters():
    """The values of the parameters cell as they are shipped."""
    values = {}
    exec(CODE_CELLS["parameters"], values)
    return {name: value for name, value in values.items() if name.isupper()}


def test_it_is_a_valid_notebook_without_outputs():
    nbformat.validate(NOTEBOOK)
    assert (NOTEBOOK.nbformat, NOTEBOOK.nbformat_minor) == (4, 5)
    assert NOTEBOOK.metadata.kernelspec.name == "python3"
    assert [c.id for c in NOTEBOOK.cells if c.cell_type == "code" and (c.outputs or c.execution_count)] == []
    tagged = [cell.id for cell in NOTEBOOK.cells if "parameters" in cell.metadata.get("tags", ())]
    assert tagged == ["parameters"]


def test_no_command_can_fail_without_stopping_the_notebook():
    """Neither `!command` nor `%magic`: those go on after a failure."""
    assert [id for id, source in CODE_CELLS.items() if re.search(r"(?m)^\s*[!%]|os\.system|get_ipython", source)] == []


def test_the_terms_of_the_data_are_said_and_nothing_is_downloaded():
    assert TEXT.count("academic use only") >= 3
    assert re.findall(r"wget|curl|gdown|kaggle|urlopen|https?://", "\n".join(CODE_CELLS.values())) == []


def test_the_parameters_fit_the_recipe():
    given = parameters()
    assert given["RECIPE"] in recipe_names()
    recipe = check(with_values(TrainConfig(), read_recipe(given["RECIPE"]), "the recipe"))
    same = ("BACKBONE_TYPE", "BATCH_SIZE", "IMAGE_SIZE")
    assert {name: given[name] for name in same} == {name: getattr(recipe, name.lower()) for name in same}
    assert (recipe.dataset, recipe.num_epochs) == ("Pose_300W_LP", given["EPOCHS"])
    assert given["REPOSITORY"] == "" or given["REPOSITORY"].startswith("https://")


def names_of(commands):
    return [command[0] for command in commands]


def value_of(command, flag):
    return command[command.index(flag) + 1]


def test_every_command_is_known_and_comes_in_its_order(tmp_path):
    commands = Rehearsal(tmp_path).perform()
    checks = ["doctor", "prepare", "prepare", "filenames", "filenames"]
    work = ["train", "train", "evaluate", "evaluate", "export", "parity", "evaluate", "compare"]
    assert names_of(commands) == [*checks, *work]
    plan, training = (command for command in commands if command[0] == "train")
    assert "--dry-run" in plan
    assert value_of(training, "--output_dir") == str(tmp_path / "drive/runs/first")
    assert [value_of(c, "--landmarks") for c in commands if c[0] == "evaluate"] == ["all", "visible", "all"]
    assert next((tmp_path / "drive/results").glob("*.zip")).stat().st_size > 0


def test_nothing_that_is_finished_is_done_twice(tmp_path):
    rehearsal = Rehearsal(tmp_path)
    rehearsal.perform()
    again = rehearsal.perform()
    assert names_of(again) == ["doctor", "prepare", "prepare", "filenames", "filenames", "train"]
    assert "--dry-run" in again[-1]


@pytest.mark.parametrize("drive", [True, False], ids=["on the drive", "without a drive"])
def test_a_training_that_was_interrupted_goes_on(tmp_path, drive):
    rehearsal = Rehearsal(tmp_path, **({} if drive else {"DRIVE": ""}))
    rehearsal.dies_in_training = True
    with pytest.raises(KeyboardInterrupt):
        rehearsal.perform()
    if drive:
        shutil.rmtree(tmp_path / "work")  # as a Colab session that ends
    rehearsal.dies_in_training = False
    training = [c for c in rehearsal.perform() if c[0] == "train"][-1]
    (run,) = (tmp_path / ("drive" if drive else "work") / "runs/first").iterdir()
    assert value_of(training, "--resume") == str(run)
    assert "--recipe" not in training
    assert value_of(training, "--num_epochs") == "4"


def test_a_finished_run_is_copied_to_the_drive_and_found_there(tmp_path):
    rehearsal = Rehearsal(tmp_path, SNAPSHOTS_ON_DRIVE=False)
    training = [c for c in rehearsal.perform() if c[0] == "train"][-1]
    assert value_of(training, "--output_dir") == str(tmp_path / "work/runs/first")
    assert value_of(training, "--copy_to") == str(tmp_path / "drive/finished/first/4_epochs")
    shutil.rmtree(tmp_path / "work")
    assert names_of(rehearsal.perform())[-2:] == ["filenames", "train"]  # the plan; nothing is trained or evaluated
    rehearsal.values["EPOCHS"] = 6
    assert "--resume" not in [c for c in rehearsal.perform() if c[0] == "train"][-1]  # its snapshots went with the disk


def test_more_epochs_go_on_in_the_same_run(tmp_path):
    rehearsal = Rehearsal(tmp_path)
    rehearsal.perform()
    rehearsal.values["EPOCHS"] = 6
    training = [c for c in rehearsal.perform() if c[0] == "train"][-1]
    assert value_of(training, "--resume").startswith(str(tmp_path / "drive/runs/first"))
    rehearsal.values["NAME"] = "second"
    assert "--resume" not in [c for c in rehearsal.perform() if c[0] == "train"][-1]


def test_the_weights_of_the_backbone_start_a_run_only(tmp_path):
    (tmp_path / "weights.pth").touch()
    rehearsal = Rehearsal(tmp_path, BACKBONE_WEIGHTS=str(tmp_path / "weights.pth"))
    training = [c for c in rehearsal.perform() if c[0] == "train"][-1]
    assert value_of(training, "--backbone_weights") == str(tmp_path / "weights.pth")


def test_a_target_that_is_added_later_is_exported_then(tmp_path):
    rehearsal = Rehearsal(tmp_path, TARGETS="onnx")
    rehearsal.perform()
    rehearsal.values["TARGETS"] = "onnx, tflite"
    (export,) = (c for c in rehearsal.perform() if c[0] == "export")
    assert value_of(export, "--targets") == "tflite"


def test_an_incomplete_data_set_stops_the_notebook_unless_allowed(tmp_path):
    rehearsal = Rehearsal(tmp_path)
    rehearsal.exit_codes = {"prepare": 1}
    with pytest.raises(RuntimeError, match="prepare failed"):
        rehearsal.perform()
    rehearsal.values["DATA_AS_PUBLISHED"] = False
    assert "compare" in names_of(rehearsal.perform())
    rehearsal.exit_codes = {"prepare": 2}
    with pytest.raises(RuntimeError, match="prepare failed"):
        rehearsal.perform()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"REPOSITORY": ""}, "REPOSITORY is empty"), ({"DATASETS": "elsewhere"}, "300W_LP is missing")],
    ids=["no repository", "no data"],
)
def test_what_the_user_forgot_is_said(tmp_path, monkeypatch, changes, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuntimeError, match=message):
        Rehearsal(tmp_path, **changes).perform()


def test_the_installed_pytorch_is_kept_and_all_else_is_pinned(tmp_path):
    Rehearsal(tmp_path).perform()
    lines = set((tmp_path / "work/constraints.txt").read_text().splitlines())
    shipped = set((ROOT / "constraints.txt").read_text().splitlines())
    torch = {f"{name}=={importlib.metadata.version(name)}" for name in ("torch", "torchvision")}
    assert torch <= lines
    left_out = {line.partition("==")[0] for line in shipped - lines}
    assert {"triton", "nvidia-cudnn-cu13", "cuda-toolkit"} <= left_out
    assert [name for name in left_out if not name.startswith(("nvidia-", "cuda-", "torch", "triton"))] == []
    assert "torchao" not in left_out


def run_of(folder):
    """The notebook's `run`, with its commands in `folder`/work."""
    names = {}
    exec(CODE_CELLS["parameters"], names)
    names.update(WORK=str(folder / "work"), DRIVE="", DATASETS=str(folder / "data"))
    exec(CODE_CELLS["setup"], names)
    return names["run"]


def test_run_shows_output_and_stops_at_a_failure(tmp_path, capfd):
    run = run_of(tmp_path)
    run(sys.executable, "-c", "import os, sys; print(os.getcwd()); print('said', file=sys.stderr)")
    shown = capfd.readouterr().out
    assert str(tmp_path / "work") in shown
    assert "said" in shown
    with pytest.raises(RuntimeError, match="exit code 3"):
        run(sys.executable, "-c", "raise SystemExit(3)")
    run(sys.executable, "-c", "raise SystemExit(1)", fine=(0, 1))


_INTERRUPTED = """
import sys
sys.path.insert(0, {tests!r})
from test_notebook import run_of
from pathlib import Path
child = '''
import signal, time
count = []
signal.signal(signal.SIGINT, lambda *_: count.append(1))
print("ready", flush=True)
while not count:
    time.sleep(0.01)
time.sleep(0.3)
print("saved after", len(count), flush=True)
'''
try:
    run_of(Path({folder!r}))(sys.executable, "-c", child)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def test_the_stop_button_lets_a_command_end_in_its_own_way(tmp_path):
    """Jupyter interrupts the kernel's whole process group; the command must be told once, and waited for."""
    script = _INTERRUPTED.format(tests=str(ROOT / "tests"), folder=str(tmp_path))
    words = [sys.executable, "-c", script]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1] == "ready":
            os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == 0
    assert lines[-3:] == ["ready", "saved after 1", "stopped"]


def execute(notebook, folder, monkeypatch, values, until=None):
    """Run the cells in a kernel of this Python with those parameters; returns all that they printed."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    spec = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "this one"}
    place = folder / "kernels/python3"
    place.mkdir(parents=True, exist_ok=True)
    (place / "kernel.json").write_text(json.dumps({**spec, "language": "python"}))
    for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    for name in ("http_proxy", "https_proxy", "all_proxy"):  # whoever asks the network for something gets no answer
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    cells = [cell.copy() for cell in notebook.cells]
    ids = [cell.id for cell in cells]
    given = nbformat.v4.new_code_cell("\n".join(f"{name} = {value!r}" for name, value in values.items()))
    cells.insert(ids.index("parameters") + 1, given)
    if until:
        del cells[ids.index(until) + 2 :]
    copy = nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)
    kernels = AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder / "kernels")])
    )
    NotebookClient(copy, km=kernels, timeout=900, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = sum("image/png" in output.get("data", {}) for output in outputs)
    printed = "".join(output.get("text", "") for output in outputs)
    (folder / "printed.txt").write_text(printed)
    return printed, pictures


def contents(folder):
    """Relative path → hash and time of every file."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {
        file.relative_to(folder).as_posix(): (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
        for file in files
    }


def write_data(folder):
    """300W-LP as a folder, AFLW2000-3D as the archive that its authors give away."""
    from face_files import write_300w_lp, write_aflw2000

    write_300w_lp(folder / "data/300W_LP", size=120)
    (folder / "downloads").mkdir()
    write_aflw2000(folder / "loose/AFLW2000", size=120)
    shutil.make_archive(str(folder / "downloads/AFLW2000-3D"), "zip", folder / "loose", "AFLW2000")


@pytest.mark.slow
def test_the_whole_notebook_on_tiny_data(tmp_path, monkeypatch):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing to clone")
    write_data(tmp_path)
    values = {
        "REPOSITORY": str(ROOT),
        "WORK": str(tmp_path / "work"),
        "DRIVE": str(tmp_path / "drive"),
        "DATASETS": str(tmp_path / "data"),
        "ARCHIVES": str(tmp_path / "downloads"),
        "DATA_AS_PUBLISHED": False,
        "BACKBONE_TYPE": "repnext_m0",
        "EPOCHS": 1,
        "BATCH_SIZE": 8,
        "IMAGE_SIZE": 64,
        "WORKERS": 1,
        "TARGETS": "onnx",
    }
    printed, pictures = execute(NOTEBOOK, tmp_path, monkeypatch, values)
    assert pictures == 2 + 2 + 1 + 1 + 1  # curves and samples; two evaluations; parity; the file's evaluation; both
    (run,) = (tmp_path / "drive/runs/first").iterdir()
    (results,) = (path for path in (tmp_path / "drive/results").iterdir() if path.is_dir())
    check_results(run, results, printed)

    kept = contents(run), contents(results)
    time.sleep(0.01)
    again, _ = execute(NOTEBOOK, tmp_path, monkeypatch, values)
    assert f"{run} is finished" in again
    assert contents(run) == kept[0]
    changed = {name for name, state in contents(results).items() if state != kept[1][name]}
    assert {name.partition("/")[0] for name in changed} <= {"training"}  # copies of the run's files

    shutil.rmtree(tmp_path / "work")  # a new session, which trains for longer
    execute(NOTEBOOK, tmp_path, monkeypatch, {**values, "EPOCHS": 2}, until="look")
    assert [path.name for path in (tmp_path / "drive/runs/first").iterdir()] == [run.name]
    assert len(json.loads((run / "run.json").read_text())["starts"]) == 2
    assert json.loads((run / "summary.json").read_text())["epochs"] == 2


def check_results(run, results, printed):
    """What the notebook must leave behind."""
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    (start,) = json.loads((run / "run.json").read_text())["starts"]
    assert start["git"] == {"commit": head.stdout.strip(), "dirty": False}  # the clone ran, not this folder
    assert "-m pip" not in printed  # nothing had to be installed
    assert (run / "best.safetensors").is_file()
    assert (run / "first_epoch_1.tar").is_file()
    record = json.loads((results / "aflw2000_all/evaluation.json").read_text())
    assert record["scores"]["n"] == 5  # the sixth face is beyond 99°
    manifest = json.loads((results / "exported/manifest.json").read_text())
    assert [a["file"] for a in manifest["artifacts"]] == [
        "sixdrepnet_repnext_m0_fp16.onnx",
        "sixdrepnet_repnext_m0_fp32.onnx",
    ]
    parity = json.loads((results / "parity/parity.json").read_text())
    assert parity["passed"]
    assert len(parity["reports"]) == 2
    both = json.loads((results / "comparison/comparison.json").read_text())
    assert both
    assert results.with_suffix(".zip").is_file()
