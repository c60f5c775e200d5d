"""Activations: the nonlinear functions between the layers of a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from numpynet.ops.acceptance import no_boolean_relu, no_integers
from numpynet.ops.blocks import FEW, MANY, MANY_PASSES, beside, between, held, in_blocks, lone
from numpynet.ops.conversion import cast
from numpynet.ops.error_function import normal_distribution
from numpynet.ops.form import Array, elementwise, op, possible
from numpynet.ops.layout import row_major
from numpynet.ops.masks import choose, zero_where
from numpynet.ops.reduction import LARGEST, extreme_along
from numpynet.ops.sums import HALF, ROW, sum_over

FEW_COLUMNS = 16


@elementwise(torch="input", accepts=no_boolean_relu, piecewise_linear=True)
def relu(x: Array) -> Any:
    """y = max(x, 0)        any shape; NaN stays NaN and −0 stays −0.

    The derivative at 0 is 0.

    >>> import numpynet
    >>> numpynet.relu(numpynet.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if x.size > MANY:
        return between(0, x, math.inf)
    return np.maximum(beside(0, x), x)  # in this order: of two equal zeros the second is returned


relu.gradients(x=lambda dy, y: zero_where(y <= 0, dy))


@elementwise(torch="input", promotes="float", complex="analytic")
def sigmoid(x: Array) -> Any:
    """σ(x) = 1 / (1 + e⁻ˣ), which is 0 where e⁻ˣ overflows; of float16 in float32, as in torch.

    σ′ = σ (1 − σ).

    >>> import numpynet
    >>> numpynet.sigmoid(numpynet.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if x.dtype == HALF:
        return sigmoid.forward(cast.forward(x, kind=np.dtype(np.float32))).astype(HALF)
    return _sigmoid(x) if x.size <= FEW else in_blocks(_sigmoid, x)


def _sigmoid(x: Array) -> Array:
    one, y = lone(1, x), np.exp(-x)
    y += one
    return one / y


sigmoid.gradients(x=lambda dy, y: dy * ((1 - y) * y))


@elementwise(ufunc=np.tanh, torch="input", promotes="float", complex="analytic")
def tanh(x: Array) -> Any:
    """y = tanh x;  y′ = 1 − y².

    >>> import numpynet
    >>> numpynet.tanh(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(x)


tanh.gradients(x=lambda dy, y: dy * (1 - y * y))


def _some_integers(name: str, x: Array) -> None:
    """NotImplementedError for integers; torch does not notice where there are none."""
    if x.size:
        no_integers(name, x)


@op(torch="input", accepts=_some_integers)
def softmax(x: Array, *, dim: int) -> Any:
    """y = eˣ / Σ eˣ along `dim`, shifted by the maximum so that nothing overflows.

    >>> import numpynet
    >>> numpynet.softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return along(dim, _softmax, x)


def _softmax(x: Array, dim: int) -> Array:
    e = np.exp(x - extreme_along(x, dim, LARGEST))
    return e / sum_over(e, dim, keepdim=True)


def along(dim: int, formula: Callable[..., Array], *arrays: Array) -> Array:
    """formula(*arrays, dim), which computes along one dimension: in float32 for float16, as in torch.

    Long rows are computed in blocks, and short ones laid out by columns: NumPy takes rows one by one. How a short one
    is rounded may depend on how many are added up in one product.
    """
    x = arrays[0]
    is_usual = x.dtype.char in "fd"
    if is_usual and x.ndim == 2 and dim in (-1, 1) and 0 < x.shape[1] <= FEW_COLUMNS:
        return row_major(formula(*(array.copy(order="F") for array in arrays), 1))
    if is_usual and x.size <= FEW:
        return row_major(formula(*arrays, dim))
    if x.dtype.kind != "f":
        normalize_axis_index(dim, x.ndim or 1)
        return x.copy()  # of integers there are none: see `_some_integers`
    if x.dtype == HALF:
        return row_major(formula(*(array.astype(np.float32) for array in arrays), dim).astype(HALF))
    if dim in (-1, x.ndim - 1) and x.shape[-1] > ROW:
        return in_blocks(lambda *rows: formula(*rows, -1), *arrays, row=x.shape[-1])
    return row_major(formula(*arrays, dim))


# ∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ − yⱼ), hence ∂L/∂x = y (dy − Σ dy y)
softmax.gradients(
    x=lambda dy, y, dim: along(dim, lambda dy, y, dim: y * (dy - sum_over(dy * y, dim, keepdim=True)), dy, y)
)


@op(torch="input", accepts=_some_integers)
def log_softmax(x: Array, *, dim: int) -> Any:
    """y = x − ln Σ eˣ along `dim`.

    >>> import numpynet
    >>> numpynet.log_softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return along(dim, _log_softmax, x)


def _log_softmax(x: Array, dim: int) -> Array:
    shifted = x - extreme_along(x, dim, LARGEST)
    return shifted - np.log(sum_over(np.exp(shifted), dim, keepdim=True))


log_softmax.gradients(
    x=lambda dy, y, dim: along(dim, lambda dy, y, dim: dy - np.exp(y) * sum_over(dy, dim, keepdim=True), dy, y)
)


@elementwise(torch="input", accepts=no_integers, piecewise_linear=True)
def leaky_relu(x: Array, *, negative_slope: float = 0.01) -> Any:
    """y = x where x > 0, else negative_slope · x

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.leaky_relu(numpynet.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    if 0 < negative_slope <= 1:  # the larger of the two, which is found without a branch
        slope = held(negative_slope, x.dtype.char) if type(x) is np.ndarray and x.dtype.kind == "f" else negative_slope
        return np.maximum(x, slope * x) if x.size <= FEW else in_blocks(lambda x: np.maximum(x, slope * x), x)
    return in_blocks(lambda x: choose(x > 0, x, negative_slope * x), x)


leaky_relu.gradients(
    x=lambda dy, x, negative_slope: in_blocks(lambda dy, x: choose(x > 0, dy, negative_slope * dy), dy, x),
)


@elementwise(torch="input", accepts=no_integers)
def elu(x: Array, *, alpha: float = 1.0) -> Any:
    """y = x where x > 0, else α (eˣ − 1);  y′ = 1, else α eˣ

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.elu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return in_blocks(lambda x: _elu(x, alpha), x)


def _elu(x: Array, alpha: float) -> Array:
    below = np.expm1(between(-math.inf, x, 0))
    if alpha != 1:
        below *= alpha
    return np.maximum(x, below) if 0 < alpha <= 1 else between(0, x, math.inf) + below  # eˣ − 1 is never less than x


elu.gradients(
    x=lambda dy, x, alpha: in_blocks(lambda dy, x: choose(x > 0, dy, dy * alpha * np.exp(np.minimum(x, 0))), dy, x),
)


@elementwise(torch="input", accepts=no_integers)
def silu(x: Array) -> Any:
    """y = x σ(x) = x / (1 + e⁻ˣ);  y′ = σ (1 + x (1 − σ))

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.silu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _silu(x) if x.size <= FEW else in_blocks(_silu, x)


def _silu(x: Array) -> Array:
    y = np.exp(-x)
    y += lone(1, x)
    return x / y


def _silu_gradient(dy: Array, x: Array) -> Any:
    s = sigmoid.of(x)
    return dy * s * (1 + x * (1 - s))


silu.gradients(x=lambda dy, x: in_blocks(_silu_gradient, dy, x))


@elementwise(torch="input", accepts=no_integers)
def softplus(x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """y = ln(1 + e^βx) / β, and x itself where βx exceeds the threshold;  y′ = σ(βx)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softplus(numpynet.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    return in_blocks(lambda x: _softplus(x, beta, threshold), x)


def _softplus(x: Array, beta: float, threshold: float) -> Array:
    z = x if beta == 1 else x * beta
    is_large = z > lone(threshold, z)
    if not possible(is_large):
        y = np.log1p(np.exp(z))
        return y if beta == 1 else y / beta
    return choose(is_large, x, np.log1p(np.exp(np.minimum(z, threshold))) / beta)


softplus.gradients(
    x=lambda dy, x, beta, threshold: in_blocks(
        lambda dy, x: choose(x * beta > threshold, dy, dy * sigmoid.of(x * beta)), dy, x
    ),
)


@elementwise(torch="input", accepts=no_integers)
def log_sigmoid(x: Array) -> Any:
    """y = ln σ(x) = min(x, 0) − ln(1 + e^−|x|);  y′ = σ(−x)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.logsigmoid(numpynet.tensor([0.0, -100.0]))
    tensor([  -0.6931, -100.0000])
    """
    return row_major(in_blocks(lambda x: np.minimum(x, lone(0, x)) - np.log1p(np.exp(-np.abs(x))), x))


log_sigmoid.gradients(x=lambda dy, x: dy * sigmoid.of(-x))


_ROOT_OF_2_BY_PI = math.sqrt(2 / math.pi)


@elementwise(torch="input", accepts=no_integers)
def gelu(x: Array, *, approximate: str = "none") -> Any:
    """y = x Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel 2016);  y′ = Φ(x) + x φ(x)

    approximate: "tanh" puts (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 in the place of Φ(x), which is faster.
    RuntimeError for another than this and "none".

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.gelu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate argument must be either none or tanh, not {approximate}")
    if x.dtype == HALF:
        return gelu.forward(x.astype(np.float32), approximate=approximate).astype(HALF)
    if approximate == "tanh":
        return in_blocks(lambda x: 0.5 * x * (1 + np.tanh(_ROOT_OF_2_BY_PI * (x + 0.044715 * (x * x * x)))), x)
    return in_blocks(lambda x: x * normal_distribution.of(x), x, few=MANY_PASSES)


def _gelu_gradient(dy: Array, x: Array, approximate: str) -> Any:
    if x.dtype == HALF:
        return _gelu_gradient(dy.astype(np.float32), x.astype(np.float32), approximate).astype(HALF)
    return in_blocks(lambda dy, x: _through_gelu(dy, x, approximate), dy, x, few=MANY_PASSES)


def _through_gelu(dy: Array, x: Array, approximate: str) -> Array:
    if approximate == "tanh":
        t = np.tanh(_ROOT_OF_2_BY_PI * (x + 0.044715 * (x * x * x)))
        inner = _ROOT_OF_2_BY_PI * (1 + 3 * 0.044715 * (x * x))
        return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner)
    density = lone(math.sqrt(0.5 / math.pi), x) * np.exp(lone(-0.5, x) * (x * x))  # φ(x)
    return dy * (normal_distribution.of(x) + x * density)


gelu.gradients(x=_gelu_gradient)
