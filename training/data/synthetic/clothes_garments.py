"""The garments: which pieces each is made of, in which cloths, and how often men and women wear it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.synthetic.clothes_cut import Line
from training.data.synthetic.clothes_lines import (
    above,
    below,
    even,
    knot,
    lapel,
    leaf_end,
    narrow,
    parted,
    scoop,
    strip,
    under,
    vee,
    wound,
)
from training.data.synthetic.clothes_sew import Patch, Roll
from training.data.synthetic.clothes_textures import COLOURS


@dataclass(frozen=True)
class Cloth:
    """One cloth of a garment: its pieces share colour and pattern."""

    pieces: tuple[Patch | Roll, ...]
    patterns: tuple[str, ...] = ("plain",)
    """Keys of PATTERNS, each as often as it stands here."""
    colours: tuple[str, ...] = tuple(COLOURS)
    """Keys of COLOURS, for patterns that are tinted."""
    folds: float = 0.0015
    """Height of the folds, metres."""
    steps: int = 2
    """Smoothing steps."""
    roughness: float = 0.9
    trims: bool = False
    """Whether it belongs to the cloth before it, whose colour it has as a rule."""


@dataclass(frozen=True)
class Garment:
    """What is worn together, and how often, by men and by women."""

    male: float
    female: float
    cloths: tuple[Cloth, ...]


def _body(*hems: Line, lift: float = 0.005, ease: float = 0.0) -> Patch:
    return Patch(hems, lift, ease=ease, skirt=0.2)


def _band(*hems: Line, lift: float = 0.0062, wide: float = 0.018) -> Patch:
    """The trimming along a neckline."""
    return Patch((*hems, lambda p: wide - np.min([line(p) for line in hems], axis=0)), lift)


_LEAF = Patch((below(0.026), leaf_end(-0.022, 0.022), parted(-0.128, 0.55)), 0.011, ease=0.5)
_OPEN_LEAF = Patch((below(0.024), leaf_end(-0.026, 0.028), vee(-0.225, 0.05)), 0.011, ease=0.5)
_SUIT_COLOURS = ("black", "charcoal", "navy", "navy", "grey", "brown", "beige", "black")
_SHIRT_COLOURS = ("white", "white", "white", "light blue", "light blue", "pink", "light grey", "black", "navy", "denim")
_SHIRTINGS = ("plain",) * 5 + ("stripes", "check", "check", "denim")
_CASUAL = ("plain",) * 9 + ("stripes", "stripes", "print")
_SUIT = -0.30

GARMENTS: dict[str, Garment] = {
    "t-shirt": Garment(
        0.25, 0.15, (Cloth((_body(below(0.002)),), _CASUAL), Cloth((_band(below(0.002)),), ("rib",), trims=True))
    ),
    "v-neck": Garment(0.07, 0.1, (Cloth((_body(below(0.0), vee(-0.225)),), (*_CASUAL, "knit", "knit")),)),
    "polo": Garment(
        0.08,
        0.03,
        (Cloth((_body(below(0.012), vee(-0.225, 0.05)), _OPEN_LEAF), ("plain", "plain", "knit", "stripes")),),
    ),
    "shirt": Garment(
        0.13, 0.09, (Cloth((_body(below(0.012), vee(-0.225, 0.05)), _OPEN_LEAF), _SHIRTINGS, folds=0.0025),)
    ),
    "buttoned": Garment(
        0.06, 0.03, (Cloth((_body(below(0.016)), _LEAF, Patch((strip(0, 0.016, -0.15),), 0.0062)), _SHIRTINGS),)
    ),
    "turtleneck": Garment(
        0.05,
        0.08,
        (
            Cloth(
                (_body(below(0.035), ease=0.4), Roll(above(0.030), even(0.009, 0.010), flat=1.8)),
                ("knit", "rib", "plain"),
            ),
        ),
    ),
    "hoodie": Garment(
        0.1,
        0.06,
        (
            Cloth(
                (_body(below(0.0), lift=0.008, ease=0.4), Roll(above(0.0), even(0.008, 0.036), flat=1.15)),
                ("plain", "plain", "knit"),
                folds=0.002,
            ),
            Cloth(
                (Patch((strip(0.03, 0.003, -0.175),), 0.017), Patch((strip(-0.03, 0.003, -0.175),), 0.017)),
                colours=("white", "black", "grey"),
            ),
        ),
    ),
    "suit": Garment(
        0.1,
        0.03,
        (
            Cloth((Patch((below(0.016),), 0.005, (under(vee(_SUIT, 0.072)),)), _LEAF), _SHIRTINGS, _SHIRT_COLOURS),
            Cloth(
                (Patch((strip(0, 0.009, -0.165, 0.16),), 0.009), Patch((knot,), 0.017)),
                ("tie", "tie", "dots"),
                roughness=0.6,
            ),
            Cloth(
                (
                    _body(below(-0.004), vee(_SUIT, 0.072), lift=0.011, ease=0.5),
                    Patch((below(-0.004), vee(_SUIT, 0.072), lapel(_SUIT, -0.2, 0.035)), 0.014, ease=0.5),
                ),
                ("plain", "plain", "plain", "pinstripe", "tweed"),
                _SUIT_COLOURS,
                steps=4,
            ),
        ),
    ),
    "jacket": Garment(
        0.09,
        0.11,
        (
            Cloth((Patch((below(0.002),), 0.004, (under(vee(_SUIT, 0.085)),)),), _CASUAL),
            Cloth(
                (
                    _body(below(0.004), vee(_SUIT, 0.085), lift=0.011, ease=0.5),
                    Patch((below(0.02), vee(_SUIT, 0.085), lapel(_SUIT, -0.15, 0.02)), 0.015, ease=0.5),
                ),
                ("plain", "plain", "denim", "knit"),
                folds=0.003,
                steps=4,
            ),
        ),
    ),
    "tank top": Garment(
        0.03, 0.08, (Cloth((_body(below(-0.03), scoop(-0.235, 0.085), narrow(0.125), lift=0.004),), _CASUAL),)
    ),
    "blouse": Garment(
        0.0,
        0.16,
        (
            Cloth(
                (_body(below(-0.006), scoop(-0.205, 0.085)),),
                ("plain", "plain", "print", "dots", "stripes"),
                folds=0.003,
            ),
        ),
    ),
    "scarf": Garment(
        0.04,
        0.08,
        (
            Cloth((_body(below(-0.01)),), _CASUAL),
            Cloth(
                (
                    Roll(wound(-0.010, 0.004, 0.4), even(0.017, 0.014), lift=0.6, flat=1.7),
                    Roll(wound(0.016, -0.007, 1.9), even(0.014, 0.012), lift=0.5, flat=1.7),
                    Roll(wound(0.003, 0.013, -0.8), even(0.018, 0.014), lift=0.75, flat=1.1),
                ),
                ("plain", "plain", "knit", "knit", "check", "print"),
                folds=0.005,
            ),
        ),
    ),
}
"""Name → garment."""
