"""Weights by name: those that come with the program, and the seeded ones of networks that nobody trained.

default       the better one of the shipped networks by its card; with a backbone, that network's shipped weights,
              and seeded ones where none are shipped for it
default-m0    RepNeXt-M0, as shipped
default-m4    RepNeXt-M4, as shipped
untrained     seeded weights of any backbone (`training.models.default`)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import weights
from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError, unknown_name
from training.card_record import PHOTOGRAPHS, RENDERED, Card, read_card

DEFAULT, UNTRAINED = "default", "untrained"
SHIPPED = {"default-m0": "repnext_m0", "default-m4": "repnext_m4"}
NAMES = (DEFAULT, *SHIPPED, UNTRAINED)
DEFAULT_BACKBONE = "repnext_m4"  # where nothing is shipped and no backbone named


@dataclass(frozen=True)
class Named:
    """What a name stands for."""

    name: str
    """'untrained', or the name of shipped weights that is not 'default'."""
    backbone: str
    """Backbone name."""
    file: Path | None
    """The shipped file, its hash checked; None for seeded weights."""


def is_name(source: str | Path) -> bool:
    """Whether this names weights instead of a file; HeadPoseError for a misspelt 'default…'."""
    text = str(source)
    if text.startswith(f"{DEFAULT}-") and text not in NAMES and not Path(text).exists():
        raise unknown_name("weights", text, NAMES)
    return text in NAMES


def find(name: str, backbone: str | None = None) -> Named:
    """What one of `NAMES` stands for.

    Args:
        name: the name.
        backbone: the backbone that is wanted; None takes the name's own.

    Raises:
        HeadPoseError: weights that are not shipped, are damaged, or are of another backbone.
    """
    if name == UNTRAINED:
        return Named(UNTRAINED, backbone or DEFAULT_BACKBONE, None)
    cards = shipped_cards()
    if name == DEFAULT:
        card = cards.get(backbone) if backbone else better(cards.values())
        return _named(card) if card else Named(UNTRAINED, backbone or DEFAULT_BACKBONE, None)
    own = SHIPPED[name]
    if backbone not in (None, own):
        raise HeadPoseError(f"{name} is {own}, not {backbone}: leave --backbone out, or take --checkpoint {UNTRAINED}")
    if own not in cards:
        raise HeadPoseError(
            f"{name} is not shipped with this copy: give a file, or {UNTRAINED} for a seeded network, which is good "
            "for trying the pipeline and nothing else"
        )
    return _named(cards[own])


def shipped_cards(folder: Path | None = None) -> dict[str, Card]:
    """Backbone → card of the weights in a folder; None takes the program's own.

    Raises HeadPoseError for a card or weights without the other, a card that cannot be read or is of another network.
    """
    place = folder or weights.FOLDER
    found = {}
    for backbone in SHIPPED.values():
        file, card = place / f"{backbone}.safetensors", place / f"{backbone}.json"
        if file.exists() != card.exists():
            there, lost = (file, card) if file.exists() else (card, file)
            raise HeadPoseError(f"{there} is there, but not {lost.name}: install the program again")
        if card.exists():
            found[backbone] = read_card(card)
            if found[backbone].backbone != backbone:
                raise HeadPoseError(f"{card} is the card of {found[backbone].backbone}: install the program again")
    return found


def better(cards: Iterable[Card]) -> Card | None:
    """The card that 'default' stands for: the lowest mean geodesic error on photographs; None without trained weights.

    Photographs count before rendered heads, a card with figures before one without, RepNeXt-M4 before M0.
    """
    return min((card for card in cards if card.trained), key=_rank, default=None)


def _rank(card: Card) -> tuple[float, float, bool]:
    def mean(kind: str) -> float:
        found = card.measured(kind)
        return math.inf if found is None else found.geodesic_mean_deg.value

    return mean(PHOTOGRAPHS), mean(RENDERED), card.backbone != DEFAULT_BACKBONE


def _named(card: Card) -> Named:
    name = next(name for name, backbone in SHIPPED.items() if backbone == card.backbone)
    file = weights.FOLDER / card.file
    if sha256_of(file) != card.sha256:
        raise HeadPoseError(
            f"{file} is damaged: its SHA-256 is not the one that {card.name}.json names; install the program again"
        )
    return Named(name, card.backbone, file)


__all__ = ["DEFAULT", "NAMES", "SHIPPED", "UNTRAINED", "Named", "better", "find", "is_name", "shipped_cards"]
