"""Fixtures that cost seconds and are made once: artefacts of seeded (untrained) networks."""

from __future__ import annotations

from pathlib import Path

import pytest


def _export(folder: Path, backbone: str, **options: object) -> Path:
    from export.pipeline import export

    export("default", backbone, out=folder, parity=False, **options)  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="session")
def exported_m0(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ONNX, TFLite and Core ML files of RepNeXt-M0 in fp32 and fp16, 224 px, and manifest.json."""
    return _export(tmp_path_factory.mktemp("m0"), "repnext_m0")


@pytest.fixture(scope="session")
def exported_m4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of RepNeXt-M4."""
    return _export(tmp_path_factory.mktemp("m4"), "repnext_m4")
