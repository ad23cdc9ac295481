"""What a training run is told: one frozen record, filled from a recipe, then from flags."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

from runtime.errors import HeadPoseError, unknown_name

RECIPES = Path(__file__).with_name("recipes")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides the weights, and where they go. The docstring of a field is its flag's help."""

    dataset: str = "Pose_300W_LP"
    """data set: Pose_300W_LP, AFLW2000, BIWI, BIWI_npz, FaceList, LabelledPhotos, DrawnHeads, Synthetic or
    synthetic-heldout (heads rendered on the fly; for a set of headpose synth: FaceList)"""
    data_dir: str = "datasets/300W_LP"
    """its folder (or file); not used by DrawnHeads, Synthetic and synthetic-heldout"""
    filename_list: str | None = None
    """its list of files (default: filenames.txt in the folder)"""
    data_options: dict[str, str] = field(default_factory=dict)
    """options of the data set as name=value, comma-separated: landmarks=visible, labels=rgb, split=train, count=512;
    of Synthetic and synthetic-heldout: count, seed, size, density (300w-lp, uniform), max_yaw, assets, head_model"""
    framing: str | None = None
    """how the picture is cut around the face (default: the data set's own for training)"""
    augmentation: str = "paper"
    """none, 6drepnet, paper, strong, rendered"""
    image_size: int = 224
    """side of the network's input in pixels"""
    val_fraction: float = 0.02
    """part of the groups (photographs, people) held out of the training set to choose the best epoch; 0: none"""
    limit: int = 0
    """train on this many faces only, spread over the set; 0: all"""
    workers: int = -1
    """processes that load pictures; -1: one per core but one, at most 16"""
    max_skipped: int = 100
    """unreadable pictures that are skipped before the run gives up"""
    backbone_type: str = "repnext_m4"
    """repnext (= repnext_m4), repnext_m0 … m5, repvgg (= repvgg_b1g2), repvgg_*, timm:NAME"""
    backbone_weights: str | None = None
    """published weights of the backbone, in any form; fused ones are split into branches"""
    snapshot: str | None = None
    """continue from this snapshot in a new run folder: exactly if it is a training snapshot, else from its weights"""
    grow: bool = False
    """the snapshot is of a smaller RepNeXt: start as a network of backbone_type that computes what that one computes"""
    num_epochs: int = 80
    """passes over the training set"""
    batch_size: int = 80
    """faces per process and forward pass"""
    accumulate: int = 1
    """forward passes per optimiser step"""
    lr: float = 1e-4
    """highest learning rate"""
    optimizer: str = "adamw"
    """adamw, adam (6DRepNet's), sgd"""
    weight_decay: float = 0.05
    """of weights; norms and biases have none"""
    head_lr_factor: float = 1.0
    """learning rate of the 6D head over that of the backbone"""
    freeze_stem: bool = False
    """do not train the backbone's stem"""
    freeze_bn: bool = False
    """keep the BatchNorm statistics that were loaded"""
    schedule: str = "cosine"
    """cosine, multistep (6DRepNet's), constant"""
    warmup_epochs: float = 1.0
    """linear warm-up of the learning rate, at most half of the run"""
    lr_floor: float = 0.01
    """last learning rate of the cosine over the highest"""
    milestones: tuple[int, ...] = (10, 20)
    """epochs after which multistep multiplies the learning rate by gamma"""
    gamma: float = 0.5
    """of multistep"""
    loss: str = "geodesic"
    """geodesic, arccos (6DRepNet's), chordal"""
    clip_norm: float = 1.0
    """longest gradient; 0: any"""
    ema: float = 0.9998
    """decay of the running average of the weights that is validated and kept; 0: none"""
    precision: str = "fp32"
    """fp32 or bf16 (autocast; the loss stays in fp32)"""
    channels_last: bool = True
    """memory layout of the network"""
    compile: bool = False
    """torch.compile"""
    sync_bn: bool = False
    """BatchNorm over all processes"""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N"""
    threads: int = 0
    """CPU threads of PyTorch; 0: its own choice"""
    deterministic: bool = False
    """on a GPU: only algorithms that give the same bits each time (slower); the CPU's do so anyway"""
    seed: int = 0
    """of weights, order, augmentation and the held-out part"""
    output_dir: str = "output/snapshots"
    """where run folders go"""
    output_string: str = ""
    """first part of the snapshots' names"""
    keep: int = 3
    """training snapshots that are kept; 0: all"""
    save_every_steps: int = 0
    """also save within an epoch; 0: at its end only"""
    max_minutes: float = 0.0
    """save and stop after this time; continue with --resume; 0: no limit"""
    log_every: int = 20
    """steps between two lines of metrics.jsonl"""
    copy_to: str | None = None
    """copy the finished run folder into this one (a mounted drive)"""
    tensorboard: bool = True
    """write TensorBoard events"""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, in the order of the fields."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


ALIASES = {"repnext": "repnext_m4", "repvgg": "repvgg_b1g2"}  # short names of backbone_type

_POSITIVE = ("image_size", "num_epochs", "batch_size", "accumulate", "lr", "log_every", "head_lr_factor")
_NOT_NEGATIVE = (
    "limit", "max_skipped", "weight_decay", "warmup_epochs", "gamma", "clip_norm", "threads", "keep",
    "save_every_steps", "max_minutes", "lr_floor", "seed",
)  # fmt: skip


