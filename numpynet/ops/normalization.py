"""Normalization: a mean of 0 and a variance of 1, over a batch or over the features of each sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_integers
from numpynet.ops.blocks import lone
from numpynet.ops.form import Array, op
from numpynet.ops.layout import row_major
from numpynet.ops.sums import HALF, LONG_ROW, ROW, sum_over

Axes = tuple[int, ...]


def standardized(x: Array, axes: Axes, eps: float) -> tuple[Array, Array]:
    """x̂ = (x − μ) / √(σ² + eps), with the mean μ and the variance σ² of x over the axes; and 1 / √(σ² + eps).

    Of float16 both are float32, as in torch: squares would overflow.

    >>> standardized(np.array([-2.0, 2.0]), (0,), 0.0)
    (array([-1.,  1.]), array([0.5]))
    """
    _, deviation, squares, count = _moments(x, axes)
    scale = _scale(squares / count, eps)
    return deviation * scale, scale


def _moments(x: Array, axes: Axes) -> tuple[Array, Array, Array, Any]:
    """The mean μ over the axes, which stay with size 1, x − μ, Σ (x − μ)², and `_count`; of float16 float32."""
    if x.dtype == HALF:
        x = x.astype(np.float32)
    count = _count(x, axes)
    mean = _sum(x, axes) / count
    deviation = x - mean
    return mean, deviation, _sum_of_squares(deviation, axes), count


def _sum_of_squares(x: Array, axes: Axes) -> Any:
    """Σ x² over the axes, which stay with size 1; of long rows without x² in memory."""
    if ROW < x.shape[-1] <= LONG_ROW and axes == (x.ndim - 1,) and isinstance(x, np.ndarray):
        return np.vecdot(x, x)[..., None]
    return _sum(x * x, axes)


def _sum(x: Array, axes: Axes) -> Any:
    """Σ x over the axes, which stay with size 1."""
    return sum_over(x, axes[0] if len(axes) == 1 else axes, keepdim=True)


def _mean(x: Array, axes: Axes) -> Any:
    """The mean over the axes, which stay with size 1; NaN, without a warning, where there is nothing."""
    return _sum(x, axes) / _count(x, axes)


def _count(x: Array, axes: Axes) -> Any:
    """How many elements the axes have together, as a number beside x."""
    return lone(x.shape[axes[0]] if len(axes) == 1 else math.prod([x.shape[axis] for axis in axes]), x)


def _scale(variance: Array, eps: float) -> Any:
    """1 / √(σ² + eps)"""
    return lone(1, variance) / np.sqrt(variance + lone(eps, variance))


def through_standardization(dy: Array, x: Array, axes: Axes, eps: float) -> Any:
    """∂L/∂x = (dy − mean dy − x̂ mean(dy x̂)) / √(σ² + eps), from dy = ∂L/∂x̂

    What a common shift of all x, or a common scale, would change is taken out: x̂ does not depend on them.
    """
    standard, scale = standardized(x, axes, eps)
    dx = scale * (dy - _mean(dy, axes) - standard * _mean(dy * standard, axes))
    return dx.astype(x.dtype, copy=False)


def affine(x: Array, w: Array | None, b: Array | None) -> Array:
    """w x + b, without what is None."""
    y = x if w is None else x * w
    return y if b is None else y + b


# --- over the features of each sample -----------------------------------------------------------------


def _features(ndim: int, count: int) -> Axes:
    """The last `count` of the dimensions."""
    return (ndim - 1,) if count == 1 else tuple(range(ndim - count, ndim))


def _samples(ndim: int, count: int) -> Axes:
    """All dimensions but the last `count`."""
    return tuple(range(ndim - count))


@op(torch="input weight bias", accepts=no_integers, grad_fn="NativeLayerNormBackward0")
def layer_norm(x: Array, w: Array | None = None, b: Array | None = None, *, dims: int = 1, eps: float = 1e-5) -> Any:
    """y = w x̂ + b, where x̂ is x standardized over its last `dims` dimensions, for each sample alone

    x (..., *features), w and b (*features) or None -> y as x. Ba, Kiros & Hinton 2016.
    """
    return row_major(affine(standardized(x, _features(x.ndim, dims), eps)[0], w, b).astype(x.dtype, copy=False))


layer_norm.gradients(
    x=lambda dy, x, w, dims, eps: through_standardization(affine(dy, w, None), x, _features(x.ndim, dims), eps),
    w=lambda dy, x, dims, eps, w_dtype: sum_over(
        dy * standardized(x, _features(x.ndim, dims), eps)[0], _samples(x.ndim, dims)
    ).astype(w_dtype, copy=False),
    b=lambda dy, dims: sum_over(dy, _samples(dy.ndim, dims)),
)


def _root_mean_square(x: Array, axes: Axes, eps: float) -> tuple[Array, Array]:
    """x̂ = x / √(mean x² + eps), and 1 / √(mean x² + eps)"""
    scale = _scale(_sum_of_squares(x, axes) / _count(x, axes), eps)
    return x * scale, scale


@op(torch="input weight", promotes="common", accepts=no_integers, grad_fn="MulBackward0")
def rms_norm(x: Array, w: Array | None = None, *, dims: int = 1, eps: float = 1e-5) -> Any:
    """y = w x / √(mean x² + eps), with the mean over the last `dims` dimensions of each sample alone

    x (..., *features), w (*features) or None -> y as x. Zhang & Sennrich 2019.
    """
    return affine(_root_mean_square(x, _features(x.ndim, dims), eps)[0], w, None)


def _through_root_mean_square(dy: Array, x: Array, w: Array | None, dims: int, eps: float) -> Any:
    """∂L/∂x = (dx̂ − x̂ mean(dx̂ x̂)) / √(mean x² + eps), from dx̂ = w dy"""
    axes, dy = _features(x.ndim, dims), affine(dy, w, None)
    standard, scale = _root_mean_square(x, axes, eps)
    return scale * (dy - standard * _mean(dy * standard, axes))


rms_norm.gradients(
    x=_through_root_mean_square,
    w=lambda dy, x, dims, eps: sum_over(
        dy * _root_mean_square(x, _features(x.ndim, dims), eps)[0], _samples(x.ndim, dims)
    ),
)


# --- over groups of channels of each sample -----------------------------------------------------------


def _grouped(x: Array, groups: int) -> Array:
    """(N, C, ...) as (N, groups, all that belongs together)."""
    return x.reshape(len(x), groups, math.prod(x.shape[1:]) // groups)


def _by_group(x: Array, groups: int, eps: float) -> Any:
    """x̂ of x (N, C, ...), standardized over each group of channels of each sample."""
    return standardized(_grouped(x, groups), (2,), eps)[0].reshape(x.shape)


@op(torch="input weight bias", accepts=no_integers, grad_fn="NativeGroupNormBackward0")
def group_norm(x: Array, w: Array | None = None, b: Array | None = None, *, groups: int, eps: float = 1e-5) -> Any:
    """y = w x̂ + b, where x̂ is x standardized over groups of channels of each sample

    x (N, C, ...), w and b (C,) or None -> y as x. Wu & He 2018.
    """
    y = affine(_by_group(x, groups, eps), _by_channel(w, x.ndim), _by_channel(b, x.ndim))
    return row_major(y.astype(x.dtype, copy=False))


group_norm.gradients(
    x=lambda dy, x, w, groups, eps: through_standardization(
        _grouped(affine(dy, _by_channel(w, x.ndim), None), groups), _grouped(x, groups), (2,), eps
    ).reshape(x.shape),
    w=lambda dy, x, groups, eps, w_dtype: sum_over(dy * _by_group(x, groups, eps), _all_but_channels(x.ndim)).astype(
        w_dtype, copy=False
    ),
    b=lambda dy: sum_over(dy, _all_but_channels(dy.ndim)),
)


# --- over a batch -------------------------------------------------------------------------------------


def _all_but_channels(ndim: int) -> Axes:
    """All dimensions but dimension 1."""
    return (0, *range(2, ndim))


def _by_channel(values: Any, ndim: int) -> Any:
    """(C,) in a shape that broadcasts against (N, C, ...)."""
    return values if values is None or ndim == 2 else values.reshape(-1, *(1,) * (ndim - 2))


def moments(x: Array) -> tuple[Array, Array]:
    """The mean of each channel of x (N, C, ...), and Σ (x − mean)², both (C,); of float16 float32, as in torch.

    >>> moments(np.array([[1.0], [5.0]]))
    (array([3.]), array([8.]))
    """
    mean, _, squares, _ = _moments(x, _all_but_channels(x.ndim))
    return mean.reshape(-1), squares.reshape(-1)


def batch_normalized(x: Array, w: Array | None, b: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """y of `batch_norm` with the batch's own moments, and these, which are as `moments` gives them."""
    mean, deviation, squares, count = _moments(x, _all_but_channels(x.ndim))
    standard = deviation * _scale(squares / count, eps)
    return _by_channels(standard, x, w, b), mean.reshape(-1), squares.reshape(-1)


