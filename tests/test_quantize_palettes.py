"""Palettes against the best there is, and compensation against least squares solved from the beginning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from export.quantize.compensate import input_moments, palettes_of, pointwise
from export.quantize.kmeans import palette
from export.quantize.palettes import group_size, nearest, palettized, plain_palette, row_tables
from training.models.reparam import reparameterize
from training.models.sixdrepnet import build_sixdrepnet


def best_error(values: np.ndarray, size: int) -> float:
    """Least sum of squares over all ways to cut sorted values into `size` runs, by dynamic programming."""
    ordered, count = np.sort(values), len(values)
    sums, squares = (np.concatenate([[0.0], np.cumsum(ordered**power)]) for power in (1, 2))
    length = np.arange(count + 1)[None] - np.arange(count + 1)[:, None]
    spread = squares[None] - squares[:, None] - (sums[None] - sums[:, None]) ** 2 / np.maximum(length, 1)
    costs = np.where(length > 0, spread, np.inf)  # of the run [row, column)
    best = np.where(np.arange(count + 1) == 0, 0.0, np.inf)
    for _ in range(size):
        best = (best[:, None] + costs).min(0)
    return float(best[-1])


def error(values: np.ndarray, table: np.ndarray) -> float:
    return float(((values[:, None] - table[None]) ** 2).min(1).sum())


COUNT = 500
DISTRIBUTIONS = {
    "normal": np.random.default_rng(0).normal(size=COUNT),
    "heavy tails": np.random.default_rng(1).standard_t(3, size=COUNT),
    "two heaps": np.concatenate([np.random.default_rng(2).normal(m, 0.1, COUNT // 2) for m in (-3, 5)]),
    "a ramp": np.linspace(-1, 2, COUNT),
    "one far away": np.append(np.random.default_rng(3).normal(size=COUNT), 1000.0),
}


@pytest.mark.parametrize("size", [2, 4, 16, 64])
@pytest.mark.parametrize("values", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_a_palette_is_near_the_best_one(values, size):
    table = palette(values, size)
    assert len(table) <= size
    assert np.all(np.diff(table) > 0)
    assert error(values, table) <= 1.15 * best_error(values, size) + 1e-9


@pytest.mark.parametrize("size", [4, 16])
def test_values_that_fit_are_kept_exactly(size):
    values = np.repeat([0.5, -2.0, 0.0, 7.25], 9)
    assert palette(values, size).tolist() == [-2.0, 0.0, 0.5, 7.25]


@pytest.mark.parametrize(
    ("channels", "largest", "expected"), [(64, 16, 16), (40, 16, 10), (80, 32, 20), (7, 16, 7), (13, 8, 1), (6, 1, 1)]
)
def test_group_sizes_divide_the_channels(channels, largest, expected):
    assert group_size(channels, largest) == expected


def test_nearest_takes_the_nearer_entry_of_each_rows_own_table():
    tables = torch.tensor([[0.0, 1.0, 3.0], [-5.0, 0.0, 10.0]], dtype=torch.double)
    values = torch.tensor([[0.4, 0.6, 1.9, 2.1, 9.0], [-9.0, -2.6, -2.4, 4.9, 5.1]], dtype=torch.double)
    assert nearest(tables, values).tolist() == [[0, 1, 1, 3, 3], [-5, -5, 0, 0, 10]]


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return reparameterize(build_sixdrepnet("repnext_m0")).eval()


def test_what_is_palettized(network):
    names = set(palettized(network))
    assert {name for name in names if "channel_mixer" not in name} == {"backbone.stem.stem.2"}
    assert len(names) == 1 + 2 * (14 + 3)  # the second of the stem; two 1×1 in each of 14 blocks and 3 downsamplings
    assert set(pointwise(network)) == names - {"backbone.stem.stem.2"}


def layer_of(inputs: int, outputs: int, seed: int = 0) -> nn.Conv2d:
    torch.manual_seed(seed)
    layer = nn.Conv2d(inputs, outputs, 1)
    return layer.requires_grad_(False)


def mixed(inputs: int, count: int, seed: int = 0) -> torch.Tensor:
    """Images (count, inputs, 4, 4) whose channels go together, and whose means are not zero."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(inputs, inputs, generator=generator) * torch.logspace(0, -1, inputs)
    return torch.einsum("oi,nihw->nohw", mixing, torch.randn(count, inputs, 4, 4, generator=generator)) + 0.5


