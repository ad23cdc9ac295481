"""Training snapshots: 6DRepNet's .tar form with all that is needed to go on as if nothing had happened."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from runtime.atomic import replacing
from runtime.errors import HeadPoseError
from training.models.identify import identify

STATE_KEY = "headpose"  # of the entry beside 6DRepNet's own three
_NAME = re.compile(r"^(?:.+_)?epoch_(\d+)(?:_step_(\d+))?\.tar$")


@dataclass(frozen=True)
class Position:
    """How far a run is."""

    epoch: int = 0
    """Finished epochs."""
    step: int = 0
    """Optimiser steps done in the next one."""

    def file_name(self, prefix: str = "") -> str:
        """<prefix>_epoch_<finished epochs>.tar, as 6DRepNet names them; within an epoch …_step_<n>.tar."""
        inside = f"_step_{self.step}" if self.step else ""
        return f"{prefix}{'_' if prefix else ''}epoch_{self.epoch}{inside}.tar"


@dataclass(frozen=True, eq=False)
class TrainState:
    """Everything that the next step depends on."""

    position: Position
    """Where the run is."""
    model: dict[str, Tensor]
    """State dict of the network, this project's names."""
    optimizer: dict[str, Any]
    """State dict of the optimiser."""
    backbone: str
    """Its name."""
    ema: dict[str, Any] | None = None
    """State dict of the running average, None without one."""
    rng: Tensor | None = None
    """State of PyTorch's generator on the CPU (dropout)."""
    config: dict[str, Any] = field(default_factory=dict)
    """`TrainConfig.to_dict()`."""
    record: dict[str, Any] = field(default_factory=dict)
    """JSON values: best score so far, skipped pictures, seconds spent."""


def published_names(model: dict[str, Tensor]) -> dict[str, Tensor]:
    """A RepVGG network's tensors under the names of 6DRepNet's own code; those of other backbones as they are.

    6DRepNet (thohemp, 2022) calls RepVGG's stages layer0 … layer4 and the 6D head linear_reg.
    """
    if not any(name.startswith("backbone.stage0.rbr_") for name in model):
        return model
    renamed = {re.sub(r"^backbone\.stage(\d)\.", r"layer\1.", name): tensor for name, tensor in model.items()}
    return {re.sub(r"^head\.", "linear_reg.", name): tensor for name, tensor in renamed.items()}


def own_names(model: dict[str, Tensor]) -> dict[str, Tensor]:
    """Inverse of `published_names`."""
    content = identify(model)
    backbone = {f"backbone.{name}": tensor for name, tensor in content.backbone.items()}
    return {**backbone, **{f"head.{name}": tensor for name, tensor in content.head.items()}}


def save_state(folder: Path, state: TrainState, *, prefix: str = "") -> Path:
    """Write the snapshot beside its place and rename it; returns its path.

    Raises HeadPoseError if the disk is full or the folder cannot be written; older snapshots are untouched then.
    """
    path = folder / state.position.file_name(prefix)
    extra = {
        "position": asdict(state.position),
        "backbone": state.backbone,
        "ema": state.ema,
        "rng": state.rng,
        "config": json.dumps(state.config),
        "record": json.dumps(state.record),
    }
    payload = {
        "epoch": state.position.epoch,
        "model_state_dict": published_names(state.model),
        "optimizer_state_dict": state.optimizer,
        STATE_KEY: extra,
    }
    with replacing(path) as part:
        try:
            torch.save(payload, part)
        except RuntimeError as error:  # what PyTorch's writer makes of a full disk
            raise OSError(f"the disk is full or fails (PyTorch: {str(error).splitlines()[0][:160]})") from error
    return path


def load_state(path: Path) -> TrainState:
    """Read a training snapshot; raises HeadPoseError if it is damaged (checksums are compared) or none of ours."""
    payload = _payload(path)
    extra = payload.get(STATE_KEY)
    if not isinstance(extra, dict):
        raise HeadPoseError(f"{path} holds weights only: start from it with --snapshot, it cannot be resumed exactly")
    try:
        return TrainState(
            position=Position(**extra["position"]),
            model=own_names(payload["model_state_dict"]),
            optimizer=payload["optimizer_state_dict"],
            backbone=extra["backbone"],
            ema=extra["ema"],
            rng=extra["rng"],
            config=json.loads(extra["config"]),
            record=json.loads(extra["record"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise HeadPoseError(f"{path} is not a training snapshot of this version ({error}): use --snapshot") from error


def is_training_snapshot(path: Path) -> bool:
    """Whether a file can be resumed exactly; HeadPoseError if it is damaged."""
    if path.suffix != ".tar" or not zipfile.is_zipfile(path):
        return False  # weights in another form: their reader says what is wrong with them
    return STATE_KEY in _payload(path)


def _payload(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()  # torch.load does not compare checksums
        if broken is not None:
            raise ValueError(f"{broken} has a wrong checksum")
        payload = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise HeadPoseError(f"{path} does not exist: give a snapshot of a run") from None
    except Exception as error:  # a damaged archive can fail anywhere in zipfile, pickle or PyTorch
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise HeadPoseError(f"{path} is damaged ({reason}): use an older snapshot") from error
    if not isinstance(payload, dict) or "model_state_dict" not in payload:
        raise HeadPoseError(f"{path} is no snapshot: it has no model_state_dict")
    return payload


def snapshots_in(folder: Path) -> list[Path]:
    """Training snapshots of a run folder, the furthest first."""
    found = [(m, p) for p in folder.glob("*.tar") if (m := _NAME.match(p.name)) and not p.name.startswith(".")]
    return [p for _, p in sorted(found, key=lambda pair: _order(pair[0]), reverse=True)]


def _order(match: re.Match[str]) -> tuple[int, int]:
    return int(match[1]), int(match[2] or 0)


def newest_state(folder: Path) -> tuple[TrainState, Path, list[str]]:
    """The furthest snapshot that can be read, its path, and what is wrong with those that cannot.

    Raises HeadPoseError if there is none.
    """
    faults: list[str] = []
    for path in snapshots_in(folder):
        try:
            return load_state(path), path, faults
        except HeadPoseError as error:
            faults.append(str(error))
    detail = f" ({faults[0]})" if faults else ""
    raise HeadPoseError(f"{folder} holds no snapshot to continue from{detail}: start the run anew")


def set_aside(folder: Path, position: Position) -> list[Path]:
    """Rename the snapshots beyond `position`, where a run goes on, to X.tar.old; returns their new paths.

    Damaged ones and those of a branch that was left would otherwise be gone on from the next time, and would push the
    new ones out when old ones are removed.
    """
    moved = []
    for path in snapshots_in(folder):
        match = _NAME.match(path.name)
        if match and _order(match) > (position.epoch, position.step):
            moved.append(path.rename(path.with_name(f"{path.name}.old")))
    return moved


def prune(folder: Path, keep: int) -> None:
    """Remove all but the `keep` furthest training snapshots (0 keeps all)."""
    for path in snapshots_in(folder)[keep:] if keep else []:
        path.unlink(missing_ok=True)
