"""Checkpoints: every published form in, one form of our own out.

Read: RepNeXt .pth, .pth.tar, mmcv and fused TorchScript files, RepVGG in both forms, 6DRepNet snapshots in both forms,
and what `save_checkpoint` writes: safetensors with a JSON record in the header.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor, nn

from runtime.artifact import METADATA_KEY, CheckpointInfo, sha256_of
from runtime.atomic import make_folder, replacing
from runtime.errors import HeadPoseError
from training.models.backbones import BACKBONES, create_backbone
from training.models.default import seed_weights, weights_sha256
from training.models.expand import expand as expand_into
from training.models.formats import read
from training.models.identify import Content, identify
from training.models.reparam import reparameterize
from training.models.repnext_blocks import Downsample, MetaNeXtBlock
from training.models.shipped import UNTRAINED, find, is_name
from training.models.sixdrepnet import SixDRepNet, build_sixdrepnet

Model = TypeVar("Model", bound=nn.Module)

IMAGE_SIZE = 224  # what the published networks were trained at
_SHOWN = 3  # names of wrong tensors that an error lists


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A network ready to run, and where it came from."""

    model: SixDRepNet
    """In eval mode."""
    info: CheckpointInfo
    """Source, hash, whether trained, on what, licence."""
    form: str
    """'train' or 'deploy'."""
    backbone: str
    """Key of `BACKBONES`, or 'timm:NAME'."""
    image_size: int = IMAGE_SIZE
    """Side of the square input in pixels that the weights were trained at, where the file says it."""


def open_checkpoint(source: str | Path, backbone: str | None = None) -> LoadedCheckpoint:
    """A pose network from a file, or by name: shipped weights, or seeded ones that nobody trained.

    Args:
        source: path of a snapshot, or a name of `training.models.shipped`: default, default-m0, default-m4, untrained.
        backbone: its backbone; None takes what the file says or looks like, or what the name stands for.

    Raises:
        HeadPoseError: unreadable file, another backbone than asked for, no 6D head, tensors that do not fit, weights
            that are not shipped or are damaged.
    """
    if not is_name(source):
        return _from_file(Path(source), backbone)
    named = find(str(source), backbone)
    if named.file is None:
        return _untrained(named.backbone)
    loaded = _from_file(named.file, named.backbone)
    return replace(loaded, info=replace(loaded.info, source=named.name))


def _from_file(path: Path, backbone: str | None) -> LoadedCheckpoint:
    raw = read(path)
    content = identify(raw.tensors)
    name = _backbone_name(path, content, raw.metadata, backbone)
    if not content.head:
        raise HeadPoseError(
            f"{path} has no 6D head, it looks like {content.text}: train a pose network from it "
            "(load_backbone_weights) and give that network's snapshot"
        )
    size = raw.metadata.get("image_size", IMAGE_SIZE)
    if not isinstance(size, int) or size < 1:
        raise HeadPoseError(f"the metadata of {path} has the image_size {size!r}: save the checkpoint again")
    return LoadedCheckpoint(*_restore(path, name, content, raw.metadata), backbone=name, image_size=size)


def _untrained(name: str) -> LoadedCheckpoint:
    model = seed_weights(build_sixdrepnet(name)).eval()
    info = CheckpointInfo(UNTRAINED, weights_sha256(model), trained=False, training_data="none", licence="Apache-2.0")
    return LoadedCheckpoint(model, info, "train", name)


def _backbone_name(path: Path, content: Content, record: dict[str, Any], asked: str | None) -> str:
    found = content.name or record.get("backbone")
    if asked in BACKBONES and found is not None and found != asked:
        raise HeadPoseError(f"{path} looks like {content.text}, not like {asked}: name {found} instead")
    name = asked or found
    if name is None:
        raise HeadPoseError(f"{path} looks like {content.text}: say which backbone it is for with --backbone")
    return str(name)


def _restore(path: Path, name: str, content: Content, record: dict[str, Any]) -> tuple[SixDRepNet, CheckpointInfo, str]:
    form = "train" if content.form == "train" else "deploy"
    model = build_sixdrepnet(name, deploy=form == "deploy")
    model.backbone.load_state_dict(_converted(path, name, content, form))
    _load(model.head, content.head, path, content)
    facts = {"trained": True, "training_data": "unknown", "licence": "unknown"}
    facts.update({key: record[key] for key in facts if key in record})
    return model.eval(), CheckpointInfo(path.name, sha256_of(path), **facts), form  # type: ignore[arg-type]


def load_snapshot(path: str | Path, backbone: str | None = None) -> SixDRepNet:
    """The network of a snapshot file, in eval mode and in the form that the file has; see `open_checkpoint`."""
    if not Path(path).is_file():
        raise HeadPoseError(f"{path} is not a file: give the path of a snapshot")
    return open_checkpoint(Path(path), backbone).model


