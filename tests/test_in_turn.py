"""Work in processes: order, errors, a process that dies; and how often progress is told."""

from __future__ import annotations

import os

import pytest

from runtime.errors import HeadPoseError
from training.in_turn import counted, in_turn


def square(number: int) -> int:
    if number < 0:
        raise HeadPoseError(f"{number} is negative")
    return number * number


def die(number: int) -> int:
    os._exit(9)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_results_come_in_order(workers):
    numbers = list(range(70))  # more than may wait at once
    assert list(in_turn(square, numbers, workers)) == [n * n for n in numbers]


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_to_do(workers):
    assert list(in_turn(square, [], workers)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_a_piece_comes_through_after_the_results_before_it(workers):
    results = in_turn(square, [3, 4, -1, 5], workers)
    assert [next(results), next(results)] == [9, 16]
    with pytest.raises(HeadPoseError, match="-1 is negative"):
        next(results)


def test_a_process_that_dies_is_said_and_not_waited_for():
    with pytest.raises(HeadPoseError, match="one of 2 worker processes died"):
        list(in_turn(die, [1, 2, 3], 2))


def test_progress_is_told_at_the_ends_and_now_and_then():
    told: list[tuple[str, int, int]] = []
    assert list(counted(range(250), "text", 250, lambda *step: told.append(step))) == list(range(250))
    assert told == [("text", done, 250) for done in (0, 100, 200, 250)]