def _by_channels(standard: Array, x: Array, w: Array | None, b: Array | None) -> Array:
    """w x̂ + b, in the dtype of x."""
    y = affine(standard, _by_channel(w, x.ndim), _by_channel(b, x.ndim))
    return row_major(y.astype(x.dtype, copy=False))


def _normal(x: Array, mean: Array | None, variance: Array | None, eps: float) -> Any:
    """x̂ with the mean and variance given, or else with the batch's own."""
    if mean is None or variance is None:
        return standardized(x, _all_but_channels(x.ndim), eps)[0]
    return (x - _by_channel(mean, x.ndim)) / np.sqrt(_by_channel(variance + eps, x.ndim))


@op(
    torch="input weight bias",
    accepts=no_integers,
    arrays="mean variance",
    grad_fn="NativeBatchNormBackward0",
)
def batch_norm(
    x: Array,
    w: Array | None = None,
    b: Array | None = None,
    *,
    mean: Array | None = None,
    variance: Array | None = None,
    eps: float = 1e-5,
) -> Any:
    """y = w x̂ + b, where x̂ is x standardized for each channel alone, over the batch and all else

    x (N, C, ...), w and b (C,) or None -> y as x. mean and variance, (C,), take the place of the batch's own.
    Ioffe & Szegedy 2015.
    """
    return _by_channels(_normal(x, mean, variance, eps), x, w, b)


def _batch_norm_by_input(
    dy: Array, x: Array, w: Array | None, mean: Array | None, variance: Array | None, eps: float
) -> Any:
    dy = affine(dy, _by_channel(w, x.ndim), None)
    if mean is None or variance is None:
        return through_standardization(dy, x, _all_but_channels(x.ndim), eps)
    return dy / np.sqrt(_by_channel(variance + eps, x.ndim))


batch_norm.gradients(
    x=_batch_norm_by_input,
    w=lambda dy, x, mean, variance, eps, w_dtype: sum_over(
        dy * _normal(x, mean, variance, eps), _all_but_channels(x.ndim)
    ).astype(w_dtype, copy=False),
    b=lambda dy: sum_over(dy, _all_but_channels(dy.ndim)),
)
