"""How a camera sets itself: exposure by what the head sends back, white balance, and what lens and sensor do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from training.data.synthetic.lighting import Light, irradiance

Array = npt.NDArray[np.float64]

MIDDLE_LIGHT = 0.95
"""What a white surface that faces the camera sends back of a well exposed picture, linear."""

# Chosen between two settings that were rendered, 32 heads each: a middle light of 0.9 gave light skin a mean of 144
# (sRGB) and dark skin 89, 1.0 gave 150 and 93, about as photographs have them; with a harder shoulder than today's.
_OPENING = 0.4
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_WARMTH = np.array([0.12, 0.0, -0.14])  # of the channels, at warmth 1


def _facing() -> Array:
    """(N, 3) normals all over the half of a ball that is seen."""
    grid = np.linspace(-0.9, 0.9, 7)
    x, y = (axis.ravel() for axis in np.meshgrid(grid, grid))
    inside = x * x + y * y < 0.95
    return np.stack([x, y, np.sqrt(np.maximum(1.0 - x * x - y * y, 0.0))], axis=1)[inside]


_FACING = _facing()


def metered(lights: Sequence[Light], sh: Array) -> float:
    """The mean luminance, linear, that a white ball without shadows sends to the camera."""
    light = irradiance(sh, _FACING) / np.pi
    for one in lights:
        towards = np.array(one.direction) / np.linalg.norm(one.direction)
        light = light + np.maximum(_FACING @ towards, 0.0)[:, None] * np.array(one.colour)
    return float((light @ _LUMINANCE).mean())


def exposed(
    lights: Sequence[Light], sh: Array, stops: float, warmth: float, albedo: float
) -> tuple[tuple[Light, ...], Array]:
    """The same light as a camera that meters on the face records it.

    Args:
        lights: directional lights.
        sh: (9, 3) ambient light.
        stops: by how much the photographer or the automatic is off.
        warmth: -1 (bluish) to 1 (reddish) of the white balance.
        albedo: linear luminance of the skin: cameras open up for dark faces, by less than would make them equal.
    """
    gain = MIDDLE_LIGHT / max(metered(lights, sh), 1e-4) * 2.0**stops * (0.35 / max(albedo, 0.03)) ** _OPENING
    colour = gain * (1.0 + warmth * _WARMTH)
    scaled = tuple(Light(one.direction, _triple(np.array(one.colour) * colour)) for one in lights)
    return scaled, sh * colour


def _triple(values: Array) -> tuple[float, float, float]:
    red, green, blue = values.tolist()
    return red, green, blue


def developed(picture: npt.NDArray[np.uint8], post: Mapping[str, float]) -> npt.NDArray[np.uint8]:
    """(S, S, 3) uint8 after `ScenePlan.post`: blur of the lens, saturation, contrast, noise of the sensor."""
    import cv2

    rng = np.random.default_rng(int(post["seed"]))
    image: npt.NDArray[np.float32] = picture.astype(np.float32)
    if post["blur"] > 0.05:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), post["blur"] * picture.shape[0] / 224), np.float32)
    grey = image @ _LUMINANCE.astype(np.float32)
    image = grey[..., None] + np.float32(post["saturation"]) * (image - grey[..., None])
    image = (image - 118.0) * np.float32(post["contrast"]) + 118.0
    noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(post["noise"])
    return np.clip(image + noise + 0.5, 0, 255).astype(np.uint8)
