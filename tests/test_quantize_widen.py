"""Losses of units alone, and the blocks that are kept wide until a gate holds: on a network of numbers."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest

from export.quantize.placement import is_wide
from export.quantize.widen import UnitLoss, angles_to, unit_losses, units_of, widen, widening_steps, worst
from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation

COSTS = {
    "backbone.stem.stem.0": 0.5,
    "backbone.stages.0.blocks.0.mixer": 2.0,
    "backbone.stages.0.blocks.0.last": 1.0,
    "backbone.stages.0.blocks.1.mixer": 0.25,
    "backbone.last": 4.0,
}


class Numbers:
    """A network whose rotation is off by the sum of what its quantised modules cost, in degrees of yaw."""

    modules = tuple(COSTS)

    def quantize(self, wide: Collection[str] = ()) -> float:
        return sum(cost for module, cost in COSTS.items() if not is_wide(module, wide))


def run(model: float) -> np.ndarray:
    return np.stack([euler_to_rotation(0.0, model, 0.0), euler_to_rotation(0.0, 2 * model, 0.0)])


TRUTH = run(0.0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("operator", COSTS),
        (
            "block",
            {
                "backbone.stem": 0.5,
                "backbone.stages.0.blocks.0": 3.0,
                "backbone.stages.0.blocks.1": 0.25,
                "backbone.last": 4.0,
            },
        ),
    ],
)
def test_each_unit_is_quantised_alone(kind, expected):
    losses = unit_losses(Numbers(), run, TRUTH, kind)
    assert [loss.unit for loss in losses] == list(expected)
    for loss in losses:
        assert loss.mean_deg == pytest.approx(1.5 * expected[loss.unit], abs=1e-4)
        assert loss.max_deg == pytest.approx(2 * expected[loss.unit], abs=1e-4)


def test_an_unknown_unit_is_named():
    with pytest.raises(HeadPoseError, match="did you mean 'block'"):
        units_of(Numbers(), "blok")


def test_rotations_that_are_no_numbers_count_as_180():
    broken = TRUTH.copy()
    broken[1] = np.nan
    loss = angles_to(TRUTH, broken, "x")
    assert (loss.mean_deg, loss.max_deg) == (pytest.approx(90.0), 180.0)


LOSSES = [UnitLoss(str(i), float(i), float(i)) for i in range(20)]


def test_the_worst_come_first():
    assert worst(LOSSES, 3) == ("19", "18", "17")


def test_steps_grow_and_end_at_half():
    steps = widening_steps(LOSSES)
    assert steps[:4] == [1, 2, 3, 4]
    assert steps == sorted(set(steps))
    assert 5 < steps[-1] <= 10


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        pytest.param(4.0, ("backbone.last",), id="one is enough"),
        pytest.param(1.0, ("backbone.last", "backbone.stages.0.blocks.0"), id="two"),
        pytest.param(0.1, None, id="not with half of them"),
    ],
)
def test_as_few_as_needed_are_kept_wide(limit, expected):
    losses = unit_losses(Numbers(), run, TRUTH)
    assert widen(Numbers(), losses, lambda model, wide: model <= limit) == expected


def test_modules_that_are_wide_anyway_stay_so():
    losses = unit_losses(Numbers(), run, TRUTH)
    found = widen(Numbers(), losses, lambda model, wide: model <= 3.5, kept=("backbone.stem",))
    assert found == ("backbone.stem", "backbone.last")
