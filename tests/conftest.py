"""Fixtures that cost seconds and are made once: artefacts of seeded (untrained) networks."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock


def pytest_configure() -> None:
    """Let Ctrl-C reach the commands that tests start: a job in a shell's background, and so its children, ignore it.

    Benchmarks of test processes side by side do not refuse each other: every process has a lock of its own.
    """
    os.environ["HEADPOSE_BENCH_LOCK"] = str(Path(tempfile.gettempdir()) / f"headpose-bench-test-{os.getpid()}.lock")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _exported(factory: pytest.TempPathFactory, worker: str, backbone: str) -> Path:
    """A folder of artefacts, made by the first of the test processes that asks for it; the others wait."""
    from export.pipeline import export

    shared = factory.getbasetemp() if worker == "master" else factory.getbasetemp().parent
    folder = shared / f"exported_{backbone}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "manifest.json").is_file():  # written last
            export("untrained", backbone, out=folder, parity=False, overwrite=True)
    return folder


@pytest.fixture(scope="session")
def exported_m0(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder with ONNX, TFLite and Core ML files of RepNeXt-M0 in fp32 and fp16, 224 px, and manifest.json."""
    return _exported(tmp_path_factory, worker_id, "repnext_m0")


@pytest.fixture(scope="session")
def exported_m4(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The same of RepNeXt-M4."""
    return _exported(tmp_path_factory, worker_id, "repnext_m4")
