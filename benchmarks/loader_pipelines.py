"""Two ways from a picture file to a normalised batch, stage by stage: 6DRepNet's with Pillow, and ours.

6DRepNet's is restated from the facts of thohemp/6DRepNet (ICIP 2022): Pillow opens and converts, the crop around the
landmarks, mirror, blur, torchvision's RandomResizedCrop(224), ToTensor and Normalize for every single picture, and two
scipy.io.loadmat of the label file, one for the landmarks and one for the angles. What is random is drawn beforehand,
the same for both, so that both make the same pixels.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD, Box
from runtime.rotation import euler_to_rotation

if TYPE_CHECKING:
    from torch import Tensor

SIZE, SIDE = 224, 450  # pixels of the network's square and of a picture of 300W-LP
_PICTURES = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")  # photographs in scikit-image's wheel


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture with its label and what was drawn for it."""

    path: Path
    """JPEG; the label file beside it ends in .mat."""
    rotation: npt.NDArray[np.float64]
    """(3, 3) label."""
    crop: tuple[int, int, int, int]
    """Left, top, right, bottom of 6DRepNet's crop."""
    part: tuple[int, int, int, int]
    """Left, top, width, height of RandomResizedCrop inside of it, after the mirror."""
    flip: bool
    """Whether it is mirrored."""
    blur: bool
    """Whether Pillow's BLUR comes before the resize."""

    @property
    def rect(self) -> Box:
        """The part in the picture."""
        left, top, width, height = self.part
        left = self.crop[2] - self.crop[0] - left - width if self.flip else left
        x, y = self.crop[0] + left, self.crop[1] + top
        return Box(float(x), float(y), float(x + width), float(y + height))


class Laps:
    """Adds up the time of every stage, in nanoseconds."""

    def __init__(self) -> None:
        self.ns: dict[str, int] = defaultdict(int)
        self.start()

    def start(self) -> None:
        """What comes now belongs to the next stage."""
        self._last = time.thread_time_ns()

    def __call__(self, stage: str) -> None:
        """A stage ends here."""
        now = time.thread_time_ns()
        self.ns[stage] += now - self._last
        self._last = now


Pipeline = Callable[[Sequence[Sample], Laps], "Tensor"]
"""Samples → (N, 3, 224, 224) float32, normalised."""


def write_samples(folder: Path, count: int, quality: int, seed: int = 0) -> list[Sample]:
    """Write `count` JPEGs of 450×450 pixels, parts of photographs, each with a label file as 300W-LP has them."""
    from PIL import Image as pillow
    from skimage import data

    rng = np.random.default_rng(seed)
    sources = [pillow.open(Path(data.__file__).with_name(name)).convert("RGB") for name in _PICTURES]
    return [_write(folder / f"{i:05d}.jpg", sources[i % len(sources)], quality, rng) for i in range(count)]


def _write(path: Path, source: Any, quality: int, rng: np.random.Generator) -> Sample:
    side = int(rng.uniform(0.6, 0.95) * min(source.size))
    left, top = (int(rng.integers(0, length - side)) for length in source.size)
    part = source.resize((SIDE, SIDE), box=(left, top, left + side, top + side), resample=2)
    part.save(path, quality=quality)
    landmarks = rng.uniform(0, 1, (2, 68)) * rng.uniform(150, 190, (2, 1)) + rng.uniform(120, 150, (2, 1))
    angles = rng.uniform(-1, 1, 3)
    _write_mat(path.with_suffix(".mat"), landmarks, angles, rng)
    return _drawn(path, landmarks, angles, rng)


def _write_mat(path: Path, landmarks: npt.NDArray[Any], angles: npt.NDArray[Any], rng: np.random.Generator) -> None:
    from scipy.io import savemat

    sizes = {"Shape_Para": 199, "Exp_Para": 29, "Tex_Para": 199, "Illum_Para": 10, "Color_Para": 7}
    variables = {name: rng.normal(size=(size, 1)) for name, size in sizes.items()}
    pose = np.concatenate([angles, [200.0, 220.0, 0.0, 1e-3]]).astype(np.float32)[None]
    roi = np.array([[1, 1, SIDE, SIDE]], dtype=np.int16)
    savemat(path, {"pt2d": landmarks, "Pose_Para": pose, "roi": roi, **variables}, do_compression=True)


