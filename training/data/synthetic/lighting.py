"""Light for rendered heads: environments as spherical harmonics, and directional lights, all in linear light.

A panorama (H, W, 3) is equirectangular: its first row is straight up, its middle column lies behind the head, where
the camera looks, and columns to the right of it lie to the right. Directions are in the camera's frame (`camera`).

Irradiance by spherical harmonics of degree 2 follows "An Efficient Representation for Irradiance Environment Maps"
(Ramamoorthi & Hanrahan, SIGGRAPH 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.quiet_opencv import quiet_opencv

Array = npt.NDArray[np.float64]
Panorama = npt.NDArray[np.float32]

# Normalised real harmonics: constant; y, z, x; xy, yz, 3z² − 1, xz, x² − y².
BASIS = np.sqrt(np.array([1, 3, 3, 3, 15, 15, 5 / 4, 15, 15 / 4]) / (4 * np.pi))
_COSINE = np.array([np.pi] + [2 * np.pi / 3] * 3 + [np.pi / 4] * 5)  # the clamped cosine's own coefficients, by degree
_BRIGHTEST = (
    4.0  # of the 99th percentile: a sun of few pixels would drown the rest; the directional lights stand for it
)


@dataclass(frozen=True)
class Light:
    """A light that is infinitely far away."""

    direction: tuple[float, float, float]
    """Towards the light, of any length, in the camera's frame."""
    colour: tuple[float, float, float]
    """Linear RGB that a white surface facing the light sends back."""


