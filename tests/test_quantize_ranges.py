"""Ranges of activations: against NumPy's own answers, and against a search that tries everything."""

from __future__ import annotations

import numpy as np
import pytest

from export.quantize.ranges import BINS, METHODS, Histogram, measure, ranges
from export.quantize.settings import Quantization
from runtime.errors import HeadPoseError
from runtime.sessions.steps import Step


def histogram(*parts: np.ndarray) -> Histogram:
    found = Histogram()
    for part in parts:
        found.add(part)
    return found


def gelu_like(seed: int = 0, count: int = 40_000) -> np.ndarray:
    """A long tail on one side, as behind a GELU, with a few values far out."""
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.normal(size=count), -0.17)
    values[:4] = 30.0
    return values.astype(np.float32)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([[1.0, 2.0], [-3.0]], id="grows to the negative side"),
        pytest.param([[0.0, 0.0], [5.0]], id="zeros first"),
        pytest.param([[0.1], [0.9], [7.0], [100.0]], id="doubles several times"),
        pytest.param([[-2.0, -1.0]], id="all negative"),
    ],
)
def test_a_histogram_counts_every_value_once(parts):
    parts = [np.array(part, dtype=np.float32) for part in parts]
    found, values = histogram(*parts), np.concatenate(parts)
    assert found.low == values.min()
    assert found.high == values.max()
    # those seen while all was zero have no bin
    assert found.counts.sum() == sum(
        len(p) for i, p in enumerate(parts) if np.abs(np.concatenate(parts[: i + 1])).max()
    )


def test_widening_keeps_values_where_they_are():
    """Values in two lots, the second far larger, are counted as if they had come together."""
    first, second = gelu_like(1), gelu_like(2) * 40
    apart = histogram(first, second)
    cumulated = np.cumsum(apart.counts)
    edges = apart.centres + apart.reach / BINS
    both = np.sort(np.concatenate([first, second]))
    true = np.searchsorted(both, edges, side="right")
    slack = np.searchsorted(both, edges + 2 * apart.reach / BINS) - np.searchsorted(
        both, edges - 2 * apart.reach / BINS
    )
    assert (np.abs(cumulated - true) <= slack + 1).all()  # not further than the neighbouring bins


def test_minmax_is_exact():
    values = gelu_like()
    low, high = ranges({"x": histogram(values)}, "minmax")["x"]
    assert (low, high) == (float(values.min()), float(values.max()))


def test_percentile_is_numpys_within_a_bin():
    values = gelu_like()
    found = histogram(values)
    low, high = ranges({"x": found}, "percentile")["x"]
    width = 2 * found.reach / BINS
    assert low == pytest.approx(np.percentile(values, 0.01), abs=1.5 * width)
    assert high == pytest.approx(np.percentile(values, 99.99), abs=1.5 * width)


@pytest.mark.parametrize("bits", [4, 8])
def test_mse_beats_every_other_range(bits):
    """Rounding the values themselves, no reach does better by more than the histogram's grain."""
    values = gelu_like()

    def error(low: float, high: float) -> float:
        step = (high - low) / (2**bits - 1)
        rounded = np.round((np.clip(values, low, high) - low) / step) * step + low
        return float(((rounded - values) ** 2).mean())

    low, high = ranges({"x": histogram(values)}, "mse", bits)["x"]
    whole = ranges({"x": histogram(values)}, "minmax")["x"]
    reaches = np.linspace(0.1, 1.0, 91) * whole.high
    tried = [error(max(whole.low, -reach), reach) for reach in reaches]
    assert error(low, high) <= 1.1 * min(tried)
    if bits == 4:
        assert error(low, high) < 0.5 * error(*whole)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("values", [[3.0, 4.0], [-4.0, -3.0], [0.0, 0.0]], ids=["positive", "negative", "zero"])
def test_zero_is_always_inside(method, values):
    low, high = ranges({"x": histogram(np.array(values))}, method)["x"]
    assert low <= 0.0 <= high
    assert low < high  # a scale of zero is taken by no engine


class Walk:
    """Yields the same operators for every image, scaled by its first pixel."""

    def __init__(self, value: object) -> None:
        self.value = value

    def steps(self, image: np.ndarray):
        yield Step("a", "conv", np.array([1.0, -2.0], dtype=np.float32) * float(image[0, 0, 0]))
        yield Step("b", "shape", np.array([1, 2], dtype=np.int64))
        yield Step("c", "gelu", np.array([self.value], dtype=np.float32))


def crops(*first: int) -> np.ndarray:
    return np.stack([np.full((2, 2, 3), value, dtype=np.uint8) for value in first])


def test_measuring_keeps_the_largest_of_all_images_not_the_last():
    found = measure(Walk(0.5), crops(1, 9, 2))
    assert set(found) == {"a", "c"}  # integers have no range
    assert (found["a"].low, found["a"].high) == (-18.0, 9.0)


@pytest.mark.parametrize("value", [np.nan, np.inf], ids=["nan", "infinity"])
def test_a_float_file_that_is_wrong_is_named(value):
    with pytest.raises(HeadPoseError, match="gelu 'c' gives NaN or infinity on calibration image 0"):
        measure(Walk(value), crops(1))


def test_an_unknown_method_is_named():
    with pytest.raises(HeadPoseError, match="did you mean 'percentile'"):
        ranges({}, "percentil")


@pytest.mark.parametrize(
    ("asked", "target", "method"),
    [
        ("auto", "onnx", "mse"),
        ("auto", "tflite", "mse"),
        ("auto", "coreml", "percentile"),
        ("minmax", "coreml", "minmax"),
        ("percentile", "onnx", "percentile"),
    ],
)
def test_the_method_of_a_target_and_what_the_record_says(asked, target, method):
    how = Quantization(clipping=asked)
    assert how.clipping_for(target) == how.record(target)["clipping"] == method
