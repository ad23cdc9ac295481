"""What lies on a face besides its tone: make-up, freckles, moles, blemishes, flushed cheeks, lines of age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.synthetic import skin_shapes as shapes
from training.data.synthetic.mesh import Floats
from training.data.synthetic.skin_regions import Points, line, placed, polygon

MADE_UP = 0.5
"""Share of women with make-up."""
_LIPSTICKS = ((160, 36, 48), (186, 72, 84), (150, 50, 70), (196, 92, 92), (112, 28, 44), (176, 88, 80))
_SHADOWS = ((96, 70, 60), (70, 60, 84), (60, 72, 96), (120, 84, 70), (60, 54, 52), (128, 70, 84))
_BLUSH = np.array([12.0, -12.0, -8.0], np.float32)
_AGE_LINES = {"young": 0.06, "middleage": 0.35, "old": 0.75}
_FRECKLED = {"caucasian": 0.25, "asian": 0.06, "african": 0.04}
_LINE_WIDTH, _LINE_SOFT = 0.02, 0.012  # of the distance between the eyes' outer corners


@dataclass(frozen=True, eq=False)
class FaceMasks:
    """(H, W) float32 each, 0 to 1, drawn once for a size of texture."""

    shape: tuple[int, int]
    """Rows and columns of the face's piece."""
    width: float
    """From one eye's outer corner to the other's, texels."""
    landmarks: Points
    """(68, 2) in this piece."""
    lips: Floats
    eye_shadow: Floats
    eye_lines: Floats
    cheeks: Floats
    nose: Floats
    eye_bags: Floats
    wrinkles: Floats
    freckles: Floats
    """Where freckles are, most on the bridge of the nose."""

    @classmethod
    def drawn(cls, shape: tuple[int, int], landmarks: Points) -> FaceMasks:
        """All of `skin_shapes` between these (68, 2) landmarks."""
        width = float(np.linalg.norm(landmarks[36] - landmarks[45]))
        soft = _LINE_SOFT * width

        def lines(group: tuple[shapes.Shape, ...], thick: float, blur: float) -> Floats:
            return np.maximum.reduce([line(shape, placed(landmarks, one), thick * width, blur) for one in group])

        eye = np.maximum.reduce([polygon(shape, placed(landmarks, one), 0.02 * width) for one in shapes.EYE_SHADOW])
        cheeks = _blobs(shape, placed(landmarks, shapes.CHEEKS), 0.17 * width)
        nose = _blobs(shape, placed(landmarks, (shapes.NOSE,)), 0.09 * width)
        bridge = _blobs(shape, placed(landmarks, ((28, 28, 0.0), (28, 29, 0.5))), 0.16 * width)
        deep = [d * line(shape, placed(landmarks, s), _LINE_WIDTH * width, soft) for s, d in shapes.WRINKLES]
        return cls(
            shape=shape,
            width=width,
            landmarks=landmarks,
            lips=polygon(shape, placed(landmarks, shapes.LIPS), 0.011 * width),
            eye_shadow=eye,
            eye_lines=lines(shapes.EYE_LINES, 0.02, soft),
            cheeks=cheeks,
            nose=nose,
            eye_bags=lines(shapes.EYE_BAGS, 0.06, 0.035 * width),
            wrinkles=np.minimum(np.sum(deep, axis=0), 1).astype(np.float32),
            freckles=np.maximum(bridge, 0.8 * cheeks),
        )


def _blobs(shape: tuple[int, int], centres: Points, spread: float) -> Floats:
    y, x = np.mgrid[: shape[0], : shape[1]]
    drawn = [np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread**2)) for cx, cy in centres]
    return np.maximum.reduce(drawn).astype(np.float32)


def tinted(skin: Floats, colour: np.ndarray, cover: Floats) -> Floats:
    """(H, W, 3) covered by a colour that keeps the skin's light and shade; cover (H, W) 0 to 1."""
    light = skin.mean(axis=2, keepdims=True)
    inside = float(np.average(light[..., 0], weights=cover + 1e-6))
    toned = np.clip(colour * (0.35 + 0.65 * light / max(inside, 1.0)), 0, 255)
    return np.asarray(skin + cover[..., None] * (toned - skin), np.float32)


def make_up(skin: Floats, masks: FaceMasks, rng: np.random.Generator) -> Floats:
    """Lipstick, eye shadow, eyeliner and blush, each on some of the faces."""
    lips, shadow = (np.array(t[int(rng.integers(len(t)))], np.float32) for t in (_LIPSTICKS, _SHADOWS))
    amount = rng.uniform(0.2, 0.8, 4) * (rng.random(4) < (0.75, 0.5, 0.6, 0.4))
    tone = float(np.clip(skin.mean() / 190, 0.35, 1.0))  # make-up suits the skin that it lies on
    skin = tinted(skin, lips * (0.35 + 0.65 * tone), masks.lips * np.float32(amount[0]))
    skin = tinted(skin, shadow * tone, masks.eye_shadow * np.float32(0.8 * amount[1]))
    skin = skin * (1 - np.float32(0.9 * amount[2]) * masks.eye_lines[..., None])
    return np.asarray(skin + masks.cheeks[..., None] * (amount[3] * tone * _BLUSH), np.float32)


