"""What lights a rendered head: drawn environments, and panoramas of real places in files of the user's folders.

A panorama is an equirectangular picture of linear light, twice as wide as high: Radiance .hdr, or OpenEXR .exr where
OpenCV has the format. Only 32 × 64 pixels of it are used, so the smallest edition of a file is as good as the largest.
No file comes with this program. Where to get some that are CC0, free for everything:

- Poly Haven (polyhaven.com/hdris): take "1K" and "HDR"; the files work as they are.
- The npm package @pmndrs/assets holds 18 of Poly Haven's as 512 × 256 pixels of OpenEXR (compression DWAB), each as a
  base64 text in a .js file: `npm pack @pmndrs/assets`, unpack it, and write what follows "base64," of
  package/hdri/<name>.exr.js, decoded, to <name>.exr. OpenCV's wheels of version 4 read these with
  OPENCV_IO_ENABLE_OPENEXR=1 in the environment; those of version 5 have no OpenEXR, so there convert the files first:
  read them with the Python package OpenEXR and write .hdr with cv2.imwrite (BGR, float32, not below 0). The strong
  compression has turned the suns of park and sunrise (1.7.0) pure blue: leave those two out.

The panorama's brightest places, which nine harmonics would smear over half of the head and which throw its shadows,
are taken out of it and become directional lights; what a white wall gets of both together stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from training.data.synthetic.lighting import (
    ENVIRONMENTS,
    Light,
    Panorama,
    drawn_environment,
    drawn_lights,
    panorama_directions,
    read_hdr,
    scaled_sh,
    sh_from_environment,
    turn_panorama,
)

Array = npt.NDArray[np.float64]

SUFFIXES = (".hdr", ".exr")
"""Of the files that are environments."""

HEIGHT, WIDTH = 32, 64
"""Of the panoramas that are kept."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_CALM_SHARE = 0.95  # of the sphere: what is brighter than this much of it belongs to lamps, windows and the sun
_LOBE_COSINE = np.cos(np.radians(20.0))  # how far from its middle a lamp's light is taken for the lamp's
_FAINTEST = 0.1  # of the main light: below it a further lamp is left in the harmonics
_WHITE_BALANCE = 0.5  # how much of a cast the camera takes away: dusk stays bluish, skin does not turn blue
_DEEPEST_CAST = 0.05  # no channel is lifted as if it were darker than this


