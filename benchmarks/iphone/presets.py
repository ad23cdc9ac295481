"""How an iPhone is measured: protocols, and presets that repeat what others published."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.record import OURS
from runtime.errors import unknown_name


@dataclass(frozen=True)
class Protocol:
    """Rules of measuring, as they are handed to our app."""

    name: str
    """Name that the result carries."""
    rounds: int
    """How often the model is opened anew."""
    loads: int
    """How often it is opened in a round, each time timed; the last one stays open."""
    warmup: int
    """Inferences of a round that are not kept."""
    iterations: int
    """Inferences of a round that are kept."""
    min_seconds: float
    """Go on with the last round until all kept inferences together took so long."""
    figure: str
    """Which figure of its samples is quoted: 'p50' or 'trimmed_mean'."""


HEADPOSE = Protocol(OURS, rounds=1, loads=3, warmup=50, iterations=1000, min_seconds=2.0, figure="p50")
"""Ours: warm-up, then a thousand inferences in one go, the median."""
MODELBENCH = Protocol("modelbench", 20, loads=1, warmup=1, iterations=50, min_seconds=0.0, figure="trimmed_mean")
"""Apple's ml-mobileone ModelBench: 20 rounds of 50, the model re-created for each, one warm-up dropped, the 10 fastest
and the 10 slowest of a round left out, the mean of the rounds' means."""
XCODE = Protocol("xcode", 3, loads=3, warmup=0, iterations=40, min_seconds=0.0, figure="p50")
"""What Xcode's performance report does: its `perfRunConfig` says 3 experiments of 3 loads and 40 predictions, and it
shows the median of all 120."""
PROTOCOLS = {protocol.name: protocol for protocol in (HEADPOSE, MODELBENCH, XCODE)}


@dataclass(frozen=True)
class Preset:
    """A named way to measure."""

    name: str
    """What --preset takes."""
    about: str
    """For people."""
    protocols: tuple[Protocol, ...]
    """One result each."""
    compute_units: tuple[str, ...] = ("all",)
    """Asked for unless --compute-units says otherwise."""
    device_model: str | None = None
    """Model identifier of the phone whose published figures are compared; None for a preset without any."""
    os_version: str | None = None
    """Its system when they were published."""
    published: str | None = None
    """End of the ids of the published figures, '<backbone>-<this>' in benchmarks/published.json."""
    differs: tuple[str, ...] = ()
    """What differs between their files and ours, however we measure."""


_THEIRS = (
    "their file is of the NeuralNetwork format, ours an ML program",
    "theirs is an ImageNet classifier with 1000 outputs, ours the same backbone with a 6D rotation head",
    "theirs has no normalisation in it, ours has",
)
PRESETS = {
    preset.name: preset
    for preset in (
        Preset("headpose", "our own protocol", (HEADPOSE,)),
        Preset("modelbench", "20 rounds of 50, trimmed mean, as Apple's ModelBench", (MODELBENCH,)),
        Preset("xcode", "3 times 3 loads and 40 predictions, median, as Xcode's performance report", (XCODE,)),
        Preset(
            "iphone12-ios16",
            "what RepNeXt published: iPhone 12, iOS 16, Xcode's median, all units, batch 1; ours and ModelBench's too",
            (XCODE, HEADPOSE, MODELBENCH),
            device_model="iPhone13,2",
            os_version="16.0.2",
            published="iphone12",
            differs=_THEIRS,
        ),
    )
}


def preset_named(name: str) -> Preset:
    """The preset; HeadPoseError that tells the nearest name for an unknown one."""
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return PRESETS[name]
