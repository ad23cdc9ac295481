"""The exported module against the published definition, in single and in half precision."""

import numpy as np
import pytest
import torch

from export.graph import ExportGraph, Normalize, decode_sixd
from runtime.preprocess import IMAGENET_MEAN, IMAGENET_STD
from runtime.rotation import geodesic_deg, sixd_to_rotation


def _decode(vectors: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    v = torch.tensor(vectors, dtype=torch.float32).to(dtype)
    return decode_sixd(v.reshape(-1, 6, 1, 1)).double().numpy()


def _directions(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of unit vectors, never closer than about 25°, with the axes among them."""
    rng = np.random.default_rng(7)
    a = np.concatenate([np.eye(3), -np.eye(3), rng.normal(size=(count, 3))])
    b = np.roll(a, 1, axis=0)
    a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (a, b))
    keep = np.linalg.norm(np.cross(a, b), axis=1) > 0.42
    return a[keep], b[keep]


@pytest.mark.parametrize("scale_b", [1e-3, 1.0, 500.0], ids=lambda v: f"b×{v:g}")
@pytest.mark.parametrize("scale_a", [1e-3, 1.0, 500.0], ids=lambda v: f"a×{v:g}")
@pytest.mark.parametrize(("dtype", "limit_deg"), [(torch.float32, 1e-4), (torch.float16, 0.25)], ids=["fp32", "fp16"])
def test_decoding_equals_6drepnet_whatever_the_lengths(scale_a, scale_b, dtype, limit_deg):
    """In half precision lengths of 500 overflow when squared and 1e-3 vanishes: the decoding must not care."""
    a, b = _directions()
    vectors = np.concatenate([a * scale_a, b * scale_b], axis=1)
    stored = torch.tensor(vectors, dtype=torch.float32).to(dtype).double().numpy()  # what the network could say
    error = geodesic_deg(_decode(vectors, dtype), sixd_to_rotation(stored))
    assert error.max() < limit_deg


@pytest.mark.parametrize("angle_deg", [20.0, 8.0, 3.0, 1.0])
def test_near_degenerate_vectors_lose_accuracy_in_half_precision_only_as_the_angle_shrinks(angle_deg):
    """Two 6D halves that nearly agree: the error may grow like 1 / sin(angle), and the matrix stays a rotation."""
    a, other = _directions()
    side = other - np.sum(a * other, axis=1, keepdims=True) * a
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    b = np.cos(np.radians(angle_deg)) * a + np.sin(np.radians(angle_deg)) * side
    stored = torch.tensor(np.concatenate([a, b], axis=1)).half().double().numpy()
    rotation = _decode(stored, torch.float16)
    loss = 2.0**-11 / np.sin(np.radians(angle_deg))  # roundoff of one product over the size of the cross product
    assert geodesic_deg(rotation, sixd_to_rotation(stored)).max() < np.degrees(2 * loss) + 0.1
    gram = rotation @ rotation.swapaxes(1, 2)
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(3), gram.shape), atol=2 * loss + 2e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=["fp32", "fp16"])
@pytest.mark.parametrize(
    "vector",
    [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [1, 2, 3, 2, 4, 6],
        [6e4, 6e4, 6e4, -6e4, -6e4, -6e4],
        [6e-8] * 6,
    ],
    ids=["zero", "a zero", "b zero", "parallel", "huge antiparallel", "subnormal"],
)
def test_degenerate_vectors_never_give_nan(vector, dtype):
    assert np.isfinite(_decode(np.array([vector], dtype=np.float64), dtype)).all()


def test_normalization_is_imagenets():
    image = np.random.default_rng(1).integers(0, 256, (2, 3, 5, 4)).astype(np.float32)
    image[0, :, 0, 0], image[0, :, 0, 1] = 0, 255
    expected = (image / 255 - np.reshape(IMAGENET_MEAN, (3, 1, 1))) / np.reshape(IMAGENET_STD, (3, 1, 1))
    np.testing.assert_allclose(Normalize()(torch.tensor(image)).numpy(), expected, atol=2e-6)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("output", ["rotation", "sixd"])
def test_graph_equals_the_train_form_network(layout, output):
    from training.models.checkpoints import open_checkpoint
    from training.models.reparam import reparameterize

    network = open_checkpoint("untrained", "repnext_m0").model
    image = torch.tensor(np.random.default_rng(2).integers(0, 256, (2, 3, 64, 64)).astype(np.float32))
    with torch.no_grad():
        normalized = Normalize()(image)
        expected = network(normalized) if output == "rotation" else network.forward_sixd(normalized)
        graph = ExportGraph(reparameterize(network), output=output, layout=layout)
        actual = graph(image if layout == "NCHW" else image.permute(0, 2, 3, 1))
    assert actual.shape == ((2, 3, 3) if output == "rotation" else (2, 6))
    torch.testing.assert_close(actual, expected, atol=2e-5, rtol=2e-5)