@cache
def field_help() -> dict[str, str]:
    """Field name → its docstring, read from the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(TrainConfig))).body[0].body  # type: ignore[attr-defined]
    return {
        node.target.id: str(following.value.value)
        for node, following in pairwise(body)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(following, ast.Expr)
        if isinstance(following.value, ast.Constant)
    }


@cache
def field_types() -> dict[str, Any]:
    """Field name → its type, without the `| None` of optional ones."""
    hints = get_type_hints(TrainConfig)
    optional = {n: [a for a in get_args(t) if a is not type(None)] for n, t in hints.items() if _is_optional(t)}
    return {name: optional[name][0] if name in optional else hint for name, hint in hints.items()}


def _is_optional(hint: Any) -> bool:
    return isinstance(hint, types.UnionType) and type(None) in get_args(hint)


def convert(name: str, value: Any, where: str) -> Any:
    """A value from YAML or a flag as the field's type; HeadPoseError naming the field and `where`."""
    kind = field_types()[name]
    if value is None or value == "":
        return None if _is_optional(get_type_hints(TrainConfig)[name]) else getattr(TrainConfig(), name)
    try:
        return _converted(kind, value)
    except (TypeError, ValueError):
        wanted = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}.get(kind, "a list")
        raise HeadPoseError(f"{name} in {where} is {value!r}: give {wanted}") from None


def _converted(kind: Any, value: Any) -> Any:
    if kind is bool:
        known = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
        if str(value).lower() not in known:
            raise ValueError(value)
        return known[str(value).lower()]
    if kind in (int, float):
        if isinstance(value, bool) or (kind is int and isinstance(value, float) and value != int(value)):
            raise ValueError(value)
        return kind(value)
    if kind is str:
        if isinstance(value, list | dict):
            raise ValueError(value)
        return str(value)
    if str(kind).startswith("dict"):
        pairs = value.items() if isinstance(value, Mapping) else [_pair(p) for p in str(value).split(",")]
        return {str(k): str(v) for k, v in pairs}
    items = value if isinstance(value, list | tuple) else [v for v in str(value).split(",") if v.strip()]
    return tuple(int(v) for v in items)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(text)
    return name.strip(), value.strip()


def with_values(config: TrainConfig, values: Mapping[str, Any], where: str) -> TrainConfig:
    """A copy with some fields replaced; HeadPoseError for an unknown name (the nearest is suggested) or a bad value."""
    known = [f.name for f in fields(TrainConfig)]
    for name in values:
        if name not in known:
            raise unknown_name(f"setting in {where}", str(name), known)
    changed = replace(config, **{name: convert(name, value, where) for name, value in values.items()})
    return replace(changed, backbone_type=ALIASES.get(changed.backbone_type, changed.backbone_type))


def check(config: TrainConfig) -> TrainConfig:
    """The config itself if its numbers make sense together; HeadPoseError naming the first that does not."""
    for name in _POSITIVE:
        if not getattr(config, name) > 0:
            raise HeadPoseError(f"{name} is {getattr(config, name)}: it must be above 0")
    for name in _NOT_NEGATIVE:
        if not getattr(config, name) >= 0:
            raise HeadPoseError(f"{name} is {getattr(config, name)}: it must not be negative")
    for name in ("val_fraction", "ema"):
        if not 0 <= getattr(config, name) < 1:
            raise HeadPoseError(f"{name} is {getattr(config, name)}: it must be at least 0 and below 1")
    if config.precision not in ("fp32", "bf16"):
        raise unknown_name("precision", config.precision, ("fp32", "bf16"))
    if Path(config.output_string).name != config.output_string or config.output_string.startswith("."):
        raise HeadPoseError(
            f"output_string is {config.output_string!r}: snapshots' names begin with it, so it is no path and begins "
            "with no dot; the folder is --output_dir"
        )
    if config.grow and config.snapshot is None:
        raise HeadPoseError("grow is set and there is no snapshot to grow from: give the smaller network's --snapshot")
    if config.image_size < 32:
        raise HeadPoseError(f"image_size is {config.image_size}: the networks need 32 pixels or more, 224 is usual")
    return config


def recipe_names() -> list[str]:
    """The recipes that come with the package."""
    return sorted(file.stem for file in RECIPES.glob("*.yaml"))


def recipe_path(name: str) -> Path:
    """File of a recipe, by name or by path; HeadPoseError with the nearest name if there is none."""
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise HeadPoseError(f"{name} is not a file: give a recipe's name ({', '.join(recipe_names())}) or path")
        return Path(name)
    if name not in recipe_names():
        raise unknown_name("recipe", name, recipe_names())
    return RECIPES / f"{name}.yaml"


def read_recipe(name: str) -> dict[str, Any]:
    """Settings of a recipe; HeadPoseError if it is no YAML mapping."""
    import yaml

    path = recipe_path(name)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise HeadPoseError(f"the recipe {path} cannot be read ({reason}): correct it") from error
    if not isinstance(data, dict):
        raise HeadPoseError(f"the recipe {path} holds no settings: write lines like  lr: 0.0001")
    return data


def to_yaml(config: TrainConfig) -> str:
    """The whole config as a recipe that repeats the run."""
    import yaml

    return str(yaml.safe_dump(config.to_dict(), sort_keys=False, allow_unicode=True))
