"""The held-out faces: whole groups, the same ones whatever else is in the set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import HeadPoseError
from training.data.split import hold_out

NAMES = st.text(min_size=1, max_size=6)
GROUPS = st.lists(NAMES, min_size=2, max_size=60).filter(lambda groups: len(set(groups)) > 1)
SHARES = st.floats(0.01, 0.99)


def taken(groups: list[str], indices: np.ndarray) -> set[str]:
    return {groups[i] for i in indices}


@settings(deadline=None)
@given(GROUPS, SHARES, st.integers(0, 5))
def test_every_face_is_on_one_side_and_every_group_too(groups, fraction, seed):
    train, validation = hold_out(groups, fraction, seed)
    assert sorted([*train, *validation]) == list(range(len(groups)))
    assert len(train) > 0
    assert len(validation) > 0
    assert not taken(groups, train) & taken(groups, validation)
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()


@settings(deadline=None)
@given(GROUPS, SHARES, st.randoms(use_true_random=False))
def test_the_order_of_the_faces_does_not_matter(groups, fraction, random):
    shuffled = random.sample(groups, len(groups))
    assert taken(groups, hold_out(groups, fraction)[1]) == taken(shuffled, hold_out(shuffled, fraction)[1])


def test_faces_that_are_added_move_no_other():
    old = [f"AFW_{i}" for i in range(200)]
    new = [*(f"HELEN_{i}" for i in range(300)), *old]
    assert taken(new, hold_out(new, 0.1)[1]) & set(old) == taken(old, hold_out(old, 0.1)[1])


def test_a_greater_share_holds_the_smaller_one():
    groups = [f"photo {i}" for i in range(500)]
    few, many = (taken(groups, hold_out(groups, share)[1]) for share in (0.05, 0.2))
    assert few < many


@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.5])
def test_the_share_is_about_what_was_asked(fraction):
    groups = [f"photo {i}" for i in range(4000) for _ in range(2)]
    share = len(hold_out(groups, fraction)[1]) / len(groups)
    assert share == pytest.approx(fraction, abs=4 * (fraction * (1 - fraction) / 4000) ** 0.5)  # four sigma


def test_another_seed_holds_out_others():
    groups = [f"photo {i}" for i in range(400)]
    one, other = (taken(groups, hold_out(groups, 0.2, seed)[1]) for seed in (0, 1))
    assert len(one & other) < 0.5 * len(one)


def test_the_split_of_these_names_never_changes():
    # from sha256(b"0\n" + name): a change would let validation faces of an earlier run into training
    groups = ["AFW_134212", "HELEN_2908549", "IBUG_image_003", "LFPW_image_train_0001", "LFPW_image_test_0001"]
    assert [groups[i] for i in hold_out(groups, 0.5)[1]] == PINNED


PINNED = ["AFW_134212", "LFPW_image_test_0001"]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 5.0, float("nan")])
def test_a_share_that_is_none_is_refused(fraction):
    with pytest.raises(HeadPoseError, match="between 0 and 1"):
        hold_out(["a", "b"], fraction)


@pytest.mark.parametrize("groups", [[], ["one"], ["one"] * 7])
def test_one_photograph_cannot_be_split(groups):
    with pytest.raises(HeadPoseError, match="cannot be split"):
        hold_out(groups, 0.5)
