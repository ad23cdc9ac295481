"""Operators of the executor that lay values out anew or pick some of them, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from mil_cases import Case, assert_case, pack_cases

X = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
DEEP = np.arange(1 * 8 * 2 * 3, dtype=np.float32).reshape(1, 8, 2, 3)
ROW = np.float32([[3, 1, 2, 5, 4]])


def case(id, formula, build, *inputs):
    return Case(id, inputs or (X,), build, formula)


JOINS = [
    case(
        "concat", lambda x: np.concatenate([x, -x], 1), lambda mb, x: mb.concat(values=[x, mb.mul(x=x, y=-1.0)], axis=1)
    ),
    case(
        "concat-interleave",
        lambda x: np.stack([x, -x], 2).reshape(2, 6, 4, 5),
        lambda mb, x: mb.concat(values=[x, mb.mul(x=x, y=-1.0)], axis=1, interleave=True),
    ),
    case(
        "concat-constant",
        lambda x: np.concatenate([np.ones((2, 1, 4, 5)), x], 1),
        lambda mb, x: mb.concat(values=[np.ones((2, 1, 4, 5), np.float32), x], axis=-3),
    ),
    case("split", lambda x: tuple(np.split(x, 2, 2)), lambda mb, x: mb.split(x=x, num_splits=2, axis=-2)),
    case(
        "split-sizes",
        lambda x: tuple(np.split(x, [1, 3], 3)),
        lambda mb, x: mb.split(x=x, split_sizes=[1, 2, 2], axis=3),
    ),
    case("stack", lambda x: np.stack([x, x + 1], -1), lambda mb, x: mb.stack(values=[x, mb.add(x=x, y=1.0)], axis=-1)),
]
RESHAPES = [
    case("reshape", lambda x: x.reshape(2, 60), lambda mb, x: mb.reshape(x=x, shape=[2, -1])),
    # the reference's own example of the iOS17 rule: zeros count from the right
    case(
        "reshape-zeros",
        lambda x: x.reshape(1, 1, 2, 50),
        lambda mb, x: mb.reshape(x=x, shape=[1, 0, -1, 0]),
        np.arange(100, dtype=np.float32).reshape(2, 50),
    ),
    case(
        "reshape-computed",  # the shape itself comes out of the program
        lambda x: x.reshape(2, -1),
        lambda mb, x: mb.reshape(
            x=x, shape=mb.concat(values=[mb.slice_by_size(x=mb.shape(x=x), begin=[0], size=[1]), [-1]], axis=0)
        ),
    ),
    case(
        "reshape-like",
        lambda x, r: x.reshape(5, 4, 6),
        lambda mb, x, r: mb.reshape_like(x=x, ref_tensors=(r, r), begins=(0, 1), ends=(1, 0), end_masks=(False, True)),
        X,
        np.zeros((5, 4, 6), np.float32),
    ),
    case("transpose", lambda x: x.transpose(0, 3, 1, 2), lambda mb, x: mb.transpose(x=x, perm=[0, -1, 1, 2])),
    case("expand-dims", lambda x: x[:, None, ..., None], lambda mb, x: mb.expand_dims(x=x, axes=[-1, 1]), ROW),
    case("squeeze", lambda x: x[0], lambda mb, x: mb.squeeze(x=x, axes=[0]), ROW[None]),
    case("squeeze-all", lambda x: x.squeeze(), lambda mb, x: mb.squeeze(x=x), ROW[None]),
    case("flatten", lambda x: x.reshape(6, 20), lambda mb, x: mb.flatten2d(x=x, axis=2)),
    case("tile", lambda x: np.tile(x, (1, 2, 1, 3)), lambda mb, x: mb.tile(x=x, reps=[1, 2, 1, 3])),
    case("reverse", lambda x: x[:, ::-1, :, ::-1], lambda mb, x: mb.reverse(x=x, axes=[1, -1])),
    case(
        "pixel-shuffle",
        lambda x: np.einsum("ncabhw->nchawb", x.reshape(1, 2, 2, 2, 2, 3)).reshape(1, 2, 4, 6),
        lambda mb, x: mb.pixel_shuffle(x=x, upscale_factor=2),
        DEEP,
    ),
    case(
        "pixel-unshuffle",
        lambda x: np.einsum("nchawb->ncabhw", x.reshape(1, 8, 1, 2, 3, 2)).reshape(1, 32, 1, 3),
        lambda mb, x: mb.pixel_unshuffle(x=x, downscale_factor=np.uint32(2)),
        np.concatenate([DEEP, -DEEP], 3),
    ),
    case(
        "depth-to-space",
        lambda x: np.einsum("nabchw->nchawb", x.reshape(1, 2, 2, 2, 2, 3)).reshape(1, 2, 4, 6),
        lambda mb, x: mb.depth_to_space(x=x, block_size=2),
        DEEP,
    ),
    case(
        "space-to-depth",
        lambda x: x,
        lambda mb, x: mb.space_to_depth(x=mb.depth_to_space(x=x, block_size=2), block_size=2),
        DEEP,
    ),
    case(
        "sliding-windows",
        lambda x: np.stack([x[:, :, 0:3], x[:, :, 1:4]], 2),
        lambda mb, x: mb.sliding_windows(x=x, axis=2, size=3),
    ),
]
UPDATE = -np.arange(60, dtype=np.float32).reshape(2, 3, 2, 5)
PICKS = [
    case(
        "slice-by-index",
        lambda x: x[1:, :, ::2, 1:-1],
        lambda mb, x: mb.slice_by_index(
            x=x,
            begin=[1, 9, 0, 1],
            end=[0, 3, 9, -1],
            stride=[1, 1, 2, 1],
            begin_mask=[False, True, False, False],
            end_mask=[True, False, False, False],
        ),
    ),
    case(
        "slice-backwards",
        lambda x: x[:, 2:0:-1, :, ::-2],
        lambda mb, x: mb.slice_by_index(
            x=x,
            begin=[0, 2, 0, 0],
            end=[2, 0, 4, 0],
            stride=[1, -1, 1, -2],
            begin_mask=[False, False, False, True],
            end_mask=[False, False, False, True],
        ),
    ),
    case(
        "slice-squeeze",
        lambda x: x[-1, :, 2],
        lambda mb, x: mb.slice_by_index(
            x=x,
            begin=[-1, 0, 2, 0],
            end=[0, 3, 3, 5],
            squeeze_mask=[True, False, True, False],
        ),
    ),
    case(
        "slice-by-size",
        lambda x: x[:, 1:3, 2:, 3:4],
        lambda mb, x: mb.slice_by_size(x=x, begin=[0, 1, 2, -2], size=[2, 2, -1, 1]),
    ),
    case(
        "slice-update",
        lambda x: np.stack([x[:, :, 0], UPDATE[:, :, 0], x[:, :, 2], UPDATE[:, :, 1]], 2),
        lambda mb, x: mb.slice_update(x=x, update=UPDATE, begin=[0, 0, 1, 0], end=[2, 3, 4, 5], stride=[1, 1, 2, 1]),
    ),
    case(
        "gather",
        lambda x, i: np.take(x, i, axis=2),
        lambda mb, x, i: mb.gather(x=x, indices=i, axis=-2),
        X,
        np.int32([[3, 0], [1, 1]]),
    ),
    case(
        "gather-batched",
        lambda x, i: np.stack([np.take(a, j, axis=1) for a, j in zip(x, i)]),
        lambda mb, x, i: mb.gather(x=x, indices=i, axis=2, batch_dims=1),
        X,
        np.int32([[3, 0], [1, 1]]),
    ),
    case(
        "gather-along-axis",
        lambda x, i: np.take_along_axis(x, i, 3),
        lambda mb, x, i: mb.gather_along_axis(x=x, indices=i, axis=3),
        X,
        np.argsort(np.sin(X), 3).astype(np.int32),
    ),
    case(
        "gather-nd",
        lambda x, i: x[i[:, 0], i[:, 1]],
        lambda mb, x, i: mb.gather_nd(x=x, indices=i),
        X,
        np.int32([[1, 2], [0, 0], [1, 0]]),
    ),
    case("topk", lambda x: (np.float32([[5, 4]]), np.int32([[3, 4]])), lambda mb, x: mb.topk(x=x, k=2, axis=1), ROW),
    case("argsort", lambda x: np.int32([[1, 2, 0, 4, 3]]), lambda mb, x: mb.argsort(x=x, axis=1, ascending=True), ROW),
    case(
        "non-zero",
        lambda x: np.int32([[0, 0], [0, 3]]),
        lambda mb, x: mb.non_zero(x=mb.relu(x=mb.sub(x=x, y=2.5))),
        np.float32([[3, 1, 2, 5, 0]]),
    ),
    case("band-part", lambda x: np.triu(np.tril(x, 1), -2), lambda mb, x: mb.band_part(x=x, lower=2, upper=1)),
]
MADE = [
    case(
        "pad-constant",
        lambda x: np.pad(x, ((0, 0), (0, 0), (1, 0), (0, 2)), constant_values=7.0),
        lambda mb, x: mb.pad(x=x, pad=[1, 0, 0, 2], mode="constant", constant_val=7.0),
    ),
    case(
        "pad-reflect",
        lambda x: np.pad(x, ((0, 0), (0, 0), (3, 2), (1, 4)), mode="reflect"),
        lambda mb, x: mb.pad(x=x, pad=[3, 2, 1, 4], mode="reflect"),
    ),
    case(
        "pad-replicate",
        lambda x: np.pad(x, ((0, 0), (0, 0), (0, 2), (3, 0)), mode="edge"),
        lambda mb, x: mb.pad(x=x, pad=[0, 2, 3, 0], mode="replicate"),
    ),
    case("cumsum", lambda x: np.cumsum(x, 1), lambda mb, x: mb.cumsum(x=x, axis=1)),
    case(
        "cumsum-exclusive-reverse",
        lambda x: np.float32([[12, 11, 9, 4, 0]]),
        lambda mb, x: mb.cumsum(x=x, axis=1, exclusive=True, reverse=True),
        ROW,
    ),
    case(
        "shape",
        lambda x: np.int32([2, 3, 4, 5]),
        lambda mb, x: mb.add(x=mb.shape(x=x), y=mb.cast(x=mb.mul(x=mb.reduce_max(x=x), y=0.0), dtype="int32")),
    ),
    case("fill-like", lambda x: np.full((2, 3, 4, 5), 1.5), lambda mb, x: mb.fill_like(ref_tensor=x, value=1.5)),
    case(
        "fill",
        lambda x: np.full((2, 1), 2.5),
        lambda mb, x: mb.fill(shape=mb.cast(x=x, dtype="int32"), value=2.5),
        np.float32([2, 1]),
    ),
    case(
        "one-hot",
        lambda i: np.eye(4)[i] * 2 - 1,
        lambda mb, i: mb.one_hot(indices=i, one_hot_vector_size=4, axis=-1, on_value=1.0, off_value=-1.0),
        np.int32([[2, 0], [3, 1]]),
    ),
    case(
        "range",
        lambda e: np.arange(1, 10, 3),
        lambda mb, e: mb.range_1d(start=1, end=mb.squeeze(x=e, axes=[0]), step=3),
        np.int32([10]),
    ),
]
CASES = [*JOINS, *RESHAPES, *PICKS, *MADE]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    program, feeds = pack_cases(CASES, tmp_path_factory.mktemp("mil") / "shape.mlpackage", "iOS18")
    return program.run(feeds)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_operator_equals_numpy(case, results):
    assert_case(case, results)
