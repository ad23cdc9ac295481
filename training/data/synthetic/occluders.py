"""What covers a part of a rendered head: spectacles, hats, masks, hands and things before the face.

Everything is made for the head that wears it, of a few thousand triangles, and follows from a seed. Pictures that the
parts name are those of `occluder_looks.occluder_textures`, to be uploaded once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from runtime.errors import unknown_name
from training.data.synthetic.head import HeadModel
from training.data.synthetic.mesh import Floats
from training.data.synthetic.occluder_fit import HeadFit
from training.data.synthetic.occluder_glasses import glasses
from training.data.synthetic.occluder_hand import hand
from training.data.synthetic.occluder_headwear import Worn, draw_worn, hat, tucked
from training.data.synthetic.occluder_looks import Colour, Drawn
from training.data.synthetic.occluder_mask import mask
from training.data.synthetic.occluder_patch import patch
from training.data.synthetic.parts import Part
from training.data.synthetic.scene_draws import OCCLUDERS

Array = npt.NDArray[np.float64]

LEAST_SEEN = 0.4
"""Share of the landmarks which face the camera that all occluders together leave open."""

_TRIES = 4
_FEW = 8  # landmarks that face the camera: of fewer there is no face to be hidden


def occluder_parts(
    names: Sequence[str], seed: int, model: HeadModel, vertices: Floats, place: Array, skin: Colour
) -> tuple[Part, ...]:
    """The occluders of one head as parts of its scene.

    One that would leave less than LEAST_SEEN of the face open is drawn again, and in the end left out.

    Args:
        names: keys of `scene_draws.OCCLUDERS`.
        seed: of everything that is drawn.
        model: of the head.
        vertices: (V, 3) metres, as `HeadModel.bend` returned them.
        place: (4, 4) from the head's frame to the camera's.
        skin: linear RGB of the hand.

    Raises:
        HeadPoseError: an unknown name, vertices of another model.
    """
    for name in names:
        if name not in OCCLUDERS:
            raise unknown_name("occluder", name, OCCLUDERS)
    if not names:
        return ()
    fit, eye = HeadFit(model, vertices), -place[:3, :3].T @ place[:3, 3]
    open_points = fit.landmarks[fit.facing(eye)]
    least = LEAST_SEEN * len(open_points) if len(open_points) >= _FEW else -1.0
    kept: list[Drawn] = []
    for number, name in enumerate(OCCLUDERS):
        for attempt in range(_TRIES if name in names else 0):
            drawn = _drawn(name, np.random.default_rng([seed, number, attempt]), fit, eye, skin, seed)
            left = open_points[~hidden(open_points, eye, drawn)]
            if len(left) >= least:
                open_points, kept = left, kept + drawn
                break
    return tuple(
        Part(points, topology, texture, material, place, casts_shadow=casts)
        for (points, topology), material, texture, casts in kept
    )


def _drawn(name: str, rng: np.random.Generator, fit: HeadFit, eye: Array, skin: Colour, seed: int) -> list[Drawn]:
    if name == "hat":
        return hat(_worn(seed), rng, fit)
    if name == "hand":
        return hand(rng, fit, eye, skin)
    if name == "patch":
        return patch(rng, fit, eye)
    return (glasses if name == "glasses" else mask)(rng, fit)


def _worn(seed: int) -> Worn:
    """The hat of that seed, the same however often its details are drawn again."""
    return draw_worn(np.random.default_rng([seed, len(OCCLUDERS)]))


def hides_hair(names: Sequence[str], seed: int) -> bool:
    """Whether no hair is seen: under a headscarf or in a hood; what other hats leave of it is `tucked_hair`."""
    return "hat" in names and _worn(seed).kind in ("headscarf", "hood")


def tucked_hair(names: Sequence[str], seed: int, model: HeadModel, vertices: Floats, hair: Floats) -> Floats:
    """Hair that does not reach through the hat of the same `names` and `seed`, if there is one.

    Args:
        names: as for `occluder_parts`.
        seed: as for `occluder_parts`.
        model: of the head.
        vertices: (V, 3) metres, the head's.
        hair: (H, 3) metres, in the same frame.

    Returns:
        (H, 3) float32, pressed to the head where the hat is.
    """
    return tucked(_worn(seed), HeadFit(model, vertices), hair) if "hat" in names else hair


def hidden(points: Array, eye: Array, drawn: Sequence[Drawn]) -> npt.NDArray[np.bool_]:
    """(P,) whether something lies between the points (P, 3) and the eye (3,)."""
    towards = eye / np.linalg.norm(eye)
    x = np.cross([0.0, 1.0, 0.0] if abs(towards[1]) < 0.9 else [1.0, 0.0, 0.0], towards)
    view = np.stack([x / np.linalg.norm(x), np.cross(towards, x / np.linalg.norm(x)), towards])

    def seen(of: npt.NDArray[np.floating]) -> Array:
        """x / depth, y / depth and 1 / depth, which is linear in the picture."""
        inverse = 1 / np.maximum((eye - of) @ towards, 1e-3)
        return np.concatenate([((of - eye) @ view[:2].T) * inverse[:, None], inverse[:, None]], axis=1)

    at, covered = seen(points), np.zeros(len(points), bool)
    low, high = at[:, :2].min(axis=0), at[:, :2].max(axis=0)
    for (vertices, topology), material, _, casts in drawn:
        if material.alpha == "blend" and not casts:
            continue  # clear glass
        corners = seen(vertices)[topology.triangles]
        near = ((corners[..., :2].max(1) >= low) & (corners[..., :2].min(1) <= high)).all(axis=1)
        covered |= _inside(at, corners[near])
    return covered


def _inside(at: Array, corners: Array) -> npt.NDArray[np.bool_]:
    """(P,) whether one of the triangles (T, 3, 3) lies over and before the points (P, 3) of the picture."""
    a, b, c = (corners[:, k, None] for k in range(3))

    def side(p: Array, q: Array, r: Array) -> Array:
        return np.asarray(
            (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])
        )

    whole = side(a, b, c)
    whole = np.where(np.abs(whole) < 1e-12, np.nan, whole)
    with np.errstate(invalid="ignore"):
        of_a, of_b, of_c = (side(p, q, at[None]) / whole for p, q in ((b, c), (c, a), (a, b)))
        depth = of_a * a[..., 2] + of_b * b[..., 2] + of_c * c[..., 2]
        return np.asarray(((of_a >= 0) & (of_b >= 0) & (of_c >= 0) & (depth > at[None, :, 2])).any(axis=0))
