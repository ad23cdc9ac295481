"""Run folders, rendered sets and shipped weights that stand in for real ones: small, quick, known in every number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation
from training.card_record import Card
from training.config import TrainConfig, to_yaml
from training.models.checkpoints import save_checkpoint
from training.models.default import seed_weights
from training.models.sixdrepnet import build_sixdrepnet
from training.ship import ship

SIZE = 64  # of the networks' input
SIDE = 96  # of the pictures
FACE = Box(32.0, 40.0, 64.0, 72.0)
COMMIT = "c" * 40


def rendered_set(folder: Path, *, held_out: bool = False, seed: int = 1, **changes: object) -> Path:
    """A folder that says of itself what `headpose synth` writes, without pictures."""
    folder.mkdir(parents=True)
    catalogue = {
        "environments": ["sky"],
        "backgrounds": ["drawn/wood/1", "sample/brick"],
        "skins": ["a", "b"],
        "hair": ["bob"],
    }
    parameters = {
        "count": 12000,
        "seed": seed,
        "density": "300w-lp",
        "size": 224,
        "max_yaw_deg": 99.0,
        "held_out": held_out,
        "assets": "0" * 64,
        "catalogue": {**catalogue, "identities": [0, 20000], **changes},
    }
    record = {"format": 1, "hash": f"{seed}-{held_out}", "parameters": parameters}
    (folder / "manifest.json").write_text(json.dumps(record))
    return folder


def run_folder(folder: Path, data: Path, *, backbone: str = "repnext_m0", stream: int = 3, **settings: object) -> Path:
    """A run's best.safetensors of a seeded network that claims to be trained, with all that lies beside it."""
    folder.mkdir(parents=True)
    config = replace(
        TrainConfig(), dataset="FaceList", data_dir=str(data), backbone_type=backbone, image_size=SIZE, **settings
    )
    (folder / "config.yaml").write_text(to_yaml(config))
    start = {
        "git": {"commit": COMMIT, "dirty": False},
        "gpus": [],
        "cpus": 2,
        "data": {"name": data.name, "train": 11760, "held_out": 240},
    }
    (folder / "run.json").write_text(json.dumps({"schema": 1, "starts": [start]}))
    (folder / "summary.json").write_text(json.dumps({"images": 500000, "seconds": 7200.0, "best_epoch": 4}))
    model = seed_weights(build_sixdrepnet(backbone), stream).eval()
    extra = {"image_size": SIZE, "framing": "runtime", "epoch": 4}
    return save_checkpoint(model, folder / "best.safetensors", backbone=backbone, training_data=data.name, extra=extra)


def shipped(folder: Path, work: Path, backbone: str = "repnext_m0") -> Card:
    """A stand-in for shipped weights in `folder`; `work` is a new folder for what it is made of."""
    best = run_folder(work / "run", rendered_set(work / "A"), backbone=backbone)
    return ship(best, backbone, folder=folder)


# --- a session that reads the pose from a colour ---


def color_of(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """RGB of a pose in whole degrees, each within ± 127."""
    return np.array([yaw + 128, pitch + 128, roll + 128], np.uint8)


class ColorSession:
    """The pose of a crop is its colour, one degree a level: what a picture is painted with is what is 'estimated'."""

    def __init__(self) -> None:
        weights = SimpleNamespace(trained=True, training_data="A", licence="MIT", sha256="0" * 64, source="c")
        self.info = SimpleNamespace(
            name="colors", backbone="repnext_m0", target="pytorch", precision="fp32", input_size=24, tools={}
        )
        self.info.checkpoint = weights

    def run(self, images: np.ndarray) -> np.ndarray:
        yaw, pitch, roll = images.astype(np.float64).mean(axis=(1, 2)).round().T - 128
        return euler_to_rotation(pitch, yaw, roll).astype(np.float32)


def painted(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """A picture that `ColorSession` estimates as this pose."""
    return np.broadcast_to(color_of(pitch, yaw, roll), (SIDE, SIDE, 3)).copy()
