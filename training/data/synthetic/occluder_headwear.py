"""What heads wear: beanies, caps, brimmed hats, helmets, headbands, headphones, and what `occluder_scarves` makes.

All of them are drawn over the shell of the skull (`occluder_fit.Shell`): a dome down to a rim whose height depends on
the direction, and what hangs on the rim. Directions are azimuths from the face to the picture's right and elevations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.synthetic.mesh import Floats
from training.data.synthetic.occluder_fit import HeadFit, Shell
from training.data.synthetic.occluder_looks import Drawn, cloth, cloth_texture, grid, pick, plastic
from training.data.synthetic.occluder_meshes import ball, joined, mirrored, moved, tube
from training.data.synthetic.occluder_scarves import headscarf, hood

Array = npt.NDArray[np.float64]

_ROWS, _COLUMNS = 15, 48
_AROUND = np.arange(_COLUMNS) * (2 * np.pi / _COLUMNS) - np.pi


@dataclass(frozen=True, eq=False)
class Worn:
    """Which hat it is and how it sits, which hair has to know as well."""

    kind: str
    rim: Array
    """(48,) elevations of its lower edge in radians, all around from the back over the picture's left."""
    tall: float = 4.0
    """How far above it the upper edge is, in radians; beyond the crown for a hat."""
    turn: float = 0.0
    """Azimuth of the brim in radians."""
    over_ears: bool = False


def _rim(front: float, side: float, back: float) -> Array:
    """(48,) elevations in radians of a rim that passes through three elevations in degrees."""
    even, odd = (front + back) / 2, (front - back) / 2
    return np.radians((even + side) / 2 + odd * np.cos(_AROUND) + (even - side) / 2 * np.cos(2 * _AROUND))


def _dome(rim: Array, rows: int = _ROWS) -> tuple[Array, Array, Array]:
    """Azimuths and elevations (rows, 48) from the crown to the rim, and how far down each is, 0 to 1."""
    down = np.linspace(0, 1, rows)[:, None] * np.ones(_COLUMNS)
    return np.broadcast_to(_AROUND, down.shape), np.pi / 2 + (rim - np.pi / 2) * down, down


def _beanie(rng: np.random.Generator, fit: HeadFit, worn: Worn) -> list[Drawn]:
    azimuth, elevation, down = _dome(worn.rim)
    slouch = rng.uniform(0.0, 0.035) * (rng.random() < 0.5)
    ribs = 0.0007 * np.cos(24 * azimuth)
    cuff = rng.uniform(0.2, 0.4) * (rng.random() < 0.7)
    folded = np.clip((down - 1 + cuff) * 14, 0, 1) * 0.004
    gap = 0.007 + ribs + folded - 0.004 * (down > 0.99)
    points = fit.ears.points(azimuth, elevation, gap + slouch * (1 - down) ** 2)
    points += np.array([0, 0, -1]) * (slouch * 1.2 * (1 - down) ** 1.5)[..., None]
    material, texture = cloth(rng), pick(rng, ("occluder/knit", "occluder/knit", "occluder/stripes", None))
    drawn = [grid(points, material, texture)]
    if rng.random() < 0.3:
        radius = rng.uniform(0.018, 0.03)
        bobble = moved(ball([radius] * 3), np.eye(3), points[0, 0] + np.array([0, radius * 0.7, 0]))
        drawn.append((bobble, cloth(rng), None, True))
    return drawn


def _cap(rng: np.random.Generator, fit: HeadFit, worn: Worn) -> list[Drawn]:
    azimuth, elevation, down = _dome(worn.rim)
    front = np.cos(azimuth - worn.turn)
    tall = rng.uniform(0.002, 0.014) * np.clip(front, 0, 1) * np.sin(np.pi * down) ** 0.7
    crown = fit.skull.points(azimuth, elevation, 0.009 + tall - 0.003 * (down > 0.99))
    material, texture = cloth(rng), cloth_texture(rng, plain=0.6)
    button = moved(ball((0.006, 0.003, 0.006), 6, 8), np.eye(3), crown[0, 0])
    brim_material = material if rng.random() < 0.7 else cloth(rng)
    return [
        grid(crown, material, texture),
        grid(_peak(rng, fit.skull, worn, 0.007), brim_material, None, closed=False),
        (button, material, None, False),
    ]


