"""The trained weights that come with the program: for each network NAME.safetensors, its card NAME.json, and NAME.md.

`python -m training.ship` writes them, `headpose card` puts their figures into the card; no file is edited by hand.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
"""Where they lie."""
