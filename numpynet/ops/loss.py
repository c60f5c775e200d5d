"""Losses: how far a prediction is from its target.

Each loss is a number per element, then reduced: "mean" divides their sum by their count, "sum" does not,
"none" leaves them alone. Backwards, every element therefore receives dy, divided by the count for a mean.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from numpynet.ops.acceptance import scalar_name
from numpynet.ops.activation import sigmoid
from numpynet.ops.blocks import alone, beside, between, lone
from numpynet.ops.form import Array, op, possible, refuse
from numpynet.ops.layout import laid_out, row_starts
from numpynet.ops.rounding import sign
from numpynet.ops.sums import sum_to, total


def reduced(losses: Array, reduction: str) -> Any:
    """The losses per element, reduced; ValueError for an unknown reduction."""
    if reduction == "mean":
        return total(losses) / losses.size
    if reduction == "sum":
        return total(losses)
    if reduction == "none":
        return losses
    raise ValueError(f"{reduction} is not a valid value for reduction: choose 'none', 'mean' or 'sum'")


def per_element(dy: Array, size: int, reduction: str) -> Array:
    """The cotangent of each unreduced loss: dy/n under a mean, else dy itself."""
    return dy / (size or 1) if reduction == "mean" else dy


@op(torch="input target weight pos_weight", promotes="common", grad_fn="BinaryCrossEntropyWithLogitsBackward0")
def binary_cross_entropy_with_logits(
    z: Array, t: Array, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """ℓ = −w [p t ln σ(z) + (1 − t) ln(1 − σ(z))]        logits z and targets t of one shape

    w (`weight`) scales elements and p (`pos_weight`) the positive class; both broadcast to z.
    Computed as  ℓ = (1 − t) z − q min(z, 0) + q ln(1 + e^−|z|)  with q = 1 + (p − 1) t, in this order, in
    which large terms cancel before the small one is added. That is accurate in both tails: torch rounds 2e−9
    to 0 at z = −20, t = 0 in float32, and the two differ by at most eps·|z|.
    ValueError when the shapes differ.
    """
    if z.shape != t.shape:
        raise ValueError(
            f"Target size (torch.Size({list(t.shape)})) must be the same as input size "
            f"(torch.Size({list(z.shape)})) in binary_cross_entropy_with_logits: reshape the target, as in "
            f"target.view(-1, 1)"
        )
    softplus = np.log1p(np.exp(-np.abs(z)))
    below = np.fmin(beside(0, z), z)
    if pos_weight is None:
        losses = (lone(1, t) - t) * z - below + softplus
    else:
        positive = 1 + (pos_weight - 1) * t
        losses = (1 - t) * z - positive * below + positive * softplus
    losses = losses if weight is None else losses * weight
    if reduction == "none" and type(t) is np.ndarray and not t.flags.c_contiguous:
        return laid_out(losses, (t, z))
    return reduced(losses, reduction)


def _by_logits(dy: Array, z: Array, t: Array, weight: Any, pos_weight: Any, reduction: str) -> Array:
    """∂L/∂z = w (σ(z) − t) dy;  with p:  w ((1 + (p − 1) t) σ(z) − p t) dy"""
    s = sigmoid.of(z)
    slope = s - t if pos_weight is None else (1 + (pos_weight - 1) * t) * s - pos_weight * t
    dz = slope * per_element(dy, z.size, reduction)
    return dz if weight is None else dz * weight


def _by_targets(dy: Array, z: Array, weight: Any, pos_weight: Any, reduction: str) -> Array:
    """∂L/∂t = −w z dy;  with p:  w (ln(1 − σ(z)) − p ln σ(z)) dy"""
    if pos_weight is None:
        slope = -z
    else:
        softplus = np.log1p(np.exp(-np.abs(z)))
        slope = pos_weight * (softplus + np.maximum(-z, 0)) - (softplus + np.maximum(z, 0))
    dt = slope * per_element(dy, z.size, reduction)
    return dt if weight is None else dt * weight


binary_cross_entropy_with_logits.gradients(z=_by_logits, t=_by_targets)


@op(torch="input target", promotes="common", per_element=True)
def mse_loss(x: Array, t: Array, *, reduction: str = "mean") -> Any:
    """ℓ = (x − t)²        x and t broadcast together

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.mse_loss(numpynet.tensor([1.0, 2.0]), numpynet.tensor([0.0, 0.0]))
    tensor(2.5000)
    """
    difference = x - t
    return reduced(difference * difference, reduction)


def _squared_slope(dy: Array, x: Array, t: Array, reduction: str) -> Array:
    difference = x - t
    return 2 * per_element(dy, difference.size, reduction) * difference


mse_loss.gradients(
    x=lambda dy, x, t, reduction: sum_to(_squared_slope(dy, x, t, reduction), x.shape),
    t=lambda dy, x, t, reduction: sum_to(_squared_slope(dy, t, x, reduction), t.shape),
)


@op(
    torch="input target",
    promotes="common",
    per_element=True,
    grad_fn=lambda reduction: _l1_name(reduction),
)
def l1_loss(x: Array, t: Array, *, reduction: str = "mean") -> Any:
    """ℓ = |x − t|        x and t broadcast together; the derivative where they are equal is 0

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.l1_loss(numpynet.tensor([1.0, 2.0]), numpynet.tensor([0.0, 0.0]))
    tensor(1.5000)
    """
    return reduced(np.abs(x - t), reduction)


def _l1_name(reduction: str) -> str:
    return {"mean": "MeanBackward0", "sum": "SumBackward0"}.get(reduction, "AbsBackward0")


def _absolute_slope(dy: Array, x: Array, t: Array, reduction: str) -> Array:
    difference = x - t
    return sign(difference) * per_element(dy, difference.size, reduction)


l1_loss.gradients(
    x=lambda dy, x, t, reduction: sum_to(_absolute_slope(dy, x, t, reduction), x.shape),
    t=lambda dy, x, t, reduction: sum_to(-_absolute_slope(dy, x, t, reduction), t.shape),
)


@op(torch="input target", promotes="common", per_element=True, grad_fn="SmoothL1LossBackward0")
def smooth_l1_loss(x: Array, t: Array, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """ℓ = (x − t)² / 2β where |x − t| < β, else |x − t| − β/2        x and t broadcast together; β > 0

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.smooth_l1_loss(numpynet.tensor([1.0, 4.0]), numpynet.tensor([0.5, 0.0]), reduction="none")
    tensor([0.1250, 3.5000])
    """
    losses = _huber(np.abs(x - t), beta)
    return reduced(losses if beta == 1 else losses / beta, reduction)


def _huber(distance: Array, delta: float) -> Any:
    """d² / 2 up to δ, else δ (d − δ/2); with m = min(d, δ) both are m (d − m/2)"""
    nearer = between(-math.inf, distance, delta)
    return nearer * (distance - nearer * lone(0.5, nearer))


def _smooth_slope(dy: Array, x: Array, t: Array, reduction: str, beta: float) -> Array:
    """(x − t)/β, cut off at ±1, times dy"""
    difference = x - t
    return np.clip(difference / beta, -1, 1) * per_element(dy, difference.size, reduction)


smooth_l1_loss.gradients(
    x=lambda dy, x, t, reduction, beta: sum_to(_smooth_slope(dy, x, t, reduction, beta), x.shape),
    t=lambda dy, x, t, reduction, beta: sum_to(_smooth_slope(dy, t, x, reduction, beta), t.shape),
)


@op(torch="input target", promotes="common", per_element=True)
def huber_loss(x: Array, t: Array, *, reduction: str = "mean", delta: float = 1.0) -> Any:
    """ℓ = (x − t)² / 2 where |x − t| ≤ δ, else δ (|x − t| − δ/2)        x and t broadcast together; δ > 0

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.huber_loss(numpynet.tensor([1.0, 4.0]), numpynet.tensor([0.5, 0.0]), reduction="none", delta=2.0)
    tensor([0.1250, 6.0000])
    """
    return reduced(_huber(np.abs(x - t), delta), reduction)


def _huber_slope(dy: Array, x: Array, t: Array, reduction: str, delta: float) -> Array:
    """x − t, cut off at ±δ, times dy"""
    difference = x - t
    return np.clip(difference, -delta, delta) * per_element(dy, difference.size, reduction)


huber_loss.gradients(
    x=lambda dy, x, t, reduction, delta: sum_to(_huber_slope(dy, x, t, reduction, delta), x.shape),
    t=lambda dy, x, t, reduction, delta: sum_to(_huber_slope(dy, t, x, reduction, delta), t.shape),
)


@op(torch="input target weight", per_element=True)
def binary_cross_entropy(x: Array, t: Array, weight: Any = None, *, reduction: str = "mean") -> Any:
    """ℓ = −w [t ln x + (1 − t) ln(1 − x)]        probabilities x and targets t of one shape

    w (`weight`) broadcasts to x. A logarithm is −100 where it would be less, so that a loss is finite, as in
    torch. RuntimeError unless all of x and t are in [0, 1].

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.binary_cross_entropy(numpynet.tensor([0.5, 1.0]), numpynet.tensor([1.0, 0.0]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    for name, values in (("input", x), ("target", t)):
        refuse(~((values >= 0) & (values <= 1)), partial(_no_probability, name))
    with np.errstate(divide="ignore"):
        losses = (t - 1) * np.maximum(np.log1p(-x), -100) - t * np.maximum(np.log(x), -100)
    return reduced(losses if weight is None else losses * weight, reduction)


def _no_probability(name: str) -> RuntimeError:
    return RuntimeError(f"binary_cross_entropy: all elements of {name} should be between 0 and 1")


def _by_probabilities(dy: Array, x: Array, t: Array, weight: Any, reduction: str) -> Array:
    """∂L/∂x = w (x − t) / (x (1 − x)) dy, with a denominator of at least 1e−12 (rounded to float32, as in torch)"""
    dx = per_element(dy, x.size, reduction) * (x - t) / np.maximum((1 - x) * x, float(np.float32(1e-12)))
    return dx if weight is None else dx * weight


def _by_binary_targets(dy: Array, x: Array, weight: Any, reduction: str) -> Array:
    """∂L/∂t = w (ln(1 − x) − ln x) dy"""
    dt = per_element(dy, x.size, reduction) * (np.log1p(-x) - np.log(x))
    return dt if weight is None else dt * weight


binary_cross_entropy.gradients(x=_by_probabilities, t=_by_binary_targets)


def _rows(x: Array) -> Array:
    """(N, C, ...) with the classes last: a row of C for each target; a vector is a single row."""
    if x.ndim == 2:
        return x
    if x.ndim == 1:
        return x[None]
    return np.moveaxis(x, 1, -1).reshape(x.shape[0] * math.prod(x.shape[2:]), x.shape[1])


# The dtypes of targets, and what they are as unsigned numbers.
_CLASSES: dict[Any, Any] = {np.dtype(np.int64): np.dtype(np.uint64), np.dtype(np.uint8): np.dtype(np.uint8)}


def _check_classes(x: Array, t: Array, weight: Any) -> None:
    """ValueError and RuntimeError, as in torch, where shapes or dtypes do not fit."""
    is_usual = x.ndim == 2 and t.ndim == 1 and len(x) == len(t) and t.dtype in _CLASSES and weight is None
    if is_usual and x.dtype.kind not in "iub":
        return
    if x.ndim == 0:
        raise ValueError("nll_loss: Expected 1 or more dimensions (got 0)")
    count = x.shape[1] if x.ndim > 1 else x.shape[0]
    if x.ndim > 1 and t.ndim and x.shape[0] != t.shape[0]:
        raise ValueError(
            f"nll_loss: Expected input batch_size ({x.shape[0]}) to match target batch_size ({t.shape[0]})."
        )
    if x.ndim > 1 and not t.ndim:
        raise ValueError(f"nll_loss: Expected input batch_size ({x.shape[0]}) to match target batch_size (0).")
    if x.ndim <= 2 and t.ndim > 1:
        raise RuntimeError(
            f"nll_loss: 0D or 1D target tensor expected, multi-target not supported: the target has shape "
            f"{t.shape}, and there must be one class for each row of {x.shape}"
        )
    if x.ndim > 2 and t.shape != (x.shape[0], *x.shape[2:]):
        raise RuntimeError(f"nll_loss: Expected target size {[x.shape[0], *x.shape[2:]]}, got {list(t.shape)}")
    if x.ndim > 2 and x.ndim != 4 and not count and t.size:
        raise RuntimeError(f"nll_loss: size mismatch: the input {list(x.shape)} has no classes for {t.size} targets")
    if t.dtype not in _CLASSES:
        raise RuntimeError(
            f"nll_loss: expected target dtype to be Long or Byte, but got {scalar_name(t)}: classes are integers, as "
            f"in target.long(); probabilities of all classes have the input's shape {x.shape}"
        )
    if x.ndim == 1 and t.ndim == 1 and t.size != 1:
        raise ValueError(f"nll_loss: For 1D input, 1D target must have size 1, but got target size: {t.size}")
    if weight is not None and weight.shape != (count,):
        raise RuntimeError(
            f"nll_loss: weight tensor should be defined either for all {count} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    if x.dtype.kind in "iub":
        raise NotImplementedError(
            f"\"nll_loss\" not implemented for '{scalar_name(x)}': convert the input, as in x.float()"
        )
    if x.ndim > 2 and t.dtype == np.uint8:
        raise RuntimeError("nll_loss: expected scalar type Long but found Byte: convert the target, as in t.long()")
    if weight is not None and weight.dtype != x.dtype:
        raise RuntimeError(f"nll_loss: expected scalar type {scalar_name(x)} but found {scalar_name(weight)}")


def _classes(t: Array, count: int, ignore_index: int) -> tuple[Array, Array | None]:
    """The targets as a vector of classes, and which of them count: None when all do.

    Ignored targets become class 0. IndexError for a target that is none of the `count` classes.
    """
    classes = t if t.ndim == 1 else t.reshape(-1)
    unsigned = classes.view(_CLASSES[classes.dtype])  # as which negative numbers are the greatest
    outside = unsigned >= alone(count, unsigned.dtype)
    if not possible(outside) and not 0 <= ignore_index < count:
        return classes, None
    counts = classes != ignore_index
    wrong = outside & counts
    refuse(wrong, partial(_out_of_bounds, count), classes, wrong)
    return np.where(counts, classes, 0), counts


def _out_of_bounds(count: int, classes: Array, wrong: Array) -> IndexError:
    return IndexError(f"Target {classes[wrong][0]} is out of bounds: there are {count} classes, from 0 to {count - 1}")


def _class_weights(classes: Array, counts: Array | None, weight: Any, kind: Any) -> Array | None:
    """The weight of every target, 0 where it is ignored; None when all weigh the same."""
    if weight is None:
        return None if counts is None else counts.astype(kind)
    weights = weight.take(classes, mode="clip")  # "clip" needs no copy, and nothing is clipped: see `_classes`
    return weights if counts is None else np.where(counts, weights, weight.dtype.type(0))


def _nll_name(x: Any, reduction: str) -> str:
    if x.ndim <= 2:
        return "NllLossBackward0"
    return "ViewBackward0" if reduction == "none" and x.ndim != 4 else "NllLoss2DBackward0"


@op(torch="input target weight", piecewise_linear=True, grad_fn=_nll_name)
def nll_loss(x: Array, t: Array, weight: Any = None, *, reduction: str = "mean", ignore_index: int = -100) -> Any:
    """ℓ = −w[t] x[t], of log-probabilities x (N, C, ...) or (C,) and the classes t (N, ...) or () that are right

    w (`weight`, (C,)) weighs classes. "mean" divides by the sum of the weights of the targets, which without w
    is their number. Targets equal to `ignore_index` do not count. IndexError for a target that is no class.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.nll_loss(numpynet.tensor([[-0.5, -1.0], [-2.0, -0.1]]), numpynet.tensor([0, 1]), reduction="none")
    tensor([0.5000, 0.1000])
    """
    _check_classes(x, t, weight)
    rows = _rows(x)
    classes, counts = _classes(t, rows.shape[1], ignore_index)
    weights = _class_weights(classes, counts, weight, x.dtype)
    if not rows.size and classes.size:  # no classes, and all targets ignored
        losses = np.zeros(classes.size, x.dtype)
    else:
        losses = -rows.reshape(-1).take(classes + row_starts(*rows.shape), mode="clip")
    if weights is not None:
        losses = losses * weights if counts is None else np.where(counts, losses * weights, weights.dtype.type(0))
        if reduction == "mean":
            return total(losses) / total(weights)
    if reduction == "none":
        return losses.reshape(t.shape if x.ndim > 1 else ())
    return reduced(losses, reduction)


def _by_log_probabilities(dy: Array, x: Array, t: Array, weight: Any, reduction: str, ignore_index: int) -> Array:
    """∂L/∂x = −w[t] dy at each target t, over the sum of these w[t] for a mean; 0 elsewhere"""
    batch, count, *others = x.shape if x.ndim > 1 else (1, *x.shape)
    classes, counts = _classes(t, count, ignore_index)
    weights = _class_weights(classes, counts, weight, dy.dtype)
    if weights is None:
        slopes = -per_element(dy, classes.size, reduction).reshape(-1)
    else:
        slopes = -weights * (dy / total(weights) if reduction == "mean" else dy).reshape(-1)
    if type(dy) is np.ndarray:
        dx = np.zeros(classes.size * count, dy.dtype)
    else:  # a symbol's zeros are one too
        dx = np.zeros_like(dy, shape=classes.size * count)
    if count:
        dx[classes + row_starts(classes.size, count)] = slopes if counts is None else np.where(counts, slopes, 0)
    return np.moveaxis(dx.reshape(batch, *others, count), -1, 1) if others else dx.reshape(x.shape)


nll_loss.gradients(x=_by_log_probabilities)  # torch keeps x too
