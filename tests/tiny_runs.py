"""Training runs of seconds: a tiny network on drawn heads, through the real command."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from safetensors.torch import load_file

import headpose

TINY = {
    "dataset": "DrawnHeads",
    "data_dir": "drawn",
    "data_options": "count=28",
    "backbone_type": "timm:test_resnet",
    "image_size": 32,
    "batch_size": 6,
    "num_epochs": 3,
    "val_fraction": 0.15,
    "lr": 0.003,
    "ema": 0.8,
    "workers": 0,
    "device": "cpu",
    "log_every": 1,
    "tensorboard": "false",
    "output_string": "tiny",
}


def flags(**changes: object) -> list[str]:
    """Flags of a tiny run; None leaves one out."""
    settings = {**TINY, **changes}
    return [word for name, value in settings.items() if value is not None for word in (f"--{name}", str(value))]


def train(out: Path, **changes: object) -> int:
    """`headpose train` into `out`; its exit code."""
    return headpose.main(["train", *flags(output_dir=out, **changes)])


def only_run(out: Path) -> Path:
    """The one run folder in `out`."""
    (run,) = [p for p in out.iterdir() if p.name.startswith("SixDRepNet_")]
    return run


def weights(run: Path, name: str = "last") -> dict[str, bytes]:
    """Every tensor of a run's weights, to the bit."""
    return {n: t.numpy().tobytes() for n, t in load_file(run / f"{name}.safetensors").items()}


def signal_at(monkeypatch: pytest.MonkeyPatch, step: int, number: int = signal.SIGTERM) -> None:
    """Send this process a signal when the given step is done."""
    from training import trainer

    original = trainer.Trainer._show

    def show(self: trainer.Trainer) -> None:
        original(self)
        if self.global_step == step:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(trainer.Trainer, "_show", show)
