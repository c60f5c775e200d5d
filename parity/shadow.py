"""Shadows: how large a rounding error can become, operation by operation.

The shadow S of a value v is a number ≥ |v| such that any two careful evaluations of v differ by at most k·eps·S
with a small k. It is found by the same recursion as the value itself, on absolute values: where values are added
their shadows are added whatever the signs, since errors do not cancel; where a function f is applied, the shadow is
|f′(x)| times the shadow of x, which carries on the error of x, plus |f(x)|, for the rounding of f itself. Backwards
likewise: the shadow of a gradient is its formula on absolute values, with shadows for values. (The running error
analysis of J. H. Wilkinson; N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., chapter 3.)

`parity.derived` finds that of any operation, by measuring. The table has rules by hand where measuring takes too
long, for what training programs do thousands of times, and where the derived bound does not hold: gelu, whose 1 + erf
loses all digits far below 0, and the norms, in whose gradients three terms may cancel, are no careful evaluations in
that sense, and a cast rounds by itself. The forward rule is `y`; the others are named for the operand whose gradient
they bound. A rule names what it needs, as gradient formulas do: `x` is the value of the operand x, `X` its shadow,
`y` and `Y` those of the result, `DY` the shadow of the result's cotangent, and options go by their names. Nothing here
uses numpynet's own formulas, except where elements are merely moved.

At a kink, such as that of ReLU at 0, two evaluations of x may fall on either side, and then either derivative is
right. Where |x| is within rounding of the kink, the shadow therefore allows for the whole cotangent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.derived import K

Array = NDArray[Any]
Formula = Callable[..., Any]


class Rule:
    """Bounds one operation: its result and the gradient by each operand."""

    def __init__(self, reason: str, y: Formula, **gradients: Formula) -> None:
        self.reason = reason
        self.y = y
        self.gradients = gradients


# --- what rules are made of -------------------------------------------------------------------------------


def unbroadcast(DY: Array, shape: tuple[int, ...]) -> Array:
    """The shadows of what was copied along new or stretched dimensions, added up."""
    DY = np.asarray(DY)
    while DY.ndim > len(shape):
        DY = DY.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and DY.shape[axis] != 1:
            DY = DY.sum(axis=axis, keepdims=True)
    return DY


def kinked(x: Any, X: Any, passes: Any, DY: Array) -> Array:
    """DY where it passes, 0 where not, and DY/(K eps) where x is so near to 0 that it may lie on either side."""
    return np.where(undecided(x, X), DY / (K * np.finfo(x.dtype).eps), np.where(passes, DY, 0))


def undecided(x: Any, X: Any) -> Any:
    """Where rounding may decide the sign of x."""
    return (X > 0) & (np.abs(x) <= K * np.finfo(x.dtype).eps * X) & (np.abs(x) < X)


def spread(DY: Any, shape: tuple[int, ...], dim: Any, keepdim: bool) -> Array:
    """DY copied over the dimensions that a reduction took away."""
    DY = np.asarray(DY)
    if dim is not None and dim != () and not keepdim and shape:
        DY = np.expand_dims(DY, tuple(one % len(shape) for one in (dim if isinstance(dim, (tuple, list)) else (dim,))))
    return np.broadcast_to(DY, shape)


def _axes(dim: Any) -> Any:
    return None if dim in (None, ()) else tuple(dim) if isinstance(dim, list) else dim


def gathered(shape: tuple[int, ...], dim: Any) -> float:
    """How many elements each result of a reduction gathers."""
    axes = range(len(shape)) if _axes(dim) is None else np.atleast_1d(_axes(dim))
    return float(np.prod([shape[axis] for axis in axes if shape]))


def reduced(X: Array, reduction: str) -> Any:
    """A loss per element, reduced."""
    return X if reduction == "none" else X.sum() / (X.size if reduction == "mean" else 1)


def per_element(DY: Any, count: int, reduction: str) -> Any:
    """The shadow of each element's cotangent."""
    return DY / count if reduction == "mean" else DY


def sigmoid(z: Any) -> Any:
    """σ(z) in float64."""
    return 1 / (1 + np.exp(-np.clip(np.asarray(z, np.float64), -700, 700)))


def softplus(z: Any) -> Any:
    """ln(1 + e^z) in float64."""
    return np.logaddexp(0, np.asarray(z, np.float64))


def scattered(DY: Array, shape: tuple[int, ...], index: Any) -> Array:
    """DY added up where elements had been picked."""
    DX = np.zeros(shape)
    np.add.at(DX, index, DY)
    return DX


