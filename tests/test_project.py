"""The rules of the house, read from the source: who may import whom, what is heavy, how long, typed and pinned."""

import ast
import os
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("weights", "runtime", "training", "export", "benchmarks")
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in [*SOURCES, ROOT / "headpose.py"]}

# Arrows point one way: a package may import these and itself.
MAY_IMPORT = {
    "weights": set(),
    "runtime": set(),
    "training": {"runtime", "weights"},
    "export": {"runtime", "training"},
    "benchmarks": {"runtime", "training", "export"},
}

# A heavy foreign package changes often; these are all the modules that a change of it may touch.
IMPORTERS = {
    "coremltools": {
        "export/coreml.py",
        "export/quantize/coreml.py",
        "export/quantize/coreml_weights.py",
        "runtime/mil/package.py",
    },
    "onnxruntime": {"export/emulation/worker.py", "export/quantize/onnx.py", "runtime/sessions/onnx.py"},
    "onnxsim": {"export/onnx.py"},
    "onnxscript": {"export/onnx.py"},
    "onnx": {"export/onnx.py", "export/inspect.py", "export/quantize/onnx.py", "runtime/sessions/onnx.py"},
    "litert_torch": {"export/tflite_worker.py"},
    "ai_edge_quantizer": {"export/quantize/tflite.py", "export/tflite.py"},
    "ai_edge_litert": {
        "export/emulation/worker.py",
        "runtime/litert.py",
        "runtime/sessions/tflite.py",
        "runtime/tflite_file.py",
    },
    "av": {"runtime/video.py"},
    "pygame": {"runtime/live.py"},
    "tensorflow": set(),
    "scipy": {"benchmarks/loader_pipelines.py"},
    "yaml": {"training/config.py"},
    "matplotlib": {
        "benchmarks/pareto_picture.py",
        "training/figures.py",
        "training/curves.py",
        "training/evaluation_picture.py",
    },
    "tensorboard": set(),
    "anny": {"training/data/synthetic/head_model.py"},
    "moderngl": {"training/data/synthetic/renderer.py"},
}
# These may not stand at the top of a module of the runtime or of export; the runtime needs no PyTorch to be imported.
LAZY = {*IMPORTERS, "cv2", "PIL", "rich", "skimage", "torchvision", "timm"}


def relative(file):
    return file.relative_to(ROOT).as_posix()


def module_name(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree, *, lazy):
    """Names of imported modules: those of the module's top level, and with `lazy` those inside functions too.

    `if TYPE_CHECKING:` imports nothing; `import_module("name")` imports like a statement.
    """
    names = []
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            names += [a.value for a in node.args if isinstance(a, ast.Constant)]
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += list(ast.iter_child_nodes(node))
    return names


def packages_of(names):
    return {name.partition(".")[0] for name in names}


def functions():
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield relative(file), node, node.end_lineno - node.lineno + 1


def public_functions():
    """Functions of a module and methods of its public classes whose names do not start with an underscore."""
    for file, tree in TREES.items():
        classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
        for owner in [tree, *classes]:
            for node in owner.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield f"{relative(file)}:{node.name}", node


def test_the_scanner_sees_every_kind_of_import():
    tree = ast.parse(
        "import a.b\nfrom c import d\nif TYPE_CHECKING:\n    import never\nclass K:\n    import e\n"
        "def f():\n    from g import h\n    importlib.import_module('i.j')\n"
    )
    assert packages_of(imports(tree, lazy=False)) == {"a", "c", "e"}
    assert packages_of(imports(tree, lazy=True)) == {"a", "c", "e", "g", "i"}


@pytest.mark.parametrize("file", SOURCES, ids=relative)
def test_arrows_point_one_way(file):
    package = relative(file).partition("/")[0]
    forbidden = set(PACKAGES) - MAY_IMPORT[package] - {package}
    assert not packages_of(imports(TREES[file], lazy=True)) & forbidden


@pytest.mark.parametrize("package", IMPORTERS)
def test_a_foreign_package_is_imported_in_its_few_modules_only(package):
    found = {relative(f) for f, tree in TREES.items() if package in packages_of(imports(tree, lazy=True))}
    assert found <= IMPORTERS[package]


@pytest.mark.parametrize("file", [f for f in TREES if not relative(f).startswith("training")], ids=relative)
def test_heavy_packages_are_imported_inside_functions(file):
    top = packages_of(imports(TREES[file], lazy=False))
    assert not top & LAZY
    if not relative(file).startswith("export"):  # a module of export may need torch.nn.Module as a base class
        assert "torch" not in top


def test_no_import_cycles():
    names = {module_name(file): file for file in TREES}
    waits_for = {
        # a package's __init__ runs before its modules anyway, so the arrow to it is none
        name: {m for m in imports(TREES[file], lazy=False) if m in names and not f"{name}.".startswith(f"{m}.")}
        for name, file in names.items()
    }
    while ready := {name for name, needed in waits_for.items() if not needed}:
        waits_for = {n: needed - ready for n, needed in waits_for.items() if n not in ready}
    assert not waits_for, f"these import each other: {sorted(waits_for)}"


