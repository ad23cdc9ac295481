"""One emulated run: what may happen to its process, and what is made of its result."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_session import fake_info
from stand_in_emulation import FACTS, engine, gives, stand_in

from export.emulation.process import EmulatedEngine, EmulationFailureError
from runtime.rotation import euler_to_rotation


def run(made: EmulatedEngine, output: str = "rotation", count: int = 2) -> np.ndarray:
    info = replace(fake_info(size=4), target="onnx", output=output)
    return made.run(Path("some.onnx"), info, np.zeros((count, 4, 4, 3), np.uint8), lambda done: None).rotations


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("kill -ILL $$", r"crashed with SIGILL \(an instruction that this model does not have\), 0 of 2 images done"),
        ('echo "image done"; kill -SEGV $$', r"crashed with SIGSEGV \(a memory .*\), 1 of 2 images done"),
        ("kill -ABRT $$", r"crashed with SIGABRT"),
        ("kill -KILL $$", r"crashed with SIGKILL \(ended from outside, perhaps for want of memory\)"),
        ("echo noise >&2; echo 'Fail: no kernel' >&2; exit 1", r"failed \(Fail: no kernel\), 0 of 2 images done"),
        ("exit 3", r"failed \(exit code 3\)"),
        ("exit 0", r"left no result that can be read"),
        ('echo PK > "${11}"', r"left no result that can be read"),
        ('head -c 400 {whole} > "${11}"', r"left no result that can be read"),
        ('cp {other} "${11}"', r"left no result that can be read \(it does not say what ran\)"),
        ('cp {few} "${11}"', r"gave an array \(1, 3, 3\) for 2 images"),
        ('cp {flat} "${11}"', r"gave an array \(2, 6\) for 2 images"),
        ('cp {x86} "${11}"', r"was run by a x86_64 Python: nothing was emulated"),
    ],
    ids=["ill", "segv", "abort", "killed", "refused", "code", "silent", "junk", "cut", "facts", "few", "flat", "x86"],
)
def test_a_run_that_gives_no_rotations_is_one_sentence(body: str, message: str, tmp_path: Path) -> None:
    contents = {
        "whole": (np.zeros((2, 3, 3)), FACTS),
        "other": (np.zeros((2, 3, 3)), {"machine": "aarch64"}),
        "few": (np.zeros((1, 3, 3)), FACTS),
        "flat": (np.zeros((2, 6)), FACTS),
        "x86": (np.zeros((2, 3, 3)), {**FACTS, "machine": "x86_64"}),
    }
    for name, (outputs, facts) in contents.items():
        np.savez(tmp_path / f"{name}.npz", outputs=outputs, facts=np.array(json.dumps(facts)))
        body = body.replace(f"{{{name}}}", str(tmp_path / f"{name}.npz"))
    with pytest.raises(EmulationFailureError, match=message) as caught:
        run(engine(tmp_path / "folder", body))
    assert str(caught.value).startswith("some.onnx in onnxruntime on the emulated CPU cortex-a53 ")
    assert "\n" not in str(caught.value)


def test_a_run_that_hangs_is_ended(tmp_path: Path) -> None:
    made = engine(tmp_path / "folder", f"echo $$ > {tmp_path}/pid; echo 'image done'; exec sleep 600", timeout_s=0.5)
    with pytest.raises(
        EmulationFailureError, match=r"took longer than 0\.5 s, 1 of 2 .* --limit, .* --emulate-timeout"
    ):
        run(made)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_emulator_that_cannot_be_started(tmp_path: Path) -> None:
    made = engine(tmp_path / "folder", "exit 0")
    (tmp_path / "folder" / "qemu-aarch64").write_bytes(b"\x7fELF of another processor")
    with pytest.raises(EmulationFailureError, match="could not be started"):
        run(made)


def test_six_numbers_are_decoded_here(tmp_path: Path) -> None:
    """Columns x and z × something in z's plane: a known rotation, scaled and sheared, comes back."""
    known = euler_to_rotation(10.0, -40.0, 5.0)
    x, y, z = known.T
    six = np.concatenate([3 * x, 2 * y + 0.5 * x])
    rotations = run(engine(tmp_path / "folder", gives(tmp_path / "six", np.stack([six, -six]))), "sixd")
    np.testing.assert_allclose(rotations[0], known, atol=1e-6)
    np.testing.assert_allclose(rotations[1].T, [-x, -y, z], atol=1e-6)


def test_the_emulated_python_is_deaf_to_the_environment(tmp_path: Path) -> None:
    """-I -S before the script, and the root for the libraries."""
    made = stand_in(tmp_path / "folder")
    words = made.command("max", "script.py", "x")
    assert words[1:5] == ["-cpu", "max", "-L", str(tmp_path / "folder" / "arm64")]
    assert words[-4:] == ["-I", "-S", "script.py", "x"]
    assert made.cpu_models() == ["cortex-a53", "cortex-a76", "max"]
