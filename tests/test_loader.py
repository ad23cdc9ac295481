"""Batches: the order, what is random in them, and pictures that cannot be read."""

import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch

from runtime.errors import HeadPoseError
from training.data.drawn_heads import DrawnHeads
from training.data.loader import (
    EpochBatches,
    View,
    ViewDataset,
    attended,
    collate,
    evaluation_loader,
    training_loader,
)
from training.data.source import Subset

HEADS = DrawnHeads(23, size=48)
VIEW = View("square", "strong", 32, seed=5)


class Broken(DrawnHeads):
    """Some pictures cannot be read."""

    def picture(self, index):
        if index % 5 == 0:
            raise HeadPoseError(f"picture {index} is damaged")
        return super().picture(index)


def batches(workers, epoch=0, start=0, **place):
    order = EpochBatches(len(HEADS), 4, seed=3, **place)
    order.epoch, order.start = epoch, start
    return list(training_loader(HEADS, VIEW, order, workers))


def pixels(found):
    return [b.images for b in found], [b.rotations for b in found]


def equal(a, b):
    return all(torch.equal(x, y) for left, right in zip(a, b, strict=True) for x, y in zip(left, right, strict=True))


def test_the_number_of_workers_changes_nothing():
    assert equal(pixels(batches(0)), pixels(batches(2)))


def test_a_later_start_gives_the_rest_of_the_same_epoch():
    assert equal(pixels(batches(0)[3:]), pixels(batches(0, start=3)))


def test_an_epoch_has_every_face_once_and_its_own_order_and_views():
    first, second = batches(0), batches(0, epoch=1)
    seen = [i for b in first for i in b.indices]
    assert len(seen) == len(set(seen)) == 20
    assert [i for b in second for i in b.indices] != seen
    by_face = dict(zip(seen, torch.cat([b.images for b in first]), strict=True))
    again = dict(zip([i for b in second for i in b.indices], torch.cat([b.images for b in second]), strict=True))
    both = by_face.keys() & again.keys()
    assert not any(torch.equal(by_face[i], again[i]) for i in both)


def test_processes_share_what_one_has_alone():
    alone = EpochBatches(23, 8, seed=3)
    shares = [EpochBatches(23, 4, rank=r, world=2, seed=3) for r in (0, 1)]
    assert [a + b for a, b in zip(*shares, strict=True)] == list(alone)
    assert alone.steps == shares[0].steps == 2


def test_without_randomness_all_epochs_are_alike():
    dataset = ViewDataset(HEADS, View("square", "strong", 32, random=False))
    assert np.array_equal(dataset[0, 7][1], dataset[9, 7][1])
    assert np.allclose(dataset[0, 7][2], HEADS.rotations[7], atol=1e-6)


@pytest.mark.parametrize("batch", [1, 5, 50])
@pytest.mark.parametrize("positions", [range(0, 23), range(7, 15), range(4, 4)], ids=str)
def test_evaluation_sees_every_face_once_in_order(positions, batch):
    view = View("square", "none", 32, random=False)
    found = evaluation_loader(HEADS, view, positions, batch, 0)
    assert [i for b in found for i in b.indices] == list(positions)


def test_what_cannot_be_read_is_listed_and_left_out():
    found = list(evaluation_loader(Broken(12, size=48), View("square", "none", 32, random=False), range(12), 6, 0))
    assert [b.indices for b in found] == [[1, 2, 3, 4], [6, 7, 8, 9, 11]]
    assert [b.failures for b in found] == [
        [("0-00000", "picture 0 is damaged"), ("0-00005", "picture 5 is damaged")],
        [("0-00010", "picture 10 is damaged")],
    ]


def test_a_batch_may_be_left_with_nothing():
    assert collate([("a", "gone")])._replace(images=None, rotations=None) == (None, None, [], [("a", "gone")])


def test_pictures_arrive_as_red_green_blue_bytes():
    class Red(DrawnHeads):
        def picture(self, index):
            return np.full((48, 48, 3), (250, 60, 5), np.uint8)

    batch = next(iter(evaluation_loader(Red(2, size=48), View("square", "none", 32, random=False), range(2), 2, 0)))
    assert batch.images.dtype == torch.uint8
    assert batch.images[0, 16, 16].tolist() == [250, 60, 5]
    assert batch.images.shape == (2, 32, 32, 3)


class CountedColumns(DrawnHeads):
    """Tells how often its names are asked for."""

    asked = 0

    @property
    def keys(self):
        CountedColumns.asked += 1
        return [f"{i}" for i in range(self.count)]

    @property
    def groups(self):
        return self.keys


def test_a_subset_of_a_subset_asks_for_the_columns_once():
    heads = CountedColumns(50)
    outer = Subset(Subset(heads, np.arange(40, 0, -1)), np.arange(0, 40, 2))
    assert [outer.keys[i] for i in (0, 1, 19)] == ["40", "38", "2"]
    assert CountedColumns.asked == 1
    assert list(outer.groups) == list(outer.keys)
    assert np.array_equal(outer.rotations, heads.rotations[40:0:-2])


class Deadly(DrawnHeads):
    """The process that reads picture 7 dies, as one that finds no memory does."""

    def picture(self, index):
        if index == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().picture(index)


def test_a_process_that_dies_is_one_sentence_and_leaves_no_other_behind():
    loader = training_loader(Deadly(23, size=48), VIEW, EpochBatches(23, 4), 2)
    with pytest.raises(HeadPoseError, match=r"died .*--resume and fewer --workers"), attended(loader):
        list(loader)
    assert multiprocessing.active_children() == []


def fail_after_a_batch(loader):
    for _ in loader:
        raise RuntimeError("another one")


def test_other_errors_pass_and_leave_no_process_behind():
    loader = training_loader(HEADS, VIEW, EpochBatches(23, 4), 2)
    with pytest.raises(RuntimeError, match="another one"), attended(loader):
        fail_after_a_batch(loader)
    assert multiprocessing.active_children() == []
