"""iPhones by their model identifiers: what people call them, and their chips.

Identifiers are what devicectl calls productType and the system `hw.machine`; names and chips are those of Apple's
technical specifications. Every chip from the A11 on has six cores that run at once.
"""

from __future__ import annotations

from dataclasses import dataclass

CORES = 6
"""Of every iPhone chip since the A11, and what a phone that is not in the table is taken to have."""


@dataclass(frozen=True)
class Iphone:
    """One row of the table."""

    identifier: str
    """'iPhone13,2'."""
    name: str
    """'iPhone 12'."""
    soc: str
    """'A14'."""


_ROWS = """
iPhone10,1  A11      iPhone 8
iPhone10,4  A11      iPhone 8
iPhone10,2  A11      iPhone 8 Plus
iPhone10,5  A11      iPhone 8 Plus
iPhone10,3  A11      iPhone X
iPhone10,6  A11      iPhone X
iPhone11,2  A12      iPhone XS
iPhone11,6  A12      iPhone XS Max
iPhone11,4  A12      iPhone XS Max
iPhone11,8  A12      iPhone XR
iPhone12,1  A13      iPhone 11
iPhone12,3  A13      iPhone 11 Pro
iPhone12,5  A13      iPhone 11 Pro Max
iPhone12,8  A13      iPhone SE (2nd generation)
iPhone13,1  A14      iPhone 12 mini
iPhone13,2  A14      iPhone 12
iPhone13,3  A14      iPhone 12 Pro
iPhone13,4  A14      iPhone 12 Pro Max
iPhone14,4  A15      iPhone 13 mini
iPhone14,5  A15      iPhone 13
iPhone14,2  A15      iPhone 13 Pro
iPhone14,3  A15      iPhone 13 Pro Max
iPhone14,6  A15      iPhone SE (3rd generation)
iPhone14,7  A15      iPhone 14
iPhone14,8  A15      iPhone 14 Plus
iPhone15,2  A16      iPhone 14 Pro
iPhone15,3  A16      iPhone 14 Pro Max
iPhone15,4  A16      iPhone 15
iPhone15,5  A16      iPhone 15 Plus
iPhone16,1  A17-Pro  iPhone 15 Pro
iPhone16,2  A17-Pro  iPhone 15 Pro Max
iPhone17,3  A18      iPhone 16
iPhone17,4  A18      iPhone 16 Plus
iPhone17,5  A18      iPhone 16e
iPhone17,1  A18-Pro  iPhone 16 Pro
iPhone17,2  A18-Pro  iPhone 16 Pro Max
iPhone18,3  A19      iPhone 17
iPhone18,4  A19-Pro  iPhone Air
iPhone18,1  A19-Pro  iPhone 17 Pro
iPhone18,2  A19-Pro  iPhone 17 Pro Max
"""


def _row(line: str) -> Iphone:
    identifier, soc, name = line.split(maxsplit=2)
    return Iphone(identifier, name, soc.replace("-", " "))


IPHONES = tuple(_row(line) for line in _ROWS.strip().splitlines())


def soc_of(identifier: str) -> str | None:
    """The chip of a model identifier; None for one that is not in the table."""
    return next((phone.soc for phone in IPHONES if phone.identifier == identifier), None)


def identifier_of(name: str) -> str | None:
    """The first model identifier of what people call a phone, as 'iPhone13,2' of 'iPhone 12'; None if unknown."""
    return next((phone.identifier for phone in IPHONES if phone.name == name), None)


def name_of(identifier: str) -> str:
    """What people call it; the identifier itself for one that is not in the table."""
    return next((phone.name for phone in IPHONES if phone.identifier == identifier), identifier)
