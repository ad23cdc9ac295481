"""Pictures made ready for the graphics card, and the tile of skin detail that all heads share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def prepared_texture(picture: Bytes, key: str) -> Bytes:
    """(H, W, 3 or 4) uint8 sRGB → (H, W, 4), last row first as OpenGL has it, colour bled into what is transparent.

    Without the bleeding the black of transparent pixels would rim every hair when the texture is made smaller. Raises
    HeadPoseError for an array of another kind.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4) or min(picture.shape) < 1:
        raise HeadPoseError(f"the texture '{key}' of shape {picture.shape} is none: give (H, W, 3 or 4) uint8")
    if picture.shape[2] == 3:
        picture = np.concatenate([picture, np.full((*picture.shape[:2], 1), 255, np.uint8)], axis=2)
    elif picture[..., 3].min() < 255:
        picture = _bled(picture)
    return np.ascontiguousarray(picture[::-1])


def _bled(picture: Bytes) -> Bytes:
    """Colours of transparent pixels taken from the nearest coarser average of those that are not."""
    import cv2

    alpha = picture[..., 3:].astype(np.float32) / 255
    weighted = np.concatenate([picture[..., :3] * alpha, alpha], axis=2)
    levels = [weighted]
    while min(levels[-1].shape[:2]) > 1:
        height, width = levels[-1].shape[:2]
        levels.append(cv2.resize(levels[-1], ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA))
    filled = levels.pop()
    while levels:
        finer = levels.pop()
        wider = cv2.resize(filled, finer.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        filled = finer + wider * (1 - finer[..., 3:])
    colour = filled[..., :3] / np.maximum(filled[..., 3:], 1e-6)
    out = picture.copy()
    hidden = picture[..., 3] < 128
    out[hidden, :3] = np.clip(colour[hidden], 0, 255).round().astype(np.uint8)
    return out


def _noise(size: int, coarsest: int, finest: int, rng: np.random.Generator) -> Floats:
    """(size, size) noise that repeats, of wavelengths between `coarsest` and `finest` pixels, of deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    kept = (frequency >= 1 / coarsest) & (frequency <= 1 / finest)
    spectrum = np.where(kept, 1 / np.maximum(frequency, 1e-6), 0) * np.fft.rfft2(rng.normal(size=(size, size)))
    field = np.fft.irfft2(spectrum, (size, size))
    return (field / field.std()).astype(np.float32)


def detail_tile(size: int = 256) -> Bytes:
    """(size, size, 4) tile of skin: slopes of its relief along u and v, shade and gloss, each around 127.5.

    Pores and fine wrinkles of 2 to 24 pixels, mottling of 8 to 128 pixels. Always the same.
    """
    rng = np.random.default_rng(20)
    relief = _noise(size, 24, 2, rng)
    slopes = [(np.roll(relief, -1, axis) - np.roll(relief, 1, axis)) for axis in (1, 0)]
    shade, gloss = _noise(size, 128, 8, rng), _noise(size, 64, 4, rng)
    tile = np.stack([s / s.std() for s in slopes] + [shade, gloss], axis=-1)
    return np.clip(127.5 + 40 * tile, 0, 255).round().astype(np.uint8)
