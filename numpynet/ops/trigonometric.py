"""Trigonometric and hyperbolic functions and their inverses, element by element; angles are in radians.

The hyperbolic tangent stands among the activations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.form import elementwise


@elementwise(ufunc=np.sin, torch="input", promotes="float", complex="analytic")
def sin(x: Any) -> Any:
    """y = sin x, x in radians.

    >>> import numpynet
    >>> numpynet.sin(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return np.sin(x)


sin.gradients(x=lambda dy, x: dy * np.cos(x))


@elementwise(ufunc=np.cos, torch="input", promotes="float", complex="analytic")
def cos(x: Any) -> Any:
    """y = cos x, x in radians.

    >>> import numpynet
    >>> numpynet.cos(numpynet.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return np.cos(x)


cos.gradients(x=lambda dy, x: -dy * np.sin(x))


@elementwise(ufunc=np.tan, torch="input", promotes="float", complex="analytic")
def tan(x: Any) -> Any:
    """y = tan x, x in radians.

    >>> import numpynet
    >>> numpynet.tan(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return np.tan(x)


tan.gradients(x=lambda dy, y: dy * (1 + y * y))


@elementwise(torch="input", promotes="float", complex="analytic")
def asin(x: Any) -> Any:
    """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1].

    >>> import numpynet
    >>> numpynet.asin(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return np.arcsin(x)


asin.gradients(x=lambda dy, x: dy / np.sqrt(1 - x * x))


@elementwise(torch="input", promotes="float", complex="analytic")
def acos(x: Any) -> Any:
    """The angle in [0, π] whose cosine is x; NaN outside [−1, 1].

    >>> import numpynet
    >>> numpynet.acos(numpynet.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """
    return np.arccos(x)


acos.gradients(x=lambda dy, x: -dy / np.sqrt(1 - x * x))


@elementwise(torch="input", promotes="float", complex="analytic")
def atan(x: Any) -> Any:
    """The angle in (−π/2, π/2) whose tangent is x.

    >>> import numpynet
    >>> numpynet.atan(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return np.arctan(x)


atan.gradients(x=lambda dy, x: dy / (x * x + 1))


@elementwise(promotes="float")
def atan2(a: Any, b: Any) -> Any:
    """The angle in [−π, π] of the point (b, a): its tangent is a / b. The derivatives at the origin are 0.

    >>> import numpynet
    >>> numpynet.atan2(numpynet.tensor([1.0, -1.0]), numpynet.tensor([-1.0, 0.0]))
    tensor([ 2.3562, -1.5708])
    """
    return np.arctan2(a, b)


def _over_squares(dy: Any, a: Any, b: Any) -> Any:
    """dy / (a² + b²), and 0 at the origin."""
    squares = a * a + b * b
    return np.where(squares == 0, 0, dy / squares)


atan2.gradients(
    a=lambda dy, a, b: b * _over_squares(dy, a, b),
    b=lambda dy, a, b: -a * _over_squares(dy, a, b),
)


@elementwise(ufunc=np.sinh, torch="input", promotes="float", complex="analytic")
def sinh(x: Any) -> Any:
    """y = (eˣ − e⁻ˣ) / 2

    >>> import numpynet
    >>> numpynet.sinh(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return np.sinh(x)


sinh.gradients(x=lambda dy, x: dy * np.cosh(x))


@elementwise(ufunc=np.cosh, torch="input", promotes="float", complex="analytic")
def cosh(x: Any) -> Any:
    """y = (eˣ + e⁻ˣ) / 2

    >>> import numpynet
    >>> numpynet.cosh(numpynet.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return np.cosh(x)


cosh.gradients(x=lambda dy, x: dy * np.sinh(x))


@elementwise(torch="input", promotes="float", complex="analytic")
def asinh(x: Any) -> Any:
    """The number whose hyperbolic sine is x.

    >>> import numpynet
    >>> numpynet.asinh(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return np.arcsinh(x)


asinh.gradients(x=lambda dy, x: dy / np.sqrt(x * x + 1))


@elementwise(torch="input", promotes="float")
def acosh(x: Any) -> Any:
    """The number ≥ 0 whose hyperbolic cosine is x; NaN below 1.

    >>> import numpynet
    >>> numpynet.acosh(numpynet.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return np.arccosh(x)


acosh.gradients(x=lambda dy, x: dy / np.sqrt(x * x - 1))


@elementwise(torch="input", promotes="float", complex="analytic")
def atanh(x: Any) -> Any:
    """The number whose hyperbolic tangent is x; ±inf at ±1, NaN outside.

    >>> import numpynet
    >>> numpynet.atanh(numpynet.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return np.arctanh(x)


atanh.gradients(x=lambda dy, x: dy / (1 - x * x))
