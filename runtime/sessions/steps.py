"""What a session yields when it is walked operator by operator."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """One executed operator's output; an operator with several outputs yields one step for each."""

    name: str
    """Name of the output tensor in the file."""
    kind: str
    """Operator type as the format spells it: 'conv', 'Conv', 'CONV_2D'."""
    value: np.ndarray
    """The output as the engine left it."""
