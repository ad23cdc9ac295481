"""Element-wise operators and reductions of the executor against formulas in NumPy and SciPy, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from mil_cases import Case, assert_case, pack_cases
from scipy import special

SPOTS = np.array([-60.0, -3.0, -2.5, -1.5, -0.5, -1e-3, 0.0, 0.25, 0.5, 1.5, 2.5, 5.9, 6.1, 60.0], np.float32)
POSITIVE = np.array([1e-6, 0.01, 0.5, 1.0, 2.0, 100.0, 4e4], np.float32)
UNIT = np.array([-0.99, -0.5, 0.0, 0.3, 0.99], np.float32)
CUBE = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype(np.float32)
OTHER = np.random.default_rng(2).normal(size=(3, 1, 5)).astype(np.float32) + 0.1
INTS = np.array([[-7, -2, 0], [3, 8, 9]], np.int32)
DIVISOR = np.array([[2, -3, 5]], np.int32)


def wide(f):
    """The formula in float64."""
    return lambda *arrays: f(*[a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays])


def unary(op, formula, x=SPOTS, id=None, tolerance=2e-6, **parameters):
    return Case(
        id or op.replace("_", "-"), (x,), lambda mb, v: getattr(mb, op)(x=v, **parameters), wide(formula), tolerance
    )


def binary(op, formula, x=CUBE, y=OTHER, id=None):
    return Case(id or op.replace("_", "-"), (x, y), lambda mb, a, b: getattr(mb, op)(x=a, y=b), wide(formula))


def logical(word):
    return Case(
        f"logical-{word}",
        (INTS, DIVISOR),
        lambda mb, a, b: getattr(mb, f"logical_{word}")(x=mb.greater(x=a, y=0), y=mb.greater(x=b, y=0)),
        lambda a, b: getattr(np, f"logical_{word}")(a > 0, b > 0),
    )


def sigmoid(x):
    return special.expit(x)


f32 = np.float32
CHANNELS = np.array([0.1, 0.5, 2.0], np.float32)
BY_CHANNEL = CHANNELS.astype(np.float64).reshape(1, 3, 1, 1)

ACTIVATIONS = [
    unary("gelu", lambda x: x * special.ndtr(x), mode="EXACT"),
    unary(
        "gelu",
        lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        id="gelu-tanh",
        mode="TANH_APPROXIMATION",
    ),
    unary("gelu", lambda x: x * sigmoid(1.702 * x), id="gelu-sigmoid", mode="SIGMOID_APPROXIMATION"),
    unary("relu", lambda x: np.maximum(x, 0)),
    unary("relu6", lambda x: np.clip(x, 0, 6)),
    unary("leaky_relu", lambda x: np.where(x < 0, 0.1 * x, x), alpha=f32(0.1)),
    unary("prelu", lambda x: np.where(x < 0, BY_CHANNEL * x, x), x=CUBE, alpha=CHANNELS),
    unary("elu", lambda x: np.where(x > 0, x, 1.5 * (np.exp(np.minimum(x, 0)) - 1)), alpha=f32(1.5)),
    unary("clamped_relu", lambda x: np.minimum(np.where(x < 0, 0.2 * x, x), 2), alpha=f32(0.2), beta=f32(2)),
    unary("thresholded_relu", lambda x: np.where(x >= 0.25, x, 0), alpha=f32(0.25)),
    unary("threshold", lambda x: np.maximum(x, 0.5), alpha=f32(0.5)),
    unary("sigmoid", sigmoid),
    unary("sigmoid_hard", lambda x: np.clip(0.2 * x + 0.4, 0, 1), alpha=f32(0.2), beta=f32(0.4)),
    unary("silu", lambda x: x * sigmoid(x)),
    unary("softmax", lambda x: special.softmax(x, axis=1), x=CUBE, axis=1),
    unary("softplus", lambda x: np.logaddexp(x, 0)),
    unary(
        "softplus_parametric",
        lambda x: BY_CHANNEL * np.logaddexp(3 * BY_CHANNEL * x, 0),
        x=CUBE,
        alpha=CHANNELS,
        beta=3 * CHANNELS,
    ),
    unary("softsign", lambda x: x / (1 + np.abs(x))),
    unary("scaled_tanh", lambda x: 1.7 * np.tanh(0.5 * x), alpha=f32(1.7), beta=f32(0.5)),
    unary("linear_activation", lambda x: 2 * x - 3, alpha=f32(2), beta=f32(-3)),
]
UNARY = [
    unary("abs", np.abs),
    unary("acos", np.arccos, x=UNIT),
    unary("asin", np.arcsin, x=UNIT),
    unary("atan", np.arctan),
    unary("atanh", np.arctanh, x=UNIT),
    unary("ceil", np.ceil),
    unary("clip", lambda x: np.clip(x, -1, 2), alpha=f32(-1), beta=f32(2)),
    unary("cos", np.cos),
    unary("cosh", np.cosh, x=UNIT),
    unary("erf", special.erf),
    unary("exp", np.exp, x=UNIT),
    unary("exp2", np.exp2, x=UNIT),
    unary("floor", np.floor),
    unary("inverse", lambda x: 1 / (x + 0.01), x=POSITIVE, epsilon=f32(0.01)),
    unary("log", lambda x: np.log(x + 0.5), x=POSITIVE, epsilon=f32(0.5)),
    unary("round", np.round),  # 2.5 → 2, −1.5 → −2
    unary("rsqrt", lambda x: 1 / np.sqrt(x + 0.25), x=POSITIVE, epsilon=f32(0.25)),
    unary("sign", np.sign),
    unary("sin", np.sin),
    unary("sinh", np.sinh, x=UNIT),
    unary("sqrt", np.sqrt, x=POSITIVE),
    unary("square", np.square),
    unary("tan", np.tan, x=UNIT),
    unary("tanh", np.tanh),
    unary("cast", np.trunc, id="cast-to-int", dtype="int32"),
    unary("cast", lambda x: x != 0, id="cast-to-bool", dtype="bool"),
    unary("cast", lambda x: x.astype(np.float16), id="cast-to-half", dtype="fp16"),
    Case(
        "logical-not",
        (SPOTS,),
        lambda mb, x: mb.logical_not(x=mb.greater(x=x, y=f32(0))),
        lambda x: ~(x > 0),
    ),
]
BINARY = [
    binary("add", np.add),
    binary("sub", np.subtract),
    binary("mul", np.multiply),
    binary("real_div", np.divide),
    binary("floor_div", lambda x, y: np.floor(x / y), y=np.abs(OTHER) + 1),
    binary("floor_div", lambda x, y: x // y, x=INTS, y=DIVISOR, id="floor-div-int"),
    binary("mod", lambda x, y: x % y, x=INTS, y=DIVISOR, id="mod-int"),
    binary("pow", np.power, x=np.abs(CUBE) + 0.1),
    binary("maximum", np.maximum),
    binary("minimum", np.minimum),
    binary("equal", np.equal, x=INTS, y=INTS * (INTS > 0), id="equal-int"),
    binary("not_equal", np.not_equal, x=INTS, y=INTS * (INTS > 0), id="not-equal-int"),
    binary("greater", np.greater),
    binary("greater_equal", np.greater_equal, x=SPOTS, y=np.float32([0.5])),
    binary("less", np.less),
    binary("less_equal", np.less_equal, x=SPOTS, y=np.float32([0.5])),
    *(logical(word) for word in ("and", "or", "xor")),
    Case(
        "select",
        (CUBE, -CUBE),
        lambda mb, a, b: mb.select(cond=mb.greater(x=a, y=f32(0.3)), a=a, b=b),
        lambda a, b: np.where(a > np.float32(0.3), a, b),
    ),
]


def reduction(op, formula, x=CUBE, axes=(1, 3), keep=False):
    return Case(
        f"{op}-{'keep' if keep else 'drop'}".replace("_", "-"),
        (x,),
        lambda mb, v: getattr(mb, op)(x=v, axes=list(axes), keep_dims=keep),
        wide(lambda a: formula(a, axis=tuple(axes), keepdims=keep)),
        1e-5,
    )


def arg(op, function):
    return Case(
        op.replace("_", "-"),
        (CUBE,),
        lambda mb, x: getattr(mb, op)(x=x, axis=2, keep_dims=False),
        lambda x: function(x, axis=2),
    )


def log_sum(x, axis, keepdims):
    return np.log(x.sum(axis=axis, keepdims=keepdims))


def norm(power):
    return lambda x, axis, keepdims: (np.abs(x) ** power).sum(axis=axis, keepdims=keepdims) ** (1 / power)


def standardized(x, axes, epsilon):
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon)


GAIN = np.float32([[1, 2, 3, 4, 5]] * 4) / 3

REDUCTIONS = [
    reduction("reduce_mean", np.mean),
    reduction("reduce_mean", np.mean, keep=True, axes=(-1, -2)),
    reduction("reduce_sum", np.sum),
    reduction("reduce_max", np.max),
    reduction("reduce_min", np.min, keep=True),
    reduction("reduce_prod", np.prod),
    reduction("reduce_l1_norm", norm(1)),
    reduction("reduce_l2_norm", norm(2), keep=True),
    reduction("reduce_sum_square", lambda x, axis, keepdims: (x * x).sum(axis=axis, keepdims=keepdims)),
    reduction("reduce_log_sum", log_sum, x=np.abs(CUBE)),
    reduction("reduce_log_sum_exp", lambda x, axis, keepdims: special.logsumexp(x, axis=axis, keepdims=keepdims)),
    Case("reduce-sum-all", (CUBE,), lambda mb, x: mb.reduce_sum(x=x), wide(np.sum), 1e-4),
    arg("reduce_argmax", np.argmax),
    arg("reduce_argmin", np.argmin),
    Case(
        "batch-norm",
        (CUBE,),
        lambda mb, x: mb.batch_norm(
            x=x, mean=CHANNELS, variance=2 * CHANNELS, gamma=CHANNELS - 1, beta=-CHANNELS, epsilon=f32(0.01)
        ),
        wide(lambda x: (x - BY_CHANNEL) / np.sqrt(2 * BY_CHANNEL + 0.01) * (BY_CHANNEL - 1) - BY_CHANNEL),
    ),
    Case(
        "instance-norm",
        (CUBE,),
        lambda mb, x: mb.instance_norm(x=x, gamma=CHANNELS, beta=-CHANNELS, epsilon=f32(0.01)),
        wide(lambda x: standardized(x, (2, 3), 0.01) * BY_CHANNEL - BY_CHANNEL),
    ),
    Case(
        "layer-norm",
        (CUBE,),
        lambda mb, x: mb.layer_norm(x=x, axes=[-2, -1], gamma=GAIN, beta=-GAIN, epsilon=f32(0.01)),
        wide(lambda x: standardized(x, (2, 3), 0.01) * GAIN - GAIN),
    ),
    Case(
        "layer-norm-channels",
        (CUBE,),
        lambda mb, x: mb.layer_norm(x=x, axes=[1], gamma=CHANNELS, beta=CHANNELS, epsilon=f32(1e-5)),
        wide(lambda x: standardized(x, (1,), 1e-5) * BY_CHANNEL + BY_CHANNEL),
        1e-5,
    ),
    Case(
        "l2-norm",
        (CUBE,),
        lambda mb, x: mb.l2_norm(x=x, epsilon=f32(0.5)),
        wide(lambda x: x / np.sqrt((x * x).sum((1, 2, 3), keepdims=True) + 0.5)),
    ),
    Case(
        "local-response-norm",
        (CUBE,),
        lambda mb, x: mb.local_response_norm(x=x, size=3, alpha=f32(0.3), beta=f32(0.75), k=f32(2)),
        wide(
            lambda x: (
                x
                / (2 + 0.1 * sum(np.pad(x * x, ((0, 0), (1, 1), (0, 0), (0, 0)))[:, i : i + 3] for i in range(3)))
                ** 0.75
            )
        ),
    ),
]
CASES = [*ACTIVATIONS, *UNARY, *BINARY, *REDUCTIONS]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    program, feeds = pack_cases(CASES, tmp_path_factory.mktemp("mil") / "elementwise.mlpackage", "iOS15")
    return program.run(feeds)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_operator_equals_its_formula(case, results):
    assert_case(case, results)
