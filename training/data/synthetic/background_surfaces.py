"""Surfaces and patterns to stand behind a head, drawn from a seed.

They need not fool a person: out of focus behind a head they give a network what photographs have, edges and colours
that mean nothing.
"""

from __future__ import annotations

import numpy as np

from training.data.synthetic.background_brushes import (
    Kind,
    Values,
    blurred,
    draw_colour,
    fill,
    flat,
    grid,
    mix,
    noise,
    plain,
    tilted,
)


def gradient(rng: np.random.Generator, size: int) -> Values:
    """Two colours that run into each other, straight or round, as a studio's cloth."""
    x, y = grid(size)
    angle, centre = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.2, 0.8, 2)
    straight = 0.5 + (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    around = np.hypot(x - centre[0], y - centre[1]) * 1.4
    share = np.clip(straight if rng.random() < 0.5 else around, 0.0, 1.0) ** rng.uniform(0.6, 2.0)
    return mix(share.astype(np.float32), draw_colour(rng), draw_colour(rng))


def clouds(rng: np.random.Generator, size: int) -> Values:
    """Soft noise between two colours."""
    return mix(noise(rng, size, int(rng.integers(2, 7)), int(rng.integers(2, 5))), draw_colour(rng), draw_colour(rng))


def plaster(rng: np.random.Generator, size: int) -> Values:
    """A wall with grain and a soft shadow."""
    grain = blurred(rng.normal(0.0, 1.0, (size, size)).astype(np.float32), rng.uniform(0.5, 2.0))
    shade = 1.0 - rng.uniform(0.1, 0.6) * noise(rng, size, 2)
    relief = rng.uniform(3.0, 22.0) * grain / grain.std()
    return np.asarray((flat(rng, size, 50.0) + relief[..., None]) * shade[..., None], dtype=np.float32)


def brushed(rng: np.random.Generator, size: int) -> Values:
    """Noise drawn out along one direction: metal, cloth, rain."""
    import cv2

    length = int(rng.integers(9, 60)) | 1
    kernel = (1, length) if rng.random() < 0.5 else (length, 1)
    streaks = cv2.blur(rng.normal(0.0, 1.0, (size, size)).astype(np.float32), kernel)
    share = np.clip(0.5 + 0.25 * streaks / streaks.std(), 0.0, 1.0)
    return tilted(rng, mix(share.astype(np.float32), draw_colour(rng), draw_colour(rng)))


def checker(rng: np.random.Generator, size: int) -> Values:
    """Squares of two colours, as a floor or a tablecloth."""
    x, y = grid(size)
    count = int(rng.integers(4, 16))
    odd = ((x * count).astype(int) + (y * count).astype(int)) % 2
    picture = mix(odd.astype(np.float32), draw_colour(rng), draw_colour(rng))
    return tilted(rng, picture * (0.8 + 0.2 * noise(rng, size, 4)[..., None]))


def _courses(rng: np.random.Generator, size: int, rows: int, per_row: float, shift: float, joint: float) -> Values:
    """Rows of stones of varying colour with joints between them."""
    picture, base, spread = flat(rng, size), draw_colour(rng, 50, 210, 0.9), rng.uniform(4.0, 30.0)
    for row in range(rows):
        start = (row % 2) * shift - 1.0
        for column in range(int(per_row) + 3):
            x, y = (column + start) / per_row, row / rows
            colour = np.clip(base + rng.normal(0.0, spread) + rng.normal(0.0, 4.0, 3), 0, 255).astype(np.float32)
            fill(picture, x + joint, y + joint, x + 1 / per_row - joint, y + 1 / rows - joint, colour)
    return tilted(rng, picture * (0.85 + 0.3 * noise(rng, size, 6, 6)[..., None]))


def bricks(rng: np.random.Generator, size: int) -> Values:
    """A wall of bricks, each course shifted by half a brick."""
    rows = int(rng.integers(8, 20))
    return _courses(rng, size, rows, rows / rng.uniform(1.8, 3.0), 0.5, rng.uniform(0.003, 0.008))


def tiles(rng: np.random.Generator, size: int) -> Values:
    """Tiles in straight rows."""
    rows = int(rng.integers(3, 14))
    return _courses(rng, size, rows, rows * rng.uniform(0.7, 1.4), 0.0, rng.uniform(0.002, 0.012))


def wood(rng: np.random.Generator, size: int) -> Values:
    """Planks with grain along them."""
    x, _ = grid(size)
    planks, tone = int(rng.integers(3, 10)), rng.uniform(70.0, 200.0)
    bend = 0.08 * noise(rng, size, 3)
    grain = 0.5 + 0.5 * np.sin((x + bend) * planks * rng.uniform(20.0, 60.0) + 4.0 * noise(rng, size, 2))
    shade = rng.uniform(0.7, 1.15, planks + 1).astype(np.float32)[(x * planks).astype(int)]
    gap = np.where((x * planks) % 1.0 < 0.04, 0.45, 1.0)
    colour = np.array([1.0, rng.uniform(0.66, 0.82), rng.uniform(0.4, 0.6)], np.float32) * tone
    picture = ((0.8 + 0.25 * grain) * shade * gap)[..., None] * colour
    return tilted(rng, np.ascontiguousarray(picture if rng.random() < 0.5 else picture.swapaxes(0, 1), np.float32))


def bokeh(rng: np.random.Generator, size: int) -> Values:
    """Lights far out of focus: bright discs on a dark ground."""
    import cv2

    picture = mix(noise(rng, size, 2), draw_colour(rng, 2, 50), draw_colour(rng, 10, 90))
    for _ in range(int(rng.integers(15, 70))):
        disc = np.zeros((size, size), np.float32)
        centre = (int(rng.integers(size)), int(rng.integers(size)))
        cv2.circle(disc, centre, int(size * rng.uniform(0.015, 0.09)), 1.0, -1, cv2.LINE_AA)
        picture += rng.uniform(0.2, 0.9) * disc[..., None] * draw_colour(rng, 90, 230, 1.0)
    return blurred(np.minimum(picture, 255.0), size * rng.uniform(0.003, 0.015))


def stripes(rng: np.random.Generator, size: int) -> Values:
    """A curtain: folds of light and shade."""
    x, _ = grid(size)
    phase = x * rng.uniform(15.0, 90.0) + rng.uniform(0.5, 4.0) * noise(rng, size, 3)
    picture = mix((0.5 + 0.5 * np.sin(phase)).astype(np.float32), draw_colour(rng), draw_colour(rng))
    return tilted(rng, picture) if rng.random() < 0.4 else picture


def stones(rng: np.random.Generator, size: int) -> Values:
    """Cells around random points, each of its own brightness."""
    import cv2

    seeds = np.full((size, size), 255, np.uint8)
    points = rng.integers(0, size, (int(rng.integers(30, 250)), 2))
    seeds[points[:, 0], points[:, 1]] = 0
    distance, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    shade = rng.uniform(0.5, 1.3, int(labels.max()) + 1).astype(np.float32)[labels]
    dome = 1.0 - 0.5 * distance / distance.max()
    return np.asarray((shade * dome)[..., None] * draw_colour(rng, 60, 220), dtype=np.float32)


def shapes(rng: np.random.Generator, size: int) -> Values:
    """Random polygons over each other."""
    import cv2

    picture = flat(rng, size)
    for _ in range(int(rng.integers(8, 40))):
        centre, reach = rng.uniform(0.0, 1.0, 2), rng.uniform(0.05, 0.4)
        corners = centre + reach * rng.uniform(-1.0, 1.0, (int(rng.integers(3, 7)), 2))
        cv2.fillPoly(
            picture, [np.asarray(corners * size, np.int32)], plain(draw_colour(rng, 10, 245, 1.0)), cv2.LINE_AA
        )
    return picture


SURFACES: dict[str, Kind] = {
    "gradient": gradient,
    "clouds": clouds,
    "plaster": plaster,
    "brushed": brushed,
    "checker": checker,
    "bricks": bricks,
    "tiles": tiles,
    "wood": wood,
    "bokeh": bokeh,
    "stripes": stripes,
    "stones": stones,
    "shapes": shapes,
}
"""Surfaces and patterns by name."""
