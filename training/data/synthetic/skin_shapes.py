"""Shapes on the face, between landmarks, for `skin_paint`: where beards grow, make-up lies and wrinkles run.

See `skin_regions` for how places are written. Halves run along the left of the picture and end where the other half
begins.
"""

from __future__ import annotations

from training.data.synthetic.skin_regions import Place, mirrored

Shape = tuple[Place, ...]

_NECK_LINE: Shape = ((57, 8, 1.5), (48, 7, 1.35), (48, 6, 1.25), (48, 5, 1.17), (48, 4, 1.12), (3, 48, -0.05))
_SIDEBURN: Shape = ((2, 48, -0.02), (1, 31, 0.0), (0, 36, -0.03), (0, 36, 0.15), (1, 31, 0.2))
_CHEEK_LINE: Shape = ((2, 48, 0.3), (3, 48, 0.54), (48, 4, 0.22))
_OVER_LIP: Shape = ((31, 48, 0.65), (31, 48, 0.2), (33, 51, 0.15))
_INSIDE_JAW: Shape = ((2, 48, 0.22), (3, 48, 0.25), (48, 6, 0.72), (48, 7, 0.75), (57, 8, 0.7))


def _whole(half: Shape) -> Shape:
    return half + mirrored(half)


def _pair(one: Shape) -> tuple[Shape, ...]:
    return one, mirrored(one)


LIPS: Shape = tuple((k, k, 0.0) for k in range(48, 60))

BEARDS: dict[str, tuple[Shape, ...]] = {
    "full": (_whole(_NECK_LINE + _SIDEBURN + _CHEEK_LINE + _OVER_LIP),),
    "moustache": (_whole(((66, 66, 0.0), (48, 8, 0.1), (48, 4, 0.12), *_OVER_LIP)),),
    "goatee": (
        _whole(((57, 8, 1.35), (48, 7, 1.1), (48, 6, 0.7), (48, 5, 0.2), (48, 4, 0.1), (48, 48, 0.0), (66, 66, 0.0))),
    ),
    "strap": (_whole(_NECK_LINE + _SIDEBURN + _INSIDE_JAW),),
    "sideburns": _pair((*_SIDEBURN, (2, 48, 0.2))),
    "patch": (_whole(((57, 8, 0.6), (58, 8, 0.5), (58, 58, 0.0), (57, 57, 0.0))),),
}  # fmt: skip
"""Where hair of a kind grows; lips are cut out."""

EYE_SHADOW = _pair(
    (
        *((36, 36, 0.0), (36, 17, 0.4), (37, 18, 0.6), (37, 19, 0.65), (38, 20, 0.6), (39, 21, 0.5)),
        *((39, 39, 0.0), (38, 38, 0.0), (37, 37, 0.0)),
    )
)
EYE_LINES = _pair(((36, 36, -0.1), (36, 36, 0.0), (37, 37, 0.0), (38, 38, 0.0), (39, 39, 0.0)))
CHEEKS: Shape = ((1, 31, 0.6), (15, 35, 0.6))
NOSE: Place = (30, 30, 0.0)

EYE_BAGS = _pair(((36, 1, 0.06), (41, 31, 0.2), (40, 31, 0.27), (39, 31, 0.2), (39, 28, 0.3)))
WRINKLES: tuple[tuple[Shape, float], ...] = (
    *((one, 1.0) for one in _pair(((31, 41, 0.1), (31, 3, 0.2), (48, 4, 0.14), (48, 6, 0.22)))),
    *((one, 0.6) for t in (0, 1) for one in _pair(((36, t, 0.12), (36, t, 0.3)))),
    *((one, 0.6) for one in _pair(((21, 22, 0.3), (21, 19, -0.25), (28, 27, 1.9)))),
    *((_whole(((36, 18, 0.8 * t), (37, 19, t), (38, 20, t), (28, 27, 0.55 * t))), 0.7) for t in (2.2, 3.0, 3.8)),
)
"""Lines and how deep each is: beside the nose, at the eyes' corners, between the brows, on the forehead."""

SKIN_SAMPLE: Shape = ((1, 31, 0.4), (1, 31, 0.8), (3, 31, 0.6), (3, 31, 0.3))
"""A piece of cheek that has the skin's own colour."""

FACE: Shape = _whole(
    (
        *((33, 8, 2.0), (7, 9, -6.2), (2, 14, -1.0), (2, 14, -0.3), (0, 16, -0.3), (0, 16, 0.0), (4, 0, 1.3)),
        *((48, 17, 1.45), (48, 19, 1.5), (33, 27, 2.2)),
    )
)
"""Everything that is not scalp, down to the throat."""
FACE_CORNERS: Shape = ((4, 0, 1.3), (12, 16, 1.3), (33, 27, 2.2), (57, 8, 1.7))
"""Places between which all other shapes lie."""
