"""Skins of many people out of the pack's few: tone, beards, make-up, spots and age, painted on the texture.

Everything lies between landmarks of the mesh (`skin_shapes`). What costs time is drawn once for a head model and a size
of texture, so that a person's skin takes milliseconds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from training.data.synthetic import skin_shapes as shapes
from training.data.synthetic.head import SEXES, Coefficients, HeadModel
from training.data.synthetic.mesh import Floats, Topology
from training.data.synthetic.procedural_skin import MELANIN, skin_tone
from training.data.synthetic.skin_beards import draw_style, grow_beard
from training.data.synthetic.skin_marks import MADE_UP, FaceMasks, age_face, make_up, redden, spots
from training.data.synthetic.skin_regions import (
    Points,
    landmark_texels,
    piece_of,
    placed,
    polygon,
    surface_map,
    uv_texels,
)

Bytes = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]
Box = tuple[slice, slice]

AGES = ("young", "middleage", "old")

_HEAD_VERTEX, _TORSO_VERTEX, _MOUTH_VERTEX = 358, 749, 541
"""One vertex of the base mesh in each piece of the texture: nose, chest, inside of the mouth."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_MOST_GAIN = 2.8  # linear; a texture brightened more shows its 8 bits
_CAVITY_DEPTH_M, _CAVITY_LIGHT = 0.009, 0.8  # how far light reaches into the mouth, how much is left behind the lips


def painted_skin(
    picture: Bytes,
    model: HeadModel,
    seed: int,
    *,
    sex: str,
    age: str,
    group: str,
    hair_colour: Colour,
    bald: bool = False,
) -> Bytes:
    """The skin of one person: (S, S, 4) uint8 sRGB, S as of the picture; the same for the same arguments.

    Args:
        picture: (S, S, 3 or 4) uint8 sRGB on the base mesh's texture coordinates, of the asset pack or drawn.
        model: the head.
        seed: of the person, 0 or more.
        sex: female or male; beards are of men, make-up of women.
        age: young, middleage or old.
        group: key of `procedural_skin.MELANIN`, from whose range the tone is drawn.
        hair_colour: sRGB 0–255 of the hair on the head.
        bald: whether no hair lies over the scalp, so that it may be smooth.

    Raises:
        HeadPoseError: a picture of another kind, an unknown sex, age or group.
    """
    side = len(picture)
    if picture.dtype != np.uint8 or picture.shape not in ((side, side, 3), (side, side, 4)) or side < 64:
        raise HeadPoseError(f"a skin of shape {picture.shape} is none: give a square of (S, S, 3 or 4) uint8, S ≥ 64")
    for kind, name, known in (("sex", sex, SEXES), ("age", age, AGES), ("phenotype group", group, MELANIN)):
        if name not in known:
            raise unknown_name(kind, name, known)
    painter = _painter(model, side)
    return painter.paint(picture, seed, sex=sex, age=age, group=group, hair_colour=hair_colour, bald=bald)


