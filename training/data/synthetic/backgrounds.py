"""What stands behind a rendered head: drawn pictures, a few free photographs, and the pictures of the user's folders.

A picture is made or read once and kept; each draw is a random piece of it, mirrored, blurred and exposed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import numpy as np

from runtime.errors import HeadPoseError, unknown_name
from runtime.images import READ_SUFFIXES
from training.data.decode import read_rgb
from training.data.source import Image
from training.data.synthetic.background_brushes import Kind
from training.data.synthetic.background_places import PLACES
from training.data.synthetic.background_surfaces import SURFACES

KINDS: dict[str, Kind] = {**SURFACES, **PLACES}
"""Drawn backgrounds by name: (rng, size) → RGB (size, size, 3)."""

VARIANTS = 12
"""Pictures of each kind."""

# scikit-image's sample pictures that its own documentation calls CC0 or released into the public domain by their
# author, and that show no person. Left out: astronaut, camera and lfw_subset (people, whose pose has no label here),
# coins and immunohistochemistry ("no known restrictions" is no licence), page, moon, logo and others without a word on
# their origin, motorcycle (terms of its own), and medical pictures, which look like nothing behind a head.
SAMPLES = {
    "brick": "brick.png",  # CC0Textures, CC0
    "grass": "grass.png",  # DigitalDesignLabs, CC0
    "gravel": "gravel.png",  # CC0Textures, CC0
    "coffee": "coffee.png",  # Rachel Michetti, CC0
    "chelsea": "chelsea.png",  # Stefan van der Walt, CC0; a cat
    "clock": "clock_motion.png",  # Stefan van der Walt, public domain
    "hubble": "hubble_deep_field.jpg",  # NASA, public domain
    "rocket": "rocket.jpg",  # SpaceX, public domain
}

_DRAWN_SIZE = 288
_FILE_SIDE = 384  # of the shorter side of a photograph that is kept
_KEPT = 512  # pictures in memory: 250 kB for a drawn one, about 0.7 MB for a photograph
_SMALLEST_PIECE = 0.35  # of the shorter side
_BLURRED_SHARE, _MAX_BLUR = 0.6, 0.025  # a lens focused on the face; blur in shares of the side
_EXPOSURE_STOPS = 0.4  # standard deviation


def _shorter_side(picture: Image, side: int) -> Image:
    import cv2

    height, width = picture.shape[:2]
    scale = side / min(height, width)
    if scale >= 1.0:
        return picture
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _drawn(seed: int, name: str) -> Image:
    kind = name.split("/")[1]
    rng = np.random.default_rng([seed, crc32(name.encode())])
    return np.asarray(np.clip(KINDS[kind](rng, _DRAWN_SIZE), 0.0, 255.0), dtype=np.uint8)


def _samples() -> dict[str, Path]:
    """Names and files of the sample pictures; none where scikit-image is not installed."""
    spec = find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        return {}
    folder = Path(spec.submodule_search_locations[0]) / "data"
    return {f"sample/{name}": folder / file for name, file in SAMPLES.items() if (folder / file).is_file()}


def _pictures_of(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise HeadPoseError(f"the folder of backgrounds {folder} is not there: give a folder of pictures")
    found = sorted(file for file in folder.rglob("*") if file.suffix.lower() in READ_SUFFIXES and file.is_file())
    if not found:
        raise HeadPoseError(f"the folder of backgrounds {folder} holds no picture: give one with PNG or JPEG files")
    return {f"{folder.absolute().name}/{file.relative_to(folder).as_posix()}": file for file in found}


def _files(folders: Sequence[str | Path]) -> dict[str, Path]:
    files = _samples()
    for folder in folders:
        more = _pictures_of(Path(folder))
        if twice := files.keys() & more.keys():
            raise HeadPoseError(f"two folders of backgrounds hold {min(twice)}: rename one of the folders")
        files.update(more)
    return files


class Backgrounds:
    """Pictures by name, from which random pieces are drawn.

    Names are `drawn/<kind>/<number>`, `sample/<name>` and `<folder>/<file>`; they and their pictures do not depend on
    where the folders lie, nor on what is drawn before.
    """

    def __init__(self, folders: Sequence[str | Path] = (), seed: int = 0) -> None:
        """Find the pictures; each is made or read when it is first drawn.

        Raises HeadPoseError for a folder that is not there, holds no picture or has the name of another.
        """
        self._files = _files(folders)
        drawn = [f"drawn/{kind}/{number}" for kind in KINDS for number in range(VARIANTS)]
        self._names = (*drawn, *sorted(self._files))
        self._known = frozenset(self._names)
        self._seed = seed
        self._kept: dict[str, Image] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All pictures, those without a file first."""
        return self._names

    def _make(self, name: str) -> Image:
        if name not in self._files:
            return _drawn(self._seed, name)
        return _shorter_side(read_rgb(self._files[name]), _FILE_SIDE)

    def picture(self, name: str) -> Image:
        """The whole picture of a name, RGB (H, W, 3) uint8; not to be written to.

        Raises HeadPoseError for an unknown name or a file that is no picture.
        """
        if name not in self._known:
            raise unknown_name("background", name, self._names[:: VARIANTS * 2])
        if name not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))  # the oldest
            self._kept[name] = self._make(name)
        return self._kept[name]

    def draw(self, rng: np.random.Generator, size: int, name: str | None = None) -> Image:
        """A random piece of a picture, of any or of the one named, (size, size, 3) uint8.

        Raises as `picture` does.
        """
        chosen = self._names[int(rng.integers(len(self._names)))] if name is None else name
        return _piece(self.picture(chosen), rng, size)


def _piece(picture: Image, rng: np.random.Generator, size: int) -> Image:
    """A random square of the picture, mirrored at times, resized, blurred, exposed."""
    import cv2

    height, width = picture.shape[:2]
    side = max(int(min(height, width) * rng.uniform(_SMALLEST_PIECE, 1.0)), 1)
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    square = picture[top : top + side, left : left + side]
    if rng.random() < 0.5:
        square = np.ascontiguousarray(square[:, ::-1])
    how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    piece = cv2.resize(square, (size, size), interpolation=how)
    blur, sigma = rng.random() < _BLURRED_SHARE, size * rng.uniform(0.002, _MAX_BLUR)
    if blur:
        piece = cv2.GaussianBlur(piece, (0, 0), max(sigma, 0.3))
    return np.asarray(cv2.LUT(piece, _exposure(rng)), dtype=np.uint8)


def _exposure(rng: np.random.Generator) -> Image:
    """A table of 256 values: brighter or darker by about 0.4 of a stop, in another contrast."""
    levels = np.arange(256, dtype=np.float64) / 255.0
    changed = levels ** rng.uniform(0.75, 1.35) * 2.0 ** rng.normal(0.0, _EXPOSURE_STOPS)
    return np.asarray(np.clip(changed, 0.0, 1.0) * 255.0 + 0.5, dtype=np.uint8)
