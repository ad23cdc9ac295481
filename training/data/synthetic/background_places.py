"""Places to stand behind a head, drawn from a seed: rooms, meadows, streets, shelves, pages, leaves, people far off."""

from __future__ import annotations

import string

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
)


def _view(rng: np.random.Generator, size: int) -> Values:
    """What is seen through a window: bright, soft, in bands."""
    _, y = grid(size)
    sky = mix(y, draw_colour(rng, 190, 255, 0.6), draw_colour(rng, 120, 240, 1.0))
    return blurred(sky * (0.8 + 0.3 * noise(rng, size, 3)[..., None]), 2.0)


def room(rng: np.random.Generator, size: int) -> Values:
    """Two walls and a floor with windows, pictures and a door."""
    x, y = grid(size)
    corner, floor = rng.uniform(0.2, 0.8), rng.uniform(0.6, 0.95)
    wall = draw_colour(rng, 60, 235)
    picture = np.where((x < corner)[..., None], wall * rng.uniform(0.5, 0.95), wall).astype(np.float32)
    bottom = floor + 0.5 * np.abs(x - corner) * rng.uniform(-0.3, 0.5)
    picture = np.where((y > bottom)[..., None], draw_colour(rng, 20, 180), picture)
    view = _view(rng, size)
    for _ in range(int(rng.integers(1, 5))):
        left, top = rng.uniform(-0.1, 0.8), rng.uniform(0.0, 0.4)
        width, height = rng.uniform(0.1, 0.4), rng.uniform(0.15, 0.5)
        fill(picture, left - 0.015, top - 0.015, left + width + 0.015, top + height + 0.015, draw_colour(rng))
        inside = (x > left) & (x < left + width) & (y > top) & (y < top + height)
        picture = np.where(inside[..., None], view if rng.random() < 0.6 else draw_colour(rng), picture)
        if rng.random() < 0.5:
            fill(picture, left + width / 2 - 0.008, top, left + width / 2 + 0.008, top + height, wall)
    light = 0.6 + 0.5 * np.exp(-4.0 * ((x - rng.random()) ** 2 + (y - rng.uniform(0, 0.5)) ** 2))
    return np.asarray(picture * light[..., None], dtype=np.float32)


def meadow(rng: np.random.Generator, size: int) -> Values:
    """Sky with clouds, a line of hills, grass that gets finer with the distance."""
    x, y = grid(size)
    blue = np.array([rng.uniform(60, 190), rng.uniform(120, 210), rng.uniform(190, 250)], np.float32)
    cover = np.clip(noise(rng, size, 5) * 2.0 - rng.uniform(0.4, 1.4), 0.0, 1.0)
    sky = mix(np.asarray(cover, np.float32), blue, np.full(3, rng.uniform(200, 255), np.float32))
    horizon = rng.uniform(0.3, 0.8) + rng.uniform(0.02, 0.25) * (noise(rng, size, 4)[0] - 0.5)
    green = np.array([rng.uniform(40, 150), rng.uniform(80, 160), rng.uniform(15, 70)], np.float32)
    blades = rng.normal(1.0, 0.25, (size, size)).astype(np.float32) * (0.6 + 0.6 * noise(rng, size, 5, 4))
    land = green * blades[..., None] * (0.6 + 0.6 * np.clip(y - horizon, 0, 1))[..., None]
    picture = np.where((y > horizon)[..., None], land, sky)
    hill = (y > horizon - 0.06) & (y <= horizon)
    return np.asarray(np.where((hill & (x >= 0))[..., None], green * 0.5, picture), dtype=np.float32)


def street(rng: np.random.Generator, size: int) -> Values:
    """House fronts with rows of windows, dark by day or lit by night."""
    night = rng.random() < 0.35
    _, y = grid(size)
    low, high = (2, 40) if night else (120, 250)
    picture = mix(y, draw_colour(rng, low, high, 0.8), draw_colour(rng, low, high, 0.8))
    left = -0.1
    while left < 1.0:
        width, top = rng.uniform(0.12, 0.4), rng.uniform(0.02, 0.5)
        wall = draw_colour(rng, 10, 60) if night else draw_colour(rng, 50, 220)
        fill(picture, left, top, left + width, 1.0, wall)
        columns, rows = int(rng.integers(2, 7)), int(rng.integers(4, 13))
        for row in range(rows):
            for column in range(columns):
                lit = rng.random() < (0.4 if night else 0.15)
                pane = draw_colour(rng, 150, 240, 0.8) if lit else wall * rng.uniform(0.3, 0.7)
                x, down = left + width * (column + 0.25) / columns, top + (1 - top) * (row + 0.25) / rows
                fill(picture, x, down, x + 0.5 * width / columns, down + 0.5 * (1 - top) / rows, pane)
        left += width
    return picture