# --- rules ------------------------------------------------------------------------------------------------


def _left(DY: Array, A: Array, B: Array) -> Array:
    """The shadow of dy bᵀ."""
    if B.ndim == 1:
        return unbroadcast(DY[..., None] * B, A.shape)
    if A.ndim == 1:
        return unbroadcast((DY[..., None, :] @ B.mT)[..., 0, :], A.shape)
    return unbroadcast(DY @ B.mT, A.shape)


def _right(DY: Array, A: Array, B: Array) -> Array:
    """The shadow of aᵀ dy."""
    if A.ndim == 1:
        return unbroadcast(A * DY if B.ndim == 1 else A[:, None] * DY[..., None, :], B.shape)
    if B.ndim == 1:
        return unbroadcast((A.mT @ DY[..., None])[..., 0], B.shape)
    return unbroadcast(A.mT @ DY, B.shape)


PRODUCT = "each product is rounded once, and each partial sum; how often depends on the order of summation"
SUM = "the terms' errors add up whatever their signs; the sum is rounded by at most its own size"
SMOOTH = "|f′(x)| carries the error of x on, and |f(x)| is rounded; backwards f′ has the error of what it is made of"
NORMWISE = (
    "LAPACK rounds a matrix as a whole, not its elements; condition and gaps between singular values amplify that"
)
KINK = "the chosen branch's own shadow; where rounding may decide the branch, the whole cotangent"
LOSS = "the slope is a difference, whose two terms' errors do not cancel though the terms may; then as a sum"


def _amplified(x: Array, X: Array) -> float:
    """How much a rounding of a matrix may change its inverse, or its singular vectors, and how large it is already."""
    values = np.linalg.svd(np.asarray(x, np.float64), compute_uv=False)
    gaps = np.abs(values[..., :, None] - values[..., None, :])[..., ~np.eye(values.shape[-1], dtype=bool)]
    least = np.minimum(values[..., -1], gaps.min(axis=-1, initial=np.inf))
    return float((values[..., 0] / least).max() * np.max(X) / np.abs(x).max())


def _of_matrix() -> Rule:
    """The rule for a function of a matrix x, of which all elements have the bound of the largest."""
    return Rule(
        NORMWISE,
        y=lambda x, X, y: np.full(np.shape(y), _amplified(x, X) * np.abs(y).max()),
        x=lambda DY, x, X, y: np.full(x.shape, _amplified(x, X) ** 2 * np.abs(y).max() * np.max(DY)),
    )


def _elementwise(slope: Formula, slope_shadow: Formula) -> Rule:
    """A smooth function of one operand: |f′| of (x, y), and a shadow of f′ of (x, X, y, Y)."""
    return Rule(
        SMOOTH,
        y=lambda x, X, y: slope(x, y) * X + np.abs(y),
        x=lambda DY, x, X, y, Y: DY * slope_shadow(x, X, y, Y),
    )