def test_moments_are_those_of_numpy():
    layer, images = layer_of(5, 4), mixed(5, 6)
    moments = input_moments(nn.Sequential(layer), [images[:2], images[2:]])["0"]
    columns = np.concatenate([images.numpy().transpose(1, 0, 2, 3).reshape(5, -1), np.ones((1, 96))])
    np.testing.assert_allclose(moments.numpy(), columns @ columns.T / 96, rtol=1e-5, atol=1e-6)


def test_rounding_in_turn_is_least_squares_at_every_step():
    """After each column the rest is solved from the beginning, by lstsq on the damped data, and must be the same."""
    inputs, outputs, bits = 6, 4, 2
    layer, images = layer_of(inputs, outputs), mixed(inputs, 40)
    network = nn.Sequential(layer)
    moments = input_moments(network, [images])["0"]
    made = palettes_of(network, {"0": moments}, bits, 2)["0"]

    weight = layer.weight.double().flatten(1)
    tables = row_tables(weight, bits, 2).numpy()
    damping = 0.01 * moments.diagonal()[:inputs].mean().item()
    columns = images.double().transpose(0, 1).flatten(1).numpy()
    count = columns.shape[1]
    data = np.concatenate([columns, np.ones((1, count))])  # (I + 1, count), and rows that damp the weights alone
    data = np.concatenate([data, np.sqrt(damping * count) * np.eye(inputs + 1)[:, :inputs]], 1)
    truth = np.concatenate([weight.numpy(), layer.bias.double().numpy()[:, None]], 1)
    order = [*np.argsort(-moments.diagonal()[:inputs].numpy(), kind="stable"), inputs]
    current, left = truth.copy(), list(order)
    for j in order[:-1]:
        rows = np.abs(current[:, j, None] - tables).argmin(1)
        current[:, j] = tables[np.arange(outputs), rows]
        left.remove(j)
        done = [k for k in order if k not in left]
        wanted = truth @ data - current[:, done] @ data[done]
        current[:, left] = np.linalg.lstsq(data[left].T, wanted.T, rcond=None)[0].T
    np.testing.assert_allclose(made.weight[:, :, 0, 0], current[:, :inputs], atol=1e-6)
    np.testing.assert_allclose(made.bias, current[:, inputs], atol=1e-5)


@pytest.mark.parametrize("bits", [2, 3, 4, 6])
def test_compensation_leaves_less_error_than_the_nearest_values(bits):
    layer, images = layer_of(24, 32), mixed(24, 30)
    network = nn.Sequential(layer)
    moments = input_moments(network, [images])
    fresh = mixed(24, 30, seed=0)  # the same mixing, as faces are faces
    truth = layer(fresh)
    errors = {}
    for name, one in {
        "compensated": palettes_of(network, moments, bits, 8)["0"],
        "plain": plain_palette(layer, bits, 8),
    }.items():
        out = torch.nn.functional.conv2d(fresh, torch.from_numpy(one.weight), torch.from_numpy(one.bias))
        errors[name] = float((out - truth).square().mean())
        groups = one.weight.reshape(4, -1)
        assert all(len(np.unique(group)) <= 1 << bits for group in groups)
    assert errors["compensated"] < 0.6 * errors["plain"]


def test_weights_that_are_a_palette_already_stay():
    layer, images = layer_of(12, 8), mixed(12, 20)
    layer.weight.copy_(torch.tensor([-0.5, -0.25, 0.25, 1.0])[torch.randint(0, 4, layer.weight.shape)])
    network = nn.Sequential(layer)
    made = palettes_of(network, input_moments(network, [images]), 2, 8)["0"]
    assert np.array_equal(made.weight, layer.weight.numpy())
    np.testing.assert_allclose(made.bias, layer.bias.numpy(), atol=1e-6)


def test_a_dead_input_breaks_nothing():
    layer, images = layer_of(6, 4), mixed(6, 10)
    images[:, 3] = 0.0
    network = nn.Sequential(layer)
    made = palettes_of(network, input_moments(network, [images]), 3, 4)["0"]
    assert np.isfinite(made.weight).all()
    assert np.isfinite(made.bias).all()


def test_other_convolutions_get_the_nearest_values():
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 6, 3, bias=False).requires_grad_(False)
    made = palettes_of(nn.Sequential(conv), {}, 4, 3)["0"]
    assert made.bias is None
    assert made.weight.shape == (6, 8, 3, 3)
    assert made.group == 3
    tables = [palette(rows.numpy(), 16) for rows in conv.weight.double().split(3)]
    expected = np.concatenate(
        [t[np.abs(w.numpy()[..., None] - t).argmin(-1)] for t, w in zip(tables, conv.weight.double().split(3))]
    )
    np.testing.assert_allclose(made.weight, expected, atol=1e-7)