def load_backbone_weights(model: Model, path: str | Path, *, expand: bool = False) -> Model:
    """Load a backbone's weights from any published form; the classifier in the file is left out.

    Args:
        model: a SixDRepNet, of which only the backbone is loaded, or a backbone without classifier; returned.
        path: the file. Training weights fit both forms (they are folded for a network in deploy form).
        expand: also accept folded weights for a network in training form, split into its branches: the same function,
            and trainable (`training.models.expand`).

    Raises:
        HeadPoseError: unreadable file, or tensors that do not fit; `model` is then unchanged.
    """
    file = Path(path)
    target = model.backbone if isinstance(model, SixDRepNet) else model
    content = identify(read(file).tensors)
    name = _name_of(target)
    if name is None:
        _load(target, _without_classifier(target, content.backbone), file, content)
        return model
    form = "deploy" if getattr(target, "deploy", False) else "train"
    if form == "train" and content.form != "train" and not expand:
        raise HeadPoseError(
            f"{file} looks like {content.text} and the network is in training form: "
            "build it with deploy=True, or pass expand=True to split the kernels into branches"
        )
    target.load_state_dict(_converted(file, name, content, form), strict=False)
    return model


def _name_of(backbone: nn.Module) -> str | None:
    """Key of `BACKBONES` whose tensors this network has, None for a timm network."""
    tensors = backbone.state_dict()
    return identify(dict(tensors)).name


def _without_classifier(backbone: nn.Module, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the classifier that a timm network's own configuration names."""
    names = getattr(backbone, "pretrained_cfg", {}).get("classifier") or ()
    prefixes = tuple(f"{name}." for name in ([names] if isinstance(names, str) else names))
    return {n: t for n, t in tensors.items() if not n.startswith(prefixes)}


def _converted(path: Path, name: str, content: Content, form: str) -> dict[str, Tensor]:
    """The state dict of backbone `name` in `form` ('train' or 'deploy') from tensors in whatever form they have."""
    source = create_backbone(name, deploy=content.form != "train")
    if content.form == "official":
        _give_norms(source)
    _load(source, content.backbone, path, content)
    if content.form == form:
        return source.state_dict()
    folded = reparameterize(source)
    return (folded if form == "deploy" else expand_into(folded, create_backbone(name))).state_dict()


def _give_norms(backbone: nn.Module) -> None:
    """Put back the BatchNorm that the official fusion leaves in every block and downsampling."""
    for module in backbone.modules():
        if isinstance(module, MetaNeXtBlock | Downsample):
            width = module.dim if isinstance(module, MetaNeXtBlock) else 2 * module.dim
            module.norm = nn.BatchNorm2d(width)


def _load(module: nn.Module, tensors: dict[str, Tensor], path: Path, content: Content) -> None:
    """load_state_dict that says what is wrong; `num_batches_tracked` may be missing."""
    own = module.state_dict()
    counters = {n for n in own if n.endswith("num_batches_tracked")}
    missing = [n for n in own if n not in tensors and n not in counters]
    unexpected = [n for n in tensors if n not in own]
    shapes = [(n, tuple(t.shape), tuple(own[n].shape)) for n, t in tensors.items() if n in own]
    wrong = [f"{n} {got} instead of {want}" for n, got, want in shapes if got != want]
    groups = [("missing", missing), ("unexpected", unexpected), ("of another shape", wrong)]
    faults = [f"{len(names)} {kind} ({_some(names)})" for kind, names in groups if names]
    if faults:
        raise HeadPoseError(
            f"the tensors of {path} do not fit the network: {', '.join(faults)}; the file looks like {content.text}"
        )
    module.load_state_dict(tensors, strict=False)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


def save_checkpoint(
    model: SixDRepNet,
    path: str | Path,
    *,
    backbone: str,
    trained: bool = True,
    training_data: str = "unknown",
    licence: str = "unknown",
    extra: dict[str, Any] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a snapshot: safetensors with a JSON record in the header. Written beside and renamed.

    Args:
        model: the network, in either form.
        path: ends in .safetensors.
        backbone: its backbone's name, which the file alone does not tell for timm networks.
        trained: False for generated weights.
        training_data: what the weights were fitted to.
        licence: licence of the weights.
        extra: more facts, as JSON values (epoch, scores, …).
        overwrite: replace an existing file.

    Raises:
        HeadPoseError: another suffix, the file exists, the folder cannot be made or written, the disk is full.
    """
    file = Path(path)
    if file.suffix != ".safetensors":
        raise HeadPoseError(f"cannot save to {file}: the name of a snapshot ends in .safetensors")
    facts = {"backbone": backbone, "trained": trained, "training_data": training_data, "licence": licence}
    make_folder(file.parent)
    with replacing(file, overwrite=overwrite) as part:
        part.write_bytes(packed(model.state_dict(), {**(extra or {}), **facts}))
    return file


def packed(tensors: dict[str, Tensor], record: dict[str, Any]) -> bytes:
    """Tensors as a safetensors file with a JSON record in its header."""
    from safetensors.torch import save

    own = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    return save(own, metadata={METADATA_KEY: json.dumps(record, sort_keys=True)})


__all__ = [
    "LoadedCheckpoint",
    "load_backbone_weights",
    "load_snapshot",
    "open_checkpoint",
    "packed",
    "save_checkpoint",
]
