"""The packages that the project uses, as they are here: version, bounds, and whether they can be imported."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from export import requirements

# distribution → the module that the project imports from it
MODULES = {
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "pillow": "PIL.Image",
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "rich": "rich.table",
    "onnxruntime": "onnxruntime",
    "av": "av",
    "pygame-ce": "pygame",
    "safetensors": "safetensors",
    "scikit-image": "skimage",
    "onnx": "onnx",
    "onnxscript": "onnxscript",
    "onnxsim": "onnxsim",
    "torch": "torch",
    "torchvision": "torchvision",
    "timm": "timm",
    "coremltools": "coremltools",
    "litert-torch": "litert_torch",
    "tensorflow": "tensorflow",
}
# These take seconds to import, so the doctor does it only when asked to look deeper.
HEAVY = {
    *("torch", "torchvision", "timm", "coremltools", "litert-torch"),
    *("onnx", "onnxscript", "onnxsim", "tensorflow"),
}
WHY_BOUNDS = {
    "numpy": "coremltools 9.0 has faults with numpy 2.4",
    "torch": "litert-torch 0.10 takes torch below 2.15",
    "ai-edge-litert": "litert-torch 0.10 and its quantiser are built for ai-edge-litert 2.3",
    "litert-torch": "the exporter was tested with litert-torch 0.10",
}


@dataclass(frozen=True)
class Package:
    """One distribution as it is here."""

    name: str
    """Distribution name."""
    version: str | None
    """Installed version, None if it is missing."""
    bounds: str
    """What pyproject.toml asks for."""
    problem: str | None
    """Why it cannot be used, None if it can (or is missing)."""


def examine_packages(*, deep: bool = False) -> dict[str, Package]:
    """Every distribution of MODULES by name; light ones are imported, each in a process of its own."""
    bounds = requirements.declared_bounds()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        found = pool.map(lambda name: examine_package(name, bounds.get(name, ""), deep=deep), MODULES)
        return {package.name: package for package in found}


def examine_package(name: str, bounds: str, *, deep: bool) -> Package:
    """Version, bounds and whether the module can be imported."""
    version = requirements.installed_version(name)
    if version is None:
        return Package(name, None, bounds, None)
    if not requirements.satisfies(version, bounds):
        why = f": {WHY_BOUNDS[name]}" if name in WHY_BOUNDS else ""
        return Package(name, version, bounds, f"{name} {version} is outside {bounds}{why}")
    failure = import_failure(MODULES[name]) if deep or name not in HEAVY else _not_found(MODULES[name])
    if failure is None and name == "coremltools":
        failure = coreml_reader_failure()
    return Package(name, version, bounds, f"{name} {version} is installed but broken: {failure}" if failure else None)


def import_failure(module: str, timeout_s: float = 300) -> str | None:
    """Why a module cannot be imported, None if it can: tried in another process, which a faulty library may kill."""
    return _failure_of(f"import {module}", f"import {module}", timeout_s)


def _failure_of(code: str, name: str, timeout_s: float) -> str | None:
    """The last words of a Python process that runs `code`, None if it ends well."""
    command = [sys.executable, "-P", "-c", code]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return f"{name} took more than {timeout_s:.0f} s"
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return f"{name} was killed by signal {-done.returncode}"
    return (done.stderr.strip().splitlines() or [f"{name} failed"])[-1]


def _not_found(module: str) -> str | None:
    """Why a module cannot be found; the search of a top-level name imports nothing."""
    name = module.partition(".")[0]
    try:
        found = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError) as error:
        return str(error)
    return None if found else f"its module {name} is not there"


def coreml_reader_failure() -> str | None:
    """Why coremltools' native reader of weight files is missing, None if it loads (coremltools itself is not imported).

    Without the reader coremltools can neither write an .mlpackage nor give its weights back; the wheels for Windows
    and source installs come without. It is loaded in another process: once loaded from outside coremltools, it could
    not be loaded again by coremltools in this one.
    """
    name = "libmilstoragepython"
    try:
        package = importlib.util.find_spec("coremltools")
    except (ImportError, ValueError) as error:
        return str(error)
    folders = list(package.submodule_search_locations or []) if package else []
    files = [file for folder in folders for file in Path(folder).glob(f"{name}*.so")]
    if not files:
        return f"{name}, which reads and writes weight files, is not in this build of coremltools"
    return _failure_of(_LOAD_READER.format(name=name, file=str(files[0])), name, timeout_s=60)


_LOAD_READER = """
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location({name!r}, {file!r})
module = module_from_spec(spec)
spec.loader.exec_module(module)
module._BlobStorageReader
"""
