"""Resizing in the executor against PyTorch and the sample grids that coremltools' reference publishes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mil_cases import Case, assert_case, pack_cases


def case(id, formula, build, *inputs):
    return Case(id, inputs, build, formula)


PHOTO = np.random.default_rng(3).normal(size=(1, 2, 5, 7)).astype(np.float32)
UNIT = np.float32([[[0, 1], [0, 1]]])  # a sample at x gives x


def interpolate(**options):
    return lambda x: F.interpolate(torch.from_numpy(x), **options).numpy()


def grid(mode, points):
    """The reference's table of sample points for two inputs."""
    return case(
        f"grid-{mode.lower()}-{len(points)}".replace("_", "-"),
        lambda x: np.float64([[points, points]]),
        lambda mb, x: mb.resize_bilinear(x=x, target_size_height=2, target_size_width=len(points), sampling_mode=mode),
        UNIT,
    )


THIRD = 1 / 3
CASES = [
    grid("STRICT_ALIGN_CORNERS", [0, 0.25, 0.5, 0.75, 1]),
    grid("ALIGN_CORNERS", [0, 0.2, 0.4, 0.6, 0.8, 1]),
    grid("DEFAULT", [0, 0.4, 0.8, 1, 1]),
    grid("DEFAULT", [0, THIRD, 2 * THIRD, 1, 1, 1]),
    grid("OFFSET_CORNERS", [0.1, 0.3, 0.5, 0.7, 0.9]),
    grid("UNALIGN_CORNERS", [0, 0.1, 0.5, 0.9, 1]),
    grid("UNALIGN_CORNERS", [0, 0, THIRD, 2 * THIRD, 1, 1]),
    grid("ALIGN_CORNERS", [0.5]),
    case(
        "upsample-bilinear-corners",
        interpolate(size=(10, 21), mode="bilinear", align_corners=True),
        lambda mb, x: mb.upsample_bilinear(x=x, scale_factor_height=2, scale_factor_width=3, align_corners=True),
        PHOTO,
    ),
    case(
        "upsample-bilinear-centres",
        interpolate(size=(7, 17), mode="bilinear", align_corners=False),
        lambda mb, x: mb.upsample_bilinear(x=x, scale_factor_height=1.5, scale_factor_width=2.5, align_corners=False),
        PHOTO,
    ),
    case(
        "upsample-nearest",
        interpolate(scale_factor=2, mode="nearest"),
        lambda mb, x: mb.upsample_nearest_neighbor(x=x, scale_factor_height=2, scale_factor_width=2),
        PHOTO,
    ),
    case(
        "resize-nearest",
        interpolate(size=(3, 16), mode="nearest-exact"),
        lambda mb, x: mb.resize_nearest_neighbor(x=x, target_size_height=3, target_size_width=16),
        PHOTO,
    ),
    case(
        "resize-linear",
        interpolate(size=(5, 9), mode="bilinear", align_corners=False),
        lambda mb, x: mb.resize(
            x=x,
            shape=[1, 0, 9],
            resized_dims=np.uint32(2),
            sampling_mode="UNALIGN_CORNERS",
            interpolation_mode="LINEAR",
        ),
        PHOTO,
    ),
    case(
        "resize-17-nearest",
        interpolate(size=(10, 14), mode="nearest"),
        lambda mb, x: mb.resize(x=x, shape=[10, 14], resized_dims=np.uint32(2), interpolation_mode="NEAREST_NEIGHBOR"),
        PHOTO,
    ),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    program, feeds = pack_cases(CASES, tmp_path_factory.mktemp("mil") / "resize.mlpackage", "iOS17")
    return program.run(feeds)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_resizing_equals_the_reference(case, results):
    assert_case(case, results)
