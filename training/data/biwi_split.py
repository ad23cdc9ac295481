"""Who is in which BIWI sequence, and which sequences are for testing: the 70/30 protocol, fixed once and for all.

FSA-Net, and after it 6DRepNet, train on 16 of the 24 sequences and test on the other 8. Their script draws the 16 anew
each time without a seed, so their lists are lost. The list here is made by `make_test_sequences` and kept in
biwi_test_sequences.txt. Four people were recorded twice; their two sequences are always on one side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError
from training.data.source import PoseSource

Indices = npt.NDArray[np.intp]

_RECORDED_TWICE = {"15": "03", "18": "05", "21": "02", "22": "07"}  # second recording → first one of that person
SEQUENCES = tuple(f"{number:02d}" for number in range(1, 25))
_FIRST = [s for s in SEQUENCES if s not in _RECORDED_TWICE]
_NAMES = {s: f"F{i + 1:02d}" if i < 6 else f"M{i - 5:02d}" for i, s in enumerate(_FIRST)}
PERSONS = {s: _NAMES[_RECORDED_TWICE.get(s, s)] for s in SEQUENCES}
"""Sequence → person, F01…F06 and M01…M14, as the loader of the data set on the Hugging Face hub names them."""

_LIST = Path(__file__).with_name("biwi_test_sequences.txt")
SEED = "6DRepNeXt BIWI 70/30"
TEST_COUNT = 8


def person_of(sequence: str) -> str:
    """The person of a sequence ('15' → 'F03'); the sequence itself if it is none of the 24."""
    return PERSONS.get(sequence, sequence)


def sequence_of(key: str) -> str:
    """'01/frame_00003' → '01'. Raises HeadPoseError for a key that names no sequence."""
    sequence, slash, _ = key.partition("/")
    if not slash or sequence not in PERSONS:
        raise HeadPoseError(
            f"'{key}' names no BIWI sequence, so it cannot be split: take the published train and test .npz as they "
            f"are, or make one that keeps the names with  headpose prepare biwi --format npz"
        )
    return sequence


def make_test_sequences(seed: str = SEED, count: int = TEST_COUNT) -> tuple[str, ...]:
    """Draw the test sequences: people in the order of SHA-256 of 'seed/person', each with all recordings that fit.

    A hash and not a random generator: its values can never change with a version of anything.
    """
    people = sorted(set(PERSONS.values()), key=lambda person: hashlib.sha256(f"{seed}/{person}".encode()).digest())
    chosen: list[str] = []
    for person in people:
        recordings = [s for s in SEQUENCES if PERSONS[s] == person]
        if len(chosen) + len(recordings) <= count:
            chosen += recordings
    return tuple(sorted(chosen))


def _read_list() -> tuple[str, ...]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


TEST_SEQUENCES = _read_list()
"""The 8 test sequences of this project's fixed list."""
TRAIN_SEQUENCES = tuple(s for s in SEQUENCES if s not in TEST_SEQUENCES)
"""The other 16."""
HAOFANWANG_TEST_SEQUENCES = ("01", "10", "23")
"""The test sequences of the only published fixed list (haofanwang/accurate-head-pose); 1,793 frames there."""


def split_70_30(source: PoseSource, test_sequences: Sequence[str] = TEST_SEQUENCES) -> tuple[Indices, Indices]:
    """Positions of the training and of the test frames of BIWI, raw or prepared with names.

    Args:
        source: its keys start with the sequence: '01/frame_00003'.
        test_sequences: which sequences are for testing; all others are for training.

    Raises:
        HeadPoseError: keys without sequences (the published .npz files have none), or one side would be empty.
    """
    is_test = np.array([sequence_of(key) in test_sequences for key in source.keys], dtype=bool)
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    for side, found in (("training", train), ("test", test)):
        if not len(found):
            raise HeadPoseError(
                f"this copy of BIWI holds no {side} sequence (test: {', '.join(test_sequences)}): get the missing ones"
            )
    return train, test
