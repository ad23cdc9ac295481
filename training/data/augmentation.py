"""Recipes of augmentation by name, and the way from a picture and a rectangle to what the network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from runtime.preprocess import Box
from training.data.augment import Edge, Flip, Move, Occlude, Rotation, Step
from training.data.augment_photometric import (
    Coarse,
    ColorCast,
    ColorJitter,
    Gamma,
    GaussianBlur,
    Grayscale,
    Jpeg,
    Levels,
    MotionBlur,
    Noise,
    PillowBlur,
    Sharpen,
)
from training.data.resample import extract
from training.data.source import Image


@dataclass(frozen=True)
class Chance:
    """A step that happens now and then."""

    probability: float
    """0 to 1."""
    step: Step
    """A frozen dataclass, so that it can be written down."""

    def describe(self) -> dict[str, Any]:
        """Name, probability and parameters of the step."""
        step: Any = self.step
        return {"step": type(step).__name__, "probability": self.probability, **asdict(step)}


@dataclass(frozen=True)
class Augmentation:
    """What happens to a picture on its way to the network, in this order."""

    name: str
    """Key in `AUGMENTATIONS`."""
    text: str
    """One line for people."""
    framing: str
    """The framing of training/data/crops.py that it was made for."""
    on_picture: tuple[Chance, ...] = ()
    """Before anything is resampled; steps that leave every pixel in its place."""
    move: tuple[float, Move] | None = None
    """Probability, and turn, scale and shift in the image plane."""
    context: float = 1.0
    """Side of the crop that a move sees over that of the result: turned corners show what is there, not black."""
    on_square: tuple[Chance, ...] = ()
    """On the finished square."""

    def __call__(self, image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
        """The recipe on a ready square, RGB (S, S, 3) uint8, of which there is no surrounding picture."""
        size = image.shape[0]
        return make_view(image, Box(0, 0, image.shape[1], size), rotation, size, self, rng)

    def describe(self) -> list[dict[str, Any]]:
        """Every step with its stage, probability and parameters, for the record of a run."""
        steps = [{"stage": "picture", **chance.describe()} for chance in self.on_picture]
        if self.move:
            probability, move = self.move
            facts = {"step": "Move", "probability": probability, **asdict(move), "context": self.context}
            steps.append({"stage": "crop", **facts})
        return steps + [{"stage": "square", **chance.describe()} for chance in self.on_square]


def make_view(
    picture: Image,
    rect: Box,
    rotation: Rotation,
    size: int,
    augmentation: Augmentation,
    rng: np.random.Generator | None,
) -> tuple[Image, Rotation]:
    """One input of the network and its label.

    Args:
        picture: the whole picture, RGB (H, W, 3) uint8; it is not changed.
        rect: what the network sees of it; may lie between pixels and leave the picture.
        rotation: (3, 3) label of the face.
        size: side of the result in pixels.
        augmentation: the recipe.
        rng: random numbers; None cuts and resamples only.

    Returns:
        RGB (size, size, 3) uint8 and (3, 3).

    Raises:
        HeadPoseError: an empty or non-finite rectangle.
    """
    if rng is None:
        return extract(picture, rect, size), rotation
    picture, rotation = _run(augmentation.on_picture, picture, rotation, rng)
    if augmentation.move and rng.random() < augmentation.move[0]:
        margin = round(size * (augmentation.context - 1) / 2)
        wide = extract(picture, _grown(rect, margin / size), size + 2 * margin)
        image, rotation = augmentation.move[1].to_size(wide, rotation, rng, size)
    else:
        image = extract(picture, rect, size)
    return _run(augmentation.on_square, image, rotation, rng)


def _grown(rect: Box, share: float) -> Box:
    x, y = share * rect.width, share * rect.height
    return Box(rect.left - x, rect.top - y, rect.right + x, rect.bottom + y)


def _run(steps: Sequence[Chance], image: Image, rotation: Rotation, rng: np.random.Generator) -> tuple[Image, Rotation]:
    for chance in steps:
        if rng.random() < chance.probability:
            image, rotation = chance.step(image, rotation, rng)
    return image, rotation


NONE = Augmentation("none", "nothing: the crop as it is", framing="square")

SIXDREPNET = Augmentation(
    "6drepnet",
    "what 6DRepNet's code does besides its crop: mirrors every second picture, blurs one in twenty",
    framing="6drepnet_train",
    on_picture=(Chance(0.05, PillowBlur()),),  # its blur comes before its resize
    on_square=(Chance(0.5, Flip()),),
)

PAPER = Augmentation(
    "paper",
    "mirror, colour jitter and a little noise",
    framing="6drepnet_2022",
    on_square=(Chance(0.5, Flip()), Chance(0.8, ColorJitter(0.3, 0.3, 0.3, 10.0)), Chance(0.5, Noise(1.0, 8.0))),
)

# For phones and for heads that were rendered. In the order in which a picture is taken: what stands before the face,
# the light, the lens, the sensor, the file. No single step is so frequent that clean pictures become rare: about one
# view in four has none of the five steps that cost detail (0.85³ · 0.7 · 0.6).
STRONG = Augmentation(
    "strong",
    "everything: turns, occluders, light, blur, noise, low resolution and JPEG, for phones and rendered heads",
    framing="square",
    # Phones are held askew by up to 30°; the framing jitters scale and place already, so this adds little of both.
    # 1.4 is cos 30° + sin 30°, rounded up: no turned corner looks beyond the wide crop.
    move=(0.5, Move(angle_deg=30.0, scale=1.1, shift=0.03)),
    context=1.4,
    on_square=(
        Chance(0.5, Flip()),
        Chance(0.3, Occlude(most=3, largest=0.08)),
        Chance(0.7, ColorJitter(0.3, 0.3, 0.4, 12.0)),
        Chance(0.3, ColorCast(0.25)),  # lamps between 2500 and 9000 K after an imperfect white balance
        Chance(0.3, Gamma(1.8)),
        Chance(0.1, Grayscale()),  # night and infrared cameras
        Chance(0.15, GaussianBlur(0.4, 2.2)),
        Chance(0.15, MotionBlur(3.0, 9.0)),
        Chance(0.15, Coarse(32, 64)),  # a face of that many pixels is what a detector still finds across a room
        Chance(0.3, Noise(2.0, 12.0)),
        Chance(0.4, Jpeg(20, 95)),  # last: a file holds all that happened before it was written
    ),
)

# Photographs are harder than renders in the light, louder in colour and crisper, black and white ones are common, and a
# face may stand at the picture's edge.
RENDERED = Augmentation(
    "rendered",
    "strong, with harder light, louder colours, crisper detail and pictures' edges: for rendered heads",
    framing="runtime",
    move=(0.5, Move(angle_deg=30.0, scale=1.1, shift=0.03)),
    context=1.4,
    on_square=(
        Chance(0.5, Flip()),
        Chance(0.2, Occlude(most=3, largest=0.08)),
        Chance(0.8, ColorJitter(0.35, 0.5, 0.9, 15.0)),
        Chance(0.4, ColorCast(0.3)),
        Chance(0.35, Levels(0.3, 0.35)),
        Chance(0.35, Gamma(2.0)),
        Chance(0.2, Grayscale()),
        Chance(0.15, Edge(0.25)),
        Chance(0.35, Sharpen(2.0)),
        Chance(0.15, GaussianBlur(0.4, 2.2)),
        Chance(0.1, MotionBlur(3.0, 9.0)),
        Chance(0.15, Coarse(32, 64)),
        Chance(0.3, Noise(2.0, 12.0)),
        Chance(0.4, Jpeg(20, 95)),
    ),
)

AUGMENTATIONS: dict[str, Augmentation] = {recipe.name: recipe for recipe in (NONE, SIXDREPNET, PAPER, STRONG, RENDERED)}
