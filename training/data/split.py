"""Which faces are held out for validation: whole groups, chosen by a hash, so that no test set is ever looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError

_STEPS = 2**64


def hold_out(
    groups: Sequence[str], fraction: float, seed: int = 0
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Positions of the faces to train on and of those to validate on, each in rising order.

    A group goes to validation when the hash of its name and the seed falls below `fraction`: neither the order of the
    faces nor the other groups matter, so a face that is added later moves no other. Only where that would leave one
    side empty does the group with the outermost hash change sides.

    Args:
        groups: N names of what must stay together (`PoseSource.groups`).
        fraction: share of the groups to hold out, between 0 and 1.
        seed: another seed holds out other groups.

    Raises:
        HeadPoseError: a fraction outside (0, 1), or fewer than two groups.
    """
    if not 0 < fraction < 1:
        raise HeadPoseError(f"the share to hold out for validation is {fraction:g}: give one between 0 and 1, as 0.05")
    place = {group: _place(group, seed) for group in groups}
    if len(place) < 2:
        raise HeadPoseError(
            f"{len(groups)} faces of {len(place)} photograph, person or sequence cannot be split: "
            "validation needs another one, or give a second data set for it"
        )
    ranked = sorted(place, key=lambda group: (place[group], group))
    held = {group for group in ranked if place[group] < fraction} or {ranked[0]}
    if len(held) == len(ranked):
        held.remove(ranked[-1])
    outside = np.fromiter((group in held for group in groups), dtype=bool, count=len(groups))
    return np.flatnonzero(~outside), np.flatnonzero(outside)


def _place(group: str, seed: int) -> float:
    """A number in [0, 1) that looks random and is the same on every machine."""
    digest = hashlib.sha256(f"{seed}\n{group}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / _STEPS
