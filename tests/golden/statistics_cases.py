"""Latency samples, their figures and what speaks against them: benchmarks/latency.py's own answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.latency import LatencyStats, reasons_against, reasons_against_summary

Case = dict[str, Any]


def samples() -> dict[str, list[float]]:
    rng = np.random.default_rng(11)
    noisy = np.round(12 + rng.gamma(2.0, 0.4, 1000), 6).tolist()
    hot = [round(10 + 0.03 * i, 4) for i in range(120)]
    return {
        "one": [3.25],
        "two": [1.0, 2.0],
        "seven, unsorted": [5.5, 1.25, 9.75, 3.0, 2.125, 8.0, 4.5],
        "equal": [7.0] * 30,
        "nineteen": [12.5 + 0.1 * (i % 5) for i in range(19)],
        "too short": [0.5 + 0.001 * (i % 9) for i in range(400)],
        "forty-nine": noisy[:49],
        "one full round": noisy[:50],
        "a round and one more": noisy[:51],
        "three rounds and a half": noisy[100:275],
        "twenty rounds": noisy,
        "heats up": hot,
        "cools down": hot[::-1],
        "interrupted": [10.0 if i % 5 else 31.0 for i in range(100)],
        "needs rounding": [1.00005, 2.00015, 1 / 3, 2.0000500000001, 0.1 + 0.2],
    }


JUDGED: dict[str, Case] = {
    "plain": {},
    "emulated": {"emulated": True},
    "slept": {"clock_jump_s": 3.6},
    "clock set back": {"clock_jump_s": -61.5},
    "a second is no jump": {"clock_jump_s": 1.0},
    "throttled": {"throttled": "serious"},
    "everything": {"emulated": True, "clock_jump_s": 2.0, "throttled": "critical"},
}


def statistics() -> dict[str, list[Case]]:
    made = samples()
    against = [
        {"name": f"{name}, {how}", "samples_ms": made[name], **_full(options), "reasons": list(found)}
        for name in ("one", "nineteen", "too short", "three rounds and a half", "heats up", "cools down", "interrupted")
        for how, options in JUDGED.items()
        if how in ("plain", "everything") or name == "three rounds and a half"
        for found in [reasons_against(made[name], **options)]
    ]
    return {
        "stats": [{"name": n, "samples_ms": s, "stats": asdict(LatencyStats.of(s))} for n, s in made.items()],
        "reasons": against,
        "summary_reasons": [
            {"name": f"{name}, {n} iterations", "stats": asdict(stats), "iterations": n, **_full(options)}
            | {"reasons": list(reasons_against_summary(stats, n, **options))}
            for name, stats, options in _summaries(made)
            for n in (10, 30, 1000)
        ],
    }


def _full(options: Case) -> Case:
    return {"emulated": False, "clock_jump_s": 0.0, "throttled": None, **options}


def _summaries(made: dict[str, list[float]]) -> list[tuple[str, LatencyStats, Case]]:
    return [
        ("interrupted", LatencyStats.of(made["interrupted"]), {}),
        ("median alone", LatencyStats(4.5), {"throttled": "serious"}),
        ("p95 alone", LatencyStats(4.5, p95=9.0), {"emulated": True}),
    ]
