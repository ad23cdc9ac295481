"""Element-wise operators: activations, unary and binary arithmetic, comparisons, logic, casts.

Each function takes the operator's inputs by their MIL names and returns float32, integer or bool tensors.
Formulas: coremltools' MIL operator reference, iOS15 to iOS18.
"""

from __future__ import annotations

from runtime.mil.backend import F, Operator, Tensor, torch


def gelu(x: Tensor, mode: str = "EXACT") -> Tensor:
    """EXACT is x·Φ(x) by erf; the two approximations are the tanh and the sigmoid one."""
    if mode == "SIGMOID_APPROXIMATION":
        return x * torch.sigmoid(1.702 * x)
    return F.gelu(x, approximate="tanh" if mode == "TANH_APPROXIMATION" else "none")


def _per_channel(parameter: Tensor, x: Tensor) -> Tensor:
    """(C,) → (1, C, 1, …), to be broadcast over x (N, C, …)."""
    return parameter.reshape(1, -1, *[1] * (x.dim() - 2))


def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    """Slope `alpha` (C,) below zero, one for each channel of x (N, C, …)."""
    return torch.where(x > 0, x, x * _per_channel(alpha, x))


def softplus_parametric(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """alpha · log(1 + exp(beta · x)) for each channel of x (N, C, …), without overflow in exp."""
    return _per_channel(alpha, x) * torch.logaddexp(_per_channel(beta, x) * x, torch.zeros(()))


def elu(x: Tensor, alpha: Tensor) -> Tensor:
    """x above zero, alpha · (exp(x) − 1) below."""
    return torch.where(x > 0, x, alpha * torch.expm1(x))


def clamped_relu(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """min(beta, leaky relu with slope alpha)."""
    return torch.minimum(torch.where(x >= 0, x, alpha * x), beta)


def cast(x: Tensor, dtype: str) -> Tensor:
    """To `dtype`; fp16 is a matter of storage and changes nothing here. Floats lose their fraction in integers."""
    kinds = {"bool": torch.bool, "uint16": torch.int32, "uint32": torch.int64}
    if dtype.startswith("fp"):
        return x.float()
    return x.to(kinds.get(dtype) or getattr(torch, dtype))


ACTIVATIONS: dict[str, Operator] = {
    "gelu": gelu,
    "relu": lambda x: torch.relu(x),
    "relu6": lambda x: torch.clamp(x, 0.0, 6.0),
    "leaky_relu": lambda x, alpha: torch.where(x >= 0, x, alpha * x),
    "prelu": prelu,
    "elu": elu,
    "clamped_relu": clamped_relu,
    "thresholded_relu": lambda x, alpha: torch.where(x >= alpha, x, torch.zeros(())),
    "threshold": lambda x, alpha: torch.maximum(x, alpha),
    "sigmoid": lambda x: torch.sigmoid(x),
    "sigmoid_hard": lambda x, alpha, beta: torch.clamp(alpha * x + beta, 0.0, 1.0),
    "silu": lambda x: F.silu(x),
    "softmax": lambda x, axis=-1: torch.softmax(x, int(axis)),
    "softplus": lambda x: torch.logaddexp(x, torch.zeros(())),
    "softplus_parametric": softplus_parametric,
    "softsign": lambda x: x / (1 + x.abs()),
    "scaled_tanh": lambda x, alpha, beta: alpha * torch.tanh(beta * x),
    "linear_activation": lambda x, alpha, beta: alpha * x + beta,
}

UNARY: dict[str, Operator] = {
    "abs": lambda x: torch.abs(x),
    "acos": lambda x: torch.acos(x),
    "asin": lambda x: torch.asin(x),
    "atan": lambda x: torch.atan(x),
    "atanh": lambda x: torch.atanh(x),
    "cast": cast,
    "ceil": lambda x: torch.ceil(x),
    "clip": lambda x, alpha, beta: torch.clamp(x, alpha, beta),
    "cos": lambda x: torch.cos(x),
    "cosh": lambda x: torch.cosh(x),
    "erf": lambda x: torch.erf(x),
    "exp": lambda x: torch.exp(x),
    "exp2": lambda x: torch.exp2(x),
    "floor": lambda x: torch.floor(x),
    "identity": lambda x: x,
    "inverse": lambda x, epsilon=1e-4: 1.0 / (x + epsilon),
    "log": lambda x, epsilon=1e-45: torch.log(x + epsilon),
    "logical_not": lambda x: torch.logical_not(x),
    "round": lambda x: torch.round(x),  # halves go to the even neighbour, as in NumPy
    "rsqrt": lambda x, epsilon=1e-12: torch.rsqrt(x + epsilon),
    "sign": lambda x: torch.sign(x),
    "sin": lambda x: torch.sin(x),
    "sinh": lambda x: torch.sinh(x),
    "sqrt": lambda x: torch.sqrt(x),
    "square": lambda x: x * x,
    "tan": lambda x: torch.tan(x),
    "tanh": lambda x: torch.tanh(x),
}

BINARY: dict[str, Operator] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "real_div": lambda x, y: x / y,
    "floor_div": lambda x, y: torch.floor_divide(x, y),
    "mod": lambda x, y: torch.remainder(x, y),  # sign of the divisor, as Python's %
    "pow": lambda x, y: torch.pow(x, y),
    "maximum": lambda x, y: torch.maximum(x, y),
    "minimum": lambda x, y: torch.minimum(x, y),
    "equal": lambda x, y: torch.eq(x, y),
    "not_equal": lambda x, y: torch.ne(x, y),
    "greater": lambda x, y: torch.gt(x, y),
    "greater_equal": lambda x, y: torch.ge(x, y),
    "less": lambda x, y: torch.lt(x, y),
    "less_equal": lambda x, y: torch.le(x, y),
    "logical_and": lambda x, y: torch.logical_and(x, y),
    "logical_or": lambda x, y: torch.logical_or(x, y),
    "logical_xor": lambda x, y: torch.logical_xor(x, y),
    "select": lambda cond, a, b: torch.where(cond, a, b),
}

OPERATORS: dict[str, Operator] = {**ACTIVATIONS, **UNARY, **BINARY}
