"""Beards as paint: fine hair over skin, dense or a day old, with soft borders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.data.synthetic.mesh import Floats

BEARDED = 0.45
"""Share of men with hair in the face."""

STYLES: dict[str, tuple[float, tuple[tuple[str, float, float], ...]]] = {
    "shadow": (0.2, (("full", 0.15, 0.35),)),
    "stubble": (0.2, (("full", 0.35, 0.6),)),
    "full": (0.22, (("full", 0.75, 0.95),)),
    "moustache": (0.08, (("moustache", 0.75, 0.95),)),
    "moustache and stubble": (0.06, (("full", 0.2, 0.4), ("moustache", 0.7, 0.95))),
    "goatee": (0.05, (("goatee", 0.65, 0.95),)),
    "circle": (0.1, (("goatee", 0.65, 0.95), ("moustache", 0.65, 0.95))),
    "strap": (0.04, (("strap", 0.6, 0.9),)),
    "sideburns": (0.02, (("sideburns", 0.6, 0.9),)),
    "patch": (0.02, (("patch", 0.6, 0.9), ("full", 0.1, 0.3))),
}
"""Style → its share of the bearded, and the regions of `skin_shapes.BEARDS` with the least and most density of each."""

_GREYING = {"young": 0.0, "middleage": 0.15, "old": 0.6}
_GREY = np.array([168.0, 166.0, 162.0])


def draw_style(rng: np.random.Generator) -> str:
    """A key of STYLES; '' for a shaven face."""
    names, shares = list(STYLES), np.array([share for share, _ in STYLES.values()])
    drawn = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    return drawn if rng.random() < BEARDED else ""


def grow_beard(
    skin: Floats,
    style: str,
    rng: np.random.Generator,
    *,
    regions: Mapping[str, Floats],
    strands: Floats,
    clumps: Floats,
    hair: np.ndarray,
    age: str,
) -> Floats:
    """Skin with a beard.

    Args:
        skin: (H, W, 3) sRGB 0–255.
        style: key of STYLES.
        rng: makes density and extent.
        regions: (H, W) 0 to 1 of each kind of beard, its edge soft.
        strands: (H, W) of mean 0 and deviation 1, fine along the hair's direction.
        clumps: (H, W) likewise, coarse.
        hair: (3,) sRGB 0–255 of the hair on the head.
        age: greys it.

    Returns:
        (H, W, 3) sRGB 0–255.
    """
    extent = rng.uniform(-0.12, 0.12)
    grey = rng.random() * _GREYING[age]
    hair = 0.8 * hair + 0.2 * hair.mean()  # rougher and duller than on the head
    colour = (hair * rng.uniform(0.7, 1.0) + (4, 0, -2)) * (1 - grey) + _GREY * grey
    for name, least, most in STYLES[style][1]:
        density = rng.uniform(least, most)
        edge = np.clip((regions[name] + 0.12 * clumps + extent - 0.25) / 0.5, 0, 1)
        edge = edge * edge * (3 - 2 * edge) * np.clip(3 * regions[name], 0, 1)
        cover = np.clip(edge * density * (1 + (0.3 - 0.18 * density) * strands + 0.08 * clumps), 0, 1)[..., None]
        shade = 1 - 0.12 * edge[..., None] * density  # skin between hairs is in their shade
        fibre = colour * (1 + (0.13 + 0.06 * grey) * strands[..., None])
        skin = np.asarray(skin * shade * (1 - cover) + np.clip(fibre, 0, 255) * cover, np.float32)
    return skin
