"""Draws scenes of heads with OpenGL through EGL: without a screen, on a graphics card or on Mesa's llvmpipe.

Linear light inside, sRGB outside. The order of a frame: depth as the main light sees it, opaque and cut-out parts with
several samples a pixel, blended parts from back to front, then the samples' mean over the background.
"""

from __future__ import annotations

from contextlib import ExitStack
from importlib.resources import files
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, MissingDependencyError
from training.data.synthetic.gl_meshes import Meshes
from training.data.synthetic.lighting import BASIS
from training.data.synthetic.parts import ALPHA_MODES, MOST_LIGHTS, Part, Rendered, Scene
from training.data.synthetic.shadow_map import ShadowMap, shadow_map
from training.data.synthetic.textures import detail_tile, prepared_texture

_SRGB8, _SRGB8_ALPHA8 = 0x8C41, 0x8C43  # internal formats of OpenGL that moderngl has no names for
_ALBEDO, _SHADOW, _DETAIL = 0, 1, 2  # texture units
_HEAD, _BACKGROUND = 0, 1


def _context(device: int) -> Any:
    """A context without a window. Raises HeadPoseError where there is no EGL or no driver."""
    try:
        import moderngl
    except ImportError:
        raise MissingDependencyError("moderngl", "drawing heads", "synth") from None
    settings: dict[str, Any] = {"backend": "egl", "device_index": device}
    try:
        return moderngl.create_context(standalone=True, require=400, **settings)
    except Exception as error:  # moderngl and glcontext raise bare Exception
        raise HeadPoseError(
            f"OpenGL cannot be started through EGL ({error}): install a driver, on Debian and Ubuntu  "
            f"apt-get install libegl1 libgl1-mesa-dri"
        ) from error


