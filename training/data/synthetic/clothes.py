"""What people wear in the pictures: garments made from the head model's own skin, from T-shirts to suits and scarves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from training.data.synthetic.clothes_cut import Line
from training.data.synthetic.clothes_sew import Patch, Roll, Sheet, azimuth, rest_skin, sew, up
from training.data.synthetic.clothes_textures import COLOURS, PATTERNS, cloth_key, cloth_picture, drawn_colour
from training.data.synthetic.head import HeadModel
from training.data.synthetic.mesh import Floats, vertex_normals
from training.data.synthetic.parts import Material, Part

Array = npt.NDArray[np.float64]
Pictures = dict[str, npt.NDArray[np.uint8]]

BARE = 0.1
"""Share of shoulders that wear nothing."""

SHOULDERS = 4
"""The column of `HeadModel.neck_weights` that moves with the shoulders."""


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


@dataclass(frozen=True)
class Garment:
    """What is worn together, and how often, by men and by women."""

    male: float
    female: float
    cloths: tuple[Cloth, ...] = field(default=())


def below(height: float) -> Line:
    """Inside is below a necklace's line that is moved up the neck."""
    return lambda p: height - up(p)


def above(height: float) -> Line:
    """Inside is above it."""
    return lambda p: up(p) - height


def vee(depth: float, half: float = 0.062, top: float = -0.125) -> Line:
    """Inside is outside of a V whose point lies at the height `depth`, and which is `half` wide at `top`."""
    slope = half / (top - depth)
    scale = np.float32(np.hypot(1, slope))
    return lambda p: (np.abs(p[:, 0]) - slope * (p[:, 1] - depth)) / scale + 4 * np.maximum(0, -0.06 - p[:, 2])


def scoop(depth: float, half: float) -> Line:
    """Inside is outside of a round opening in front."""

    def line(p: Floats) -> Floats:
        down = np.maximum(p[:, 1] + 0.125, 0.4 * (p[:, 1] + 0.125)) / (depth + 0.125)
        away = np.sqrt((p[:, 0] / half) ** 2 + down**2 + 1e-6) - 1
        return np.asarray(away * min(half, -0.125 - depth) + 4 * np.maximum(0, -0.07 - p[:, 2]))

    return line


def narrow(half: float) -> Line:
    """Inside is nearer to the middle: no sleeves."""
    return lambda p: half - np.abs(p[:, 0]) - 0.25 * np.maximum(0, -0.2 - p[:, 1])


def front(p: Floats) -> Floats:
    """Inside is the front of the body."""
    return np.asarray(p[:, 2] + 0.06)


def _leaf_end(height: float, point: float) -> Line:
    """The lower edge of a collar: longer in front, where its points are."""
    return lambda p: up(p) - height + point * np.clip((p[:, 2] + 0.06) / 0.05, 0, 1)


def _parted(top: float, slope: float, gap: float = 0.002) -> Line:
    """Inside is beside an opening that widens downwards from `top`."""
    return lambda p: (
        (np.abs(p[:, 0]) - gap - slope * np.maximum(0, top - p[:, 1])) / np.float32(np.hypot(1, slope))
        + 4 * np.maximum(0, -0.06 - p[:, 2])
    )


def _strip(middle: float, half: float, top: float, widening: float = 0.0) -> Line:
    """Inside is a strip in front that begins at `top` and goes down."""

    def line(p: Floats) -> Floats:
        side = half + widening * (top - p[:, 1]) - np.abs(p[:, 0] - middle)
        return np.asarray(np.minimum(np.minimum(side, top - p[:, 1]), 2 * (p[:, 2] + 0.06)))

    return line


def _knot(p: Floats) -> Floats:
    side = 0.011 + 0.25 * np.clip(p[:, 1] + 0.178, -0.01, 0.03) - np.abs(p[:, 0])
    return np.asarray(np.minimum(np.minimum(side, p[:, 1] + 0.182), np.minimum(-0.142 - p[:, 1], 2 * (p[:, 2] + 0.06))))


def _lapel(depth: float, notch: float, width: float) -> Line:
    """Inside is the band beside a jacket's opening, which widens up to the notch."""

    def line(p: Floats) -> Floats:
        rise = np.clip((p[:, 1] - depth) / (notch - depth), 0, 1)
        return np.asarray(0.012 + width * rise - vee(depth, 0.072)(p))

    return line


def _wound(height: float, tilt: float, turned: float) -> Line:
    """A line around the neck that is higher on one side."""
    return lambda p: up(p) - height - tilt * np.cos(azimuth(p) - turned)


def _under(line: Line) -> Line:
    """Inside is what another cloth with that edge leaves free, and a little more."""
    return lambda p: 0.02 - line(p)


