"""What a set of named tensors is: which network, in which form, with or without the 6D head."""

from __future__ import annotations

import re
from dataclasses import dataclass

from torch import Tensor

from training.models import repnext, repvgg

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Content:
    """Tensors sorted into backbone and 6D head, under this project's names, and what they look like."""

    backbone: Tensors
    """The backbone's tensors, without classifier."""
    head: Tensors
    """'weight' (6, F) and 'bias' (6,) of the 6D head; empty for backbone weights."""
    name: str | None
    """Key of `BACKBONES` that fits widths and depths, None if none does."""
    form: str
    """'train', 'deploy', or 'official': RepNeXt as its authors fuse it, with a BatchNorm left in every block."""
    text: str
    """For people: 'a RepVGG-B1g2 training checkpoint'."""


def identify(tensors: Tensors) -> Content:
    """Sort the tensors of a file: this project's, 6DRepNet's, RepNeXt's, RepVGG's or mmcv's names."""
    backbone, head = _split(tensors)
    name, form = _network(backbone)
    kind = {"train": "training checkpoint", "deploy": "folded checkpoint", "official": "fused checkpoint"}[form]
    if name is None:
        return Content(backbone, head, None, form, _unknown_text(tensors))
    family, _, variant = name.partition("_")
    pretty = {"repnext": "RepNeXt", "repvgg": "RepVGG"}[family] + "-" + variant[0].upper() + variant[1:]
    whole = f"6DRepNet snapshot with a {pretty} {kind}" if head else f"{pretty} {kind}"
    return Content(backbone, head, name, form, f"a {whole}")


def _split(tensors: Tensors) -> tuple[Tensors, Tensors]:
    inside = _under(tensors, "backbone.")
    if inside:  # ours, or mmcv's with a neck and heads of other tasks
        head = _under(tensors, "head.")
        return inside, head if _is_sixd(head) else {}
    head = _under(tensors, "linear_reg.")
    rest = {n: t for n, t in tensors.items() if not n.startswith("linear_reg.")}
    if any(".rbr_" in n for n in rest):  # 6DRepNet calls RepVGG's stages layers
        rest = {re.sub(r"^layer(\d)\.", r"stage\1.", n): t for n, t in rest.items()}
    known = {"stem.stem.": "head.", "stage0.rbr_": "linear."}  # what tells a family → where its classifier is
    classifiers = tuple(c for sign, c in known.items() if any(n.startswith(sign) for n in rest))
    return {n: t for n, t in rest.items() if not n.startswith(classifiers)}, head if _is_sixd(head) else {}


def _under(tensors: Tensors, prefix: str) -> Tensors:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _is_sixd(head: Tensors) -> bool:
    return set(head) == {"weight", "bias"} and head["bias"].shape == (6,)


def _network(backbone: Tensors) -> tuple[str | None, str]:
    if any(n.startswith("stem.stem.") for n in backbone):
        return _repnext(backbone)
    if any(n.startswith("stage0.rbr_") for n in backbone):
        return _repvgg(backbone)
    return None, "train"


def _width(tensors: Tensors, *names: str) -> tuple[int, ...]:
    for name in names:
        if name in tensors:
            return tuple(tensors[name].shape)
    return ()


def _repnext(tensors: Tensors) -> tuple[str | None, str]:
    norms = any(n.endswith("running_var") for n in tensors)
    form = "train" if "stem.stem.0.conv.weight" in tensors else "official" if norms else "deploy"
    stem = _width(tensors, "stem.stem.2.conv.weight", "stem.stem.2.weight")
    found = {(int(m[1]), int(m[2])) for n in tensors if (m := re.match(r"stages\.(\d+)\.blocks\.(\d+)\.", n))}
    depth = tuple(sum(stage == i for stage, _ in found) for i in range(4))
    for name, (width, depths) in repnext.VARIANTS.items():
        if stem[:1] == width[:1] and depth == depths:
            return name, form
    return None, form


def _repvgg(tensors: Tensors) -> tuple[str | None, str]:
    form = "deploy" if "stage0.rbr_reparam.weight" in tensors else "train"
    layer = "rbr_reparam.weight" if form == "deploy" else "rbr_dense.conv.weight"
    widths = tuple(_width(tensors, f"stage{i}.0.{layer}")[:1] for i in range(1, 5))
    second = _width(tensors, f"stage1.1.{layer}")
    for name, (_, scale, groups) in repvgg.VARIANTS.items():
        expected = tuple((int(base * s),) for base, s in zip((64, 128, 256, 512), scale))
        deep = f"stage1.{repvgg.VARIANTS[name][0][0] - 1}.{layer}"
        exact = deep in tensors and f"stage1.{repvgg.VARIANTS[name][0][0]}.{layer}" not in tensors
        if widths == expected and exact and second[1:2] == (expected[0][0] // groups,):
            return name, form
    return None, form


def _unknown_text(tensors: Tensors) -> str:
    families = {
        "layer4.0.conv1.weight": "a ResNet",
        "blocks.0.attn.qkv.weight": "a vision transformer",
        "conv_stem.weight": "a MobileNet or EfficientNet of timm",
    }
    for key, text in families.items():
        if any(n.endswith(key) for n in tensors):
            return f"{text} checkpoint"
    return f"no network known here (first tensors: {', '.join(list(tensors)[:3])})"