class Renderer:
    """One OpenGL context, for one thread of one process; a context manager.

    On llvmpipe the environment variable LP_NUM_THREADS, read when the first one is opened, sets the threads that draw.

    Args:
        size: side of the pictures in pixels.
        samples: of a pixel, 1 for none; cut to what the driver has.
        shadow_size: side of the shadow map in pixels, 0 for no shadows; 512 is finer than a picture of 224 pixels, and
            1024 costs llvmpipe a third more time.
        device: which graphics card, in EGL's order.

    Raises HeadPoseError where OpenGL is missing.
    """

    def __init__(self, size: int = 224, samples: int = 4, shadow_size: int = 512, device: int = 0) -> None:
        if size < 8 or samples < 1 or shadow_size < 0:
            raise HeadPoseError(f"cannot draw {size} pixels with {samples} samples: ask for 8 or more, and 1 or more")
        self.size = size
        self._stack = ExitStack()
        self._gl = _context(device)
        self._stack.callback(self._gl.release)
        self.samples = max(1, min(samples, self._gl.max_samples))
        self.shadow_size = shadow_size
        self._textures: dict[str | None, Any] = {}
        self._make_programs()
        self._make_targets()
        self._meshes = Meshes(self._gl, self._programs)
        self.add_texture("", np.full((1, 1, 3), 255, np.uint8))
        self._textures[None] = self._textures.pop("")

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give everything back; a second call does nothing."""
        self._textures = {}
        self._stack.close()

    @property
    def driver(self) -> str:
        """What draws, for records: the driver's own name."""
        with self._gl:
            return str(self._gl.info["GL_RENDERER"])

    def has_texture(self, key: str) -> bool:
        """Whether `key` was uploaded."""
        return key in self._textures

    def add_texture(self, key: str, picture: npt.NDArray[np.uint8]) -> None:
        """Upload (H, W, 3 or 4) uint8 sRGB under `key`, unless it is there already.

        Raises HeadPoseError for an array that is no picture.
        """
        if key in self._textures:
            return
        ready = prepared_texture(picture, key)
        with self._gl:
            texture = self._gl.texture(ready.shape[1::-1], 4, ready.tobytes(), internal_format=_SRGB8_ALPHA8)
            texture.build_mipmaps()
        self._textures[key] = texture

    def drop_texture(self, key: str) -> None:
        """Forget `key`, for sets of textures that are larger than the memory."""
        texture = self._textures.pop(key, None)
        if texture is not None:
            with self._gl:
                texture.release()

    def render(self, scene: Scene) -> Rendered:
        """Draw `scene`. Raises HeadPoseError for a part that cannot be drawn or a texture that was not added."""
        scene.check(self.size)
        for part in scene.parts:
            if part.texture not in self._textures:
                raise HeadPoseError(f"the texture '{part.texture}' was not uploaded: call add_texture first")
        with self._gl:
            arrays = self._meshes.upload(scene.parts)
            pairs = list(zip(scene.parts, arrays))
            where = self._draw_shadows(scene, pairs)
            self._draw_parts(scene, pairs, where)
            return self._composed(scene.background)

    def _make_programs(self) -> None:
        """Compile what stands beside this file."""
        folder = files("training.data.synthetic")
        stages = {
            "shadow": ("shadow.vert", "shadow.frag"),
            "solid": ("shadow.vert", "solid.frag"),
            "compose": ("compose.vert", "compose.frag"),
        }
        names = [*(name for pair in stages.values() for name in pair), "surface.vert", "surface.frag"]
        text = {name: (folder / f"{name}.glsl").read_text(encoding="utf-8") for name in names}
        self._programs = {name: self._gl.program(text[v], text[f]) for name, (v, f) in stages.items()}
        read = text["surface.frag"].partition("\n")
        for number, mode in enumerate(ALPHA_MODES):
            fragment = f"{read[0]}\n#define ALPHA {number}\n{read[2]}"
            program = self._programs[mode] = self._gl.program(text["surface.vert"], fragment)
            _set(program, albedo=_ALBEDO, shadow=_SHADOW, detail=_DETAIL, samples=self.samples)
        compose = self._programs["compose"]
        self._programs["shadow"]["albedo"] = _ALBEDO
        compose["head"], compose["background"] = _HEAD, _BACKGROUND

    def _make_targets(self) -> None:
        """Framebuffers and the textures that every frame uses."""
        gl, square = self._gl, (self.size, self.size)
        samples = self.samples if self.samples > 1 else 0
        colour = gl.renderbuffer(square, 4, samples=samples, dtype="f2")
        self._drawn = gl.framebuffer([colour], gl.depth_renderbuffer(square, samples=samples))
        self._head = gl.texture(square, 4, dtype="f2")
        self._resolved = gl.framebuffer([self._head])
        self._background = gl.texture(square, 3, alignment=1, internal_format=_SRGB8)
        self._final = gl.simple_framebuffer(square, 4)
        self._full = gl.vertex_array(self._programs["compose"], [])
        side = max(self.shadow_size, 1)
        self._shadow = gl.depth_texture((side, side))
        self._shadow.compare_func = "<="
        self._shadow.filter = (gl.LINEAR, gl.LINEAR)
        self._shadow.repeat_x = self._shadow.repeat_y = False
        self._lit = gl.framebuffer(depth_attachment=self._shadow)
        tile = detail_tile()
        self._detail = gl.texture(tile.shape[1::-1], 4, tile.tobytes())
        self._detail.build_mipmaps()

    def _draw_shadows(self, scene: Scene, pairs: list[tuple[Part, dict[str, Any]]]) -> ShadowMap | None:
        """Fill the shadow map; None if there is nothing to throw a shadow or no light to throw it."""
        casting = [(part, arrays) for part, arrays in pairs if part.casts_shadow]
        if not (scene.lights and casting and self.shadow_size):
            return None
        points = np.concatenate([part.seen() for part, _ in casting])
        where = shadow_map(scene.lights[0].direction, points, scene.camera)
        self._lit.use()
        self._lit.clear()
        self._gl.enable_only(self._gl.DEPTH_TEST)
        self._gl.cull_face = "back"
        for part, arrays in casting:
            name = "solid" if part.material.alpha == "opaque" else "shadow"
            self._textures[part.texture].use(_ALBEDO)
            _write(self._programs[name], "to_light", where.matrix @ part.model)
            if part.material.alpha == "opaque" and not part.material.two_sided:
                self._gl.enable(self._gl.CULL_FACE)
            else:
                self._gl.disable(self._gl.CULL_FACE)
            arrays[name].render()
        return where

    def _draw_parts(self, scene: Scene, pairs: list[tuple[Part, dict[str, Any]]], where: ShadowMap | None) -> None:
        """Everything into the framebuffer of several samples, on nothing."""
        gl = self._gl
        self._drawn.use()
        self._drawn.depth_mask = True
        self._drawn.clear(0.0, 0.0, 0.0, 0.0)
        gl.enable_only(gl.DEPTH_TEST | gl.CULL_FACE)
        self._shadow.use(_SHADOW)
        self._detail.use(_DETAIL)
        self._set_light(scene, where)
        to_light = np.diag([0.0, 0.0, 0.0, 1.0]) if where is None else where.matrix
        blended = [pair for pair in pairs if pair[0].material.alpha == "blend"]
        for part, arrays in [pair for pair in pairs if pair[0].material.alpha != "blend"]:
            self._draw(part, arrays, to_light, 0)
        for part, arrays in blended:
            self._draw(part, arrays, to_light, 1)
        gl.enable(gl.BLEND)
        gl.blend_func = gl.ONE, gl.ONE_MINUS_SRC_ALPHA
        self._drawn.depth_mask = False
        for part, arrays in sorted(blended, key=lambda pair: float(pair[0].seen()[:, 2].mean())):
            self._draw(part, arrays, to_light, 2)
        self._drawn.depth_mask = True

    def _set_light(self, scene: Scene, where: ShadowMap | None) -> None:
        """Uniforms that all parts share."""
        towards, colours = np.zeros((MOST_LIGHTS, 3)), np.zeros((MOST_LIGHTS, 3))
        for index, light in enumerate(scene.lights):
            towards[index] = np.array(light.direction) / np.linalg.norm(light.direction)
            colours[index] = light.colour
        texel = 1.0 / max(self.shadow_size, 1)
        for mode in ALPHA_MODES:
            surface = self._programs[mode]
            _write(surface, "to_clip", scene.camera.projection())
            surface["sh"].write((scene.sh * BASIS[:, None] / np.pi).astype("f4").tobytes())
            surface["light_direction"].write(towards.astype("f4").tobytes())
            surface["light_colour"].write(colours.astype("f4").tobytes())
            _set(surface, lights=len(scene.lights), shadow_step=1.5 * texel)
            _set(surface, main_direction=tuple(towards[0]), main_colour=tuple(colours[0]))
            if where is None:
                _set(surface, shadow_bias=2.0, shadow_offset=0.0)
            else:
                bias = (texel * where.width + 0.0005) / where.depth
                _set(surface, shadow_bias=bias, shadow_offset=3.0 * texel * where.width)

    def _draw(self, part: Part, arrays: dict[str, Any], to_light: npt.NDArray[np.float64], kind: int) -> None:
        """One part; `kind` as `pass_kind` of the shader."""
        gl, material = self._gl, part.material
        surface = self._programs[material.alpha]
        self._textures[part.texture].use(_ALBEDO)
        _write(surface, "to_camera", part.model)
        _write(surface, "to_light", to_light @ part.model)
        _set(surface, tint=material.tint, specular=material.specular, subsurface=material.subsurface)
        _set(surface, roughness=min(max(material.roughness, 0.05), 1.0), pass_kind=kind)
        _set(surface, detail_strength=material.detail, detail_scale=material.detail_scale)
        for facing, culled in ((-1.0, "front"), (1.0, "back")):  # a shell's back lies behind
            if facing < 0 and material.alpha == "opaque" and not material.two_sided:
                continue
            gl.cull_face = culled
            surface["facing"] = facing
            arrays[material.alpha].render()

    def _composed(self, background: npt.NDArray[np.uint8]) -> Rendered:
        """The samples' mean over the background, read back."""
        gl = self._gl
        gl.copy_framebuffer(self._resolved, self._drawn)
        self._background.write(np.ascontiguousarray(background[::-1]))
        self._head.use(_HEAD)
        self._background.use(_BACKGROUND)
        self._final.use()
        gl.enable_only(gl.NOTHING)
        self._full.render(vertices=3)
        pixels = np.frombuffer(self._final.read(components=4), np.uint8).reshape(self.size, self.size, 4)[::-1]
        return Rendered(np.ascontiguousarray(pixels[..., :3]), pixels[..., 3].astype(np.float32) / np.float32(255))


def _write(program: Any, name: str, matrix: npt.NDArray[np.float64]) -> None:
    """A matrix for column vectors, as OpenGL stores it."""
    program[name].write(np.ascontiguousarray(matrix.T, dtype=np.float32).tobytes())


def _set(program: Any, **values: Any) -> None:
    """Uniforms that the program has; one that its variant of the shader has no use for is left out by the driver."""
    for name, value in values.items():
        if name in program:
            program[name] = value
