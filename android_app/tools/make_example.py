"""Writes the app's example: photograph, the crop that the network sees of it, and the pose that Python reads from that.

    python android_app/tools/make_example.py        from a checkout with its environment; a minute or two

The photograph is the iOS app's (NASA's portrait of Eileen Collins, in the public domain). The crop is stored as PNG, so
that every phone has the very same numbers: what its accelerator reads can then be compared in hundredths of a degree.
The poses are read with the shipped weights exported to TFLite in fp32 and run by LiteRT on this machine's processor.
"""

from __future__ import annotations

import json
import shutil
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

EXAMPLE = APP / "app" / "src" / "main" / "assets" / "example"
PHOTOGRAPH = ROOT / "ios_app" / "HeadPose" / "Resources" / "example.jpg"
WEIGHTS = ("default-m0", "default-m4")
RUNS = ("tflite", "onnx")
"""What the app's engines run."""
OTHER_PROCESSOR_DEG = 0.5
"""On top of a precision's parity gate: a GPU computes in fp16, whatever the file stores."""


def exported(name: str, folder: Path) -> Path:
    """The shipped weights as an fp32 .tflite."""
    command = [sys.executable, "-m", "headpose", "export", "--checkpoint", name, "--targets", "tflite"]
    command += ["--precision", "fp32", "--no-parity", "--labels", "none", "--out", str(folder / name)]
    subprocess.run(command, cwd=ROOT, check=True)
    return next((folder / name).glob("*.tflite"))


def read_pose(artefact: Path, crop: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """What a file reads from the crop: one entry of golden.json."""
    from runtime.rotation import rotation_to_euler
    from runtime.sessions import open_session

    session = open_session(artefact)
    info = session.info
    rotation = np.asarray(session.run(crop[None])[0], dtype=np.float64)
    pitch, yaw, roll = rotation_to_euler(rotation[None])[0]
    return {
        "backbone": info.backbone,
        "checkpoint_sha256": info.checkpoint.sha256,
        "rotation": [round(float(v), 7) for v in rotation.reshape(-1)],
        "yaw_deg": round(float(yaw), 2),
        "pitch_deg": round(float(pitch), 2),
        "roll_deg": round(float(roll), 2),
        "reader": f"{artefact.name}, LiteRT on a Linux processor",
    }


def main() -> None:
    """Write the files."""
    import cv2

    from export.gates import GATES
    from runtime.images import read_image
    from runtime.preprocess import Box, crop_face

    picture = read_image(PHOTOGRAPH)
    twin: dict[str, Any] = json.loads(PHOTOGRAPH.with_name("golden.json").read_text(encoding="utf-8"))
    size = 224
    crop = crop_face(picture, Box(*twin["face_box"]), size)
    EXAMPLE.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PHOTOGRAPH, EXAMPLE / "example.jpg")
    cv2.imwrite(str(EXAMPLE / "crop.png"), crop[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    with tempfile.TemporaryDirectory(prefix="headpose-example-") as folder:
        poses = [read_pose(exported(name, Path(folder)), crop) for name in WEIGHTS]
    half = max(gate.max_deg for (target, precision), gate in GATES.items() if (target, precision) == ("tflite", "fp16"))
    golden = {
        "schema": 2,
        "image": twin["image"],
        "face_box": twin["face_box"],
        "size": size,
        "tolerance_deg": {
            f"{target}/{precision}": round(max(gate.max_deg, half) + OTHER_PROCESSOR_DEG, 2)
            for (target, precision), gate in GATES.items()
            if target in RUNS
        },
        "poses": poses,
    }
    text = json.dumps(golden, indent=1, ensure_ascii=False) + "\n"
    (EXAMPLE / "golden.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
