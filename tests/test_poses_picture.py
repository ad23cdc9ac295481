"""The picture at the top of the README: eight faces, each with its axes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import poses_picture
from runtime.images import read_image


def test_every_face_has_its_axes(exported_m0, tmp_path):
    pytest.importorskip("skimage")
    file = tmp_path / "poses.png"
    words = [str(exported_m0 / "sixdrepnet_repnext_m0_fp32.tflite"), "--out", str(file)]
    from runtime.command_line import run_command

    assert run_command(poses_picture, "x", "x", words) == 0
    picture = read_image(file).astype(int)
    red, green = ((picture[..., c] > 240) & (np.delete(picture, c, axis=-1).max(-1) < 30) for c in (0, 1))
    height, width = picture.shape[0] // 2, picture.shape[1] // 4
    for row in range(2):
        for column in range(4):
            tile = np.s_[row * height : (row + 1) * height, column * width : (column + 1) * width]
            assert red[tile].sum() > 20, (row, column)
            assert green[tile].sum() > 20, (row, column)
