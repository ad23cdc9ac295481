"""The containers that weights come in: from a file to named tensors, without ever running code that the file brings."""

from __future__ import annotations

import argparse
import json
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from runtime.artifact import METADATA_KEY
from runtime.errors import HeadPoseError, unknown_name

SUFFIXES = (".safetensors", ".pth", ".pt", ".tar")
# Where the published files keep their weights: RepNeXt .pth, timm and mmcv, 6DRepNet.
_WRAPPERS = ("model", "state_dict", "model_state_dict")
# What wrappers put before every name: DataParallel, torch.compile.
_PREFIXES = ("module.", "_orig_mod.")
# Plain containers of option values that training scripts store beside the weights; they run nothing when read.
_HARMLESS: list[Any] = [argparse.Namespace]


@dataclass(frozen=True)
class RawCheckpoint:
    """A file's tensors under the names that the file gives them, wrappers and their prefixes removed."""

    tensors: dict[str, Tensor]
    """Name → tensor on the CPU."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """The record that `save_checkpoint` puts into the header; empty for foreign files."""


def read(path: Path) -> RawCheckpoint:
    """The tensors of a checkpoint: safetensors, a PyTorch file of plain tensors, or a TorchScript archive.

    Raises:
        HeadPoseError: no such file, unknown suffix, damaged, a web page, pickled Python objects, no tensors, NaN.
    """
    if not path.is_file():
        raise HeadPoseError(f"{path} is not a file: give the path of a checkpoint ({', '.join(SUFFIXES)})")
    if path.suffix not in SUFFIXES:
        raise unknown_name("checkpoint suffix", path.suffix or path.name, SUFFIXES)
    _reject_text(path)
    raw = _read_safetensors(path) if path.suffix == ".safetensors" else RawCheckpoint(_read_torch(path))
    _reject_nonfinite(raw.tensors, path)
    return raw


def _head(path: Path, count: int = 512) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError as error:
        raise HeadPoseError(f"cannot read {path}: {error.strerror or error}") from error


def _reject_text(path: Path) -> None:
    head = _head(path).lstrip().lower()
    if not head:
        raise HeadPoseError(f"{path} is empty: download or save the checkpoint again")
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise HeadPoseError(f"{path} is a web page, not a checkpoint: download the file itself, not its page")
    if head.startswith(b"version https://git-lfs"):
        raise HeadPoseError(f"{path} is a Git LFS pointer, not a checkpoint: run git lfs pull")


def _damaged(path: Path, error: Exception) -> HeadPoseError:
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return HeadPoseError(f"{path} is damaged or not a checkpoint ({first_line[:160]}): download or save it again")


def _read_safetensors(path: Path) -> RawCheckpoint:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
            text = (file.metadata() or {}).get(METADATA_KEY, "{}")
        return RawCheckpoint(strip_prefixes(tensors), _metadata(text, path))
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _metadata(text: str, path: Path) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise HeadPoseError(f"the metadata of {path} cannot be read ({error}): save the checkpoint again") from error
    if not isinstance(record, dict):
        raise HeadPoseError(f"the metadata of {path} is not a record: save the checkpoint again")
    return record


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        if _is_torchscript(path):
            # Saved in training mode by its publisher; its state dict is all that is taken, nothing in it is run.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # PyTorch's farewell to the format of the release
                return dict(torch.jit.load(str(path), map_location="cpu").eval().state_dict())
        with torch.serialization.safe_globals(_HARMLESS):
            payload = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _unpicklable(path, error) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error
    return strip_prefixes(_state_dict(payload, path))


def _unpicklable(path: Path, error: Exception) -> HeadPoseError:
    text = str(error)
    if "global" not in text.lower():
        return _damaged(path, error)
    name = text.partition("GLOBAL ")[2].split(" ")[0].strip("`.,:") or "Python objects"
    return HeadPoseError(
        f"{path} holds pickled Python objects ({name}), which could run code when read: "
        "where you trust it, save its state_dict() alone and give that file"
    )


def _state_dict(payload: Any, path: Path) -> dict[str, Tensor]:
    if isinstance(payload, Mapping):
        for key in _WRAPPERS:
            if isinstance(payload.get(key), Mapping):
                payload = payload[key]
                break
        tensors = {str(name): value for name, value in payload.items() if isinstance(value, Tensor)}
        if tensors:
            return tensors
        entries = ", ".join(str(key) for key in list(payload)[:5]) or "none"
        raise HeadPoseError(f"{path} holds no weights (its entries: {entries}): give a file with a state dict")
    raise HeadPoseError(f"{path} holds a {type(payload).__name__}, no weights: give a file with a state dict")


def strip_prefixes(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the prefixes that DataParallel and torch.compile put before every name."""
    for prefix in _PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            return strip_prefixes({name.removeprefix(prefix): tensor for name, tensor in tensors.items()})
    return tensors


def _reject_nonfinite(tensors: dict[str, Tensor], path: Path) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise HeadPoseError(f"{path} holds NaN or infinity in {name}: its training diverged or it is damaged")
