"""LU: Gaussian elimination with partial pivoting, and QR as LAPACK keeps it. Imported when first asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet.ops.acceptance import scalar_name
from numpynet.ops.form import Array, op
from numpynet.ops.linear_algebra import Shape, packed, parts, require_matrices, solve_triangular


def _floats(kernel: str) -> Callable[..., None]:
    """What torch's kernel of that name takes."""

    def accepts(_: str, x: Array) -> None:
        if x.dtype.kind != "f" or x.itemsize < 4:
            raise NotImplementedError(
                f"\"{kernel}\" not implemented for '{scalar_name(x)}': convert it, as in x.float()"
            )

    return accepts


def lu_parts(y: Any, shape: Shape) -> tuple[Any, Any]:
    """L and U in one matrix, by columns, and the pivots out of the vector that they are packed in."""
    *batch, m, n = shape
    both, pivots = parts(y, (*batch, n, m), (*batch, min(m, n)))
    return both.mT, pivots


def order_of_rows(pivots: Array, m: int) -> Array:
    """Which of m rows each one is after the exchanges of row j with row pivots[j] − 1, one after the other.

    >>> order_of_rows(np.array([3, 3]), 3)
    array([2, 0, 1])
    """
    *batch, k = pivots.shape
    order = np.broadcast_to(np.arange(m), (math.prod(batch), m)).copy()
    for row, exchanges in zip(order, pivots.reshape(math.prod(batch), k).astype(int) - 1, strict=True):
        for j, p in enumerate(exchanges):
            row[j], row[p] = row[p], row[j]
    return order.reshape(*batch, m)


@op(torch="A", accepts=_floats("lu_cpu"), grad_fn="LinalgLuFactorExBackward0")
def lu(x: Array) -> Array:
    """X = P L U, L with ones on its diagonal and U in one matrix, and the pivots, packed        x (..., M, N)

    Column by column the largest element is exchanged to the diagonal, and multiples of its row clear what is below it.
    Of a square matrix ∂L/∂X = P L⁻ᵀ (tril(Lᵀ dL, −1) + triu(dU Uᵀ)) U⁻ᵀ, with tril(·, −1) and triu the parts below the
    diagonal and the other ones.
    """
    require_matrices("linalg.lu_factor", x, square=False)
    *batch, m, n = x.shape
    a = x.reshape(math.prod(batch), m, n).copy()
    each, pivots = np.arange(len(a)), np.zeros((len(a), min(m, n)), x.dtype)
    for j in range(min(m, n)):
        p = j + abs(a[:, j:, j]).argmax(1)
        pivots[:, j] = p + 1
        a[each, j], a[each, p] = a[each, p], a[each, j]
        below, pivot = a[:, j + 1 :, j], a[:, j, None, j]
        below /= np.where(pivot == 0, 1, pivot)
        a[:, j + 1 :, j + 1 :] -= below[:, :, None] * a[:, j, None, j + 1 :]
    return packed(a.mT, pivots)


def _lu_gradient(dy: Array, y: Array, x_shape: Shape) -> Array:
    """∂L/∂X = P L⁻ᵀ (tril(Lᵀ dL, −1) + triu(dU Uᵀ)) U⁻ᵀ, with what a wide U or a tall L has beyond the square"""
    m, n = x_shape[-2:]
    k = min(m, n)
    (both, pivots), (d, _) = lu_parts(y, x_shape), lu_parts(dy, x_shape)
    square, dsquare = both[..., :k, :k], d[..., :k, :k]
    lower = np.tril(square, -1) + np.eye(k, dtype=dy.dtype)
    upper = np.triu(square)
    of_lower, of_upper = lower.mT @ np.tril(dsquare, -1), np.triu(dsquare) @ upper.mT
    if n > k:
        of_lower = of_lower - d[..., k:] @ both[..., k:].mT
    if m > k:
        of_upper = of_upper - both[..., k:, :].mT @ d[..., k:, :]
    inner = np.tril(of_lower, -1) + np.triu(of_upper)
    dx = _by_lower(lower, _by_upper(upper, inner))
    if n > k:
        dx = np.concatenate([dx, _by_lower(lower, d[..., k:])], -1)
    if m > k:
        dx = np.concatenate([dx, _by_upper(upper, d[..., k:, :])], -2)
    back = np.argsort(order_of_rows(pivots.astype(np.int64), m), -1)
    return np.take_along_axis(dx, np.broadcast_to(back[..., None], x_shape), -2)


def _by_lower(lower: Array, x: Array) -> Array:
    """L⁻ᵀ X"""
    return solve_triangular(lower.mT, x, upper=True, unitriangular=True)


def _by_upper(upper: Array, x: Array) -> Array:
    """X U⁻ᵀ"""
    return solve_triangular(upper, x.mT, upper=True).mT


lu.gradients(x=_lu_gradient)


def zero_pivots(both: Array) -> Array:
    """Which pivot is the first to be 0, counted from 1, of every matrix; 0 where none is: (..., M, N) -> (...), int32.

    >>> zero_pivots(np.array([[2.0, 4.0], [0.5, 0.0]]))
    array(2, dtype=int32)
    """
    zeros = np.diagonal(both, axis1=-2, axis2=-1) == 0
    if not zeros.shape[-1]:
        return np.zeros(zeros.shape[:-1], np.int32)
    return np.where(zeros.any(-1), zeros.argmax(-1) + 1, 0).astype(np.int32)


# --- reflections ----------------------------------------------------------------------------------------------


def reflection_parts(y: Any, shape: Shape) -> tuple[Any, Any]:
    """R with the vectors v below it, by columns, and the factors τ out of the vector that they are packed in."""
    *batch, m, n = shape
    both, factors = parts(y, (*batch, n, m), (*batch, min(m, n)))
    return both.mT, factors


@op(torch="input", accepts=_floats("geqrf_cpu"))
def geqrf(x: Array) -> Array:
    """X = H₁ H₂ ... R with Hᵢ = 1 − τᵢ vᵢ vᵢᵀ: R with the vᵢ below it, and the τᵢ, packed        x (..., M, N)"""
    require_matrices("geqrf", x, square=False)
    both, factors = np.linalg.qr(x, mode="raw")
    return packed(both, factors)
