"""Reductions and normalisations."""

from __future__ import annotations

from collections.abc import Callable

from runtime.mil.backend import F, Operator, Tensor, ints, torch

Reduction = Callable[[Tensor, list[int], bool], Tensor]


def _reduction(reduce: Reduction) -> Operator:
    """The MIL signature around `reduce(x, axes, keep_dims)`: no `axes` means all of them."""

    def operator(x: Tensor, axes: Tensor | None = None, keep_dims: Tensor | bool = False) -> Tensor:
        dims = list(range(x.dim())) if axes is None else ints(axes)
        return reduce(x, dims, bool(keep_dims))

    return operator


def _prod(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in sorted((a % x.dim() for a in axes), reverse=True):  # torch multiplies along one axis at a time
        x = torch.prod(x, axis, keepdim=keep)
    return x


def _arg(best: str) -> Operator:
    def operator(
        x: Tensor, axis: Tensor | int = -1, keep_dims: Tensor | bool = False, output_dtype: str = "int32"
    ) -> Tensor:
        index: Tensor = getattr(torch, best)(x, int(axis), keepdim=bool(keep_dims))
        return index.to(torch.int32)

    return operator


def batch_norm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Tensor | float = 1e-5,
) -> Tensor:
    """Inference form for x (N, C, …), statistics (C,)."""
    return F.batch_norm(x, mean, variance, gamma, beta, training=False, eps=float(epsilon))


def instance_norm(
    x: Tensor, gamma: Tensor | None = None, beta: Tensor | None = None, epsilon: Tensor | float = 1e-5
) -> Tensor:
    """Each channel of each sample of x (N, C, …) by its own mean and biased variance."""
    return F.instance_norm(x, weight=gamma, bias=beta, eps=float(epsilon))


def layer_norm(
    x: Tensor,
    axes: Tensor | None = None,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Tensor | float = 1e-5,
) -> Tensor:
    """Over any set of `axes`; gamma and beta have the shape of those axes."""
    dims = sorted(a % x.dim() for a in (range(x.dim()) if axes is None else ints(axes)))
    centred = x - x.mean(dims, keepdim=True)
    normed = centred * torch.rsqrt((centred * centred).mean(dims, keepdim=True) + float(epsilon))
    shape = [n if i in dims else 1 for i, n in enumerate(x.shape)]
    if gamma is not None:
        normed = normed * gamma.reshape(shape)
    return normed if beta is None else normed + beta.reshape(shape)


def l2_norm(x: Tensor, epsilon: Tensor | float = 1e-6) -> Tensor:
    """Divided by the root of the sum of squares over the last three dimensions, plus epsilon under the root."""
    return x * torch.rsqrt((x * x).sum((-3, -2, -1), keepdim=True) + float(epsilon))


def local_response_norm(
    x: Tensor,
    size: Tensor,
    alpha: Tensor | float = 1e-4,
    beta: Tensor | float = 0.75,
    k: Tensor | float = 1.0,
) -> Tensor:
    """Each value by the energy of `size` neighbouring channels, x (N, C, …)."""
    return F.local_response_norm(x, int(size), float(alpha), float(beta), float(k))


OPERATORS: dict[str, Operator] = {
    "reduce_mean": _reduction(lambda x, axes, keep: x.mean(axes, keepdim=keep)),
    "reduce_sum": _reduction(lambda x, axes, keep: x.sum(axes, keepdim=keep)),
    "reduce_max": _reduction(lambda x, axes, keep: torch.amax(x, axes, keepdim=keep)),
    "reduce_min": _reduction(lambda x, axes, keep: torch.amin(x, axes, keepdim=keep)),
    "reduce_prod": _reduction(_prod),
    "reduce_l1_norm": _reduction(lambda x, axes, keep: x.abs().sum(axes, keepdim=keep)),
    "reduce_l2_norm": _reduction(lambda x, axes, keep: torch.sqrt((x * x).sum(axes, keepdim=keep))),
    "reduce_sum_square": _reduction(lambda x, axes, keep: (x * x).sum(axes, keepdim=keep)),
    "reduce_log_sum": _reduction(lambda x, axes, keep: torch.log(x.sum(axes, keepdim=keep))),
    "reduce_log_sum_exp": _reduction(lambda x, axes, keep: torch.logsumexp(x, axes, keepdim=keep)),
    "reduce_argmax": _arg("argmax"),
    "reduce_argmin": _arg("argmin"),
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "l2_norm": l2_norm,
    "local_response_norm": local_response_norm,
}
