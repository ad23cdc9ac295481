"""From a plan to a picture: person, light, camera and background brought together."""

from __future__ import annotations

from types import TracebackType

import numpy as np
import numpy.typing as npt

from training.data.synthetic.assets import AssetPack
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.dressing import Dresser, plan_vertices
from training.data.synthetic.environments import Environments
from training.data.synthetic.exposure import developed, exposed
from training.data.synthetic.head import HeadModel
from training.data.synthetic.labels import LabelledFace, detector_box, face_landmarks, plan_camera, scene_record
from training.data.synthetic.lighting import Light
from training.data.synthetic.mesh import Floats
from training.data.synthetic.parts import Rendered, Scene
from training.data.synthetic.renderer import Renderer
from training.data.synthetic.scene_plan import ScenePlan
from training.data.synthetic.texture_store import TextureStore

Array = npt.NDArray[np.float64]


class Studio:
    """Renders plans; keeps textures and meshes on the card. A context manager, to be used by one thread.

    Args:
        model: the head.
        pack: skins and parts; None for drawn skins and eyes, and heads without hair.
        backgrounds: what stands behind.
        size: side of the picture in pixels.
        environments: where the light comes from; None for the drawn ones alone.

    Raises:
        HeadPoseError: no EGL, a damaged asset.
    """

    def __init__(
        self,
        model: HeadModel,
        pack: AssetPack | None,
        backgrounds: Backgrounds,
        size: int = 224,
        environments: Environments | None = None,
    ) -> None:
        self._model, self._backgrounds, self._size = model, backgrounds, size
        self._environments = environments or Environments()
        self._renderer = Renderer(size)
        try:
            self._dresser = Dresser(model, pack, TextureStore(self._renderer))
        except BaseException:
            self._renderer.close()
            raise

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.close()

    def render(self, plan: ScenePlan) -> Rendered:
        """The picture of a plan; its label is `plan.rotation`."""
        return self._developed(plan, self.scene(plan))

    def labelled(self, plan: ScenePlan) -> LabelledFace:
        """The picture of a plan with its labels."""
        vertices, (camera, place) = plan_vertices(self._model, plan), plan_camera(plan)
        landmarks = face_landmarks(self._model, vertices, camera, place, self._size)
        return LabelledFace(
            self._developed(plan, self._scene(plan, vertices)).rgb,
            np.array(plan.rotation),
            landmarks,
            detector_box(landmarks),
            str(plan.identity),
            scene_record(plan, camera, landmarks, self._size),
        )

    def scene(self, plan: ScenePlan) -> Scene:
        """What the plan shows, with its textures on the card."""
        return self._scene(plan, plan_vertices(self._model, plan))

    def _scene(self, plan: ScenePlan, vertices: Floats) -> Scene:
        camera, place = plan_camera(plan)
        person = self._dresser.dress(plan, vertices, place)
        lights, sh = self._light(plan, person.albedo)
        background = self._backgrounds.draw(np.random.default_rng(plan.background_seed), self._size, plan.background)
        return Scene(parts=person.parts, camera=camera, lights=lights, sh=sh, background=background)

    def _light(self, plan: ScenePlan, albedo: float) -> tuple[tuple[Light, ...], Array]:
        """Lights and harmonics of a plan, as its camera exposes them."""
        lights, sh = self._environments.light(plan.environment, plan.light_seed, plan.light)
        return exposed(lights, sh, plan.light["exposure"], plan.light["warmth"], albedo)

    def _developed(self, plan: ScenePlan, scene: Scene) -> Rendered:
        drawn = self._renderer.render(scene)
        return Rendered(developed(drawn.rgb, plan.post), drawn.coverage)
