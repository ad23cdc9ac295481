"""The untouched quarter within the 3×3 branch: the same bits, one branch fewer, the network given untouched."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from export.branches import MergedBranches, merge_quarter
from export.depthwise import RowBands
from export.rewrites import rewritten
from training.models.default import seed_weights
from training.models.reparam import reparameterize
from training.models.repnext_layers import ChunkConv
from training.models.sixdrepnet import build_sixdrepnet


def mixer(dim: int) -> ChunkConv:
    torch.manual_seed(dim)
    return ChunkConv(dim, deploy=True).eval()


@torch.no_grad()
@pytest.mark.parametrize(("dim", "size"), [(16, (9, 8)), (64, (1, 1)), (32, (2, 14))], ids=["plain", "a pixel", "flat"])
def test_the_untouched_quarter_keeps_its_bits_and_the_rest_its_values(dim, size):
    plain = mixer(dim)
    x = torch.randn(2, dim, *size, generator=torch.Generator().manual_seed(3)) * 100
    merged, wanted = MergedBranches(plain, 3)(x), plain(x)
    assert torch.equal(merged[:, : dim // 4], x[:, : dim // 4])
    torch.testing.assert_close(merged, wanted, rtol=1e-6, atol=1e-5)


@torch.no_grad()
def test_a_border_and_a_channel_order_that_were_wrong_would_be_seen():
    plain = mixer(16)
    x = torch.zeros(1, 16, 3, 3)
    x[0, 4:8, 0, 0] = torch.tensor([1.0, 2.0, 3.0, 4.0])  # the 3×3 branch at a corner
    assert torch.equal(MergedBranches(plain, 3)(x), plain(x))
    assert not torch.equal(MergedBranches(plain, 3)(x.flip(1)), plain(x))


def test_a_network_with_the_quarter_merged():
    network = reparameterize(seed_weights(build_sixdrepnet("repnext_m0")))
    names = [name for name, _ in network.named_modules()]
    merged = merge_quarter(network)
    assert [name for name, _ in network.named_modules()] == names
    blocks = sum(isinstance(m, ChunkConv) for m in network.modules())
    assert blocks == sum(isinstance(m, MergedBranches) for m in merged.modules()) == 14
    assert not any(isinstance(m, ChunkConv) for m in merged.modules())
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(merged(image), network(image), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("target", "options", "merged", "cut"),
    [
        ("onnx", {}, True, False),
        ("tflite", {}, True, True),
        ("coreml", {}, False, False),
        ("onnx", {"quarter": False}, False, False),
        ("tflite", {"quarter": False}, False, True),
        ("tflite", {"bands": False}, True, False),
    ],
    ids=["onnx", "tflite", "coreml", "onnx in few bits", "tflite in few bits", "tflite without bands"],
)
def test_what_a_converter_gets(target, options, merged, cut):
    kinds = {type(m) for m in rewritten(nn.Sequential(mixer(16)), target, **options).modules()}
    assert (MergedBranches in kinds, RowBands in kinds) == (merged, cut)
