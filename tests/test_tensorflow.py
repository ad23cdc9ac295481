"""A second opinion on the .tflite files: TensorFlow's own interpreter, in its own process (it clashes with LiteRT)."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime.rotation import geodesic_deg
from runtime.sessions import open_session

_SCRIPT = """
import sys
import numpy as np
import tensorflow as tf

net = tf.lite.Interpreter(model_path=sys.argv[1])
net.allocate_tensors()
(image,), (rotation,) = net.get_input_details(), net.get_output_details()
answers = []
for picture in np.load(sys.argv[2]):
    net.set_tensor(image["index"], picture[None].astype(np.float32))
    net.invoke()
    answers.append(net.get_tensor(rotation["index"])[0])
np.save(sys.argv[3], np.stack(answers))
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs the extra: sixdrepnext[tensorflow]")
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_tensorflow_gives_the_same_rotations(exported_m0: Path, tmp_path: Path, precision: str) -> None:
    from export.parity_images import parity_images

    path = exported_m0 / f"sixdrepnet_repnext_m0_{precision}.tflite"
    images = np.stack([image.pixels for image in parity_images(224)[:6]])
    np.save(tmp_path / "images.npy", images)
    command = [sys.executable, "-c", _SCRIPT, str(path), str(tmp_path / "images.npy"), str(tmp_path / "answers.npy")]
    subprocess.run(command, check=True, timeout=600, capture_output=True)
    answers = np.load(tmp_path / "answers.npy")
    assert geodesic_deg(answers, open_session(path).run(images)).max() < 0.02
