"""Writes the app's example: photograph, the pose that Python reads from it, and crops for the app's cutter.

    python ios_app/tools/make_example.py            all three, from a checkout with its environment
    python ios_app/tools/make_example.py --cuts     the crops alone, in a second

The photograph is scikit-image's `astronaut`: NASA's portrait of Eileen Collins, in the public domain
(https://scikit-image.org/docs/stable/api/skimage.data.html#skimage.data.astronaut). The poses are read from the JPEG as
it is written here, with the shipped weights exported to Core ML in fp16 and executed operator by operator
(`runtime.mil`, mode `stored`): what a phone should read too, but for its own arithmetic.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

APP = Path(__file__).resolve().parents[1]
ROOT = APP.parent
sys.path.insert(0, str(ROOT))

RESOURCES = APP / "HeadPose" / "Resources"
CUTS = APP / "ci" / "pipeline" / "Tests" / "PipelineTests" / "Golden" / "cuts.json"
WEIGHTS = ("default-m0", "default-m4")
JPEG_QUALITY = 92
OTHER_DECODER_DEG = 1.0
"""On top of a precision's parity gate: another JPEG decoder, the Neural Engine's arithmetic."""
PICTURE = {
    "file": "example.jpg",
    "title": "Eileen Collins, astronaut",
    "origin": "NASA, Great Images in NASA (https://flic.kr/p/r9qvLn), as scikit-image's data.astronaut, 512×512",
    "licence": "Public domain; its use says nothing about an endorsement by NASA or the person",
}


def write_picture(path: Path) -> npt.NDArray[np.uint8]:
    """Write the photograph as JPEG; returns it as every reader gets it back, RGB (H, W, 3) uint8."""
    from PIL import Image
    from skimage.data import astronaut

    from runtime.images import read_image

    Image.fromarray(astronaut()).save(path, quality=JPEG_QUALITY, subsampling=0)
    return read_image(path)


def exported(name: str, folder: Path) -> Path:
    """The shipped weights as an fp16 .mlpackage."""
    command = [sys.executable, "-m", "headpose", "export", "--checkpoint", name, "--targets", "coreml"]
    command += ["--precision", "fp16", "--no-parity", "--labels", "none", "--out", str(folder / name)]
    subprocess.run(command, cwd=ROOT, check=True)
    return next((folder / name).glob("*.mlpackage"))


def read_pose(package: Path, picture: npt.NDArray[np.uint8], face: Any) -> dict[str, Any]:
    """What a package reads from the face: one entry of golden.json."""
    from runtime.preprocess import crop_face
    from runtime.rotation import rotation_to_euler
    from runtime.sessions import open_session

    session = open_session(package)
    info = session.info
    rotation = np.asarray(session.run(crop_face(picture, face, info.input_size)[None])[0], dtype=np.float64)
    pitch, yaw, roll = rotation_to_euler(rotation[None])[0]
    return {
        "backbone": info.backbone,
        "checkpoint_sha256": info.checkpoint.sha256,
        "rotation": [round(float(v), 6) for v in rotation.reshape(-1)],
        "yaw_deg": round(float(yaw), 2),
        "pitch_deg": round(float(pitch), 2),
        "roll_deg": round(float(roll), 2),
        "reader": f"{package.name}, executed operator by operator in fp16 storage on Linux",
    }


def golden(picture: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """golden.json: the photograph, its face, and one pose for each set of shipped weights."""
    from export.gates import GATES
    from runtime.detector import FaceDetector

    face = max(FaceDetector().detect(picture), key=lambda found: found.score).box
    rounded = type(face)(*(round(float(v), 2) for v in face))
    with tempfile.TemporaryDirectory(prefix="headpose-example-") as folder:
        poses = [read_pose(exported(name, Path(folder)), picture, rounded) for name in WEIGHTS]
    tolerances = {p: round(gate.max_deg + OTHER_DECODER_DEG, 2) for (t, p), gate in GATES.items() if t == "coreml"}
    return {
        "schema": 1,
        "image": {**PICTURE, "width": picture.shape[1], "height": picture.shape[0]},
        "face_box": list(rounded),
        "tolerance_deg": tolerances,
        "poses": poses,
    }


def cuts() -> dict[str, Any]:
    """Crops of a small picture in all four turns, as `runtime.preprocess` cuts them: shrunk, grown, over the edge."""
    from runtime.preprocess import Box, crop_face

    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    buffer = np.ascontiguousarray(np.kron(coarse, np.ones((5, 5, 1), dtype=np.uint8)))
    buffer ^= rng.integers(0, 8, buffer.shape, dtype=np.uint8)
    boxes = {
        "inside": (14, 16, 26, 30),
        "shrunk": (6, 8, 34, 36),
        "over the edge": (-6, 20, 12, 44),
        "whole": (0, 0, 30, 30),
    }
    cases = []
    for degrees in (0, 90, 180, 270):
        upright = np.ascontiguousarray(np.rot90(buffer, k=-degrees // 90))
        for name, box in boxes.items():
            for size in (16, 48):
                out = crop_face(upright, Box(*map(float, box)), size)
                cases.append({"name": name, "turn": degrees, "face": box, "size": size, "rgb": _packed(out)})
    return {
        "width": buffer.shape[1],
        "height": buffer.shape[0],
        "rgb": _packed(buffer),
        "cases": cases,
        "package": package(),
    }


def package() -> dict[str, Any]:
    """A small folder, its hash and size as `runtime.artifact` computes them; names that sort oddly as plain text."""
    from runtime.artifact import sha256_of, size_bytes

    files = {"Manifest.json": "{}", "Data/b/weight.bin": "weights", "Data/b.txt": "", "Data/model.mlmodel": "grün" * 99}
    with tempfile.TemporaryDirectory(prefix="headpose-package-") as folder:
        for name, text in files.items():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return {"files": files, "sha256": sha256_of(Path(folder)), "size_bytes": size_bytes(Path(folder))}


def _packed(pixels: npt.NDArray[np.uint8]) -> str:
    return base64.b64encode(pixels.tobytes()).decode("ascii")


def _write(path: Path, value: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", action="store_true", help="write the crops alone")
    arguments = parser.parse_args()
    _write(CUTS, cuts())
    if not arguments.cuts:
        RESOURCES.mkdir(parents=True, exist_ok=True)
        _write(RESOURCES / "golden.json", golden(write_picture(RESOURCES / PICTURE["file"])))


if __name__ == "__main__":
    main()
