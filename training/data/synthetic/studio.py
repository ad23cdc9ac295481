"""From a plan to a picture: geometry, assets, light and background brought together."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.camera import Camera, from_ray, head_matrix
from training.data.synthetic.head import Coefficients, HeadModel
from training.data.synthetic.identity import gaze_actions, sample_changes
from training.data.synthetic.lighting import (
    drawn_environment,
    drawn_lights,
    scaled_sh,
    sh_from_environment,
    turn_panorama,
)
from training.data.synthetic.parts import Material, Part, Rendered, Scene
from training.data.synthetic.proxy import Proxy
from training.data.synthetic.renderer import Renderer
from training.data.synthetic.scene_plan import ScenePlan

Array = npt.NDArray[np.float64]

SKIN = Material(detail=0.35, detail_scale=14.0)
EYES = Material(roughness=0.15, subsurface=0.0, alpha="cutout")
BROWS = Material(subsurface=0.0, alpha="blend")
LASHES = Material(subsurface=0.0, alpha="cutout")
_HAIR_GREY = 128.0  # sRGB level of the hair textures, which the plan's colour is relative to


class Studio:
    """Renders plans; keeps textures and meshes on the card. A context manager, to be used by one thread.

    Not drawn yet: occluders, teeth and tongue, and the plan's exposure, warmth and post-processing.

    Args:
        model: the head.
        pack: skins and parts.
        backgrounds: what stands behind.
        size: side of the picture in pixels.

    Raises:
        HeadPoseError: no EGL, a damaged asset.
    """

    def __init__(self, model: HeadModel, pack: AssetPack, backgrounds: Backgrounds, size: int = 224) -> None:
        self._model, self._pack, self._backgrounds, self._size = model, pack, backgrounds, size
        self._proxies: dict[tuple[str, str], Proxy] = {}
        self._renderer = Renderer(size)

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.close()

    def render(self, plan: ScenePlan) -> Rendered:
        """The picture of a plan; its label is `plan.rotation`."""
        return self._renderer.render(self.scene(plan))

    def scene(self, plan: ScenePlan) -> Scene:
        """What the plan shows, with its textures on the card."""
        camera = Camera(plan.fov_deg, plan.distance, plan.axis)
        position = camera.place(*plan.place)
        place = head_matrix(from_ray(np.array(plan.rotation), position), position)
        light = np.random.default_rng(plan.light_seed)
        panorama = turn_panorama(drawn_environment(light, plan.environment), plan.light["turn_deg"])
        background = self._backgrounds.draw(np.random.default_rng(plan.background_seed), self._size, plan.background)
        return Scene(
            parts=tuple(self._parts(plan, place)),
            camera=camera,
            lights=drawn_lights(light, int(plan.light["most"])),
            sh=scaled_sh(sh_from_environment(panorama), plan.light["level"]),
            background=background,
        )

    def vertices(self, plan: ScenePlan) -> npt.NDArray[np.float32]:
        """(V, 3) of the plan's head in the frame of `mesh`, its neck bent."""
        changes = sample_changes(self._model, np.random.default_rng(plan.identity_seed))
        actions = {**plan.expression, **gaze_actions(*plan.gaze)}
        shape = self._model.shape(Coefficients(plan.phenotypes, changes, actions))
        return self._model.bend(shape, np.array(plan.neck))

    def _parts(self, plan: ScenePlan, place: Array) -> list[Part]:
        vertices, skin = self.vertices(plan), self._pack.skin(plan.skin)
        hair = tuple(float(c) for c in (np.array(plan.hair_colour) / _HAIR_GREY) ** 2.2)
        parts = [Part(vertices, self._model.topology, self._texture(skin.texture), SKIN, place)]
        eyes, _, picture = plan.eyes.partition("/")
        for kind, name, material in (
            ("eyes", eyes, EYES),
            ("eyebrows", plan.brows, BROWS),
            ("eyelashes", plan.lashes, LASHES),
            ("hair", plan.hair, Material(subsurface=0.0, alpha="cutout", roughness=0.45, specular=0.5, tint=hair)),  # type: ignore[arg-type]
        ):
            if name:
                proxy = self._proxy(kind, name)
                texture = self._texture(_chosen(proxy, picture if kind == "eyes" else ""))
                parts.append(Part(proxy.fit(vertices), proxy.topology, texture, material, place))
        return parts

    def _proxy(self, kind: str, name: str) -> Proxy:
        if (kind, name) not in self._proxies:
            self._proxies[kind, name] = self._model.rebind(self._pack.proxy(kind, name))
        return self._proxies[kind, name]

    def _texture(self, path: Path) -> str:
        from PIL import Image as pillow

        if not self._renderer.has_texture(str(path)):
            try:
                with pillow.open(path) as picture:
                    self._renderer.add_texture(str(path), np.array(picture.convert("RGBA")))
            except OSError as error:
                raise HeadPoseError(f"the texture {path} cannot be read ({error}): copy the assets again") from error
        return str(path)


def _chosen(proxy: Proxy, picture: str) -> Path:
    """The texture of that name, or the first."""
    return next((path for path in proxy.textures if path.stem == picture), proxy.textures[0])
