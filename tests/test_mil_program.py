"""The executor's public face: feeds, images, storage modes, the census, overflow, and everything that can be wrong."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from mil_cases import save_program

from runtime.errors import HeadPoseError
from runtime.mil import find_overflow, load_program

SCALE, BIAS = 1 / 255, [-0.485, -0.456, -0.406]
PICTURE = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


def half_network(mb, variables):
    """fp32 in → half precision → product, root, concatenation → fp32 out."""
    half = mb.cast(x=variables["x"], dtype="fp16", name="half")
    product = mb.mul(x=half, y=half, name="product")
    root = mb.sqrt(x=product, name="root")
    both = mb.concat(values=[half, root], axis=0, name="both")
    return {"y": mb.cast(x=both, dtype="fp32")}


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    path = tmp_path_factory.mktemp("mil") / "half.mlpackage"
    save_program(path, {"x": np.zeros(4, np.float32)}, half_network, "iOS16")
    return load_program(path)


def image_package(path, layout, shape=(1, 3, 6, 8)):
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb

    @mb.program(input_specs=[mb.TensorSpec(shape=shape)], opset_version=ct.target.iOS16)
    def program(image):
        return mb.mul(x=image, y=2.0, name="doubled")

    gray = layout == "GRAYSCALE"
    image = ct.ImageType(
        "image",
        shape=shape,
        scale=SCALE,
        bias=BIAS[0] if gray else BIAS,
        color_layout=getattr(ct.colorlayout, layout),
    )
    ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        inputs=[image],
        minimum_deployment_target=ct.target.iOS16,
        compute_precision=ct.precision.FLOAT32,
        skip_model_load=True,
    ).save(str(path))
    return load_program(path)


@pytest.mark.parametrize("layout", ["RGB", "BGR"])
def test_image_input_with_its_preprocessing(layout, tmp_path):
    """Scale and bias of ImageType are in the program; the bias follows the package's own channel order."""
    program = image_package(tmp_path / "image.mlpackage", layout)
    assert (program.inputs[0].kind, program.inputs[0].shape, program.inputs[0].color_layout) == (
        "image",
        (6, 8),
        layout,
    )
    ordered = PICTURE if layout == "RGB" else PICTURE[..., ::-1]
    want = 2 * (ordered.astype(np.float64).transpose(2, 0, 1)[None] * SCALE + np.reshape(BIAS, (1, 3, 1, 1)))
    for feed in (PICTURE, PICTURE[None], ordered.transpose(2, 0, 1)[None].astype(np.float32)):
        np.testing.assert_allclose(program.run({"image": feed})["doubled"], want, atol=1e-6)


def test_gray_image_input(tmp_path):
    program = image_package(tmp_path / "gray.mlpackage", "GRAYSCALE", (1, 1, 6, 8))
    want = 2 * (PICTURE[..., 0].astype(np.float64) * SCALE + BIAS[0])
    np.testing.assert_allclose(program.run({"image": PICTURE[..., 0]})["doubled"][0, 0], want, atol=1e-6)


def test_stored_mode_rounds_to_half_precision(half):
    x = np.float32([1 / 3, 250.0, 2049.0, 6e-8])
    got = half.run({"x": x})["y"]
    with np.errstate(under="ignore", over="ignore"):  # 2049² does not fit
        h = x.astype(np.float16)
        want = np.concatenate([h, np.sqrt((h * h).astype(np.float16).astype(np.float32)).astype(np.float16)])
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, want.astype(np.float32))
    assert got[7] == 0  # the square of the smallest half underflows


def test_fp32_mode_keeps_float32(half):
    x = np.float32([1 / 3, 300.0, 2049.0, 1e-15])
    np.testing.assert_allclose(half.run({"x": x}, mode="fp32")["y"], np.tile(x, 2), rtol=1e-6)


def test_steps_come_in_order_with_stored_types(half):
    steps = list(half.steps({"x": np.float32([1, 2, 3, 4])}))
    assert [(s.name, s.kind) for s in steps][:4] == [
        ("half", "cast"),
        ("product", "mul"),
        ("root", "sqrt"),
        ("both", "concat"),
    ]
    assert [s.value.dtype for s in steps][:2] == [np.float16, np.float16]
    assert steps[1].value.tolist() == [1, 4, 9, 16]
    in_fp32 = list(half.steps({"x": np.float32([1, 2, 3, 4])}, mode="fp32"))
    assert {s.value.dtype for s in in_fp32} == {np.dtype(np.float32)}


def test_overflow_is_found_where_it_starts(half):
    assert find_overflow(half, {"x": np.float32([255, 1, 2, 3])}) is None
    found = find_overflow(half, {"x": np.float32([1, 300, -300, 3])})
    assert (found.name, found.op_type, found.dtype, found.count) == ("product", "mul", "fp16", 2)
    assert found.largest == 90000
    assert set(found.inputs) == {"half"}
    got = half.run({"x": np.float32([1, 300, -300, 3])})["y"]
    assert np.isinf(got[5:7]).all()


def test_overflow_of_a_float32_program(tmp_path):
    """Nothing is lost in float32, yet the place that half precision could not hold is named."""
    save_program(
        tmp_path / "wide.mlpackage",
        {"x": np.zeros(2, np.float32)},
        lambda mb, v: {"y": mb.mul(x=v["x"], y=np.float32(1000.0), name="big")},
        "iOS16",
    )
    found = find_overflow(load_program(tmp_path / "wide.mlpackage"), {"x": np.float32([1, 66])})
    assert (found.name, found.dtype, found.largest) == ("big", "fp32", 66000)


