"""`headpose doctor`: what it says of missing, outdated and broken packages; nothing that it meets makes it crash."""

import itertools
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from export import doctor, packages, requirements
from export.packages import Package

ROOT = Path(__file__).resolve().parent.parent

# Runs in every Python that is started with this folder on PYTHONPATH: hides or breaks packages by name.
SITECUSTOMIZE = """
import importlib.metadata, os, sys
absent = set(filter(None, os.environ.get("ABSENT", "").split(",")))   # distribution and module are gone
broken = set(filter(None, os.environ.get("BROKEN", "").split(",")))   # distribution is there, import fails
real_version = importlib.metadata.version
def version(name):
    if name in absent:
        raise importlib.metadata.PackageNotFoundError(name)
    return real_version(name)
importlib.metadata.version = version
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent | broken:
            raise ImportError(f"lib{name}.so.1: cannot open shared object file")
sys.meta_path.insert(0, Blocker())
"""


@pytest.fixture
def run_doctor(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SITECUSTOMIZE)

    def run(*args, absent="", broken=""):
        path = os.pathsep.join([str(tmp_path), str(ROOT)])
        env = {**os.environ, "PYTHONPATH": path, "ABSENT": absent, "BROKEN": broken}
        command = [sys.executable, "-m", "headpose", "doctor", *args]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, timeout=120)

    return run


def verdicts(done):
    assert not done.stderr, done.stderr
    return {v["target"]: v for v in json.loads(done.stdout)["targets"]}


def test_a_hidden_package_is_missing_and_its_install_line_is_given(run_doctor):
    done = run_doctor("--json", absent="onnxruntime,onnxruntime-gpu,av,litert-torch,litert_torch")
    found = verdicts(done)
    assert done.returncode == 0  # nothing that is installed is broken
    assert {"onnx run", "video", "tflite export"} <= {t for t, v in found.items() if v["state"] == "missing"}
    assert found["onnx run"]["reason"] == "onnxruntime is not installed"
    assert found["onnx run"]["install"] == "pip install -c constraints.txt -e '.[onnx]'"
    assert found["video"]["install"] == "pip install -c constraints.txt -e '.[video]'"
    assert found["tflite run"]["state"] == "usable"


def test_a_package_that_cannot_be_imported_is_broken(run_doctor):
    done = run_doctor("--json", broken="onnxruntime")
    found = verdicts(done)
    assert done.returncode == 1
    assert found["onnx run"]["state"] == found["onnx export"]["state"] == "broken"
    assert "libonnxruntime.so.1: cannot open shared object file" in found["onnx run"]["reason"]
    assert found["tflite run"]["state"] == "usable"


@pytest.mark.parametrize("name", ["numpy", "torch", "coremltools", "rich"])
def test_a_broken_foundation_is_reported_and_never_a_traceback(run_doctor, name):
    done = run_doctor(broken=name)
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if name == "rich" else 1)
    assert ("broken" in done.stdout) == (name != "rich")


def test_nothing_heavy_is_imported():
    code = "import sys; import export.doctor as d; d.examine(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    heavy = {"torch", "timm", "coremltools", "litert_torch", "onnx", "onnxruntime", "cv2", "av", "tensorflow"}
    assert not heavy & set(done.stdout.split())


def test_this_environment_can_export_and_run_everything():
    report = doctor.examine()
    states = {v.target: v.state for v in report.targets}
    assert report.healthy
    assert {t for t, s in states.items() if s != "usable"} <= {
        "webcam",
        "tensorflow",
        "android bench",
        "iphone bench",
        "arm parity",
    }
    assert report.to_json()["targets"][0].keys() == {"target", "purpose", "state", "reason", "install"}


@pytest.mark.parametrize(
    ("version", "state", "words"),
    [
        pytest.param("2.3.5", "usable", "", id="inside"),
        pytest.param("2.4.0", "broken", "numpy 2.4.0 is outside >=2,<2.4: coremltools 9.0 has faults", id="too new"),
        pytest.param("1.26.4", "broken", "numpy 1.26.4 is outside >=2,<2.4", id="too old"),
        pytest.param(None, "missing", "numpy is not installed", id="absent"),
    ],
)
def test_versions_are_held_against_the_declared_bounds(monkeypatch, version, state, words):
    real = requirements.installed_version
    monkeypatch.setattr(requirements, "installed_version", lambda n: version if n == "numpy" else real(n))
    monkeypatch.setattr(packages, "import_failure", lambda module: None)
    verdict = doctor.judge(doctor.TARGETS[1], packages.examine_packages())
    assert verdict.state == state
    assert words in verdict.reason