def _even(radius: float, behind: float) -> Callable[[Floats], Floats]:
    """Radius of a roll in front and behind."""
    return lambda angles: radius + (behind - radius) * (0.5 - 0.5 * np.cos(angles)) ** 1.5


def _body(*hems: Line, lift: float = 0.005, ease: float = 0.0) -> Patch:
    return Patch(hems, lift, ease=ease, skirt=0.2)


def _band(*hems: Line, lift: float = 0.0062, wide: float = 0.018) -> Patch:
    """The trimming along a neckline."""
    first = hems[0]
    return Patch((*hems, lambda p: wide - np.min([h(p) for h in (first, *hems)], axis=0)), lift)


_LEAF = Patch((below(0.026), _leaf_end(-0.022, 0.022), _parted(-0.128, 0.55)), 0.011, ease=0.5)
_OPEN_LEAF = Patch((below(0.024), _leaf_end(-0.026, 0.028), vee(-0.225, 0.05)), 0.011, ease=0.5)
_SUIT_COLOURS = ("black", "charcoal", "navy", "navy", "grey", "brown", "beige", "black")
_SHIRT_COLOURS = ("white", "white", "white", "light blue", "light blue", "pink", "light grey", "black", "navy", "denim")
_SHIRTINGS = ("plain",) * 5 + ("stripes", "check", "check", "denim")
_CASUAL = ("plain",) * 9 + ("stripes", "stripes", "print")
_SUIT = -0.30

