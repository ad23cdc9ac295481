"""Lines along which garments are cut: functions of the rest head's points, about how many metres each lies inside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.data.synthetic.clothes_cut import Line, Values
from training.data.synthetic.clothes_neck import azimuth, up
from training.data.synthetic.mesh import Floats


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

    def line(p: Floats) -> Values:
        down = np.maximum(p[:, 1] + 0.125, 0.4 * (p[:, 1] + 0.125)) / (depth + 0.125)
        away = np.sqrt((p[:, 0] / half) ** 2 + down**2 + 1e-6) - 1
        return np.asarray(away * min(half, -0.125 - depth) + 4 * np.maximum(0, -0.07 - p[:, 2]))

    return line


def narrow(half: float) -> Line:
    """Inside is nearer to the middle: no sleeves."""
    return lambda p: half - np.abs(p[:, 0]) - 0.25 * np.maximum(0, -0.2 - p[:, 1])


def front(p: Floats) -> Values:
    """Inside is the front of the body."""
    return np.asarray(p[:, 2] + 0.06)


def leaf_end(height: float, point: float) -> Line:
    """The lower edge of a collar: longer in front, where its points are."""
    return lambda p: up(p) - height + point * np.clip((p[:, 2] + 0.06) / 0.05, 0, 1)


def parted(top: float, slope: float, gap: float = 0.002) -> Line:
    """Inside is beside an opening that widens downwards from `top`."""
    return lambda p: (
        (np.abs(p[:, 0]) - gap - slope * np.maximum(0, top - p[:, 1])) / np.float32(np.hypot(1, slope))
        + 4 * np.maximum(0, -0.06 - p[:, 2])
    )


def strip(middle: float, half: float, top: float, widening: float = 0.0) -> Line:
    """Inside is a strip in front that begins at `top` and goes down."""

    def line(p: Floats) -> Values:
        side = half + widening * (top - p[:, 1]) - np.abs(p[:, 0] - middle)
        return np.asarray(np.minimum(np.minimum(side, top - p[:, 1]), 2 * (p[:, 2] + 0.06)))

    return line


def knot(p: Floats) -> Values:
    """Inside is the knot of a tie."""
    side = 0.011 + 0.25 * np.clip(p[:, 1] + 0.178, -0.01, 0.03) - np.abs(p[:, 0])
    return np.asarray(np.minimum(np.minimum(side, p[:, 1] + 0.182), np.minimum(-0.142 - p[:, 1], 2 * (p[:, 2] + 0.06))))


def lapel(depth: float, notch: float, width: float) -> Line:
    """Inside is the band beside a jacket's opening, which widens up to the notch."""

    def line(p: Floats) -> Values:
        rise = np.clip((p[:, 1] - depth) / (notch - depth), 0, 1)
        return np.asarray(0.012 + width * rise - vee(depth, 0.072)(p))

    return line


def wound(height: float, tilt: float, turned: float) -> Line:
    """A line around the neck that is higher on one side."""
    return lambda p: up(p) - height - tilt * np.cos(azimuth(p) - turned)


def under(line: Line) -> Line:
    """Inside is what another cloth with that edge leaves free, and a little more."""
    return lambda p: 0.02 - line(p)


def even(radius: float, behind: float) -> Callable[[Floats], Values]:
    """Radius of a roll in front and behind."""
    return lambda angles: radius + (behind - radius) * (0.5 - 0.5 * np.cos(angles)) ** 1.5
