"""Labelled faces in memory whose pictures tell their number, and sessions whose errors are known beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from fake_session import fake_info

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from runtime.sessions import check_images

_LEVELS = 16  # shades per channel, 12 apart: no resampling turns one into the next
_STEP, _FIRST = 12, 40


class NumberedHeads:
    """N faces of known poses; picture i is of one colour, which is i written in base 16. Fulfils `PoseSource`."""

    def __init__(self, count=12, *, groups=None, broken=(), angles=None, size=48, name="numbered heads"):
        self.name, self.terms, self.size, self.broken = name, "none", size, set(broken)
        self.keys = [f"head/{i:03d}" for i in range(count)]
        self.groups = list(groups) if groups is not None else self.keys
        turn = np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
        given = np.column_stack([20 * np.cos(5 * turn), 80 * turn, 30 * turn**2]) if angles is None else angles
        self.true_deg = np.asarray(given, dtype=np.float64).reshape(count, 3)
        self.rotations = euler_to_rotation(*self.true_deg.T)
        side = np.linspace(16, 40, count)[:, None]
        middle = 1.5 * size  # far from the picture's edge: no crop of any framing leaves it
        self.boxes = np.hstack([middle - side / 2, middle - side / 2, middle + side / 2, middle + side / 2])

    def __len__(self):
        return len(self.keys)

    def picture(self, index):
        if index in self.broken:
            raise HeadPoseError(f"{self.keys[index]}.jpg is damaged: get the file again")
        color = [_FIRST + _STEP * (index // _LEVELS**place % _LEVELS) for place in range(3)]
        return np.full((3 * self.size, 3 * self.size, 3), color, dtype=np.uint8)


def numbers_of(images):
    """(N, S, S, 3) → the number that each picture's middle tells."""
    middle = images[:, images.shape[1] // 2, images.shape[2] // 2].astype(int)
    digits = (middle - _FIRST + _STEP // 2) // _STEP
    return digits @ _LEVELS ** np.arange(3)


class KnowingSession:
    """Answers with the label turned by `error_deg` (a number or one per face) about the image's z axis."""

    def __init__(self, source, error_deg=0.0, *, trained=True, size=32, training_data="none", answers=None):
        facts = replace(fake_info(trained=trained, size=size).checkpoint, training_data=training_data)
        self.info = replace(fake_info(trained=trained, size=size), checkpoint=facts)
        turns = euler_to_rotation(0, 0, np.broadcast_to(error_deg, len(source)))
        self.answers = (turns @ source.rotations).astype(np.float32) if answers is None else answers
        self.batches = []

    def run(self, images):
        check_images(images, self.info.input_size)
        self.batches.append(len(images))
        return self.answers[numbers_of(images)]
