"""Losses: how far a prediction is from its target.

Each loss is a number per element, then reduced: "mean" divides their sum by their count, "sum" does not,
"none" leaves them alone. Backwards, every element therefore receives dy, divided by the count for a mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.form import Array, op, sum_to


def reduced(losses: Array, reduction: str) -> Any:
    """The losses per element, reduced; ValueError for an unknown reduction."""
    if reduction == "mean":
        return losses.sum() / losses.size
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f"{reduction} is not a valid value for reduction: choose 'none', 'mean' or 'sum'")


def per_element(dy: Array, size: int, reduction: str) -> Array:
    """The cotangent of each unreduced loss: dy/n under a mean, else dy itself."""
    return dy / size if reduction == "mean" else dy


@op(
    torch="input target weight pos_weight", promotes="common", grad_fn="BinaryCrossEntropyWithLogitsBackward0"
)
def binary_cross_entropy_with_logits(
    z: Array, t: Array, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """ℓ = −w [p t ln σ(z) + (1 − t) ln(1 − σ(z))]        logits z and targets t of one shape

    w (`weight`) scales elements and p (`pos_weight`) the positive class; both broadcast to z.
    Computed as  ℓ = (1 − t) z + (1 + (p − 1) t) (ln(1 + e^−|z|) + max(−z, 0)), which is accurate in both
    tails: torch rounds 2e−9 to 0 at z = −20, t = 0 in float32, and the two differ by at most eps·|z|.
    ValueError when the shapes differ.
    """
    if z.shape != t.shape:
        raise ValueError(
            f"Target size (torch.Size({list(t.shape)})) must be the same as input size "
            f"(torch.Size({list(z.shape)})) in binary_cross_entropy_with_logits: reshape the target, as in "
            f"target.view(-1, 1)"
        )
    softplus = np.log1p(np.exp(-np.abs(z)))  # ln(1 + e^−|z|)
    if pos_weight is None:
        losses = np.maximum(z, 0) - z * t + softplus
    else:
        losses = (1 - t) * z + (1 + (pos_weight - 1) * t) * (softplus + np.maximum(-z, 0))
    return reduced(losses if weight is None else losses * weight, reduction)


def _sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1) / (1 + e)


def _by_logits(dy: Array, z: Array, t: Array, weight: Any, pos_weight: Any, reduction: str) -> Array:
    """∂L/∂z = w (σ(z) − t) dy;  with p:  w ((1 + (p − 1) t) σ(z) − p t) dy"""
    if pos_weight is None:
        slope = _sigmoid(z) - t
    else:
        slope = (1 + (pos_weight - 1) * t) * _sigmoid(z) - pos_weight * t
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


@op(torch="input target", promotes="common")
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
    return 2 * difference * per_element(dy, difference.size, reduction)


mse_loss.gradients(
    x=lambda dy, x, t, reduction: sum_to(_squared_slope(dy, x, t, reduction), x.shape),
    t=lambda dy, x, t, reduction: sum_to(-_squared_slope(dy, x, t, reduction), t.shape),
)


@op(torch="input target", promotes="common", grad_fn=lambda x, t, reduction="mean": _l1_name(reduction))
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
    return np.sign(difference) * per_element(dy, difference.size, reduction)


l1_loss.gradients(
    x=lambda dy, x, t, reduction: sum_to(_absolute_slope(dy, x, t, reduction), x.shape),
    t=lambda dy, x, t, reduction: sum_to(-_absolute_slope(dy, x, t, reduction), t.shape),
)