def test_broken_outranks_missing_and_both_are_told():
    found = {
        "av": Package("av", None, ">=14", None),
        "torch": Package("torch", "2.15.0", "<2.15", "torch 2.15.0 is outside <2.15"),
    }
    verdict = doctor.judge(doctor.Target("x", "a thing", "all", ("av", "torch")), found)
    assert verdict.state == "broken"
    assert verdict.reason == "torch 2.15.0 is outside <2.15; av is not installed"


def test_outside_a_checkout_the_package_is_installed_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(requirements, "ROOT", tmp_path)
    assert requirements.install_line("onnx") == "pip install 'sixdrepnext[onnx]'"
    assert requirements.install_line("") == "pip install 'sixdrepnext'"
    assert requirements.declared_bounds()["numpy"] in (">=2,<2.4", "<2.4,>=2")  # from the installed metadata


@pytest.mark.parametrize(
    ("module", "words"),
    [
        pytest.param("os", None, id="works"),
        pytest.param("no_such_module_here", "ModuleNotFoundError", id="not there"),
        pytest.param("os; import signal; os.kill(os.getpid(), signal.SIGSEGV)", "killed by signal 11", id="crashes"),
        pytest.param("time; time.sleep(9)", "took more than 1 s", id="hangs"),
    ],
)
def test_import_failure(module, words):
    failure = packages.import_failure(module, timeout_s=1 if "sleep" in module else 60)
    assert failure is None if words is None else words in failure


def test_the_native_reader_of_coremltools(monkeypatch, tmp_path):
    assert packages.coreml_reader_failure() is None
    (tmp_path / "coremltools").mkdir()
    (tmp_path / "coremltools" / "__init__.py").write_text("raise RuntimeError('never imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "coremltools", raising=False)
    assert "is not in this build of coremltools" in packages.coreml_reader_failure()
    (tmp_path / "coremltools" / "libmilstoragepython.so").write_bytes(b"\x7fELF truncated")
    assert "ImportError" in packages.coreml_reader_failure()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's list of loaded libraries")
def test_the_reader_is_not_loaded_into_this_process():
    """Loaded twice, it refuses: coremltools would come up without it and could write no .mlpackage."""
    code = (
        "from export.packages import coreml_reader_failure; assert coreml_reader_failure() is None\n"
        "print('libmilstorage' in open('/proc/self/maps').read())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("bounds", ["", ">=2,<2.4", ">=2.3,<2.4", "==9.0", "!=2.3.5", "<=2.14.1", ">0.10"])
@pytest.mark.parametrize(
    "version", ["1.26.4", "2.0", "2", "2.3.5", "2.4.0", "2.14.1", "9.0", "9.0.0", "0.10", "0.10.1"]
)
def test_version_comparison_agrees_with_packaging(version, bounds):
    assert requirements.satisfies(version, bounds) == SpecifierSet(bounds).contains(version)


def test_declared_bounds_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    expected = {r.name: r.specifier for r in map(Requirement, lines) if r.name != "sixdrepnext"}
    assert {n: SpecifierSet(b) for n, b in requirements.declared_bounds().items()} == expected
    used = {name for target in doctor.TARGETS for name in target.packages}
    assert used <= expected.keys()
    assert used <= packages.MODULES.keys()


@pytest.mark.slow
def test_deep_look_finds_everything_importable():
    assert all(package.problem is None for package in packages.examine_packages(deep=True).values())


def test_programs_outside_python_are_named_with_what_to_do(monkeypatch, tmp_path):
    from export import doctor_tools

    monkeypatch.setenv("HEADPOSE_EMULATION", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    lacking = {tool.name: tool for tool in doctor_tools.tools()}
    assert {tool.found for tool in lacking.values()} == {None}
    assert lacking["arm parity"].install == "python -m export.emulation install"
    assert lacking["android bench"].install.startswith("apt-get install adb")
    (tmp_path / "adb").write_text("#!/bin/sh\n")
    (tmp_path / "adb").chmod(0o755)
    verdicts = {v.target: v for v in doctor.examine().targets}
    assert (verdicts["android bench"].state, verdicts["android bench"].reason) == ("usable", str(tmp_path / "adb"))
    assert verdicts["iphone bench"].state == "missing"
    assert verdicts["arm parity"].state == "missing"
    assert doctor.examine().healthy
