"""The session of an .mlpackage: metadata, channel order, decoding, batches, and damaged or foreign packages."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest
from fake_session import fake_info

from runtime.artifact import METADATA_KEY
from runtime.errors import HeadPoseError
from runtime.rotation import sixd_to_rotation
from runtime.sessions import open_session

SIZE = 8
IMAGES = np.random.default_rng(1).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
WEIGHT = np.random.default_rng(2).normal(size=(9, 3)).astype(np.float32)
INFO = dataclasses.replace(fake_info(trained=False, size=SIZE), backbone="tiny", target="coreml", output="sixd")


def package(path, *, output="sixd", layout="RGB", metadata=None, size=SIZE):
    """Mean colour · WEIGHT: the simplest network that tells the channels apart."""
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb

    rows = 6 if output == "sixd" else 9

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, size, size))], opset_version=ct.target.iOS16)
    def program(image):
        colour = mb.reduce_mean(x=image, axes=[2, 3])
        numbers = mb.linear(x=colour, weight=WEIGHT[:rows])
        return mb.reshape(x=numbers, shape=[1, 6] if output == "sixd" else [1, 3, 3], name=output)

    image = ct.ImageType("image", shape=(1, 3, size, size), scale=1 / 255, color_layout=getattr(ct.colorlayout, layout))
    model = ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        inputs=[image],
        compute_precision=ct.precision.FLOAT32,
        minimum_deployment_target=ct.target.iOS16,
        skip_model_load=True,
    )
    text = dataclasses.replace(INFO, output=output).to_json() if metadata is None else metadata
    if text:
        model.user_defined_metadata[METADATA_KEY] = text
    model.save(str(path))
    return path


def numbers(images, rows):
    return images.astype(np.float64).mean((1, 2)) / 255 @ WEIGHT[:rows].T


@pytest.fixture(scope="module")
def sixd(tmp_path_factory):
    return package(tmp_path_factory.mktemp("session") / "tiny.mlpackage")


def test_sixd_output_is_decoded(sixd):
    session = open_session(sixd, threads=1)
    assert session.info.output == "sixd"
    assert session.info.backbone == "tiny"
    got = session.run(IMAGES)
    assert (got.shape, got.dtype) == ((3, 3, 3), np.float32)
    np.testing.assert_allclose(got, sixd_to_rotation(numbers(IMAGES, 6)), atol=1e-5)


def test_rotation_output_is_passed_on(tmp_path):
    session = open_session(package(tmp_path / "r.mlpackage", output="rotation"))
    np.testing.assert_allclose(session.run(IMAGES), numbers(IMAGES, 9).reshape(-1, 3, 3), atol=1e-5)


def test_bgr_package_gets_its_own_channel_order(tmp_path):
    """The caller always gives RGB."""
    session = open_session(package(tmp_path / "b.mlpackage", output="rotation", layout="BGR"))
    want = numbers(IMAGES[..., ::-1], 9).reshape(-1, 3, 3)
    np.testing.assert_allclose(session.run(IMAGES), want, atol=1e-5)


@pytest.mark.skipif(sys.platform == "darwin", reason="Core ML runs the package there")
def test_engine_says_what_runs(sixd):
    assert open_session(sixd).engine == "mil-executor (stored)"
    assert open_session(sixd, mode="fp32").engine == "mil-executor (fp32)"


def test_threads_are_given_back(sixd):
    import torch

    before = torch.get_num_threads()
    open_session(sixd, threads=before + 1).run(IMAGES[:1])
    assert torch.get_num_threads() == before


def test_steps_name_every_operator(sixd):
    steps = list(open_session(sixd).steps(IMAGES[0]))
    assert [s.kind for s in steps] == ["mul", "reduce_mean", "linear", "reshape"]
    assert steps[-1].name == "sixd"
    np.testing.assert_allclose(steps[-1].value, numbers(IMAGES[:1], 6), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"mode": "half"}, "unknown mode 'half'"), ({"compute_units": "gpu"}, "unknown compute unit 'gpu'")],
    ids=["mode", "compute-units"],
)
def test_unknown_option(options, words, sixd):
    with pytest.raises(HeadPoseError, match=words):
        open_session(sixd, **options)


@pytest.mark.parametrize("images", [IMAGES[:, :4], IMAGES.astype(np.float32), IMAGES[0], IMAGES[:0]])
def test_wrong_images(images, sixd):
    with pytest.raises(HeadPoseError, match=r"takes uint8 RGB images of shape \(N, 8, 8, 3\)"):
        open_session(sixd).run(images)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"metadata": ""}, "carries no head-pose metadata"),
        ({"metadata": "{half"}, "metadata of .*odd.mlpackage cannot be read"),
        ({"size": 16}, "does not take one colour image of 8×8 pixels"),
    ],
    ids=["no-metadata", "broken-metadata", "other-size"],
)
def test_package_that_is_not_ours(options, words, tmp_path):
    with pytest.raises(HeadPoseError, match=words):
        open_session(package(tmp_path / "odd.mlpackage", **options))


def test_missing_and_damaged_package(sixd, tmp_path):
    with pytest.raises(HeadPoseError, match=r"nowhere.mlpackage does not exist"):
        open_session(tmp_path / "nowhere.mlpackage")
    (tmp_path / "page.mlpackage").write_text("<html></html>")
    with pytest.raises(HeadPoseError, match="not a Core ML package"):
        open_session(tmp_path / "page.mlpackage")


def test_without_coremltools_the_install_line_is_given(sixd, monkeypatch):
    monkeypatch.setitem(sys.modules, "coremltools", None)  # what an absent package looks like to import
    with pytest.raises(HeadPoseError, match=r"needs the package coremltools.*pip install 'sixdrepnext\[coreml\]'"):
        open_session(sixd)


def test_importing_the_session_loads_neither_torch_nor_coremltools():
    import subprocess

    code = (
        "import sys, runtime.sessions.coreml, runtime.mil; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'coremltools', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
