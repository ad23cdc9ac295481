"""Hair that differs from head to head: ten shells of hair made longer, fuller, wavier, parted on the other side, dyed.

The shells are MakeHuman's. Their pictures have contrasts and colours of their own, from nearly black to blond;
`hair_picture` evens them out once, so that one tint gives all of them the colour that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.synthetic.clothes_neck import plane, rest_skin
from training.data.synthetic.head import HeadModel
from training.data.synthetic.mesh import Floats, Indices, Topology, vertex_normals
from training.data.synthetic.parts import Material, Part
from training.data.synthetic.proxy import Proxy

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

PICTURE_MEAN = 0.3
"""Linear mean of an evened picture's hair, each channel."""

_MIRROR = np.array([-1, 1, 1], np.float32)
_CROWN = np.array([0, 0.03, 0], np.float32)  # from between the ears to the middle of the skull

DARKEST, LIGHTEST = 0.012, 0.42
"""Bounds of the hair's luminance, linear: no hair is as black as a hole, and none glows."""

HAIR_SHARES: dict[str, dict[str, float]] = {
    "Braid01": {"male": 0.01, "female": 0.10},
    "afro01": {"male": 0.07, "female": 0.05},
    "bob01": {"male": 0.01, "female": 0.12},
    "bob02": {"male": 0.01, "female": 0.14},
    "long01": {"male": 0.04, "female": 0.22},
    "ponytail01": {"male": 0.04, "female": 0.20},
    "short01": {"male": 0.26, "female": 0.05},
    "short02": {"male": 0.20, "female": 0.06},
    "short03": {"male": 0.08, "female": 0.05},
    "short04": {"male": 0.28, "female": 0.01},
}
"""Style → how often men and women who are not bald wear it; each column sums to 1."""


@dataclass(frozen=True)
class Look:
    """What may be done to a style."""

    mirrored: bool = True
    """Whether it may be parted on the other side; what has no parting looks the same."""
    length: tuple[float, float] = (0.9, 1.08)
    """Range of the length below the ears, 1 as it is."""
    volume: tuple[float, float] = (0.94, 1.08)
    """Range of the distance from the skull's middle, 1 as it is; roots stay on the scalp."""
    fringe: tuple[float, float] = (0.2, 1.0)
    """Range of what remains of hair that hangs below the brows in front of the face."""
    uncut: bool = True
    """Whether a fringe is left as it is at times; not where it would hide both eyes."""
    wave: float = 0.002
    """Most of the waves' height, metres."""
    gloss: tuple[float, float] = (0.12, 0.5)
    """Range of the gloss; 1 is skin's."""


LOOKS: dict[str, Look] = {
    "afro01": Look(length=(0.95, 1.0), volume=(0.96, 1.22), wave=0.003, gloss=(0.0, 0.12)),
    "bob01": Look(length=(0.75, 1.2), fringe=(0.0, 0.12), uncut=False, wave=0.0025),
    "bob02": Look(length=(0.75, 1.2), fringe=(0.0, 0.2), wave=0.003),
    "long01": Look(length=(0.45, 1.0), volume=(0.96, 1.1), wave=0.004),
    "ponytail01": Look(length=(0.6, 1.05), volume=(0.97, 1.06), wave=0.004),
    "Braid01": Look(length=(0.8, 1.0), fringe=(0.0, 0.4), wave=0.002),
    "short03": Look(fringe=(0.0, 0.3), wave=0.003),
}
"""Style → its look where it is not the usual one. A fringe that hides an eye is shortened to the brows as a rule."""

CLEARANCE = 0.014
"""Metres between shoulders and the hair on them: room for clothes."""

LONG_FRINGE = 0.08
"""Share of the heads whose fringe is left as it is."""


