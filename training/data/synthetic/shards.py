"""Rendered heads on disk: a folder of shards that `training.data.face_list` reads.

    <folder>/manifest.json             parameters of the set and their hash
    <folder>/shard_00000/000000.jpg …  pictures
    <folder>/shard_00000/labels.csv    a face list of them, grouped by identity
    <folder>/shard_00000/scenes.jsonl  one scene a line: everything needed to render it again
    <folder>/shard_00000/shard.json    number of pictures, hash of the set's parameters
    <folder>/labels.csv, scenes.jsonl  those of all shards, written by `finish_set`

A shard is whole or not there: it is written beside its place and renamed, so that a run that was killed goes on with
the shards that are missing, and several processes may write shards of one set.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.atomic import make_folder, replacing, write_text
from runtime.errors import HeadPoseError, unknown_name
from runtime.preprocess import Box
from training.data.face_list import FaceRow, write_face_list
from training.data.source import Image

SET_FORMAT = 1
PICTURE_FORMATS = (".jpg", ".png")
_JPEG_QUALITY = 95
_LEFTOVER = ".shard_*"  # of a process that was killed


@dataclass(frozen=True, eq=False)
class ShardRecord:
    """What is known of one picture."""

    rotation: npt.ArrayLike
    """(3, 3) label."""
    box: Box
    """The face in pixels."""
    group: str
    """The identity."""
    scene: Mapping[str, Any]
    """JSON of the plan, landmarks, camera; a line of scenes.jsonl."""


def begin_set(folder: str | Path, parameters: Mapping[str, Any]) -> str:
    """Begin a set or go on with it; the hash of its parameters.

    Args:
        folder: of the set; made where it is not there.
        parameters: everything that the pictures follow from, as JSON types: seed, density, size, catalogue, versions.

    Raises:
        HeadPoseError: the folder holds a set of other parameters (the first that differs is named) or other files, or
            cannot be written.
    """
    place, given = make_folder(Path(folder)), json.loads(json.dumps(dict(parameters)))
    file = place / "manifest.json"
    if not file.is_file():
        if any(not one.name.startswith(".") for one in place.iterdir()) and not file.is_file():
            raise HeadPoseError(f"{place} holds other files: give a new folder for the rendered set")
        record = {"format": SET_FORMAT, "hash": _hash(given), "parameters": given}
        write_text(file, json.dumps(record, indent=2, sort_keys=True) + "\n")
    found = _manifest(place)  # also what another process wrote meanwhile
    if found["hash"] != _hash(given):
        raise HeadPoseError(_difference(place, found["parameters"], given))
    return str(found["hash"])


def _hash(parameters: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / "manifest.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        whole = record["format"] == SET_FORMAT and record["hash"] == _hash(record["parameters"])
    except OSError as error:
        raise HeadPoseError(f"{folder} is no rendered set: {file.name} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HeadPoseError(f"{file} is damaged: render the set into a new folder") from error
    if not whole:
        raise HeadPoseError(f"{file} was changed or is of another version: render the set into a new folder")
    return dict(record)


def _difference(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    name = next(name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
    return (
        f"{folder} holds a set rendered with {name} {_short(old.get(name))}, not {_short(new.get(name))}: "
        "give another folder, or the same parameters to go on"
    )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."


def shard_folder(folder: str | Path, number: int) -> Path:
    """Where a shard lies."""
    return Path(folder) / f"shard_{number:05}"


def missing_shards(folder: str | Path, count: int) -> list[int]:
    """The shards below `count` that are yet to be written."""
    return [number for number in range(count) if not (shard_folder(folder, number) / "shard.json").is_file()]


def write_shard(
    folder: str | Path,
    number: int,
    images: Iterable[Image],
    records: Sequence[ShardRecord],
    *,
    set_hash: str,
    suffix: str = ".jpg",
) -> bool:
    """Write a shard of a set that was begun; False, and nothing drawn from `images`, if it is there already.

    Args:
        folder: of the set.
        number: of the shard, from 0.
        images: RGB uint8 (H, W, 3), as many as records; may be a generator that renders.
        records: of the pictures.
        set_hash: as `begin_set` gave it: the set that the pictures were made for.
        suffix: .jpg (quality 95, full colour resolution) or .png (exact).

    Raises:
        HeadPoseError: no set or another one in the folder, no record, not as many images, a rotation that is none, a
            full disk: then nothing of the shard is left.
    """
    if suffix not in PICTURE_FORMATS:
        raise unknown_name("picture format", suffix, PICTURE_FORMATS)
    place = shard_folder(folder, number)
    if _manifest(Path(folder))["hash"] != set_hash:
        raise HeadPoseError(f"{folder} holds a set of other parameters: give another folder")
    if (place / "shard.json").is_file():
        return False
    with replacing(place) as part:
        part.mkdir()
        names = [f"{one:06}{suffix}" for one in range(len(records))]
        _write_images(part, names, images, place)
        faces = [FaceRow(name, one.rotation, one.box, one.group) for name, one in zip(names, records)]
        write_face_list(part / "labels.csv", faces)
        lines = [json.dumps({"image": name, **one.scene}, sort_keys=True) for name, one in zip(names, records)]
        (part / "scenes.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        (part / "shard.json").write_text(json.dumps({"hash": set_hash, "count": len(names)}) + "\n", encoding="utf-8")
    return True


def _write_images(part: Path, names: Sequence[str], images: Iterable[Image], place: Path) -> None:
    count = 0
    for count, image in enumerate(images, start=1):
        if count <= len(names):
            (part / names[count - 1]).write_bytes(_encoded(image, Path(names[count - 1]).suffix, place))
    if count != len(names):
        raise HeadPoseError(f"{place} has {count} pictures for {len(names)} records: nothing was written")


def _encoded(image: Image, suffix: str, place: Path) -> bytes:
    import cv2

    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise HeadPoseError(f"a picture for {place} has shape {image.shape} and type {image.dtype}: give RGB of 8 bits")
    how = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    how += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), how if suffix == ".jpg" else [])
    return bytes(data)


def finish_set(folder: str | Path, count: int) -> Path:
    """Join the labels and scenes of the shards below `count`; the face list of the whole set.

    Leftovers of killed processes are removed, so no process may be writing any more.

    Raises:
        HeadPoseError: a shard is missing, of another set or damaged, or the disk is full.
    """
    place = Path(folder)
    hashed = _manifest(place)["hash"]
    if missing := missing_shards(place, count):
        raise HeadPoseError(f"{place} lacks {len(missing)} of {count} shards: run the same command again to go on")
    for leftover in place.glob(_LEFTOVER):
        shutil.rmtree(leftover, ignore_errors=True)
    shards = [shard_folder(place, number) for number in range(count)]
    rows = [row for shard in shards for row in _rows(shard, hashed)]
    lines = [line for shard in shards for line in _scenes(shard)]
    write_text(place / "scenes.jsonl", "".join(lines))
    with replacing(place / "labels.csv") as part, part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return place / "labels.csv"


def _damaged(shard: Path, what: str) -> HeadPoseError:
    return HeadPoseError(f"the shard {shard} is damaged ({what}): delete it and run the same command again")


def _rows(shard: Path, hashed: str) -> list[dict[str, str]]:
    """The labels of a shard, pictures named from the folder of the set."""
    try:
        record = dict(json.loads((shard / "shard.json").read_text(encoding="utf-8")))
        with (shard / "labels.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise _damaged(shard, str(error)) from error
    if record.get("hash") != hashed:
        raise HeadPoseError(f"the shard {shard} is of another set: move it away and run the same command again")
    if not rows or "image" not in rows[0]:
        raise _damaged(shard, "labels.csv holds no labels")
    if len(rows) != record.get("count"):
        raise _damaged(shard, f"{len(rows)} labels of {record.get('count')}")
    if lost := [row["image"] for row in rows if not (shard / row["image"]).is_file()]:
        raise _damaged(shard, f"{lost[0]} is not there")
    return [{**row, "image": f"{shard.name}/{row['image']}"} for row in rows]


def _scenes(shard: Path) -> Iterator[str]:
    try:
        for line in (shard / "scenes.jsonl").read_text(encoding="utf-8").splitlines():
            scene = json.loads(line)
            yield json.dumps({**scene, "image": f"{shard.name}/{scene['image']}"}, sort_keys=True) + "\n"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(shard, f"scenes.jsonl: {error}") from error
