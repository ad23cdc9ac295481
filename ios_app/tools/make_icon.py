"""Draws the app's icon, 1024×1024 without transparency, as Xcode 14 and later take one picture for all sizes.

    python ios_app/tools/make_icon.py

A head's three axes as the app draws them: X red, Y green, Z blue, of a head that is turned and looks up a little. The
axes come from the project's own rotation maths, so that the icon shows what the app shows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(APP.parent))
SET = APP / "HeadPose" / "Assets.xcassets"
SIDE = 1024
BACKGROUND, HEAD = (24, 28, 44), (226, 230, 240)
COLORS = ((235, 64, 52), (52, 199, 89), (64, 132, 255))
PITCH_YAW_ROLL_DEG = (18.0, 32.0, -10.0)


def draw(path: Path) -> None:
    """Write the icon."""
    import numpy as np
    from PIL import Image, ImageDraw

    from runtime.rotation import euler_to_rotation

    scale = 4  # drawn larger, then made smaller: smooth edges
    picture = Image.new("RGB", (SIDE * scale,) * 2, BACKGROUND)
    pen = ImageDraw.Draw(picture)
    middle = np.array([SIDE / 2, SIDE * 0.53]) * scale
    radius = np.array([250, 320]) * scale
    pen.ellipse([*(middle - radius), *(middle + radius)], fill=HEAD)
    rotation = np.asarray(euler_to_rotation(*PITCH_YAW_ROLL_DEG))
    ends = [
        middle + 400 * scale * sign * np.array([row[0], -row[1]])
        for row, sign in zip(rotation, (1, -1, 1), strict=True)
    ]
    for end, color in zip(ends, COLORS, strict=True):
        pen.line([*middle, *end], fill=color, width=56 * scale)
        pen.ellipse([*(end - 28 * scale), *(end + 28 * scale)], fill=color)
    pen.ellipse([*(middle - 36 * scale), *(middle + 36 * scale)], fill=BACKGROUND)
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(path, optimize=True)


def write(path: Path, contents: dict[str, object]) -> None:
    """Write a Contents.json as Xcode does."""
    path.mkdir(parents=True, exist_ok=True)
    whole = {**contents, "info": {"author": "xcode", "version": 1}}
    (path / "Contents.json").write_text(json.dumps(whole, indent=2, separators=(",", " : ")) + "\n", encoding="utf-8")


def main() -> None:
    """Write the asset catalogue."""
    write(SET, {})
    icon = {"filename": "icon.png", "idiom": "universal", "platform": "ios", "size": "1024x1024"}
    write(SET / "AppIcon.appiconset", {"images": [icon]})
    color = {"color-space": "srgb", "components": {"alpha": "1.000", "blue": "1.000", "green": "0.518", "red": "0.251"}}
    write(SET / "AccentColor.colorset", {"colors": [{"color": color, "idiom": "universal"}]})
    draw(SET / "AppIcon.appiconset" / "icon.png")


if __name__ == "__main__":
    main()
