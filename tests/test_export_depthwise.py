"""Wide depthwise convolutions cut into bands: the same numbers, no kernel of more than 25 taps."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from export.depthwise import XNNPACK_MAX_TAPS, RowBands, cut_wide_depthwise


def _depthwise(height: int, width: int, padding: tuple[int, int], **options: object) -> nn.Conv2d:
    torch.manual_seed(height * 100 + width)
    return nn.Conv2d(6, 6, (height, width), padding=padding, groups=6, **options).double()  # type: ignore[arg-type]


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize(
    ("kernel", "padding", "size"),
    [
        ((7, 7), (3, 3), (9, 8)),
        ((7, 7), (3, 3), (1, 1)),
        ((6, 9), (2, 4), (3, 5)),
        ((9, 5), (4, 1), (7, 7)),
        ((2, 25), (1, 12), (3, 5)),
    ],
    ids=["7x7", "7x7 on one pixel", "6x9", "9x5 narrow padding", "2x25"],
)
def test_bands_equal_the_convolution_borders_included(kernel, padding, size, bias) -> None:
    conv = _depthwise(*kernel, padding, bias=bias)
    x = torch.rand(2, 6, *size, dtype=torch.float64)
    cut = cut_wide_depthwise(nn.Sequential(conv))
    assert isinstance(cut[0], RowBands)
    torch.testing.assert_close(cut(x), conv(x), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "conv",
    [
        _depthwise(5, 5, (2, 2)),
        _depthwise(1, 11, (0, 5)),
        _depthwise(7, 7, (3, 3), stride=2),
        _depthwise(7, 7, (6, 6), dilation=2),
        _depthwise(7, 7, (3, 3), padding_mode="reflect"),
        nn.Conv2d(6, 6, 7, padding=3),
    ],
    ids=["25 taps", "1x11", "strided", "dilated", "reflected borders", "dense"],
)
def test_others_are_left_alone(conv: nn.Conv2d) -> None:
    assert isinstance(cut_wide_depthwise(nn.Sequential(conv))[0], nn.Conv2d)


def test_the_model_given_is_untouched_and_all_of_m0_is_cut() -> None:
    from training.models.sixdrepnet import build_sixdrepnet

    network = build_sixdrepnet("repnext_m0", deploy=True).eval()
    names = [name for name, _ in network.named_modules()]
    cut = cut_wide_depthwise(network)
    assert [name for name, _ in network.named_modules()] == names
    wide = [
        m
        for m in cut.modules()
        if isinstance(m, nn.Conv2d) and m.groups > 1 and m.kernel_size[0] * m.kernel_size[1] > XNNPACK_MAX_TAPS
    ]
    assert len(wide) == 3  # the strided ones of the three downsamplings
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(cut.forward_sixd(x), network.forward_sixd(x), atol=1e-5, rtol=1e-5)
