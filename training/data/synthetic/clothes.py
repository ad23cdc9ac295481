"""What people wear: garments made from the head model's own skin, from T-shirts to suits and scarves."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from runtime.errors import unknown_name
from training.data.synthetic.clothes_garments import GARMENTS, Cloth
from training.data.synthetic.clothes_neck import rest_skin
from training.data.synthetic.clothes_sew import Sheet, sew
from training.data.synthetic.clothes_textures import PATTERNS, cloth_key, cloth_picture, drawn_colour
from training.data.synthetic.head import HeadModel
from training.data.synthetic.mesh import Floats, vertex_normals
from training.data.synthetic.parts import Material, Part

Array = npt.NDArray[np.float64]
Pictures = dict[str, npt.NDArray[np.uint8]]

BARE = 0.1
"""Share of shoulders that wear nothing."""

TRIMMED_ALIKE = 0.7
"""Share of the trimmings that have the colour of their garment."""

SHOULDERS = 4
"""The column of `HeadModel.neck_weights` that moves with the shoulders."""


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
        The parts, and the pictures of their textures by the parts' keys; nothing for a model without shoulders.

    Raises:
        HeadPoseError: an unknown garment.
    """
    rng = np.random.default_rng([seed, 0])
    chosen = choose_garment(rng, sex)
    name = chosen if garment is None else garment
    if not name or len(_shoulders(model)) < 3:
        return [], {}
    if name not in GARMENTS:
        raise unknown_name("garment", name, GARMENTS)
    normals, turn = vertex_normals(vertices, rest_skin(model)[1]), shoulder_turn(model, vertices)
    parts: list[Part] = []
    for index, cloth in enumerate(GARMENTS[name].cloths):
        sheet = _sheet(model, name, index)
        folds = _folds(sheet, cloth.folds * rng.uniform(0.3, 1.6), rng)
        points = sheet.hang(vertices, normals, turn, folds, cloth.steps)
        key, tint = _dyed(cloth, rng)
        if cloth.trims and rng.random() < TRIMMED_ALIKE:
            tint = parts[-1].material.tint
        parts.append(Part(points, sheet.topology, key, Material(0.3, cloth.roughness, 0.0, tint), place))
    return parts, {str(part.texture): cloth_picture(str(part.texture)) for part in parts}


def _dyed(cloth: Cloth, rng: np.random.Generator) -> tuple[str, tuple[float, float, float]]:
    """Texture and tint."""
    pattern = cloth.patterns[int(rng.integers(len(cloth.patterns)))]
    key, colour = cloth_key(pattern, rng), drawn_colour(rng, cloth.colours)
    tint = (colour / 225.0) ** 2.2 if PATTERNS[pattern][1] else np.full(3, rng.uniform(0.7, 1.1))
    red, green, blue = tint.tolist()
    return key, (red, green, blue)


def _folds(sheet: Sheet, height: float, rng: np.random.Generator) -> Floats:
    """(n,) metres: waves of 4 to 10 cm across the cloth, none at its hems."""
    waves = rng.normal(size=(5, 3)).astype(np.float32)
    waves *= (2 * np.pi / rng.uniform(0.04, 0.1, 5) / np.linalg.norm(waves, axis=1))[:, None].astype(np.float32)
    total = np.sin(sheet.rest @ waves.T + rng.uniform(0, 2 * np.pi, 5).astype(np.float32)).sum(axis=1)
    return np.asarray(height * (1 + total / 3) * np.clip((sheet.inside - 0.018) / 0.03, 0, 1), np.float32).clip(0)


@lru_cache(maxsize=4)
def _shoulders(model: HeadModel) -> npt.NDArray[np.int64]:
    """Some of the vertices that move with the shoulders alone."""
    return np.flatnonzero(model.neck_weights[:, SHOULDERS] > 0.99)[::8]


def shoulder_turn(model: HeadModel, vertices: Floats) -> Floats:
    """(3, 3) from the rest shoulders' axes to those of these vertices (Kabsch's fit)."""
    rest, now = (points[_shoulders(model)] for points in (rest_skin(model)[0], vertices))
    spread = (now - now.mean(axis=0)).T @ (rest - rest.mean(axis=0))
    left, _, right = np.linalg.svd(spread.astype(np.float64))
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    return np.asarray(left @ mirror @ right, np.float32)
