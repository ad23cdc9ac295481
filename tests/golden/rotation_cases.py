"""Cases of rotation maths and drawing: runtime/rotation.py's and runtime/draw.py's own answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from runtime import draw
from runtime import rotation as rot
from runtime.estimator import HeadPose
from runtime.preprocess import Box

Case = dict[str, Any]

SIXD = {
    "frontal": [1, 0, 0, 0, 1, 0],
    "any six numbers": [0.3, -1.2, 0.8, 0.1, 0.7, -0.4],
    "half precision of a network": [0.8105, 0.123, -0.5728, -0.0612, 0.9868, 0.1266],
    "not orthogonal": [1, 1, 0, 1, 2, 0],
    "negative": [-1, -0.1, 0.05, 0.1, -0.9, 0.2],
    "tiny": [1e-7, 0, 0, 0, 1e-7, 0],
    "below the floor of the norm": [1e-9, 0, 0, 0, 1e-9, 0],
    "huge": [3e8, -2e8, 1e8, 1e8, 4e8, 5e8],
    "nearly parallel": [1, 0, 0, 1, 1e-5, 0],
    "parallel": [1, 2, 3, 2, 4, 6],
    "all zeros": [0, 0, 0, 0, 0, 0],
    "second zero": [1, 2, 2, 0, 0, 0],
}
POSES = {  # pitch, yaw, roll in degrees
    "frontal": (0, 0, 0),
    "looks up": (20, 0, 0),
    "image left": (0, 40, 0),
    "tilted clockwise": (0, 0, 30),
    "all three": (-31.3, 39.3, -9.5),
    "yaw just below 90": (10, 89.9, 20),
    "beyond 90": (170, -80, -100),
    "upside down": (0, 0, 180),
    "pitch 180": (180, 0, 0),
    "small": (1e-4, -2e-4, 3e-4),
}
LOCKED = {
    "yaw +90": (0, 90, 0),
    "yaw -90": (0, -90, 0),
    "yaw +90 with pitch": (25, 90, 0),
    "yaw +90 with roll": (0, 90, 25),
    "yaw -90 with both": (-40, -90, 15),
}
WRAPS = {
    "pitch beyond 180": (200, 10, 0),
    "yaw beyond 90 comes back over the top": (0, 120, 0),
    "roll -190": (0, 0, -190),
    "a whole turn": (360, 0, 360),
    "everything": (-350, 460, 725),
}
TURNS = (0.0, 90.0, 180.0, 270.0, -90.0, 33.3, 720.5)


def matrices() -> dict[str, np.ndarray]:
    # + 0.0: no -0.0, so that every answer is that of the very numbers that stand in the file
    return {name: rot.euler_to_rotation(*angles) + 0.0 for name, angles in {**POSES, **LOCKED, **WRAPS}.items()}


def rotations() -> dict[str, list[Case]]:
    made = matrices()
    pairs = [("frontal", name) for name in made] + [("all three", "beyond 90"), ("small", "small")]
    return {
        "sixd_to_rotation": [
            {"name": name, "sixd": [float(v) for v in sixd], "rotation": rot.sixd_to_rotation(sixd)}
            for name, sixd in SIXD.items()
        ],
        "rotation_to_sixd": [{"name": n, "rotation": r, "sixd": rot.rotation_to_sixd(r)} for n, r in made.items()],
        "euler_to_rotation": [
            {"name": name, **_angles(angles), "rotation": made[name]}
            for name, angles in {**POSES, **LOCKED, **WRAPS}.items()
        ],
        "rotation_to_euler": [
            {"name": n, "rotation": r, **_angles(rot.rotation_to_euler(r))} for n, r in made.items()
        ],
        "geodesic_deg": [
            {"name": f"{a} to {b}", "a": made[a], "b": made[b], "deg": rot.geodesic_deg(made[a], made[b])}
            for a, b in pairs
        ],
        "mirror": [{"name": n, "rotation": r, "mirrored": rot.mirror(r)} for n, r in made.items()],
        "rotate_in_plane": [
            {"name": f"{n} by {a:g}", "rotation": made[n], "angle_deg": a, "turned": rot.rotate_in_plane(made[n], a)}
            for n in ("frontal", "all three", "beyond 90")
            for a in TURNS
        ],
        "to_opencv": [{"name": n, "rotation": r, "opencv": rot.to_opencv(r)} for n, r in made.items()],
        "image_axes": [{"name": n, "rotation": r, "axes": rot.image_axes(r)} for n, r in made.items()],
    }  # fmt: skip


def _angles(angles: Any) -> Case:
    pitch, yaw, roll = (float(a) for a in angles)
    return {"pitch_deg": pitch, "yaw_deg": yaw, "roll_deg": roll}


@contextmanager
def _noted_lines() -> Iterator[list[Case]]:
    """The lines that runtime/draw.py would draw."""
    lines: list[Case] = []

    def note(image: Any, start: Any, end: Any, color: Any, thickness: int) -> None:
        lines.append({"start": start, "end": end, "color": list(color), "thickness": thickness})

    with mock.patch.object(draw, "_line", note):
        yield lines


def projections() -> dict[str, list[Case]]:
    made, paper = matrices(), np.zeros((8, 8, 3), dtype=np.uint8)
    places = [((320.0, 240.0), 100.0), ((10.25, -3.5), 62.5), ((0.0, 0.0), 5.0)]
    chosen = ["frontal", "all three", "beyond 90", "yaw +90", "image left"]
    groups: dict[str, list[Case]] = {"axes": [], "cube": [], "overlay": []}
    for kind, pen in (("axes", draw.draw_axes), ("cube", draw.draw_cube)):
        for name in chosen:
            for number, (center, size) in enumerate(places):
                with _noted_lines() as lines:
                    pen(paper, made[name], center, size)
                case = {"name": f"{name}, place {number}", "rotation": made[name], "center": list(center), "size": size}
                groups[kind].append({**case, "lines": lines})
    groups["overlay"] = [_overlay(name, made[name], style) for name in chosen for style in draw.STYLES]
    return groups


def _overlay(name: str, rotation: np.ndarray, style: str) -> Case:
    box = Box(31.5, 40.0, 131.5, 165.25)
    pitch, yaw, roll = (float(a) for a in rot.rotation_to_euler(rotation))
    with _noted_lines() as lines:
        draw.annotate(np.zeros((64, 64, 3), np.uint8), [HeadPose(box, 0.9, rotation, yaw, pitch, roll)], style)
    label = draw.pose_lines(yaw, pitch, roll)
    case = {"name": f"{style} of {name}", "style": style, "box": list(box), "rotation": rotation}
    return {**case, "lines": lines, "label": label}
