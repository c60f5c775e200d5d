"""Differences: what a function's values alone tell about its derivative.

Two ways, both in float64. Central differences, extrapolated,

    f′(x) = (4 c(h/2) − c(h)) / 3 + O(h⁴),        c(h) = (f(x + h) − f(x − h)) / 2h,

need nothing but values, and lose about eps/h to rounding. The complex step,

    f′(x) = Im f(x + ih) / h + O(h²)              with h = 10⁻³⁰,

loses nothing, but holds only for functions written analytically (|x| and max are not). Where a function is
not differentiable there is no right answer: such places are found by comparing the slopes to the left and
to the right at two distances, and reported instead of judged.

Sources: L. F. Richardson (1911); W. Squire and G. Trapp, "Using complex variables to estimate derivatives of
real functions", SIAM Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Index = tuple[int, ...]
Terms = Callable[[Array], Any]

STEPS = (1e-3, 3e-5, 1e-6)  # tried in turn, until no kink lies within the step
COMPLEX_STEP = 1e-30
_ROUGH = 1e-5, 1e-7  # relative and absolute: slopes at two distances that differ by more are not a smooth function's


@dataclass
class NumericalGradient:
    """∂L/∂x of a scalar function L, element by element.

    value: the derivative; NaN where there is none.
    error: how far the value may be from the derivative.
    skipped: the places where there is none, each with the reason.
    method: "complex step" or "finite differences".
    """

    value: Array
    error: Array
    method: str
    skipped: dict[Index, str] = field(default_factory=dict)


def _line(function: Terms, x: Array, index: Index) -> Callable[[float], Array]:
    """What `function` returns, flat, as x moves along the coordinate of that index."""

    def along(t: float) -> Array:
        moved = x.copy()
        moved[index] += t
        return np.ravel(np.asarray(function(moved), np.float64))

    return along


def numerical_jacobian(function: Terms, x: Array, step: float) -> Array:
    """∂f[j]/∂x[i] at row i and column j, both counted flat, as (f(x + h) − f(x − h)) / 2h with one fixed h = step.

    Whether a kink lies within the step is not asked.

    >>> numerical_jacobian(np.square, np.array([1.0, 3.0]), 1e-6).round(6)
    array([[2., 0.],
           [0., 6.]])
    """
    x = np.array(x, np.float64)
    jacobian = np.empty((x.size, np.size(function(x))))
    for row, index in zip(jacobian, np.ndindex(x.shape), strict=True):
        along = _line(function, x, index)
        row[:] = (along(step) - along(-step)) / (2 * step)
    return jacobian


def _slope(along: Callable[[float], Array], size: float) -> tuple[float, float] | str:
    """The derivative at 0 of Σ along(t) and its error, or why there is none.

    Terms that are not finite but do not change either belong to other coordinates.
    size: of the point's coordinate; steps are relative to it, from 1 upwards.
    """
    terms = along(0.0)
    eps = np.finfo(np.float64).eps
    reason = "not finite nearby"
    for step in STEPS:
        h = step * max(1.0, size)
        moved = np.array([along(t) for t in (-h, -h / 2, h / 2, h)])
        elsewhere = ~np.isfinite(terms) & ((moved == terms) | (np.isnan(moved) & np.isnan(terms))).all(axis=0)
        if not np.isfinite(terms[~elsewhere]).all():
            return "not finite there"
        values = moved[:, ~elsewhere].sum(axis=1)
        if not np.isfinite(values).all():
            continue
        centre = terms[~elsewhere].sum()
        rounding = 8 * eps * np.abs(terms[~elsewhere]).sum() / h
        left, right = (centre - values[:2]) / (h, h / 2), (values[:1:-1] - centre) / (h, h / 2)
        far, near = (left + right) / 2
        gap_far, gap_near = np.abs(right - left)
        allowed = _ROUGH[0] * (abs(far) + abs(near)) + _ROUGH[1] + rounding
        if gap_near > allowed and gap_near > 0.75 * gap_far:  # a smooth function's gap halves with the step
            jumps = gap_near > 1.5 * gap_far
            reason = "a jump" if jumps else f"a kink: slope {left[1]:.4g} on the left, {right[1]:.4g} on the right"
            continue
        if abs(near - far) > allowed:
            reason = "a kink nearby"
            continue
        value = (4 * near - far) / 3
        return value, abs(value - near) + rounding
    return reason


def numerical_gradient(function: Terms, x: Array, *, complex_step: bool = False) -> NumericalGradient:
    """∂L/∂x, where L is the sum of the array that `function` returns for an array of x's shape.

    complex_step: the function may be tried on complex arrays; the result is used where it agrees with the
        finite differences, that is, where the function turns out to be written analytically.

    >>> gradient = numerical_gradient(np.abs, np.array([-1.0, 0.0, 2.0]))
    >>> gradient.value.round(6), gradient.skipped
    (array([-1., nan,  1.]), {(1,): 'a kink: slope -1 on the left, 1 on the right'})
    """
    x = np.array(x, np.float64)
    value, error = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    skipped = {}
    with np.errstate(all="ignore"):
        for index in np.ndindex(x.shape):
            found = _slope(_line(function, x, index), float(abs(x[index])))
            if isinstance(found, str):
                skipped[index] = found
            else:
                value[index], error[index] = found
        exact = _by_complex_step(function, x) if complex_step else None
    if exact is not None:
        known = ~np.isnan(value)
        apart = np.abs(exact - value)[known]
        if (apart <= 10 * error[known] + _ROUGH[0] * np.abs(value[known]) + _ROUGH[1]).all():
            exact[~known] = np.nan
            rounding = 16 * np.finfo(np.float64).eps * np.abs(exact)
            return NumericalGradient(exact, rounding, "complex step", skipped)
    return NumericalGradient(value, error, "finite differences", skipped)


def _by_complex_step(function: Terms, x: Array) -> Array | None:
    """Im L(x + ih) / h for each element; None where the function does not take complex arrays."""
    derivative = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.astype(np.complex128)
        moved[index] += 1j * COMPLEX_STEP
        try:
            terms = function(moved)
            derivative[index] = np.imag(terms)[np.isfinite(np.real(terms))].sum() / COMPLEX_STEP
        except (TypeError, ValueError, RuntimeError):
            return None
    return derivative
