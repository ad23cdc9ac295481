"""Schedules against torch's own schedulers, against numbers by hand, and against restarts."""

from __future__ import annotations

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, MultiStepLR, SequentialLR

from runtime.errors import HeadPoseError
from training.schedule import SCHEDULES, ScheduleSpec, apply_schedule, build_schedule

LR = 0.4


def optimizer(scales=(1.0,)):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr_scale": scale} for scale in scales]
    return torch.optim.SGD(groups, lr=LR)


def torch_rates(build, steps):
    """Rates that a scheduler of torch gives at the steps 0 … steps − 1."""
    own = optimizer()
    scheduler, found = build(own), []
    for _ in range(steps):
        found.append(own.param_groups[0]["lr"])
        own.step()
        scheduler.step()
    return found


def warmed_cosine(own):
    climb = LinearLR(own, start_factor=1 / 5, total_iters=4)  # step 0 at 1/5, step 4 at 1
    return SequentialLR(own, [climb, CosineAnnealingLR(own, T_max=20, eta_min=0.1 * LR)], milestones=[5])


TABLE = [
    pytest.param(
        "cosine", ScheduleSpec(25), lambda o: CosineAnnealingLR(o, T_max=25), id="cosine as CosineAnnealingLR"
    ),
    pytest.param(
        "cosine",
        ScheduleSpec(25, floor=0.2),
        lambda o: CosineAnnealingLR(o, T_max=25, eta_min=0.2 * LR),
        id="cosine to a floor",
    ),
    pytest.param("cosine", ScheduleSpec(25, warmup_steps=5, floor=0.1), warmed_cosine, id="warm-up, then cosine"),
    pytest.param(
        "multistep",
        ScheduleSpec(90, steps_per_epoch=3),
        lambda o: MultiStepLR(o, milestones=[30, 60], gamma=0.5),
        id="6DRepNet's milestones",
    ),
    pytest.param(
        "multistep",
        ScheduleSpec(40, steps_per_epoch=7, milestones=(1, 2, 5), gamma=0.1),
        lambda o: MultiStepLR(o, milestones=[7, 14, 35], gamma=0.1),
        id="other milestones",
    ),
    pytest.param(
        "constant",
        ScheduleSpec(12, warmup_steps=4),
        lambda o: LinearLR(o, start_factor=0.25, total_iters=3),
        id="constant after a warm-up",
    ),
    pytest.param("constant", ScheduleSpec(5), lambda o: MultiStepLR(o, milestones=[99]), id="constant"),
]


@pytest.mark.parametrize(("name", "spec", "build"), TABLE)
def test_rates_are_those_of_torchs_schedulers(name, spec, build):
    factor = build_schedule(name, spec)
    expected = torch_rates(build, spec.total_steps)
    assert [LR * factor(step) for step in range(spec.total_steps)] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_warm_up_climbs_in_a_line_to_the_base_rate(name):
    factor = build_schedule(name, ScheduleSpec(100, warmup_steps=4, steps_per_epoch=5))
    assert [factor(step) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_a_milestone_counts_during_the_warm_up_too():
    factor = build_schedule("multistep", ScheduleSpec(10, warmup_steps=4, steps_per_epoch=2, milestones=(1,)))
    assert [factor(step) for step in range(5)] == [0.25, 0.5, 0.375, 0.5, 0.5]


def test_the_cosine_stays_at_its_floor():
    factor = build_schedule("cosine", ScheduleSpec(10, floor=0.05))
    assert factor(9) > 0.05
    assert factor(10) == factor(1000) == pytest.approx(0.05)


def test_a_run_that_is_all_warm_up_has_rates():
    factor = build_schedule("cosine", ScheduleSpec(3, warmup_steps=3))
    assert [factor(step) for step in range(4)] == pytest.approx([1 / 3, 2 / 3, 1.0, 1.0])


def test_every_group_gets_its_own_scale():
    own = optimizer((1.0, 10.0))
    own.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))]})
    apply_schedule(own, 0.5, 1e-3)
    assert [group["lr"] for group in own.param_groups] == pytest.approx([5e-4, 5e-3, 5e-4])
    apply_schedule(own, 1.0, 1e-3)  # set, not multiplied: applying it again does not add up
    assert [group["lr"] for group in own.param_groups] == pytest.approx([1e-3, 1e-2, 1e-3])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param({"total_steps": 0}, "must be ≥ 1", id="no step"),
        pytest.param({"total_steps": 9, "steps_per_epoch": 0}, "must be ≥ 1", id="empty epoch"),
        pytest.param({"total_steps": 9, "warmup_steps": 10}, "does not fit", id="long warm-up"),
        pytest.param({"total_steps": 9, "warmup_steps": -1}, "does not fit", id="negative warm-up"),
        pytest.param({"total_steps": 9, "milestones": (0, 3)}, "are epochs", id="milestone 0"),
        pytest.param({"total_steps": 9, "gamma": 0.0}, "are fractions", id="gamma 0"),
        pytest.param({"total_steps": 9, "floor": 1.5}, "are fractions", id="floor above 1"),
    ],
)
def test_impossible_schedules_are_refused(options, sentence):
    with pytest.raises(HeadPoseError, match=sentence):
        ScheduleSpec(**options)


def test_an_unknown_schedule_is_named():
    with pytest.raises(HeadPoseError, match="unknown schedule 'cosin': did you mean 'cosine'"):
        build_schedule("cosin", ScheduleSpec(1))
