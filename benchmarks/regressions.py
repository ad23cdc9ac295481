"""Two sets of latency results side by side: what became slower by more than chance, so that CI can refuse it.

The two were not measured in turns, so a difference may also be the machine's. That is why 5 % only warns, and why
results of another device, or such as may not be quoted, are never judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.record import OURS, LatencyResult
from runtime.errors import HeadPoseError

WARN, FAIL = 1.05, 1.10  # new median over old one
_RESAMPLES = 2000

SAME, FASTER, SLOWER, TOO_SLOW, UNJUDGED = "same", "faster", "slower", "too slow", "not judged"


class Key(NamedTuple):
    """What must agree for two results to be of the same thing."""

    device: str
    name: str
    target: str
    threads: int | None
    compute_units: str
    mode: str
    includes: tuple[str, ...]
    protocol: str

    def __str__(self) -> str:
        threads = "" if self.threads is None else f"{self.threads} thread(s)"
        stages = "" if len(self.includes) == 1 else " + ".join(self.includes)
        protocol = "" if self.protocol == OURS else f"protocol {self.protocol}"
        more = ", ".join(filter(None, (self.mode, threads, self.compute_units, stages, protocol)))
        return f"{self.name} {self.target}, {more}, on {self.device}"


@dataclass(frozen=True)
class Change:
    """One artefact, before and after."""

    key: Key
    """What was measured."""
    old_ms: float | None
    """Median before; None if it was not measured then."""
    new_ms: float | None
    """Median after; None if it was not measured any more."""
    ratio: float | None
    """New median over old one: 1.1 is a tenth slower."""
    low: float | None
    """2.5th percentile of the bootstrap of the ratio."""
    high: float | None
    """97.5th percentile."""
    verdict: str
    """'same', 'faster', 'slower' (warns), 'too slow' (fails), 'not judged'."""
    why: str = ""
    """Why it is not judged."""

    @property
    def fails(self) -> bool:
        """Whether a gate should close."""
        return self.verdict == TOO_SLOW


def changes(
    old: Sequence[LatencyResult], new: Sequence[LatencyResult], *, warn: float = WARN, fail: float = FAIL
) -> list[Change]:
    """Every artefact that either set has, in the order of the new one; of several of one kind the newest counts.

    Args:
        old: results of before.
        new: results of after.
        warn: ratio beyond which a change is worth a warning.
        fail: ratio beyond which it fails. Either counts only where the whole interval is above 1.

    Raises HeadPoseError for limits that are not 1 ≤ warn ≤ fail, or two sets that share no artefact.
    """
    if not 1 <= warn <= fail:
        raise HeadPoseError(f"a warning at {warn} and a failure at {fail} make no sense: give 1 ≤ warn ≤ fail")
    before, after = _newest(old), _newest(new)
    if not before.keys() & after.keys():
        raise HeadPoseError(
            f"the two sets share nothing that could be compared: the old one has {_few(before)}; the new one has "
            f"{_few(after)}"
        )
    keys = [*after, *(key for key in before if key not in after)]
    return [_change(key, before.get(key), after.get(key), warn, fail) for key in keys]


def key_of(result: LatencyResult) -> Key:
    """By what results are matched: not the hash, since another file of that name is what one compares."""
    model, run = result.model, result.run
    name = f"{model.name} {model.input_size}px"
    device, units = result.device.model, run.compute_units_requested
    return Key(device, name, model.target, run.threads, units, run.mode, run.includes, run.protocol)


def _newest(results: Sequence[LatencyResult]) -> dict[Key, LatencyResult]:
    found: dict[Key, LatencyResult] = {}
    for result in sorted(results, key=lambda r: r.created):
        found.pop(key_of(result), None)
        found[key_of(result)] = result
    return found


def _few(results: dict[Key, LatencyResult]) -> str:
    names = [str(key) for key in results]
    return "; ".join(names[:3]) + (f"; and {len(names) - 3} more" if len(names) > 3 else "")


def _change(key: Key, old: LatencyResult | None, new: LatencyResult | None, warn: float, fail: float) -> Change:
    before, after = (None if r is None else r.latency_ms.p50 for r in (old, new))
    why = _why_not(old, new)
    if old is None or new is None or why:
        return Change(key, before, after, None, None, None, UNJUDGED, why)
    ratio, low, high = ratio_apart(new.samples_ms, old.samples_ms)
    return Change(key, before, after, ratio, low, high, verdict_of(ratio, low, high, warn, fail))


def _why_not(old: LatencyResult | None, new: LatencyResult | None) -> str:
    if old is None:
        return "new: there is nothing to compare it with"
    if new is None:
        return "not measured any more"
    for when, result in (("old", old), ("new", new)):
        if not result.valid:
            return f"the {when} one may not be quoted: {'; '.join(result.invalid_reasons)}"
        if not result.samples_ms:
            return f"{result.run.tool} told no samples, so there is no interval"
    return ""


def verdict_of(ratio: float, low: float, high: float, warn: float = WARN, fail: float = FAIL) -> str:
    """What a ratio with its interval means: a change counts when the interval leaves out 1 and the ratio is large."""
    if low > 1 and ratio > fail:
        return TOO_SLOW
    if low > 1 and ratio > warn:
        return SLOWER
    if high < 1 and ratio < 1 / warn:
        return FASTER
    return SAME


def ratio_apart(new: Sequence[float], old: Sequence[float], *, seed: int = 0) -> tuple[float, float, float]:
    """Ratio of the medians of two runs that did not take turns, and its 95 % bootstrap interval."""
    rng = np.random.default_rng(seed)
    medians = [np.median(rng.choice(np.asarray(s, dtype=float), (_RESAMPLES, len(s))), axis=1) for s in (new, old)]
    low, high = np.percentile(medians[0] / medians[1], [2.5, 97.5])
    ratio = float(np.median(new) / np.median(old))
    return round(ratio, 4), round(float(low), 4), round(float(high), 4)
