"""What this machine can do: for every target whether it is usable, why not, and the line that installs it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from export import requirements
from export.doctor_tools import Tool, tools
from export.packages import Package, examine_packages


@dataclass(frozen=True)
class Target:
    """One thing that a person may want to do."""

    name: str
    """Short name."""
    purpose: str
    """The same in words."""
    extra: str
    """The extra that brings what it needs, '' for the bare project."""
    packages: tuple[str, ...]
    """Distributions that it needs."""


_TORCH = ("numpy", "torch", "torchvision", "timm", "safetensors")
TARGETS = (
    Target("pictures", "head poses of pictures", "", ("numpy", "opencv-python-headless", "pillow", "ai-edge-litert")),
    Target("onnx run", "run an .onnx file", "onnx", ("numpy", "onnxruntime")),
    Target("tflite run", "run a .tflite file", "tflite", ("numpy", "ai-edge-litert")),
    Target("coreml run", "run an .mlpackage", "coreml", ("numpy", "torch", "coremltools")),
    Target("pytorch run", "run or train a checkpoint", "train", _TORCH),
    Target("onnx export", "write .onnx files", "export", (*_TORCH, "onnx", "onnxscript", "onnxsim", "onnxruntime")),
    Target("tflite export", "write .tflite files", "export", (*_TORCH, "litert-torch", "ai-edge-litert")),
    Target("coreml export", "write .mlpackage folders", "export", (*_TORCH, "coremltools")),
    Target("parity", "prove the rotations", "export", (*_TORCH, "scikit-image")),
    Target("video", "head poses of video files", "video", ("av",)),
    Target("webcam", "live head poses", "webcam", ("pygame-ce", "opencv-python-headless")),
    Target("tensorflow", "second opinion on .tflite files", "tensorflow", ("tensorflow",)),
)


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one target."""

    target: str
    """Its name."""
    purpose: str
    """What it is for."""
    state: str
    """'usable', 'missing' (not installed, or nothing here to use it with) or 'broken' (installed, does not work)."""
    reason: str
    """Versions if usable, else what is wrong."""
    install: str | None
    """The command that changes it, None if there is nothing to install."""


@dataclass(frozen=True)
class Report:
    """Everything the doctor found."""

    headpose: str
    """Version of this project."""
    python: str
    """Version of Python."""
    system: str
    """Operating system and processor."""
    git: dict[str, Any]
    """Commit of the checkout and whether its tree is dirty; both None outside a checkout."""
    disk_free_gb: float
    """Free space where the command runs."""
    memory_available_gb: float | None
    """Memory that can be used now, None where the system does not tell."""
    deep: bool
    """Whether heavy packages were imported."""
    targets: list[Verdict]
    """One verdict per target."""
    packages: list[Package]
    """Every package that was looked at."""
    notes: list[str] = field(default_factory=list)
    """What else is worth knowing."""

    @property
    def healthy(self) -> bool:
        """False if something that is installed does not work."""
        return all(verdict.state != "broken" for verdict in self.targets)

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps."""
        return {**asdict(self), "healthy": self.healthy}


def examine(*, deep: bool = False) -> Report:
    """Look at every package and target; never raises because of what it finds.

    Args:
        deep: also import the packages that take seconds (PyTorch, coremltools, …).
    """
    import headpose

    packages = examine_packages(deep=deep)
    memory = memory_available_gb()
    disk = _disk_free_gb(Path.cwd())
    return Report(
        headpose=headpose.__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        git=_git(),
        disk_free_gb=disk,
        memory_available_gb=memory,
        deep=deep,
        targets=[*(judge(target, packages) for target in TARGETS), *(_of_tool(tool) for tool in tools())],
        packages=list(packages.values()),
        notes=_notes(disk, memory),
    )


def _git() -> dict[str, Any]:
    try:
        from runtime.provenance import git_state
    except ImportError:  # it needs numpy, which may be what is broken
        return {"commit": None, "dirty": None}
    # An installed copy may lie inside somebody else's repository, whose commit says nothing of this code.
    return git_state(requirements.ROOT) if requirements.is_checkout() else {"commit": None, "dirty": None}


def judge(target: Target, packages: dict[str, Package]) -> Verdict:
    """The verdict on one target: broken before missing, missing before usable."""
    needed = [packages[name] for name in target.packages]
    problems = [package.problem for package in needed if package.problem]
    missing = [package.name for package in needed if package.version is None]
    install = requirements.install_line(target.extra)
    if problems:
        lost = [f"{name} is not installed" for name in missing]
        return Verdict(target.name, target.purpose, "broken", "; ".join(problems + lost), install)
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        reason = f"{', '.join(missing)} {verb} not installed"
        return Verdict(target.name, target.purpose, "missing", reason, install)
    absent = _absent_hardware(target.name)
    if absent:
        return Verdict(target.name, target.purpose, "missing", absent, None)
    versions = ", ".join(f"{package.name} {package.version}" for package in needed if package.name != "numpy")
    return Verdict(target.name, target.purpose, "usable", versions + _how(target.name), None)


def _of_tool(tool: Tool) -> Verdict:
    if tool.found is not None:
        return Verdict(tool.name, tool.purpose, "usable", tool.found, None)
    return Verdict(tool.name, tool.purpose, "missing", tool.lacking, tool.install)


def _how(target: str) -> str:
    if target != "coreml run":
        return ""
    if sys.platform == "darwin":
        return "; by Core ML itself"
    return "; emulated operation by operation: proves the conversion, says nothing of the Neural Engine's speed"


def _absent_hardware(target: str) -> str | None:
    if target != "webcam" or not sys.platform.startswith("linux"):
        return None
    if not any(Path("/dev").glob("video*")):
        return "the packages are there, but no camera (/dev/video*)"
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "the packages are there, but no display (DISPLAY is not set)"
    return None


def memory_available_gb() -> float | None:
    """Memory that can be used without swapping, in 10⁹ bytes; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return round(kilobytes[0] * 1024 / 1e9, 1) if kilobytes else None


def _disk_free_gb(folder: Path) -> float:
    return round(shutil.disk_usage(folder).free / 1e9, 1)


def _notes(disk_gb: float, memory_gb: float | None) -> list[str]:
    notes = []
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        notes.append("coremltools 9.0 has wheels for Python 3.11 to 3.13 only: Core ML needs one of those")
    if disk_gb < 8:
        notes.append(f"{disk_gb} GB of disk are free: the install with every extra takes about 7 GB")
    if memory_gb is not None and memory_gb < 8:
        notes.append(f"{memory_gb} GB of memory are free: exporting RepNeXt-M4 to every target may take up to 8 GB")
    return notes