def hair_picture(picture: Bytes) -> Bytes:
    """(H, W, 4) sRGB of a style → the same strands in light grey of linear mean `PICTURE_MEAN`, with a trace of hue.

    Raises HeadPoseError for a picture without alpha or without hair.
    """
    if picture.ndim != 3 or picture.shape[2] != 4 or picture[..., 3].max() < 128:
        raise HeadPoseError(f"a picture of shape {picture.shape} shows no hair: give RGBA, opaque where hair is")
    hair = picture[..., 3] >= 128
    linear = (picture[..., :3] / 255.0) ** 2.2 + 0.002  # an 8-bit black holds no strands to be brought out
    bright = linear @ np.array([0.2126, 0.7152, 0.0722])
    depth = np.log(bright)
    depth = (depth - depth[hair].mean()) / max(float(depth[hair].std()), 1e-3)
    shade = np.exp(0.32 * np.clip(depth, -2.2, 2.2))[..., None]
    shown = shade * (linear / bright[..., None]) ** 0.12
    shown *= PICTURE_MEAN / shown[hair].mean(axis=0)
    out = picture.copy()
    out[..., :3] = np.clip(255 * shown ** (1 / 2.2), 0, 255).round().astype(np.uint8)
    return out


def hair_tint(colour_srgb: Sequence[float], rng: np.random.Generator) -> tuple[float, float, float]:
    """Linear tint of an evened picture for hair of that sRGB colour (0–255), within what hair is, varied a little."""
    linear = (np.asarray(colour_srgb, np.float64) / 255.0) ** 2.2
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    within = rng.uniform(1.0, 1.5)  # so that not all that is cut has one tone
    wanted = float(np.clip(luminance * np.exp(rng.normal(0.0, 0.2)), DARKEST * within, LIGHTEST / within))
    grey = rng.uniform(0.0, 0.25) + 0.6 * wanted  # light hair is seldom as yellow as its name
    varied = (linear * (1 - grey) + luminance * grey + 1e-4) / (luminance + 1e-4) * rng.uniform(0.96, 1.04, 3)
    red, green, blue = (varied * wanted / PICTURE_MEAN).tolist()
    return red, green, blue


def hair_part(
    model: HeadModel,
    proxy: Proxy,
    vertices: Floats,
    place: Array,
    texture_key: str,
    hair_colour_srgb: Sequence[float],
    seed: int,
) -> Part:
    """One head's hair.

    Args:
        model: the head.
        proxy: the style, from `HeadModel.rebind`.
        vertices: (V, 3) from `HeadModel.bend`.
        place: (4, 4) of the head's part.
        texture_key: of the style's `hair_picture`.
        hair_colour_srgb: 0–255.
        seed: makes everything that is varied.
    """
    rng = np.random.default_rng([seed, 1])
    look, tint = LOOKS.get(proxy.name, Look()), hair_tint(hair_colour_srgb, rng)
    mirrored = bool(look.mirrored and rng.random() < 0.5)
    points = mirrored_fit(model, proxy, vertices) if mirrored else proxy.fit(vertices)
    points = _above_shoulders(model, vertices, shaped(model, proxy, vertices, points, rng))
    material = Material(rng.uniform(*look.gloss), rng.uniform(0.38, 0.6), 0.0, tint, "cutout")
    return Part(points, _turned_over(proxy.topology) if mirrored else proxy.topology, texture_key, material, place)


def mirrored_fit(model: HeadModel, proxy: Proxy, vertices: Floats) -> Floats:
    """(n, 3) the style fitted to the head in the mirror, seen in the mirror: its parting changes sides."""
    other = np.ascontiguousarray(vertices[_partners(model)] * _MIRROR)
    return proxy.fit(other) * _MIRROR


@lru_cache(maxsize=4)
def _partners(model: HeadModel) -> Indices:
    """(V,) the vertex that each becomes in the mirror: the nearest of the rest head."""
    rest = rest_skin(model)[0]
    return _nearest(rest * _MIRROR, rest)[0]


def _nearest(points: Floats, among: Floats) -> tuple[Indices, Floats]:
    """(n,) rows of the nearest and (n,) metres to them."""
    rows, metres = np.zeros(len(points), np.int32), np.zeros(len(points), np.float32)
    square = (among**2).sum(axis=1)
    for start in range(0, len(points), 256):
        some = points[start : start + 256]
        apart = square - 2 * some @ among.T + (some**2).sum(axis=1, keepdims=True)
        best = apart.argmin(axis=1)
        rows[start : start + 256] = best
        metres[start : start + 256] = np.linalg.norm(some - among[best], axis=1)
    return rows, metres


@lru_cache(maxsize=32)
def _turned_over(topology: Topology) -> Topology:
    """The triangles of the mirrored mesh, whose corners run the other way."""
    turned = [np.ascontiguousarray(table[:, ::-1]) for table in (topology.triangles, topology.uv_triangles)]
    return Topology(turned[0], topology.uv, turned[1])


