"""The `headpose` command and the lazy public names: dispatch, exit codes, suggestions, and what is NOT imported."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import headpose
from runtime.errors import HeadPoseError

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {
    *("torch", "torchvision", "timm", "cv2", "coremltools", "onnx", "onnxruntime", "litert_torch", "ai_edge_litert"),
    *("av", "pygame", "skimage", "PIL", "scipy", "tensorflow"),
}


def imported_by(code):
    """Top-level names of the modules that a fresh Python holds after running `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint('\\n' + ' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_help_imports_nothing_that_takes_time():
    modules = imported_by("import headpose; headpose.main([])")
    assert "runtime" in modules
    assert not modules & (HEAVY | {"numpy", "rich", "subprocess", "asyncio"})


def test_import_runtime_is_instant():
    assert not imported_by("import runtime") & (HEAVY | {"numpy", "rich"})


@pytest.mark.parametrize("module", ["runtime.estimator", "runtime.sessions", "runtime.rotation", "runtime.detector"])
def test_the_runtime_imports_numpy_only(module):
    modules = imported_by(f"import {module}")
    assert "numpy" in modules
    assert not modules & (HEAVY | {"training", "export", "benchmarks"})


@pytest.mark.parametrize("command", headpose.COMMANDS)
def test_help_of_a_command_names_its_options_and_imports_nothing_heavy(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        headpose.main([command, "--help"])
    text = capsys.readouterr().out
    assert stopped.value.code == 0
    assert text.startswith(f"usage: headpose {command}")
    assert headpose.COMMANDS[command][1].split()[0] in text
    assert not imported_by(f"import importlib; importlib.import_module('{headpose.COMMANDS[command][0]}')") & HEAVY


@pytest.mark.parametrize("command", headpose.COMMANDS)
def test_a_command_declares_options_and_runs(command):
    module = importlib.import_module(headpose.COMMANDS[command][0])
    assert module.run.__doc__
    assert module.add_arguments.__doc__


PARTS = [["prepare", "check"], ["bench", "host"], ["bench", "compare"]]
TABLES = [[c] for c in headpose.COMMANDS if c not in ("demo", "prepare", "bench")] + PARTS


@pytest.mark.parametrize("command", TABLES, ids=" ".join)
def test_every_table_has_a_json_form(command, capsys):
    with pytest.raises(SystemExit):
        headpose.main([*command, "--help"])
    assert "--json" in capsys.readouterr().out


def test_the_overview_lists_every_command(capsys):
    assert headpose.main([]) == 0
    text = capsys.readouterr().out
    for command, (_, line) in headpose.COMMANDS.items():
        assert f"{command} " in text
        assert line in text


@pytest.mark.parametrize(
    ("typed", "meant"), [("exprot", "export"), ("docter", "doctor"), ("paritty", "parity"), ("predicts", "predict")]
)
def test_a_misspelt_command_suggests_the_nearest(typed, meant, capsys):
    assert headpose.main([typed]) == 2
    captured = capsys.readouterr()
    assert f"unknown command '{typed}': did you mean '{meant}'?" in captured.err
    assert captured.out == ""


def test_a_command_like_no_other_gets_the_list(capsys):
    assert headpose.main(["zzzz"]) == 2
    error = capsys.readouterr().err
    assert "did you mean" not in error
    assert all(command in error for command in headpose.COMMANDS)


@pytest.mark.parametrize(
    ("outcome", "code", "message"),
    [
        pytest.param(0, 0, "", id="done"),
        pytest.param(1, 1, "", id="a check failed"),
        pytest.param(HeadPoseError("the picture is empty: take another"), 2, "error: the picture is empty", id="bad"),
        pytest.param(KeyboardInterrupt(), 130, "interrupted", id="interrupted"),
    ],
)
def test_exit_codes(monkeypatch, capsys, outcome, code, message):
    def run(args):
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(importlib.import_module("export.commands.doctor"), "run", run)
    assert headpose.main(["doctor"]) == code
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.parametrize("argv", [["doctor", "--no-such-option"], ["--no-such-option"]], ids=["command", "top"])
def test_an_unknown_option_is_bad_input(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        headpose.main(argv)
    assert stopped.value.code == 2
    assert "--no-such-option" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-m", "headpose"], [str(Path(sys.executable).with_name("headpose"))]],
    ids=["python -m headpose", "console script"],
)
def test_both_ways_to_start_it(command):
    if not Path(command[0]).exists():
        pytest.skip("the project is not installed in this environment")
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout.strip()) == (0, f"headpose {headpose.__version__}")
    assert subprocess.run([*command, "exprot"], capture_output=True, cwd=ROOT).returncode == 2


def test_a_reader_that_leaves_early_is_no_error():
    command = f"'{sys.executable}' -m headpose doctor | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (done.stderr, done.stdout.strip()) == ("", "141")


@pytest.mark.parametrize("name", headpose._PUBLIC)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(headpose, name)
    assert value is getattr(importlib.import_module(headpose._PUBLIC[name]), name)
    assert value.__doc__
    assert name in dir(headpose)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'SixDRepNett'"):
        _ = headpose.SixDRepNett


def test_import_headpose_is_lazy():
    assert not imported_by("import headpose") & (HEAVY | {"numpy", "training", "export", "runtime"})
