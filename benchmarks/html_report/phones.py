"""Phones that were never measured: a row of their own, with the command that fills it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.record import LatencyResult


@dataclass(frozen=True)
class AwaitedPhone:
    """A phone of which results are wanted."""

    name: str
    """As people call it."""
    kind: str
    """'android' or 'iphone'."""
    models: tuple[str, ...]
    """Identifiers as results have them; empty for any of the kind."""
    commands: tuple[str, ...]
    """What to run, the shortest first; the last one repeats what others published, where there is such a preset."""


_IPHONE = "headpose bench iphone out/m4/sixdrepnet_repnext_m4_fp16.mlpackage"
AWAITED = (
    AwaitedPhone(
        "iPhone 12",
        "iphone",
        ("iPhone13,2", "iPhone 12"),
        (
            f"{_IPHONE} --development-team TEAM --save benchmarks/results",
            f"{_IPHONE} --preset iphone12-ios16 --development-team TEAM --save benchmarks/results",
        ),
    ),
    AwaitedPhone(
        "any Android phone",
        "android",
        (),
        ("headpose bench android out/m4/sixdrepnet_repnext_m4_fp32.tflite --save benchmarks/results",),
    ),
)


def awaited(results: Sequence[LatencyResult]) -> list[AwaitedPhone]:
    """Those of AWAITED that no result is of."""
    seen = {(result.device.kind, result.device.model) for result in results}
    return [
        phone
        for phone in AWAITED
        if not any(kind == phone.kind and (not phone.models or model in phone.models) for kind, model in seen)
    ]
