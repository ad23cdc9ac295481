"""Quantised activations and compressed weights of the executor: by hand, by coremltools' own unpacking, by formula."""

from __future__ import annotations

import numpy as np
import pytest
from mil_cases import Case, assert_case, pack_cases, save_program

from runtime.mil import load_program
from runtime.mil.ops_quant import CONSTEXPR

VALUES = np.float32([[-3.0, -0.26, -0.25, 0.0, 0.75, 1.25, 200.0]])
TWO = np.float32([[1.0, -2.0], [0.3, 70.0]])


def quantize(id, formula, x=VALUES, **options):
    return Case(f"quantize-{id}", (x,), lambda mb, v: mb.quantize(input=v, **options), formula)


def there_and_back(x, scale, zero, low, high):
    steps = np.clip(np.round(x.astype(np.float64) / scale) + zero, low, high)
    return (steps - zero) * scale


SCALES, ZEROS = np.float32([0.5, 2.0]), np.int8([3, -4])
CASES = [
    # halves go to the even step: −0.25 / 0.5 → −0, 0.75 / 0.5 → 2, 1.25 / 0.5 → 2; the last one saturates
    quantize("int8", lambda x: np.float32([[-6, -1, 0, 0, 2, 2, 127]]), scale=np.float32(0.5), output_dtype="int8"),
    quantize(
        "uint8-zero",
        lambda x: np.float32([[4, 9, 10, 10, 12, 12, 255]]),
        scale=np.float32(0.5),
        zero_point=np.uint8(10),
        output_dtype="uint8",
    ),
    Case(
        "dequantize-per-channel",
        (TWO,),
        lambda mb, v: mb.dequantize(
            input=mb.quantize(input=v, scale=SCALES, zero_point=ZEROS, axis=1, output_dtype="int8"),
            scale=SCALES,
            zero_point=ZEROS,
            axis=-1,
        ),
        lambda x: there_and_back(x, SCALES, ZEROS, -128, 127),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_quantized_activations(case, tmp_path):
    program, feeds = pack_cases([case], tmp_path / "q.mlpackage", "iOS17")
    assert_case(case, program.run(feeds))


def unpacked(op, **inputs):
    return CONSTEXPR[f"constexpr_{op}"](**inputs)


def test_packed_palette_of_the_reference():
    """Example of coremltools' reference: i0…i4 = 0, 3, 2, 1, 3 in two bytes, least significant bits first."""
    packed = np.uint8([0b01_10_11_00, 0b11])
    lut = np.float16([10, 11, 12, 13])
    got = unpacked("lut_to_dense", indices=packed, lut=lut, shape=np.uint32([5]))
    assert got.tolist() == [10, 13, 12, 11, 13]


def test_packed_palette_across_bytes():
    """6 bits: the second index takes two bits of the first byte and four of the next."""
    bits = "".join(f"{i:06b}"[::-1] for i in (1, 63, 5, 32))
    packed = np.uint8([int(bits[k : k + 8][::-1], 2) for k in range(0, 24, 8)])
    got = unpacked("lut_to_dense", indices=packed, lut=np.arange(64, dtype=np.float32), shape=np.uint32([2, 2]))
    assert got.tolist() == [[1, 63], [5, 32]]


def test_packed_sparse_mask_of_the_reference():
    """mask 0b01100: elements 2 and 3 are set."""
    got = unpacked("sparse_to_dense", nonzero_data=np.float32([7, 9]), mask=np.uint8([0b01100]), shape=np.uint32([5]))
    assert got.tolist() == [0, 0, 7, 9, 0]


def test_vector_palette_of_the_reference():
    """Two vectors a and b of three elements, laid along axis 1 or 2."""
    indices = np.uint8([[[0, 0], [1, 0]], [[1, 1], [0, 0]]])
    lut = np.float32([[0.0, 0.1, 0.2], [1.0, 1.1, 1.2]]).reshape(1, 1, 1, 2, 3)
    along_1 = unpacked("lut_to_dense", indices=indices, lut=lut, vector_axis=1)
    along_2 = unpacked("lut_to_dense", indices=indices, lut=lut, vector_axis=-1)
    np.testing.assert_allclose(along_1[0, :, 0], [0.0, 0.1, 0.2, 1.0, 1.1, 1.2])
    np.testing.assert_allclose(along_2[1, 0], [1.0, 1.1, 1.2, 1.0, 1.1, 1.2])
    assert along_1.shape == (2, 6, 2)
    assert along_2.shape == (2, 2, 6)


def test_sparse_shift_scale_of_the_reference():
    mask = np.uint8([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0]])
    data = np.int8([10, 11, 3, 4, 5, 6, 7, 8, 9])
    scale, offset = np.float32([[0.1, 0.2, 0.3, 0.4]]), np.int8([[1, 2, 3, 4]])
    out_mask, values = unpacked(
        "sparse_blockwise_shift_scale", data_mask=mask, nonzero_data=data, scale=scale, offset=offset
    )
    np.testing.assert_array_equal(out_mask, mask)
    np.testing.assert_allclose(values, [0.9, 1.8, 0.2, 0.4, 0.6, 0.9, 1.2, 0.7, 1.4], rtol=1e-6)


def test_blocks_share_one_scale():
    data = np.int8([[8, 4, 2, 1], [1, 2, 4, 8]])
    got = unpacked("blockwise_shift_scale", data=data, scale=np.float32([[1, 10], [100, 1000]]))
    assert got.tolist() == [[8, 4, 20, 10], [100, 200, 4000, 8000]]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A convolution and a linear layer with weights worth compressing, fp32, as an in-memory coremltools model."""
    rng = np.random.default_rng(5)
    kernel, matrix = rng.normal(size=(32, 16, 3, 3)), rng.normal(size=(6, 32))

    def build(mb, variables):
        y = mb.conv(x=variables["x"], weight=kernel.astype(np.float32), pad_type="same")
        y = mb.reduce_mean(x=mb.gelu(x=y, mode="EXACT"), axes=[2, 3])
        return {"six": mb.linear(x=y, weight=matrix.astype(np.float32))}

    path = tmp_path_factory.mktemp("mil") / "plain.mlpackage"
    image = rng.normal(size=(1, 16, 9, 9)).astype(np.float32)
    save_program(path, {"x": image}, build, "iOS18")
    return path, image


def configs():
    import coremltools.optimize.coreml as cto

    linear, palette, prune = cto.OpLinearQuantizerConfig, cto.OpPalettizerConfig, cto.OpThresholdPrunerConfig
    table = {
        "int8": ("linear_quantize_weights", linear(mode="linear_symmetric", weight_threshold=100)),
        "int8-zero": ("linear_quantize_weights", linear(mode="linear", weight_threshold=100)),
        "int4-blocks": (
            "linear_quantize_weights",
            linear(mode="linear_symmetric", dtype="int4", granularity="per_block", block_size=8, weight_threshold=100),
        ),
        "palette-4": ("palettize_weights", palette(mode="uniform", nbits=4, weight_threshold=100)),
        "palette-6-grouped": (
            "palettize_weights",
            palette(mode="uniform", nbits=6, granularity="per_grouped_channel", group_size=8, weight_threshold=100),
        ),
        "sparse": ("prune_weights", prune(threshold=0.7, weight_threshold=100, minimum_sparsity_percentile=0.1)),
    }
    return table


NAMES = ("int8", "int8-zero", "int4-blocks", "palette-4", "palette-6-grouped", "sparse")
STORED = {
    "int8": {"int8", "fp32"},
    "int8-zero": {"int8", "fp32"},
    "int4-blocks": {"int4", "fp32"},
    "palette-4": {"uint4", "fp32"},
    "palette-6-grouped": {"uint6", "fp32"},
    "sparse": {"uint1", "fp32"},
}


@pytest.mark.parametrize("name", NAMES)
def test_compressed_network(name, network, tmp_path):
    """Every unpacked weight equals coremltools' own unpacking; the output is that of those weights in NumPy."""
    import coremltools as ct
    import coremltools.optimize.coreml as cto
    from scipy import ndimage, special

    path, image = network
    function, config = configs()[name]
    model = ct.models.MLModel(str(path), skip_model_load=True)
    packed = getattr(cto, function)(model, cto.OptimizationConfig(global_config=config))
    packed.save(str(tmp_path / "packed.mlpackage"))
    program = load_program(tmp_path / "packed.mlpackage")

    dense = dict(unpacked_by_coremltools(packed))
    assert len(dense) == 2
    for node in program.nodes:
        if "weight" in node.constants:
            np.testing.assert_allclose(node.constants["weight"].numpy(), dense[node.op_type], rtol=1e-6, atol=1e-7)
    maps = [
        sum(ndimage.correlate(image[0, c].astype(np.float64), k[c], mode="constant") for c in range(16))
        for k in dense["conv"].astype(np.float64)
    ]
    pooled = np.array([(m * special.ndtr(m)).mean() for m in maps])
    np.testing.assert_allclose(program.run({"x": image})["six"][0], dense["linear"] @ pooled, rtol=1e-4, atol=1e-4)
    assert set(program.operations()["conv"].weight_dtypes) <= STORED[name]
    assert STORED[name] - {"fp32"} <= set(program.operations()["conv"].weight_dtypes)
    plain = load_program(path).operations()["conv"].weight_bytes
    assert program.operations()["conv"].weight_bytes < 0.8 * plain


def unpacked_by_coremltools(model):
    from coremltools.converters.mil.frontend.milproto.load import load

    spec = model.get_spec()
    function = load(spec, spec.specificationVersion, file_weights_dir=model.weights_dir).functions["main"]
    for op in function.operations:
        if op.op_type in ("conv", "linear"):
            source = op.weight.op
            value = source.val.val if source.op_type == "const" else source.materialized_val_inference()
            yield op.op_type, value[-1] if isinstance(value, tuple) else value


def test_chain_of_compressed_weights(network, tmp_path):
    """Pruned, then quantised: sparse_blockwise_shift_scale feeds sparse_to_dense."""
    import coremltools as ct
    import coremltools.optimize.coreml as cto

    path, image = network
    table = configs()
    model = ct.models.MLModel(str(path), skip_model_load=True)
    pruned = cto.prune_weights(model, cto.OptimizationConfig(global_config=table["sparse"][1]))
    joint = cto.linear_quantize_weights(
        pruned, cto.OptimizationConfig(global_config=table["int8"][1]), joint_compression=True
    )
    for name, package in (("pruned", pruned), ("joint", joint)):
        package.save(str(tmp_path / f"{name}.mlpackage"))
    loaded = {name: load_program(tmp_path / f"{name}.mlpackage") for name in ("pruned", "joint")}
    assert {"int8", "uint1"} <= set(loaded["joint"].operations()["conv"].weight_dtypes)

    weights = {
        n: next(x.constants["weight"].numpy() for x in p.nodes if x.op_type == "conv") for n, p in loaded.items()
    }
    np.testing.assert_array_equal(weights["joint"] == 0, weights["pruned"] == 0)
    step = np.abs(weights["pruned"]).max(axis=(1, 2, 3), keepdims=True) / 127
    assert (np.abs(weights["joint"] - weights["pruned"]) <= 0.51 * step).all()
    outputs = {name: p.run({"x": image})["six"] for name, p in loaded.items()}
    gap = np.abs(outputs["joint"] - outputs["pruned"]).max() / np.abs(outputs["pruned"]).max()
    assert 0 < gap < 0.02