def _logits_slope(DY: Any, z: Any, Z: Any, t: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    """σ(z) and t are subtracted; σ(z) has the error σ′(z)·Z of its logit."""
    p = 1.0 if pos_weight is None else np.asarray(pos_weight, np.float64)
    σ = sigmoid(z)
    slope = (1 + np.abs(p - 1) * t) * (σ + σ * (1 - σ) * Z) + p * t
    slope = slope if weight is None else slope * weight
    return slope * per_element(DY, z.size, reduction)


def _logits_loss(z: Any, Z: Any, T: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    """(1 − t) z + ... in torch's order of evaluation, max(z, 0) − z t + ... in numpynet's: both within this."""
    p = 1.0 if pos_weight is None else np.asarray(pos_weight, np.float64)
    losses = (1 + T) * Z + (1 + np.abs(p - 1) * T) * (softplus(-np.abs(z)) + Z)
    return reduced(losses if weight is None else losses * weight, reduction)


def _class_weights(t: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    """By how much each row's loss enters the reduced one."""
    counts = t != ignore_index
    weights = counts * (1.0 if weight is None else np.asarray(weight, np.float64)[np.where(counts, t, 0)])
    return weights / weights.sum() if reduction == "mean" else weights


def _picked_losses(X: Any, t: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    weights = _class_weights(t, weight, reduction, ignore_index)
    losses = X[np.arange(t.size), np.where(t != ignore_index, t, 0)] * weights
    return losses if reduction == "none" else losses.sum()


def _to_picked(DY: Any, X: Any, t: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    DX = np.zeros(X.shape)
    weights = _class_weights(t, weight, reduction, ignore_index)
    DX[np.arange(t.size), np.where(t != ignore_index, t, 0)] = weights * DY
    return DX


def _log_softmax(X: Any, y: Any, dim: int) -> Any:
    """The errors of x and, averaged with softmax x as weights, of the sum; x − max x and the logarithm are rounded."""
    return X + (np.exp(y) * X).sum(axis=dim, keepdims=True) + np.abs(y) + np.log(X.shape[dim])


def _gelu_slope(DY: Any, x: Any, X: Any, approximate: str) -> Any:
    """The terms of Φ(x) + x Φ′(x), where 1 + erf and 1 − tanh² are sums of their terms' sizes."""
    x = np.asarray(x, np.float64)
    if approximate == "tanh":
        inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)  # the slope of what tanh is taken of
        t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        by_inner = (1 - t**2) * inner * X * (0.5 + np.abs(x * t) * inner)
        return DY * (1 + np.abs(x) / 2 * (1 + t**2) * inner + by_inner)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return DY * (1 + density * (np.abs(x) + X * (2 + x**2)))


class Standardized:
    """The shadows around x̂ = (x − x̄) / σ, standardized over some axes.

    size: |x̂|. sigma: σ. doubt: the relative error of σ. shadow: of x̂.
    """

    def __init__(self, x: Any, X: Any, axes: tuple[int, ...], eps: float) -> None:
        self.axes = axes
        x = np.asarray(x, np.float64)
        deviation, D = np.abs(x - self.mean(x)), X + self.mean(X)
        self.sigma = np.sqrt(self.mean(deviation**2) + eps)
        self.size = deviation / self.sigma
        self.doubt = 1 + self.mean(deviation * D) / self.sigma**2
        self.shadow = D / self.sigma + self.size * self.doubt

    def mean(self, values: Any) -> Any:
        """Over the axes, which stay."""
        return values.mean(axis=self.axes, keepdims=True)

    def gradient(self, D: Any) -> Any:
        """Of (d − mean d − x̂ mean(d x̂)) / σ, whose terms may cancel, D being the shadow of d."""
        terms = D + self.mean(D) + self.size * self.mean(D * self.size)
        through = self.shadow * self.mean(D * self.size) + self.size * self.mean(D * self.shadow)
        return (terms * (1 + self.doubt) + through) / self.sigma


def _of_layers(x: Any, X: Any, dims: int, eps: float) -> Standardized:
    return Standardized(x, X, tuple(range(x.ndim - dims, x.ndim)), eps)


def _of_channels(x: Any, X: Any, mean: Any, variance: Any, eps: float) -> Standardized:
    """Over the batch; where mean and variance are given they are exact, and nothing goes through them."""
    found = Standardized(x, X, (0, *range(2, x.ndim)), eps)
    if mean is not None:
        mean, variance = (_by_channel(np.asarray(one, np.float64), x.ndim) for one in (mean, variance))
        found.sigma = np.sqrt(variance + eps)
        found.size = np.abs(x - mean) / found.sigma
        found.shadow = (X + np.abs(mean)) / found.sigma + found.size
        found.gradient = lambda D: 2 * D / found.sigma  # type: ignore[method-assign]
    return found


def _by_channel(values: Any, ndim: int) -> Any:
    return 1.0 if values is None else np.reshape(values, (-1, *(1,) * (ndim - 2)))


def _or(W: Any, otherwise: float) -> Any:
    return otherwise if W is None else W


RULES: dict[str, Rule] = {
    # products
    "linear": Rule(
        PRODUCT,
        y=lambda X, W, B: X @ W.T + (0 if B is None else B),
        x=lambda DY, W: DY @ W,
        w=lambda DY, X: DY.T @ X,
        b=lambda DY: DY.sum(axis=0),
    ),
    "matmul": Rule(PRODUCT, y=lambda A, B: A @ B, a=_left, b=_right),
    "mul": Rule(PRODUCT, y=lambda A, B: A * B, a=lambda DY, B: DY * B, b=lambda DY, A: DY * A),
    "true_divide": Rule(
        PRODUCT,
        y=lambda A, b, B: A * B / np.square(b, dtype=np.float64),
        a=lambda DY, b, B: DY * B / np.square(b, dtype=np.float64),
        b=lambda DY, A, b, B: DY * A * B / np.abs(b, dtype=np.float64) ** 3,
    ),
    # sums
    "add": Rule(SUM, y=lambda A, B, alpha: A + abs(alpha) * B, a=lambda DY: DY, b=lambda DY, alpha: abs(alpha) * DY),
    "sub": Rule(SUM, y=lambda A, B, alpha: A + abs(alpha) * B, a=lambda DY: DY, b=lambda DY, alpha: abs(alpha) * DY),
    "mean": Rule(
        SUM,
        y=lambda X, dim, keepdim: X.sum(axis=_axes(dim), keepdims=keepdim) / gathered(X.shape, dim),
        x=lambda DY, X, dim, keepdim: spread(DY / gathered(X.shape, dim), X.shape, dim, keepdim),
    ),
    # smooth functions of one operand
    "tanh": _elementwise(lambda x, y: 1 - y * y, lambda x, X, y, Y: 1 + 2 * np.abs(y) * Y),
    "sigmoid": _elementwise(lambda x, y: y * (1 - y), lambda x, X, y, Y: y * (1 - y) + np.abs(1 - 2 * y) * Y),
    "gelu": Rule(
        "1 + erf cancels below 0, where each term is rounded: |x|; and |f′(x)| < 1.13 carries the error of x on",
        y=lambda X: 2.13 * X,
        x=_gelu_slope,
    ),
    "log_softmax": Rule(
        SMOOTH,
        y=_log_softmax,
        x=lambda DY, y, Y, dim: DY + np.exp(y) * (1 + Y) * DY.sum(axis=dim, keepdims=True),
    ),
    # functions with kinks
    "relu": Rule(
        KINK,
        y=lambda x, X: np.where((x > 0) | undecided(x, X), X, 0),
        x=lambda DY, x, X: kinked(x, X, x > 0, DY),
    ),
    # standardized
    "layer_norm": Rule(
        LOSS,
        y=lambda x, X, W, B, dims, eps: _of_layers(x, X, dims, eps).shadow * _or(W, 1) + _or(B, 0),
        x=lambda DY, x, X, W, dims, eps: _of_layers(x, X, dims, eps).gradient(DY * _or(W, 1)),
        w=lambda DY, x, X, dims, eps: unbroadcast(DY * _of_layers(x, X, dims, eps).shadow, x.shape[-dims:]),
        b=lambda DY, x, dims: unbroadcast(DY, x.shape[-dims:]),
    ),
    "batch_norm": Rule(
        LOSS,
        y=lambda x, X, W, B, mean, variance, eps: (
            _of_channels(x, X, mean, variance, eps).shadow * _by_channel(W, x.ndim) + _by_channel(_or(B, 0), x.ndim)
        ),
        x=lambda DY, x, X, W, mean, variance, eps: _of_channels(x, X, mean, variance, eps).gradient(
            DY * _by_channel(W, x.ndim)
        ),
        w=lambda DY, x, X, mean, variance, eps: (DY * _of_channels(x, X, mean, variance, eps).shadow).sum(
            axis=(0, *range(2, x.ndim))
        ),
        b=lambda DY, x: DY.sum(axis=(0, *range(2, x.ndim))),
    ),
    # functions of a matrix
    "svd": _of_matrix(),
    "eigh": _of_matrix(),
    "matrix_exp": _of_matrix(),
    "pinv": _of_matrix(),
    # losses
    "mse_loss": Rule(
        LOSS,
        y=lambda x, t, X, T, reduction: reduced(2 * np.abs(x - t) * (X + T), reduction),
        x=lambda DY, X, T, reduction: 2 * (X + T) * per_element(DY, (X + T).size, reduction),
        t=lambda DY, X, T, reduction: 2 * (X + T) * per_element(DY, (X + T).size, reduction),
    ),
    "binary_cross_entropy_with_logits": Rule(
        LOSS,
        y=_logits_loss,
        z=_logits_slope,
        t=lambda DY, Z, weight, pos_weight, reduction: (
            (Z + 1)
            * (1 + (1 if pos_weight is None else np.asarray(pos_weight, np.float64)))
            * (1 if weight is None else weight)
            * per_element(DY, Z.size, reduction)
        ),
    ),
    "nll_loss": Rule(SUM, y=_picked_losses, x=_to_picked),
    "cast": Rule(SUM, y=lambda X: X, x=lambda DY: DY),
    # picking, with repetition
    "index": Rule(SUM, y=lambda X, index: X[index], x=lambda DY, X, index: scattered(DY, X.shape, index)),
}

# Elements are copied and moved, never computed with: the operation itself moves their shadows.
_MOVING = "reshape view transpose t permute expand squeeze unsqueeze flip roll cat stack clone tril triu diagonal"
MOVING = frozenset(_MOVING.split())
