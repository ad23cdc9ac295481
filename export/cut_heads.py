"""Cuts a set of `headpose synth` into the crops that come with the program: ``python -m export.cut_heads SET OUT``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from runtime.artifact import sha256_of
from runtime.atomic import check_new, make_folder, write_text
from runtime.errors import HeadPoseError
from runtime.preprocess import CROP_SCALE, CROP_SHIFT_Y, Box, crop_face
from training.data.face_list import FaceRow, write_face_list
from training.data.registry import open_dataset
from training.run_facts import rendered_parameters

SIDE = 224
_QUALITY = 88  # of the JPEG files: about 10 kB each
_LICENCE = "CC0-1.0 (rendered by this program from MakeHuman's core assets, CC0)"


def whole_box(side: int) -> Box:
    """The face box whose crop (`runtime.preprocess.crop_box`) is a whole square picture."""
    face = side / CROP_SCALE
    left, top = (side - face) / 2, (side - face) / 2 - CROP_SHIFT_Y * face
    return Box(left, top, left + face, top + face)


def cut_heads(source: str | Path, out: str | Path) -> int:
    """Write the crops of all faces of a rendered set as a face list; returns how many.

    Raises HeadPoseError for a folder that is no rendered set or has foreign pictures in it, and for one to write to
    that holds such a list already.
    """
    parameters = rendered_parameters(Path(source))
    if parameters["foreign"]:
        raise HeadPoseError(f"{source} has pictures of {', '.join(parameters['foreign'])}: they cannot be shipped")
    from PIL import Image

    faces, folder = open_dataset("FaceList", source), make_folder(Path(out))
    check_new(folder / "labels.csv", overwrite=False)
    rows = []
    for index in range(len(faces)):
        name = f"{index:03}.jpg"
        crop = crop_face(faces.picture(index), Box(*faces.boxes[index]), SIDE)
        Image.fromarray(crop).save(folder / name, quality=_QUALITY)
        rows.append(FaceRow(name, faces.rotations[index], whole_box(SIDE), faces.groups[index]))
    write_face_list(folder / "labels.csv", rows)
    facts = {"licence": _LICENCE, "rendered": parameters, "labels_sha256": sha256_of(folder / "labels.csv")}
    write_text(folder / "provenance.json", json.dumps(facts, indent=1))
    return len(rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("source", metavar="SET", help="folder of headpose synth")
    parser.add_argument("out", metavar="OUT", help="folder to write to")


def run(args: argparse.Namespace) -> int:
    """Cut; 0."""
    print(f"{cut_heads(args.source, args.out)} heads in {args.out}")
    return 0


def main(argv: list[str] | None = None) -> int:
    """``python -m export.cut_heads``."""
    from runtime.command_line import run_command

    arguments = sys.argv[1:] if argv is None else argv
    return run_command(
        sys.modules[__name__], "python -m export.cut_heads", "Cut the heads that are shipped.", arguments
    )


if __name__ == "__main__":
    raise SystemExit(main())
