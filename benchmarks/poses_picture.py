"""The picture at the top of the README: ``python -m benchmarks.poses_picture ARTEFACT --out docs/poses.jpg``.

NASA's portrait of Eileen Collins (public domain) through detector, crop and network, and seven of the held-out heads
that come with the program, as an exported file reads them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.demo import photograph
from export.heads import HELD_OUT
from runtime.draw import annotate, draw_axes, side_by_side
from runtime.estimator import HeadPoseEstimator
from runtime.images import find_images, read_image, save_image
from runtime.preprocess import Box

_HEADS, _COLUMNS, _TILE = 7, 4, 224
Image = npt.NDArray[np.uint8]


def poses_picture(artifact: str | Path) -> Image:
    """RGB (H, W, 3) uint8: eight faces with the axes of their estimated poses.

    Raises HeadPoseError for an artefact that cannot be run.
    """
    estimator = HeadPoseEstimator(artifact, threads=1)
    photo = photograph()
    poses = estimator.predict(photo)
    panels = [(_around(poses[0].box, annotate(photo, poses)), "")]
    files = find_images(HELD_OUT)
    for file in [files[i] for i in np.linspace(0, len(files) - 1, _HEADS).round().astype(int)]:
        crop = read_image(file)
        (rotation,) = estimator.predict_crops([crop])
        panels.append((draw_axes(crop, rotation, size=0.4 * crop.shape[0]), ""))
    return side_by_side(panels, height=_TILE, columns=_COLUMNS, gap=6)


def _around(face: Box, image: Image) -> Image:
    """The square of a picture around a face, as large as fits up to three times the face."""
    x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    half = int(min(1.5 * face.width, x, y, image.shape[1] - x, image.shape[0] - y))
    left, top = int(x) - half, int(y) - half
    return np.ascontiguousarray(image[top : top + 2 * half, left : left + 2 * half])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("artifact", metavar="ARTEFACT", help="an exported file")
    parser.add_argument("--out", required=True, metavar="FILE", help="the picture")
    parser.add_argument("--overwrite", action="store_true", help="replace it")


def run(args: argparse.Namespace) -> int:
    """Draw; 0."""
    save_image(args.out, poses_picture(args.artifact), overwrite=args.overwrite)
    return 0


if __name__ == "__main__":
    from runtime.command_line import run_command

    raise SystemExit(run_command(sys.modules[__name__], "python -m benchmarks.poses_picture", "Draw.", sys.argv[1:]))
