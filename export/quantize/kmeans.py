"""k-means in one dimension: the few values that many numbers are rounded to with the least error in the mean square.

Sorted numbers and their running sums make every step a handful of array operations, so that a thousand tables take
seconds; there is no chance in it, so that the same weights always give the same file.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_ROUNDS = 100  # of k-means, which mostly settles before
_MOVES = 2  # of centres, for each of them
_WORTH = 1e-3  # part of the error that a move must save


def palette(values: npt.ArrayLike, size: int) -> npt.NDArray[np.float64]:
    """Up to `size` values, ascending, to which `values` are nearest in the mean square: k-means in one dimension.

    It starts where a density to the power 1/3 puts the centres, which is best for many small steps (Panter, Dite
    1951), and moves centres from where two are too many to where one is too few (as Patané, Russo 2001), so that a
    few far values do not spoil it.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64).ravel())
    distinct: npt.NDArray[np.float64] = np.unique(ordered)
    if len(distinct) <= size:
        return distinct
    runs = _Runs(ordered)
    centres = runs.settled(_start(ordered, size))
    for _ in range(_MOVES * size):
        moved = runs.settled(runs.moved(centres, size))
        if runs.error(moved) >= runs.error(centres) * (1 - _WORTH):
            break
        centres = moved
    return np.asarray(np.unique(centres))


class _Runs:
    """Sorted values that centres cut into runs, each run nearest to its own."""

    def __init__(self, ordered: npt.NDArray[np.float64]) -> None:
        self._ordered = ordered
        self._sums, self._squares = (np.concatenate([[0.0], np.cumsum(ordered**power)]) for power in (1, 2))

    def _cut(self, centres: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
        """Count, mean and error of every run that is not empty."""
        middles = np.searchsorted(self._ordered, (centres[1:] + centres[:-1]) / 2)
        edges = np.unique(np.concatenate([[0], middles, [len(self._ordered)]]))
        counts = np.diff(edges).astype(np.float64)
        means = np.diff(self._sums[edges]) / counts
        return counts, means, np.maximum(np.diff(self._squares[edges]) - counts * means**2, 0.0)

    def error(self, centres: npt.NDArray[np.float64]) -> float:
        """Sum of squares."""
        return float(self._cut(centres)[2].sum())

    def settled(self, centres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Each centre moved to the mean of its run until all stand still; empty runs fall away."""
        for _ in range(_ROUNDS):
            means = self._cut(centres)[1]
            if np.array_equal(means, centres):
                break
            centres = means
        return centres

    def moved(self, centres: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
        """The two neighbours that lose least by it made one, and the run with the largest error made two."""
        counts, means, errors = self._cut(centres)
        worst = int(np.argmax(errors))
        spread = np.sqrt(errors[worst] / counts[worst])
        split = np.array([means[worst] - spread, means[worst] + spread])
        others = np.delete(means, worst)
        if len(means) == size:
            together = counts[:-1] * counts[1:] / (counts[:-1] + counts[1:]) * np.diff(means) ** 2
            together[max(worst - 1, 0) : worst + 1] = np.inf  # not the one that is to be split
            i = int(np.argmin(together))
            if np.isfinite(together[i]):
                both = (counts[i] * means[i] + counts[i + 1] * means[i + 1]) / (counts[i] + counts[i + 1])
                kept = np.delete(np.arange(len(means)), [worst, i, i + 1])
                others = np.append(means[kept], both)
        return np.sort(np.concatenate([others, split]))[:size]


def _start(ordered: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    """Every value counts by the 2/3 power of the room around it: a density to the power 1/3, summed over the axis."""
    reach = max(1, len(ordered) // (2 * size))
    around = np.pad(ordered, reach, mode="edge")
    room = np.cbrt((around[2 * reach :] - around[: -2 * reach]) ** 2)
    reached = np.cumsum(room)
    return np.interp((np.arange(size) + 0.5) / size * reached[-1], reached, ordered)
