"""The 70/30 split of BIWI: fixed, reproducible, and nobody on both sides."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from runtime.errors import HeadPoseError
from training.data import biwi_split
from training.data.biwi_split import (
    HAOFANWANG_TEST_SEQUENCES,
    PERSONS,
    SEQUENCES,
    TEST_SEQUENCES,
    TRAIN_SEQUENCES,
    make_test_sequences,
    person_of,
    sequence_of,
    split_70_30,
)


def source_of(*sequences: str, frames: int = 2) -> SimpleNamespace:
    return SimpleNamespace(keys=[f"{s}/frame_{i:05d}" for s in sequences for i in range(3, 3 + frames)])


def test_the_committed_list_is_what_the_seed_gives():
    assert make_test_sequences() == TEST_SEQUENCES


def test_the_draw_follows_its_definition():
    """People by hash, told by hand: whoever no longer fits is passed over."""
    order = sorted(set(PERSONS.values()), key=lambda p: hashlib.sha256(f"abc/{p}".encode()).hexdigest())
    expected: list[str] = []
    for person in order:
        videos = [s for s in PERSONS if PERSONS[s] == person]
        expected += videos if len(expected) + len(videos) <= 8 else []
    assert make_test_sequences("abc") == tuple(sorted(expected))
    assert make_test_sequences("abc") != make_test_sequences("abd")


def test_every_seed_gives_eight_sequences_of_whole_people():
    for seed in range(50):
        drawn = make_test_sequences(str(seed))
        assert len(drawn) == 8
        assert {PERSONS[s] for s in drawn}.isdisjoint(PERSONS[s] for s in SEQUENCES if s not in drawn)


def test_eight_and_sixteen():
    assert (len(TEST_SEQUENCES), len(TRAIN_SEQUENCES)) == (8, 16)
    assert sorted([*TEST_SEQUENCES, *TRAIN_SEQUENCES]) == [f"{n:02d}" for n in range(1, 25)]


@pytest.mark.parametrize("test", [TEST_SEQUENCES, HAOFANWANG_TEST_SEQUENCES], ids=["ours", "haofanwang"])
def test_nobody_is_on_both_sides(test):
    on_test = {PERSONS[s] for s in test}
    assert on_test.isdisjoint(PERSONS[s] for s in SEQUENCES if s not in test)


def test_twenty_people_of_whom_four_were_recorded_twice():
    assert len(set(PERSONS.values())) == 20
    assert {p[0] for p in PERSONS.values()} == {"F", "M"}
    assert sum(p.startswith("F") for p in set(PERSONS.values())) == 6
    twice = {p: [s for s in SEQUENCES if PERSONS[s] == p] for p in PERSONS.values()}
    assert {tuple(v) for v in twice.values() if len(v) > 1} == {("02", "21"), ("03", "15"), ("05", "18"), ("07", "22")}
    assert [PERSONS[s] for s in ("06", "07", "14", "16", "17", "19", "24")] == [
        *("F06", "M01", "M08", "M09", "M10", "M11", "M14")
    ]


@pytest.mark.parametrize(("sequence", "person"), [("15", "F03"), ("03", "F03"), ("24", "M14"), ("99", "99")])
def test_person_of(sequence, person):
    assert person_of(sequence) == person


def test_split_gives_every_frame_one_side():
    source = source_of(*SEQUENCES)
    train, test = split_70_30(source)
    assert sorted([*train, *test]) == list(range(48))
    assert {sequence_of(source.keys[i]) for i in test} == set(TEST_SEQUENCES)
    assert {sequence_of(source.keys[i]) for i in train} == set(TRAIN_SEQUENCES)


def test_split_by_another_list():
    source = source_of("01", "02", "10", "11")
    train, test = split_70_30(source, HAOFANWANG_TEST_SEQUENCES)
    assert (list(train), list(test)) == ([2, 3, 6, 7], [0, 1, 4, 5])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["BIWI_train/00000"], "names no BIWI sequence"),
        (["00001"], "headpose prepare biwi"),
        ([f"{TRAIN_SEQUENCES[0]}/frame_00003"], "no test sequence"),
        ([f"{TEST_SEQUENCES[0]}/frame_00003"], "no training sequence"),
    ],
)
def test_what_cannot_be_split_is_said(keys, said):
    with pytest.raises(HeadPoseError, match=said):
        split_70_30(SimpleNamespace(keys=keys))


def test_the_list_is_read_without_comments(tmp_path, monkeypatch):
    listed = tmp_path / "list.txt"
    listed.write_text("# comment\n03\n\n 15 \n")
    monkeypatch.setattr(biwi_split, "_LIST", listed)
    assert biwi_split._read_list() == ("03", "15")
