"""What scenes are made of, by name, in two parts: one to train on, one that is never trained on.

The split is by name, not by chance: what is held out stays held out on every machine and whatever else is added.
Held out are people (identities), skins, hair and backgrounds. Of drawn backgrounds whole kinds are held out, since two
walls of bricks are not strangers. Eyes, brows, lashes, facial actions and environments are few, and shared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runtime.errors import HeadPoseError
from training.data.synthetic.assets import AGES, GROUPS, SEXES, AssetPack
from training.data.synthetic.lighting import ENVIRONMENTS
from training.data.synthetic.procedural_skin import EYES

HELD_OUT_SHARE = 0.2
IDENTITIES = (0, 20_000)
"""First and one past the last identity that is trained on."""
HELD_OUT_IDENTITIES = (1_000_000, 1_002_000)
"""Likewise of those that are not."""

NO_FILE = "procedural"
"""Skins and eyes of this first name are drawn by `procedural_skin`, with the group's tone and the colour's name."""


@dataclass(frozen=True)
class SkinChoice:
    """A skin by name and whom it suits."""

    name: str
    """As in the asset pack, or procedural/<age>_<group>_<sex>."""
    age: str
    """One of assets.AGES."""
    group: str
    """One of assets.GROUPS."""
    sex: str
    """One of assets.SEXES."""


@dataclass(frozen=True)
class Catalogue:
    """Everything that `plan_scene` chooses from; a kind without names is left out of the scenes."""

    skins: tuple[SkinChoice, ...]
    """At least one."""
    backgrounds: tuple[str, ...]
    """Names of `Backgrounds`; at least one."""
    hair: tuple[str, ...] = ()
    """Hair styles of the asset pack."""
    brows: tuple[str, ...] = ()
    """Eyebrows of the asset pack."""
    lashes: tuple[str, ...] = ()
    """Eyelashes of the asset pack."""
    eyes: tuple[str, ...] = tuple(f"{NO_FILE}/{name}" for name in EYES)
    """Eye textures: <part>/<picture> of the asset pack, or procedural/<colour>."""
    actions: tuple[str, ...] = ()
    """Facial actions of the head model, by ARKit's names."""
    environments: tuple[str, ...] = tuple(ENVIRONMENTS)
    """Where the light comes from: names of `Environments`."""
    identities: tuple[int, int] = IDENTITIES
    """Range of the people, the end excluded."""
    held_out: bool | None = None
    """Which part of the split this is; None before it."""

    def __post_init__(self) -> None:
        if not self.skins or not self.backgrounds or self.identities[0] >= self.identities[1]:
            raise HeadPoseError("scenes need a skin, a background and an identity: give a catalogue with some of each")

    @classmethod
    def of(
        cls,
        pack: AssetPack | None,
        backgrounds: Sequence[str],
        actions: Sequence[str] = (),
        environments: Sequence[str] = tuple(ENVIRONMENTS),
    ) -> Catalogue:
        """Everything of an asset pack; of none, drawn skins and eyes, and heads with neither hair nor brows.

        Raises HeadPoseError without a background.
        """
        if pack is None:
            drawn = [(f"{a}_{g}_{s}", a, g, s) for a in AGES for g in GROUPS for s in SEXES]
            skins = tuple(SkinChoice(f"{NO_FILE}/{name}", age, group, sex) for name, age, group, sex in drawn)
            return cls(skins, tuple(backgrounds), actions=tuple(actions), environments=tuple(environments))
        eyes = [(one, file.stem) for one in pack.names["eyes"] for file in _eye_pictures(pack, one)]
        return cls(
            skins=tuple(SkinChoice(s.name, s.age, s.group, s.sex) for s in pack.skins),
            backgrounds=tuple(backgrounds),
            hair=pack.names["hair"],
            brows=pack.names["eyebrows"],
            lashes=pack.names["eyelashes"],
            eyes=tuple(f"{part}/{picture}" for part, picture in eyes),
            actions=tuple(actions),
            environments=tuple(environments),
        )

    def split(self, held_out: bool) -> Catalogue:
        """The part to train on, or the part that is held out.

        About a fifth of the hair, of the backgrounds and of the skins of each group is held out, at least one of two
        or more.

        Raises:
            HeadPoseError: the catalogue is a part already, or has too few skins or backgrounds to hold any out.
        """
        if self.held_out is not None:
            raise HeadPoseError("a part of a catalogue is not split again: split the whole one")
        if self.identities[1] > HELD_OUT_IDENTITIES[0]:
            raise HeadPoseError(f"identities from {HELD_OUT_IDENTITIES[0]} on are held out: give a range below")
        away = _held_out("background", sorted({_background_key(name) for name in self.backgrounds}))
        backgrounds = [name for name in self.backgrounds if (_background_key(name) in away) == held_out]
        gone = {name for group in GROUPS for name in _held_out("skin", self._skins_of(group))}
        skins = [skin for skin in self.skins if (skin.name in gone) == held_out]
        if not skins or not backgrounds:
            raise HeadPoseError(
                "too few skins or backgrounds to hold some out: give two at least of a group and of each"
            )
        without = _held_out("hair", self.hair)
        return replace(
            self,
            skins=tuple(skins),
            backgrounds=tuple(backgrounds),
            hair=tuple(name for name in self.hair if (name in without) == held_out),
            identities=HELD_OUT_IDENTITIES if held_out else self.identities,
            held_out=held_out,
        )

    def _skins_of(self, group: str) -> list[str]:
        return [skin.name for skin in self.skins if skin.group == group]


def _eye_pictures(pack: AssetPack, part: str) -> list[Path]:
    return sorted((pack.folder / "eyes" / part / "textures").glob("*.png"))


def _background_key(name: str) -> str:
    """What is held out as one: the kind of a drawn background, else the picture."""
    return name.rpartition("/")[0] if name.startswith("drawn/") else name


def _place(kind: str) -> Callable[[str], float]:
    """A name → a number from 0 to 1 that depends on nothing else."""

    def place(name: str) -> float:
        return int.from_bytes(hashlib.sha256(f"{kind}/{name}".encode()).digest()[:8], "big") / 2**64

    return place


def _held_out(kind: str, names: Sequence[str]) -> set[str]:
    """The names below the share; of two or more at least one, and never all."""
    ordered = sorted(names, key=_place(kind))
    count = sum(_place(kind)(name) < HELD_OUT_SHARE for name in ordered)
    return set(ordered[: min(max(count, 1), len(ordered) - 1)]) if ordered else set()