def redden(skin: Floats, masks: FaceMasks, rng: np.random.Generator) -> Floats:
    """Nose and cheeks as red, or as pale, as blood makes them."""
    cheeks, nose = rng.normal(0.1, 0.3, 2) * (skin.mean() / 220)
    flush = (cheeks * masks.cheeks + max(nose, 0.0) * masks.nose)[..., None] * _BLUSH
    return np.asarray(skin + flush, np.float32)


def age_face(skin: Floats, masks: FaceMasks, age: str, rng: np.random.Generator) -> Floats:
    """Wrinkles, and shade under the eyes."""
    lines = _AGE_LINES[age] * rng.uniform(0.5, 1.3)
    bags = 0.16 * _AGE_LINES[age] * rng.uniform(0.3, 1.3) + 0.05 * rng.random()
    dark = 1 - 0.24 * lines * masks.wrinkles - bags * masks.eye_bags
    return np.asarray(skin * dark[..., None] ** np.array([0.85, 1.05, 1.05], np.float32), np.float32)


def spots(skin: Floats, masks: FaceMasks, group: str, age: str, rng: np.random.Generator) -> Floats:
    """Freckles, moles and blemishes; age spots with the years."""
    skin, brown = skin.copy(), np.array([0.62, 0.48, 0.38], np.float32)
    texel = masks.width / 44
    if rng.random() < _FRECKLED[group]:
        _dot_all(skin, masks, _scattered(masks.freckles, int(rng.integers(30, 160)), rng), 0.45, 0.28, brown, rng)
    for centre in _scattered(None, int(rng.poisson(0.9)), rng, masks.shape):  # moles
        _dot(skin, centre, rng.uniform(0.4, 0.8) * texel, brown, rng.uniform(0.3, 0.9))
    for centre in _scattered(None, int(rng.poisson(1.5 + 2.5 * (age == "young"))), rng, masks.shape):
        _dot(
            skin, centre, rng.uniform(0.7, 1.5) * texel, np.array([1.0, 0.78, 0.76], np.float32), rng.uniform(0.2, 0.7)
        )
    for centre in _scattered(None, int(rng.poisson(5 * (age == "old"))), rng, masks.shape):
        _dot(skin, centre, rng.uniform(0.8, 2.2) * texel, brown, rng.uniform(0.1, 0.3))
    return skin


def _scattered(where: Floats | None, count: int, rng: np.random.Generator, shape: tuple[int, int] = (1, 1)) -> Points:
    """(count, 2) x and y, denser where `where` is higher, everywhere in `shape` for None."""
    if where is None:
        return (rng.random((count, 2)) * (shape[1], shape[0])).astype(np.float32)
    drawn = np.searchsorted(np.cumsum(where, dtype=np.float64) / where.sum(dtype=np.float64), rng.random(count))
    at = np.stack(np.unravel_index(np.minimum(drawn, where.size - 1), where.shape)[::-1], axis=1)
    return np.asarray(at + rng.uniform(-0.5, 0.5, (count, 2)), np.float32)


def _dot_all(
    skin: Floats, masks: FaceMasks, at: Points, size: float, cover: float, colour: Floats, rng: np.random.Generator
) -> None:
    """Many small dots of like looks, all at once: one map of cover, blurred."""
    import cv2

    shape = masks.shape
    dots = np.zeros(shape, np.float32)
    x, y = np.clip(at.round().astype(int), 0, (shape[1] - 1, shape[0] - 1)).T
    np.maximum.at(dots, (y, x), rng.uniform(0.3, 1.0, len(at)).astype(np.float32))
    spread = size * masks.width / 44
    dots = cv2.GaussianBlur(dots, (0, 0), spread) * np.float32(2 * np.pi * spread**2)
    skin *= 1 - (1 - colour) * np.clip(cover * dots, 0, 1)[..., None]


def _dot(skin: Floats, centre: Points, spread: float, colour: Floats, cover: float) -> None:
    """One soft dot multiplied into the skin."""
    reach = int(np.ceil(2.5 * spread)) + 1
    left, top = np.maximum(centre.astype(int) - reach, 0)
    piece = skin[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    y, x = np.mgrid[top : top + piece.shape[0], left : left + piece.shape[1]]
    away = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * spread**2)
    piece *= 1 - (1 - colour) * (cover * np.exp(-(away**2)))[..., None].astype(np.float32)