def _drawn(path: Path, landmarks: npt.NDArray[Any], angles: npt.NDArray[Any], rng: np.random.Generator) -> Sample:
    from training.data.crops import landmark_crop

    box = Box(*(float(v) for v in (*landmarks.min(axis=1), *landmarks.max(axis=1))))
    crop = tuple(int(v) for v in landmark_crop(box, float(rng.uniform(0.2, 0.4)), 0.6))
    width, height = crop[2] - crop[0], crop[3] - crop[1]
    area, aspect = width * height * rng.uniform(0.8, 1.0), np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    w, h = min(width, round(np.sqrt(area * aspect))), min(height, round(np.sqrt(area / aspect)))
    part = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1)), w, h
    rotation = euler_to_rotation(*np.degrees(angles)).astype(np.float64)
    return Sample(path, rotation, crop, part, bool(rng.random() < 0.5), bool(rng.random() < 0.05))  # type: ignore[arg-type]


def theirs(samples: Sequence[Sample], laps: Laps, *, read_labels: bool) -> Tensor:
    """6DRepNet's way; with `read_labels` as published, else labels and boxes are in memory, as they are with us."""
    import torch

    batch = []
    laps.start()
    for sample in samples:
        if read_labels:
            _read_labels(sample)
            laps("read labels")
        batch.append(_one_of_theirs(sample, laps))
    out = torch.stack(batch)
    laps("collate")
    return out


def _read_labels(sample: Sample) -> npt.NDArray[Any]:
    from scipy.io import loadmat

    mat = str(sample.path.with_suffix(".mat"))
    landmarks = loadmat(mat)["pt2d"]
    box = landmarks.min(axis=1), landmarks.max(axis=1)
    return np.concatenate([*box, loadmat(mat)["Pose_Para"][0, :3]])


def _one_of_theirs(sample: Sample, laps: Laps) -> Tensor:
    from PIL import Image as pillow
    from PIL import ImageFilter
    from torchvision.transforms import functional

    image = pillow.open(sample.path).convert("RGB")
    laps("decode")
    image = image.crop(sample.crop)
    if sample.flip:
        image = image.transpose(pillow.Transpose.FLIP_LEFT_RIGHT)
    if sample.blur:
        image = image.filter(ImageFilter.BLUR)
    laps("crop, mirror, blur")
    left, top, width, height = sample.part
    image = functional.resized_crop(image, top, left, height, width, [SIZE, SIZE])
    laps("resize")
    tensor = functional.normalize(functional.to_tensor(image), list(IMAGENET_MEAN), list(IMAGENET_STD))
    laps("normalise")
    return tensor


def ours(samples: Sequence[Sample], laps: Laps) -> Tensor:
    """The steps of training/data on the same rectangles with the same mirrors and blurs; floats once per batch."""
    from training.data.augment import Flip
    from training.data.augment_photometric import PillowBlur
    from training.data.decode import read_rgb
    from training.data.resample import extract

    flip, blur, rng = Flip(), PillowBlur(), np.random.default_rng(0)
    batch = []
    laps.start()
    for sample in samples:
        picture = read_rgb(sample.path)
        laps("decode")
        if sample.blur:
            picture, _ = blur(picture, sample.rotation, rng)
        laps("crop, mirror, blur")
        image = extract(picture, sample.rect, SIZE)
        laps("resize")
        if sample.flip:
            image, _ = flip(image, sample.rotation, rng)
        laps("crop, mirror, blur")
        batch.append(image)
    return _collated(batch, laps)


def ours_with(name: str, samples: Sequence[Sample], laps: Laps) -> Tensor:
    """Ours with a recipe of training/data/augmentation.py, everything random drawn anew."""
    from training.data.augmentation import AUGMENTATIONS, make_view
    from training.data.decode import read_rgb

    recipe, batch = AUGMENTATIONS[name], []
    laps.start()
    for i, sample in enumerate(samples):
        picture = read_rgb(sample.path)
        laps("decode")
        rng = np.random.default_rng([0, i])
        batch.append(make_view(picture, sample.rect, sample.rotation, SIZE, recipe, rng)[0])
        laps("crop, resize, augment")
    return _collated(batch, laps)


def _collated(images: Sequence[npt.NDArray[np.uint8]], laps: Laps) -> Tensor:
    import torch

    from training.inputs import normalize

    batch = torch.from_numpy(np.stack(images))
    laps("collate")
    out = normalize(batch, _memory(len(images)))
    laps("normalise")
    return out


@lru_cache(maxsize=2)
def _memory(pictures: int) -> Tensor:
    """Where a training loop would keep its batch: normalised on the device, used again and again."""
    import torch

    return torch.empty(pictures, SIZE, SIZE, 3)
