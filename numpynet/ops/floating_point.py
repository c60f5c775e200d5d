"""What the standard of floating-point numbers has: signs, neighbours, and extremes beside NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import equal_dtypes, not_all_integers
from numpynet.ops.form import Array, elementwise
from numpynet.ops.plan import NOT_IMPLEMENTED


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
    grad_fn=lambda b: f"CopysignBackward{int(isinstance(b, (int, float)))}",
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


@elementwise(torch="input")
def signbit(x: Array) -> Any:
    """Whether each element has a minus sign, which −0 has.

    >>> import numpynet
    >>> numpynet.signbit(numpynet.tensor([1.0, -0.0, -2.0]))
    tensor([False,  True,  True])
    """
    return np.signbit(x) if x.dtype.kind == "f" else np.less(x, 0)
