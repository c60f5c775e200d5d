"""Further elementwise functions: those that few programs have. They are imported when they are first asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import equal_dtypes, no_floats, not_all_integers, which_is_number
from numpynet.ops.form import Array, elementwise
from numpynet.ops.plan import NOT_IMPLEMENTED


@elementwise(torch="input other", promotes="float", grad_fn=lambda a, b: f"XlogyBackward{which_is_number(a, b)}")
def xlogy(a: Any, b: Any) -> Any:
    """y = a ln b, and 0 where a = 0, unless b is NaN        broadcast together.

    >>> import numpynet
    >>> numpynet.xlogy(numpynet.tensor([0.0, 2.0]), numpynet.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    return np.where(np.isnan(b), np.nan, np.where(np.equal(a, 0), 0, a * _log(b)))


def _log(b: Any) -> Any:
    return float(np.log(float(b))) if isinstance(b, (int, float)) else np.log(b)  # np.float64 would widen a float32


def _xlogy_by_factor(dy: Array, a: Any, b: Any) -> Array:
    """∂y/∂a = ln b, and 0 where a = 0 and b ≤ 0"""
    return np.where(np.equal(a, 0) & np.less_equal(b, 0), 0, xlogy.of(dy, b))  # dy ln b, and 0 where dy is


xlogy.gradients(a=_xlogy_by_factor, b=lambda dy, a, b: dy * a / b)
xlogy.keywords["self"] = "a"  # torch's name of the factor where it is a number


@elementwise(torch="input other")
def fmax(a: Any, b: Any) -> Any:
    """y = the larger one, and the other one where one is NaN        broadcast together.

    Of two equal ones the first has the gradient.

    >>> import numpynet
    >>> numpynet.fmax(numpynet.tensor([1.0, numpynet.nan]), numpynet.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    return np.fmax(a, b)


fmax.gradients(
    a=lambda dy, a, b: np.where(np.greater_equal(a, b) | np.isnan(b), dy, 0),
    b=lambda dy, a, b: np.where(np.greater_equal(a, b) | np.isnan(b), 0, dy),
)


@elementwise(torch="input other")
def fmin(a: Any, b: Any) -> Any:
    """y = the smaller one, and the other one where one is NaN        broadcast together.

    Of two equal ones the first has the gradient.

    >>> import numpynet
    >>> numpynet.fmin(numpynet.tensor([1.0, numpynet.nan]), numpynet.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.fmin(a, b)


fmin.gradients(
    a=lambda dy, a, b: np.where(np.less_equal(a, b) | np.isnan(b), dy, 0),
    b=lambda dy, a, b: np.where(np.less_equal(a, b) | np.isnan(b), 0, dy),
)


@elementwise(
    torch="input other",
    promotes="float",
    keeps_result=True,
    grad_fn=lambda a, b: f"CopysignBackward{int(isinstance(b, (int, float)))}",
)
def copysign(a: Any, b: Any) -> Any:
    """y = |a| with the sign of b        broadcast together; ∂y/∂a = y / a, and 0 where a = 0, ∂y/∂b = 0

    >>> import numpynet
    >>> numpynet.copysign(numpynet.tensor([1.0, -2.0]), numpynet.tensor([-0.0, 3.0]))
    tensor([-1.,  2.])
    """
    return np.copysign(a, b)


copysign.gradients(
    a=lambda dy, a, y: dy * np.where(np.equal(a, 0), 0, y / a),
    b=lambda dy: np.zeros_like(dy),
)


@elementwise(torch="input", promotes="float")
def logit(x: Array, *, eps: float | None = None) -> Any:
    """y = ln(x / (1 − x)), of x cut off at eps and 1 − eps where eps is given;  y′ = 1 / (x (1 − x)), or 0 there

    >>> import numpynet
    >>> numpynet.logit(numpynet.tensor([0.5, 0.75]))
    tensor([0.0000, 1.0986])
    """
    if eps is not None:
        x = np.where(x < eps, np.array(eps, x.dtype), np.where(x > 1 - eps, np.array(1 - eps, x.dtype), x))
    return np.log(x / (1 - x))


def _logit_gradient(dy: Array, x: Array, eps: float | None) -> Array:
    if eps is None:
        return np.where((x < 0) | (x > 1), np.nan, dy / (x * (1 - x)))
    return np.where((x >= eps) & (x <= 1 - eps), dy / (x * (1 - x)), 0)


logit.gradients(x=_logit_gradient)


@elementwise(torch="input values", promotes="common", accepts=equal_dtypes, grad_fn=NOT_IMPLEMENTED)
def heaviside(a: Any, b: Any) -> Any:
    """y = 0 where a < 0, b where a = 0, and 1 where a > 0        broadcast together; it has no gradient.

    >>> import numpynet
    >>> numpynet.heaviside(numpynet.tensor([-1.0, 0.0, 2.0]), numpynet.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return np.where(np.equal(a, 0), b, np.greater(a, 0).astype(np.result_type(a, b)))


@elementwise(promotes="common", accepts=not_all_integers)
def nextafter(a: Any, b: Any) -> Any:
    """The floating-point number next to a in the direction of b        broadcast together; it has no gradient.

    >>> import numpynet
    >>> numpynet.nextafter(numpynet.tensor([1.0]), numpynet.tensor([2.0])) > 1
    tensor([True])
    """
    return np.nextafter(a, b)


@elementwise(promotes="common", accepts=no_floats)
def gcd(a: Any, b: Any) -> Any:
    """The greatest common divisors of integers        broadcast together.

    >>> import numpynet
    >>> numpynet.gcd(numpynet.tensor([12, 7]), numpynet.tensor([18, 3]))
    tensor([6, 1])
    """
    return np.gcd(a, b)


@elementwise(promotes="common", accepts=no_floats)
def lcm(a: Any, b: Any) -> Any:
    """The least common multiples of integers        broadcast together.

    >>> import numpynet
    >>> numpynet.lcm(numpynet.tensor([4, 7]), numpynet.tensor([6, 3]))
    tensor([12, 21])
    """
    return np.lcm(a, b)


@elementwise(torch="input")
def signbit(x: Array) -> Any:
    """Whether each element has a minus sign, which −0 has.

    >>> import numpynet
    >>> numpynet.signbit(numpynet.tensor([1.0, -0.0, -2.0]))
    tensor([False,  True,  True])
    """
    return np.signbit(x) if x.dtype.kind == "f" else np.less(x, 0)
