"""The inside of an open mouth: teeth and tongue of the asset pack, dimmed by how deep they lie.

The renderer's ambient light knows no walls that hold it up, so what a mouth keeps out is painted: the deeper behind the
lips, the darker. Teeth and tongue hang on vertices that the jaw's facial actions move, so they follow the jaw.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.head import Coefficients, HeadModel
from training.data.synthetic.landmarks import landmark_rows
from training.data.synthetic.mesh import Floats
from training.data.synthetic.parts import Material, Part
from training.data.synthetic.proxy import Proxy
from training.data.synthetic.skin_regions import surface_map

Bytes = npt.NDArray[np.uint8]

OPEN_M = 0.0035
"""A gap between the lips above which something is seen of the mouth's inside, metres."""

_UPPER, _LOWER = (61, 62, 63), (67, 66, 65)  # landmarks of the inner lips that face each other
_TEXTURE_SIZE = 256
_DEPTH_M = {"teeth": 0.022, "tongue": 0.014}
"""Behind its foremost point a part is 1/e as bright."""
_LIPS_SHADE = {"teeth": 0.9, "tongue": 0.32}
"""How bright a part is at its foremost point."""
_TOOTH_TINTS = ((1.0, 0.98, 0.94), (0.85, 0.72, 0.5))  # the whitest and the yellowest, linear


def lip_gap(model: HeadModel, vertices: Floats) -> float:
    """How far the inner lips are apart in height where they are farthest, metres; (V, 3) in the frame of `mesh`."""
    lips = vertices[landmark_rows(model), 1]
    return float((lips[list(_UPPER)] - lips[list(_LOWER)]).max())


class Mouth:
    """Teeth and tongue of one asset pack on one head model.

    Args:
        model: the head.
        pack: its first teeth and first tongue are taken.

    Raises HeadPoseError where the pack's parts do not fit.
    """

    def __init__(self, model: HeadModel, pack: AssetPack) -> None:
        self._model = model
        self._proxies = {kind: model.rebind(pack.proxy(kind, pack.names[kind][0])) for kind in _DEPTH_M}

    @cached_property
    def textures(self) -> dict[str, Bytes]:
        """Key → (256, 256, 3) uint8 sRGB, for `Renderer.add_texture`; made when first asked for."""
        rest = self._model.shape(Coefficients())
        return {_key(kind): _dimmed(proxy, kind, rest) for kind, proxy in self._proxies.items()}

    def parts(self, vertices: Floats, place: npt.NDArray[np.float64], seed: int = 0) -> list[Part]:
        """What is seen between the lips: nothing while they are closed.

        Args:
            vertices: (V, 3) of `HeadModel.shape` or `bend`.
            place: (4, 4) as of `camera.head_matrix`.
            seed: makes the teeth's colour.
        """
        if lip_gap(self._model, vertices) < OPEN_M:
            return []
        share = np.random.default_rng([seed, 61]).beta(1.2, 2.5)
        white, yellow = (np.array(tint) for tint in _TOOTH_TINTS)
        red, green, blue = (white + (yellow - white) * share).tolist()
        materials = {
            "teeth": Material(specular=0.8, roughness=0.3, subsurface=0.3, tint=(red, green, blue)),
            "tongue": Material(specular=0.6, roughness=0.4, subsurface=0.6),
        }
        return [
            Part(proxy.fit(vertices), proxy.topology, _key(kind), materials[kind], place, casts_shadow=False)
            for kind, proxy in self._proxies.items()
        ]


def _key(kind: str) -> str:
    return f"mouth/{kind}"


def _dimmed(proxy: Proxy, kind: str, rest: Floats) -> Bytes:
    """The part's picture, darker towards the throat; (256, 256, 3)."""
    import cv2

    picture = cv2.resize(_picture(proxy.textures[0]), (_TEXTURE_SIZE, _TEXTURE_SIZE), interpolation=cv2.INTER_AREA)
    depth = proxy.fit(rest)[:, 2:]
    shade = _LIPS_SHADE[kind] * np.exp((depth - depth.max()) / _DEPTH_M[kind])
    light, _ = surface_map(proxy.topology, shade, _TEXTURE_SIZE)
    return np.clip(picture * light ** (1 / 2.2), 0, 255).round().astype(np.uint8)


def _picture(path: Path) -> Bytes:
    from PIL import Image as pillow

    try:
        with pillow.open(path) as picture:
            return np.array(picture.convert("RGB"))
    except OSError as error:
        raise HeadPoseError(f"the texture {path} cannot be read ({error}): copy the assets again") from error