def _peak(rng: np.random.Generator, skull: Shell, worn: Worn, gap: float) -> Array:
    """(6, 21, 3) the brim of a cap from the rim outwards, towards the azimuth `worn.turn`."""
    across = np.linspace(-1, 1, 21)
    azimuth = worn.turn + across * np.radians(rng.uniform(52, 66))
    start = skull.points(azimuth, np.interp(azimuth, _AROUND, worn.rim, period=2 * np.pi), gap)
    towards = np.array([np.sin(worn.turn), 0.0, np.cos(worn.turn)])
    taper = np.sqrt(np.clip(1 - np.abs(across) ** 2.6, 0, 1))
    length = rng.uniform(0.055, 0.08) * taper
    slope, roll = rng.uniform(0.05, 0.45), rng.uniform(0.004, 0.02)
    out = np.linspace(0, 1, 6)[:, None]
    drop = -slope * length * out - roll * taper * across**2 * out**0.7
    reach = (length * out)[..., None] * towards
    return start + reach + drop[..., None] * np.array([0.0, 1.0, 0.0])


def _brimmed(rng: np.random.Generator, fit: HeadFit, worn: Worn) -> list[Drawn]:
    azimuth, elevation, down = _dome(worn.rim)
    points = fit.skull.points(azimuth, elevation, 0.009)
    tall, steep = rng.uniform(0.0, 0.035), rng.uniform(0.5, 0.9)
    rise = tall * np.clip(np.minimum(1 - down, 0.5) * 2, 0, 1) ** steep
    crease = rng.uniform(0.0, 0.014) * np.exp(-((points[..., 0] / 0.02) ** 2)) * (down < 0.5)
    points[..., 1] += rise - crease
    material, texture = cloth(rng), cloth_texture(rng, plain=0.6)
    width, droop = rng.uniform(0.035, 0.095), rng.uniform(-0.25, 0.5)
    wave = rng.uniform(0, 0.35) * np.cos(2 * _AROUND + np.pi * rng.integers(2))
    out = np.linspace(0, 1, 5)[:, None]
    radial = np.stack([np.sin(_AROUND), 0 * _AROUND, np.cos(_AROUND)], axis=-1)
    drop = -width * (droop * out**1.3 + wave * out**1.5)
    brim = points[-1] + (width * out)[..., None] * radial + drop[..., None] * np.array([0.0, 1.0, 0.0])
    band = fit.skull.points(azimuth[-4:-1], elevation[-4:-1], 0.0105)
    band[..., 1] += rise[-4:-1]
    return [grid(points, material, texture), grid(brim, material, texture), grid(band, cloth(rng), None)]


def _helmet(rng: np.random.Generator, fit: HeadFit, worn: Worn) -> list[Drawn]:
    shell = fit.ears if worn.over_ears else fit.skull
    azimuth, elevation, down = _dome(worn.rim)
    ridges = 0.004 * np.maximum(np.cos(6 * azimuth), 0) * np.sin(np.pi * down) * (rng.random() < 0.5)
    lip = 0.004 * (down > 0.93)
    thick = rng.uniform(0.018, 0.03)
    outer = shell.points(azimuth, elevation, thick + ridges + lip)
    inner = shell.points(azimuth[-2:], elevation[-2:] + np.array([[0.0], [0.12]]), np.array([[thick], [0.004]]))
    drawn = [grid(np.concatenate([outer, inner]), plastic(rng), None)]
    if not worn.over_ears and rng.random() < 0.6:
        drawn.append(grid(_peak(rng, shell, worn, thick - 0.002), drawn[0][1], None, closed=False))
    if rng.random() < 0.6:
        drawn.append(_chin_strap(rng, fit))
    return drawn


def _chin_strap(rng: np.random.Generator, fit: HeadFit) -> Drawn:
    ear, jaw, chin = fit.anchor("temple"), fit.landmarks[13], fit.landmarks[8]
    under = chin + np.array([0.0, -0.006, -0.022])
    cheek = 0.5 * (jaw + under) + np.array([0.006, -0.004, 0])
    up = np.array([0, 0.01, 0])
    path = fit.face.pushed([ear + 2 * up, ear, jaw + up, cheek, under], 0.002)
    half = tube(path, np.array([0.007, 0.0008]) * np.ones((5, 1)), (0, 0, 1))
    return joined(half, mirrored(half)), plastic(rng, (0.01, 0.01, 0.012)), None, True


def _headband(rng: np.random.Generator, fit: HeadFit, worn: Worn) -> list[Drawn]:
    elevation = worn.rim + worn.tall * np.linspace(1, 0, 5)[:, None]
    gap = np.array([0.001, 0.006, 0.0065, 0.006, 0.001])[:, None]
    points = fit.skull.points(np.broadcast_to(_AROUND, elevation.shape), elevation, gap)
    return [grid(points, cloth(rng), cloth_texture(rng))]