def test_census_counts_operators_and_weight_bytes(tmp_path):
    kernel = np.ones((8, 4, 3, 3), np.float32)

    def build(mb, variables):
        y = mb.conv(x=variables["x"], weight=kernel, pad_type="same")
        y = mb.conv(x=mb.gelu(x=y, mode="EXACT"), weight=np.ones((4, 8, 1, 1), np.float32), pad_type="valid")
        return {"y": mb.gelu(x=y, mode="EXACT")}

    save_program(tmp_path / "two.mlpackage", {"x": np.zeros((1, 4, 5, 5), np.float32)}, build, "iOS16")
    census = load_program(tmp_path / "two.mlpackage").operations()
    assert (census["conv"].count, census["gelu"].count) == (2, 2)
    assert census["conv"].weight_bytes == 4 * (8 * 4 * 9 + 4 * 8)
    assert census["conv"].weight_dtypes == ("fp32",)
    assert census["gelu"].weight_bytes == 0
    assert "const" not in census


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        ({}, "input 'x' of half.mlpackage is missing"),
        ({"y": np.zeros(4)}, "unknown input 'y'"),
        ({"x": np.zeros((2, 4), np.float32)}, "takes an array of shape 4, not 2×4"),
    ],
    ids=["missing", "unknown", "shape"],
)
def test_wrong_feeds(half, feeds, words):
    with pytest.raises(HeadPoseError, match=words):
        half.run(feeds)


def test_wrong_mode(half):
    with pytest.raises(HeadPoseError, match="unknown mode 'store': did you mean 'stored'"):
        half.run({"x": np.zeros(4, np.float32)}, mode="store")


def test_wrong_image_size(tmp_path):
    program = image_package(tmp_path / "image.mlpackage", "RGB")
    with pytest.raises(HeadPoseError, match=r"takes uint8 of shape \(6, 8, 3\), not \(8, 6, 3\)"):
        program.run({"image": PICTURE.transpose(1, 0, 2)})


def test_unsupported_operator_is_named_with_its_inputs(tmp_path):
    def build(mb, variables):
        weights = {"weight_ih": np.ones((8, 3), np.float32), "weight_hh": np.ones((8, 2), np.float32)}
        zeros = np.zeros((1, 2), np.float32)
        out, _, _ = mb.lstm(x=variables["x"], initial_h=zeros, initial_c=zeros, name="memory", **weights)
        return {"y": out}

    save_program(tmp_path / "lstm.mlpackage", {"x": np.zeros((4, 1, 3), np.float32)}, build, "iOS16")
    with pytest.raises(HeadPoseError) as caught:
        load_program(tmp_path / "lstm.mlpackage")
    message = str(caught.value)
    assert "operator lstm 'memory' of lstm.mlpackage is not supported" in message
    assert "x %x fp32 [4, 1, 3]" in message
    assert "weight_ih" in message
    assert "\n" not in message


def test_operator_that_fails_names_itself(tmp_path):
    save_program(
        tmp_path / "gather.mlpackage",
        {"x": np.zeros((2, 3), np.float32), "i": np.zeros(2, np.int32)},
        lambda mb, v: {"y": mb.gather(x=v["x"], indices=v["i"], axis=1, name="pick")},
        "iOS16",
    )
    program = load_program(tmp_path / "gather.mlpackage")
    with pytest.raises(HeadPoseError, match=r"operator gather 'pick' cannot be executed with .*x float32 \[2, 3\]"):
        program.run({"x": np.ones((2, 3), np.float32), "i": np.int32([1, 9])})


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


def specification(package):
    return package / "Data/com.apple.CoreML/model.mlmodel"


def weights(package):
    return package / "Data/com.apple.CoreML/weights/weight.bin"


DAMAGES = {
    "no package": lambda p: shutil.rmtree(p),
    "empty folder": lambda p: (p / "Manifest.json").unlink(),
    "manifest is not JSON": lambda p: (p / "Manifest.json").write_text("<html>"),
    "manifest without items": lambda p: (p / "Manifest.json").write_text(json.dumps({"a": 1})),
    "no specification": lambda p: specification(p).unlink(),
    "half a specification": lambda p: cut(specification(p), 300),
    "empty specification": lambda p: cut(specification(p), 0),
    "no weights": lambda p: weights(p).unlink(),
    "half the weights": lambda p: cut(weights(p), weights(p).stat().st_size // 2),
    "empty weights": lambda p: cut(weights(p), 0),
    "weights of zeros": lambda p: weights(p).write_bytes(bytes(weights(p).stat().st_size)),
}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    path = tmp_path_factory.mktemp("mil") / "healthy.mlpackage"
    save_program(
        path,
        {"x": np.zeros((1, 8, 4, 4), np.float32)},
        lambda mb, v: {"y": mb.conv(x=v["x"], weight=np.ones((64, 8, 3, 3), np.float32), pad_type="same")},
        "iOS16",
    )
    return path


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.replace(" ", "-"))
def test_damaged_package_is_one_sentence(damage, healthy, tmp_path):
    package = tmp_path / "broken.mlpackage"
    shutil.copytree(healthy, package)
    DAMAGES[damage](package)
    with pytest.raises(HeadPoseError) as caught:
        load_program(package)
    assert "broken.mlpackage" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_file_instead_of_package(tmp_path):
    (tmp_path / "page.mlpackage").write_text("<html>not found</html>")
    with pytest.raises(HeadPoseError, match="not a Core ML package"):
        load_program(tmp_path / "page.mlpackage")