def test_functions_are_short():
    lengths = [length for _, _, length in functions()]
    assert [f"{file}:{node.name}" for file, node, length in functions() if length > 60] == []
    assert statistics.median(lengths) <= 12
    assert statistics.quantiles(lengths, n=20)[-1] <= 40


def test_files_are_short():
    lines = {relative(file): len(file.read_text(encoding="utf-8").splitlines()) for file in TREES}
    assert {file: count for file, count in lines.items() if count > 300} == {}


def test_no_file_is_a_drawer_for_everything():
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert [relative(file) for file in TREES if file.stem in drawers] == []


def test_every_module_says_what_it_is():
    assert [relative(file) for file, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_the_public_api_is_typed_and_documented():
    assert [name for name, node in public_functions() if not ast.get_docstring(node)] == []
    assert [name for name, node in public_functions() if node.returns is None] == []
    assert [name for name, node in public_functions() if _untyped(node)] == []


def _untyped(node):
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [a.arg for a in every if a is not None and a.annotation is None and a.arg not in ("self", "cls")]


OTHER_TESTS = sorted(set((ROOT / "tests").glob("*.py")) - {Path(__file__).resolve()})  # this one holds the patterns


@pytest.mark.parametrize("file", [*TREES, *OTHER_TESTS], ids=relative)
def test_no_machine_no_leftover_is_named(file):
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"/(?:work|root|home|Users)/\w+", text) == []
    assert re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text) == []
    assert re.findall(r"py[p]i\.org|pythonh[o]sted|/opt/py[p]i", text) == []
    assert re.findall(r"(?m)^\s*(?:breakpoint\(|import pdb)", text) == []


def pins():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return sorted({re.match(r"[\w.-]+", line)[0] for group in groups for line in group} - {"sixdrepnext"})


def test_every_pin_is_one_exact_version():
    assert [line for line in pins() if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []
    names = [line.partition("==")[0] for line in pins()]
    assert names == sorted(set(names))


@pytest.mark.parametrize("name", declared())
def test_every_declared_dependency_is_pinned_within_its_bounds(name):
    from export.requirements import declared_bounds, satisfies

    versions = dict(line.split("==") for line in pins())
    assert satisfies(versions[name], declared_bounds()[name])


def test_everything_that_the_extras_bring_is_pinned():
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pinned, needed = {line.partition("==")[0] for line in pins()}, set()
    waiting = [(name, extra) for name in declared() for extra in ("",) if name != "tensorflow"]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in needed:
            continue
        needed.add((name, extra))
        try:
            lines = requires(name) or []
        except PackageNotFoundError:  # belongs to another platform
            continue
        for line in map(Requirement, lines):
            if line.marker is None or line.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(line.name), e) for e in ("", *line.extras)]
    assert {name for name, _ in needed} - pinned == set()


def test_the_citation_file_has_what_citation_tools_ask_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == "6DRepNeXt"
    assert {"message", "authors", "title", "type"} <= citation.keys()
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    hempel, zhao = citation["references"]
    assert [author["family-names"] for author in hempel["authors"]] == ["Hempel", "Abdelrahman", "Al-Hamadi"]
    assert (hempel["doi"], hempel["start"], hempel["end"]) == ("10.1109/ICIP46576.2022.9897219", 2496, 2500)
    assert [author["family-names"] for author in zhao["authors"]] == ["Zhao", "Luo", "Ouyang"]
    assert "2406.16004" in zhao["url"]


def test_versions_agree():
    import headpose

    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == headpose.__version__


@pytest.mark.parametrize("target", ["setup", "demo", "test", "test-slow", "lint", "bench"])
def test_make_explains_its_targets(target):
    text = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^  make {target} +\S", text, re.MULTILINE)


SCRIPTS = [
    ".ci/run",
    ".ci/setup",
    ".ci/tools",
    "ios_app/ci/swift.sh",
    "ios_app/ci/check_app.sh",
    "android_app/ci/kotlin.sh",
    "android_app/ci/check_app.sh",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_shell_scripts_are_strict_and_whole(script):
    file = ROOT / script
    assert "set -euo pipefail" in file.read_text()
    assert os.access(file, os.X_OK)
    subprocess.run(["bash", "-n", str(file)], check=True)


def test_setup_refuses_a_python_that_cannot_work(tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    command = [str(ROOT / ".ci/setup"), str(tmp_path / "venv"), str(old)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Python 3.11 to 3.13" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_the_wheel_holds_everything_that_is_read_at_run_time(tmp_path):
    source = tmp_path / "source"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("headpose.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    data = [
        f
        for name in PACKAGES
        for f in (ROOT / name).rglob("*")
        if f.suffix in (".tflite", ".txt", ".glsl", ".yaml", ".ipynb", ".safetensors", ".html", ".css", ".js")
        or f.name == "published.json"
        or "schema" in f.name
        or (name == "weights" and f.suffix in (".json", ".md"))
    ]
    assert {relative(file) for file in [*TREES, *data]} - names == set()
    assert {name.rpartition("/")[2] for name in names if "licenses/" in name} == {"LICENSE", "NOTICE"}