def _headphones(rng: np.random.Generator, fit: HeadFit, worn: Worn) -> list[Drawn]:
    ear = 0.5 * (fit.anchor("ear front") + fit.anchor("ear below")) + np.array([0.0, 0.003, -0.002])
    radius = rng.uniform(0.03, 0.042)
    cup = moved(ball((0.014, radius, 0.85 * radius), 12, 16), np.eye(3), ear + np.array([0.016, 0, 0]))
    turn = np.linspace(0, np.pi, 21)
    arc = np.stack([np.cos(turn), np.sin(turn), -0.15 * np.sin(turn)], axis=1)
    start = np.array([ear[0] + 0.018, ear[1] + 0.015, ear[2]])
    top = fit.skull.points(np.array(0.0), np.array(np.pi / 2), 0.014)[1]
    path = arc * [start[0], top - start[1], start[0]] + [0, start[1], start[2]]
    path = fit.skull.pushed(path, 0.01)
    band = tube(path, np.array([0.003, rng.uniform(0.007, 0.014)]) * np.ones((21, 1)), arc, sides=8)
    return [(joined(cup, mirrored(cup), band), plastic(rng), None, True)]


_KINDS: dict[str, tuple[float, Callable[[np.random.Generator, HeadFit, Worn], list[Drawn]]]] = {
    "beanie": (0.2, _beanie),
    "cap": (0.26, _cap),
    "brimmed": (0.14, _brimmed),
    "helmet": (0.1, _helmet),
    "headband": (0.06, _headband),
    "headphones": (0.06, _headphones),
    "headscarf": (0.1, lambda rng, fit, worn: headscarf(rng, fit)),
    "hood": (0.08, lambda rng, fit, worn: hood(rng, fit)),
}
"""Name → how often, and what makes it."""


def draw_worn(rng: np.random.Generator, kind: str = "") -> Worn:
    """Which hat and how it sits; `kind` only where it is not to be drawn."""
    place = int(np.searchsorted(np.cumsum([often for often, _ in _KINDS.values()]), rng.random()))
    kind = kind or list(_KINDS)[min(place, len(_KINDS) - 1)]
    if kind == "beanie":
        return Worn(kind, _rim(rng.uniform(12, 30), rng.uniform(-30, 2), rng.uniform(-40, -15)), over_ears=True)
    if kind == "cap" and rng.random() < 0.3:  # backwards
        rim = _rim(rng.uniform(6, 22), rng.uniform(5, 16), rng.uniform(-14, 2))
        return Worn(kind, rim, turn=np.pi + rng.uniform(-0.15, 0.15))
    if kind == "helmet" and rng.random() < 0.5:
        return Worn(kind, _rim(rng.uniform(22, 32), rng.uniform(-38, -28), -45), over_ears=True)
    if kind == "headband":
        rim = _rim(rng.uniform(22, 42), rng.uniform(-4, 20), rng.uniform(-30, 0))
        return Worn(kind, rim, tall=np.radians(rng.uniform(9, 22)))
    rim = _rim(rng.uniform(14, 30), rng.uniform(5, 16), rng.uniform(-14, 2))
    return Worn(kind, rim, turn=rng.uniform(-0.15, 0.15))


def hat(worn: Worn, rng: np.random.Generator, fit: HeadFit) -> list[Drawn]:
    """That hat on this head."""
    return _KINDS[worn.kind][1](rng, fit, worn)


def tucked(worn: Worn, fit: HeadFit, hair: Floats) -> Floats:
    """(H, 3) vertices of hair pressed to the head under the hat, and freer the farther they are from its rim."""
    shell = fit.ears if worn.over_ears else fit.skull
    azimuth, elevation, radius = shell.around(hair)
    outside = np.interp(azimuth, _AROUND, worn.rim, period=2 * np.pi) - elevation
    if worn.kind == "headphones":
        aside = np.cos(azimuth) * np.cos(elevation) + np.radians(10) * np.sin(elevation)
        outside = np.abs(aside) - np.where(outside > 0, 0.4, 0.12)
    outside = np.maximum(outside, -outside - worn.tall)
    most = shell.at(azimuth, elevation) + 0.003 + 0.7 * radius * np.maximum(outside - 0.03, 0)
    held = shell.centre + (hair - shell.centre) * np.minimum(most / radius, 1)[:, None]
    return held.astype(np.float32)