def harmonics(directions: npt.ArrayLike) -> Array:
    """(…, 3) unit directions → (…, 9) the real spherical harmonics of degree 0 to 2."""
    x, y, z = np.moveaxis(np.asarray(directions, dtype=np.float64), -1, 0)
    parts = [np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    return np.stack(parts, axis=-1) * BASIS


def panorama_directions(height: int, width: int) -> tuple[Array, Array]:
    """(H, W, 3) directions of a panorama's pixels and the (H, W) solid angles that they cover, which sum to 4π."""
    edges = np.linspace(0, np.pi, height + 1)
    polar = (edges[1:] + edges[:-1]) / 2
    around = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    t, p = np.meshgrid(polar, around, indexing="ij")
    directions = np.stack([np.sin(t) * np.sin(p), np.cos(t), -np.sin(t) * np.cos(p)], axis=-1)
    solid = np.repeat((np.cos(edges[:-1]) - np.cos(edges[1:]))[:, None] * (2 * np.pi / width), width, axis=1)
    return directions, solid


def sh_from_environment(panorama: npt.ArrayLike) -> Array:
    """(H, W, 3) linear radiance → (9, 3) harmonics of the irradiance, for `irradiance`.

    Suns of few pixels are cut to four times the 99th percentile. Raises HeadPoseError for an array that is no panorama.
    """
    light = np.asarray(panorama, dtype=np.float64)
    if light.ndim != 3 or light.shape[2] != 3 or min(light.shape[:2]) < 2 or not np.isfinite(light).all():
        raise HeadPoseError(f"an environment of shape {light.shape} is no panorama: give (H, W, 3) finite numbers")
    directions, solid = panorama_directions(*light.shape[:2])
    light = np.clip(light, 0, _BRIGHTEST * np.percentile(light, 99))
    return _COSINE[:, None] * np.einsum("hwk,hwc,hw->kc", harmonics(directions), light, solid)


def irradiance(sh: npt.ArrayLike, normals: npt.ArrayLike) -> Array:
    """(9, 3) coefficients and (…, 3) unit normals → (…, 3) irradiance; a white wall sends back 1/π of it."""
    return harmonics(normals) @ np.asarray(sh, dtype=np.float64)


def turn_sh(sh: npt.ArrayLike, turn: npt.ArrayLike) -> Array:
    """The (9, 3) coefficients after the environment was turned: what lay in direction d lies at turn · d.

    Exact: harmonics of one degree turn into each other, so nine numbers are found again from 64 directions.
    """
    d = np.random.default_rng(0).normal(size=(64, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    before = irradiance(sh, d @ np.asarray(turn, dtype=np.float64))  # rows: turnᵀ · d
    return np.asarray(np.linalg.lstsq(harmonics(d), before, rcond=None)[0], dtype=np.float64)


def turn_panorama(panorama: Panorama, angle_deg: float) -> Panorama:
    """Turned about the vertical, to the nearest column: with a positive angle the view moves to the right."""
    return np.roll(panorama, -round(angle_deg / 360 * panorama.shape[1]), axis=1)


def scaled_sh(sh: npt.ArrayLike, level: float) -> Array:
    """The same light, its mean brightened or dimmed so that a white wall sends back `level` on the average."""
    coefficients = np.asarray(sh, dtype=np.float64)
    mean = float(coefficients[0].mean() * BASIS[0] / np.pi)
    return coefficients * (level / max(mean, 1e-9))


def read_hdr(path: Path) -> Panorama:
    """An equirectangular .hdr or .exr file as (H, W, 3) float32 linear RGB.

    Raises HeadPoseError if the file cannot be read as a picture with a panorama's shape; OpenCV's wheels of version 5
    read no .exr, those of version 4 with OPENCV_IO_ENABLE_OPENEXR=1.
    """
    import cv2

    picture = _decoded(path)
    if picture is None and path.suffix.lower() == ".exr":
        raise HeadPoseError(f"OpenCV {cv2.__version__} cannot read {path} here: convert it to a Radiance .hdr file")
    if picture is None or picture.dtype != np.float32 or picture.ndim != 3 or picture.shape[2] < 3:
        raise HeadPoseError(f"{path} is no picture of linear light: give a Radiance .hdr file")
    if picture.shape[1] != 2 * picture.shape[0]:
        raise HeadPoseError(f"{path} has {picture.shape[1]} × {picture.shape[0]} pixels: a panorama is twice as wide")
    return np.nan_to_num(np.maximum(picture[..., 2::-1], 0), posinf=65504.0).astype(np.float32)


def _decoded(path: Path) -> npt.NDArray[Any] | None:
    """The picture as OpenCV has it; None if it cannot be decoded, without what OpenCV itself prints then."""
    import cv2

    try:
        raw = np.fromfile(path, dtype=np.uint8)
        with quiet_opencv():
            return cv2.imdecode(raw, cv2.IMREAD_UNCHANGED) if raw.size else None
    except OSError as error:
        raise HeadPoseError(f"cannot read the environment {path}: give a Radiance .hdr file") from error
    except cv2.error:
        return None


def _lobes(directions: Array, rng: np.random.Generator, base: Array, lobes: list[tuple[Array, float, Array]]) -> Array:
    """`base` (H, W, 3) plus soft lobes of (direction, sharpness, colour), of height 1 each."""
    for towards, sharpness, colour in lobes:
        cosine = directions @ (towards / np.linalg.norm(towards))
        base = base + np.exp(sharpness * (cosine - 1))[..., None] * colour
    return base * rng.uniform(0.9, 1.1, 3)  # the white balance of the camera


def _warm(rng: np.random.Generator, strength: float) -> Array:
    """(3,) a colour of mean about 1 between bluish and reddish light."""
    t = rng.uniform(-strength, strength)
    return np.array([1 + t, 1 + 0.1 * rng.uniform(-strength, strength), 1 - t])


def _sky(directions: Array, rng: np.random.Generator) -> Array:
    up = directions[..., 1:2]
    zenith, horizon = np.array([0.35, 0.55, 1.0]) * rng.uniform(0.5, 1.2), _warm(rng, 0.15) * rng.uniform(0.7, 1.3)
    ground = rng.uniform(0.1, 0.45) * _warm(rng, 0.3)
    base = np.where(up > 0, horizon + (zenith - horizon) * np.sqrt(np.abs(up)), ground)
    sun = np.array([rng.normal(), rng.uniform(0.1, 1.5), rng.normal()])
    haze = [(sun, rng.uniform(3, 30), _warm(rng, 0.3) * rng.uniform(0.5, 6))]
    return _lobes(directions, rng, base, haze)


def _room(directions: Array, rng: np.random.Generator) -> Array:
    walls = _warm(rng, 0.25) * rng.uniform(0.15, 0.5)
    base = walls * (1 + directions[..., 1:2] * rng.uniform(0, 0.5))
    lamps = [
        (rng.normal(size=3) + np.array([0, 0.6, 0]), rng.uniform(4, 60), _warm(rng, 0.35) * rng.uniform(0.5, 5))
        for _ in range(rng.integers(1, 5))
    ]
    return _lobes(directions, rng, base, lamps)


def _studio(directions: Array, rng: np.random.Generator) -> Array:
    base = np.full(directions.shape, rng.uniform(0.02, 0.25))
    side = rng.choice([-1.0, 1.0])
    key, fill = np.array([side, rng.uniform(0, 1), rng.uniform(0.2, 1.5)]), np.array([-side, 0.2, rng.uniform(0, 1)])
    boxes = [
        (key, rng.uniform(4, 20), _warm(rng, 0.15) * rng.uniform(2, 6)),
        (fill, rng.uniform(2, 10), _warm(rng, 0.15) * rng.uniform(0.2, 2)),
        (np.array([rng.normal(), 0.5, -1.0]), rng.uniform(5, 40), _warm(rng, 0.3) * rng.uniform(0, 4)),
    ]
    return _lobes(directions, rng, base, boxes)


ENVIRONMENTS = {"sky": _sky, "room": _room, "studio": _studio}


def drawn_environment(rng: np.random.Generator, kind: str | None = None, height: int = 32) -> Panorama:
    """A panorama (height, 2·height, 3) of soft lobes over a base colour, turned anyhow; `kind` of ENVIRONMENTS or any.

    Raises HeadPoseError for an unknown kind.
    """
    if kind is None:
        kind = str(rng.choice(list(ENVIRONMENTS)))
    if kind not in ENVIRONMENTS:
        raise unknown_name("environment", kind, ENVIRONMENTS)
    directions, _ = panorama_directions(height, 2 * height)
    return np.maximum(ENVIRONMENTS[kind](directions, rng), 0).astype(np.float32)


def drawn_lights(rng: np.random.Generator, most: int = 3) -> tuple[Light, ...]:
    """One to `most` lights: the first is the main one, from above as a rule, the others weaker and from anywhere."""
    lights = []
    for index in range(int(rng.integers(1, most + 1))):
        direction = np.array([rng.normal(), rng.uniform(-0.2, 1.4), rng.uniform(-0.4, 1.6)])
        if index:
            direction = rng.normal(size=3)
        colour = _warm(rng, 0.25) * rng.uniform(0.15, 1.6) * 0.4**index
        x, y, z = (direction / np.linalg.norm(direction)).tolist()
        red, green, blue = colour.tolist()
        lights.append(Light((x, y, z), (red, green, blue)))
    return tuple(lights)
