"""Draws the picture of the conventions: which way positive angles turn, and the three axes.

Run ``python -m benchmarks.conventions docs/conventions.png`` from the repository's root.
"""

from __future__ import annotations

import sys
from pathlib import Path

from runtime.draw import draw_axes, side_by_side
from runtime.images import save_image
from runtime.rotation import euler_to_rotation
from training.data.drawn_faces import STYLES, draw_face

_SIDE = 288  # pixels of one head
# caption → pitch, yaw, roll in degrees
_POSES = {
    "neutral: R = I": (0.0, 0.0, 0.0),
    "yaw +40: to the image's left": (0.0, 40.0, 0.0),
    "pitch +30: looks up": (30.0, 0.0, 0.0),
    "roll +30: tilts clockwise": (0.0, 0.0, 30.0),
}


def draw_conventions(path: Path) -> None:
    """Write a PNG of four drawn heads with their axes: X red, Y green, Z blue out of the face."""
    panels = []
    for caption, angles in _POSES.items():
        head = draw_face(*angles, size=_SIDE, style=STYLES[0])
        panels.append((draw_axes(head, euler_to_rotation(*angles), size=_SIDE * 0.42), caption))
    save_image(path, side_by_side(panels))


if __name__ == "__main__":
    draw_conventions(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/conventions.png"))
