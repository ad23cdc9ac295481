"""Convolutions, pooling and products of the executor against loops in NumPy and PyTorch's other code paths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mil_cases import Case, assert_case, pack_cases

RNG = np.random.default_rng(7)


def draw(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def conv_by_loops(x, w, bias, strides, pads, dilations, groups):
    """Definition of a grouped, dilated convolution of any rank; pads are (before, after) for each spatial axis."""
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *pads])
    reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
    size = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], reach, strides)]
    out = np.zeros((len(x), len(w), *size))
    share_in, share_out = w.shape[1], len(w) // groups
    for position in itertools.product(*map(range, size)):
        window = tuple(slice(p * s, p * s + r, d) for p, s, r, d in zip(position, strides, reach, dilations))
        for o in range(len(w)):
            g = o // share_out
            patch = x[(slice(None), slice(g * share_in, (g + 1) * share_in), *window)]
            out[(slice(None), o, *position)] = (patch * w[o]).reshape(len(x), -1).sum(1)
    return out if bias is None else out + bias.reshape(-1, *[1] * len(size))


def conv(id, x, w, pads, *, bias=True, groups=1, strides=None, dilations=None, pad_type="custom"):
    rank = x.ndim - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    b = draw(len(w)) if bias else None

    def build(mb, v):
        options = {"pad": [side for pair in pads for side in pair]} if pad_type == "custom" else {}
        if bias:
            options["bias"] = b
        return mb.conv(x=v, weight=w, strides=strides, dilations=dilations, groups=groups, pad_type=pad_type, **options)

    return Case(id, (x,), build, lambda a: conv_by_loops(a, w, b, strides, pads, dilations, groups), 1e-5)


IMAGE = draw(2, 4, 5, 6)
CONVS = [
    conv("pointwise", IMAGE, draw(6, 4, 1, 1), [(0, 0), (0, 0)], pad_type="valid"),
    conv("depthwise-7x7", IMAGE, draw(4, 1, 7, 7), [(3, 3), (3, 3)], groups=4),
    conv("depthwise-1x11", IMAGE, draw(4, 1, 1, 11), [(0, 0), (5, 5)], groups=4),
    conv("multiplier", IMAGE, draw(8, 1, 3, 3), [(1, 1), (1, 1)], groups=4, bias=False),
    conv("grouped", IMAGE, draw(6, 2, 3, 3), [(1, 1), (1, 1)], groups=2, strides=[2, 2]),
    conv("uneven-pads", IMAGE, draw(3, 4, 3, 3), [(0, 2), (1, 0)], strides=[2, 1]),
    conv("dilated", IMAGE, draw(3, 4, 3, 2), [(2, 2), (1, 1)], dilations=[2, 3]),
    # 5 and 6 pixels by 4 with stride 2: three outputs need 3 and 2 more pixels
    conv("same-even", IMAGE, draw(3, 4, 4, 4), [(1, 2), (1, 1)], strides=[2, 2], pad_type="same"),
    conv("same-lower", IMAGE, draw(3, 4, 4, 4), [(2, 1), (1, 1)], strides=[2, 2], pad_type="same_lower"),
    conv("same-dilated", IMAGE, draw(3, 4, 2, 3), [(1, 2), (1, 1)], dilations=[3, 1], pad_type="same"),
    conv("rank-1", draw(1, 4, 9), draw(4, 2, 3), [(2, 1)], groups=2, strides=[2]),
    conv("rank-3", draw(1, 2, 4, 3, 5), draw(3, 2, 2, 1, 3), [(0, 1), (0, 0), (1, 1)]),
]


def transposed(id, w, expected, **options):
    return Case(
        f"transpose-{id}",
        (IMAGE,),
        lambda mb, v: mb.conv_transpose(x=v, weight=w, **options),
        lambda x: expected(torch.from_numpy(x), torch.from_numpy(w)).numpy(),
        1e-5,
    )


UP, UP_GROUPED, BIAS = draw(4, 3, 3, 3), draw(4, 2, 4, 4), draw(3)
TRANSPOSED = [
    transposed(
        "custom",
        UP,
        lambda x, w: F.conv_transpose2d(x, w, torch.from_numpy(BIAS), stride=2, padding=1),
        bias=BIAS,
        strides=[2, 2],
        pad_type="custom",
        pad=[1, 1, 1, 1],
    ),
    transposed(
        "grouped",
        UP_GROUPED,
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1, groups=2),
        strides=[2, 2],
        pad_type="same",
        groups=2,
    ),
    transposed(
        "output-shape",  # what coremltools makes of torch's output_padding
        UP,
        lambda x, w: F.conv_transpose2d(x, w, torch.from_numpy(BIAS), stride=2, padding=1, output_padding=1),
        bias=BIAS,
        strides=[2, 2],
        pad_type="custom",
        pad=[1, 1, 1, 1],
        output_shape=[2, 3, 10, 12],
    ),
]


def pool_by_loops(x, kernel, strides, pads, reduce, fill):
    """Windows of the padded input, one at a time; reduce gets (N, C, window) and the share that is not padding."""
    inside = np.pad(np.ones(x.shape[2:], bool), pads)
    padded = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *pads], constant_values=fill)
    size = [(n - k) // s + 1 for n, k, s in zip(padded.shape[2:], kernel, strides)]
    out = np.zeros((*x.shape[:2], *size))
    for position in itertools.product(*map(range, size)):
        window = tuple(slice(p * s, p * s + k) for p, s, k in zip(position, strides, kernel))
        patch = padded[(slice(None), slice(None), *window)].reshape(*x.shape[:2], -1)
        out[(slice(None), slice(None), *position)] = reduce(patch, inside[window].sum())
    return out


def pool(id, op, reduce, pads, *, x=IMAGE, kernel=(3, 2), strides=(2, 2), pad_type="custom", fill=0.0, **options):
    def build(mb, v):
        pad = {"pad": [side for pair in pads for side in pair]} if pad_type == "custom" else {}
        sizes = {"kernel_sizes": list(kernel), "strides": list(strides)}
        return getattr(mb, op)(x=v, pad_type=pad_type, **sizes, **pad, **options)

    return Case(id, (x,), build, lambda a: pool_by_loops(a, kernel, strides, pads, reduce, fill))


def mean_of_all(window, inside):
    return window.mean(-1)


def mean_inside(window, inside):
    return window.sum(-1) / inside


def largest(window, inside):
    return window.max(-1)


def torch_pool(id, op, function, x=IMAGE, **options):
    return Case(
        id,
        (x,),
        lambda mb, v: getattr(mb, op)(x=v, kernel_sizes=[2, 3], strides=[2, 2], ceil_mode=True, **options),
        lambda a: function(torch.from_numpy(a)).numpy(),
    )


PADDED = {"pad_type": "custom", "pad": [1, 1, 1, 1]}
POOLS = [
    pool("avg-valid", "avg_pool", mean_of_all, [(0, 0), (0, 0)], pad_type="valid"),
    pool("avg-padded", "avg_pool", mean_of_all, [(1, 0), (0, 1)]),
    pool("avg-exclude", "avg_pool", mean_inside, [(1, 1), (1, 1)], exclude_padding_from_average=True),
    pool("avg-same", "avg_pool", mean_inside, [(1, 1), (0, 0)], pad_type="same", exclude_padding_from_average=True),
    pool("max-valid", "max_pool", largest, [(0, 0), (0, 0)], pad_type="valid", fill=-np.inf),
    pool("max-padded", "max_pool", largest, [(1, 1), (0, 1)], x=-np.abs(IMAGE), fill=-np.inf),
    pool("max-same-lower", "max_pool", largest, [(1, 1), (0, 0)], pad_type="same_lower", fill=-np.inf),
    pool("max-rank-1", "max_pool", largest, [(1, 1)], x=draw(1, 2, 7), kernel=(3,), strides=(2,), fill=-np.inf),
    pool("l2", "l2_pool", lambda w, inside: np.sqrt((w * w).sum(-1)), [(1, 0), (0, 1)]),
    torch_pool("avg-ceil", "avg_pool", lambda x: F.avg_pool2d(x, (2, 3), 2, ceil_mode=True), pad_type="valid"),
    torch_pool("avg-ceil-padded", "avg_pool", lambda x: F.avg_pool2d(x, (2, 3), 2, 1, ceil_mode=True), **PADDED),
    torch_pool(
        "avg-ceil-exclude",
        "avg_pool",
        lambda x: F.avg_pool2d(x, (2, 3), 2, 1, ceil_mode=True, count_include_pad=False),
        exclude_padding_from_average=True,
        **PADDED,
    ),
    torch_pool("max-ceil-padded", "max_pool", lambda x: F.max_pool2d(x, (2, 3), 2, 1, ceil_mode=True), **PADDED),
]

LEFT, RIGHT, ROWS = draw(2, 1, 4, 3), draw(5, 6, 3), draw(7, 3)
QUERY, KEY, VALUE = draw(1, 2, 4, 8), draw(1, 2, 6, 8), draw(1, 2, 6, 3)


def attention(q, k, v):
    scores = q.astype(np.float64) @ np.swapaxes(k, -1, -2) / np.sqrt(8)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


PRODUCTS = [
    Case(
        "linear",
        (ROWS,),
        lambda mb, x: mb.linear(x=x, weight=RIGHT[0], bias=RIGHT[1, :, 0]),
        lambda x: x.astype(np.float64) @ RIGHT[0].T + RIGHT[1, :, 0],
        1e-5,
    ),
    Case(
        "matmul-broadcast",
        (LEFT, RIGHT),
        lambda mb, x, y: mb.matmul(x=x, y=y, transpose_y=True),
        lambda x, y: x.astype(np.float64) @ np.swapaxes(y, -1, -2),
        1e-5,
    ),
    Case(
        "matmul-transposed-x",
        (RIGHT, RIGHT),
        lambda mb, x, y: mb.matmul(x=x, y=y, transpose_x=True),
        lambda x, y: np.swapaxes(x, -1, -2).astype(np.float64) @ y,
        1e-5,
    ),
    Case(
        "einsum",
        (draw(2, 3, 4, 5), draw(2, 5, 4, 6)),
        lambda mb, x, y: mb.einsum(values=(x, y), equation="nchw,nwhu->nchu"),
        lambda x, y: np.stack([np.swapaxes(np.swapaxes(a, 0, 1) @ np.swapaxes(b, 0, 1), 0, 1) for a, b in zip(x, y)]),
        1e-5,
    ),
]
ATTENTION = Case(
    "attention",
    (QUERY, KEY, VALUE),
    lambda mb, q, k, v: mb.scaled_dot_product_attention(query=q, key=k, value=v),
    attention,
    1e-5,
)
CASES = [*CONVS, *TRANSPOSED, *POOLS, *PRODUCTS, ATTENTION]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    program, feeds = pack_cases(CASES, tmp_path_factory.mktemp("mil") / "conv.mlpackage", "iOS18")
    return program.run(feeds)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_operator_equals_its_definition(case, results):
    assert_case(case, results)
