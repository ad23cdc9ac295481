"""Rendered heads that come with the program: face crops with rotations, as face lists (training/data/face_list.py).

`headpose synth` rendered them from CC0 assets and `python -m export.cut_heads` cut them; provenance.json in each folder
says with which settings. No file is edited by hand.
"""

from __future__ import annotations

from pathlib import Path

CALIBRATION = Path(__file__).resolve().parent / "calibration"
"""Of people that networks are trained on: ranges of activations are measured on them."""
HELD_OUT = Path(__file__).resolve().parent / "held_out"
"""Of people, skins and hair that no recipe trains on: parity and errors are measured on them."""
