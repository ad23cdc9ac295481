"""Normalisation of a batch against the formula in float64, picture by picture."""

import numpy as np
import pytest
import torch

from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD
from training.inputs import normalize


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 7, 5), (2, 32, 48)], ids=str)
def test_values_are_those_of_the_formula(shape):
    images = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = np.moveaxis((images / 255 - IMAGENET_MEAN) / IMAGENET_STD, -1, 1)
    out = normalize(torch.from_numpy(images))
    assert out.dtype == torch.float32
    assert out.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(out.numpy(), expected, atol=2e-6)


def test_the_bytes_stay_and_may_lie_anyhow():
    images = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (2, 6, 8, 3), dtype=np.uint8))
    before = images.clone()
    turned = images.transpose(1, 2)
    assert torch.equal(normalize(turned), normalize(turned.contiguous()))
    assert torch.equal(images, before)


def test_memory_can_be_used_again():
    images = torch.from_numpy(np.random.default_rng(2).integers(0, 256, (2, 6, 8, 3), dtype=np.uint8))
    memory = torch.full((2, 6, 8, 3), 7.0)
    out = normalize(images, memory)
    assert out.data_ptr() == memory.data_ptr()
    assert torch.equal(out, normalize(images))
