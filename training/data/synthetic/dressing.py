"""Everything that a plan's person consists of, from skin to hat, as parts of a scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.data.synthetic import eyeballs
from training.data.synthetic.assets import AssetPack
from training.data.synthetic.catalogue import NO_FILE
from training.data.synthetic.clothes import clothes_parts
from training.data.synthetic.hair import PICTURE_MEAN, hair_part, hair_picture, hair_tint
from training.data.synthetic.head import Coefficients, HeadModel
from training.data.synthetic.identity import gaze_actions, sample_changes
from training.data.synthetic.labels import plan_neck
from training.data.synthetic.mesh import Floats
from training.data.synthetic.mouth import Mouth
from training.data.synthetic.occluder_looks import occluder_textures
from training.data.synthetic.occluders import hides_hair, occluder_parts, tucked_hair
from training.data.synthetic.parts import Material, Part
from training.data.synthetic.procedural_skin import procedural_eyes, procedural_skin
from training.data.synthetic.proxy import Proxy
from training.data.synthetic.scene_plan import ScenePlan
from training.data.synthetic.skin_paint import painted_skin
from training.data.synthetic.texture_store import LUMINANCE, TextureStore

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

SKIN = Material(detail=0.35, detail_scale=14.0)
EYES = Material(roughness=0.15, subsurface=0.0, alpha="cutout")
BROWS = Material(subsurface=0.0, alpha="blend")
LASHES = Material(subsurface=0.0, alpha="cutout")

_SKIN_SIZE = 512
_BROW_SHADE = 0.6  # brows are darker than the hair


class Dressed(NamedTuple):
    """One person."""

    parts: tuple[Part, ...]
    """Skin first."""
    albedo: float
    """Linear luminance of the skin."""


def plan_vertices(model: HeadModel, plan: ScenePlan) -> Floats:
    """(V, 3) of the head of a plan in the frame of `mesh`, its neck bent."""
    changes = sample_changes(model, np.random.default_rng(plan.identity_seed))
    actions = {**plan.expression, **gaze_actions(*plan.gaze)}
    return model.bend(model.shape(Coefficients(plan.phenotypes, changes, actions)), plan_neck(plan))


class Dresser:
    """Makes the parts of plans; keeps geometry, and textures on the card of `store`.

    Args:
        model: the head.
        pack: skins and parts; None for drawn skins and eyes, and heads without hair.
        store: textures.

    Raises HeadPoseError for an asset that does not fit.
    """

    def __init__(self, model: HeadModel, pack: AssetPack | None, store: TextureStore) -> None:
        self._model, self._pack, self._store = model, pack, store
        self._proxies: dict[tuple[str, str], Proxy] = {}
        self._mouth = Mouth(model, pack) if pack else None
        pictures = occluder_textures() | (self._mouth.textures if self._mouth else {})
        for key, picture in pictures.items():
            store.lasting(key, lambda picture=picture: picture)  # type: ignore[misc]

    def dress(self, plan: ScenePlan, vertices: Floats, place: Array) -> Dressed:
        """The person of a plan.

        Args:
            plan: who, and what is worn.
            vertices: (V, 3) of `plan_vertices`.
            place: (4, 4) of the head.

        Raises HeadPoseError for an asset that cannot be read.
        """
        key = f"skin/{plan.identity_seed}/{plan.skin}/{bool(plan.hair)}"
        tone = self._store.passing(key, lambda: self._skin(plan))
        parts = [Part(vertices, self._model.topology, key, SKIN, place), self._eyes(plan, vertices, place)]
        if self._pack and self._mouth:
            parts += self._mouth.parts(vertices, place, plan.identity_seed)
            parts += self._small_hair(plan, vertices, place) + self._hair(plan, vertices, place)
        parts += self._clothes(plan, vertices, place)
        parts += occluder_parts(plan.occluders, plan.occluder_seed, self._model, vertices, place, tone)
        return Dressed(tuple(parts), float(np.array(tone) @ LUMINANCE))

    def _skin(self, plan: ScenePlan) -> Bytes:
        if plan.skin.startswith(f"{NO_FILE}/"):
            picture = procedural_skin(np.random.default_rng(plan.identity_seed), _SKIN_SIZE, group=plan.group)
        else:
            picture = _decoded(_given(self._pack).skin(plan.skin).texture)
        who = {"sex": plan.sex, "age": plan.age, "group": plan.group, "hair_colour": plan.hair_colour}
        return painted_skin(picture, self._model, plan.identity_seed, bald=not plan.hair, **who)  # type: ignore[arg-type]

    def _eyes(self, plan: ScenePlan, vertices: Floats, place: Array) -> Part:
        kind, _, picture = plan.eyes.partition("/")
        if kind == NO_FILE:
            rng = np.random.default_rng(len(picture))
            key = self._store.lasting(f"eyes/{picture}", lambda: procedural_eyes(rng, picture))
            turn = np.asarray(euler_to_rotation(*plan.gaze, 0.0), dtype=np.float64)
            points = eyeballs.eyeballs(self._model, vertices, turn)
            return Part(points, eyeballs.TOPOLOGY, key, EYES, place)
        return self._hung("eyes", kind, picture, EYES, vertices, place)

    def _small_hair(self, plan: ScenePlan, vertices: Floats, place: Array) -> list[Part]:
        """Brows and lashes."""
        tint = hair_tint(plan.hair_colour, np.random.default_rng([plan.identity_seed, 2]))
        red, green, blue = (_BROW_SHADE * channel for channel in tint)
        kinds = (
            ("eyebrows", plan.brows, replace(BROWS, tint=(red, green, blue)), _evened),
            ("eyelashes", plan.lashes, LASHES, _decoded),
        )
        return [self._hung(kind, name, "", look, vertices, place, read) for kind, name, look, read in kinds if name]

    def _hung(
        self,
        kind: str,
        name: str,
        picture: str,
        material: Material,
        vertices: Floats,
        place: Array,
        read: Callable[[Path], Bytes] | None = None,
    ) -> Part:
        proxy = self._proxy(kind, name)
        path = next((path for path in proxy.textures if path.stem == picture), proxy.textures[0])
        key = self._store.lasting(str(path), lambda: (read or _decoded)(path))
        return Part(proxy.fit(vertices), proxy.topology, key, material, place)

    def _hair(self, plan: ScenePlan, vertices: Floats, place: Array) -> list[Part]:
        if not plan.hair or hides_hair(plan.occluders, plan.occluder_seed):
            return []
        proxy = self._proxy("hair", plan.hair)
        path = proxy.textures[0]
        key = self._store.lasting(f"hair/{path}", lambda: hair_picture(_decoded(path)))
        part = hair_part(self._model, proxy, vertices, place, key, plan.hair_colour, plan.identity_seed)
        points = tucked_hair(plan.occluders, plan.occluder_seed, self._model, vertices, part.vertices)
        return [Part(points, part.topology, key, part.material, place)]

    def _clothes(self, plan: ScenePlan, vertices: Floats, place: Array) -> list[Part]:
        parts, pictures = clothes_parts(self._model, vertices, place, plan.background_seed, sex=plan.sex)
        for key, picture in pictures.items():
            self._store.lasting(key, lambda picture=picture: picture)  # type: ignore[misc]
        return parts

    def _proxy(self, kind: str, name: str) -> Proxy:
        if (kind, name) not in self._proxies:
            self._proxies[kind, name] = self._model.rebind(_given(self._pack).proxy(kind, name))
        return self._proxies[kind, name]


def _evened(path: Path) -> Bytes:
    """The picture with the colour of `hair_picture`s: those of brows are black, whatever their hair."""
    picture = _decoded(path).copy()
    picture[..., :3] = round(255 * PICTURE_MEAN ** (1 / 2.2))
    return picture


def _given(pack: AssetPack | None) -> AssetPack:
    if pack is None:
        raise HeadPoseError("the scene names parts of an asset pack and there is none: give its folder")
    return pack


@lru_cache(maxsize=48)
def _decoded(path: Path) -> Bytes:
    """(H, W, 4) uint8 sRGB."""
    from PIL import Image as pillow

    try:
        with pillow.open(path) as picture:
            return np.array(picture.convert("RGBA"))
    except OSError as error:
        raise HeadPoseError(f"the texture {path} cannot be read ({error}): copy the assets again") from error
