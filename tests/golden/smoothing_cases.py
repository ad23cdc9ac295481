"""Sequences of rotations through the filters of runtime/smoothing.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from runtime.rotation import euler_to_rotation
from runtime.smoothing import OneEuroFilter, SlerpFilter

Case = dict[str, Any]

FILTERS: dict[str, list[Case]] = {
    "one_euro": [
        {"min_cutoff_hz": 1.0, "beta": 1.5, "derivative_cutoff_hz": 1.0, "reset_after_s": 0.5},
        {"min_cutoff_hz": 0.3, "beta": 0.0, "derivative_cutoff_hz": 2.0, "reset_after_s": 0.2},
    ],
    "slerp": [{"time_constant_s": 0.1, "reset_after_s": 0.5}, {"time_constant_s": 0.4, "reset_after_s": 0.2}],
}
MAKERS = {"one_euro": OneEuroFilter, "slerp": SlerpFilter}


def sequences() -> dict[str, tuple[list[float], np.ndarray]]:
    """Name → times in seconds and angles (N, 3): pitch, yaw, roll."""
    steps, rng = np.arange(24), np.random.default_rng(7)
    shake = np.stack([6 * np.sin(steps / 3), 35 * np.sin(steps / 5), 4 * np.cos(steps / 4)], axis=1)
    return {
        "a shaken head": ([i / 30 for i in range(24)], np.round(shake, 3)),
        "noise at rest": ([i / 30 for i in range(16)], np.round(rng.normal((3, -8, 1), 0.7, (16, 3)), 3)),
        "across 180 degrees": ([i / 25 for i in range(10)], np.array([[0, 0, 150.0 + 7 * i] for i in range(10)])),
        "uneven times, a gap, an old frame": (
            [0.0, 0.02, 0.09, 0.11, 0.11, 0.35, 1.2, 1.19, 1.24],
            np.array([[i * 3.0, i * -4.0, i * 1.5] for i in range(9)]),
        ),
        "through gimbal lock": ([i / 30 for i in range(12)], np.array([[5.0, 60.0 + 6 * i, 2.0] for i in range(12)])),
    }


def smoothing() -> dict[str, list[Case]]:
    cases = []
    for kind, choices in FILTERS.items():
        for number, parameters in enumerate(choices):
            for name, (times, angles) in sequences().items():
                smooth = MAKERS[kind](**parameters)
                rotations = [euler_to_rotation(*row) for row in angles]
                out = [smooth.update(r, t) for t, r in zip(times, rotations)]
                case = {"name": f"{kind} {number}: {name}", "filter": kind, "parameters": parameters}
                cases.append({**case, "times_s": times, "rotations": rotations, "smoothed": out})
    return {"sequences": cases}