class SkinPainter:
    """What all skins of one head model and one size of texture share.

    Args:
        model: the head.
        size: side of the textures in texels.
    """

    def __init__(self, model: HeadModel, size: int) -> None:
        topology, landmarks = model.topology, landmark_texels(model, size)
        head, torso, mouth = (piece_of(topology, _row(model, v)) for v in (_HEAD_VERTEX, _TORSO_VERTEX, _MOUTH_VERTEX))
        self._head, self._torso = _box(topology, head, size), _box(topology, torso, size)
        self._scalp = _scalp(topology, head, landmarks, size)[self._head]
        corners = placed(landmarks, shapes.FACE_CORNERS)
        low, high = corners.min(axis=0), corners.max(axis=0)
        self._face = _slices(low, high, size)
        masks = FaceMasks.drawn(_shape(self._face), landmarks - (self._face[1].start, self._face[0].start))
        self._masks, self._beards = masks, _beard_regions(masks)
        sample = polygon((size, size), placed(landmarks, shapes.SKIN_SAMPLE), 0.0)
        self._sample = np.nonzero(sample)
        self._strands, self._clumps = _noise_tiles(size)
        self._cavity, self._dim = _cavity(model, mouth, size)

    def paint(
        self, picture: Bytes, seed: int, *, sex: str, age: str, group: str, hair_colour: Colour, bald: bool = False
    ) -> Bytes:
        """As `painted_skin`, of a picture of this painter's size; the arguments are not checked."""
        import cv2

        tone, scalp, face, beard = (np.random.default_rng([seed, number]) for number in range(4))
        picture, own = self._toned(np.ascontiguousarray(picture[..., :3]), group, tone)
        hair = np.array(hair_colour, np.float32)
        head = self._with_scalp(picture[self._head].astype(np.float32), own, hair, bald, scalp)
        picture[self._head] = np.clip(head, 0, 255).round()
        skin = self._lips_shaded(picture[self._face].astype(np.float32), own, face)
        skin = spots(redden(skin, self._masks, face), self._masks, group, age, face)
        skin = age_face(skin, self._masks, age, face)
        if sex == "female" and face.random() < MADE_UP:
            skin = make_up(skin, self._masks, face)
        if sex == "male" and (style := draw_style(beard)):
            skin = self._bearded(skin, style, hair, age, beard)
        picture[self._face] = np.clip(skin, 0, 255).round()
        picture[self._cavity] = (picture[self._cavity] * self._dim).astype(np.uint8)
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.uint8)

    def _toned(self, picture: Bytes, group: str, rng: np.random.Generator) -> tuple[Bytes, Floats]:
        """The picture in a tone of the group, clothes as they were, and the (3,) colour of the skin then."""
        import cv2

        own = np.median(picture[self._sample], axis=0)
        melanin = rng.uniform(*MELANIN[group])
        target = skin_tone(melanin, float(rng.normal(0, 0.5)))
        target = target + rng.normal(0, 3) * np.array([0.5, 0.5, -1.0])  # undertone: golden or cool
        gain = (np.clip(target, 20, 250) / np.maximum(own, 8)) ** 2.2
        gain *= min(1.0, _MOST_GAIN / float(gain @ _LUMINANCE))
        levels = 255 * ((np.arange(256)[:, None] / 255) ** 2.2 * gain) ** (1 / 2.2)
        levels = np.where(levels > 225, 225 + 30 * np.tanh((levels - 225) / 30), levels)
        table = levels.round().astype(np.uint8)
        toned = np.asarray(cv2.LUT(picture, table[None]), np.uint8)
        if self._clothed(picture):
            cover = _skin_like(picture)
            toned = np.asarray(cv2.blendLinear(toned, picture, cover, 1 - cover), np.uint8)
        return toned, np.asarray(table[own.astype(int), (0, 1, 2)], np.float32)

    def _clothed(self, picture: Bytes) -> bool:
        red, _, blue = np.median(picture[self._torso][::8, ::8].reshape(-1, 3), axis=0)
        return bool(red < 1.15 * blue)

    def _with_scalp(self, head: Floats, own: Floats, hair: Floats, bald: bool, rng: np.random.Generator) -> Floats:
        """The stubble that the pack painted over the scalp, in the hair's colour and denser or thinner."""
        strength = rng.uniform(0.1, 1.3) if bald else rng.uniform(0.8, 1.2)
        light = head @ _LUMINANCE
        dark = np.clip(1.05 - light / max(float(own @ _LUMINANCE), 1.0), 0, 1)
        cover = np.clip(1.5 * dark * strength, 0, 0.96)[..., None]
        grain = 1 + 0.1 * self._tile(self._strands, rng, head.shape[:2])[..., None] * cover
        smooth = own * (0.94 + 0.06 * np.minimum(light / max(float(own @ _LUMINANCE), 1.0), 1.5)[..., None])
        grown = smooth * (1 - cover) + np.minimum(hair * 0.8, 0.8 * own + 10) * grain * cover
        return np.asarray(head + self._scalp[..., None] * (grown - head), np.float32)

    def _lips_shaded(self, skin: Floats, own: Floats, rng: np.random.Generator) -> Floats:
        """Lips no lighter than four fifths of the skin around, and less red than in the pack, most on dark skin."""
        lips, tone = self._masks.lips[..., None], float(own @ _LUMINANCE)
        light = float((skin @ _LUMINANCE)[self._masks.lips > 0.8].mean())
        dim = min(1.0, 0.8 * tone / max(light, 1.0)) * (1 - rng.uniform(0.0, 0.1) * np.array([-0.1, 1.0, 0.8]))
        plain = (skin @ _LUMINANCE)[..., None] * (own / max(tone, 1.0))  # what the gain of a dark picture reddened
        share = np.float32(np.clip(1.1 - tone / 160, 0.25, 0.7)) * lips
        even = skin + share * (plain - skin)
        return np.asarray(even * (1 - lips * (1 - dim.astype(np.float32))), np.float32)

    def _bearded(self, skin: Floats, style: str, hair: Floats, age: str, rng: np.random.Generator) -> Floats:
        strands, clumps = (self._tile(tile, rng, skin.shape[:2]) for tile in (self._strands, self._clumps))
        return grow_beard(skin, style, rng, regions=self._beards, strands=strands, clumps=clumps, hair=hair, age=age)

    @staticmethod
    def _tile(tile: Floats, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """A piece of a tile from anywhere in it."""
        top, left = (int(rng.integers(whole - part + 1)) for whole, part in zip(tile.shape, shape))
        return tile[top : top + shape[0], left : left + shape[1]]


def _row(model: HeadModel, base_vertex: int) -> int:
    return int(np.flatnonzero(model.base_index == base_vertex)[0])


def _slices(low: npt.NDArray[np.float32], high: npt.NDArray[np.float32], size: int) -> Box:
    """Rows and columns from x, y to x, y, both included."""
    (left, top), (right, bottom) = (np.clip((low, high + 2), 0, size)).astype(int)
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def _shape(box: Box) -> tuple[int, int]:
    return box[0].stop - box[0].start, box[1].stop - box[1].start


def _box(topology: Topology, inside: npt.NDArray[np.bool_], size: int) -> Box:
    """Where a piece of the surface lies in the texture."""
    at = uv_texels(topology.uv[np.unique(topology.uv_triangles[inside])], size)
    return _slices(at.min(axis=0) - 2, at.max(axis=0) + 2, size)


def _scalp(topology: Topology, head: npt.NDArray[np.bool_], landmarks: Points, size: int) -> Floats:
    """(size, size) 1 where hair grows on a head."""
    face = polygon((size, size), placed(landmarks, shapes.FACE), size / 170)
    _, covered = surface_map(_part_of(topology, head), np.zeros((topology.triangles.max() + 1, 1), np.float32), size)
    return np.asarray((1 - face) * covered, np.float32)


def _part_of(topology: Topology, inside: npt.NDArray[np.bool_]) -> Topology:
    return Topology(topology.triangles[inside], topology.uv, topology.uv_triangles[inside])


def _beard_regions(masks: FaceMasks) -> dict[str, Floats]:
    """Shapes of `skin_shapes.BEARDS` with wide borders and without lips and nostrils."""
    bare = 1 - np.clip(1.6 * masks.lips, 0, 1)
    soft = 0.045 * masks.width
    return {
        name: bare * np.maximum.reduce([polygon(masks.shape, placed(masks.landmarks, s), soft) for s in group])
        for name, group in shapes.BEARDS.items()
    }


def _noise_tiles(size: int) -> tuple[Floats, Floats]:
    """(2 size, 2 size) hair along the texture's rows, which run down the face, and clumps of it; always the same."""
    import cv2

    rng, texel = np.random.default_rng(1), size / 512
    white = [rng.normal(size=(size, size)).astype(np.float32) for _ in range(2)]
    fine = cv2.GaussianBlur(white[0], (0, 0), 1.1 * texel, sigmaY=0.45 * texel)
    coarse = cv2.GaussianBlur(white[1], (0, 0), 3.6 * texel, sigmaY=2.4 * texel)
    return fine / fine.std(), coarse / coarse.std()


def _cavity(model: HeadModel, mouth: npt.NDArray[np.bool_], size: int) -> tuple[Box, Floats]:
    """Where the mouth's inside lies, and by what its sRGB levels are dimmed, (H, W, 1)."""
    box = _box(model.topology, mouth, size)
    rest = model.shape(Coefficients())
    corners = model.topology.triangles[mouth]
    depth = rest[:, 2:] - rest[corners, 2].max()
    shade = _CAVITY_LIGHT * np.exp(np.minimum(depth, 0) / _CAVITY_DEPTH_M)
    light, covered = surface_map(_part_of(model.topology, mouth), np.asarray(shade, np.float32), size)
    light[~covered] = 1
    return box, light[box] ** np.float32(1 / 2.2)


def _skin_like(picture: Bytes) -> Floats:
    """(S, S) 1 where the colour is a skin's, 0 where it is grey or black, as painted clothes and hair are."""
    red, blue = picture[..., 0].astype(np.float32), picture[..., 2].astype(np.float32)
    return np.clip(((red - blue) / np.maximum(red, 1) - 0.1) / 0.1, 0, 1)


@lru_cache(maxsize=4)
def _painter(model: HeadModel, size: int) -> SkinPainter:
    return SkinPainter(model, size)
