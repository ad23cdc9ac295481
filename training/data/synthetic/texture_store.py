"""Textures on the card, made when they are first needed; of those that many people could have, the latest are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from training.data.synthetic.renderer import Renderer

Bytes = npt.NDArray[np.uint8]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class TextureStore:
    """Uploads to a renderer.

    Args:
        renderer: whose textures these are.
        most: how many passing ones are kept; a scene has one or two.
    """

    def __init__(self, renderer: Renderer, most: int = 32) -> None:
        self._renderer, self._most = renderer, most
        self._passing: OrderedDict[str, tuple[float, float, float]] = OrderedDict()

    def lasting(self, key: str, make: Callable[[], Bytes]) -> str:
        """The key of a texture that is never given back, after making it if need be."""
        if not self._renderer.has_texture(key):
            self._renderer.add_texture(key, make())
        return key

    def passing(self, key: str, make: Callable[[], Bytes]) -> tuple[float, float, float]:
        """The median linear RGB of a texture that may have to be made again."""
        if key not in self._passing:
            picture = make()
            self._renderer.add_texture(key, picture)
            red, green, blue = np.median((picture[::8, ::8, :3].reshape(-1, 3) / 255.0) ** 2.2, axis=0).tolist()
            self._passing[key] = (red, green, blue)
        self._passing.move_to_end(key)
        while len(self._passing) > self._most:
            self._renderer.drop_texture(self._passing.popitem(last=False)[0])
        return self._passing[key]
