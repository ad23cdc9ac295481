"""What frames the face and falls on the shoulders: headscarves and hoods."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.data.synthetic.occluder_fit import HeadFit
from training.data.synthetic.occluder_looks import Drawn, cloth, cloth_texture, grid

Array = npt.NDArray[np.float64]

_COLUMNS = 48


def _opening(fit: HeadFit, forehead: float, slack: float) -> Array:
    """(48,) degrees from straight ahead to the edge of what frames the face, from its top around, along the jaw."""
    jaw = fit.landmarks[:17] - fit.head.centre
    around = np.mod(np.arctan2(jaw[:, 0], jaw[:, 1]), 2 * np.pi)
    away = np.degrees(np.arctan2(np.hypot(jaw[:, 0], jaw[:, 1]), jaw[:, 2])) + slack
    turn = np.arange(_COLUMNS) * (2 * np.pi / _COLUMNS)
    ends = [0.0, 0.6, 2 * np.pi - 0.6]
    line = np.interp(turn, [*ends, *around], [forehead, forehead + 3, forehead + 3, *away], period=2 * np.pi)
    return np.asarray((np.roll(line, 1) + 2 * line + np.roll(line, -1)) / 4)


def _framed(fit: HeadFit, opening: Array, gap: Array, rows: int = 18) -> Array:
    """(rows, 48, 3) cloth from the edge of the opening to the back of the head and the shoulders."""
    share = np.linspace(0, 1, rows)[:, None] ** 1.3
    away = np.radians(opening + (180 - opening) * share)
    turn = np.arange(_COLUMNS) * (2 * np.pi / _COLUMNS)
    x, y, z = np.sin(away) * np.sin(turn), np.sin(away) * np.cos(turn), np.cos(away)
    azimuth, elevation = np.arctan2(x, z), np.arcsin(np.clip(y, -1, 1))
    down = np.clip((share - 0.03) / 0.35, 0, 1) ** 2  # at the edge it lies on the face, then it falls to the shoulders
    near, far = fit.head.at(azimuth, elevation), fit.body.at(azimuth, elevation)
    radius = near + down * (far - near) + gap
    return fit.head.centre + radius[..., None] * np.stack([x, y, z], axis=-1)


def headscarf(rng: np.random.Generator, fit: HeadFit) -> list[Drawn]:
    """A scarf around face, neck and shoulders."""
    opening = _opening(fit, rng.uniform(46, 60), rng.uniform(-7, 0))
    rows = np.linspace(0, 1, 18)[:, None]
    turn = np.arange(_COLUMNS) * (2 * np.pi / _COLUMNS)
    folds = rng.uniform(0.001, 0.004) * np.cos(rng.integers(5, 12) * turn + 6 * rows + rng.uniform(0, 6))
    gap = 0.005 + (folds + 0.005) * np.clip(rows * 4, 0, 1)
    return [grid(_framed(fit, opening, gap), cloth(rng), cloth_texture(rng, plain=0.6))]


def hood(rng: np.random.Generator, fit: HeadFit) -> list[Drawn]:
    """A wide hood with an edge that is turned in."""
    opening = _opening(fit, rng.uniform(50, 66), rng.uniform(3, 10))
    loose = rng.uniform(0.012, 0.03)
    rows = np.linspace(0, 1, 18)[:, None] * np.ones(_COLUMNS)
    points = _framed(fit, opening, loose * (0.7 + 0.3 * np.clip(rows * 5, 0, 1)))
    inner = _framed(fit, opening + 6, 0.004 + 0 * rows)[:1]
    return [grid(np.concatenate([inner, points]), cloth(rng), cloth_texture(rng, plain=0.6))]