GARMENTS: dict[str, Garment] = {
    "t-shirt": Garment(0.25, 0.15, (Cloth((_body(below(0.002)),), _CASUAL), Cloth((_band(below(0.002)),), ("rib",)))),
    "v-neck": Garment(0.07, 0.1, (Cloth((_body(below(0.0), vee(-0.225)),), (*_CASUAL, "knit", "knit")),)),
    "polo": Garment(0.08, 0.03, (Cloth((_body(below(0.012), vee(-0.225, 0.05)), _OPEN_LEAF), ("plain", "plain", "knit", "stripes")),)),
    "shirt": Garment(0.13, 0.09, (Cloth((_body(below(0.012), vee(-0.225, 0.05)), _OPEN_LEAF), _SHIRTINGS, folds=0.0025),)),
    "buttoned": Garment(0.06, 0.03, (Cloth((_body(below(0.016)), _LEAF, Patch((_strip(0, 0.016, -0.15),), 0.0062)), _SHIRTINGS),)),
    "turtleneck": Garment(
        0.05,
        0.08,
        (Cloth((_body(below(0.035), ease=0.4), Roll(above(0.030), _even(0.009, 0.010), flat=1.8)), ("knit", "rib", "plain")),),
    ),
    "hoodie": Garment(
        0.1,
        0.06,
        (
            Cloth(
                (_body(below(0.0), lift=0.008, ease=0.4), Roll(above(0.0), _even(0.008, 0.036), flat=1.15)),
                ("plain", "plain", "knit"),
                folds=0.002,
            ),
            Cloth((Patch((_strip(0.03, 0.003, -0.175),), 0.017), Patch((_strip(-0.03, 0.003, -0.175),), 0.017)), colours=("white", "black", "grey")),
        ),
    ),
    "suit": Garment(
        0.1,
        0.03,
        (
            Cloth((Patch((below(0.016),), 0.005, (_under(vee(_SUIT, 0.072)),)), _LEAF), _SHIRTINGS, _SHIRT_COLOURS),
            Cloth((Patch((_strip(0, 0.009, -0.165, 0.16),), 0.009), Patch((_knot,), 0.017)), ("tie", "tie", "dots"), roughness=0.6),
            Cloth(
                (
                    _body(below(-0.004), vee(_SUIT, 0.072), lift=0.011, ease=0.5),
                    Patch((below(-0.004), vee(_SUIT, 0.072), _lapel(_SUIT, -0.2, 0.035)), 0.014, ease=0.5),
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
            Cloth((Patch((below(0.002),), 0.004, (_under(vee(_SUIT, 0.085)),)),), _CASUAL),
            Cloth(
                (
                    _body(below(0.004), vee(_SUIT, 0.085), lift=0.011, ease=0.5),
                    Patch((below(0.02), vee(_SUIT, 0.085), _lapel(_SUIT, -0.15, 0.02)), 0.015, ease=0.5),
                ),
                ("plain", "plain", "denim", "knit"),
                folds=0.003,
                steps=4,
            ),
        ),
    ),
    "tank top": Garment(0.03, 0.08, (Cloth((_body(below(-0.03), scoop(-0.235, 0.085), narrow(0.125), lift=0.004),), _CASUAL),)),
    "blouse": Garment(0.0, 0.16, (Cloth((_body(below(-0.006), scoop(-0.205, 0.085)),), ("plain", "plain", "print", "dots", "stripes"), folds=0.003),)),
    "scarf": Garment(
        0.04,
        0.08,
        (
            Cloth((_body(below(-0.01)),), _CASUAL),
            Cloth(
                (
                    Roll(_wound(-0.010, 0.004, 0.4), _even(0.017, 0.014), lift=0.6, flat=1.7),
                    Roll(_wound(0.016, -0.007, 1.9), _even(0.014, 0.012), lift=0.5, flat=1.7),
                    Roll(_wound(0.003, 0.013, -0.8), _even(0.018, 0.014), lift=0.75, flat=1.1),
                ),
                ("plain", "plain", "knit", "knit", "check", "print"),
                folds=0.005,
            ),
        ),
    ),
}  # fmt: skip
"""Name → garment."""


@lru_cache(maxsize=256)
def _sheet(model: HeadModel, garment: str, index: int) -> Sheet:
    return sew(model, GARMENTS[garment].cloths[index].pieces)


def choose_garment(rng: np.random.Generator, sex: str | None = None) -> str:
    """One of GARMENTS as often as it is worn, or '' for nothing."""
    often = np.array([g.male + g.female if sex is None else getattr(g, sex) for g in GARMENTS.values()])
    name = list(GARMENTS)[int(rng.choice(len(often), p=often / often.sum()))]
    return "" if rng.random() < BARE else name


def clothes_parts(
    model: HeadModel, vertices: Floats, place: Array, seed: int, *, sex: str | None = None, garment: str | None = None
) -> tuple[list[Part], Pictures]:
    """The clothes of one head; none for a tenth of the seeds.

    Args:
        model: the head.
        vertices: (V, 3) from `HeadModel.bend`.
        place: (4, 4) of the head's part.
        seed: makes the choice, colours and folds.
        sex: male or female, for what is worn more by one; None for both.
        garment: key of GARMENTS, or '' for none, instead of a choice.

    Returns:
        The parts, and the pictures of their textures by the parts' keys.
    """
    rng = np.random.default_rng([seed, 0])
    chosen = choose_garment(rng, sex)
    name = chosen if garment is None else garment
    if not name:
        return [], {}
    normals, turn = vertex_normals(vertices, rest_skin(model)[1]), shoulder_turn(model, vertices)
    parts, shared = [], drawn_colour(rng)
    for index, cloth in enumerate(GARMENTS[name].cloths):
        sheet = _sheet(model, name, index)
        points = sheet.hang(vertices, normals, turn, _folds(sheet, cloth.folds * rng.uniform(0.3, 1.6), rng), cloth.steps)
        key, tint = _dyed(cloth, shared, rng)
        material = Material(0.3, cloth.roughness, 0.0, tint)
        parts.append(Part(points, sheet.topology, key, material, place))
    return parts, {str(part.texture): cloth_picture(str(part.texture)) for part in parts}


def _dyed(cloth: Cloth, shared: Array, rng: np.random.Generator) -> tuple[str, tuple[float, float, float]]:
    """Texture and tint."""
    pattern = cloth.patterns[int(rng.integers(len(cloth.patterns)))]
    key, colour = cloth_key(pattern, rng), drawn_colour(rng, cloth.colours)
    if not PATTERNS[pattern][1]:
        red, green, blue = (rng.uniform(0.7, 1.1) * np.ones(3)).tolist()
    else:
        red, green, blue = ((colour / 225.0) ** 2.2).tolist()
    return key, (red, green, blue)


def _folds(sheet: Sheet, height: float, rng: np.random.Generator) -> Floats:
    """(n,) metres: waves of 4 to 10 cm across the cloth, none at its hems."""
    waves = rng.normal(size=(5, 3)).astype(np.float32)
    waves *= (2 * np.pi / rng.uniform(0.04, 0.1, 5) / np.linalg.norm(waves, axis=1))[:, None].astype(np.float32)
    total = np.sin(sheet.rest @ waves.T + rng.uniform(0, 2 * np.pi, 5).astype(np.float32)).sum(axis=1)
    return np.asarray(height * (1 + total / 3) * np.clip(sheet.inside / 0.03, 0, 1), np.float32).clip(0)


@lru_cache(maxsize=4)
def _shoulder_rows(model: HeadModel) -> tuple[npt.NDArray[np.int64], Floats]:
    rows = np.flatnonzero(model.neck_weights[: len(model.base_index), SHOULDERS] > 0.99)[::8]
    rest = rest_skin(model)[0][rows]
    return rows, rest - rest.mean(axis=0)


def shoulder_turn(model: HeadModel, vertices: Floats) -> Floats:
    """(3, 3) from the rest shoulders' axes to those of these vertices (Kabsch's fit)."""
    rows, rest = _shoulder_rows(model)
    now = vertices[rows] - vertices[rows].mean(axis=0)
    left, _, right = np.linalg.svd((now.T @ rest).astype(np.float64))
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    return np.asarray(left @ mirror @ right, np.float32)