def shelves(rng: np.random.Generator, size: int) -> Values:
    """Books side by side on boards."""
    picture, rows = flat(rng, size, 10, 60), int(rng.integers(3, 7))
    board = draw_colour(rng, 40, 200)
    for row in range(rows):
        left, bottom = 0.0, (row + 1) / rows - 0.012
        while left < 1.0:
            width, height = rng.uniform(0.012, 0.06), rng.uniform(0.55, 0.92) / rows
            colour = draw_colour(rng, 25, 225, 1.0)
            fill(picture, left, bottom - height, left + width * 0.95, bottom, colour)
            fill(picture, left, bottom - height * 0.8, left + width * 0.95, bottom - height * 0.7, 255 - colour)
            left += width if rng.random() < 0.93 else 3 * width
        fill(picture, 0.0, bottom, 1.0, bottom + 0.012, board)
    return picture


def writing(rng: np.random.Generator, size: int) -> Values:
    """Lines of letters: pages, posters, signs."""
    import cv2

    paper = flat(rng, size, 150, 250) if rng.random() < 0.6 else flat(rng, size, 5, 90)
    picture = paper.astype(np.uint8)  # OpenCV writes on 8 bits only
    letters = np.array(list(string.ascii_letters + string.digits + "    .,-"))
    y = 0
    while y < size:
        scale = float(rng.choice([0.3, 0.4, 0.6, 1.0, 2.0])) * size / 288
        y += int(34 * scale) + 2
        text = "".join(rng.choice(letters, int(rng.integers(5, 60))))
        ink = plain(np.clip(255.0 - paper[0, 0] + rng.normal(0.0, 30.0, 3), 0, 255).astype(np.float32))
        at = (int(rng.uniform(-0.1, 0.3) * size), y)
        font = cv2.FONT_HERSHEY_SIMPLEX if rng.random() < 0.5 else cv2.FONT_HERSHEY_COMPLEX
        cv2.putText(picture, text, at, font, scale, ink, max(round(1.5 * scale), 1), cv2.LINE_AA)
    return np.asarray(picture * (0.7 + 0.3 * noise(rng, size, 2)[..., None]), dtype=np.float32)


def leaves(rng: np.random.Generator, size: int) -> Values:
    """Foliage: many ellipses of one family of colours, light shining through."""
    import cv2

    autumn = rng.random() < 0.3
    base = np.array([150, 90, 30] if autumn else [70, 120, 40], np.float32) * rng.uniform(0.5, 1.5)
    picture = flat(rng, size, 5, 230)
    for _ in range(int(rng.integers(150, 450))):
        centre = tuple(int(value) for value in rng.integers(0, size, 2))
        long = size * rng.uniform(0.01, 0.06)
        axes = (max(int(long), 1), max(int(long * rng.uniform(0.3, 0.7)), 1))
        colour = plain(np.clip(base * rng.uniform(0.3, 1.6) + rng.normal(0, 12, 3), 0, 255).astype(np.float32))
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    return blurred(picture, rng.uniform(0.3, 3.0))


def people(rng: np.random.Generator, size: int) -> Values:
    """Shoulders and heads far out of focus, without faces: a photograph has other people in it."""
    import cv2

    picture = room(rng, size) if rng.random() < 0.5 else street(rng, size)
    for _ in range(int(rng.integers(2, 9))):
        radius, x, y = size * rng.uniform(0.03, 0.09), size * rng.random(), size * rng.uniform(0.2, 0.8)
        skin = np.array([1.0, 0.78, 0.65], np.float32) * rng.uniform(60.0, 230.0)
        body = (int(2.2 * radius), int(3.5 * radius))
        cloth, hair = plain(draw_colour(rng, 10, 230, 1.0)), plain(draw_colour(rng, 5, 120))
        cv2.ellipse(picture, (int(x), int(y + 4.3 * radius)), body, 0, 0, 360, cloth, -1)
        cv2.ellipse(
            picture, (int(x), int(y - 0.3 * radius)), (int(1.1 * radius), int(1.3 * radius)), 0, 0, 360, hair, -1
        )
        cv2.ellipse(picture, (int(x), int(y)), (int(0.85 * radius), int(1.15 * radius)), 0, 0, 360, plain(skin), -1)
    return blurred(picture, size * rng.uniform(0.008, 0.02))


PLACES: dict[str, Kind] = {
    "room": room,
    "meadow": meadow,
    "street": street,
    "shelves": shelves,
    "writing": writing,
    "leaves": leaves,
    "people": people,
}
"""Places by name."""
