"""How long one operator takes, as the engine's own profiler tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OpTime:
    """An operator, or all of one kind where the profiler does not tell them apart."""

    name: str
    """As the engine names it; fused operators have the name of one of them."""
    kind: str
    """Type of operator, as the engine spells it."""
    calls: int
    """Calls in one inference."""
    ms: float
    """All of them, mean of an inference. A profiler slows small operators down."""
