"""Golden smoothing and statistics: scipy's rotations and Python's own statistics say the same."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from golden.reading import cases, read
from scipy.spatial.transform import Rotation

from benchmarks.latency import MAX_DRIFT, MAX_SPREAD, MIN_SAMPLES, MIN_SECONDS

# --- smoothing: the filters once more, on scipy's rotations


def alpha(cutoff_hz, step_s):
    tau = 1 / (2 * math.pi * cutoff_hz)
    return 1 / (1 + tau / step_s)


def smoothed_again(case):
    p, state, velocity, last = case["parameters"], None, np.zeros(3), 0.0
    for time, matrix in zip(case["times_s"], case["rotations"]):
        new, step = Rotation.from_matrix(matrix), time - last
        if state is None or step > p["reset_after_s"]:
            state, velocity, last = new, np.zeros(3), time
        elif step > 0:
            turn = (new * state.inv()).as_rotvec()
            if case["filter"] == "slerp":
                weight = 1 - math.exp(-step / p["time_constant_s"])
            else:
                a = alpha(p["derivative_cutoff_hz"], step)
                velocity = a * turn / step + (1 - a) * velocity
                weight = alpha(p["min_cutoff_hz"] + p["beta"] * np.linalg.norm(velocity), step)
            state, last = Rotation.from_rotvec(weight * turn) * state, time
        yield state.as_matrix()


@pytest.mark.parametrize("case", cases("smoothing.json", "sequences"))
def test_smoothing_agrees_with_a_second_writing_of_the_filters(case):
    np.testing.assert_allclose(case["smoothed"], list(smoothed_again(case)), atol=1e-9)


# --- statistics: Python's own module


def trimmed(samples):
    rounds = [samples[i : i + 50] for i in range(0, len(samples) - 49, 50)] or [samples]
    means = []
    for one in rounds:
        cut = len(one) // 5
        means.append(statistics.fmean(sorted(one)[cut : len(one) - cut]))
    return statistics.fmean(means)


@pytest.mark.parametrize("case", cases("statistics.json", "stats"))
def test_figures_are_those_of_pythons_statistics(case):
    samples = case["samples_ms"]
    several = samples if len(samples) > 1 else samples * 2
    percentiles = statistics.quantiles(several, n=100, method="inclusive")
    wanted = {
        "p50": statistics.median(samples),
        "mean": statistics.fmean(samples),
        "std": statistics.stdev(several),
        "min": min(samples),
        "p90": percentiles[89],
        "p95": percentiles[94],
        "p99": percentiles[98],
        "max": max(samples),
        "trimmed_mean": trimmed(samples),
    }
    assert case["stats"] == pytest.approx(wanted, abs=0.0000501)  # stored with four digits
    assert all(round(figure, 4) == figure for figure in case["stats"].values())


@pytest.mark.parametrize("case", cases("statistics.json", "reasons"))
def test_reasons_are_there_exactly_when_their_conditions_hold(case):
    samples, reasons = case["samples_ms"], " | ".join(case["reasons"])
    enough = len(samples) >= MIN_SAMPLES
    third = max(1, len(samples) // 3)
    drift = statistics.median(samples[-third:]) / statistics.median(samples[:third]) - 1
    p90 = statistics.quantiles(samples * (1 if enough else 2), n=10, method="inclusive")[8]
    assert ("fewer than" in reasons) == (not enough)
    assert ("s of samples" in reasons) == (enough and sum(samples) / 1e3 < MIN_SECONDS)
    assert ("drifted" in reasons) == (enough and abs(drift) > MAX_DRIFT)
    assert ("times p50" in reasons) == (enough and p90 > MAX_SPREAD * statistics.median(samples))
    assert ("emulation" in reasons) == case["emulated"]
    assert ("clock" in reasons) == (abs(case["clock_jump_s"]) > 1)
    assert ("throttled" in reasons) == (case["throttled"] is not None)


@pytest.mark.parametrize("case", cases("statistics.json", "summary_reasons"))
def test_reasons_against_figures_are_there_exactly_when_their_conditions_hold(case):
    stats, count, reasons = case["stats"], case["iterations"], " | ".join(case["reasons"])
    enough = count >= MIN_SAMPLES
    high = next((stats[name] for name in ("p90", "p95") if stats[name] is not None), 0.0)
    seconds = count * (stats["p50"] if stats["mean"] is None else stats["mean"]) / 1e3
    assert ("fewer than" in reasons) == (not enough)
    assert ("s of samples" in reasons) == (enough and seconds < MIN_SECONDS)
    assert ("times p50" in reasons) == (enough and high > MAX_SPREAD * stats["p50"])
    assert ("emulation" in reasons) == case["emulated"]
    assert ("clock" in reasons) == (abs(case["clock_jump_s"]) > 1)
    assert ("throttled" in reasons) == (case["throttled"] is not None)


def test_every_reason_occurs_in_the_cases():
    told = " ".join(reason for case in read("statistics.json")["reasons"] for reason in case["reasons"])
    for part in ("fewer than 20", "less than 0.25 s", "drifted by +", "drifted by -", "times p50", "jumped by -62 s"):
        assert part in told