@lru_cache(maxsize=32)
def _above_skin(model: HeadModel, proxy: Proxy) -> Floats:
    """(n,) metres from each of the style's vertices to the skin, at rest."""
    rest = rest_skin(model)[0]
    return _nearest(proxy.fit(rest), rest[np.unique(model.topology.triangles)])[1]


def _step(low: float, high: float, values: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def shaped(model: HeadModel, proxy: Proxy, vertices: Floats, points: Floats, rng: np.random.Generator) -> Floats:
    """(n, 3) the fitted style made longer, fuller and wavier by chance; what lies on the scalp stays."""
    look = LOOKS.get(proxy.name, Look())
    loose = _step(0.004, 0.03, _above_skin(model, proxy))[:, None]
    eyes, ears = (
        vertices[[model.joint(f"{name}.L"), model.joint(f"{name}.R")]].mean(axis=0) for name in ("eye", "ear")
    )
    fringe, chance = rng.uniform(*look.fringe), rng.random()
    if look.uncut and chance < LONG_FRINGE:
        fringe = 1.0
    points = points - _fringe_cut(points, eyes, fringe)
    below = np.minimum(points[:, 1] - ears[1] + 0.02, 0.0)
    points[:, 1] += below * np.float32(rng.uniform(*look.length) - 1.0)
    wide = np.float32(rng.uniform(*look.volume) * np.array([rng.uniform(0.97, 1.04), 1.0, 1.0]) - 1.0)
    skull = _step(-0.16, -0.06, points[:, 1])[:, None]  # hair on the shoulders is not blown up
    points = points + loose * skull * wide * (points - (ears + _CROWN))
    return np.asarray(points + loose * _waves(points, look.wave * rng.random(), rng), np.float32)


def _fringe_cut(points: Floats, eyes: Floats, left: float) -> Floats:
    """(n, 3) what is taken from hair before the face, so that `left` of what hangs below the brows remains."""
    around = np.degrees(np.abs(np.arctan2(points[:, 0], np.maximum(points[:, 2] + 0.02, 1e-3))))
    before = (1.0 - _step(38.0, 66.0, around)) * (points[:, 2] > -0.02)
    hanging = np.minimum(points[:, 1] - (eyes[1] + 0.024), 0.0)
    cut = np.zeros_like(points)
    cut[:, 1] = before * hanging * (1.0 - left)
    cut[:, 2] = before * np.minimum(-0.4 * hanging, 0.012) * (1.0 - left)  # and does not stand off like a peak
    return cut


def _waves(points: Floats, height: float, rng: np.random.Generator) -> Floats:
    """(n, 3) metres: smooth, of 3 to 7 cm."""
    total = np.zeros_like(points)
    for length in rng.uniform(0.03, 0.07, 3):
        towards = rng.normal(size=3) * np.array([0.5, 1.0, 0.5])
        towards *= 2 * np.pi / length / np.linalg.norm(towards)
        wave = np.sin(points @ towards.astype(np.float32) + np.float32(rng.uniform(0, 6.28)))
        total += wave[:, None] * (rng.normal(size=3) * height / 1.7).astype(np.float32)
    return total


@lru_cache(maxsize=4)
def _shoulder_points(model: HeadModel) -> Indices:
    """A third of the skin's vertices below the neck."""
    rest, triangles = rest_skin(model)
    rows = np.unique(triangles)
    return rows[plane(rest[rows]) < -0.005][::3].astype(np.int32)


def _above_shoulders(model: HeadModel, vertices: Floats, points: Floats) -> Floats:
    """The hair that would lie in or near the shoulders laid upon them and what they wear."""
    rows = _shoulder_points(model)
    if not len(rows):
        return points
    low = np.flatnonzero(points[:, 1] < vertices[rows, 1].max() + 0.02)
    if not len(low):
        return points
    near, metres = _nearest(points[low], vertices[rows])
    out = vertex_normals(vertices, rest_skin(model)[1])[rows[near]]
    height = ((points[low] - vertices[rows[near]]) * out).sum(axis=1)
    raised = points.copy()
    raised[low] += out * (np.clip(CLEARANCE - height, 0.0, 0.05) * (metres < 0.06))[:, None]
    return raised