class Environments:
    """Light by name: keys of `lighting.ENVIRONMENTS`, which are drawn, and `<folder>/<file>`.

    Names and light do not depend on where the folders lie, nor on what is asked for before.
    """

    def __init__(self, folders: Sequence[str | Path] = ()) -> None:
        """Find the files; each is read when it is first used.

        Raises HeadPoseError for a folder that is not there, holds no environment or has the name of another.
        """
        self._files = _files(folders)
        self._names = (*ENVIRONMENTS, *sorted(self._files))
        self._kept: dict[str, Panorama] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All environments, the drawn ones first."""
        return self._names

    def check(self) -> None:
        """Read every file. Raises as `panorama` does, for the first that is damaged."""
        for name in self._files:
            self.panorama(name)

    def panorama(self, name: str) -> Panorama:
        """The (32, 64, 3) linear light of a file; not to be written to.

        Raises HeadPoseError for a name that no file has, and for a file that is damaged, no panorama or black.
        """
        if name not in self._files:
            raise unknown_name("environment", name, self._names)
        if name not in self._kept:
            self._kept[name] = _small(self._files[name])
        return self._kept[name]

    def light(self, name: str, seed: int, light: Mapping[str, float]) -> tuple[tuple[Light, ...], Array]:
        """Directional lights, the main one first, and the (9, 3) harmonics of what shines from everywhere else.

        Args:
            name: one of `names`.
            seed: makes the environment, where it is drawn, and its lights.
            light: `ScenePlan.light`.

        Raises:
            HeadPoseError: as `panorama`.
        """
        if name in ENVIRONMENTS:
            return _drawn(name, seed, light)
        turned = turn_panorama(self.panorama(name), light["turn_deg"])
        lights, rest = taken_lights(turned, int(light["most"]))
        gain = light["level"] * _balanced(turned)
        scaled = tuple(Light(one.direction, _triple(gain * np.array(one.colour))) for one in lights)
        return scaled, gain * sh_from_environment(rest)


def _drawn(kind: str, seed: int, light: Mapping[str, float]) -> tuple[tuple[Light, ...], Array]:
    """Lights of their own, from anywhere, beside a drawn environment."""
    rng = np.random.default_rng(seed)
    panorama = turn_panorama(drawn_environment(rng, kind), light["turn_deg"])
    sh = scaled_sh(sh_from_environment(panorama), light["level"])
    return drawn_lights(rng, int(light["most"])), sh


def taken_lights(panorama: npt.ArrayLike, most: int) -> tuple[tuple[Light, ...], Array]:
    """The brightest lobes of a panorama as lights, and the panorama without them.

    A lobe is what is brighter than 95 % of the sphere, within 20° of where most such light falls in. Its light has the
    direction of its mean and sends a white wall as much as the lobe did, but for the cosine within the lobe.

    Args:
        panorama: (H, W, 3) linear radiance.
        most: lights, the brightest first; there is none only where all of the sphere is equally bright.

    Returns:
        The lights and the (H, W, 3) radiance that is left.
    """
    rest: Array = np.array(panorama, dtype=np.float64)
    directions, solid = panorama_directions(*rest.shape[:2])
    brightness = rest @ _LUMINANCE
    above = np.maximum(1.0 - _calm_level(brightness, solid) / np.maximum(brightness, 1e-9), 0.0)
    found: list[tuple[float, Light]] = []
    for _ in range(most):
        energy = brightness * above * solid
        lobe = _brightest_lobe(energy, directions)
        power = float(energy[lobe].sum())
        if power <= 0.0 or (found and power < _FAINTEST * found[0][0]):
            break
        found.append((power, _light(energy * lobe, directions, rest * (above * solid * lobe)[..., None])))
        rest = np.where(lobe[..., None], rest * (1.0 - above[..., None]), rest)
        above = np.where(lobe, 0.0, above)
    return tuple(light for _, light in found), rest


def _calm_level(brightness: Array, solid: Array) -> float:
    """What 95 % of the sphere is no brighter than."""
    order = np.argsort(brightness, axis=None)
    covered = np.cumsum(solid.ravel()[order])
    return float(brightness.ravel()[order[np.searchsorted(covered, _CALM_SHARE * covered[-1])]])


def _brightest_lobe(energy: Array, directions: Array) -> npt.NDArray[np.bool_]:
    """(H, W) what lies within 20° of the pixel around which most energy is."""
    bright = energy > 0.0
    towards, amount = directions[bright], energy[bright]
    if not len(amount):
        return bright
    around = (towards @ towards.T > _LOBE_COSINE) @ amount
    return np.asarray(directions @ towards[np.argmax(around)] > _LOBE_COSINE)


def _light(energy: Array, directions: Array, radiance: Array) -> Light:
    """The (H, W) energy's mean direction, the colour of all of the (H, W, 3) radiance times its solid angles."""
    towards = np.einsum("hw,hwd->d", energy, directions)
    return Light(_triple(towards / np.linalg.norm(towards)), _triple(radiance.sum(axis=(0, 1)) / np.pi))


def _triple(values: Array) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z


def _balanced(panorama: Panorama) -> Array:
    """(3,) factors after which the radiance over the sphere has a mean of 1 and half of its cast, as cameras leave it.

    The mean is what a white wall sends back on the average of all directions.
    """
    mean = (panorama.mean(axis=1, dtype=np.float64) * _row_weights(panorama.shape[0])[:, None]).mean(axis=0)
    factors: Array = np.maximum(mean / mean.max(), _DEEPEST_CAST) ** -_WHITE_BALANCE
    return factors / float((mean * factors).mean())


def _row_weights(height: int) -> npt.NDArray[np.float32]:
    """(H,) how much of the sphere a row of a panorama covers; 1 on the average."""
    edges = np.cos(np.linspace(0.0, np.pi, height + 1))
    return np.asarray((edges[:-1] - edges[1:]) * height / 2.0, dtype=np.float32)


def _small(file: Path) -> Panorama:
    """A file's light in 32 × 64 pixels, each the mean over its part of the sphere: a sun keeps all of its light."""
    import cv2

    picture = read_hdr(file)
    rows = _row_weights(picture.shape[0])[:, None, None]
    light = np.asarray(cv2.resize(picture * rows, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.float32)
    weights = cv2.resize(np.repeat(rows, 2, axis=1), (1, HEIGHT), interpolation=cv2.INTER_AREA)
    small: Panorama = light / np.asarray(weights, dtype=np.float32)[:, :, None]
    if not (np.isfinite(small).all() and small.mean() > 0.0):
        raise HeadPoseError(f"the environment {file} is black or has no finite light: remove it")
    return small


def _files(folders: Sequence[str | Path]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for folder in map(Path, folders):
        more = _panoramas_of(folder)
        if twice := files.keys() & more.keys():
            raise HeadPoseError(f"two folders of environments hold {min(twice)}: rename one of the folders")
        files.update(more)
    return files


def _panoramas_of(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise HeadPoseError(f"the folder of environments {folder} is not there: give a folder of .hdr files")
    found = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not found:
        raise HeadPoseError(f"the folder of environments {folder} holds no .hdr or .exr file: give one with some")
    return {f"{folder.absolute().name}/{file.relative_to(folder).as_posix()}": file for file in found}
